"""Matroska files (RFC 9559), WebM where they can be, that are whole at every moment of their writing.

A file is a header and then clusters of about a second, each written at once and with its size, so that a
process that is killed leaves a file that players play to its last second. The header keeps room for what only
the end knows: `finish` fills it in, cuts off a torn last cluster, and adds the index by which players seek.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from court_link.media.embedded.offer import H264, OPUS, VP8

_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)  # of DateUTC
_UNKNOWN = b"\x01" + b"\xff" * 7
_SEGMENT = b"\x18\x53\x80\x67"
_CLUSTER = b"\x1f\x43\xb6\x75"
_CLUSTER_ID = int.from_bytes(_CLUSTER, "big")
_CUES = b"\x1c\x53\xbb\x6b"
_SIMPLE_BLOCK = b"\xa3"
_DURATION_ROOM, _SEEK_ROOM, _PARAMETERS_ROOM = 11, 26, 300  # bytes
_CODECS = {OPUS: b"A_OPUS", VP8: b"V_VP8", H264: b"V_MPEG4/ISO/AVC"}
_OPUS_HEAD = struct.pack("<8sBBHIhB", b"OpusHead", 1, 2, 0, 48000, 0, 0)  # RFC 7845, 5.1
#: Before the first keyframe says it: decoders go by the picture itself.
_SIZE = (640, 360)
_KEYFRAME = 0x80
_BLOCK = struct.Struct(">BhB")  # track, time from its cluster, flags
_LONGEST = 0x7FFF  # milliseconds that a block may be from its cluster's time


def element(identity: bytes, content: bytes) -> bytes:
    """One EBML element (RFC 8794, 4) with a size of eight bytes when it is long, one when it is short."""
    size = len(content)
    if size < 0x7F:
        return identity + bytes([0x80 | size]) + content
    return identity + (1 << 56 | size).to_bytes(8, "big") + content


def _number(identity: bytes, value: int, width: int = 0) -> bytes:
    return element(identity, value.to_bytes(width or max(1, (value.bit_length() + 7) // 8), "big"))


def _room(size: int) -> bytes:
    """A Void element of so many bytes, from 9 on."""
    return b"\xec" + (1 << 56 | size - 9).to_bytes(8, "big") + bytes(size - 9)


def _track(number: int, codec: str) -> bytes:
    sound = codec == OPUS
    entry = [
        _number(b"\xd7", number),
        _number(b"\x73\xc5", number),
        _number(b"\x83", 2 if sound else 1),
        _number(b"\x9c", 0),
        element(b"\x86", _CODECS[codec]),
    ]
    if sound:
        rate = element(b"\xb5", struct.pack(">d", 48000.0))
        entry += [element(b"\x63\xa2", _OPUS_HEAD), _number(b"\x56\xbb", 80_000_000)]
        entry += [element(b"\xe1", rate + _number(b"\x9f", 2))]
    else:
        width, height = (_number(name, size, 2) for name, size in zip((b"\xb0", b"\xba"), _SIZE, strict=True))
        entry += [element(b"\xe0", width + height)]
    if codec == H264:
        entry.append(_room(_PARAMETERS_ROOM))
    return element(b"\xae", b"".join(entry))


def _header(codecs: Sequence[str], began: float) -> bytes:
    ebml = element(
        b"\x1a\x45\xdf\xa3",
        _number(b"\x42\x86", 1)
        + _number(b"\x42\xf7", 1)
        + _number(b"\x42\xf2", 4)
        + _number(b"\x42\xf3", 8)
        + element(b"\x42\x82", b"matroska" if H264 in codecs else b"webm")
        + _number(b"\x42\x87", 4)
        + _number(b"\x42\x85", 2),
    )
    date = round((datetime.fromtimestamp(began, UTC) - _EPOCH).total_seconds() * 1e9)
    info = element(
        b"\x15\x49\xa9\x66",
        _number(b"\x2a\xd7\xb1", 1_000_000)
        + element(b"\x44\x61", date.to_bytes(8, "big", signed=True))
        + element(b"\x4d\x80", b"Court Link")
        + element(b"\x57\x41", b"Court Link")
        + _room(_DURATION_ROOM),
    )
    tracks = element(
        b"\x16\x54\xae\x6b", b"".join(_track(number, codec) for number, codec in enumerate(codecs, 1))
    )
    return ebml + _SEGMENT + _UNKNOWN + _room(_SEEK_ROOM) + info + tracks


class Writer:
    """A new file. Times are milliseconds since `began` (POSIX seconds); any method may raise OSError.

    A cluster that could not be written whole leaves no trace, and the next may be tried.
    """

    def __init__(self, path: Path, codecs: Sequence[str], began: float) -> None:
        self.path = path
        self.began = began
        header = _header(codecs, began)
        self._size_at = header.find(_number(b"\xb0", _SIZE[0], 2)) + 2
        self._parameters_at = header.find(_room(_PARAMETERS_ROOM))
        self._blocks: list[bytes] = []
        self._time = 0
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._end = 0
        try:
            self._write(header)
        except OSError:
            os.close(self._file)
            path.unlink()
            raise

    def resize(self, width: int, height: int) -> None:
        """Say in the header how large the picture is."""
        os.pwrite(self._file, width.to_bytes(2, "big"), self._size_at)
        os.pwrite(self._file, height.to_bytes(2, "big"), self._size_at + 4)

    def describe(self, parameters: bytes) -> None:
        """Say in the header, once, what a decoder of H.264 must know, when there is room for it."""
        held = element(b"\x63\xa2", parameters)
        if self._parameters_at >= 0 and len(held) + 9 <= _PARAMETERS_ROOM:
            os.pwrite(self._file, held + _room(_PARAMETERS_ROOM - len(held)), self._parameters_at)
            self._parameters_at = -1

    def add(self, track: int, time: int, frame: bytes, *, keyframe: bool, opens: bool = False) -> None:
        """Keep one frame of track 1 or 2 for the next cluster; `opens` begins a cluster with it."""
        if self._blocks and (opens or not -_LONGEST < time - self._time < _LONGEST):
            self.flush()
        if not self._blocks:
            self._time = max(0, time)
        head = _BLOCK.pack(0x80 | track, time - self._time, _KEYFRAME if keyframe else 0)
        self._blocks.append(element(_SIMPLE_BLOCK, head + frame))

    def flush(self) -> bool:
        """Write what was added as one cluster; answers whether there was anything."""
        if not self._blocks:
            return False
        content = _number(b"\xe7", self._time) + b"".join(self._blocks)
        self._blocks = []
        self._write(_CLUSTER + (1 << 56 | len(content)).to_bytes(8, "big") + content)
        return True

    def sync(self) -> None:
        """Outlive a power cut, up to here."""
        os.fdatasync(self._file)

    def close(self) -> None:
        """Let go of the file; what `finish` adds is not in it yet."""
        os.close(self._file)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        done = 0
        try:
            while done < len(view):
                done += os.pwrite(self._file, view[done:], self._end + done)
        except OSError:
            os.ftruncate(self._file, self._end)
            raise
        self._end += done


@dataclass(frozen=True, slots=True)
class _Element:
    """An element of a file: its id, where it begins, where its content begins and ends."""

    identity: int
    at: int
    content: int
    end: int


def finish(path: Path) -> float:
    """Make a file that is written no more seekable; answers its length in seconds. Doing it again is nothing.

    Raises ValueError for a file that `Writer` did not begin.
    """
    with path.open("r+b") as file:
        head = file.read(2048)
        segment = head.find(_SEGMENT)
        if segment < 0:
            raise ValueError(f"{path.name} is no recording")
        begins = segment + len(_SEGMENT) + len(_UNKNOWN)
        whole = list(_elements(file, begins))
        clusters = [each for each in whole if each.identity == _CLUSTER_ID]
        seconds = _last(file, clusters[-1]) / 1000 if clusters else 0.0
        duration, room = head.find(_room(_DURATION_ROOM)), head.find(_room(_SEEK_ROOM))
        if duration < 0 or room < 0:
            return seconds
        ends = whole[-1].end
        file.seek(ends)
        file.truncate()
        cues = b"".join(filter(None, (_cue(file, cluster, begins) for cluster in clusters)))
        if cues:
            file.seek(ends)
            file.write(element(_CUES, cues))
            where = element(b"\x53\xab", _CUES) + _number(b"\x53\xac", ends - begins, 8)
            _put(file, room, element(b"\x11\x4d\x9b\x74", element(b"\x4d\xbb", where)))
        size = file.seek(0, os.SEEK_END) - begins
        _put(file, begins - len(_UNKNOWN), (1 << 56 | size).to_bytes(8, "big"))
        _put(file, duration, element(b"\x44\x89", struct.pack(">d", seconds * 1000)))
        return seconds


def _put(file: BinaryIO, at: int, data: bytes) -> None:
    file.seek(at)
    file.write(data)


def _elements(file: BinaryIO, at: int, end: int | None = None) -> Iterator[_Element]:
    """The elements from `at` on that are whole; what a killed process tore ends them."""
    limit = file.seek(0, os.SEEK_END) if end is None else end
    while at < limit:
        file.seek(at)
        head = file.read(12)
        identity_size = 9 - head[0].bit_length()
        first = head[identity_size] if identity_size < len(head) else 0
        size_size = 9 - first.bit_length()
        content = at + identity_size + size_size
        size = int.from_bytes(head[identity_size : identity_size + size_size], "big") & (
            (1 << 7 * size_size) - 1
        )
        if not head[0] or not first or content + size > limit:
            return
        yield _Element(int.from_bytes(head[:identity_size], "big"), at, content, content + size)
        at = content + size


def _cue(file: BinaryIO, cluster: _Element, begins: int) -> bytes:
    """The index's entry for a cluster, or nothing when decoding cannot begin with its first frame."""
    parts = _elements(file, cluster.content, cluster.end)
    time, first = next(parts), next(parts)
    track, _, flags = _block(file, first)
    if not flags & _KEYFRAME:
        return b""
    file.seek(time.content)
    position = _number(b"\xf7", track) + _number(b"\xf1", cluster.at - begins)
    when = element(b"\xb3", file.read(time.end - time.content))
    return element(b"\xbb", when + element(b"\xb7", position))


def _last(file: BinaryIO, cluster: _Element) -> int:
    """When the latest frame of a cluster begins, in milliseconds."""
    time, *blocks = _elements(file, cluster.content, cluster.end)
    file.seek(time.content)
    begins = int.from_bytes(file.read(time.end - time.content), "big")
    return begins + max((_block(file, each)[1] for each in blocks), default=0)


def _block(file: BinaryIO, found: _Element) -> tuple[int, int, int]:
    """The track, the milliseconds from its cluster, and the flags of a frame."""
    file.seek(found.content)
    track, time, flags = _BLOCK.unpack(file.read(_BLOCK.size))
    return track & 0x7F, time, flags
