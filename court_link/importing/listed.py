"""What is read of a list of any format: its sittings, and what is heard at each.

Hearings are read one at a time while the file streams past, and the frame around them at its end. So a
hearing does not know its day yet, and who is under 18 is told once its sitting is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from court_link.domain.measures import Help
from court_link.domain.times import from_london, london_day
from court_link.importing import channels
from court_link.importing.faults import Path, spelled
from court_link.importing.matters import ListedParty, Matter
from court_link.importing.shape import Node
from court_link.importing.text import LONGEST_KEPT

_CROWN = {"", "cps", "crown prosecution service", "director of public prosecutions"}
#: Minutes of a sitting are shared out in steps of this many.
_STEP = 5


@dataclass(frozen=True, slots=True)
class ReadParty:
    """A party, with the birthday still beside it: who is under 18 depends on the day of the hearing."""

    role: str
    name: str
    surname: str = ""  # or all of the name, of an organisation or where it is not told apart
    subject: bool = False
    born: date | None = None
    age: int | None = None

    def on(self, day: date) -> ListedParty:
        return ListedParty(self.role, self.name, self._under_18(day))

    def _under_18(self, day: date) -> bool:
        """By the birthday or by the age, whichever says so: a child is never taken for an adult."""
        if self.age is not None and self.age < 18:
            return True
        if self.born is None:
            return False
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day)) < 18


@dataclass(frozen=True, slots=True)
class ReadHearing:
    """One entry of a list, before its sitting is known. `format` is that which it was read as.

    `cases` are the references of its cases, `others` those of its applications and of the police. `marked`
    is a time of its own within the sitting, by daylight: never one that the clocks skip or repeat.
    """

    path: Path
    format: str
    title: str
    hearing_type: str
    cases: tuple[str, ...]
    others: tuple[str, ...] = ()
    panel: str = ""
    sequence: str = ""
    channels: tuple[str, ...] = ()
    marked: time | None = None
    restrictions: bool = False
    withheld: bool = False
    youth: bool = False
    family: bool = False
    parties: tuple[ReadParty, ...] = ()
    helps: tuple[Help, ...] = ()  # the special measures that its notes name
    in_custody: bool | None = None  # whether the list says that a defendant is; None where it does not say


@dataclass(frozen=True, slots=True)
class Sitting:
    """A sitting with where it is and what is heard at it. `starts_at` is None when the file does not say."""

    house: str
    postcode: str
    room: str
    starts_at: datetime | None
    hearings: tuple[ReadHearing, ...]
    channels: tuple[str, ...] = ()
    ends_at: datetime | None = None
    youth: bool = False

    def matters(self, series: str) -> Iterator[Matter]:
        if self.starts_at is None:
            return
        starts_at = self.starts_at.replace(second=0)
        day = london_day(starts_at)
        for hearing in self.hearings:
            parties = tuple(party.on(day) for party in hearing.parties)
            applying = channels.nearest(hearing.channels, self.channels)
            yield Matter(
                path=spelled(hearing.path),
                house=self.house,
                postcode=self.postcode,
                room=self.room,
                starts_at=max(starts_at, from_london(day, hearing.marked)) if hearing.marked else starts_at,
                title=hearing.title,
                hearing_type=hearing.hearing_type or "Hearing",
                panel=hearing.panel,
                sequence=hearing.sequence,
                channels=applying,
                video=channels.by_video(applying),
                youth=self.youth or hearing.youth or any(party.under_18 for party in parties),
                withheld=hearing.withheld,
                restrictions=hearing.restrictions,
                cases=len(hearing.cases),
                references=(*hearing.cases, *hearing.others),
                parties=parties,
                family=hearing.family,
                minutes=self._minutes(),
                in_custody=hearing.in_custody,
                series=series,
                helps=hearing.helps,
            )

    def _minutes(self) -> int | None:
        """What each hearing has of a sitting whose end is known: an even share, by our assumption."""
        if self.starts_at is None or self.ends_at is None:
            return None
        share = (self.ends_at - self.starts_at).total_seconds() / 60 / len(self.hearings)
        return max(_STEP, int(share) // _STEP * _STEP)


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole list. Of the matters of one court house's day, those of another `series` are not its own:
    when they do not stand in it, that says nothing."""

    format: str
    series: str
    sittings: tuple[Sitting, ...]
    houses: int
    rooms: int
    warnings: tuple[str, ...] = ()


def framed(format_: str, series: str, sittings: Iterable[Sitting], warnings: Iterable[str] = ()) -> Frame:
    """The frame of these sittings, its houses and rooms counted."""
    every = tuple(sittings)
    rooms = {(sitting.house.casefold(), sitting.room.casefold()) for sitting in every}
    houses = {house for house, _ in rooms}
    return Frame(format_, series, every, len(houses), len(rooms), tuple(warnings))


def heard(node: Node, name: str, *, required: bool = False) -> tuple[ReadHearing, ...]:
    """The hearings under `name`, which were read as they streamed past; what is no object is a fault."""
    found = []
    for path, item in node.items(name, required=required):
        if isinstance(item, ReadHearing):
            found.append(item)
        else:
            node.faults.add(path, "This must be an object.")
    return tuple(found)


def against(accused: Iterable[ReadParty], prosecutor: str) -> str:
    """ "R v Example", "Example Borough Council v Example and 1 more"; empty when nobody is accused."""
    names = [party.surname or party.name for party in accused if party.surname or party.name]
    if not names:
        return ""
    by = "R" if prosecutor.casefold() in _CROWN else prosecutor
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{by} v {names[0]}{others}"[:LONGEST_KEPT]


def of_a_search_warrant(*texts: str) -> bool:
    """Whether its very existence is withheld (practice: search warrants always)."""
    return any("search warrant" in text.casefold() for text in texts)


def first(texts: Iterable[str]) -> str:
    """The first text that says something; all are read, so that each is checked."""
    return next(filter(None, tuple(texts)), "")
