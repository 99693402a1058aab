"""A Pipecat agent that answers Twilio calls: its own speech detector, turn judge and interruptions, and nothing else.

There is no recogniser, language model or voice in its way: whenever Pipecat says that the caller's turn is over, the
agent plays a recording. What is measured of it is therefore the least that an agent built on Pipecat can take.

Everything is Pipecat's default, with two exceptions, both in its favour: the pipeline runs at the telephone's 8 kHz,
so that its resampler holds nothing back, and a turn that is judged over need not wait for a transcript.
"""

import argparse
import json
import wave

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from loguru import logger
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import (
    Frame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.turns.user_stop import TurnAnalyzerUserTurnStopStrategy
from pipecat.turns.user_turn_processor import UserTurnProcessor
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

# What Twilio speaks, in Hz.
LINE_RATE = 8_000


class Player(FrameProcessor):
    """Plays the recording, once when the call begins and once after each turn of the caller."""

    def __init__(self, recording: bytes):
        """Takes the recording: mono, 16 bit, `LINE_RATE`."""
        super().__init__()
        self._recording = recording

    async def play(self):
        """Hands the whole recording to the transport, which sends it in time."""
        await self.push_frame(TTSStartedFrame())
        await self.push_frame(TTSAudioRawFrame(self._recording, LINE_RATE, 1))
        await self.push_frame(TTSStoppedFrame())

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        """Lets everything pass, and answers the end of a turn."""
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)
        if isinstance(frame, UserStoppedSpeakingFrame) and direction == FrameDirection.DOWNSTREAM:
            await self.play()


def read_recording(path: str) -> bytes:
    """Reads the agent's only sentence."""
    with wave.open(path) as recording:
        form = (recording.getframerate(), recording.getnchannels(), recording.getsampwidth())
        if form != (LINE_RATE, 1, 2):
            raise SystemExit(f"{path}: a WAV file of {LINE_RATE} Hz, mono, 16 bit is needed")
        return recording.readframes(recording.getnframes())


async def hold_call(websocket: WebSocket, stream_sid: str, recording: bytes):
    """One call, from the stream's `start` to its end."""
    transport = FastAPIWebsocketTransport(
        websocket=websocket,
        params=FastAPIWebsocketParams(
            audio_in_enabled=True,
            audio_out_enabled=True,
            serializer=TwilioFrameSerializer(
                stream_sid, params=TwilioFrameSerializer.InputParams(auto_hang_up=False)
            ),
        ),
    )
    judge = TurnAnalyzerUserTurnStopStrategy(
        turn_analyzer=LocalSmartTurnAnalyzerV3(), wait_for_transcript=False
    )
    player = Player(recording)
    worker = PipelineWorker(
        Pipeline(
            [
                transport.input(),
                VADProcessor(vad_analyzer=SileroVADAnalyzer()),
                UserTurnProcessor(user_turn_strategies=UserTurnStrategies(stop=[judge])),
                player,
                transport.output(),
            ]
        ),
        params=PipelineParams(audio_in_sample_rate=LINE_RATE, audio_out_sample_rate=LINE_RATE),
    )

    @transport.event_handler("on_client_connected")
    async def on_client_connected(_transport, _client):
        await player.play()

    @transport.event_handler("on_client_disconnected")
    async def on_client_disconnected(_transport, _client):
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


def routes(recording: bytes) -> FastAPI:
    """What Twilio asks for, and what the caller of this measurement asks for besides."""
    app = FastAPI()

    @app.get("/healthz")
    async def healthz():
        return "ok"

    @app.post("/twilio/voice")
    async def voice(request: Request):
        stream = f'<Stream url="ws://{request.headers["host"]}/stream"/>'
        twiml = f"<Response><Connect>{stream}</Connect></Response>"
        return Response(twiml, media_type="text/xml")

    @app.websocket("/stream")
    async def stream(websocket: WebSocket):
        await websocket.accept()
        try:
            message = {"event": None}
            while message["event"] != "start":
                message = json.loads(await websocket.receive_text())
            await hold_call(websocket, message["start"]["streamSid"], recording)
        except WebSocketDisconnect:
            logger.info("the caller hung up before the call began")

    # The caller looks for the events of a Callwright server. There are none: it goes by what it hears alone.
    @app.websocket("/v1/events")
    async def events(websocket: WebSocket):
        await websocket.accept()
        await websocket.send_text('{"type": "ready", "data": {}}')
        await websocket.close()

    return app


def main():
    """Reads the command line and serves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--reply", required=True, help="WAV file that the agent plays: 8 kHz, mono, 16 bit")
    args = parser.parse_args()
    app = routes(read_recording(args.reply))
    uvicorn.run(app, host="127.0.0.1", port=args.port, log_level="warning")


if __name__ == "__main__":
    main()
