"""Dials echo lines of Callwright and of a peer in turn, and prints what an echo costs each: CPU, latency, memory.

Each caller sends silence in packets of 20 ms, as Twilio does, and every half second a loud one; its latency is the time
from sending it to receiving the first loud sound. CPU is the server process's own, its children included; memory is how
much its resident set has grown per call while all calls are up.
"""

import argparse
import asyncio
import base64
import html
import json
import os
import re
import statistics
import time
import urllib.parse
import urllib.request

import websockets

SILENT = base64.b64encode(b"\xff" * 160).decode()
LOUD = base64.b64encode(b"\x8a\x0a" * 80).decode()
PACKET_S = 0.02
LOUD_EVERY = 25
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def processes(root):
    """The process and everything it has started."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8") as stat:
                    parents[int(entry)] = int(stat.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                pass
    found = [root]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def cpu_seconds(root):
    """User and system time of the process and what it has started."""
    ticks = 0
    for process in processes(root):
        with open(f"/proc/{process}/stat", encoding="utf-8") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_A_SECOND


def resident_kib(root):
    """Resident memory of the process and what it has started."""
    total = 0
    for process in processes(root):
        with open(f"/proc/{process}/status", encoding="utf-8") as status:
            total += next((int(line.split()[1]) for line in status if line.startswith("VmRSS")), 0)
    return total


def stream_address(url, to, call):
    """Asks as Twilio asks when a call comes in, and reads where the stream is."""
    form = {"AccountSid": "AC" + "0" * 32, "CallSid": call, "From": "+15005550006", "To": to}
    request = urllib.request.Request(f"{url}/twilio/voice", urllib.parse.urlencode(form).encode())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        twiml = answer.read().decode()
    address = html.unescape(re.search(r'<Stream[^>]* url="([^"]+)"', twiml).group(1))
    # The server is on this machine whatever its public name is.
    parts = urllib.parse.urlsplit(address)
    return f"ws://{urllib.parse.urlsplit(url).netloc}{parts.path}"


async def call(url, to, number, seconds, latencies):
    """One call; returns how much of the sound came back, in octets."""
    sid, stream = f"CA{number:032x}", f"MZ{number:032x}"
    address = await asyncio.to_thread(stream_address, url, to, sid)
    sent, back = {}, 0
    async with websockets.connect(address, proxy=None, compression=None, max_size=None) as socket:

        async def listen():
            nonlocal back
            loud_before = False
            async for text in socket:
                message = json.loads(text)
                if message["event"] != "media":
                    continue
                sound = base64.b64decode(message["media"]["payload"])
                back += len(sound)
                loud = any(octet & 0x7F < 0x40 for octet in sound)
                if loud and not loud_before and sent:
                    latencies.append(time.monotonic() - sent.pop(min(sent)))
                loud_before = loud

        listening = asyncio.create_task(listen())
        media_format = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
        start = {"accountSid": "AC0", "streamSid": stream, "callSid": sid, "tracks": ["inbound"]}
        await socket.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
        start["mediaFormat"] = media_format
        await socket.send(json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": stream, "start": start}))
        begun = time.monotonic()
        packets = int(seconds / PACKET_S)
        for packet in range(packets):
            await asyncio.sleep(max(0.0, begun + packet * PACKET_S - time.monotonic()))
            loud = packet % LOUD_EVERY == LOUD_EVERY - 1
            media = {
                "track": "inbound",
                "chunk": str(packet + 1),
                "timestamp": str(packet * 20),
                "payload": LOUD if loud else SILENT,
            }
            if loud:
                sent[packet] = time.monotonic()
            await socket.send(
                json.dumps({"event": "media", "sequenceNumber": str(packet + 2), "streamSid": stream, "media": media})
            )
        await asyncio.sleep(0.5)
        await socket.send(json.dumps({"event": "stop", "streamSid": stream, "stop": {}}))
        await asyncio.sleep(0.1)
    listening.cancel()
    return back / (packets * 160)


async def round_of(side, args, first):
    """One round of calls to one server."""
    name, url, process, to = side
    latencies = []
    memory, cpu = resident_kib(process), cpu_seconds(process)
    calls = [
        asyncio.create_task(call(url, to, first + number, args.seconds, latencies)) for number in range(args.calls)
    ]
    await asyncio.sleep(args.seconds * 0.8)
    memory = resident_kib(process) - memory
    back = await asyncio.gather(*calls)
    cpu = cpu_seconds(process) - cpu
    await asyncio.sleep(1.0)
    return {
        "cpu_ms_per_call_minute": 1_000 * cpu / (args.calls * args.seconds / 60),
        "latencies_ms": [1_000 * latency for latency in latencies],
        "memory_kib_per_call": memory / args.calls,
        "sound_back": statistics.mean(back),
        "lost": args.calls * int(args.seconds / PACKET_S / LOUD_EVERY) - len(latencies),
    }


def summary(rounds):
    """Of all rounds of one side: the median of each cost, percentiles over all latencies."""
    latencies = sorted(latency for each in rounds for latency in each["latencies_ms"])
    at = lambda share: latencies[min(len(latencies) - 1, int(share * len(latencies)))]  # noqa: E731
    return {
        "CPU, ms per call and minute": statistics.median(each["cpu_ms_per_call_minute"] for each in rounds),
        "added latency p50, ms": at(0.50),
        "added latency p99, ms": at(0.99),
        # What the first round fills stays filled.
        "memory per call, KiB": rounds[0]["memory_kib_per_call"],
        "loud packets that never came back": sum(each["lost"] for each in rounds),
        "share of the sound that came back": statistics.mean(each["sound_back"] for each in rounds),
    }


async def main():
    """Reads the command line, dials, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", required=True, help="URL of the Callwright server")
    parser.add_argument("--ours-process", type=int, required=True)
    parser.add_argument("--peer", required=True, help="URL of the peer")
    parser.add_argument("--peer-process", type=int, required=True)
    parser.add_argument("--name", default="peer")
    parser.add_argument("--calls", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    sides = [
        ("Callwright", args.ours, args.ours_process, "+15005550199"),
        (args.name, args.peer, args.peer_process, "+15005550199"),
    ]
    results = {name: [] for name, *_ in sides}
    for number in range(args.rounds):
        for place, side in enumerate(sides):
            results[side[0]].append(await round_of(side, args, (2 * number + place) * args.calls))
    ours, peer = (summary(results[name]) for name, *_ in sides)
    if args.json:
        print(json.dumps({"calls": args.calls, "seconds": args.seconds, "Callwright": ours, args.name: peer}))
        return
    print(f"{args.calls} calls at a time, {args.seconds:g} s each, {args.rounds} rounds of each in turn\n")
    print(f"| echo | Callwright | {args.name} | ratio |\n|---|---|---|---|")
    for line, own in ours.items():
        ratio = f"{peer[line] / own:.1f}" if own > 0 and "that" not in line else ""
        print(f"| {line} | {own:.2f} | {peer[line]:.2f} | {ratio} |")


if __name__ == "__main__":
    asyncio.run(main())
