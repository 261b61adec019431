"""Recording: what the uplinks of a recorded place carry, written to files as it came and never decoded.

The packet path only ever appends to a queue of bounded size; a thread makes frames of it and writes them, a
cluster each second, so that a slow or full disk loses packets of the recording and delays nobody's sound. The
clock of the worker looks after the thread and says when a recording stalls and when it goes on.

A file holds sound and picture of one link from when it was let to send until it no longer was; a shared
screen has files of its own. Sealing a recording that is over finishes its files and lists them with their
digests.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from court_link.media.embedded import rtp, webm
from court_link.media.embedded.frames import Frames, Packet, Timeline, h264_parameters
from court_link.media.embedded.offer import H264
from court_link.media.engine import Kind, Manifest, RecordedFile

log = logging.getLogger(__name__)

MOST_QUEUED = 32 * 1024 * 1024  # bytes that may wait for the disk
FLUSH = 1.0  # seconds between two clusters of a file
SYNC = 5.0  # seconds between two times that a file is made to outlive a power cut
LATE = 2.0  # seconds without a round of the thread after which the recording has stalled
LOOK = 1.0  # seconds between two looks at how recordings do
KEYFRAME_EVERY = 30.0  # seconds: players can begin at each keyframe
MANIFEST = "manifest.json"
_LISTED = TypeAdapter(Manifest)
_BATCH = 32  # packets between which other threads get their turn
_PAUSE = 0.0005
_ROUND = 0.1  # seconds between two looks at the queue
_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_FILE = re.compile(r"[A-Za-z0-9.-]{1,120}\.(webm|mkv)")
_KINDS = tuple(Kind)

#: Hears of a recording: room, recording, "started", "stalled", "resumed" or "stopped", and why.
Say = Callable[[str, str, str, str], None]


class _File:
    """One file, in the thread's hands from its first packet on."""

    def __init__(self, folder: Path, room: str, recording: str, link: str) -> None:
        self.folder, self.room, self.recording, self.link = folder, room, recording, link
        self.codecs: dict[Kind, str] = {}
        self.begun = False  # its tracks are settled; only the loop's thread says so
        self.open = 0  # taps that still give packets
        self.ended = False  # the thread has let go of it
        self.wrong = ""
        self._lines: dict[Kind, tuple[int, Frames, Timeline]] = {}
        self._writer: webm.Writer | None = None
        self._tried_at = self._flushed_at = self._synced_at = 0.0

    def take(self, kind: Kind, sequence: int, packet: Packet) -> bool:
        """Write down one packet; answers whether the picture needs a keyframe to go on."""
        writer = self._writer or self._begin(packet.at)
        if writer is None:
            return False
        number, frames, timeline = self._lines[kind]
        try:
            for frame in frames.take(sequence, packet):
                entry = frame.keyframe and kind is not Kind.AUDIO
                if entry:
                    self._describe(writer, self.codecs[kind], frame.data)
                at = timeline.milliseconds(frame)
                writer.add(number, at, frame.data, keyframe=frame.keyframe, opens=entry)
        except OSError as error:
            self._fail(error)
        wanted, frames.broken = frames.broken, False
        return wanted and kind is not Kind.AUDIO

    @staticmethod
    def _describe(writer: webm.Writer, codec: str, keyframe: bytes) -> None:
        """What players want to know beforehand stands in the first keyframe."""
        if codec == H264:
            if (parameters := h264_parameters(keyframe)) is not None:
                writer.describe(parameters)
        elif (size := rtp.vp8_size(keyframe)) is not None:
            writer.resize(*size)

    def _begin(self, at: float) -> webm.Writer | None:
        if time.monotonic() - self._tried_at < FLUSH:
            return None
        self._tried_at = time.monotonic()
        began = datetime.fromtimestamp(at, UTC)
        screen = "-screen" if Kind.SCREEN in self.codecs else ""
        ending = "mkv" if H264 in self.codecs.values() else "webm"
        name = f"{self.link}{screen}-{began:%Y%m%dT%H%M%S}.{began.microsecond // 1000:03}Z.{ending}"
        codecs = sorted(self.codecs.items(), key=lambda item: _KINDS.index(item[0]))
        try:
            self.folder.mkdir(0o700, parents=True, exist_ok=True)
            self._writer = webm.Writer(self.folder / name, [codec for _, codec in codecs], at)
        except OSError as error:
            self._fail(error)
            return None
        self.wrong = ""
        self._lines = {
            kind: (number, Frames(codec), Timeline(kind, at))
            for number, (kind, codec) in enumerate(codecs, 1)
        }
        self._flushed_at = self._synced_at = time.monotonic()
        return self._writer

    def flush(self, now: float) -> None:
        """Write what is due."""
        if self._writer is not None and now - self._flushed_at >= FLUSH:
            self._write(self._writer, now, sync=now - self._synced_at >= SYNC)

    def end(self) -> None:
        """Nothing more will come."""
        if self._writer is not None:
            self._write(self._writer, time.monotonic(), sync=True)
            with suppress(OSError):
                self._writer.close()
            self._writer = None
        self.ended = True

    def _write(self, writer: webm.Writer, now: float, *, sync: bool) -> None:
        self._flushed_at = now
        try:
            written = writer.flush()
            if sync:
                self._synced_at = now
                writer.sync()
        except OSError as error:
            self._fail(error)
        else:
            if written:
                self.wrong = ""

    def _fail(self, error: OSError) -> None:
        """Frames were lost: what follows cannot be decoded without a keyframe."""
        self.wrong = os.strerror(error.errno) if error.errno else "the file could not be written"
        for _, frames, _ in self._lines.values():
            frames.wait_for_keyframe()


