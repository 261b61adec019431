"""How many hearings one core of media worker carries, beside aiortc's MediaRelay under the same load.

    python -m benchmarks.media [--json] [--quick]

A hearing is three participants, each sending 720p VP8 of about 1.2 Mbit/s and Opus of 32 kbit/s to the two
others. The packets are encoded once before anything is measured; the load generator is a process of its own
that encrypts and counts but never decodes. The server has one core to itself, the generator the rest.

A number of hearings is carried when less than 0.5 % of packets are lost and 99 % of the sampled ones arrive
within 50 ms, by the kernel's own timestamps. MediaRelay decodes and encodes anew, so its packets cannot be
told apart: it is held to delivered frames alone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import os
import random
import subprocess
import sys
import time
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import uvloop
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.contrib.media import MediaRelay

from court_link.media.embedded.client import EmbeddedEngine
from court_link.media.embedded.rtp import HEADER
from tests.media.peer import AUDIO, VIDEO, Peer, seat_ssrcs
from tests.media.rig import everyone_sees_everyone, worker

SECONDS = 2  # of media, played over and over; begins with a keyframe
FRAMES = 30  # a second
BITRATE = 1_200_000
LARGEST = 1100  # bytes of a payload
WARM = SECONDS + 0.7  # every seat has seen a keyframe by then
STEP = 0.005  # seconds between two rounds of the generator
MOST_LOSS = 0.005
MOST_LATENCY = 0.050
SAMPLE = 4  # one in so many frames is decrypted to learn when it was sent


@dataclass(frozen=True, slots=True)
class Packet:
    """One pre-encoded packet: when in the loop it is due, and what it carries."""

    due: float
    media: int
    timestamp: int
    marker: int
    payload: bytes
    frame: int  # -1 for sound


def encoded() -> list[Packet]:
    """Two seconds of a picture that moves and a tone, encoded by libvpx and Opus, in order of time."""
    packets: list[Packet] = []
    video = av.CodecContext.create("libvpx", "w")
    assert isinstance(video, av.VideoCodecContext)
    video.width, video.height, video.pix_fmt = 1280, 720, "yuv420p"
    video.bit_rate, video.framerate, video.time_base = BITRATE, Fraction(FRAMES), Fraction(1, 90000)
    video.gop_size = SECONDS * FRAMES
    video.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "max-intra-rate": "400"}
    noise = random.Random(1)
    blocks = [[bytes([noise.randrange(96, 160)]) * 16 for _ in range(80)] for _ in range(45)]
    for number in range(SECONDS * FRAMES):
        frame = av.VideoFrame(1280, 720, "yuv420p")
        shift = 4 * number % 1280
        for _ in range(120):  # something new everywhere, or all bits would go into the keyframe
            noise.choice(blocks)[noise.randrange(80)] = bytes(noise.randrange(96, 160) for _ in range(16))
        rows = [b"".join(row) for row in blocks]
        frame.planes[0].update(b"".join((row[shift:] + row[:shift]) * 16 for row in rows))
        for plane in frame.planes[1:]:
            plane.update(bytes([128]) * plane.buffer_size)
        frame.pts = number * 90000 // FRAMES
        for encoded_frame in video.encode(frame):
            packets += _picture(number, bytes(encoded_frame))
    sound = av.CodecContext.create("libopus", "w")
    assert isinstance(sound, av.AudioCodecContext)
    sound.sample_rate, sound.layout, sound.format, sound.bit_rate = 48000, "stereo", "s16", 32000
    for number in range(SECONDS * 50):
        angles = (2 * math.pi * 440 * (960 * number + i) / 48000 for i in range(960))
        tone = array("h", (round(8000 * math.sin(angle)) for angle in angles for _ in range(2)))
        block = av.AudioFrame("s16", "stereo", 960)
        block.planes[0].update(tone.tobytes())
        block.sample_rate, block.pts = 48000, number * 960
        for encoded_block in sound.encode(block):
            packets.append(Packet(number / 50, AUDIO, number * 960, 0, bytes(encoded_block), -1))
    return sorted(packets, key=lambda packet: packet.due)


def _picture(number: int, data: bytes) -> Iterator[Packet]:
    """One frame in payloads of about equal size, spread over its time as a pacer does."""
    count = -(-len(data) // LARGEST)
    size = -(-len(data) // count)
    for part in range(count):
        start = 0x10 if part == 0 else 0
        # A 15-bit picture id (RFC 7741, 4.2), patched per round, tells frames apart.
        payload = bytes([0x80 | start, 0x80, 0x80, 0]) + data[part * size : (part + 1) * size]
        due = number / FRAMES + part * 0.8 / FRAMES / count
        yield Packet(due, VIDEO, number * 90000 // FRAMES, 0x80 * (part == count - 1), payload, number)


@dataclass
class Speaker:
    """One participant of the load: what it has sent, and what came to it."""

    phase: float = 0.0
    at: int = 0
    sequences: Counter[int] = field(default_factory=Counter)
    sent: int = 0
    frames: int = 0
    received: int = 0
    received_frames: int = 0
    sent_at: dict[int, float] = field(default_factory=dict)
    sources: dict[int, Speaker] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.peer = Peer(self.heard)

    def play(self, packets: list[Packet], now: float) -> None:
        """Send what is due."""
        while True:
            loop, index = divmod(self.at, len(packets))
            packet = packets[index]
            if self.phase + loop * SECONDS + packet.due > now:
                break
            clock, ssrc = (
                (90000, self.peer.video_ssrc) if packet.media == VIDEO else (48000, self.peer.audio_ssrc)
            )
            timestamp = (packet.timestamp + loop * SECONDS * clock) & 0xFFFFFFFF
            sequence = self.sequences[packet.media] = (self.sequences[packet.media] + 1) & 0xFFFF
            payload = packet.payload
            if packet.frame >= 0:
                identity = (loop * SECONDS * FRAMES + packet.frame) & 0x7FFF
                payload = payload[:2] + (0x8000 | identity).to_bytes(2, "big") + payload[4:]
                if packet.marker:
                    self.frames += 1
                    self.sent_at[identity] = time.time()
            self.peer.put(
                HEADER.pack(0x80, packet.marker | packet.media, sequence, timestamp, ssrc) + payload
            )
            self.sent += 1
            self.at += 1
        self.peer.flush()

    def heard(self, view: memoryview, length: int, at: float) -> None:
        """Count a packet by its plain header; decrypt a few to learn their age."""
        kind = view[1] & 0x7F
        if kind == AUDIO:
            self.received += 1
        elif kind == VIDEO:
            self.received += 1
            if view[1] & 0x80:
                self.received_frames += 1
                if self.sources and self.received_frames % SAMPLE == 0:
                    self._sample(bytes(view[:length]), at)

    def _sample(self, protected: bytes, at: float) -> None:
        plain = self.peer.plain(protected)
        source = self.sources.get(int.from_bytes(protected[8:12], "big"))
        if plain is not None and source is not None:
            sent_at = source.sent_at.get(int.from_bytes(plain[14:16], "big") & 0x7FFF)
            if sent_at is not None:
                self.latencies.append(at - sent_at)


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of so many hearings."""

    hearings: int
    loss: float
    latency: float | None  # 99th percentile, seconds
    cpu_us: float
    lag: float  # the generator's own worst delay, seconds

    @property
    def carried(self) -> bool:
        return self.loss < MOST_LOSS and (self.latency is None or self.latency < MOST_LATENCY)


