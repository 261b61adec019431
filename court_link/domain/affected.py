"""Whom a change of a booking affects: each room and person whose own facts change, in a sentence.

A room knows when it is taken. A person, and a defendant's room, knows when the hearing is, in which
courtroom, from where they take part, and what stands around it. Whoever keeps all of their facts is not in
the answer, so nobody is told of what does not concern them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from court_link.domain import wording
from court_link.domain.booking import ResourceKind
from court_link.domain.places import PersonKind
from court_link.domain.requirements import Needs, Place
from court_link.domain.times import Interval, london_day


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What a hearing has, or would have: its needs from a start on."""

    needs: Needs
    start: datetime

    @property
    def slot(self) -> Interval:
        return Interval(self.start, self.start + self.needs.length)


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who takes part and of whom nothing is reserved. Who only follows has no `id` to tell."""

    name: str
    id: UUID | None = None
    organisation_id: UUID | None = None
    follows: bool = False


class Effect(StrEnum):
    """What a change means for one of those affected."""

    NEEDED = "needed"
    CHANGED = "changed"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Affected:
    """One room or person, and what changes for them: "now 11am to 11:30am, was 10am to 10:30am"."""

    name: str
    effect: Effect
    said: str
    id: UUID | None = None
    organisation_id: UUID | None = None
    site_id: UUID | None = None

    @property
    def sentence(self) -> str:
        return f"{self.name}: {self.said}"


def compare(
    before: Arrangement | None,
    after: Arrangement | None,
    places: Mapping[UUID, Place],
    others: Sequence[Participant] = (),
) -> tuple[Affected, ...]:
    """Who is affected when one hearing's arrangement takes the place of another; None is none at all.

    `places` are at least those that either needs, by id. `others` take part both before and after. In the
    order in which the hearing's needs name them: courtroom, custody rooms, who attends, then the others.
    """
    was, now = _facts(before, places), _facts(after, places)
    named = {each: places[each] for each in (*was, *now)}
    found = [
        Affected(place.label, effect, said, id_, place.organisation_id, place.site_id)
        for id_, place in named.items()
        for effect, said in _change(was.get(id_), now.get(id_), places, _words(place))
    ]
    for other in others:
        words = _FOLLOWING if other.follows else _PERSON
        change = _change(_seen(before), _seen(after), places, words)
        found += [Affected(other.name, *each, other.id, other.organisation_id) for each in change]
    return tuple(found)


def told(affected: Iterable[Affected]) -> list[str]:
    """The ids of those affected, of their sites and organisations, as an event keeps them."""
    ids = {one for each in affected for one in (each.id, each.organisation_id, each.site_id)}
    return sorted(str(each) for each in ids if each is not None)


def endpoints(needs: Needs, places: Mapping[UUID, Place]) -> dict[UUID, UUID]:
    """The evidence room or vehicle of each officer and interpreter, as both were chosen in order."""
    attending = [places[each] for each in needs.attending]
    rooms = (place.id for place in attending if place.kind is not ResourceKind.PERSON)
    people = (place.id for place in attending if place.person in _WITH_A_LINK)
    return dict(zip(people, rooms, strict=False))


_WITH_A_LINK = (PersonKind.OFFICER, PersonKind.INTERPRETER)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What one of them knows of the hearing."""

    slot: Interval
    taken: Interval
    courtroom: UUID | None = None  # None where it is no matter which
    endpoint: UUID | None = None
    travels: bool = False
    escorts: int = 0
    observed: bool = False


def _facts(arrangement: Arrangement | None, places: Mapping[UUID, Place]) -> dict[UUID, _Facts]:
    if arrangement is None:
        return {}
    needs, slot = arrangement.needs, arrangement.slot
    custody = {need.room_id: need for need in needs.custody}
    rooms, travellers = endpoints(needs, places), {trip.person_id for trip in needs.travel}
    found = {}
    for id_ in needs.resource_ids:
        place, cell = places[id_], custody.get(id_)
        found[id_] = _Facts(
            slot,
            slot.widened(*needs.around(id_)),
            needs.courtroom_id if cell or place.kind is ResourceKind.PERSON else None,
            rooms.get(id_),
            id_ in travellers,
            cell.escorts if cell else 0,
            cell.observed if cell else False,
        )
    return found


def _seen(arrangement: Arrangement | None) -> _Facts | None:
    """What anybody knows who takes part and whose time is not reserved."""
    if arrangement is None:
        return None
    return _Facts(arrangement.slot, arrangement.slot, arrangement.needs.courtroom_id)


#: How it is said that one is needed where they were not, and the other way about.
_Words = tuple[str, str]
_PERSON: _Words = ("now needed {}", "no longer needed, was {}")
_ROOM: _Words = ("now taken {}", "free again, was taken {}")
_FOLLOWING: _Words = ("will see {}", "will see that it is off, was {}")


def _words(place: Place) -> _Words:
    return _PERSON if place.kind is ResourceKind.PERSON else _ROOM


def _change(
    was: _Facts | None, now: _Facts | None, places: Mapping[UUID, Place], words: _Words
) -> Iterator[tuple[Effect, str]]:
    """Nothing, or the one effect and how it is said."""
    if was is None and now is not None:
        yield Effect.NEEDED, words[0].format(_when(now.slot, None))
    elif now is None and was is not None:
        yield Effect.RELEASED, words[1].format(_when(was.slot, None))
    elif was is not None and now is not None and was != now:
        yield Effect.CHANGED, "; ".join(_changes(was, now, places))


def _changes(was: _Facts, now: _Facts, places: Mapping[UUID, Place]) -> Iterator[str]:
    if was.slot != now.slot:
        yield f"now {_when(now.slot, was.slot)}, was {_when(was.slot, now.slot)}"
    elif was.taken != now.taken:
        yield f"now taken {_when(now.taken, was.taken)}, was {_when(was.taken, now.taken)}"
    if was.courtroom != now.courtroom and was.courtroom and now.courtroom:
        yield f"now in {places[now.courtroom].label}, was in {places[was.courtroom].label}"
    if was.endpoint != now.endpoint:
        yield _from_where(was.endpoint, now.endpoint, places)
    if was.travels != now.travels:
        yield "now in person, was by link" if now.travels else "now by link, was in person"
    if was.escorts != now.escorts:
        yield f"now with {wording.plural(now.escorts, 'escort')}, was {was.escorts}"
    if was.observed != now.observed:
        yield "now under constant observation" if now.observed else "no longer under constant observation"


def _from_where(was: UUID | None, now: UUID | None, places: Mapping[UUID, Place]) -> str:
    if now is None:
        return f"no longer from {places[was].label}" if was else ""
    return f"now from {places[now].label}" + (f", was from {places[was].label}" if was else "")


def _when(slot: Interval, beside: Interval | None) -> str:
    """The time, with its day unless both stand on the same."""
    if beside is not None and london_day(slot.start) == london_day(beside.start):
        return wording.span(slot)
    return f"{wording.span(slot)} on {wording.short_day(slot.start)}"
