"""Sequence numbers, timestamps, gates and histories: what a receiver sees whatever happens behind."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from pylibsrtp import Policy, Session

from court_link.media.embedded import rtcp, uplink
from court_link.media.embedded.offer import VP8, Codec, Line
from court_link.media.embedded.port import Port
from court_link.media.embedded.rtp import HEADER
from court_link.media.embedded.seat import SeatLine
from court_link.media.embedded.uplink import KEPT, MOST_MISSING, Uplink
from court_link.media.engine import Kind

PICTURE = Line("1", "video", Kind.VIDEO, True, False, (Codec(VP8, 96, 97, feedback=frozenset({"nack"})),))
SEAT = Line("3", "video", Kind.VIDEO, False, True, (Codec(VP8, 100, 101),))
KEYFRAME, DELTA = b"\x10\x00", b"\x10\x01"


class Stage:
    """One receiving line and the packets that leave for it, plain: encryption is left out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seat: Line) -> None:
        self.port = Port("127.0.0.1", 0, lambda *_: None)
        self.sent: list[tuple[int, int, int, int, bytes]] = []
        monkeypatch.setattr("court_link.media.embedded.uplink._protect", lambda *_: 0)
        monkeypatch.setattr(self.port, "send", self._send)
        link: Any = SimpleNamespace(tx=None, address=0, resend_budget=100, send_rtp=self._take)
        self.link = link
        self.seat = SeatLine(link, seat, Kind.VIDEO)
        self.now = 1000.0

    def source(self) -> Uplink:
        uplink = Uplink(self.port, PICTURE, Kind.VIDEO, PICTURE.codecs[0])
        uplink.bind(1)
        return uplink

    def watch(self, uplink: Uplink | None) -> None:
        if self.seat.source is not None:
            self.seat.source.targets = ()
        self.seat.watch(uplink)
        if uplink is not None:
            uplink.targets = (self.seat,)

    def feed(self, uplink: Uplink, sequence: int, timestamp: int, body: bytes, kind: bytes = DELTA) -> None:
        payload = kind + body
        self.port.views[0][: len(payload)] = payload
        uplink.take(0, 0, len(payload), sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 96, 127, self.now)
        self.now += 1 / 30

    def _send(self, slot: int, length: int, address: int) -> None:
        self._take(bytes(self.port.out_views[slot][:length]))

    def _take(self, packet: bytes) -> None:
        _, mark, sequence, timestamp, ssrc = HEADER.unpack_from(packet)
        self.sent.append((mark & 0x7F, sequence, timestamp, ssrc, packet[12:]))


@pytest.fixture
def seat() -> Line:
    return SEAT


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, seat: Line) -> Iterator[Stage]:
    made = Stage(monkeypatch, seat)
    yield made
    made.port.close()


def unbroken(numbers: list[int]) -> bool:
    return all((b - a) & 0xFFFF == 1 for a, b in pairwise(numbers))


def test_nothing_is_sent_before_a_keyframe(stage: Stage) -> None:
    source = stage.source()
    stage.watch(source)
    for i in range(5):
        stage.feed(source, i, i * 3000, b"")
    assert stage.sent == []
    assert source.asks(9, stage.now, 0.05) == [rtcp.keyframe_request(9, 1)]
    assert source.asks(9, stage.now + 0.1, 0.05) == [], "asked again too soon"
    stage.feed(source, 5, 15000, b"", KEYFRAME)
    stage.feed(source, 6, 18000, b"")
    assert len(stage.sent) == 2


def test_numbers_run_on_across_the_wrap(stage: Stage) -> None:
    source = stage.source()
    stage.watch(source)
    for i in range(70_000):
        stage.feed(source, 65_000 + i, 0xFFFFF000 + i * 3000, b"", KEYFRAME if i == 0 else DELTA)
    assert len(stage.sent) == 70_000
    assert unbroken([packet[1] for packet in stage.sent])
    times = [packet[2] for packet in stage.sent]
    assert all((b - a) & 0xFFFFFFFF == 3000 for a, b in pairwise(times))
    report = source.report(stage.now)
    assert report is not None
    assert (report.lost, report.highest) == (0, 65_000 + 69_999)


def test_a_change_of_source_is_seamless(stage: Stage) -> None:
    first, second = stage.source(), stage.source()
    stage.watch(first)
    for i in range(10):
        stage.feed(first, 100 + i, i * 3000, b"first", KEYFRAME if i == 0 else DELTA)
    stage.watch(second)
    stage.feed(first, 110, 30000, b"late")
    stage.feed(second, 40_000, 5, b"no keyframe yet")
    for i in range(10):
        stage.feed(second, 40_001 + i, 777 + i * 3000, b"second", KEYFRAME if i == 0 else DELTA)
    assert [packet[4][2:] for packet in stage.sent] == [b"first"] * 10 + [b"second"] * 10
    assert unbroken([packet[1] for packet in stage.sent])
    assert {packet[3] for packet in stage.sent} == {stage.seat.ssrc}
    assert {packet[0] for packet in stage.sent} == {100}, "the receiver's own payload type"
    step = (stage.sent[10][2] - stage.sent[9][2]) & 0xFFFFFFFF
    assert 3 * 3000 - 10 <= step <= 3 * 3000 + 10, "three frames' time passed in between"