class _Tap:
    """One uplink's end of the queue; see `uplink.Tap`."""

    __slots__ = ("_asked_at", "_closed", "_file", "_kind", "_queue", "needs_keyframe")

    def __init__(self, queue: _Queue, file: _File, kind: Kind) -> None:
        self._queue, self._file, self._kind = queue, file, kind
        self._closed = False
        self._asked_at = 0.0
        self.needs_keyframe = kind is not Kind.AUDIO

    def packet(
        self, kind: Kind, payload: bytes, timestamp: int, sequence: int, marker: bool, at: float
    ) -> bool:
        self._file.begun = True
        self._queue.put(self._file, self, kind, sequence, Packet(timestamp, marker, payload, at))
        if kind is Kind.AUDIO or not (self.needs_keyframe or at - self._asked_at > KEYFRAME_EVERY):
            return False
        self.needs_keyframe = False
        self._asked_at = at
        return True

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._file.open -= 1
            if not self._file.open:
                self._queue.end(self._file)


class _Queue:
    """Packets on their way from the loop to the thread. Each side only ever writes its own counters."""

    def __init__(self) -> None:
        self._items: deque[tuple[_File, _Tap, Kind, int, Packet] | _File] = deque()
        self._put = self._taken = 0
        self.dropped: dict[str, int] = {}  # packets that found no room, by recording

    def put(self, file: _File, tap: _Tap, kind: Kind, sequence: int, packet: Packet) -> None:
        if self._put - self._taken > MOST_QUEUED:
            self.dropped[file.recording] = self.dropped.get(file.recording, 0) + 1
            return
        self._put += len(packet.payload)
        self._items.append((file, tap, kind, sequence, packet))

    def end(self, file: _File) -> None:
        self._items.append(file)

    def drain(self, files: set[_File]) -> None:
        """Let the files take what waits; runs in the thread."""
        done = 0
        while self._items:
            item = self._items.popleft()
            if isinstance(item, _File):
                item.end()
                files.discard(item)
                continue
            file, tap, kind, sequence, packet = item
            files.add(file)
            self._taken += len(packet.payload)
            if file.take(kind, sequence, packet):
                tap.needs_keyframe = True
            done += 1
            if done % _BATCH == 0:
                time.sleep(_PAUSE)


class _Known:
    """What the loop's side remembers of one recording of this process."""

    def __init__(self, room: str) -> None:
        self.room = room
        self.files: list[_File] = []
        self.dropped = 0
        self.stalled = False
        self.well_since = 0.0