async def measure(
    speakers: list[Speaker], packets: list[Packet], server: int, seconds: float, by_frames: bool
) -> Measured:
    """Load the server for so long and see what it carried."""
    began = time.monotonic()
    for number, speaker in enumerate(speakers):
        speaker.phase = SECONDS * 7 * number % SECONDS / 10 + number * 0.0137 % (SECONDS / 4)
    before = after = (0, 0)
    cpu = 0.0
    lag = 0.0
    warm = False
    deadline = WARM + seconds
    while (now := time.monotonic() - began) < deadline:
        if not warm and now > WARM:
            warm, before, cpu = True, _sums(speakers, by_frames), cpu_seconds(server)
            for speaker in speakers:
                speaker.latencies.clear()
        for speaker in speakers:
            speaker.play(packets, now)
        for speaker in speakers:
            speaker.peer.poll()
        late = time.monotonic() - began - now
        lag = max(lag, late) if warm else 0.0
        await asyncio.sleep(max(0.0, STEP - late))
    cpu = cpu_seconds(server) - cpu
    for _ in range(40):  # what is still under way
        await asyncio.sleep(STEP)
        for speaker in speakers:
            speaker.peer.poll()
    after = _sums(speakers, by_frames)
    expected, received = 2 * (after[0] - before[0]), after[1] - before[1]
    forwarded = sum(speaker.received for speaker in speakers) if by_frames else received
    latencies = sorted(age for speaker in speakers for age in speaker.latencies)
    tail = latencies[int(len(latencies) * 0.99)] if latencies else None
    share = seconds / (WARM + seconds) if by_frames else 1.0
    return Measured(
        len(speakers) // 3,
        max(0.0, 1 - received / expected),
        None if by_frames else tail if tail is not None else MOST_LATENCY,
        cpu * 1e6 / max(1.0, forwarded * share),
        lag,
    )