def test_an_overtaken_packet_is_sent_once_and_in_its_place(stage: Stage) -> None:
    source = stage.source()
    stage.watch(source)
    for sequence in (0, 1, 3, 2, 2, 4):
        stage.feed(source, sequence, sequence * 3000, bytes([sequence]), KEYFRAME if sequence == 0 else DELTA)
    assert [packet[4][2] for packet in stage.sent] == [0, 1, 3, 2, 4]
    numbers = {packet[4][2]: packet[1] for packet in stage.sent}
    assert unbroken([numbers[i] for i in range(5)])


def test_lost_packets_are_asked_for_until_too_late(stage: Stage) -> None:
    source = stage.source()
    stage.feed(source, 65_534, 0, b"", KEYFRAME)
    stage.feed(source, 2, 3000, b"")
    source.keyframe_wanted = False
    at = stage.now
    assert source.asks(9, at, 0.05) == [rtcp.nack(9, 1, [65_535, 0, 1])]
    assert source.asks(9, at + 0.02, 0.05) == []
    assert source.asks(9, at + 0.06, 0.05) == [rtcp.nack(9, 1, [65_535, 0, 1])]
    stage.feed(source, 0, 1000, b"")
    assert source.asks(9, at + 0.2, 0.05) == [rtcp.nack(9, 1, [65_535, 1])]
    assert source.asks(9, at + 1.5, 0.05) == []
    assert not source.wants_something


def test_a_long_gap_is_a_break_that_waits_for_a_keyframe(stage: Stage) -> None:
    source = stage.source()
    stage.watch(source)
    stage.feed(source, 0, 0, b"", KEYFRAME)
    stage.feed(source, MOST_MISSING + 5, 3000, b"")
    assert len(stage.sent) == 1
    assert source.asks(9, stage.now, 0.05) == [rtcp.keyframe_request(9, 1)]
    stage.feed(source, MOST_MISSING + 6, 6000, b"", KEYFRAME)
    assert unbroken([packet[1] for packet in stage.sent])


def test_a_retransmission_is_taken_only_for_what_is_missing(stage: Stage) -> None:
    source = stage.source()
    stage.watch(source)
    for sequence in (0, 1, 3):
        stage.feed(source, sequence, sequence * 3000, bytes([sequence]), KEYFRAME if sequence == 0 else DELTA)
    for original in (0, 2, 2):
        payload = original.to_bytes(2, "big") + DELTA + bytes([original])
        stage.port.views[0][: len(payload)] = payload
        source.retransmitted(0, 0, len(payload), original * 3000, 97, stage.now)
    assert [packet[4][2] for packet in stage.sent] == [0, 1, 3, 2]


def test_a_nack_is_answered_on_the_retransmission_stream_within_budget(stage: Stage) -> None:
    source = stage.source()
    stage.watch(source)
    for i in range(50):
        stage.feed(source, i, i * 3000, bytes([i]), KEYFRAME if i == 0 else DELTA)
    numbers = [packet[1] for packet in stage.sent]
    stage.sent.clear()
    stage.link.resend_budget = 3
    stage.seat.resend((numbers[7], numbers[7], numbers[8], 12345), stage.now)
    stage.seat.resend(tuple(numbers[20:40]), stage.now)
    assert [packet[4] for packet in stage.sent] == [
        numbers[i].to_bytes(2, "big") + DELTA + bytes([i]) for i in (7, 8, 20)
    ]
    assert {packet[3] for packet in stage.sent} == {stage.seat.rtx}
    assert {packet[0] for packet in stage.sent} == {101}
    assert unbroken([packet[1] for packet in stage.sent])


def test_the_history_forgets_the_oldest(stage: Stage) -> None:
    source = stage.source()
    for i in range(KEPT + 10):
        stage.feed(source, i, i, b"", KEYFRAME if i == 0 else DELTA)
    assert source.kept(9) is None
    assert source.kept(10) is not None
    assert source.kept(KEPT + 9) is not None


def test_a_nack_for_an_earlier_source_is_never_answered_from_the_next(stage: Stage) -> None:
    first, second = stage.source(), stage.source()
    stage.watch(first)
    for i in range(20):
        stage.feed(first, i, i * 3000, b"first", KEYFRAME if i == 0 else DELTA)
    of_first = [packet[1] for packet in stage.sent]
    stage.watch(second)
    for i in range(300):
        stage.feed(second, 1000 + i, i * 3000, b"second", KEYFRAME if i % 100 == 50 else DELTA)
    stage.sent.clear()
    stage.seat.resend(tuple(of_first), stage.now)
    assert stage.sent == []


