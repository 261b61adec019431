"""Named queries of people who can be booked, of counted shifts, and of the bookings that lean on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, true
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from court_link.domain.booking import PoolKind, ResourceKind
from court_link.domain.places import PersonKind, SiteKind
from court_link.domain.requirements import Needs
from court_link.domain.times import Interval
from court_link.store import bookings
from court_link.store.buckets import Key
from court_link.store.hearings import LIVE_BOOKING
from court_link.store.tables import (
    Booking,
    Duty,
    Hearing,
    Organisation,
    Person,
    Reservation,
    Resource,
    Shift,
    Site,
)

#: Whose things are looked at: these organisations', or everybody's.
Owners = Collection[UUID] | None
#: A reservation, or a booking, is at most so long.
_LONGEST = timedelta(hours=17)


@dataclass(frozen=True, slots=True)
class Employed:
    """A person who can be booked, as their own organisation keeps them."""

    id: UUID
    organisation_id: UUID
    name: str
    kind: PersonKind
    number: str
    email: str
    languages: tuple[str, ...]
    station_id: UUID | None
    station: str
    active: bool
    version: int


@dataclass(frozen=True, slots=True)
class Suite:
    """A place whose staff are counted."""

    id: UUID
    name: str
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class Shifted:
    """Staff of one counted pool on shift at a suite: `staff` of them, `away` of these sick or out."""

    id: UUID
    site_id: UUID
    pool: PoolKind
    during: Interval
    staff: int
    away: int
    version: int

    @property
    def here(self) -> int:
        return max(self.staff - self.away, 0)


@dataclass(frozen=True, slots=True)
class Standing:
    """A booking that stands: what it needs, and what it took of the counted pools."""

    hearing_id: UUID
    court_id: UUID
    title: str
    slot: Interval
    courtroom: str
    needs: Needs
    taken: Mapping[Key, int]


def people(
    session: Session,
    owners: Owners,
    text: str = "",
    *,
    station_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Employed]:
    """The people of these organisations by name, those whose name or number holds `text`, after one."""
    query = _of(_people(), owners).where(col(Resource.active).is_(True))
    if text.strip():
        like = text.strip()
        named = col(Resource.name).icontains(like, autoescape=True)
        query = query.where(or_(named, col(Person.number).startswith(like, autoescape=True)))
    if station_id is not None:
        query = query.where(col(Person.station_id) == station_id)
    known = session.get(Resource, after) if after else None
    if known is not None:
        later = col(Resource.name) > known.name
        query = query.where(or_(later, (col(Resource.name) == known.name) & (col(Resource.id) > known.id)))
    rows = session.execute(query.order_by(col(Resource.name), col(Resource.id)).limit(limit))
    return [_employed(row) for row in rows]


def person(session: Session, owners: Owners, person_id: UUID) -> Employed | None:
    """One person, when they are of these organisations."""
    row = session.execute(_of(_people(), owners).where(col(Person.id) == person_id)).one_or_none()
    return _employed(row) if row else None


def person_rows(
    session: Session, organisation_id: UUID, *, lock: bool = False
) -> list[tuple[Person, Resource]]:
    """Every person of an organisation who has a number, as rows, in the order of their ids."""
    query = (
        select(Person, Resource)
        .join(Resource, col(Resource.id) == col(Person.id))
        .where(Resource.organisation_id == organisation_id, Person.number != "")
        .order_by(col(Resource.id))
    )
    return list(session.exec(query.with_for_update() if lock else query))


def person_row(session: Session, person_id: UUID) -> tuple[Person, Resource]:
    """A person who exists, their resource locked: that is what their bookings wait for."""
    resource = session.get_one(Resource, person_id, with_for_update=True)
    return session.get_one(Person, person_id), resource


def duty_row(session: Session, person_id: UUID, duty_id: UUID) -> Duty | None:
    return session.exec(select(Duty).where(Duty.id == duty_id, Duty.person_id == person_id)).one_or_none()


def suites(session: Session, owners: Owners) -> list[Suite]:
    """The custody suites and prisons of these organisations that have not closed, by name."""
    query = (
        select(Site)
        .where(
            col(Site.kind).in_([SiteKind.CUSTODY_SUITE, SiteKind.PRISON]),
            col(Site.closed).is_(False),
            true() if owners is None else col(Site.organisation_id).in_(owners),
        )
        .order_by(col(Site.name), col(Site.id))
    )
    return [Suite(site.id, site.name, site.organisation_id) for site in session.exec(query)]


def stations(session: Session, owners: Owners) -> list[tuple[UUID, str]]:
    """The sites of these organisations where somebody may be based, by name."""
    query = select(Site.id, Site.name).where(
        col(Site.closed).is_(False), true() if owners is None else col(Site.organisation_id).in_(owners)
    )
    return [(row[0], row[1]) for row in session.exec(query.order_by(col(Site.name), col(Site.id)))]


def site_names(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    return {row[0]: row[1] for row in session.exec(select(Site.id, Site.name).where(col(Site.id).in_(ids)))}


def shifts(session: Session, site_ids: Collection[UUID], within: Interval) -> list[Shifted]:
    """The counted shifts at these suites that overlap an interval, in order."""
    rows = session.exec(
        select(Shift)
        .where(col(Shift.site_id).in_(site_ids), Shift.starts_at < within.end, Shift.ends_at > within.start)
        .order_by(col(Shift.starts_at), col(Shift.id))
    )
    return [shifted(row) for row in rows]


def shift_row(session: Session, owners: Owners, shift_id: UUID, *, lock: bool = False) -> Shift | None:
    """A shift at a suite of these organisations."""
    query = (
        select(Shift)
        .join(Site, col(Site.id) == col(Shift.site_id))
        .where(Shift.id == shift_id, true() if owners is None else col(Site.organisation_id).in_(owners))
    )
    return session.exec(query.with_for_update(of=Shift) if lock else query).one_or_none()


def shifted(row: Shift) -> Shifted:
    during = Interval(row.starts_at, row.ends_at)
    return Shifted(row.id, row.site_id, row.pool, during, row.staff, row.away, row.version)


def standing_in_courts(session: Session, owners: Owners, within: Interval, now: datetime) -> list[Standing]:
    """The bookings over an interval in the courtrooms of these organisations."""
    rooms = select(Resource.id).where(
        Resource.kind == ResourceKind.COURTROOM,
        true() if owners is None else col(Resource.organisation_id).in_(owners),
    )
    query = _standing(within).where(
        col(Booking.courtroom_id).in_(rooms), col(Booking.starts_at) > within.start - _LONGEST
    )
    return _found(session, query, now)


def standing_on(
    session: Session, resource_ids: Collection[UUID], within: Interval, now: datetime
) -> list[Standing]:
    """The bookings that have reserved one of these over an interval."""
    taken = select(Reservation.booking_id).where(
        col(Reservation.resource_id).in_(resource_ids),
        Reservation.starts_at < within.end,
        Reservation.starts_at > within.start - _LONGEST,
        Reservation.ends_at > within.start,
    )
    return _found(session, _standing(None).where(col(Booking.id).in_(taken)), now)


def custody_rooms(session: Session, owners: Owners) -> list[UUID]:
    """The custody rooms at the sites of these organisations."""
    query = select(Resource.id).where(
        Resource.kind == ResourceKind.CUSTODY_ROOM,
        true() if owners is None else col(Resource.organisation_id).in_(owners),
    )
    return list(session.exec(query))


def rostered(session: Session, owners: Owners, within: Interval) -> list[UUID]:
    """The people of these organisations whose rota says anything of an interval that begins within it."""
    query = (
        select(Duty.person_id)
        .join(Resource, col(Resource.id) == col(Duty.person_id))
        .where(
            true() if owners is None else col(Resource.organisation_id).in_(owners),
            Duty.starts_at < within.end,
            Duty.ends_at > within.start,
        )
        .distinct()
    )
    return list(session.exec(query))


def organisation(session: Session, organisation_id: UUID) -> Organisation:
    return session.get_one(Organisation, organisation_id)


def _people() -> Any:
    return (
        columns(
            col(Resource.id),
            col(Resource.organisation_id),
            col(Resource.name),
            col(Person.kind),
            col(Person.number),
            col(Person.email),
            col(Person.languages),
            col(Person.station_id),
            col(Site.name).label("station"),
            col(Resource.active),
            col(Resource.version),
        )
        .join(Person, col(Person.id) == col(Resource.id))
        .outerjoin(Site, col(Site.id) == col(Person.station_id))
    )


def _of(query: Any, owners: Owners) -> Any:
    return query if owners is None else query.where(col(Resource.organisation_id).in_(owners))


def _employed(row: Any) -> Employed:
    return Employed(
        row.id,
        row.organisation_id,
        row.name,
        row.kind,
        row.number,
        row.email,
        tuple(row.languages or ()),
        row.station_id,
        row.station or "",
        row.active,
        row.version,
    )


def _standing(within: Interval | None) -> Any:
    query: Any = (
        columns(
            Booking,
            col(Hearing.title),
            col(Hearing.court_id),
            col(Resource.name).label("room"),
            col(Site.name).label("house"),
        )
        .join(Hearing, col(Hearing.id) == col(Booking.hearing_id))
        .join(Resource, col(Resource.id) == col(Booking.courtroom_id))
        .outerjoin(Site, col(Site.id) == col(Resource.site_id))
        .where(col(Booking.state).in_(LIVE_BOOKING))
        .order_by(col(Booking.starts_at), col(Booking.id))
    )
    if within is None:
        return query
    return query.where(col(Booking.starts_at) < within.end, col(Booking.ends_at) > within.start)


def _found(session: Session, query: Any, now: datetime) -> list[Standing]:
    found = []
    rows: Sequence[Any] = session.execute(query).all()
    for booking, title, court_id, room, house in rows:
        if not bookings.lapsed(booking, now):
            slot = Interval(booking.starts_at, booking.ends_at)
            where = f"{room}, {house}" if house else room
            needs, taken = Needs.read(booking.needs["needs"]), bookings.units_taken(booking)
            found.append(Standing(booking.hearing_id, court_id, title, slot, where, needs, taken))
    return found
