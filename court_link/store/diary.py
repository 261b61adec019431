"""Named queries on diaries: whose they are, their rows, and all that stands in them. Each is one query."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from court_link.domain.booking import BookingState, Purpose, ResourceKind
from court_link.domain.context import Actor
from court_link.domain.hearing import HearingState
from court_link.domain.places import ClosureKind, DutyKind, SiteKind
from court_link.domain.roles import OrganisationKind, Permission
from court_link.domain.times import Interval
from court_link.store.tables import (
    Booking,
    Closure,
    Duty,
    Hearing,
    Holiday,
    Link,
    Organisation,
    Person,
    Reservation,
    Resource,
    Site,
    SittingSession,
)

#: No reservation is longer, so that one that reaches into an interval is found by when it starts.
LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Row:
    """A room or a person whose time is shown."""

    id: UUID
    name: str
    site: str  # where it stands; a person stands nowhere
    kind: ResourceKind
    site_id: UUID | None


@dataclass(frozen=True, slots=True)
class Taken:
    """One reservation of one row, with its booking and whose hearing that is. The title is personal."""

    row_id: UUID
    interval: Interval
    purpose: Purpose
    booking_id: UUID
    provisional: bool
    hold_expires_at: datetime | None
    slot: Interval
    courtroom_id: UUID
    courtroom: str
    hearing_id: UUID
    court_id: UUID
    title: str
    hearing_type: str
    state: HearingState


@dataclass(frozen=True, slots=True)
class Sitting:
    """A courtroom's session; `slots` and `minutes` are what it takes, 0 when that is not counted."""

    courtroom_id: UUID
    interval: Interval
    business_type: str
    slots: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Shut:
    """A stretch in which a site, or one room of it, cannot be had."""

    site_id: UUID
    row_id: UUID | None
    interval: Interval
    kind: ClosureKind
    reason: str


@dataclass(frozen=True, slots=True)
class OnDuty:
    """One stretch of a person's rota."""

    person_id: UUID
    interval: Interval
    kind: DutyKind


@dataclass(frozen=True, slots=True)
class Named:
    """Something that has a diary: its kind is a site's, or "court", or "person"."""

    id: UUID
    kind: str
    name: str
    organisation_id: UUID


def courts(session: Session, actor: Actor, court_id: UUID | None = None) -> list[Named]:
    """The courts in the actor's scope, by name; the one of this id alone when it is given."""
    query = select(col(Organisation.id), col(Organisation.name)).where(
        col(Organisation.kind) == OrganisationKind.COURT,
        true() if actor.everywhere else col(Organisation.id).in_(actor.scope),
    )
    if court_id is not None:
        query = query.where(col(Organisation.id) == court_id)
    rows = session.execute(query.order_by(col(Organisation.name)))
    return [Named(row.id, OrganisationKind.COURT.value, row.name, row.id) for row in rows]


def sites(session: Session, actor: Actor, site_id: UUID | None = None) -> list[Named]:
    """The open sites with a diary that the actor may choose, by kind and name."""
    query = (
        select(col(Site.id), col(Site.kind), col(Site.name), col(Site.organisation_id))
        .join(Organisation, col(Organisation.id) == col(Site.organisation_id))
        .where(col(Site.kind).in_(_WITH_A_DIARY), col(Site.closed).is_(False), _reached(actor, Site))
    )
    if site_id is not None:
        query = query.where(col(Site.id) == site_id)
    rows = session.execute(query.order_by(col(Site.kind), col(Site.name)))
    return [Named(row.id, row.kind.value, row.name, row.organisation_id) for row in rows]


def people(
    session: Session, actor: Actor, *, person_id: UUID | None = None, text: str = "", limit: int = 30
) -> list[Named]:
    """Bookable people whose diary the actor may see: themselves, and those in reach, by name or number."""
    reach = _reached(actor, Resource)
    if actor.person_id is not None:
        reach = or_(reach, col(Resource.id) == actor.person_id)
    query = (
        select(col(Resource.id), col(Resource.name), col(Resource.organisation_id))
        .join(Person, col(Person.id) == col(Resource.id))
        .join(Organisation, col(Organisation.id) == col(Resource.organisation_id))
        .where(reach, col(Resource.active).is_(True))
    )
    if person_id is not None:
        query = query.where(col(Resource.id) == person_id)
    if text:
        said = col(Resource.name).icontains(text, autoescape=True)
        query = query.where(or_(said, col(Person.number).icontains(text, autoescape=True)))
    rows = session.execute(query.order_by(col(Resource.name), col(Resource.id)).limit(limit))
    return [Named(row.id, ResourceKind.PERSON.value, row.name, row.organisation_id) for row in rows]