@pytest.mark.parametrize("seat", [Line("3", "video", Kind.VIDEO, False, True, (Codec(VP8, 100),))])
def test_no_number_is_ever_spent_on_two_packets(stage: Stage, rng: random.Random) -> None:
    """One SSRC and sequence number under one key is one nonce (RFC 7714, 8.1): never two plaintexts."""
    sources = [stage.source() for _ in range(3)]
    clocks = [rng.randrange(1 << 16) for _ in sources]
    waiting: list[tuple[Uplink, int, int, bytes]] = []
    spoken: dict[int, tuple[int, bytes]] = {}
    sent_last = 0
    for step in range(30_000):
        if rng.random() < 0.01:
            stage.watch(rng.choice([*sources, None]))
        which = rng.randrange(3)
        clocks[which] += rng.choice([1] * 60 + [2, 3, 200])
        kind = KEYFRAME if rng.random() < 0.05 else DELTA
        packet = (sources[which], clocks[which], step * 3000, kind)
        if rng.random() < 0.1:
            waiting = [*waiting[-20:], packet]  # older ones fall to SRTP's replay window
        else:
            stage.feed(packet[0], packet[1], packet[2], step.to_bytes(4, "big"), kind)
        if waiting and rng.random() < 0.1:
            source, sequence, timestamp, kind = waiting.pop(rng.randrange(len(waiting)))
            stage.feed(source, sequence, timestamp, b"late" + sequence.to_bytes(4, "big"), kind)
        if rng.random() < 0.05 and stage.sent:
            stage.link.resend_budget = 100
            newest = stage.sent[-1][1]
            stage.seat.resend(tuple((newest - rng.randrange(600)) & 0xFFFF for _ in range(5)), stage.now)
        for _, sequence, timestamp, _, payload in stage.sent[sent_last:]:
            before = spoken.pop(sequence, None)
            assert before is None or before == (timestamp, payload), "one nonce for two packets"
            spoken[sequence] = (timestamp, payload)
            if len(spoken) > 30_000:  # the numbers come round again, with another rollover counter
                del spoken[next(iter(spoken))]
        sent_last = len(stage.sent)
    assert sent_last > 1_000


def test_srtp_goes_on_across_the_wrap_of_rewritten_numbers() -> None:
    key = os.urandom(44)
    profile = Policy.SRTP_PROFILE_AEAD_AES_256_GCM
    out = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
    back = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile))
    for i in range(66_000):
        packet = HEADER.pack(0x80, 96, (65_000 + i) & 0xFFFF, i, 1) + b"x"
        assert back.unprotect(out.protect(packet)) == packet


def of_the_old_place(source: Uplink, stage: Stage, sequence: int, arrived: float) -> bool:
    """Whether a packet that arrived then would be passed over; it is fed if not."""
    if source.deaf_until and source.passes_over(sequence & 0xFFFF, sequence * 3000 & 0xFFFFFFFF, arrived):
        return True
    stage.now = arrived
    stage.feed(source, sequence, sequence * 3000, b"new", KEYFRAME)
    return False


@pytest.mark.parametrize("start", [100, 65_530], ids=["anywhere", "across the wrap"])
def test_after_a_move_nothing_of_the_old_place_is_sent_or_asked_for(stage: Stage, start: int) -> None:
    source = stage.source()
    stage.watch(source)
    for i in range(4):
        stage.feed(source, start + i, (start + i) * 3000, b"old", KEYFRAME if i == 0 else DELTA)
    stage.feed(source, start + 6, (start + 6) * 3000, b"old")  # two are missing
    moved = stage.now
    stage.watch(None)
    source.move(moved)
    stage.watch(source)
    stage.sent.clear()
    assert source.kept((start + 3) & 0xFFFF) is None
    # Under way at the move: heard, and one of them lost.
    for number in (7, 8, 10):
        assert of_the_old_place(source, stage, start + number, moved + uplink.SETTLING - 0.01)
    assert source.asks(9, moved + 0.1, 0.05) == [], "a keyframe of now would still be of the old place"
    later = moved + uplink.SETTLING + 0.01
    for number in (4, 9, 10):
        assert of_the_old_place(source, stage, start + number, later), "however late it comes"
    assert not of_the_old_place(source, stage, start + 14, later)
    assert [packet[4][2:] for packet in stage.sent] == [b"new"]
    stage.feed(source, start + 9, (start + 9) * 3000, b"late")
    stage.feed(source, start + 15, (start + 15) * 3000, b"new")
    asked = source.asks(9, later + 0.1, 0.05)
    assert asked == [], "what is missing is of the old place"
    assert [packet[4][2:] for packet in stage.sent] == [b"new"] * 2
    report = source.report(later)
    assert report is not None
    assert report.highest == start + 15


def test_without_the_silence_the_old_place_would_be_heard(stage: Stage) -> None:
    source = stage.source()
    stage.watch(source)
    stage.feed(source, 1, 3000, b"old", KEYFRAME)
    stage.watch(None)
    source.move(stage.now)
    source.deaf_until = 0.0
    stage.watch(source)
    stage.sent.clear()
    assert not of_the_old_place(source, stage, 2, stage.now)
    assert stage.sent
