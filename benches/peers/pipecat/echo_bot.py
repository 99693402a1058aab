"""A Pipecat agent that sends back what it hears: its Twilio transport and its pipeline, and nothing else.

The pipeline runs at the telephone's 8 kHz, so that nothing is resampled, and holds one processor, which turns each frame
of sound that came in into one that goes out. Everything else is Pipecat's default.
"""

import argparse
import json

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from loguru import logger
from pipecat.frames.frames import Frame, InputAudioRawFrame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

# What Twilio speaks, in Hz.
LINE_RATE = 8_000


class Echo(FrameProcessor):
    """Sends every frame of sound back."""

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        """Turns sound around; lets everything else pass."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            await self.push_frame(OutputAudioRawFrame(frame.audio, frame.sample_rate, frame.num_channels))
        else:
            await self.push_frame(frame, direction)


async def hold_call(websocket: WebSocket, stream_sid: str):
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
    worker = PipelineWorker(
        Pipeline([transport.input(), Echo(), transport.output()]),
        params=PipelineParams(audio_in_sample_rate=LINE_RATE, audio_out_sample_rate=LINE_RATE),
    )

    @transport.event_handler("on_client_disconnected")
    async def on_client_disconnected(_transport, _client):
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


def routes() -> FastAPI:
    """What Twilio asks for."""
    app = FastAPI()

    @app.get("/healthz")
    async def healthz():
        return "ok"

    @app.post("/twilio/voice")
    async def voice(request: Request):
        stream = f'<Stream url="ws://{request.headers["host"]}/stream"/>'
        return Response(f"<Response><Connect>{stream}</Connect></Response>", media_type="text/xml")

    @app.websocket("/stream")
    async def stream(websocket: WebSocket):
        await websocket.accept()
        try:
            message = {"event": None}
            while message["event"] != "start":
                message = json.loads(await websocket.receive_text())
            await hold_call(websocket, message["start"]["streamSid"])
        except WebSocketDisconnect:
            logger.info("the caller hung up before the call began")

    return app


def main():
    """Reads the command line and serves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    args = parser.parse_args()
    logger.remove()
    uvicorn.run(routes(), host="127.0.0.1", port=args.port, log_level="warning")


if __name__ == "__main__":
    main()