_WITH_A_DIARY = (SiteKind.COURT_HOUSE, SiteKind.CUSTODY_SUITE, SiteKind.POLICE_STATION, SiteKind.PRISON)


def _reached(actor: Actor, of: type[Site] | type[Resource]) -> ColumnElement[bool]:
    """Of the actor's own organisations; for who books, of their area too: what they may book, they may see
    the free time of."""
    if actor.everywhere:
        return true()
    if not actor.may(Permission.SEE_HEARINGS):
        return false()
    own = col(of.organisation_id).in_(actor.scope)
    if not actor.may(Permission.BOOK):
        return own
    areas = select(col(Organisation.area)).where(
        col(Organisation.id).in_(actor.scope), col(Organisation.area) != ""
    )
    near = col(Site.area) if of is Site else col(Organisation.area)
    return or_(own, near.in_(areas.scalar_subquery()))


def rows_of_court(session: Session, court_id: UUID) -> list[Row]:
    """The courtrooms in use of a court, by house and name."""
    return _rows(
        session,
        col(Resource.organisation_id) == court_id,
        col(Resource.kind) == ResourceKind.COURTROOM,
        col(Site.closed).is_not(True),
    )


def rows_of_site(session: Session, site_id: UUID) -> list[Row]:
    """The rooms and vehicles in use of a site, then the people based there, by name."""
    based = select(col(Person.id)).where(col(Person.station_id) == site_id).scalar_subquery()
    found = _rows(session, or_(col(Resource.site_id) == site_id, col(Resource.id).in_(based)))
    return sorted(found, key=lambda row: (row.kind is ResourceKind.PERSON, row.name))


def rows_of_person(session: Session, person_id: UUID) -> list[Row]:
    return _rows(session, col(Resource.id) == person_id)


def _rows(session: Session, *where: ColumnElement[bool]) -> list[Row]:
    rows = session.execute(
        select(col(Resource.id), col(Resource.name), col(Resource.kind), col(Site.id), col(Site.name))
        .outerjoin(Site, col(Site.id) == col(Resource.site_id))
        .where(col(Resource.active).is_(True), *where)
        .order_by(col(Site.name), col(Resource.name), col(Resource.id))
    )
    return [Row(id_, name, site or "", kind, site_id) for id_, name, kind, site_id, site in rows]


_COURTROOM, _HOUSE = aliased(Resource), aliased(Site)
_BOOKED: tuple[Any, ...] = (
    col(Booking.id).label("booking_id"),
    col(Booking.state).label("booking_state"),
    col(Booking.hold_expires_at),
    col(Booking.starts_at).label("booked_from"),
    col(Booking.ends_at).label("booked_until"),
    col(Booking.courtroom_id),
    _COURTROOM.name.label("courtroom"),  # type: ignore[attr-defined]
    _HOUSE.name.label("house"),  # type: ignore[attr-defined]
    col(Hearing.id).label("hearing_id"),
    col(Hearing.court_id),
    col(Hearing.title),
    col(Hearing.hearing_type),
    col(Hearing.state),
)


def taken(session: Session, row_ids: Collection[UUID], within: Interval, now: datetime) -> list[Taken]:
    """What takes these rows within an interval, by start; holds whose time is over are left out."""
    query = (
        _with_hearing(
            select(
                col(Reservation.resource_id).label("row_id"),
                col(Reservation.starts_at),
                col(Reservation.ends_at),
                col(Reservation.purpose),
                *_BOOKED,
            ).join(Booking, col(Booking.id) == col(Reservation.booking_id))
        )
        .where(
            col(Reservation.resource_id).in_(row_ids),
            col(Reservation.starts_at) > within.start - LONGEST,
            col(Reservation.starts_at) < within.end,
            col(Reservation.ends_at) > within.start,
        )
        .order_by(col(Reservation.starts_at), col(Reservation.id))
    )
    found = [
        _taken(row, row.row_id, Interval(row.starts_at, row.ends_at), row.purpose)
        for row in session.execute(query)
    ]
    return [each for each in found if not _lapsed(each, now)]


