"""Named queries on a day's work: booked hearings as a person, a custody room or a court meets them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from court_link.domain.booking import BookingState, Purpose, ResourceKind
from court_link.domain.hearing import HearingState
from court_link.domain.places import SiteKind
from court_link.domain.roles import Part
from court_link.domain.times import Interval
from court_link.store import Session
from court_link.store.tables import Booking, Hearing, Link, Party, Reservation, Resource, Site


@dataclass(frozen=True, slots=True)
class Booked:
    """A hearing with the booking that stands, and where the court sits for it. Its title is personal."""

    hearing_id: UUID
    title: str
    hearing_type: str
    state: HearingState
    courtroom_id: UUID
    courtroom: str
    court_house: str
    slot: Interval
    started_at: datetime | None
    ended_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What one room is reserved for, within one booking."""

    room_id: UUID
    hearing_id: UUID
    purpose: Purpose
    interval: Interval


@dataclass(frozen=True, slots=True)
class Former:
    """A booking that was made for somebody and is let go: the time and the courtroom, and no more."""

    hearing_id: UUID
    courtroom: str
    court_house: str
    slot: Interval


def of_courts(session: Session, courts: Collection[UUID] | None, within: Interval) -> list[Booked]:
    """The confirmed bookings of these courts that start within, by start; None is every court."""
    query = _booked(within)
    if courts is not None:
        query = query.where(col(Hearing.court_id).in_(courts))
    return [_value(row) for row in session.execute(query)]


def of_hearings(session: Session, hearing_ids: Collection[UUID], within: Interval) -> list[Booked]:
    """The confirmed bookings of these hearings that start within, by start."""
    rows = session.execute(_booked(within).where(col(Hearing.id).in_(hearing_ids)))
    return [_value(row) for row in rows]


def links_of_person(session: Session, person_id: UUID, within: Interval) -> Sequence[Link]:
    """The links of a person, the revoked ones too, in hearings that were ever booked to start within."""
    rows = session.execute(
        select(Link)
        .join(Booking, col(Booking.hearing_id) == col(Link.hearing_id))
        .where(
            col(Link.person_id) == person_id,
            col(Booking.starts_at) >= within.start,
            col(Booking.starts_at) < within.end,
        )
        .distinct()
        .order_by(col(Link.id))
    )
    return rows.scalars().all()


def links_of_hearings(session: Session, hearing_ids: Collection[UUID]) -> Mapping[UUID, list[Link]]:
    """The links in force of these hearings, oldest first, by hearing."""
    rows = session.execute(
        select(Link)
        .where(col(Link.hearing_id).in_(hearing_ids), col(Link.revoked).is_(False))
        .order_by(col(Link.id))
    ).scalars()
    found: dict[UUID, list[Link]] = {hearing_id: [] for hearing_id in hearing_ids}
    for link in rows:
        found[link.hearing_id].append(link)
    return found


def let_go(
    session: Session, person_id: UUID, hearing_ids: Collection[UUID], within: Interval
) -> list[Former]:
    """The last booking of each of these hearings that named this person and is let go, starting within."""
    rows = session.execute(
        select(Booking, col(Resource.name), col(Site.name).label("site"))
        .join(Resource, col(Resource.id) == col(Booking.courtroom_id))
        .outerjoin(Site, col(Site.id) == col(Resource.site_id))
        .where(
            col(Booking.hearing_id).in_(hearing_ids),
            col(Booking.state) == BookingState.RELEASED,
            col(Booking.starts_at) >= within.start,
            col(Booking.starts_at) < within.end,
        )
        .order_by(col(Booking.id))
    )
    last: dict[UUID, Former] = {}
    for booking, room, site in rows:
        if str(person_id) in booking.needs.get("needs", {}).get("attending", ()):
            slot = Interval(booking.starts_at, booking.ends_at)
            last[booking.hearing_id] = Former(booking.hearing_id, room, site or "", slot)
    return sorted(last.values(), key=lambda former: former.slot)


