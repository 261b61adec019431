"""What a hearing needs, as the form of finding a time has it: typed, suggested, and what can be chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from starlette.datastructures import FormData, QueryParams

from court_link.api.pages.typed import Typed, typed_day
from court_link.domain.booking import ResourceKind
from court_link.domain.errors import FieldError
from court_link.domain.places import PersonKind
from court_link.domain.requirements import CustodyNeed, Interpreting, Needs, Place, Side, Travel
from court_link.domain.roles import Part
from court_link.domain.times import london_day
from court_link.scheduling.finding import Wish
from court_link.scheduling.matters import Summary
from court_link.scheduling.practice import Suggestion

Asked = QueryParams | FormData
Pairs = list[tuple[str, str]]

#: Rows of the form that repeat: who travels, who interprets.
ROWS = range(1, 5)
#: Parts that somebody takes by link whom nobody has named, as the form says them.
BY_LINK = {
    Part.PROSECUTOR: "Prosecutor",
    Part.ADVOCATE: "Defence advocate",
    Part.PROBATION: "Probation",
    Part.APPROPRIATE_ADULT: "Appropriate adult",
    Part.YOUTH_OFFENDING_TEAM: "Youth offending team",
    Part.INTERPRETER: "Interpreter",
    Part.WITNESS: "Witness",
}
_MINUTES = "Enter a number of minutes."


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody looks for: the wish, and the first day."""

    wish: Wish
    day: date


def read(asked: Asked, of: Summary, *, taking: str = "") -> Sought:
    """What was typed. `taking` names the rooms of an option that was chosen: the courtroom, then the custody
    rooms, in place of those typed. Raises Invalid, naming the fields.
    """
    typed = Typed(asked)
    day = typed.day("day", london_day(of.slot.start))
    rooms = [UUID(each) for each in taking.split()]
    chosen = typed.ids("custody")
    courtroom, cells = (rooms[0], rooms[1:]) if rooms else (typed.id("courtroom_id"), chosen)
    if courtroom is None:
        typed.errors.append(FieldError("courtroom_id", "Choose a courtroom."))
    interpreting = tuple(_interpreting(typed))
    travel = tuple(_travel(typed))
    named = [each.person_id for each in interpreting] + [each.person_id for each in travel]
    minutes = typed.whole("minutes", of.minutes, _MINUTES)
    consultation = typed.whole("consultation", 15, _MINUTES)
    # An option's rooms stand in the place of those typed, one for one.
    before = [typed.whole(f"consultation_{room}", consultation, _MINUTES) for room in chosen]
    before += [consultation] * len(cells)
    around = (
        typed.whole("turnaround", 10, _MINUTES),
        typed.whole("afterwards", 0, _MINUTES),
        typed.whole("escorts", 0, "Enter a number of officers."),
        typed.ticked("observed"),
    )
    others = typed.whole("others", 0, "Enter a number of people.")
    attending = tuple(dict.fromkeys((*typed.ids("attending"), *named)))
    typed.check()
    assert courtroom is not None  # noqa: S101 - checked above
    needs = Needs(
        courtroom,
        minutes,
        tuple(CustodyNeed(room, minutes, *around) for room, minutes in zip(cells, before, strict=False)),
        attending,
        others,
        typed.ticked("detained"),
        travel,
        interpreting,
        tuple(part for part in BY_LINK if part in asked.getlist("parts")),
        typed.ticked("recording"),
    )
    anywhere = (typed.ticked("any_courtroom"), typed.ticked("any_custody_room") and bool(cells))
    return Sought(Wish(needs, (), (), *anywhere), day)


def _interpreting(typed: Typed) -> Iterator[Interpreting]:
    for row in ROWS:
        person = typed.id(f"interpreter_{row}")
        if person is None:
            continue
        language = typed.text(f"language_{row}")
        if not language:
            typed.errors.append(FieldError(f"language_{row}", "Enter the language that they interpret."))
        side = typed.text(f"side_{row}")
        yield Interpreting(
            person,
            language,
            Side(side) if side in set(Side) else Side.DEFENCE,
            typed.text(f"how_{row}") != "simultaneous",
            typed.whole(f"rest_{row}", 10, _MINUTES),
        )