def linked(session: Session, person_id: UUID, within: Interval) -> list[Taken]:
    """The confirmed bookings within an interval in which a person takes part by a link in force."""
    query = (
        _with_hearing(select(*_BOOKED).select_from(Booking))
        .join(Link, and_(col(Link.hearing_id) == col(Hearing.id), col(Link.revoked).is_(False)))
        .where(
            col(Link.person_id) == person_id,
            col(Booking.state) == BookingState.CONFIRMED,
            col(Booking.starts_at) > within.start - LONGEST,
            col(Booking.starts_at) < within.end,
            col(Booking.ends_at) > within.start,
        )
        .order_by(col(Booking.starts_at), col(Booking.id))
    )
    return [
        _taken(row, person_id, Interval(row.booked_from, row.booked_until), Purpose.HEARING)
        for row in session.execute(query)
    ]


def _with_hearing(query: Any) -> Any:
    return (
        query.join(Hearing, col(Hearing.id) == col(Booking.hearing_id))
        .join(_COURTROOM, _COURTROOM.id == col(Booking.courtroom_id))
        .outerjoin(_HOUSE, _HOUSE.id == _COURTROOM.site_id)
    )


def _taken(row: Any, row_id: UUID, interval: Interval, purpose: Purpose) -> Taken:
    return Taken(
        row_id=row_id,
        interval=interval,
        purpose=purpose,
        booking_id=row.booking_id,
        provisional=row.booking_state is BookingState.PROVISIONAL,
        hold_expires_at=row.hold_expires_at,
        slot=Interval(row.booked_from, row.booked_until),
        courtroom_id=row.courtroom_id,
        courtroom=", ".join(filter(None, (row.courtroom, row.house))),
        hearing_id=row.hearing_id,
        court_id=row.court_id,
        title=row.title,
        hearing_type=row.hearing_type,
        state=row.state,
    )


def _lapsed(taken: Taken, now: datetime) -> bool:
    return taken.provisional and taken.hold_expires_at is not None and taken.hold_expires_at <= now


def sittings(session: Session, courtroom_ids: Collection[UUID], within: Interval) -> list[Sitting]:
    """The sessions of these courtrooms that overlap an interval, by start."""
    rows = session.execute(
        select(
            col(SittingSession.courtroom_id),
            col(SittingSession.starts_at),
            col(SittingSession.ends_at),
            col(SittingSession.business_type),
            col(SittingSession.slots),
            col(SittingSession.minutes),
        )
        .where(
            col(SittingSession.courtroom_id).in_(courtroom_ids),
            col(SittingSession.starts_at) < within.end,
            col(SittingSession.ends_at) > within.start,
        )
        .order_by(col(SittingSession.starts_at), col(SittingSession.id))
    )
    return [Sitting(id_, Interval(start, end), *rest) for id_, start, end, *rest in rows]


def closures(session: Session, site_ids: Collection[UUID], within: Interval) -> list[Shut]:
    """The closures of these sites and of their rooms that overlap an interval, by start."""
    rows = session.execute(
        select(
            col(Closure.site_id),
            col(Closure.resource_id),
            col(Closure.starts_at),
            col(Closure.ends_at),
            col(Closure.kind),
            col(Closure.reason),
        )
        .where(
            col(Closure.site_id).in_(site_ids),
            col(Closure.starts_at) < within.end,
            col(Closure.ends_at) > within.start,
        )
        .order_by(col(Closure.starts_at), col(Closure.id))
    )
    return [Shut(site, row, Interval(start, end), kind, why) for site, row, start, end, kind, why in rows]


def duties(session: Session, person_ids: Collection[UUID], within: Interval) -> list[OnDuty]:
    """The rota of these people over an interval, by start."""
    rows = session.execute(
        select(col(Duty.person_id), col(Duty.starts_at), col(Duty.ends_at), col(Duty.kind))
        .where(
            col(Duty.person_id).in_(person_ids),
            col(Duty.starts_at) < within.end,
            col(Duty.ends_at) > within.start,
        )
        .order_by(col(Duty.starts_at), col(Duty.id))
    )
    return [OnDuty(person, Interval(start, end), kind) for person, start, end, kind in rows]


def holidays(session: Session, days: Sequence[date]) -> dict[date, str]:
    """The bank holidays among these days."""
    rows = session.execute(select(col(Holiday.day), col(Holiday.name)).where(col(Holiday.day).in_(days)))
    return {row.day: row.name for row in rows}
