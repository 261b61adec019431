"""Keeping the rota: people's shifts, leave and sickness, and the counted shifts at custody suites.

A planner keeps those of the organisations in their scope; everybody else's are not there for them. What a
change leaves short is foreseen before it is made (`foresee_*`), and never stands in its way: nobody is well
because a hearing is booked. Each hearing that it leaves short gets an event of its own, so that its court
sees it at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from court_link.domain.booking import PoolKind
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, NotFound, Stale
from court_link.domain.events import EventKind
from court_link.domain.ids import new_id
from court_link.domain.rota import LONGEST_SHIFT, Stretch
from court_link.domain.rota import languages as spoken_languages
from court_link.domain.times import Interval, day_interval, london_day
from court_link.scheduling import staffing
from court_link.scheduling.pools import STAFFED
from court_link.scheduling.staffing import Absence, Shortfall, Touched, owners
from court_link.store import Session, duties, staff
from court_link.store.duties import DutyStretch
from court_link.store.events import record
from court_link.store.staff import Employed, Shifted, Suite
from court_link.store.tables import Duty, Person, Resource, Shift

MOST_STAFF = 200


@dataclass(frozen=True, slots=True)
class Rostered:
    """A person and what their rota says of an interval, in order."""

    person: Employed
    stretches: tuple[DutyStretch, ...]


@dataclass(frozen=True, slots=True)
class Staffed:
    """A suite and its counted shifts over an interval, in order."""

    suite: Suite
    shifts: tuple[Shifted, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """Staff of one pool on shift: `away` of the `staff` are sick or out. Raises Invalid."""

    staff: int
    away: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.staff <= MOST_STAFF:
            raise Invalid(errors=[FieldError("staff", f"Enter how many staff, between 1 and {MOST_STAFF}.")])
        if not 0 <= self.away <= self.staff:
            raise Invalid(errors=[FieldError("away", "No more can be away than are on the shift.")])


def people(
    session: Session,
    ctx: Context,
    within: Interval,
    text: str = "",
    *,
    station_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> tuple[Rostered, ...]:
    """The asker's people by name, each with their rota over an interval."""
    found = staff.people(session, owners(ctx), text, station_id=station_id, after=after, limit=limit)
    rota = duties.of(session, [each.id for each in found], within)
    return tuple(Rostered(each, tuple(rota.get(each.id, ()))) for each in found)


def person(session: Session, ctx: Context, person_id: UUID, within: Interval) -> Rostered:
    """One of the asker's people with their rota over an interval; NotFound for anybody else's."""
    found = _person(session, ctx, person_id)
    return Rostered(found, tuple(duties.of(session, [person_id], within).get(person_id, ())))


def stations(session: Session, ctx: Context) -> tuple[tuple[UUID, str], ...]:
    """Where the asker's people may be based."""
    return tuple(staff.stations(session, owners(ctx)))


def keep(
    session: Session,
    ctx: Context,
    person_id: UUID,
    station_id: UUID | None,
    languages: Sequence[str],
    version: int | None,
) -> Employed:
    """Where a person is based and what they interpret. Raises Stale, Invalid, NotFound."""
    row, resource = _locked(session, ctx, person_id, version)
    spoken = spoken_languages(languages)
    if station_id is not None and station_id not in {
        each for each, _ in staff.stations(session, owners(ctx))
    }:
        raise Invalid(errors=[FieldError("station_id", "Choose one of your own places.")])
    row.station_id, row.languages = station_id, list(spoken)
    _changed(session, ctx, row, resource, "person")
    return _person(session, ctx, person_id)


def one_duty(session: Session, ctx: Context, person_id: UUID, duty_id: UUID) -> DutyStretch:
    """One stretch of one of the asker's people."""
    _person(session, ctx, person_id)
    return _stretch(_duty(session, person_id, duty_id))


def foresee_duty(
    session: Session, ctx: Context, person_id: UUID, duty_id: UUID | None, stretch: Stretch | None
) -> tuple[Absence, ...]:
    """For what a person could not be had if a stretch were added (no id), changed, or removed (None).

    What they cannot be had for already is not in it.
    """
    _person(session, ctx, person_id)
    before = _stretch(_duty(session, person_id, duty_id)) if duty_id else None
    touched = [each for each in (stretch and stretch.during, before and before.interval) if each]
    first = day_interval(london_day(min(each.start for each in touched)))
    last = day_interval(london_day(max(each.end for each in touched)))
    within = Interval(first.start, last.end)
    around = within.widened(timedelta(days=1), timedelta(days=1))
    rota = duties.of(session, [person_id], around).get(person_id, [])
    supposed = [each for each in rota if each.id != duty_id]
    if stretch:
        supposed.append(DutyStretch(duty_id or new_id(), person_id, stretch.during, stretch.kind))
    now = staffing.with_rota(session, ctx, within, person_id, rota)
    already = {each.hearing.about for each in now}
    would = staffing.with_rota(session, ctx, within, person_id, supposed)
    return tuple(each for each in would if each.hearing.about not in already)


