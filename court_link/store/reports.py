"""What the reports read: staffed time, booked time, what happened, and officers' attendances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select as columns
from sqlmodel import col, or_, select

from court_link.domain.booking import BookingState, Purpose, ResourceKind
from court_link.domain.events import EventKind
from court_link.domain.hearing import EndCause, HearingState, Outcome
from court_link.domain.places import SiteKind
from court_link.domain.roles import Part
from court_link.domain.times import Interval
from court_link.store import Session
from court_link.store.tables import (
    Booking,
    EventRow,
    Hearing,
    Link,
    Organisation,
    Reservation,
    Resource,
    Site,
)

ROOM_KINDS = (
    ResourceKind.COURTROOM,
    ResourceKind.CUSTODY_ROOM,
    ResourceKind.EVIDENCE_ROOM,
    ResourceKind.VEHICLE,
)


@dataclass(frozen=True, slots=True)
class Room:
    """A room with video kit and the site that it is in."""

    id: UUID
    name: str
    kind: ResourceKind
    site_id: UUID
    site: str
    site_kind: SiteKind


@dataclass(frozen=True, slots=True)
class Taken:
    """One reservation of a confirmed or since-released booking that was kept."""

    room_id: UUID
    hearing_id: UUID
    purpose: Purpose
    during: Interval


@dataclass(frozen=True, slots=True)
class Happened:
    """A booked hearing of the period and how it went."""

    id: UUID
    courtroom_id: UUID
    starts_at: datetime
    state: HearingState
    started_at: datetime | None
    outcome: Outcome | None
    end_cause: EndCause | None


@dataclass(frozen=True, slots=True)
class OfficerLink:
    """An officer's link into a hearing that ended or was vacated."""

    officer: UUID
    hearing_id: UUID
    arrived_at: datetime | None
    left_at: datetime | None
    hearing_ended_at: datetime | None
    outcome: Outcome | None
    vacated: bool


def rooms(session: Session, area: str | None) -> list[Room]:
    """Rooms of an area's open sites (of everywhere for None), by site kind, site and room.

    What an organisation of the area keeps elsewhere is the area's too: its court may sit in another county.
    """
    query = (
        select(Resource, Site)
        .where(Resource.site_id == Site.id, col(Resource.active), ~col(Site.closed))
        .where(col(Resource.kind).in_(ROOM_KINDS))
        .order_by(col(Site.kind), col(Site.name), col(Resource.name))
    )
    if area is not None:
        own = select(Organisation.id).where(Organisation.area == area)
        query = query.where(or_(col(Site.area) == area, col(Site.organisation_id).in_(own)))
    return [
        Room(room.id, room.name, room.kind, site.id, site.name, site.kind)
        for room, site in session.exec(query)
    ]


def taken(session: Session, window: Interval) -> list[Taken]:
    """Reservations of confirmed bookings that touch the window."""
    query = (
        columns(
            col(Reservation.resource_id),
            col(Booking.hearing_id),
            col(Reservation.purpose),
            col(Reservation.starts_at),
            col(Reservation.ends_at),
        )
        .where(col(Reservation.booking_id) == Booking.id, col(Booking.state) == BookingState.CONFIRMED)
        .where(col(Reservation.starts_at) < window.end, col(Reservation.ends_at) > window.start)
    )
    return [
        Taken(room_id, hearing_id, purpose, Interval(start, end))
        for room_id, hearing_id, purpose, start, end in session.execute(query)
    ]


def session_events(
    session: Session, hearings: Sequence[UUID]
) -> dict[UUID, list[tuple[datetime, EventKind]]]:
    """Starts, pauses, resumptions and ends of these hearings, each hearing's in order."""
    kinds = (
        EventKind.HEARING_STARTED,
        EventKind.HEARING_PAUSED,
        EventKind.HEARING_RESUMED,
        EventKind.HEARING_ENDED,
        EventKind.HEARING_REOPENED,
    )
    found: dict[UUID, list[tuple[datetime, EventKind]]] = defaultdict(list)
    for some in _by_500(hearings):
        query = (
            columns(col(EventRow.hearing_id), col(EventRow.at), col(EventRow.kind))
            .where(col(EventRow.hearing_id).in_(some), col(EventRow.kind).in_(kinds))
            .order_by(col(EventRow.at), col(EventRow.id))
        )
        for hearing_id, at, kind in session.execute(query):
            found[hearing_id].append((at, kind))
    return found


def happened(session: Session, window: Interval) -> list[Happened]:
    """Hearings whose latest kept booking starts in the window: confirmed, or released by vacating."""
    query: Any = (  # a row of more columns than the types count to
        columns(
            col(Hearing.id),
            col(Booking.courtroom_id),
            col(Booking.starts_at),
            col(Hearing.state),
            col(Hearing.started_at),
            col(Hearing.outcome),
            col(Hearing.end_cause),
            col(Booking.state).label("booking"),
        )
        .where(
            col(Booking.hearing_id) == Hearing.id,
            col(Booking.starts_at) >= window.start,
            col(Booking.starts_at) < window.end,
        )
        .where(col(Booking.state).in_((BookingState.CONFIRMED, BookingState.RELEASED)))
        .order_by(col(Booking.starts_at), col(Booking.id))
    )
    latest: dict[UUID, Happened] = {}
    for *facts, booking in session.execute(query):
        one = Happened(*facts)
        if booking is BookingState.CONFIRMED or one.state is HearingState.VACATED:
            latest[one.id] = one
    return list(latest.values())


def officer_links(session: Session, hearings: Sequence[UUID]) -> list[OfficerLink]:
    """Officers' links into those of these hearings that are over."""
    found: list[OfficerLink] = []
    for some in _by_500(hearings):
        query = (
            select(Link, Hearing)
            .where(Link.hearing_id == Hearing.id, Link.part == Part.OFFICER, col(Link.person_id).is_not(None))
            .where(col(Hearing.id).in_(some))
            .where(col(Hearing.state).in_((HearingState.ENDED, HearingState.VACATED)))
        )
        found += [
            OfficerLink(
                link.person_id,
                hearing.id,
                link.arrived_at,
                link.left_at,
                hearing.ended_at,
                hearing.outcome,
                hearing.state is HearingState.VACATED,
            )
            for link, hearing in session.exec(query)
            if link.person_id is not None
        ]
    return found


def _by_500(ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    """SQLite takes a bounded number of parameters."""
    return (ids[i : i + 500] for i in range(0, len(ids), 500))
