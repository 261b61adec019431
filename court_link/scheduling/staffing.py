"""Where staff fall short of what is booked: pools used beyond who is on shift, people booked while away.

Both are derived each time from the rota and the bookings as they stand, so that a pool that falls below its
use when somebody goes sick is always flagged, and a booking is never broken silently. Only what lies ahead is
told. The court is told of all that its own hearings lack, and that somebody is not available; why is for
their own organisation. Every other organisation is told of its own suites and people alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from court_link.domain import wording
from court_link.domain.booking import PoolKind
from court_link.domain.context import Context
from court_link.domain.errors import Forbidden
from court_link.domain.requirements import QUARTER, Place, quarter_of, takings
from court_link.domain.roles import Permission
from court_link.domain.times import Interval, london_day
from court_link.scheduling.duties import may_know_why, opening_of
from court_link.scheduling.pools import STAFFED, on_shift
from court_link.store import Session, bookings, buckets, calendar, duties, hearings, staff
from court_link.store.buckets import Key
from court_link.store.duties import DutyStretch
from court_link.store.staff import Owners, Shifted, Standing

#: How each counted pool is spoken of: one of them, and several.
POOLS: Mapping[PoolKind, tuple[str, str]] = {
    PoolKind.CUSTODY_STAFF: ("detention officer", "detention officers"),
    PoolKind.ESCORTS: ("prisoner custody officer", "prisoner custody officers"),
}


@dataclass(frozen=True, slots=True)
class Touched:
    """A hearing that staff fall short for. `about` is for the service: not every reader may know of it."""

    about: UUID
    seen: bool
    title: str  # this and the courtroom are empty when it is not seen: its reader knows of its time alone
    slot: Interval
    courtroom: str

    @property
    def hearing_id(self) -> UUID | None:
        return self.about if self.seen else None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A counted pool that has fewer on shift than its bookings need, over some quarters of an hour."""

    pool: PoolKind
    site_id: UUID
    site: str
    during: Interval
    needed: int  # the most at any time of it
    on_shift: int  # the fewest
    hearings: tuple[Touched, ...]

    @property
    def said(self) -> str:
        """ "2 detention officers on shift, 3 needed"."""
        return f"{wording.plural(self.on_shift, *POOLS[self.pool])} on shift, {self.needed} needed"


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is booked at a time when they cannot be had; `why` ends a sentence about them."""

    person_id: UUID
    name: str
    why: str
    during: Interval
    hearing: Touched


@dataclass(frozen=True, slots=True)
class Gaps:
    """All that falls short over an interval, in order of time."""

    short: tuple[Shortfall, ...] = ()
    absent: tuple[Absence, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.short or self.absent)

    @property
    def hearing_ids(self) -> frozenset[UUID]:
        touched = [each for shortfall in self.short for each in shortfall.hearings]
        touched += [each.hearing for each in self.absent]
        return frozenset(each.hearing_id for each in touched if each.hearing_id)


def short(session: Session, ctx: Context, within: Interval) -> list[Shortfall]:
    """The counted pools whose use exceeds what is on shift, with the hearings concerned, within sight."""
    return list(gaps(session, ctx, within).short)


def gaps(session: Session, ctx: Context, within: Interval) -> Gaps:
    """Everything that staff fall short for over an interval, within sight. Raises Forbidden."""
    look = _look(session, ctx, within)
    return look.gaps() if look else Gaps()


def with_shifts(
    session: Session, ctx: Context, within: Interval, changed: Mapping[UUID, Shifted | None]
) -> tuple[Shortfall, ...]:
    """What would fall short if these shifts were so; None is one that goes."""
    look = _look(session, ctx, within)
    return tuple(look.shortfalls(changed)) if look else ()


def with_rota(
    session: Session, ctx: Context, within: Interval, person_id: UUID, rota: Sequence[DutyStretch]
) -> tuple[Absence, ...]:
    """For what this person would not be had if their rota over the interval were so."""
    look = _look(session, ctx, within, {person_id: rota})
    return tuple(each for each in look.absences() if each.person_id == person_id) if look else ()


def owners(ctx: Context) -> Owners:
    """Whose staff the asker plans: those of the organisations in their scope. Raises Forbidden."""
    ctx.require(Permission.PLAN_STAFF)
    return None if ctx.actor.everywhere else ctx.actor.scope


def _look(
    session: Session,
    ctx: Context,
    within: Interval,
    changed: Mapping[UUID, Sequence[DutyStretch]] | None = None,
) -> _Look | None:
    """The bookings of the asker's courts, and those that lean on their own people and rooms."""
    if not (ctx.actor.may(Permission.SEE_HEARINGS) or ctx.actor.may(Permission.PLAN_STAFF)):
        raise Forbidden()
    start = max(quarter_of(ctx.now), within.start)
    if start >= within.end:
        return None
    ahead = Interval(start, within.end)
    changed = changed or {}
    reach = None if ctx.actor.everywhere else ctx.actor.scope
    own = [*staff.custody_rooms(session, reach), *staff.rostered(session, reach, ahead), *changed]
    leaning = staff.standing_on(session, own, ahead, ctx.now)
    listed = staff.standing_in_courts(session, reach, ahead, ctx.now)
    seen = hearings.seen(session, ctx, {each.hearing_id for each in (*leaning, *listed)})
    told = {each.hearing_id: each for each in (*leaning, *(one for one in listed if one.hearing_id in seen))}
    return _Look(session, ctx, ahead, tuple(told.values()), seen, changed)