def of_rooms(session: Session, room_ids: Collection[UUID], within: Interval) -> list[Taken]:
    """What these rooms are reserved for by confirmed bookings, overlapping the interval, by start."""
    rows = session.execute(
        select(
            col(Reservation.resource_id),
            col(Booking.hearing_id),
            col(Reservation.purpose),
            col(Reservation.starts_at),
            col(Reservation.ends_at),
        )
        .join(Booking, col(Booking.id) == col(Reservation.booking_id))
        .where(
            col(Reservation.resource_id).in_(room_ids),
            col(Booking.state) == BookingState.CONFIRMED,
            col(Reservation.starts_at) < within.end,
            col(Reservation.ends_at) > within.start,
        )
        .order_by(col(Reservation.starts_at))
    )
    return [
        Taken(row.resource_id, row.hearing_id, row.purpose, Interval(row.starts_at, row.ends_at))
        for row in rows
    ]


def suites(session: Session, owners: Collection[UUID] | None) -> Sequence[Site]:
    """The open custody suites of these organisations by name; None is every organisation."""
    query = select(Site).where(col(Site.kind) == SiteKind.CUSTODY_SUITE, col(Site.closed).is_(False))
    if owners is not None:
        query = query.where(col(Site.organisation_id).in_(owners))
    return session.execute(query.order_by(col(Site.name))).scalars().all()


def custody_rooms(session: Session, site_id: UUID) -> Sequence[Resource]:
    """The custody rooms in use of a suite, by name."""
    return (
        session.execute(
            select(Resource)
            .where(
                col(Resource.site_id) == site_id,
                col(Resource.kind) == ResourceKind.CUSTODY_ROOM,
                col(Resource.active).is_(True),
            )
            .order_by(col(Resource.name))
        )
        .scalars()
        .all()
    )


def room_names(session: Session, room_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """What people call these rooms and vehicles: "Video room 1, Hatfield custody suite"."""
    rows = session.execute(
        select(col(Resource.id), col(Resource.name), col(Site.name))
        .outerjoin(Site, col(Site.id) == col(Resource.site_id))
        .where(col(Resource.id).in_(room_ids))
    )
    return {row[0]: ", ".join(filter(None, row[1:])) for row in rows}


def defendants(session: Session, hearing_ids: Collection[UUID]) -> Mapping[UUID, list[str]]:
    """The names of the defendants as the list gives them, by hearing; personal."""
    rows = session.execute(
        select(Party).where(col(Party.hearing_id).in_(hearing_ids)).order_by(col(Party.position))
    ).scalars()
    found: dict[UUID, list[str]] = {}
    for party in rows:
        if party.role.casefold() == Part.DEFENDANT:
            found.setdefault(party.hearing_id, []).append(party.name)
    return found


def _booked(within: Interval) -> Any:
    return (
        select(
            col(Hearing.id),
            col(Hearing.title),
            col(Hearing.hearing_type),
            col(Hearing.state),
            col(Hearing.started_at),
            col(Hearing.ended_at),
            col(Hearing.version),
            col(Booking.courtroom_id),
            col(Booking.starts_at),
            col(Booking.ends_at),
            col(Resource.name).label("courtroom"),
            col(Site.name).label("court_house"),
        )
        .join(Booking, col(Booking.hearing_id) == col(Hearing.id))
        .join(Resource, col(Resource.id) == col(Booking.courtroom_id))
        .outerjoin(Site, col(Site.id) == col(Resource.site_id))
        .where(
            col(Booking.state) == BookingState.CONFIRMED,
            col(Booking.starts_at) >= within.start,
            col(Booking.starts_at) < within.end,
        )
        .order_by(col(Booking.starts_at), col(Booking.id))
    )


def _value(row: Any) -> Booked:
    return Booked(
        hearing_id=row.id,
        title=row.title,
        hearing_type=row.hearing_type,
        state=row.state,
        courtroom_id=row.courtroom_id,
        courtroom=row.courtroom,
        court_house=row.court_house or "",
        slot=Interval(row.starts_at, row.ends_at),
        started_at=row.started_at,
        ended_at=row.ended_at,
        version=row.version,
    )
