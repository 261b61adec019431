"""A file of any kind, read: its format told by its content, its matters, and all that is wrong with it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

from court_link.domain.wording import plural
from court_link.importing import formats, stream
from court_link.importing.faults import MOST_FAULTS, Fault, Faults, Path
from court_link.importing.formats import READ, UNKNOWN
from court_link.importing.matters import Matter
from court_link.importing.shape import Node

#: Ten thousand hearings with every address and offence are about 60 MB as published.
MOST_BYTES = 128 * 1024 * 1024
MOST_HEARINGS = 50_000
MOST_WARNINGS = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says. `faults` empty means that it can be imported."""

    format: str
    digest: str
    court_houses: int = 0
    court_rooms: int = 0
    sittings: int = 0
    hearings: int = 0
    video_hearings: int = 0
    cases: int = 0
    matters: tuple[Matter, ...] = ()
    warnings: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def refused(self) -> bool:
        return bool(self.faults)


class _TooBig(Exception):
    pass


def read(source: BinaryIO, told: date | None = None) -> Reading:
    """Reads a whole file from its beginning. Never raises for what the file holds: that is in `faults`.

    `told` is the day of a list that does not say which day it is for.
    """
    faults = Faults()
    measured = _Measured(source)
    try:
        root = stream.read(measured, faults, _counted(formats.reductions(faults)), formats.UNREAD)
    except stream.Unreadable as error:
        faults.add((), str(error))
        root = None
    except _TooBig:
        faults.add((), f"The file is larger than {MOST_BYTES // (1024 * 1024)} MB.")
        root = None
    digest = measured.digest()
    if root is None and faults.total:
        return _refused(digest, faults)
    format_ = formats.of(root)
    if format_ is None:
        faults = Faults()
        faults.add((), f"This file is not a court list. Court Link reads {READ}.")
        return _refused(digest, faults)
    frame = format_.read_frame(Node(root, (), faults), told)
    hearings = [hearing for sitting in frame.sittings for hearing in sitting.hearings]
    matters = tuple(matter for sitting in frame.sittings for matter in sitting.matters(frame.series))
    return Reading(
        format=frame.format,
        digest=digest if told is None else f"{digest}@{told.isoformat()}",
        court_houses=frame.houses,
        court_rooms=frame.rooms,
        sittings=len(frame.sittings),
        hearings=len(hearings),
        video_hearings=sum(matter.video for matter in matters),
        cases=sum(len(hearing.cases) for hearing in hearings),
        matters=() if faults.total else matters,
        warnings=bounded((*frame.warnings, *_warnings(matters, format_.unusual))),
        faults=_kept(faults),
    )


def read_bytes(content: bytes, told: date | None = None) -> Reading:
    return read(io.BytesIO(content), told)


def bounded(warnings: Iterable[str]) -> tuple[str, ...]:
    """The first warnings, each once, and how many more there are."""
    every = tuple(dict.fromkeys(warnings))
    more = len(every) - MOST_WARNINGS
    return every if more <= 0 else (*every[:MOST_WARNINGS], f"And {plural(more, 'more warning')}.")


def _warnings(matters: tuple[Matter, ...], unusual: Callable[[Matter], Iterator[str]]) -> Iterator[str]:
    if not matters:
        yield "The list has no hearings."
    told: set[str] = set()
    for matter in matters:
        if not matter.references:
            yield f"{matter.path} has no case and no application: only its time, room and type tell it apart."
        for reference in unusual(matter):
            if reference not in told:
                told.add(reference)
                yield f"The reference {reference or '(empty)'} is not in the usual form, at {matter.path}."
        if matter.withheld:
            yield f"{matter.path} is about a search warrant: its existence is withheld from the public."


def _refused(digest: str, faults: Faults) -> Reading:
    return Reading(format=UNKNOWN, digest=digest, faults=_kept(faults))


def _kept(faults: Faults) -> tuple[Fault, ...]:
    more = faults.total - len(faults.found)
    if not more:
        return tuple(faults.found)
    return (*faults.found[: MOST_FAULTS - 1], Fault("$", f"And {plural(more + 1, 'more fault')}."))


def _counted(reductions: stream.Reductions) -> stream.Reductions:
    """Refuses a list longer than can be held, as soon as it is."""
    count = 0

    def counting(reduce: Callable[[Any, Path], Any]) -> Callable[[Any, Path], Any]:
        def counted(value: Any, path: Path) -> Any:
            nonlocal count
            count += 1
            if count > MOST_HEARINGS:
                raise stream.Unreadable(
                    f"The list has more than {MOST_HEARINGS:,} hearings. Split it and import each part."
                )
            return reduce(value, path)

        return counted

    return {path: counting(reduce) for path, reduce in reductions.items()}


class _Measured:
    """The source with its size bounded and its digest taken on the way, without a byte order mark."""

    def __init__(self, source: BinaryIO) -> None:
        self._source, self._sha256, self._size = source, hashlib.sha256(), 0

    def read(self, size: int = 65536) -> bytes:
        chunk = self._source.read(size)
        self._sha256.update(chunk)
        if self._size == 0 and chunk.startswith(b"\xef\xbb\xbf"):
            self._size, chunk = 3, chunk[3:] or self._source.read(size)
        self._size += len(chunk)
        if self._size > MOST_BYTES:
            raise _TooBig
        return chunk

    def digest(self) -> str:
        return self._sha256.hexdigest()
