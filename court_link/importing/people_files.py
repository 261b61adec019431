"""The two CSV files about staff, people and shifts: what each line says, or what is wrong with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from court_link.domain.errors import Invalid
from court_link.domain.places import DutyKind, PersonKind
from court_link.domain.rota import Stretch, languages, on_the_clock, whole_days
from court_link.domain.times import Interval, day_interval, london_day, to_london
from court_link.importing import csvs
from court_link.importing.csvs import Faulty, Record
from court_link.importing.faults import Fault
from court_link.store.duties import DutyStretch

PEOPLE, DUTIES = "people", "duties"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    PEOPLE: ("person number", "name", "kind", "e-mail", "station", "languages"),
    DUTIES: ("person number", "date", "from", "to", "kind"),
}
#: The longest time that one shifts file covers.
MOST_DAYS = 366

_EMAIL = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;.]+(\.[^@\s<>,;.]+)+")
_NUMBER = re.compile(r"[^\W_][\w /.-]{0,19}")
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?::00)?(?: ?(BST|GMT))?", re.IGNORECASE)
_DUTIES = {kind.value.replace("_", " "): kind for kind in DutyKind} | {"off sick": DutyKind.SICK}
KINDS = {kind.value.replace("_", " "): kind for kind in PersonKind}


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person as a file has them."""

    line: int
    number: str
    name: str
    kind: str
    email: str
    station: str
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DutyLine:
    """A stretch of somebody's rota as a file has it; times as UTC in ISO form."""

    line: int
    number: str
    begins: str
    ends: str
    kind: str

    @property
    def during(self) -> Interval:
        return Interval(datetime.fromisoformat(self.begins), datetime.fromisoformat(self.ends))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds, by itself."""

    format: str
    digest: str
    people: tuple[PersonLine, ...] = ()
    duties: tuple[DutyLine, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def days(self) -> tuple[date, ...]:
        """The first and the last date that a shifts file covers."""
        found = [london_day(datetime.fromisoformat(each)) for each in {one.begins for one in self.duties}]
        return (min(found), max(found)) if found else ()


def read(content: bytes) -> Reading:
    """Reads a file of either kind. Never raises for what it holds: that is in `faults`."""
    digest = hashlib.sha256(content).hexdigest()
    sheet = csvs.read(content, list(COLUMNS.values()))
    format_ = next(
        (name for name, known in COLUMNS.items() if sorted(known) == sorted(sheet.columns)), PEOPLE
    )
    faulty = Faulty()
    faulty.found += sheet.faults
    if not sheet.columns:
        return Reading(format_, digest, faults=sheet.faults)
    if format_ == PEOPLE:
        found = [_person_line(each, faulty) for each in sheet.records]
        _check_once(((each.line, each.number.casefold()) for each in found), "person number", faulty)
        return Reading(PEOPLE, digest, people=tuple(found), faults=tuple(faulty.found))
    stretches = [each for one in sheet.records if (each := _duty_line(one, faulty))]
    _check_once(
        ((each.line, (each.number.casefold(), each.begins, each.ends, each.kind)) for each in stretches),
        "",
        faulty,
    )
    reading = Reading(DUTIES, digest, duties=tuple(stretches), faults=tuple(faulty.found))
    if reading.days and (reading.days[1] - reading.days[0]).days >= MOST_DAYS:
        said = f"The dates span more than {MOST_DAYS} days, from {reading.days[0]} to {reading.days[1]}."
        return replace(reading, faults=(*reading.faults, Fault("The file", said)))
    return reading


def template(format_: str) -> bytes:
    """An empty file of a format with a line to show how it is written."""
    lines = {
        PEOPLE: [["1187", "PC Quill Example", "officer", "quill@example.com", "", "Polish; Welsh"]],
        DUTIES: [
            ["1187", "23/11/2026", "22:00", "06:00", "shift"],
            ["1187", "25/11/2026", "", "", "rest day"],
        ],
    }
    return csvs.written(COLUMNS[format_], lines[format_])


def duty_written(each: DutyStretch) -> list[str]:
    """A stretch as a line of a file; whole days without times, one that is longer by its first and last."""
    day = london_day(each.interval.start)
    whole = each.interval == day_interval(day)
    clocks = ["", ""] if whole else [on_paper(at) for at in (each.interval.start, each.interval.end)]
    return [day.strftime("%d/%m/%Y"), *clocks, each.kind.value.replace("_", " ")]


def on_paper(at: datetime) -> str:
    local = to_london(at)
    repeated = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{local:%H:%M}" + (f" {local.tzname()}" if repeated else "")


def _person_line(given: Record, faulty: Faulty) -> PersonLine:
    values = given.values
    if not _NUMBER.fullmatch(values["person number"]):
        said = "Enter the person's number: up to 20 letters and digits." if values["person number"] else None
        faulty.add(given.line, "person number", said or "Every person needs a number of their own.")
    if not values["name"]:
        faulty.add(given.line, "name", "Every person needs a name.")
    kind = values["kind"].casefold().replace("_", " ")
    if kind not in KINDS:
        faulty.add(given.line, "kind", f"The kind must be one of {', '.join(KINDS)}.")
    if values["e-mail"] and not _EMAIL.fullmatch(values["e-mail"]):
        faulty.add(given.line, "e-mail", "This is not an e-mail address, like name@example.com.")
    try:
        spoken = languages(re.split("[;,]", values["languages"]))
    except Invalid as wrong:
        spoken = ()
        faulty.add(given.line, "languages", wrong.errors[0].message)
    return PersonLine(
        given.line, values["person number"], values["name"], kind, values["e-mail"], values["station"], spoken
    )


def _duty_line(given: Record, faulty: Faulty) -> DutyLine | None:
    """A line's stretch, or None once what is wrong with it has been noted."""
    values, before = given.values, len(faulty.found)
    if not values["person number"]:
        faulty.add(given.line, "person number", "Whose shift or absence is it?")
    day = _day(values["date"])
    if day is None:
        faulty.add(given.line, "date", "Enter a date, like 23/11/2026.")
    kind = _DUTIES.get(values["kind"].casefold().replace("_", " "))
    if kind is None:
        faulty.add(given.line, "kind", "The kind must be shift, leave, rest day or sick.")
    begins, ends = (_clock(given, column, faulty) for column in ("from", "to"))
    if bool(values["from"]) != bool(values["to"]):
        faulty.add(given.line, "from" if values["to"] else "to", "Enter both times, or neither.")
    if kind is DutyKind.SHIFT and not (values["from"] or values["to"]):
        faulty.add(given.line, "from", "A shift needs its times, like 07:00 and 15:00.")
    if len(faulty.found) > before or day is None or kind is None:
        return None
    try:
        during = (
            on_the_clock(day, begins[0], ends[0], begins[1], ends[1])
            if begins and ends
            else whole_days(day, day)
        )
        Stretch(kind, during)
    except Invalid as wrong:
        column = "from" if any(each.field == "begins" for each in wrong.errors) else "to"
        said = wrong.errors[0].message if wrong.errors else wrong.message
        if "happens twice" in said:
            said = (
                "The clocks go back in that hour, so that time happens twice. Write 01:30 BST or 01:30 GMT."
            )
        faulty.add(given.line, column, said)
        return None
    number = values["person number"]
    return DutyLine(given.line, number, during.start.isoformat(), during.end.isoformat(), kind.value)


def _clock(given: Record, column: str, faulty: Faulty) -> tuple[time, int | None] | None:
    """A London time, and which of two it is in the hour that the autumn change repeats; 24:00 is midnight."""
    text = given.values[column]
    if not text:
        return None
    found = _TIME.fullmatch(text)
    if found and (int(found[1]), found[2]) == (24, "00"):
        return time(0), None
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        faulty.add(given.line, column, "Enter a time on the 24-hour clock, like 07:00.")
        return None
    fold = None if found[3] is None else int(found[3].upper() == "GMT")
    return time(int(found[1]), int(found[2])), fold


def _day(text: str) -> date | None:
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            found = datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
        return found if 2000 <= found.year < 2100 else None
    return None


def _check_once(keys: Iterable[tuple[int, Any]], column: str, faulty: Faulty) -> None:
    seen: dict[Any, int] = {}
    for line, key in keys:
        if (first := seen.setdefault(key, line)) != line:
            faulty.add(line, column, f"This is on line {first} already.")
