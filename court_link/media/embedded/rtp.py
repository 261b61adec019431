"""The bytes of an RTP packet (RFC 3550), its header extensions (RFC 8285) and pictures (RFC 7741, 6184)."""

from __future__ import annotations

import struct

HEADER = struct.Struct("!BBHII")  # version and flags, marker and payload type, sequence, timestamp, SSRC
ONE_BYTE = 0xBEDE

AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"  # RFC 6464
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"  # RFC 9143
TRANSPORT_WIDE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

H264_PARAMETERS, H264_AGGREGATE = 7, 24  # kinds of unit: sequence parameter set, STAP-A

CLOCK = {"audio": 48000, "video": 90000, "screen": 90000}  # Hz


def payload_start(packet: memoryview, length: int) -> int:
    """Where the payload begins, after contributing sources and the extension block; beyond `length` if the
    header lies about its size."""
    start = 12 + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        if start + 4 > length:
            return length + 1
        start += 4 + 4 * (packet[start + 2] << 8 | packet[start + 3])
    return start


def extensions(packet: memoryview, payload: int) -> dict[int, bytes]:
    """The header extensions by id, in either form of RFC 8285; `payload` is from `payload_start`."""
    found: dict[int, bytes] = {}
    if not packet[0] & 0x10:
        return found
    at = 12 + 4 * (packet[0] & 0x0F)
    profile = packet[at] << 8 | packet[at + 1]
    at += 4
    if profile == ONE_BYTE:
        while at < payload:
            identity = packet[at] >> 4
            if identity == 15:
                break
            size = (packet[at] & 0x0F) + 1 if identity else 0
            if identity and at + 1 + size <= payload:
                found[identity] = bytes(packet[at + 1 : at + 1 + size])
            at += 1 + size
    elif profile >> 4 == 0x100:
        while at + 1 < payload:
            identity, size = packet[at], packet[at + 1]
            if not identity:
                at += 1
                continue
            if at + 2 + size <= payload:
                found[identity] = bytes(packet[at + 2 : at + 2 + size])
            at += 2 + size
    return found


def starts_keyframe(packet: memoryview, at: int, length: int) -> bool:
    """Whether a VP8 payload at this offset is the first of a keyframe (RFC 7741, 4.2 and 4.3)."""
    if at >= length:
        return False
    descriptor = packet[at]
    if descriptor & 0x17 != 0x10:  # S = 1 and partition index 0
        return False
    at += 1
    if descriptor & 0x80:
        if at >= length:
            return False
        extra = packet[at]
        at += 1
        if extra & 0x80:  # picture id, one byte or two
            at += 2 if at < length and packet[at] & 0x80 else 1
        if extra & 0x40:  # TL0PICIDX
            at += 1
        if extra & 0x30:  # TID or KEYIDX
            at += 1
    return at < length and not packet[at] & 0x01


def starts_h264_keyframe(packet: memoryview, at: int, length: int) -> bool:
    """Whether an H.264 payload at this offset begins a picture that stands alone (RFC 6184, 5.4 to 5.8).

    That is where the sequence's parameters are, alone or first in an aggregate: without them no decoder
    begins, and every sender puts them before the picture.
    """
    if at >= length:
        return False
    kind = packet[at] & 0x1F
    if kind != H264_AGGREGATE:
        return kind == H264_PARAMETERS
    at += 1
    while at + 2 < length:
        if packet[at + 2] & 0x1F == H264_PARAMETERS:
            return True
        at += 2 + (packet[at] << 8 | packet[at + 1])
    return False


def vp8_start(payload: bytes) -> int | None:
    """Where the encoded picture begins in a VP8 payload (RFC 7741, 4.2); None when there is none in it."""
    if not payload:
        return None
    at = 1
    if payload[0] & 0x80:
        extra = payload[1] if len(payload) > 1 else 0
        at = 2
        if extra & 0x80:  # picture id, one byte or two
            at += 2 if at < len(payload) and payload[at] & 0x80 else 1
        at += bool(extra & 0x40) + bool(extra & 0x30)
    return at if at < len(payload) else None


def vp8_size(frame: bytes) -> tuple[int, int] | None:
    """Width and height that a VP8 keyframe begins with (RFC 6386, 9.1); None for anything else."""
    if len(frame) < 10 or frame[0] & 0x01 or frame[3:6] != b"\x9d\x01\x2a":
        return None
    return (frame[6] | frame[7] << 8) & 0x3FFF, (frame[8] | frame[9] << 8) & 0x3FFF
