"""Taking all that some hearings need, in one step: every resource and every pool of each, or nothing.

The caller holds the locks of the hearings, their resources and their bookings, and has let go what they
replace. The check finds a clash by one index seek a resource and can say with what; the database's own
constraint refuses whatever the check should miss. Buckets come last, in one pass in key order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NoReturn
from uuid import UUID

from court_link.domain.business import business_of
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, Refusal, SlotTaken
from court_link.domain.harddates import first_sitting_only
from court_link.domain.requirements import Demand, Needs, Place, Rules, demands, takings
from court_link.domain.slots import BIT
from court_link.domain.times import Interval, day_interval, london_day
from court_link.scheduling import availability, standing
from court_link.scheduling.needing import check_in_time
from court_link.scheduling.opening import openings
from court_link.scheduling.pools import caps
from court_link.scheduling.searching import with_nights
from court_link.scheduling.standing import Units
from court_link.store import Session, bookings, buckets, hearings, reservations
from court_link.store.bookings import Booking
from court_link.store.prepared import together
from court_link.store.reservations import Held
from court_link.store.tables import Hearing

#: The most that can stand around a hearing, and a quarter: how far off a hold may share a bucket with it.
_AROUND = timedelta(hours=9)


@dataclass(frozen=True, slots=True)
class Placing:
    """One hearing to be placed. Raises Invalid when its start cannot be meant."""

    hearing: Hearing
    needs: Needs
    start: datetime
    running: bool = False  # it goes on already: nothing but its end is new
    hold_expires_at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.running and (self.start - day_interval(london_day(self.start)).start) % BIT:
            raise Invalid(errors=[FieldError("starts_at", "Choose a start on a five-minute mark.")])

    @property
    def slot(self) -> Interval:
        return Interval(self.start, self.start + self.needs.length)

    def spans(self) -> list[tuple[UUID, Interval]]:
        """Each resource with all of the time that it is taken for."""
        return spans(self.needs, self.start)


def spans(needs: Needs, start: datetime) -> list[tuple[UUID, Interval]]:
    """Each resource with all of the time that it is taken for, from `start`."""
    slot = Interval(start, start + needs.length)
    return [(each, slot.widened(*needs.around(each))) for each in needs.resource_ids]


@dataclass(frozen=True, slots=True)
class Taking:
    """What some hearings are placed with: the places by id, and `freed`, the units of what was let go for
    them that are still to be given back.
    """

    session: Session
    ctx: Context
    rules: Rules
    places: Mapping[UUID, Place]
    freed: Units

    def take(self, placings: Sequence[Placing]) -> list[Booking]:
        """Their bookings, in order. Raises SlotTaken, which names the hearing that could not be placed."""
        for placing in placings:
            self._check_times(placing)
        self._check_apart(placings)
        self._clear(placings)
        wanted = [demands(placing.needs, self.places) for placing in placings]
        self._count(placings, wanted)
        with together(self.session):
            return [self._write(*each) for each in zip(placings, wanted, strict=True)]

    def refuse(self, placings: Sequence[Placing], clashes: Sequence[Held]) -> NoReturn:
        """Raises SlotTaken for what of others stands in the way of them."""
        raise self._refused(_whose(placings, clashes[0]), *clashes)

    def _check_times(self, placing: Placing) -> None:
        """It all lies ahead, in a sitting, when every place is open, and in time. A hearing that goes on is
        asked for none of this but to end after now: a court that sits late is not shut out.
        """
        if placing.running:
            if placing.slot.end <= self.ctx.now:
                raise Invalid(errors=[FieldError("minutes", "It has gone on for longer than that already.")])
            return
        spans = placing.spans()
        nearby, business = with_nights([london_day(placing.start)]), business_of(placing.hearing)
        opened = openings(self.session, self.places.values(), nearby, business=business)
        if any(
            taken.start < self.ctx.now or (id_ in opened and not opened[id_].holds(taken))
            for id_, taken in spans
        ):
            raise self._refused(placing)
        if late := check_in_time(placing.hearing, placing.start):
            raise self._refused(placing, late)
        if first_sitting_only(placing.hearing, asked=placing.needs.detained):
            late = availability.later_than_first_sitting(
                self.session, self.ctx, placing.hearing, placing.needs, placing.start, self.rules
            )
            if late:
                raise self._refused(placing, late)

    def _check_apart(self, placings: Sequence[Placing]) -> None:
        """They are not in each other's way."""
        spans = sorted(
            (id_, taken.start, taken.end, number)
            for number, placing in enumerate(placings)
            for id_, taken in placing.spans()
        )
        for (id_, _, end, _), (next_id, start, _, number) in pairwise(spans):
            if id_ == next_id and start < end:
                twice = Refusal(self.places[id_].label, "is asked for twice at once", end)
                raise self._refused(placings[number], twice)

    def _clear(self, placings: Sequence[Placing]) -> None:
        """Nothing stands in the way any more, once lapsed holds that did are let go."""
        spans = [span for placing in placings for span in placing.spans()]
        while clashes := reservations.clashes(self.session, spans):
            for clash in clashes:
                if not clash.lapsed(self.ctx.now):
                    raise self._refused(_whose(placings, clash), *clashes)
            self.freed.update(standing.lapse(self.session, self.ctx, {clash.booking_id for clash in clashes}))

    def _count(self, placings: Sequence[Placing], wanted: Sequence[Sequence[Demand]]) -> None:
        """Take from every bucket in one pass; when one is too full, let lapsed holds go and try again."""
        quarters: dict[Demand, list[datetime]] = {}
        units = [Counter[buckets.Key]() for _ in placings]
        for placing, taken, of in zip(placings, wanted, units, strict=True):
            for demand in taken:
                touched = list(demand.quarters(placing.slot))
                quarters.setdefault(demand, []).extend(touched)
                of.update({(demand.pool.key, quarter): demand.units for quarter in touched})
        limits = caps(self.session, quarters, self.places.values(), self.rules)
        full = self._change(units, limits)
        if full and self._lapse_around(placings):
            full = self._change(units, limits)
        if full:
            whose = next(placing for placing, of in zip(placings, units, strict=True) if full & of.keys())
            names = {demand.pool.key: demand.pool.name for taken in wanted for demand in taken}
            raise self._refused(whose, *(Refusal(names[pool], "is full", None) for pool, _ in sorted(full)))

    def _change(self, units: Sequence[Units], limits: Mapping[buckets.Key, int]) -> frozenset[buckets.Key]:
        delta: Units = Counter()
        for of in units:
            delta.update(of)
        delta.subtract(self.freed)
        return buckets.change(self.session, delta, limits)

    def _lapse_around(self, placings: Sequence[Placing]) -> bool:
        """Let go the holds near these hearings whose time is over; whether there were any."""
        stale = {
            row.id
            for placing in placings
            for row in bookings.lapsed_within(
                self.session, placing.slot.widened(_AROUND, _AROUND), self.ctx.now
            )
        }
        self.freed.update(standing.lapse(self.session, self.ctx, stale))
        return bool(stale)

    def _write(self, placing: Placing, taken: Sequence[Demand]) -> Booking:
        made = bookings.write(
            self.session,
            placing.hearing.id,
            placing.needs,
            taken,
            placing.start,
            hold_expires_at=placing.hold_expires_at,
            held_by=self.ctx.actor.id,
        )
        reservations.write(self.session, made.id, takings(placing.needs, placing.start))
        return made

    def _said(self, against: Sequence[Refusal | Held]) -> Iterator[Refusal]:
        """What is in the way, as far as the asker may know."""
        clashes = {each.hearing_id for each in against if isinstance(each, Held)}
        own = hearings.seen(self.session, self.ctx, clashes) if clashes else frozenset()
        for each in against:
            if isinstance(each, Held):
                title = f"is booked for {each.title}" if each.hearing_id in own else "is already booked"
                yield Refusal(self.places[each.resource_id].label, title, each.interval.end)
            else:
                yield each

    def _refused(self, placing: Placing, *against: Refusal | Held) -> SlotTaken:
        """Every reason of a hearing that is still to come; of one that goes on, those found on the way."""
        buckets.give_back(self.session, self.freed)  # so that nothing let go counts among the reasons
        found = (
            ()
            if placing.running
            else availability.refusals(
                self.session, self.ctx, placing.hearing, placing.needs, placing.start, self.rules, self.places
            )
        )
        reasons = found or tuple(self._said(against))
        return SlotTaken(availability.sentence(reasons), refusals=reasons, hearing_id=placing.hearing.id)


def _whose(placings: Sequence[Placing], clash: Held) -> Placing:
    """Which of these is in the way of what stands."""
    return next(
        placing
        for placing in placings
        for id_, taken in placing.spans()
        if id_ == clash.resource_id and taken.overlaps(clash.interval)
    )