def _sums(speakers: list[Speaker], by_frames: bool) -> tuple[int, int]:
    if by_frames:
        return sum(s.frames for s in speakers), sum(s.received_frames for s in speakers)
    return sum(s.sent for s in speakers), sum(s.received for s in speakers)


def cpu_seconds(process: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# The two servers under load.


@contextlib.asynccontextmanager
async def court_link(engine: EmbeddedEngine, hearings: int) -> AsyncIterator[list[Speaker]]:
    """So many hearings of three in the worker, connected."""
    speakers: list[Speaker] = []
    for hearing in range(hearings):
        names = [f"{hearing}-{i}" for i in range(3)]
        await engine.apply(everyone_sees_everyone(f"room-{hearing}", 1, *names))
        three = [Speaker() for _ in names]
        for speaker, name in zip(three, names, strict=True):
            session = await engine.negotiate(f"room-{hearing}", name, speaker.peer.offer(2))
            await speaker.peer.connect(session.answer)
            others = [other for other in three if other is not speaker]
            pictures = seat_ssrcs(session.answer)[1::2]
            speaker.sources = dict(zip(pictures, others, strict=True))
        speakers += three
    try:
        yield speakers
    finally:
        for hearing in range(hearings):
            await engine.close(f"room-{hearing}")
        for speaker in speakers:
            speaker.peer.vanish()


@contextlib.asynccontextmanager
async def mediarelay(relay: subprocess.Popen[str], hearings: int) -> AsyncIterator[list[Speaker]]:
    """So many hearings of three in the MediaRelay server, connected."""
    speakers: list[Speaker] = []
    assert relay.stdin is not None
    assert relay.stdout is not None
    for _ in range(hearings):
        three = [Speaker() for _ in range(3)]
        print(json.dumps([speaker.peer.offer(2) for speaker in three]), file=relay.stdin, flush=True)
        answers = json.loads(await asyncio.to_thread(relay.stdout.readline))
        await asyncio.gather(*(s.peer.connect(answer) for s, answer in zip(three, answers, strict=True)))
        speakers += three
    try:
        yield speakers
    finally:
        for speaker in speakers:
            speaker.peer.vanish()


def uplinks(connection: RTCPeerConnection) -> dict[str, MediaStreamTrack]:
    """What a participant of the baseline sends, by kind."""
    return {
        transceiver.kind: transceiver.receiver.track
        for transceiver in connection.getTransceivers()
        if transceiver._offerDirection == "recvonly"
    }


async def serve_mediarelay() -> None:
    """The baseline: aiortc as its examples use it, three offers in and three answers out per line."""
    import aioice.ice  # noqa: PLC0415 - patched for this process alone

    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
    configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    relay = MediaRelay()
    kept = []
    while line := await asyncio.to_thread(sys.stdin.readline):
        connections = [RTCPeerConnection(configuration) for _ in range(3)]
        kept.append(connections)
        for connection, offer in zip(connections, json.loads(line), strict=True):
            await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        answers = []
        for i, connection in enumerate(connections):
            waiting = [uplinks(other) for j, other in enumerate(connections) if j != i]
            for transceiver in connection.getTransceivers():
                if transceiver._offerDirection == "sendonly":
                    source = next(tracks for tracks in waiting if transceiver.kind in tracks)
                    transceiver.sender.replaceTrack(relay.subscribe(source.pop(transceiver.kind)))
                    transceiver.direction = "sendonly"
            await connection.setLocalDescription(await connection.createAnswer())
            answers.append(connection.localDescription.sdp)
        print(json.dumps(answers), flush=True)


# The runs.


async def run_court_link(packets: list[Packet], quick: bool, core: int) -> tuple[list[Measured], Measured]:
    """Every step of the search, and the one that the cost per packet is taken from."""
    seconds = 1.5 if quick else 3.0
    steps: list[Measured] = []
    with worker(capacity=2000) as running:
        os.sched_setaffinity(running.process.pid, {core})
        engine = running.engine()

        async def step(hearings: int) -> Measured:
            """One number of hearings, tried again if it failed: a busy machine can only take away."""
            for _ in range(1 if quick else 2):
                async with court_link(engine, hearings) as speakers:
                    steps.append(
                        await measure(speakers, packets, running.process.pid, seconds, by_frames=False)
                    )
                if steps[-1].carried:
                    break
            return steps[-1]

        typical = await step(4 if quick else 12)
        good, bad = 0, 0
        for size in (8,) if quick else (24, 48, 96, 192):
            if (await step(size)).carried:
                good = size
            else:
                bad = size
                break
        while not quick and bad - good > max(2, good // 10):
            middle = (good + bad) // 2
            if (await step(middle)).carried:
                good = middle
            else:
                bad = middle
        await engine.aclose()
    return steps, typical


async def run_mediarelay(packets: list[Packet], quick: bool, core: int) -> list[Measured]:
    """One hearing; a second and so on as long as they are carried."""
    steps: list[Measured] = []
    while len(steps) < (1 if quick else 3) and (not steps or steps[-1].carried):
        command = [sys.executable, "-m", "benchmarks.media", "--serve-mediarelay"]
        relay = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs meanwhile
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            os.sched_setaffinity(relay.pid, {core})
            async with mediarelay(relay, len(steps) + 1) as speakers:
                steps.append(
                    await measure(speakers, packets, relay.pid, 2.0 if quick else 4.0, by_frames=True)
                )
        finally:
            relay.kill()
            relay.wait()
    return steps


def table(name: str, steps: list[Measured]) -> None:
    """The steps, for a person."""
    print(f"\n{name}\n  hearings     loss    p99 latency   CPU us per forward   carried")
    for step in sorted(steps, key=lambda step: step.hearings):
        latency = "-" if step.latency is None else f"{step.latency * 1000:.1f} ms"
        bound = "  (the generator was late)" if step.lag > MOST_LATENCY else ""
        print(
            f"  {step.hearings:8d}  {step.loss:7.2%}  {latency:>12}  {step.cpu_us:19.1f}"
            f"   {'yes' if step.carried else 'no'}{bound}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.media", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the two results and nothing else")
    parser.add_argument("--quick", action="store_true", help="a short run that shows that it works")
    parser.add_argument("--serve-mediarelay", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.serve_mediarelay:
        asyncio.run(serve_mediarelay())
        return
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, set(cores[1:]) or set(cores))
    packets = encoded()

    async def both() -> tuple[list[Measured], Measured, list[Measured]]:
        steps, typical = await run_court_link(packets, wanted.quick, cores[0])
        return steps, typical, await run_mediarelay(packets, wanted.quick, cores[0])

    steps, typical, relayed = uvloop.run(both())
    if not wanted.json:
        bits = sum(len(packet.payload) for packet in packets) * 8 / SECONDS
        print(
            f"3 participants a hearing, each sending {len(packets) / SECONDS:.0f} packets/s, "
            f"{bits / 1e6:.2f} Mbit/s"
        )
        table("Court Link", steps)
        table("aiortc MediaRelay", relayed)
        return
    result: dict[str, Any] = {
        name: {
            "cpu_us_per_forward": round(cost.cpu_us, 1),
            "hearings_per_core": max((step.hearings for step in of if step.carried), default=0),
        }
        for name, of, cost in (("court_link", steps, typical), ("mediarelay", relayed, relayed[0]))
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
