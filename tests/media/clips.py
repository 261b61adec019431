"""Real pictures and sound as packets: a colour that moves, and a tone, encoded as a browser would."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import av
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.opus import OpusEncoder
from aiortc.codecs.vpx import Vp8Encoder

WIDTH, HEIGHT, RATE = 160, 96, 15
SOUND = 0.02  # seconds of a packet of sound


@dataclass(frozen=True)
class Sent:
    """One packet: when it is sent, in seconds from the beginning, and what an RTP packet of it says."""

    at: float
    timestamp: int
    sequence: int
    marker: bool
    payload: bytes


@dataclass(frozen=True)
class Clip:
    """What one participant sends. `level` is the brightness (16 to 235) by which its picture is known, `tone`
    the frequency of its sound in hertz."""

    level: int
    tone: int
    picture: tuple[Sent, ...]
    sound: tuple[Sent, ...]


def clip(level: int, tone: int, seconds: float, keyframe_every: int = RATE) -> Clip:
    """So many seconds of a clip, with a keyframe every so many frames."""
    pictures, sounds = Vp8Encoder(), OpusEncoder()
    picture: list[Sent] = []
    for number in range(round(seconds * RATE)):
        payloads, _ = pictures.encode(_frame(level, number), force_keyframe=number % keyframe_every == 0)
        for index, payload in enumerate(payloads):
            last = index == len(payloads) - 1
            picture.append(Sent(number / RATE, number * 90000 // RATE, len(picture), last, payload))
    sound = [
        Sent(number * SOUND, number * 960, number, False, payload)
        for number in range(round(seconds / SOUND))
        for payload in sounds.encode(_tone(tone, number))[0][:1]
    ]
    return Clip(level, tone, tuple(picture), tuple(sound))


def encoders_picture(level: int, seconds: float, keyframe_every: int = RATE) -> tuple[Sent, ...]:
    """A picture in H.264, as an encoder that speaks nothing else sends it; keyframes in many pieces."""
    coder = H264Encoder()
    coder.target_bitrate = 500_000
    picture: list[Sent] = []
    for number in range(round(seconds * RATE)):
        frame = _frame(level, number)
        payloads, _ = coder.encode(frame, force_keyframe=number % keyframe_every == 0)
        for index, payload in enumerate(payloads):
            last = index == len(payloads) - 1
            picture.append(Sent(number / RATE, number * 90000 // RATE, len(picture), last, payload))
    return tuple(picture)


def _frame(level: int, number: int) -> av.VideoFrame:
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    for plane, value in zip(frame.planes, (level, 128, 128), strict=True):
        rows = bytearray(bytes([value]) * plane.buffer_size)
        rows[number % WIDTH : number % WIDTH + 8] = bytes([value ^ 0x10]) * 8
        plane.update(bytes(rows[: plane.buffer_size]))
    frame.pts, frame.time_base = number * 90000 // RATE, Fraction(1, 90000)
    return frame


def _tone(tone: int, number: int) -> av.AudioFrame:
    frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
    waves = (math.sin(2 * math.pi * tone * (number * 960 + i) / 48000) for i in range(960))
    frame.planes[0].update(b"".join(struct.pack("<hh", *[round(8000 * wave)] * 2) for wave in waves))
    frame.sample_rate, frame.pts, frame.time_base = 48000, number * 960, Fraction(1, 48000)
    return frame


@dataclass(frozen=True)
class Played:
    """What a player makes of a file: frames, the brightness and time of each, sound and its pitch."""

    frames: int
    levels: tuple[float, ...]
    times: tuple[float, ...]
    heard: float  # seconds of sound
    tone: float  # hertz, by its zero crossings


def play(path: str) -> Played:
    """Decode everything in a file. Raises what the decoder does of a damaged one."""
    levels: list[float] = []
    times: list[float] = []
    samples: list[int] = []
    rate = 48000
    with av.open(path) as container:
        for packet in container.demux():
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    levels.append(_brightness(frame))
                    times.append(float(frame.time or 0.0))
                elif isinstance(frame, av.AudioFrame):
                    rate = frame.sample_rate
                    samples += _left(frame)
    crossings = sum(a < 0 <= b for a, b in pairwise(samples))
    heard = len(samples) / rate if samples else 0.0
    return Played(len(levels), tuple(levels), tuple(times), heard, crossings / heard if heard else 0.0)


def _brightness(frame: av.VideoFrame) -> float:
    plane = frame.planes[0]
    luma, row = bytes(plane), plane.line_size  # rows are padded
    total = sum(sum(luma[at : at + plane.width]) for at in range(0, plane.height * row, row))
    return total / (plane.width * plane.height)


def _left(frame: av.AudioFrame) -> list[int]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=frame.sample_rate)
    data = b"".join(bytes(each.planes[0])[: each.samples * 2] for each in resampler.resample(frame))
    return list(struct.unpack(f"<{len(data) // 2}h", data))