def _travel(typed: Typed) -> Iterator[Travel]:
    for row in ROWS:
        person = typed.id(f"traveller_{row}")
        if person is not None:
            yield Travel(person, typed.whole(f"travel_{row}", 30, _MINUTES))


def carried(asked: Asked, *, but: Iterable[str] = ()) -> Pairs:
    """What was typed, for another address or the next form of the same search."""
    left_out = {"csrf_token", "starts_at", "option", "replacing", "none_left", "told", *but}
    return [(name, str(value)) for name, value in asked.multi_items() if name not in left_out and value]


def first_guess(of: Summary, today: date, likely: Suggestion | None, choices: Iterable[Place]) -> Pairs:
    """What is likely to be needed: what the booking needs, or else what the list and practice say; no day
    that is over.
    """
    guess = [
        ("day", typed_day(max(today, london_day(of.slot.start)))),
        ("courtroom_id", str(of.courtroom_id or "")),
    ]
    if of.booking is not None:
        return guess + as_typed(of.booking.needs)
    guess.append(("minutes", str((likely and likely.minutes) or of.minutes or "")))
    if likely is None:
        return guess
    guess += [(name, str(getattr(likely, name))) for name in ("consultation", "turnaround", "afterwards")]
    guess += [("attending", str(each)) for each in likely.bench]
    guess += [("parts", part) for part in (*likely.parts, *likely.expected) if part in BY_LINK]
    guess += [(name, "yes") for name in ("detained", "recording") if getattr(likely, name)]
    cell = next((each for each in choices if each.kind is ResourceKind.CUSTODY_ROOM), None)
    if cell and (likely.in_custody or likely.detained):
        guess += [("custody", str(cell.id)), ("any_custody_room", "yes")]
    return guess


def as_typed(needs: Needs) -> Pairs:
    """The form that these needs would have come from."""
    pairs = [("minutes", str(needs.minutes)), ("others", str(needs.others))]
    pairs += [("custody", str(need.room_id)) for need in needs.custody]
    for need in needs.custody[:1]:
        pairs += [
            (name, str(getattr(need, name)))
            for name in ("consultation", "turnaround", "afterwards", "escorts")
        ]
        pairs += [("observed", "yes")] * need.observed
        pairs += [
            (f"consultation_{other.room_id}", str(other.consultation))
            for other in needs.custody
            if other.consultation != need.consultation
        ]
    interprets = {each.person_id for each in needs.interpreting}
    pairs += [("attending", str(each)) for each in needs.attending if each not in interprets]
    for row, each in zip(ROWS, needs.interpreting, strict=False):
        pairs += [(f"interpreter_{row}", str(each.person_id)), (f"language_{row}", each.language)]
        pairs += [(f"side_{row}", each.side), (f"rest_{row}", str(each.rest))]
        pairs.append((f"how_{row}", "consecutive" if each.consecutive else "simultaneous"))
    for row, trip in zip(ROWS, needs.travel, strict=False):
        pairs += [(f"traveller_{row}", str(trip.person_id)), (f"travel_{row}", str(trip.minutes))]
    pairs += [("parts", part) for part in needs.parts]
    return pairs + [(name, "yes") for name in ("detained", "recording") if getattr(needs, name)]


def options(choices: Iterable[Place]) -> dict[str, Any]:
    """What can be chosen, by field."""
    fields: dict[str, list[dict[str, str]]] = {
        name: [] for name in ("courtrooms", "cells", "people", "rooms", "interpreters")
    }
    for place in choices:
        name = _FIELDS[place.kind]
        kind = f" ({place.person.value.replace('_', ' ')})" if place.person else ""
        if place.person is PersonKind.INTERPRETER:
            name, kind = "interpreters", f" ({', '.join(place.languages)})" if place.languages else ""
        fields[name].append({"value": str(place.id), "text": f"{place.label}{kind}"})
    by_link = [{"value": part.value, "text": said} for part, said in BY_LINK.items()]
    sides = [{"value": side.value, "text": f"The {side.value}"} for side in Side]
    return fields | {"by_link": by_link, "sides": sides}


_FIELDS = {
    ResourceKind.COURTROOM: "courtrooms",
    ResourceKind.CUSTODY_ROOM: "cells",
    ResourceKind.PERSON: "people",
    ResourceKind.EVIDENCE_ROOM: "rooms",
    ResourceKind.VEHICLE: "rooms",
}
