"""Named queries on what a longer hearing pushes: every booking of a day that takes any of some resources."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from court_link.domain.hearing import HearingState
from court_link.domain.times import Interval
from court_link.store import bookings
from court_link.store.bookings import Booking
from court_link.store.hearings import LIVE_BOOKING
from court_link.store.tables import Booking as BookingRow
from court_link.store.tables import Hearing, Reservation

_LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A booking that stands, and whose hearing it is. The title is personal."""

    booking: Booking
    court_id: UUID
    title: str
    state: HearingState


def taking(
    session: Session, resource_ids: Collection[UUID], within: Interval, now: datetime
) -> list[Neighbour]:
    """The bookings that take any of these resources within an interval; lapsed holds are left out."""
    taken = select(col(Reservation.booking_id)).where(
        col(Reservation.resource_id).in_(resource_ids),
        col(Reservation.starts_at) > within.start - _LONGEST,
        col(Reservation.starts_at) < within.end,
        col(Reservation.ends_at) > within.start,
    )
    rows = session.execute(
        select(BookingRow, col(Hearing.court_id), col(Hearing.title), col(Hearing.state))
        .join(Hearing, col(Hearing.id) == col(BookingRow.hearing_id))
        .where(col(BookingRow.id).in_(taken), col(BookingRow.state).in_(LIVE_BOOKING))
        .order_by(col(BookingRow.starts_at), col(BookingRow.id))
    )
    return [
        Neighbour(bookings.value(row, now), court_id, title, state)
        for row, court_id, title, state in rows
        if not bookings.lapsed(row, now)
    ]
