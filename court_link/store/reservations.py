"""Named queries on reservations: what clashes, what is taken, writing and dropping.

The database itself refuses an overlap (`store.constraints`); these queries find it first, to say who and
until when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, text
from sqlmodel import Session, col

from court_link.domain.booking import BookingState, Purpose
from court_link.domain.ids import new_id
from court_link.domain.requirements import Taking
from court_link.domain.times import Interval
from court_link.store.tables import Booking, Hearing, Reservation


@dataclass(frozen=True, slots=True)
class Held:
    """One reservation, with whose it is."""

    resource_id: UUID
    interval: Interval
    purpose: Purpose
    booking_id: UUID
    hearing_id: UUID
    title: str
    provisional: bool
    hold_expires_at: datetime | None

    def lapsed(self, now: datetime) -> bool:
        """Whether it is of a hold whose time is over, whether or not the tick has come by."""
        return self.provisional and self.hold_expires_at is not None and self.hold_expires_at <= now


def clashes(session: Session, wanted: Sequence[tuple[UUID, Interval]]) -> list[Held]:
    """For each resource and interval the last reservation that clashes with it, if any does.

    Reservations of one resource never overlap, so only the last that starts before our end can reach into
    our interval: one index seek each. The caller holds the resources' locks.
    """
    together = session.get_bind().dialect.name == "postgresql"
    found = _seek_together(session, wanted) if together else _seek_each(session, wanted)
    return _held(session, select(*_HELD).where(col(Reservation.id).in_(found))) if found else []


def _seek_each(session: Session, wanted: Sequence[tuple[UUID, Interval]]) -> list[UUID]:
    found = []
    for resource_id, interval in wanted:
        last = session.execute(
            select(col(Reservation.id), col(Reservation.ends_at))
            .where(col(Reservation.resource_id) == resource_id, col(Reservation.starts_at) < interval.end)
            .order_by(col(Reservation.starts_at).desc())
            .limit(1)
        ).first()
        if last is not None and last.ends_at > interval.start:
            found.append(last.id)
    return found


_LATERAL = text(
    "SELECT last.id FROM unnest(CAST(:resources AS uuid[]), CAST(:starts AS timestamptz[]),"
    " CAST(:ends AS timestamptz[])) AS wanted(resource_id, starts_at, ends_at)"
    " CROSS JOIN LATERAL (SELECT id, ends_at FROM reservation WHERE resource_id = wanted.resource_id"
    " AND starts_at < wanted.ends_at ORDER BY starts_at DESC LIMIT 1) AS last"
    " WHERE last.ends_at > wanted.starts_at"
)


def _seek_together(session: Session, wanted: Sequence[tuple[UUID, Interval]]) -> list[UUID]:
    """The same seeks in one round trip. `= ANY` against the exclusion's index would scan instead."""
    rows = session.execute(
        _LATERAL,
        {
            "resources": [resource_id for resource_id, _ in wanted],
            "starts": [interval.start for _, interval in wanted],
            "ends": [interval.end for _, interval in wanted],
        },
    )
    return list(rows.scalars())


def taken(
    session: Session,
    resource_ids: Iterable[UUID],
    within: Interval,
    now: datetime,
    *,
    but_of: UUID | None = None,
) -> dict[UUID, list[Held]]:
    """What takes each resource within an interval, in order; lapsed holds and `but_of`'s own left out.

    One indexed query a resource.
    """
    found = {}
    for resource_id in resource_ids:
        held = _held(
            session,
            select(*_HELD)
            .where(
                col(Reservation.resource_id) == resource_id,
                col(Reservation.starts_at) < within.end,
                col(Reservation.ends_at) > within.start,
            )
            .order_by(col(Reservation.starts_at)),
        )
        found[resource_id] = [each for each in held if not each.lapsed(now) and each.hearing_id != but_of]
    return found


def write(session: Session, booking_id: UUID, takings: Iterable[Taking]) -> None:
    """Reserve. Raises the database's own refusal, which the store makes SlotTaken, should one overlap."""
    session.execute(
        insert(Reservation),
        [
            {
                "id": new_id(),
                "resource_id": taking.resource_id,
                "starts_at": taking.interval.start,
                "ends_at": taking.interval.end,
                "booking_id": booking_id,
                "purpose": taking.purpose,
            }
            for taking in takings
        ],
    )


def drop(session: Session, booking_ids: Collection[UUID]) -> None:
    """Delete the reservations of these bookings."""
    session.execute(
        delete(Reservation)
        .where(col(Reservation.booking_id).in_(booking_ids))
        .execution_options(synchronize_session=False)
    )


_HELD = (
    col(Reservation.resource_id),
    col(Reservation.starts_at),
    col(Reservation.ends_at),
    col(Reservation.purpose),
    col(Reservation.booking_id),
    col(Booking.hearing_id),
    col(Booking.state),
    col(Booking.hold_expires_at),
    col(Hearing.title),
)


def _held(session: Session, query: Any) -> list[Held]:
    joined = query.join(Booking, col(Booking.id) == col(Reservation.booking_id)).join(
        Hearing, col(Hearing.id) == col(Booking.hearing_id)
    )
    return [
        Held(
            resource_id=row.resource_id,
            interval=Interval(row.starts_at, row.ends_at),
            purpose=row.purpose,
            booking_id=row.booking_id,
            hearing_id=row.hearing_id,
            title=row.title,
            provisional=row.state is BookingState.PROVISIONAL,
            hold_expires_at=row.hold_expires_at,
        )
        for row in session.execute(joined)
    ]
