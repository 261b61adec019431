"""What one participant sends on one line, and the fast path from there to everybody's seats.

`Uplink.take` runs for every packet: no await, no packet object, no queue. It writes each receiver's header,
copies the payload once per receiver, encrypts in place, and leaves the datagram in the port's next slot.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Protocol

from court_link.media.embedded import rtcp, rtp
from court_link.media.embedded.dtls import ffi, srtp
from court_link.media.embedded.offer import H264, Codec, Line
from court_link.media.embedded.port import Port
from court_link.media.embedded.seat import SeatLine
from court_link.media.engine import Kind

KEPT = 512  # packets of picture that can be sent again: about 3 s of 720p
MOST_MISSING = 128  # a wider gap is a break, not a loss
KEYFRAME_INTERVAL = 0.35  # seconds: a request within about 300 ms of another may be ignored
PATIENCE = 1.0  # seconds after which a lost packet is too late
FIRST_ASK = 0.01  # seconds: a packet may merely have been overtaken
#: Seconds after a move in which whatever arrives still belongs to the place left: a page stops its tracks
#: before it moves, so this covers what is under way in the network, one phone's round trip and more.
SETTLING = 0.2

#: Header with the audio level alone in its extension block: always 20 bytes.
LEVEL_HEADER = struct.Struct("!BBHIIIBBxx")
LEVEL_BLOCK = rtp.ONE_BYTE << 16 | 1

_memmove: Any = ffi.memmove
_protect: Any = srtp.srtp_protect

Kept = tuple[int, int, bytes]  # timestamp, marker bit, payload


class Tap(Protocol):
    """What is given a copy of everything that one uplink carries, as a recorder is.

    Both methods are called from the packet path: they must be quick, and must neither block nor wait.
    """

    def packet(
        self, kind: Kind, payload: bytes, timestamp: int, sequence: int, marker: bool, at: float
    ) -> bool:
        """One packet that was forwarded: its plain payload, RTP timestamp and sequence number, arrived `at`
        (POSIX seconds). Each is given once, in the order of arrival; one that was late or sent again comes
        after later ones. Timestamps and numbers jump when the participant begins a new stream. Answers
        whether a keyframe is wanted."""
        ...

    def close(self) -> None:
        """Nothing more will come."""
        ...


#: Makes the tap of one uplink, from room, recording, link, kind and codec; None leaves it unrecorded.
Recorder = Callable[[str, str, str, Kind, str], Tap | None]


class Uplink:
    """One line that a participant sends."""

    __slots__ = (
        "_asked_at",
        "_cycles",
        "_expected_before",
        "_first",
        "_jitter",
        "_missing",
        "_received_before",
        "_sequences",
        "_size",
        "_sr",
        "_sr_at",
        "_starts_keyframe",
        "_transit",
        "clock",
        "clock_offset",
        "codec",
        "deaf_until",
        "keyframe_wanted",
        "kind",
        "loss",
        "loudness",
        "loudness_count",
        "mid",
        "newest",
        "newest_at",
        "newest_timestamp",
        "octets",
        "on_keyframe",
        "packets",
        "payload_type",
        "port",
        "resends",
        "ring",
        "rtx_payload_type",
        "ssrc",
        "taps",
        "targets",
    )

    def __init__(self, port: Port, line: Line, kind: Kind, codec: Codec) -> None:
        self.port = port
        self.kind = kind
        self.mid = line.mid
        self.codec = codec.name
        self.payload_type = codec.payload_type
        self.rtx_payload_type = codec.rtx
        self.resends = "nack" in codec.feedback
        self._starts_keyframe = rtp.starts_h264_keyframe if codec.name == H264 else rtp.starts_keyframe
        self.clock = rtp.CLOCK[kind]
        self.targets: tuple[SeatLine, ...] = ()
        self.taps: tuple[Tap, ...] = ()
        self.deaf_until = 0.0  # POSIX seconds; 0 when the participant is heard
        self.on_keyframe: Callable[[], None] | None = None  # before a keyframe that was asked for goes on
        self.clock_offset: float | None = None  # of the participant's NTP clock to the worker's
        self.keyframe_wanted = False
        self.packets = 0
        self.octets = 0
        self.loss = 0.0
        self.loudness = 0
        self.loudness_count = 0
        self._size = ffi.new("int *")
        self._asked_at = 0.0
        self.bind(None)

    def bind(self, ssrc: int | None) -> None:
        """The participant sends this line under a new SSRC: forget what the old one's numbers meant."""
        for seat in self.targets:
            seat.close()
            seat.watch(self)
        self.ssrc = ssrc
        self.newest = -1
        self.newest_timestamp = 0
        self.newest_at = 0.0
        self._first = 0
        self._cycles = 0
        self._forget()
        self._jitter = 0.0
        self._transit: float | None = None
        self._sr: rtcp.SenderReport | None = None
        self._sr_at = 0.0
        self._sequences = 0
        self._expected_before = 0
        self._received_before = 0

    def _forget(self) -> None:
        """Nothing that came before can be sent, or asked for, again."""
        self.ring: list[tuple[int, Kept] | None] = [None] * KEPT if self.kind is not Kind.AUDIO else []
        # Since when, and when to ask (again).
        self._missing: dict[int, tuple[float, float]] = {}
        self.loudness = self.loudness_count = 0

    def move(self, now: float) -> None:
        """The participant is elsewhere from now on: what was sent in the old place is never heard in the new.

        The caller has taken the targets away.
        """
        self._forget()
        self.keyframe_wanted = False
        self.deaf_until = now + SETTLING

    def passes_over(self, sequence: int, timestamp: int, at: float) -> bool:
        """Whether a packet is of the place left, by when it arrived or by its number; asked after a move.

        Numbers are followed meanwhile: a packet of the old place must not be taken for the first of the new,
        nor asked for because it is missing.
        """
        newer = self.newest < 0 or 0 < (sequence - self.newest) & 0xFFFF < 0x8000
        if at >= self.deaf_until and newer:
            self.deaf_until = 0.0
            before = (sequence - 1) & 0xFFFF
            if 0 <= before < self.newest:
                self._cycles += 1
            self.newest = before if self.newest >= 0 else -1
            return False
        if newer:
            if sequence < self.newest:
                self._cycles += 1
            self._advance(sequence, timestamp, at)
        return True

    def take(  # noqa: C901, PLR0912, PLR0915 - the fast path
        self,
        slot: int,
        payload: int,
        length: int,
        sequence: int,
        timestamp: int,
        mark: int,
        level: int,
        at: float,
    ) -> None:
        """Forward the plain packet in a slot: its payload from `payload` to `length`, arrived `at`."""
        port = self.port
        self.packets += 1
        self.octets += length
        step = (sequence - self.newest) & 0xFFFF
        late = False
        if step == 1 or self.newest < 0:
            if sequence == 0 and self.newest >= 0:
                self._cycles += 1
            self._advance(sequence, timestamp, at)
        elif 0 < step < 0x8000:
            self._skip(sequence, step, at)
            self._advance(sequence, timestamp, at)
        elif self._missing.pop(sequence, None) is None:
            return
        else:
            late = True
            self._sequences += 1
        marker = mark & 0x80
        if self.ring:
            kept = (timestamp, marker, bytes(port.views[slot][payload:length]))
            self.ring[sequence % KEPT] = (sequence, kept)
            if self.keyframe_wanted and not late and self._starts_keyframe(port.views[slot], payload, length):
                self.keyframe_wanted = False
                if self.on_keyframe is not None:
                    self.on_keyframe()
                    self.keyframe_wanted = False  # the seats that it may just have been given open now
                for seat in self.targets:
                    if not seat.open:
                        seat.begin(sequence, timestamp, at)
        source = port.pointers[slot] + payload
        count = length - payload
        size = self._size
        for seat in self.targets:
            if late and not seat.began_before(sequence):
                continue
            if not seat.open:
                if self.ring:
                    continue
                seat.begin(sequence, timestamp, at)
            link = seat.link
            out = port.slot()
            pointer = port.out_pointers[out]
            if seat.level:
                LEVEL_HEADER.pack_into(
                    port.out_views[out],
                    0,
                    0x90,
                    marker | seat.payload_type,
                    (sequence + seat.shift) & 0xFFFF,
                    (timestamp + seat.time_shift) & 0xFFFFFFFF,
                    seat.ssrc,
                    LEVEL_BLOCK,
                    seat.level,
                    level,
                )
                _memmove(pointer + 20, source, count)
                size[0] = count + 20
            else:
                rtp.HEADER.pack_into(
                    port.out_views[out],
                    0,
                    0x80,
                    marker | seat.payload_type,
                    (sequence + seat.shift) & 0xFFFF,
                    (timestamp + seat.time_shift) & 0xFFFFFFFF,
                    seat.ssrc,
                )
                _memmove(pointer + 12, source, count)
                size[0] = count + 12
            if not _protect(link.tx, pointer, size):
                port.send(out, size[0], link.address)
                seat.packets += 1
                seat.octets += count
        if self.taps:
            self._tap(bytes(port.views[slot][payload:length]), timestamp, sequence, bool(marker), at)

    def _tap(self, payload: bytes, timestamp: int, sequence: int, marker: bool, at: float) -> None:
        for tap in self.taps:
            if tap.packet(self.kind, payload, timestamp, sequence, marker, at):
                self.want_keyframe()

    def retransmitted(
        self, slot: int, payload: int, length: int, timestamp: int, mark: int, at: float
    ) -> None:
        """A packet on the retransmission stream (RFC 4588): taken only if its original never came.

        Browsers probe a path by sending old packets again, and a stale keyframe must not switch a seat.
        """
        if length - payload < 2:
            return
        view = self.port.views[slot]
        sequence = view[payload] << 8 | view[payload + 1]
        if sequence in self._missing:
            self.take(slot, payload + 2, length, sequence, timestamp, mark, 127, at)

    @property
    def wants_something(self) -> bool:
        """Whether `asks` may have anything to say."""
        return self.keyframe_wanted or bool(self._missing)

    def want_keyframe(self) -> None:
        """Ask for a keyframe at the next chance; `asks` says when."""
        self.keyframe_wanted = True

    def asks(self, reporter: int, now: float, round_trip: float) -> list[bytes]:
        """The RTCP that this line wants sent to its participant now: packets again, a keyframe."""
        wanted: list[bytes] = []
        if self.ssrc is None:
            return wanted
        if self.keyframe_wanted and now - self._asked_at >= KEYFRAME_INTERVAL and now >= self.deaf_until:
            self._asked_at = now
            wanted.append(rtcp.keyframe_request(reporter, self.ssrc))
        if self._missing:
            again = max(0.02, min(round_trip, 0.25))
            asked = []
            for sequence, (since, due) in list(self._missing.items()):
                if now - since > PATIENCE:
                    del self._missing[sequence]
                elif due <= now:
                    self._missing[sequence] = (since, now + again)
                    asked.append(sequence)
            if asked and self.resends:
                wanted.append(rtcp.nack(reporter, self.ssrc, asked))
        return wanted

    def kept(self, sequence: int) -> Kept | None:
        """A packet of the recent past, if it is still there."""
        entry = self.ring[sequence % KEPT]
        return entry[1] if entry is not None and entry[0] == sequence else None

    def told(self, report: rtcp.SenderReport, at: float) -> None:
        """The participant's own clock, from its sender report."""
        self._sr, self._sr_at = report, at

    def timestamp_at(self, now: float) -> int:
        """The RTP timestamp that this line's clock shows at a POSIX time of the worker's."""
        if self._sr is None or self.clock_offset is None:
            return self.newest_timestamp + round((now - self.newest_at) * self.clock)
        theirs = self._sr.ntp / (1 << 32) - rtcp.NTP_EPOCH
        return self._sr.timestamp + round((now - self.clock_offset - theirs) * self.clock)

    def report(self, now: float) -> rtcp.Report | None:
        """A reception report since the last (RFC 3550, 6.4.1 and A.3); None before the first packet."""
        if self.ssrc is None or self.newest < 0:
            return None
        highest = self.extended
        expected = highest - self._first + 1
        interval = expected - self._expected_before
        lost = interval - (self._sequences - self._received_before)
        self._expected_before, self._received_before = expected, self._sequences
        self.loss = max(0.0, min(1.0, lost / interval)) if interval > 0 else 0.0
        last_sr = self._sr.ntp >> 16 & 0xFFFFFFFF if self._sr is not None else 0
        delay = round((now - self._sr_at) * 65536) & 0xFFFFFFFF if self._sr is not None else 0
        total = max(-0x800000, min(0x7FFFFF, expected - self._sequences))
        return rtcp.Report(
            self.ssrc, min(255, int(self.loss * 256)), total, highest, int(self._jitter), last_sr, delay
        )

    @property
    def ready(self) -> bool:
        """Whether a seat could be filled from here: sound has come, or the keyframe that was asked for."""
        return self.newest >= 0 and not self.keyframe_wanted

    def average_loudness(self) -> int:
        """The average sound level, 0 to 127 (the other way round than RFC 6464), since the last call."""
        total, count = self.loudness, self.loudness_count
        self.loudness = self.loudness_count = 0
        return total // count if count else 0

    @property
    def extended(self) -> int:
        """The newest sequence number with its cycles (RFC 3550, A.1)."""
        return self._cycles << 16 | self.newest

    @property
    def jitter(self) -> float:
        """Seconds (RFC 3550, A.8)."""
        return self._jitter / self.clock

    def _advance(self, sequence: int, timestamp: int, at: float) -> None:
        if self.newest < 0:
            self._first = sequence
        self._sequences += 1
        self.newest = sequence
        self.newest_timestamp = timestamp
        self.newest_at = at
        transit = at * self.clock - timestamp
        if self._transit is not None:
            change = abs(transit - self._transit)
            if change < self.clock:  # beyond a second it is a wrap or a pause, not jitter
                self._jitter += (change - self._jitter) / 16
        self._transit = transit

    def _skip(self, sequence: int, step: int, at: float) -> None:
        """Packets between the newest and this one have not come."""
        if sequence < self.newest:
            self._cycles += 1
        if step > MOST_MISSING or len(self._missing) + step > 2 * MOST_MISSING:
            self._missing.clear()
            if self.ring:
                self._break()
        else:
            for missing in range(self.newest + 1, self.newest + step):
                self._missing[missing & 0xFFFF] = (at, at + FIRST_ASK)

    def _break(self) -> None:
        """The picture cannot be continued: every seat waits for a keyframe."""
        for seat in self.targets:
            seat.close()
        self.want_keyframe()
