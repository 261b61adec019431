"""When a hearing takes longer: what that pushes, and where what is pushed could go.

Hearings are looked at in the order in which they were to begin. One that is in nobody's way stays. Another
goes to the first start at which everything it takes is free, after whatever was pushed before it in its own
courtroom, so that the list keeps its order and every shift is the smallest; never out of its sitting. What
may not be moved stays where it is, and others go round it. Nothing here knows of counted pools: the booking
itself refuses what they do not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from court_link.domain import wording
from court_link.domain.opening import Opening
from court_link.domain.requirements import Needs
from court_link.domain.slots import BIT
from court_link.domain.times import Interval

#: No hearing is made shorter than this.
SHORTEST = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """One booking of the day. `fixed` says why it may not be moved, as the end of a sentence; or nothing.

    `sitting` is the one that it stands in, which it may not leave.
    """

    booking_id: UUID
    hearing_id: UUID
    needs: Needs
    start: datetime
    sitting: Interval | None = None
    fixed: str = ""

    @property
    def slot(self) -> Interval:
        return Interval(self.start, self.start + self.needs.length)

    @property
    def spans(self) -> list[tuple[UUID, Interval]]:
        return [(each, self.slot.widened(*self.needs.around(each))) for each in self.needs.resource_ids]


@dataclass(frozen=True, slots=True)
class Stuck:
    """One that is pushed and has nowhere to go, why, and what else could be done with it."""

    of: Standing
    why: str
    shorter: Standing | None = None
    elsewhere: Standing | None = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """What becomes of each that is touched: where it goes, by its booking; or that it is stuck."""

    moved: Mapping[UUID, Standing]
    stuck: tuple[Stuck, ...]


@dataclass(slots=True)
class _Taken:
    """What is taken of each room and person by now."""

    spans: dict[UUID, list[Interval]] = field(default_factory=dict)

    def add(self, spans: Iterable[tuple[UUID, Interval]]) -> None:
        for id_, span in spans:
            self.spans.setdefault(id_, []).append(span)

    def free(self, standing: Standing) -> bool:
        return not any(
            span.overlaps(other) for id_, span in standing.spans for other in self.spans.get(id_, ())
        )


@dataclass(frozen=True, slots=True)
class Day:
    """What a push has to reckon with: when places are open, and since when nothing can begin any more."""

    opened: Mapping[UUID, Opening]
    now: datetime
    courtrooms: Sequence[UUID] = ()  # that a hearing could be heard in instead of its own

    def holds(self, standing: Standing) -> bool:
        """Whether it all lies ahead, within its sitting, while its rooms and people can be had."""
        sitting = standing.sitting
        if sitting is None or not sitting.contains(standing.slot):
            return False
        return all(
            span.start >= self.now and (id_ not in self.opened or self.opened[id_].holds(span))
            for id_, span in standing.spans
        )

    def sitting(self, courtroom_id: UUID, at: datetime) -> Interval | None:
        """The sitting of a courtroom that a moment falls in."""
        opening = self.opened.get(courtroom_id)
        return next((each for each in opening.times if each.holds(at)), None) if opening else None


def push(
    longer: Standing,
    others: Sequence[Standing],
    day: Day,
    *,
    shorten: frozenset[UUID] = frozenset(),
    elsewhere: frozenset[UUID] = frozenset(),
) -> Pushed:
    """What follows when `longer` takes all its time. `others` are the other bookings that share anything.

    Hearings in `shorten` and `elsewhere` are, where they would be stuck, made shorter or put into another
    courtroom. Whatever is stuck takes no time of those after it.
    """
    taken = _Taken()
    taken.add(longer.spans)
    fixed = [each for each in others if each.fixed]
    stuck = [Stuck(each, each.fixed) for each in fixed if not taken.free(each)]
    for each in fixed:
        taken.add(each.spans)
    moved: dict[UUID, Standing] = {}
    behind: dict[UUID, datetime] = {}
    movable = sorted(
        (each for each in others if not each.fixed), key=lambda each: (each.start, each.booking_id)
    )
    for number, each in enumerate(movable):
        since = max(each.start, behind.get(each.needs.courtroom_id, each.start))
        if since == each.start and taken.free(each):
            taken.add(each.spans)
            continue
        place = _first(each, since, taken, day)
        if place is None:
            later = movable[number + 1 :]
            failed = _stuck(each, since, taken, later, day)
            if each.hearing_id in shorten:
                place = failed.shorter
            elif each.hearing_id in elsewhere:
                place = failed.elsewhere
            if place is None:
                stuck.append(failed)
                continue
        moved[each.booking_id] = place
        taken.add(place.spans)
        if place.needs.courtroom_id == each.needs.courtroom_id:
            behind[each.needs.courtroom_id] = place.slot.end
    return Pushed(moved, tuple(stuck))


def longest(longer: Standing, others: Iterable[Standing]) -> datetime | None:
    """Until when a hearing may go on without touching what may not be moved; None when nothing is there."""
    after = longer.start
    meets = [
        other.start - longer.needs.around(id_)[1]
        for each in others
        if each.fixed
        for other_id, other in each.spans
        for id_ in longer.needs.resource_ids
        if id_ == other_id and other.start > after
    ]
    return min(meets, default=None)


def _starts(since: datetime, until: datetime) -> Iterator[datetime]:
    at = since + (-(since.minute * 60 + since.second) % BIT.seconds) * timedelta(seconds=1)
    at = at.replace(microsecond=0)
    while at < until:
        yield at
        at += BIT


def _first(each: Standing, since: datetime, taken: _Taken, day: Day) -> Standing | None:
    """The first start from `since` on at which it can be had."""
    if each.sitting is None:
        return None
    for at in _starts(max(since, day.now), each.sitting.end):
        there = replace(each, start=at)
        if day.holds(there) and taken.free(there):
            return there
    return None


def _stuck(each: Standing, since: datetime, taken: _Taken, later: Sequence[Standing], day: Day) -> Stuck:
    if each.sitting is None:
        why = "stands outside the court's sittings"
    else:
        why = f"has nowhere to go before the sitting ends at {wording.clock(each.sitting.end)}"
    return Stuck(each, why, _shorter(each, since, taken, day), _elsewhere(each, taken, later, day))


def _shorter(each: Standing, since: datetime, taken: _Taken, day: Day) -> Standing | None:
    """As long as can be had in the same sitting."""
    for minutes in range(each.needs.minutes - 5, SHORTEST - 1, -5):
        found = _first(replace(each, needs=replace(each.needs, minutes=minutes)), since, taken, day)
        if found is not None:
            return found
    return None


def _elsewhere(each: Standing, taken: _Taken, later: Sequence[Standing], day: Day) -> Standing | None:
    """As soon as can be had in another courtroom, pushing nothing there."""
    there = _Taken({id_: list(spans) for id_, spans in taken.spans.items()})
    for other in later:
        there.add(other.spans)
    found = []
    for courtroom in day.courtrooms:
        sitting = day.sitting(courtroom, max(each.start, day.now))
        if courtroom != each.needs.courtroom_id and sitting is not None:
            moved = replace(each, needs=replace(each.needs, courtroom_id=courtroom), sitting=sitting)
            if (place := _first(moved, each.start, there, day)) is not None:
                found.append(place)
    return min(found, key=lambda place: place.start, default=None)