@dataclass(frozen=True, slots=True)
class _Look:
    """What stands over an interval, as the asker may be told of it."""

    session: Session
    ctx: Context
    within: Interval
    standing: tuple[Standing, ...]
    seen: frozenset[UUID]
    rota: Mapping[UUID, Sequence[DutyStretch]]  # of people whose rota is supposed to be another

    def gaps(self) -> Gaps:
        return Gaps(tuple(self.shortfalls()), tuple(self.absences()))

    def shortfalls(self, changed: Mapping[UUID, Shifted | None] | None = None) -> Iterator[Shortfall]:
        """Pools by site and time; `changed` are shifts that are supposed to be others."""
        pools = {(pool, self._is_own(each.court_id)) for each in self.standing for pool, _ in each.taken}
        kept = {suite.id for suite in staff.suites(self.session, self.reach)}
        counted = {
            key: found for key, court in pools if (found := _pool(key)) and (court or found[1] in kept)
        }
        sites = {site_id for _, site_id in counted.values()}
        used = self._used(counted)
        known = {each.id: each for each in staff.shifts(self.session, sites, self.within)}
        shifts = [each for each in (known | dict(changed or {})).values() if each is not None]
        planned = {kind: calendar.planned(self.session, kind, sites) for kind in STAFFED}
        names = staff.site_names(self.session, sites)
        for key, (kind, site_id) in sorted(counted.items(), key=lambda each: (each[1][0], str(each[1][1]))):
            if kind is PoolKind.ESCORTS and site_id not in planned[kind]:
                continue  # a suite whose escort contractor gives no shifts is not counted
            here = [each for each in shifts if each.pool is kind and each.site_id == site_id]
            lacking = [
                (quarter, units, there)
                for (pool, quarter), units in sorted(used.items())
                if pool == key and self.within.holds(quarter) and units > (there := _there(here, quarter))
            ]
            for run in _runs(lacking):
                during = Interval(run[0][0], run[-1][0] + QUARTER)
                touched = tuple(self._touched(each) for each in self.standing if _leans(each, key, during))
                most, fewest = max(units for _, units, _ in run), min(there for _, _, there in run)
                yield Shortfall(kind, site_id, names[site_id], during, most, fewest, touched)

    def absences(self) -> Iterator[Absence]:
        """People by the time that they are booked for."""
        booked = {person for each in self.standing for person in each.needs.attending}
        places = calendar.places(self.session, booked)
        people = [person for person, place in places.items() if place.person]
        rota = duties.of(self.session, people, self.within.widened(QUARTER * 96, QUARTER * 96))
        rota |= {person: list(stretches) for person, stretches in self.rota.items()}
        for each in sorted(self.standing, key=lambda one: one.slot):
            for person in each.needs.attending:
                if person not in rota or person not in places:
                    continue
                # Of who takes part each is told of their own alone, as `domain.sight` has it.
                if self._is_own(each.court_id) or self._is_own(places[person].organisation_id):
                    yield from self._absence(each, places[person], rota[person])

    def _absence(self, standing: Standing, person: Place, rota: Sequence[DutyStretch]) -> Iterator[Absence]:
        spans = [
            taking.interval
            for taking in takings(standing.needs, standing.slot.start)
            if taking.resource_id == person.id
        ]
        wanted = Interval(min(span.start for span in spans), max(span.end for span in spans))
        days = sorted({london_day(wanted.start), london_day(standing.slot.start), london_day(wanted.end)})
        opening = opening_of(rota, days, may_know_why(self.ctx.actor, person.organisation_id))
        if opening.holds(wanted):
            return
        met = next((each.why for each in opening.closures if each.during.overlaps(wanted)), None)
        why = met or opening.why(london_day(standing.slot.start))
        yield Absence(person.id, person.name, why, wanted, self._touched(standing))

    def _used(self, counted: Iterable[str]) -> dict[Key, int]:
        """What is used of the pools now, holds that have run out left aside."""
        used = buckets.used(self.session, list(counted), self.within)
        for row in bookings.lapsed_within(self.session, self.within, self.ctx.now):
            for key, units in bookings.units_taken(row).items():
                if key in used:
                    used[key] -= units
        return used

    @property
    def reach(self) -> Owners:
        return None if self.ctx.actor.everywhere else self.ctx.actor.scope

    def _is_own(self, organisation_id: UUID) -> bool:
        return self.reach is None or organisation_id in self.reach

    def _touched(self, standing: Standing) -> Touched:
        if standing.hearing_id not in self.seen:
            return Touched(standing.hearing_id, False, "", standing.slot, "")
        return Touched(standing.hearing_id, True, standing.title, standing.slot, standing.courtroom)


def _pool(key: str) -> tuple[PoolKind, UUID] | None:
    """The pool of staff that a bucket's key means, or None for a pool of another kind."""
    kind, _, site = key.partition(":")
    return (PoolKind(kind), UUID(site)) if kind in STAFFED and site else None


def _there(shifts: Sequence[Shifted], quarter: datetime) -> int:
    whole = Interval(quarter, quarter + QUARTER)
    return on_shift([(each.during, each.here) for each in shifts if each.during.overlaps(whole)], quarter)


def _leans(standing: Standing, key: str, during: Interval) -> bool:
    return any(pool == key and during.holds(quarter) for pool, quarter in standing.taken)


def _runs(lacking: Sequence[tuple[datetime, int, int]]) -> Iterator[list[tuple[datetime, int, int]]]:
    """Quarters that follow on one another, together."""
    if not lacking:
        return
    run = [lacking[0]]
    for before, after in pairwise(lacking):
        if after[0] != before[0] + QUARTER:
            yield run
            run = []
        run.append(after)
    yield run
