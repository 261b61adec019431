"""The capacity report: how much of the staffed time was used, and how hearings went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from court_link.domain import capacity
from court_link.domain.booking import PoolKind, Purpose, ResourceKind
from court_link.domain.capacity import Use
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.events import EventKind
from court_link.domain.hearing import EndCause, HearingState, Outcome
from court_link.domain.opening import opening, without
from court_link.domain.roles import Permission
from court_link.domain.savings import Assumptions, Savings, savings
from court_link.domain.times import Interval, day_interval
from court_link.reporting.savings import assumptions, attendances
from court_link.store import Session, calendar, events, reports
from court_link.store.prepared import together
from court_link.store.reports import Room
from court_link.store.tables import Organisation

#: The longest period one report covers, in days.
LONGEST = 366


@dataclass(frozen=True, slots=True)
class Period:
    """London days, first and last both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise Invalid(errors=[FieldError("last", "The last day must not be before the first day.")])
        if (self.last - self.first).days >= LONGEST:
            raise Invalid(errors=[FieldError("last", f"A report covers at most {LONGEST} days.")])

    @property
    def window(self) -> Interval:
        return Interval(day_interval(self.first).start, day_interval(self.last).end)


@dataclass(frozen=True, slots=True)
class RoomUse:
    """One room's use over the period."""

    room: Room
    use: Use


@dataclass(frozen=True, slots=True)
class Hearings:
    """Booked hearings of the period, counted. `booked` is the denominator of every share."""

    booked: int
    ended: int
    outcomes: Mapping[Outcome, int]
    vacated: int
    late: int  # started 5 minutes or more after their booked start, or not yet though that has passed
    technically_failed: int


@dataclass(frozen=True, slots=True)
class Report:
    """All that the Commissioner's page shows; the same values make its chart, tables, CSV and JSON."""

    area: str
    period: Period
    made_at: datetime
    rooms: tuple[RoomUse, ...]
    sites: Mapping[tuple[str, ResourceKind], Use]  # by site and kind of room
    days: Mapping[date, Use]  # courtrooms only: adding cells to courts would count one hearing twice
    courtrooms: Use
    hearings: Hearings
    assumptions: Assumptions
    savings: Savings


def report(session: Session, ctx: Context, period: Period) -> Report:
    """The report of the reader's own area for a period of at most `LONGEST` days. Writes nothing.

    The route records the reading of it (`record_reading`), since the figures rest on people's attendances.
    """
    ctx.require(Permission.SEE_REPORTS)
    organisation = session.get(Organisation, ctx.actor.organisation_id) if ctx.actor.organisation_id else None
    # An organisation of no named area sees no place at all; only the service itself sees every one.
    area = None if ctx.actor.everywhere else (organisation.area if organisation else "") or "-"
    window = period.window
    rooms = reports.rooms(session, area)
    booked, in_session = _used(session, window, ctx.now)
    opened = _open_time(session, period, rooms)

    by_day: list[tuple[date, Use]] = []
    of_rooms: list[RoomUse] = []
    whole_days = {day: day_interval(day) for day in capacity.days(period.first, period.last)}
    for room in rooms:
        parts = opened.get(room.id, []), booked.get(room.id, []), in_session.get(room.id, [])
        of_rooms.append(RoomUse(room, capacity.use_of(window, *parts)))
        if room.kind is ResourceKind.COURTROOM:
            by_day += [(day, capacity.use_of(whole, *parts)) for day, whole in whole_days.items()]
    courtrooms = {room.id for room in rooms if room.kind is ResourceKind.COURTROOM}
    went = [one for one in reports.happened(session, window) if one.courtroom_id in courtrooms]
    given = assumptions(session, ctx)
    return Report(
        area=area or "Everywhere",
        period=period,
        made_at=ctx.now,
        rooms=tuple(of_rooms),
        sites=capacity.summed(((each.room.site, each.room.kind), each.use) for each in of_rooms),
        days=capacity.summed(by_day),
        courtrooms=sum((each.use for each in of_rooms if each.room.kind is ResourceKind.COURTROOM), Use()),
        hearings=_counted(went, ctx.now),
        assumptions=given,
        savings=savings(attendances(session, [one.id for one in went]), given),
    )


def record_reading(session: Session, ctx: Context, period: Period) -> None:
    """Who read the report of which days."""
    ctx.require(Permission.SEE_REPORTS)
    days = {"first": period.first.isoformat(), "last": period.last.isoformat()}
    events.record(session, ctx, EventKind.REPORT_READ, organisation_id=ctx.actor.organisation_id, data=days)


def _used(
    session: Session, window: Interval, now: datetime
) -> tuple[dict[UUID, list[Interval]], dict[UUID, list[Interval]]]:
    """Booked and in-session intervals by room: a hearing is in session in all of its rooms."""
    taken = reports.taken(session, window)
    hearings = sorted({one.hearing_id for one in taken})
    happenings = reports.session_events(session, hearings)
    ran = {hearing: capacity.in_session(of, now) for hearing, of in happenings.items()}
    booked: dict[UUID, list[Interval]] = {}
    in_session: dict[UUID, list[Interval]] = {}
    for one in taken:
        booked.setdefault(one.room_id, []).append(one.during)
        if one.purpose is Purpose.HEARING:
            in_session.setdefault(one.room_id, []).extend(ran.get(one.hearing_id, ()))
    return booked, in_session


def _open_time(session: Session, period: Period, rooms: list[Room]) -> dict[UUID, list[Interval]]:
    """Staffed time: a custody room's shifts, and any other room's sittings or hours, as bookings know them
    (`domain.opening`); in neither while it is closed. Nobody staffs a room of no hours.
    """
    places = calendar.places(session, [room.id for room in rooms])
    days = capacity.days(period.first, period.last)
    with together(session):
        timetable = calendar.timetable(session, places.values(), days)
        suites = {room.site_id for room in rooms if room.kind is ResourceKind.CUSTODY_ROOM}
        shifts = calendar.staff_asked(session, PoolKind.CUSTODY_STAFF, suites, period.window)
    known, staffed = timetable(), shifts()
    opened: dict[UUID, list[Interval]] = {}
    for room in rooms:
        place = places[room.id]
        if room.kind is ResourceKind.CUSTODY_ROOM:
            here = [during for during, count in staffed.get(room.site_id, ()) if count]
            opened[room.id] = [*without(here, [each.during for each in known.shut(place)])]
        elif room.kind is ResourceKind.COURTROOM or room.site_id in known.hours:
            opened[room.id] = [*opening(place, days, known).times]
    return opened


def _counted(went: list[reports.Happened], now: datetime) -> Hearings:
    ended = [one for one in went if one.state is HearingState.ENDED]
    waiting = (HearingState.BOOKED, HearingState.LOBBY_OPEN)
    return Hearings(
        booked=len(went),
        ended=len(ended),
        outcomes=Counter(one.outcome for one in ended if one.outcome is not None),
        vacated=sum(one.state is HearingState.VACATED for one in went),
        late=sum(
            (one.started_at or now) - one.starts_at >= capacity.LATE_AFTER
            for one in went
            if one.started_at is not None or one.state in waiting
        ),
        technically_failed=sum(
            one.end_cause in (EndCause.TECHNICAL_FAILURE, EndCause.REVERTED_TO_IN_PERSON) for one in ended
        ),
    )
