"""RTCP as bytes: what we write is read back by somebody else's parser, and nothing read can hurt."""

from __future__ import annotations

import random
import struct

import pytest
from aiortc.rtp import (
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    unpack_remb_fci,
)

from court_link.media.embedded import rtcp, rtp
from court_link.media.embedded.feedback import Feedback


def decoded(packet: bytes) -> tuple[int, dict[int, float]]:
    """Arrival times by sequence number, and the feedback's count (draft-holmer, 3.1)."""
    first, kind, words = struct.unpack_from("!BBH", packet)
    assert (first & 0x1F, kind, 4 * words + 4) == (15, 205, len(packet))
    base, count, reference = struct.unpack_from("!HHI", packet, 12)
    symbols: list[int] = []
    at = 20
    while len(symbols) < count:
        (chunk,) = struct.unpack_from("!H", packet, at)
        at += 2
        if not chunk >> 15:
            symbols += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif chunk >> 14 & 1:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    clock = (reference >> 8) * 0.064
    arrivals = {}
    for offset, symbol in enumerate(symbols[:count]):
        if symbol == 1:
            clock += packet[at] * 0.00025
            at += 1
        elif symbol == 2:
            clock += struct.unpack_from("!h", packet, at)[0] * 0.00025
            at += 2
        if symbol:
            arrivals[(base + offset) & 0xFFFF] = clock
    padding = packet[-1] if first & 0x20 else 0
    assert at + padding == len(packet)
    return reference & 0xFF, arrivals


def test_arrivals_are_told_to_a_quarter_of_a_millisecond(rng: random.Random) -> None:
    feedback = Feedback()
    sequence, now, base = 65_000, 1_795_000_000.0, None
    for count in range(300):
        arrivals: dict[int, float] = {}
        for _ in range(rng.randrange(1, 60)):
            sequence += rng.choice([1] * 20 + [2, 3, 30])
            now += rng.choice([0.0, 0.0005, 0.005, 0.02, 0.3])
            arrivals[sequence & 0xFFFF] = now
        order = list(arrivals.items())
        if rng.random() < 0.3:
            order[0], order[-1] = order[-1], order[0]
        for number, at in order:
            feedback.arrived(number, at)
        packet = feedback.packet(1, 2)
        assert packet is not None
        number, told = decoded(packet)
        assert number == count & 0xFF
        assert list(told) == sorted(
            told, key=lambda n: (n - min(arrivals, key=arrivals.__getitem__)) & 0xFFFF
        )
        assert set(told) == set(arrivals)
        if base is None:
            base = min(arrivals.values()) - min(told.values())
        for each, at in told.items():
            assert at + base == pytest.approx(arrivals[each], abs=0.0006)
    assert feedback.packet(1, 2) is None


def test_another_parser_reads_our_reports() -> None:
    report = rtcp.Report(7, 12, -3, 70_000, 5, 6, 8)
    lost = rtcp.nack(1, 2, [65_534, 65_535, 0, 15, 40])
    packets = RtcpPacket.parse(
        rtcp.sender_report(1, rtcp.ntp(1_795_000_000.5), 99, 10, 1000)
        + rtcp.receiver_report(1, [report])
        + lost
        + rtcp.keyframe_request(1, 2)
        + rtcp.bandwidth_limit(1, 2_500_000, [2, 3])
    )
    sr, rr, nack, pli, remb = packets
    assert isinstance(sr, RtcpSrPacket)
    assert sr.sender_info.ntp_timestamp >> 32 == 1_795_000_000 + rtcp.NTP_EPOCH
    assert isinstance(rr, RtcpRrPacket)
    assert (rr.reports[0].packets_lost, rr.reports[0].highest_sequence) == (-3, 70_000)
    assert isinstance(nack, RtcpRtpfbPacket)
    assert [sequence & 0xFFFF for sequence in nack.lost] == [65_534, 65_535, 0, 15, 40]
    assert isinstance(pli, RtcpPsfbPacket)
    assert (pli.fmt, pli.media_ssrc) == (1, 2)
    assert isinstance(remb, RtcpPsfbPacket)
    bitrate, ssrcs = unpack_remb_fci(remb.fci)
    assert bitrate == pytest.approx(2_500_000, rel=0.001)
    assert ssrcs == [2, 3]
    assert list(rtcp.read(lost)) == [rtcp.Lost(2, (65_534, 65_535, 0, 15, 40))]


def test_no_bytes_can_hurt_the_readers(rng: random.Random) -> None:
    samples = [
        rtcp.sender_report(1, 2, 3, 4, 5),
        rtcp.receiver_report(1, [rtcp.Report(7, 12, 3, 70_000, 5, 6, 8)]),
        rtcp.nack(1, 2, range(0, 600, 3)),
        rtcp.keyframe_request(1, 2),
        bytes(16),
    ]
    for _ in range(20_000):
        data = bytearray(rng.choice(samples) + rng.choice(samples))
        for _ in range(rng.randrange(1, 8)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        cut = bytes(data[: rng.randrange(len(data) + 1)])
        told = list(rtcp.read(cut))
        assert all(len(item.sequences) <= rtcp.MOST_LOST for item in told if isinstance(item, rtcp.Lost))
        if len(cut) >= 12:
            view = memoryview(cut + bytes(2048 - len(cut)))
            start = rtp.payload_start(view, len(cut))
            if start <= len(cut):
                rtp.extensions(view, start)
                rtp.starts_keyframe(view, start, len(cut))


def test_keyframes_are_told_from_other_frames() -> None:
    for descriptor in (b"\x10", b"\x90\x80\x85\x01", b"\x90\x80\x05", b"\x90\xf0\x85\x01\x07\x20"):
        key = memoryview(descriptor + b"\x00rest")
        delta = memoryview(descriptor + b"\x01rest")
        assert rtp.starts_keyframe(key, 0, len(key))
        assert not rtp.starts_keyframe(delta, 0, len(delta))
    later_part = memoryview(b"\x00\x00rest")
    assert not rtp.starts_keyframe(later_part, 0, len(later_part))
