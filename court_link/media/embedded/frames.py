"""From packets as they came to whole frames in order: what is lost leaves a gap and breaks nothing after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from court_link.media.embedded import rtp
from court_link.media.embedded.offer import H264, OPUS
from court_link.media.engine import Kind

PATIENCE = 1.2  # seconds that a lost packet is waited for: as long as the worker asks for it, and its way
_PIECE, _STANDS_ALONE = 28, 5  # kinds of H.264 unit: FU-A, and a picture that needs no other
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

    def __init__(self, codec: str) -> None:
        self.broken = False  # something was lost since it was last said so
        self._picture = codec != OPUS
        self._take = {OPUS: self._opus, H264: self._h264}.get(codec, self._vp8)
        self._waiting: dict[int, Packet] = {}
        self._next = -1
        self._parts: list[bytes] | None = None  # of the frame that is being put together
        self._units: set[int] = set()  # the kinds of its units (H.264)
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
        self._parts, self._units = None, set()
        if self._picture:
            self._follows = False
            self.broken = True

    def _ready(self) -> Iterator[Frame]:
        while (packet := self._waiting.pop(self._next, None)) is not None:
            self._next = (self._next + 1) & 0xFFFF
            yield from self._take(packet)

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

    def _opus(self, packet: Packet) -> Iterator[Frame]:
        if packet.payload:
            yield Frame(packet.timestamp, packet.payload, True, packet.at)

    def _vp8(self, packet: Packet) -> Iterator[Frame]:
        at = rtp.vp8_start(packet.payload)
        if at is None:
            return
        if packet.payload[0] & 0x17 == 0x10:  # the first of a frame
            self._begin(packet, keyframe=not packet.payload[at] & 0x01)
        if self._parts is not None and packet.timestamp == self._timestamp:
            self._parts.append(packet.payload[at:])
            if packet.marker:
                yield from self._whole(packet.at)
        else:
            self._parts = None

    def _h264(self, packet: Packet) -> Iterator[Frame]:
        """RFC 6184: units alone, several together (STAP-A), or in pieces (FU-A)."""
        if packet.timestamp != self._timestamp or not self._units:
            self._begin(packet, keyframe=False)
            self._units = set()
        payload = packet.payload
        kind = payload[0] & 0x1F if payload else 0
        if kind == _PIECE and len(payload) > 2:
            if payload[1] & 0x80:
                self._add(bytes([payload[0] & 0xE0 | payload[1] & 0x1F]) + payload[2:])
            elif self._parts:
                self._parts[-1] += payload[2:]
            else:
                self._parts = None  # its beginning was lost
        elif kind == rtp.H264_AGGREGATE:
            at = 1
            while at + 2 < len(payload):
                end = at + 2 + (payload[at] << 8 | payload[at + 1])
                self._add(payload[at + 2 : end])
                at = end
        elif 0 < kind < rtp.H264_AGGREGATE:
            self._add(payload)
        if packet.marker:
            if self._parts:
                self._keyframe = {rtp.H264_PARAMETERS, _STANDS_ALONE} <= self._units
                self._parts = [len(unit).to_bytes(4, "big") + unit for unit in self._parts]
                yield from self._whole(packet.at)
            self._units = set()

    def _add(self, unit: bytes) -> None:
        if self._parts is not None and unit:
            self._parts.append(unit)
            self._units.add(unit[0] & 0x1F)

    def _begin(self, packet: Packet, *, keyframe: bool) -> None:
        self._timestamp, self._keyframe, self._parts = packet.timestamp, keyframe, []

    def _whole(self, at: float) -> Iterator[Frame]:
        """The last packet of a frame has come, and all before it."""
        data, self._parts = b"".join(self._parts or ()), None
        self._follows = self._follows or self._keyframe
        if self._follows:
            yield Frame(self._timestamp, data, self._keyframe, at)


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


def h264_parameters(frame: bytes) -> bytes | None:
    """What a decoder must know before a keyframe (ISO/IEC 14496-15, 5.3.3.1); None when it is not in it."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 < len(frame):
        end = at + 4 + int.from_bytes(frame[at : at + 4], "big")
        found.setdefault(frame[at + 4] & 0x1F, frame[at + 4 : end])
        at = end
    sequence, picture = found.get(rtp.H264_PARAMETERS, b""), found.get(rtp.H264_PARAMETERS + 1, b"")
    if len(sequence) < 4 or not picture:
        return None
    sized = [len(each).to_bytes(2, "big") + each for each in (sequence, picture)]
    return b"\x01" + sequence[1:4] + b"\xff\xe1" + sized[0] + b"\x01" + sized[1]
