"""Rotas: a justice area's court sessions as XML, read without ever trusting it.

The file is the one that magistrates' rotas are published in (namespace `http://com.moj.mcr.rota/v1/`). It is
read as a stream: what is kept of it is a bounded number of sessions. Document types and entities are refused
where they begin, so nothing expands and nothing outside the file is ever asked for. A session names a day and
a half of it (AM, PM, AD) with no offset: it is on the London clock.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO
from xml.parsers import expat

from court_link.domain.sittings import Half, business_types
from court_link.domain.times import Interval, day_interval
from court_link.domain.wording import plural
from court_link.importing.faults import MOST_FAULTS, Fault
from court_link.importing.text import fault_of, tidy

NAMESPACE = "http://com.moj.mcr.rota/v1/"
#: Six months of a large area are about 5 MB.
MOST_BYTES = 32 * 1024 * 1024
MOST_SESSIONS = 20_000
_MOST_VENUES = 2_000
_LONGEST = 200
_DEEPEST = 16
#: Elements of any name, read or not: ten for each session, and as many again.
_MOST_ELEMENTS = 20 * MOST_SESSIONS
#: Warnings that are kept; the rest are counted.
_MOST_WARNINGS = 100
_CHUNK = 64 * 1024
#: What a tag with all its attributes, or a comment, may take: a parser begins it again with every chunk.
_LONGEST_TAG = 1024 * 1024
_ROOT = "rotaSchedule"
#: Elements that are gathered whole, by the path from the root, and what is kept of each.
_KEPT: Mapping[tuple[str, ...], frozenset[str]] = {
    ("rotaPeriod",): frozenset({"justiceAreaName", "startDate", "endDate"}),
    ("locations", "location"): frozenset({"locationId", "name"}),
    ("venues", "venue"): frozenset({"venueId", "name"}),
    ("courtListingProfiles", "courtListingProfile"): frozenset(
        {"sessionDate", "session", "panel", "business", "venueId", "locationId"}
    ),
}
_MOST: Mapping[str, int] = {
    "rotaPeriod": 1,
    "location": _MOST_VENUES,
    "venue": _MOST_VENUES,
    "courtListingProfile": MOST_SESSIONS,
}


@dataclass(frozen=True, slots=True)
class Venue:
    """Where a session sits, as the rota writes it: "Luton 2" of "Luton MC", whose number there is 67."""

    location_id: str
    location: str
    name: str

    @property
    def label(self) -> str:
        return f"{self.name}, {self.location}"


@dataclass(frozen=True, slots=True)
class Listed:
    """One session of a rota. `key` is its identity in the rota."""

    key: str
    day: date
    half: Half
    panel: str
    business_type: str
    venue: Venue


@dataclass(frozen=True, slots=True)
class Reading:
    """What a rota says. Any faults, and none of it can be imported."""

    digest: str
    area: str = ""
    first: date = date.min
    last: date = date.min
    sessions: tuple[Listed, ...] = ()
    warnings: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def refused(self) -> bool:
        return bool(self.faults)

    @property
    def period(self) -> Interval:
        """The days that the rota is for; only of a reading that is not refused."""
        return Interval(day_interval(self.first).start, day_interval(self.last).end)


class _Unreadable(Exception):
    """The file stops making sense here, or must not be read on."""


@dataclass(slots=True)
class _Element:
    """One gathered element: where it stands, its `id`, and the texts that it holds by name."""

    name: str
    line: int
    id: str = ""
    texts: dict[str, str] = field(default_factory=dict)

    def where(self, name: str = "") -> str:
        """ "Line 42, courtListingProfile CS1, sessionDate"."""
        own = f"{self.name} {self.id[:60]}".strip()
        return ", ".join(filter(None, (f"Line {self.line}", own, name)))


@dataclass(slots=True)
class _Faults:
    found: list[Fault] = field(default_factory=list)
    total: int = 0

    def add(self, where: str, message: str) -> None:
        self.total += 1
        if self.total <= MOST_FAULTS:
            self.found.append(Fault(where, message))

    def kept(self) -> tuple[Fault, ...]:
        more = self.total - len(self.found)
        return (*self.found, *((Fault("", f"And {plural(more, 'more fault')}."),) if more > 0 else ()))


def is_rota(beginning: bytes) -> bool:
    """Whether a file that begins so is XML; `read` says whether it is a rota."""
    return beginning.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or beginning[:2] in {
        b"\xff\xfe",
        b"\xfe\xff",
    }


def read(source: BinaryIO) -> Reading:
    """Reads a whole file from its beginning. Never raises for what the file holds: that is in `faults`."""
    gatherer, digest, size = _Gatherer(), hashlib.sha256(), 0
    try:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > MOST_BYTES:
                raise _Unreadable(f"The file is larger than {MOST_BYTES // (1024 * 1024)} MB.")
            digest.update(chunk)
            gatherer.feed(chunk)
        gatherer.feed(b"", last=True)
    except _Unreadable as stopped:
        return Reading(digest.hexdigest(), faults=(Fault(gatherer.line, str(stopped)),))
    except expat.ExpatError as broken:
        said = f"This is not well-formed XML: {expat.ErrorString(broken.code)}."
        return Reading(digest.hexdigest(), faults=(Fault(f"Line {broken.lineno}", said),))
    return _understood(gatherer.found, digest.hexdigest())


class _Gatherer:
    """Feeds an expat parser, and keeps the few elements of `_KEPT` in the order that they end."""

    def __init__(self) -> None:
        self.found: list[_Element] = []
        self._path: list[str] = []
        self._open: _Element | None = None
        self._text: list[str] | None = None
        self._length = self._fed = self._elements = 0
        self._counts: Counter[str] = Counter()
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    @property
    def line(self) -> str:
        return f"Line {self._parser.CurrentLineNumber}"

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        try:
            self._parser.Parse(chunk, last)
        except (ValueError, LookupError) as unknown:  # an encoding that Python does not know
            raise _Unreadable("The encoding of this file is not one that can be read.") from unknown
        self._fed += len(chunk)
        if self._fed - self._parser.CurrentByteIndex > _LONGEST_TAG:
            raise _Unreadable("A tag or a comment in this file is too long.")

    def _doctype(self, *_: object) -> None:
        raise _Unreadable("A document type is not allowed in a rota: it may hide what the file really says.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, own = name.rpartition(" ")
        if not self._path and (own != _ROOT or namespace != NAMESPACE):
            raise _Unreadable("This file is not a rota: it does not begin with rotaSchedule.")
        if len(self._path) >= _DEEPEST:
            raise _Unreadable("The elements of this file stand too deep in each other.")
        self._elements += 1
        if self._elements > _MOST_ELEMENTS:
            raise _Unreadable(f"There are more than {_MOST_ELEMENTS:,} elements in this file.")
        self._path.append(own if namespace == NAMESPACE else name)
        if self._open is not None:
            self._text, self._length = [], 0
        elif (where := tuple(self._path[1:])) in _KEPT:
            self._counts[own] += 1
            if self._counts[own] > _MOST[own]:
                raise _Unreadable(f"There are more than {plural(_MOST[own], own)} in this file.")
            self._open = _Element(where[-1], self._parser.CurrentLineNumber, attributes.get("id", ""))

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._length += len(text)
            if self._length > _LONGEST:
                raise _Unreadable(f"{self._path[-1]} is longer than {_LONGEST} characters.")
            self._text.append(text)

    def _end(self, name: str) -> None:
        where = tuple(self._path[1:])
        own = self._path.pop()
        if self._open is None:
            return
        if where in _KEPT:
            self.found.append(self._open)
            self._open = self._text = None
        elif self._text is not None and where[:-1] in _KEPT and own in _KEPT[where[:-1]]:
            if own in self._open.texts:
                raise _Unreadable(f"{own} stands twice in one {self._open.name}.")
            self._open.texts[own] = tidy("".join(self._text))
            self._text = None


def _understood(found: list[_Element], digest: str) -> Reading:
    faults = _Faults()
    period = next((each for each in found if each.name == "rotaPeriod"), None)
    if period is None:
        faults.add(
            "Line 1, rotaSchedule", "The rota does not say which period it is for: rotaPeriod is missing."
        )
        return Reading(digest, faults=faults.kept())
    area = _text(period, "justiceAreaName", faults)
    first, last = _day(period, "startDate", faults), _day(period, "endDate", faults)
    if first and last and last < first:
        faults.add(period.where("endDate"), "The rota ends before it begins.")
    locations = _named(found, "location", "locationId", faults)
    venues = _named(found, "venue", "venueId", faults)
    sessions: dict[str, Listed] = {}
    for element in found:
        if element.name == "courtListingProfile":
            listed = _listed(element, locations, venues, (first, last), faults)
            if listed and listed.key in sessions:
                faults.add(element.where("id"), "Another session has this id.")
            elif listed:
                sessions[listed.key] = listed
    if faults.total:
        return Reading(digest, area, faults=faults.kept())
    every = tuple(
        sorted(sessions.values(), key=lambda each: (each.day, each.half, each.venue.label, each.key))
    )
    return Reading(digest, area, first or date.min, last or date.min, every, _first(_warnings(every)))


def _named(found: list[_Element], name: str, key: str, faults: _Faults) -> dict[str, str]:
    names: dict[str, str] = {}
    for element in found:
        if element.name == name:
            number = _text(element, key, faults)
            if number in names:
                faults.add(element.where(key), f"Another {name} has this number.")
            names[number] = _text(element, "name", faults)
    return names


def _listed(
    element: _Element,
    locations: Mapping[str, str],
    venues: Mapping[str, str],
    period: tuple[date | None, date | None],
    faults: _Faults,
) -> Listed | None:
    before = faults.total
    if not element.id:
        faults.add(element.where("id"), "This is missing.")
    elif fault := fault_of(element.id, 100):
        faults.add(element.where("id"), fault)
    day = _day(element, "sessionDate", faults)
    first, last = period
    if day and first and last and not first <= day <= last:
        faults.add(element.where("sessionDate"), "The day lies outside the period of the rota.")
    half = _text(element, "session", faults)
    if half and half not in set(Half):
        faults.add(element.where("session"), "A session is AM, PM or AD.")
    business, panel = _text(element, "business", faults), _text(element, "panel", faults, needed=False)
    numbers = {}
    for name, known in (("locationId", locations), ("venueId", venues)):
        numbers[name] = _text(element, name, faults)
        if numbers[name] and numbers[name] not in known:
            faults.add(element.where(name), "No such place is in this rota.")
    if faults.total > before or day is None:
        return None
    location = numbers["locationId"]
    venue = Venue(location, locations[location], venues[numbers["venueId"]])
    return Listed(element.id, day, Half(half), panel.upper(), business.upper(), venue)


def _text(element: _Element, name: str, faults: _Faults, *, needed: bool = True) -> str:
    text = element.texts.get(name, "")
    if fault := fault_of(text, _LONGEST):
        faults.add(element.where(name), fault)
    elif needed and not text:
        faults.add(element.where(name), "This is missing.")
    return text


def _day(element: _Element, name: str, faults: _Faults) -> date | None:
    text = _text(element, name, faults)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        faults.add(element.where(name), "This is not a day, like 2026-11-23.")
        return None


def _first(warnings: Iterator[str]) -> tuple[str, ...]:
    every = tuple(warnings)
    more = len(every) - _MOST_WARNINGS
    return (*every[:_MOST_WARNINGS], *((f"And {plural(more, 'more warning')}.",) if more > 0 else ()))


def _warnings(sessions: tuple[Listed, ...]) -> Iterator[str]:
    if not sessions:
        yield "The rota has no sessions."
    unknown = Counter(each.business_type for each in sessions if each.business_type not in business_types())
    for code, count in sorted(unknown.items()):
        yield (
            f"The business type {code}, of {plural(count, 'session')}, is not one of the courts’ own list:"
            " its sessions are imported, and what they take is not counted."
        )
    twice = Counter((each.day, each.half, each.venue) for each in sessions)
    for (day, half, venue), count in twice.items():
        if count > 1:
            yield f"{venue.label} has {count} sessions on {day.isoformat()} {half}."