class Recorder:
    """All recordings of one worker; needs a running event loop, to whose thread all but `_run` belongs."""

    def __init__(self, folder: Path, say: Say) -> None:
        self._folder, self._say = folder, say
        self._queue = _Queue()
        self._known: dict[str, _Known] = {}
        self._sealing: dict[str, asyncio.Task[None]] = {}
        self._sealer = ThreadPoolExecutor(1, "sealer")
        self._round_at = time.monotonic()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()
        self._watch = asyncio.get_running_loop().call_later(LOOK, self._look)

    def tap(self, room: str, recording: str, link: str, kind: Kind, codec: str) -> _Tap | None:
        """What one uplink gives its packets to; `Forwarder.recorder`."""
        if not _NAME.fullmatch(recording) or not _NAME.fullmatch(link):
            log.error("a recording cannot be named so")
            return None
        known = self._known.get(recording)
        if known is None:
            known = self._known[recording] = _Known(room)
            self._say(room, recording, "started", "")
        alone = kind is Kind.SCREEN
        file = next(
            (
                each
                for each in known.files
                if each.link == link
                and not each.begun
                and kind not in each.codecs
                and (Kind.SCREEN in each.codecs) is alone
            ),
            None,
        )
        if file is None:
            file = _File(self._folder / recording, room, recording, link)
            known.files.append(file)
        file.codecs[kind] = codec
        file.open += 1
        return _Tap(self._queue, file, kind)

    def _look(self) -> None:
        """Say what has stalled and what goes on again; every second."""
        self._watch = asyncio.get_running_loop().call_later(LOOK, self._look)
        now = time.monotonic()
        late = now - self._round_at > LATE
        for recording, known in self._known.items():
            known.files = [file for file in known.files if not file.ended]
            dropped = self._queue.dropped.get(recording, 0)
            reason = next((file.wrong for file in known.files if file.wrong), "")
            reason = reason or ("the disk is too slow" if late or dropped > known.dropped else "")
            known.dropped = dropped
            if reason:
                known.well_since = 0.0
                if not known.stalled:
                    known.stalled = True
                    self._say(known.room, recording, "stalled", reason)
            elif known.stalled:
                known.well_since = known.well_since or now
                if now - known.well_since > FLUSH * 2:
                    known.stalled = False
                    self._say(known.room, recording, "resumed", "")

    def manifest(self, recording: str) -> Manifest | None:
        """The list of a recording's files, or None until it is sealed, which asking for it begins.

        The caller asks for it once nothing is recorded under this id any more.
        """
        folder = self._of(recording)
        known = self._known.get(recording)
        if recording in self._sealing or (known and any(not file.ended for file in known.files)):
            return None
        if folder is None or not folder.is_dir():
            return Manifest(recording)
        try:
            return _LISTED.validate_json((folder / MANIFEST).read_bytes())
        except FileNotFoundError:
            self._sealing[recording] = asyncio.ensure_future(self._seal(recording, folder))
            return None

    async def _seal(self, recording: str, folder: Path) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._sealer, seal, folder)
        except OSError as error:
            log.error("a recording could not be sealed: %s", error)
        else:
            known = self._known.pop(recording, None)
            self._say(known.room if known else "", recording, "stopped", "")
        finally:
            del self._sealing[recording]

    def file(self, recording: str, name: str) -> Path | None:
        """One file of a recording, or None when there is no such file."""
        folder = self._of(recording)
        path = folder / name if folder is not None and _FILE.fullmatch(name) else None
        return path if path is not None and path.is_file() else None

    def destroy(self, recording: str) -> None:
        """Delete a recording's files; doing it again is nothing. Raises OSError."""
        folder = self._of(recording)
        if folder is not None and folder.is_dir():
            shutil.rmtree(folder)

    def _of(self, recording: str) -> Path | None:
        return self._folder / recording if _NAME.fullmatch(recording) else None

    def close(self) -> None:
        """Write what waits and end every file; for the end of the process."""
        self._watch.cancel()
        self._stopping.set()
        self._thread.join(10)
        self._sealer.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        files: set[_File] = set()
        while not self._stopping.wait(_ROUND):
            self._round(files)
        self._round(files)
        for file in files:
            file.end()

    def _round(self, files: set[_File]) -> None:
        try:
            self._queue.drain(files)
            for file in files:
                file.flush(time.monotonic())
        except Exception:
            log.exception("a recording could not be written")
        self._round_at = time.monotonic()


def seal(folder: Path) -> None:
    """Finish the files of a recording that is over, and list them with their digests in its manifest."""
    files = [_sealed(path) for path in sorted([*folder.glob("*.webm"), *folder.glob("*.mkv")])]
    manifest = Manifest(folder.name, tuple(file for file in files if file is not None))
    fresh = folder / f"{MANIFEST}.new"
    with fresh.open("wb") as out:
        out.write(_LISTED.dump_json(manifest))
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(folder / MANIFEST)


def _sealed(path: Path) -> RecordedFile | None:
    try:
        seconds = webm.finish(path)
    except ValueError:  # killed before its header was written: there is nothing in it
        path.unlink()
        return None
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.seek(0, os.SEEK_END)
    link, _, began = path.stem.rpartition("-")
    return RecordedFile(
        path.name,
        link.removesuffix("-screen"),
        screen=link.endswith("-screen"),
        began=datetime.strptime(began, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC).isoformat(),
        milliseconds=round(seconds * 1000),
        bytes=size,
        sha256=digest,
    )


def verify(folder: Path, manifest: Manifest) -> tuple[str, ...]:
    """The names of the files that are missing or differ from the manifest."""
    return tuple(file.name for file in manifest.files if not _is_as_listed(folder / file.name, file))


def _is_as_listed(path: Path, listed: RecordedFile) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == listed.sha256
