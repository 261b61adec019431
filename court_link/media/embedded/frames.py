"""From packets as they came to whole frames in order: what is lost leaves a gap and breaks nothing after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from court_link.media.embedded import rtp
from court_link.media.engine import Kind

PATIENCE = 1.2  # seconds that a lost packet is waited for: as long as the worker asks for it, and its way
MOST_WAITING = 1024  # packets held behind a lost one


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of a line: its timestamp and marker, what it carries, and when it came (POSIX seconds)."""

    timestamp: int
    marker: bool
    payload: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it was encoded; `at` is when the last packet of it came."""

    timestamp: int
    data: bytes
    keyframe: bool
    at: float


class Frames:
    """The frames of one line. Give it every packet; it answers the frames that are whole by then."""

    def __init__(self, kind: Kind) -> None:
        self.broken = False  # something was lost since it was last said so
        self._picture = kind is not Kind.AUDIO
        self._waiting: dict[int, Packet] = {}
        self._next = -1
        self._parts: list[bytes] = []
        self._timestamp = 0
        self._keyframe = False
        self._follows = not self._picture  # whether the next frame can be decoded after those given

    def take(self, sequence: int, packet: Packet) -> Iterator[Frame]:
        """One packet, in whatever order; packets given already are nothing."""
        if self._next < 0:
            self._next = sequence
        ahead = (sequence - self._next) & 0xFFFF
        if ahead >= 0x8000:
            return
        if ahead > MOST_WAITING:
            yield from self._skip_to(sequence)
        self._waiting[sequence] = packet
        yield from self._ready()
        while self._waiting and (
            len(self._waiting) > MOST_WAITING or packet.at - next(iter(self._waiting.values())).at > PATIENCE
        ):
            yield from self._skip_to(min(self._waiting, key=lambda number: (number - self._next) & 0xFFFF))

    def wait_for_keyframe(self) -> None:
        """Frames were lost after they were given: the picture goes on with its next keyframe."""
        self._parts = []
        if self._picture:
            self._follows = False
            self.broken = True

    def _ready(self) -> Iterator[Frame]:
        while (packet := self._waiting.pop(self._next, None)) is not None:
            self._next = (self._next + 1) & 0xFFFF
            yield from self._picture_of(packet) if self._picture else self._sound_of(packet)

    def _skip_to(self, sequence: int) -> Iterator[Frame]:
        """Give up on what is missing before this packet."""
        kept = {
            number: packet
            for number, packet in self._waiting.items()
            if (number - sequence) & 0xFFFF < 0x8000
        }
        self._waiting, self._next = kept, sequence
        self.wait_for_keyframe()
        yield from self._ready()

    def _sound_of(self, packet: Packet) -> Iterator[Frame]:
        if packet.payload:
            yield Frame(packet.timestamp, packet.payload, True, packet.at)

    def _picture_of(self, packet: Packet) -> Iterator[Frame]:
        at = rtp.vp8_start(packet.payload)
        if at is None:
            return
        if packet.payload[0] & 0x17 == 0x10:  # the first of a frame
            self._keyframe = not packet.payload[at] & 0x01
            self._timestamp = packet.timestamp
            self._parts = [packet.payload[at:]]
        elif self._parts and packet.timestamp == self._timestamp:
            self._parts.append(packet.payload[at:])
        else:
            self._parts = []
        if packet.marker and self._parts:
            data, self._parts = b"".join(self._parts), []
            self._follows = self._follows or self._keyframe
            if self._follows:
                yield Frame(self._timestamp, data, self._keyframe, packet.at)


class Timeline:
    """From the timestamps of one line to milliseconds of a file that began at `began` (POSIX seconds).

    The line's own clock counts, for as long as it agrees with the worker's to within `DRIFT`; a jump (another
    encoder, a clock that drifts over hours) is set right by when packets come. Time never runs backwards.
    """

    DRIFT = 2.0  # seconds: more than a packet that is sent again may be late

    def __init__(self, kind: Kind, began: float) -> None:
        self._clock = rtp.CLOCK[kind]
        self._began = began
        self._anchor: tuple[int, float] | None = None
        self._last = 0

    def milliseconds(self, frame: Frame) -> int:
        """When a frame is to be shown or heard."""
        if self._anchor is None or abs(self._of(*self._anchor, frame) - frame.at) > self.DRIFT:
            self._anchor = (frame.timestamp, frame.at)
        time = self._of(*self._anchor, frame)
        self._last = max(self._last, round((time - self._began) * 1000))
        return self._last

    def _of(self, timestamp: int, at: float, frame: Frame) -> float:
        since = (frame.timestamp - timestamp) & 0xFFFFFFFF
        return at + (since - (1 << 32) if since >= 1 << 31 else since) / self._clock
