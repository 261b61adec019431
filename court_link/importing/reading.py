"""A file of any kind, read: its format told by its content, its matters, and all that is wrong with it."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from court_link.domain.wording import plural
from court_link.importing import magistrates, stream
from court_link.importing.faults import MOST_FAULTS, Fault, Faults, Path
from court_link.importing.matters import Matter

STANDARD, PUBLIC, UNKNOWN = "magistrates_standard_list", "magistrates_public_list", "unknown"
#: What a person calls each format.
FORMATS = {
    STANDARD: "Magistrates’ standard list",
    PUBLIC: "Magistrates’ public list",
    "civil_and_family_daily_cause_list": "Civil and family daily cause list",
    "crown_daily_pdda_list": "Crown daily list",
    "magistrates_adult_court_list": "Magistrates’ adult court list",
    UNKNOWN: "Not a court list",
}

#: Ten thousand hearings with every address and offence are about 60 MB as published.
MOST_BYTES = 128 * 1024 * 1024
MOST_HEARINGS = 50_000
MOST_WARNINGS = 200

#: A unique reference number as most forces write it: force, unit, serial, year. Others exist: a warning only.
_USUAL_URN = re.compile(r"[0-9]{2}[A-Z0-9]{2}[0-9]{5,7}")


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


def read(source: BinaryIO) -> Reading:
    """Reads a whole file from its beginning. Never raises for what the file holds: that is in `faults`."""
    faults = Faults()
    measured = _Measured(source)
    try:
        root = stream.read(
            measured, faults, magistrates.HEARING, _counted(partial(magistrates.read_hearing, faults=faults))
        )
    except stream.Unreadable as error:
        faults.add((), str(error))
        root = None
    except _TooBig:
        faults.add((), f"The file is larger than {MOST_BYTES // (1024 * 1024)} MB.")
        root = None
    digest = measured.digest()
    if root is None and faults.total:
        return _refused(UNKNOWN, digest, faults)
    if (other := _another_format(root)) is not None:
        faults = Faults()
        faults.add(
            (), f"{_sentence_about(other)} Court Link reads magistrates’ standard lists and public lists."
        )
        return _refused(other, digest, faults)
    frame = magistrates.read_frame(root, faults)
    hearings = [hearing for sitting in frame.sittings for hearing in sitting.hearings]
    if any(hearing.civil for hearing in hearings):
        other, faults = "civil_and_family_daily_cause_list", Faults()
        faults.add(
            (), f"{_sentence_about(other)} Court Link reads magistrates’ standard lists and public lists."
        )
        return _refused(other, digest, faults)
    is_standard = frame.names_area or any(hearing.standard_only for hearing in hearings)
    matters = tuple(matter for sitting in frame.sittings for matter in sitting.matters())
    return Reading(
        format=STANDARD if is_standard or not frame.has_public_address else PUBLIC,
        digest=digest,
        court_houses=frame.houses,
        court_rooms=frame.rooms,
        sittings=len(frame.sittings),
        hearings=len(hearings),
        video_hearings=sum(matter.video for matter in matters),
        cases=sum(len(hearing.cases) for hearing in hearings),
        matters=() if faults.total else matters,
        warnings=bounded(_warnings(matters)),
        faults=_kept(faults),
    )


def read_bytes(content: bytes) -> Reading:
    return read(io.BytesIO(content))


def bounded(warnings: Iterator[str]) -> tuple[str, ...]:
    """The first warnings, each once, and how many more there are."""
    every = tuple(dict.fromkeys(warnings))
    more = len(every) - MOST_WARNINGS
    return every if more <= 0 else (*every[:MOST_WARNINGS], f"And {plural(more, 'more warning')}.")


def _another_format(root: Any) -> str | None:
    if not isinstance(root, dict):
        return UNKNOWN
    if "DailyList" in root:
        return "crown_daily_pdda_list"
    document = root.get("document")
    if isinstance(document, dict) and isinstance(document.get("data"), dict) and "job" in document["data"]:
        return "magistrates_adult_court_list"
    return None if root.keys() & {"document", "venue", "courtLists"} else UNKNOWN


def _sentence_about(format_: str) -> str:
    if format_ == UNKNOWN:
        return "This file is not a court list."
    name = FORMATS[format_]
    return f"This file is a {name[0].lower()}{name[1:]}."


def _warnings(matters: tuple[Matter, ...]) -> Iterator[str]:
    if not matters:
        yield "The list has no hearings."
    told: set[str] = set()
    for matter in matters:
        if not matter.references:
            yield f"{matter.path} has no case and no application: only its time, room and type tell it apart."
        for urn in matter.references[: matter.cases]:
            if urn not in told and not _USUAL_URN.match(urn.upper().replace(" ", "")):
                told.add(urn)
                yield f"The case reference {urn or '(empty)'} is not in the usual form, at {matter.path}."
        if matter.withheld:
            yield f"{matter.path} is about a search warrant: its existence is withheld from the public."


def _refused(format_: str, digest: str, faults: Faults) -> Reading:
    return Reading(format=format_, digest=digest, faults=_kept(faults))


def _kept(faults: Faults) -> tuple[Fault, ...]:
    more = faults.total - len(faults.found)
    if not more:
        return tuple(faults.found)
    return (*faults.found[: MOST_FAULTS - 1], Fault("$", f"And {plural(more + 1, 'more fault')}."))


def _counted(reduce: Callable[[Any, Path], Any]) -> Callable[[Any, Path], Any]:
    """Refuses a list longer than can be held, as soon as it is."""
    count = 0

    def counted(value: Any, path: Path) -> Any:
        nonlocal count
        count += 1
        if count > MOST_HEARINGS:
            raise stream.Unreadable(
                f"The list has more than {MOST_HEARINGS:,} hearings. Split it and import each part."
            )
        return reduce(value, path)

    return counted


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
