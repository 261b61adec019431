"""RTCP: reading what participants report and writing what the worker asks and tells them.

RFC 3550 (sender and receiver reports, goodbye), RFC 4585 (generic NACK, PLI), RFC 5104 (FIR) and
draft-alvestrand-rmcat-remb. Compound packets are not required: reduced size is negotiated (RFC 5506).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SR, RR, BYE, RTPFB, PSFB = 200, 201, 203, 205, 206
NACK = 1  # RTPFB
TRANSPORT_WIDE = 15  # RTPFB
PLI, FIR, APPLICATION = 1, 4, 15  # PSFB

NTP_EPOCH = 2208988800  # seconds from 1900 to 1970
MOST_LOST = 17 * 16  # sequence numbers taken from one NACK

_REPORT = struct.Struct("!IIIIII")
_WORD = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Report:
    """One report block: how one stream of ours (or of theirs) arrived at the other end."""

    ssrc: int
    fraction_lost: int  # of 256
    lost: int
    highest: int
    jitter: int  # RTP clock units
    last_sr: int  # middle 32 bits of the NTP time of the last SR
    delay: int  # since it arrived, in 1/65536 s


@dataclass(frozen=True, slots=True)
class SenderReport:
    """A sender's clock: this NTP time is this RTP time."""

    ssrc: int
    ntp: int  # 64 bits, 32 of them fraction
    timestamp: int


@dataclass(frozen=True, slots=True)
class Lost:
    """Packets asked for again."""

    ssrc: int
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyframeWanted:
    """PLI or FIR: the picture of this stream cannot be decoded without a keyframe."""

    ssrc: int


Told = Report | SenderReport | Lost | KeyframeWanted


def read(data: bytes) -> Iterator[Told]:
    """What a compound packet says, as far as it is well formed; the rest is ignored."""
    at = 0
    while at + 8 <= len(data):
        first, kind = data[at], data[at + 1]
        end = at + 4 + 4 * (data[at + 2] << 8 | data[at + 3])
        if first >> 6 != 2 or end > len(data):
            return
        count = first & 0x1F
        if kind == SR and end - at >= 28:
            ssrc, ntp, timestamp = struct.unpack_from("!IQI", data, at + 4)
            yield SenderReport(ssrc, ntp, timestamp)
            yield from _reports(data, at + 28, end, count)
        elif kind == RR:
            yield from _reports(data, at + 8, end, count)
        elif kind == RTPFB and count == NACK and end - at >= 16:
            yield _read_nack(data, at + 8, end)
        elif kind == PSFB and count == PLI and end - at >= 12:
            yield KeyframeWanted(_WORD.unpack_from(data, at + 8)[0])
        elif kind == PSFB and count == FIR:
            for entry in range(at + 12, end - 7, 8):
                yield KeyframeWanted(_WORD.unpack_from(data, entry)[0])
        at = end


def _reports(data: bytes, at: int, end: int, count: int) -> Iterator[Report]:
    for block in range(at, min(end, at + 24 * count) - 23, 24):
        ssrc, loss, highest, jitter, last_sr, delay = _REPORT.unpack_from(data, block)
        lost = loss & 0xFFFFFF
        yield Report(
            ssrc, loss >> 24, lost - (1 << 24) if lost >> 23 else lost, highest, jitter, last_sr, delay
        )


def _read_nack(data: bytes, at: int, end: int) -> Lost:
    sequences: list[int] = []
    for entry in range(at + 4, end - 3, 4):
        first, mask = struct.unpack_from("!HH", data, entry)
        sequences.append(first)
        sequences += [(first + 1 + bit) & 0xFFFF for bit in range(16) if mask >> bit & 1]
        if len(sequences) >= MOST_LOST:
            break
    return Lost(_WORD.unpack_from(data, at)[0], tuple(sequences[:MOST_LOST]))


def ntp(posix: float) -> int:
    """POSIX seconds as a 64-bit NTP time."""
    return int((posix + NTP_EPOCH) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF


def sender_report(ssrc: int, ntp_time: int, timestamp: int, packets: int, octets: int) -> bytes:
    return struct.pack(
        "!BBHIQIII",
        0x80,
        SR,
        6,
        ssrc,
        ntp_time,
        timestamp & 0xFFFFFFFF,
        packets & 0xFFFFFFFF,
        octets & 0xFFFFFFFF,
    )


def receiver_report(ssrc: int, reports: Iterable[Report]) -> bytes:
    """At most 31 reports."""
    blocks = b"".join(
        _REPORT.pack(
            report.ssrc,
            report.fraction_lost << 24 | (report.lost & 0xFFFFFF),
            report.highest,
            report.jitter,
            report.last_sr,
            report.delay,
        )
        for report in reports
    )
    return struct.pack("!BBHI", 0x80 | len(blocks) // 24, RR, 1 + len(blocks) // 4, ssrc) + blocks


def nack(ssrc: int, media: int, sequences: Iterable[int]) -> bytes:
    """Ask for packets again (RFC 4585, 6.2.1); `sequences` in rising order."""
    entries: list[tuple[int, int]] = []
    for sequence in sequences:
        if entries and 0 < (sequence - entries[-1][0]) & 0xFFFF <= 16:
            first, mask = entries[-1]
            entries[-1] = (first, mask | 1 << (((sequence - first) & 0xFFFF) - 1))
        else:
            entries.append((sequence, 0))
    body = b"".join(struct.pack("!HH", first, mask) for first, mask in entries)
    return struct.pack("!BBHII", 0x80 | NACK, RTPFB, 2 + len(entries), ssrc, media) + body


def keyframe_request(ssrc: int, media: int) -> bytes:
    """Picture loss indication (RFC 4585, 6.3.1)."""
    return struct.pack("!BBHII", 0x80 | PLI, PSFB, 2, ssrc, media)


def bandwidth_limit(ssrc: int, bits_per_second: int, media: Iterable[int]) -> bytes:
    """REMB, for senders that offer no transport-wide feedback."""
    sources = list(media)
    exponent = max(0, bits_per_second.bit_length() - 18)
    field = len(sources) << 24 | exponent << 18 | bits_per_second >> exponent
    body = b"REMB" + _WORD.pack(field) + b"".join(_WORD.pack(source) for source in sources)
    return struct.pack("!BBHII", 0x80 | APPLICATION, PSFB, 2 + len(body) // 4, ssrc, 0) + body