def add_duty(
    session: Session, ctx: Context, person_id: UUID, stretch: Stretch, version: int | None
) -> tuple[Absence, ...]:
    """Adds a stretch to a person's rota; answers for what they cannot be had now. Raises Stale, NotFound."""
    row, resource = _locked(session, ctx, person_id, version)
    left = foresee_duty(session, ctx, person_id, None, stretch)
    duties.add(session, [(person_id, stretch.during, stretch.kind)])
    _changed(session, ctx, row, resource, "duty_added", (each.hearing for each in left))
    return left


def change_duty(
    session: Session, ctx: Context, person_id: UUID, duty_id: UUID, stretch: Stretch, version: int | None
) -> tuple[Absence, ...]:
    """Puts another stretch in place of one; answers for what they cannot be had now."""
    row, resource = _locked(session, ctx, person_id, version)
    duty = _duty(session, person_id, duty_id)
    left = foresee_duty(session, ctx, person_id, duty_id, stretch)
    duty.kind, duty.starts_at, duty.ends_at = stretch.kind, stretch.during.start, stretch.during.end
    _changed(session, ctx, row, resource, "duty_changed", (each.hearing for each in left))
    return left


def remove_duty(
    session: Session, ctx: Context, person_id: UUID, duty_id: UUID, version: int | None
) -> tuple[Absence, ...]:
    """Takes a stretch out of a person's rota; answers for what they cannot be had now."""
    row, resource = _locked(session, ctx, person_id, version)
    duty = _duty(session, person_id, duty_id)
    left = foresee_duty(session, ctx, person_id, duty_id, None)
    session.delete(duty)
    _changed(session, ctx, row, resource, "duty_removed", (each.hearing for each in left))
    return left


def suites(session: Session, ctx: Context, within: Interval) -> tuple[Staffed, ...]:
    """The asker's suites by name, each with its counted shifts over an interval."""
    found = staff.suites(session, owners(ctx))
    shifts = staff.shifts(session, [each.id for each in found], within)
    return tuple(
        Staffed(suite, tuple(each for each in shifts if each.site_id == suite.id)) for suite in found
    )


def one_shift(session: Session, ctx: Context, shift_id: UUID) -> tuple[Suite, Shifted]:
    """A counted shift at one of the asker's suites; NotFound for any other."""
    row = _shift(session, ctx, shift_id)
    return _suite(session, ctx, row.site_id), staff.shifted(row)


def foresee_shift(
    session: Session, ctx: Context, shift_id: UUID, count: Count | None
) -> tuple[Shortfall, ...]:
    """What would fall short over a shift if so many were on it; None takes it away."""
    shift = staff.shifted(_shift(session, ctx, shift_id))
    supposed = replace(shift, staff=count.staff, away=count.away) if count else None
    would = staffing.with_shifts(session, ctx, shift.during, {shift_id: supposed})
    return tuple(each for each in would if (each.pool, each.site_id) == (shift.pool, shift.site_id))


def add_shift(
    session: Session, ctx: Context, site_id: UUID, pool: PoolKind, during: Interval, count: Count
) -> Shifted:
    """Puts staff of a counted pool on shift at one of the asker's suites. Raises NotFound, Invalid."""
    suite = _suite(session, ctx, site_id)
    if pool not in STAFFED:
        raise Invalid(errors=[FieldError("pool", "Choose detention officers or prisoner custody officers.")])
    if during.end - during.start > LONGEST_SHIFT:
        raise Invalid(errors=[FieldError("ends", "A shift is at most 24 hours long.")])
    row = Shift(
        id=new_id(),
        site_id=suite.id,
        starts_at=during.start,
        ends_at=during.end,
        staff=count.staff,
        away=count.away,
        pool=pool,
    )
    session.add(row)
    session.flush()
    _counted(session, ctx, suite, row, "shift_added")
    return staff.shifted(row)


def change_shift(
    session: Session, ctx: Context, shift_id: UUID, count: Count, version: int | None
) -> tuple[Shifted, tuple[Shortfall, ...]]:
    """So many are on a shift, and so many of them away; answers what falls short over it now.

    Raises Stale, NotFound. Bookings stand, and are flagged.
    """
    row = _shift(session, ctx, shift_id, lock=True)
    if version is not None and row.version != version:
        raise Stale()
    left = foresee_shift(session, ctx, shift_id, count)
    row.staff, row.away, row.version = count.staff, count.away, row.version + 1
    _counted(session, ctx, _suite(session, ctx, row.site_id), row, "shift_changed", left)
    return staff.shifted(row), left


def remove_shift(
    session: Session, ctx: Context, shift_id: UUID, version: int | None
) -> tuple[Shortfall, ...]:
    """Takes a shift away; answers what falls short for it now."""
    row = _shift(session, ctx, shift_id, lock=True)
    if version is not None and row.version != version:
        raise Stale()
    left = foresee_shift(session, ctx, shift_id, None)
    suite = _suite(session, ctx, row.site_id)
    session.delete(row)
    _counted(session, ctx, suite, row, "shift_removed", left)
    return left


def allow_person(session: Session, ctx: Context, person_id: UUID) -> None:
    """Raises NotFound or Forbidden unless the asker keeps this person's rota."""
    _person(session, ctx, person_id)


def allow_suite(session: Session, ctx: Context, site_id: UUID) -> None:
    """Raises NotFound or Forbidden unless the asker plans who is on shift at this suite."""
    _suite(session, ctx, site_id)


def _person(session: Session, ctx: Context, person_id: UUID) -> Employed:
    found = staff.person(session, owners(ctx), person_id)
    if found is None:
        raise NotFound()
    return found


def _locked(session: Session, ctx: Context, person_id: UUID, version: int | None) -> tuple[Person, Resource]:
    """The person, whose bookings wait meanwhile. Raises Stale."""
    _person(session, ctx, person_id)
    row, resource = staff.person_row(session, person_id)
    if version is not None and resource.version != version:
        raise Stale()
    return row, resource


def _duty(session: Session, person_id: UUID, duty_id: UUID) -> Duty:
    row = staff.duty_row(session, person_id, duty_id)
    if row is None:
        raise NotFound()
    return row


def _stretch(row: Duty) -> DutyStretch:
    return DutyStretch(row.id, row.person_id, Interval(row.starts_at, row.ends_at), row.kind)


def _suite(session: Session, ctx: Context, site_id: UUID) -> Suite:
    found = next((each for each in staff.suites(session, owners(ctx)) if each.id == site_id), None)
    if found is None:
        raise NotFound()
    return found


def _shift(session: Session, ctx: Context, shift_id: UUID, *, lock: bool = False) -> Shift:
    row = staff.shift_row(session, owners(ctx), shift_id, lock=lock)
    if row is None:
        raise NotFound()
    return row


def _changed(
    session: Session,
    ctx: Context,
    row: Person,
    resource: Resource,
    what: str,
    touched: Iterable[Touched] = (),
) -> None:
    resource.version += 1
    session.flush()
    # Which person, never why: an event stays for ever.
    record(
        session,
        ctx,
        EventKind.STAFF_CHANGED,
        organisation_id=resource.organisation_id,
        subject_id=row.id,
        data={"what": what},
    )
    _flag(session, ctx, touched)


def _counted(
    session: Session,
    ctx: Context,
    suite: Suite,
    row: Shift,
    what: str,
    left: Sequence[Shortfall] = (),
) -> None:
    session.flush()
    record(
        session,
        ctx,
        EventKind.STAFF_CHANGED,
        organisation_id=suite.organisation_id,
        subject_id=suite.id,
        data={
            "what": what,
            "pool": row.pool,
            "from": _said(row.starts_at),
            "staff": row.staff,
            "away": row.away,
        },
    )
    _flag(session, ctx, (each for shortfall in left for each in shortfall.hearings))


def _flag(session: Session, ctx: Context, touched: Iterable[Touched]) -> None:
    """Tells those whom a hearing concerns that it is left short, which their pages then show."""
    for hearing_id in sorted({each.about for each in touched}):
        record(session, ctx, EventKind.STAFF_CHANGED, hearing_id=hearing_id, data={"what": "left_short"})


def _said(moment: datetime) -> str:
    return moment.isoformat()
