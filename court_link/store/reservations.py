"""Named queries on reservations: what clashes, what is taken, writing and dropping.

The database itself refuses an overlap (`store.constraints`); these queries find it first, to say who and
until when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, case, delete, select, union_all
from sqlmodel import Session, col

from court_link.domain.booking import BookingState, Purpose
from court_link.domain.ids import new_id
from court_link.domain.requirements import Taking
from court_link.domain.times import Interval
from court_link.store.columns import Moment
from court_link.store.prepared import Prepared, plain
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
    our interval: one index seek each, all in one statement (`= ANY` against the exclusion's index would scan
    instead). The caller holds the resources' locks.
    """
    given = {
        f"{name}_{number}": value
        for number, (resource_id, interval) in enumerate(wanted)
        for name, value in (("resource", resource_id), ("start", interval.start), ("end", interval.end))
    }
    found = [id_ for (id_,) in _seeks(len(wanted)).rows(session, given) if id_ is not None]
    return [_held(row) for row in _BY_ID.rows(session, {"ids": found})] if found else []


@cache
def _seeks(count: int) -> Prepared:
    """A seek for each of so many resources: the last reservation before the end, if it reaches the start."""
    return Prepared(union_all(*(select(_seek(number)) for number in range(count))))


def _seek(number: int) -> Any:
    start, end = bindparam(f"start_{number}", type_=Moment), bindparam(f"end_{number}", type_=Moment)
    resource = bindparam(f"resource_{number}", type_=Uuid)
    return (
        select(case((col(Reservation.ends_at) > start, col(Reservation.id))))
        .where(col(Reservation.resource_id) == resource, col(Reservation.starts_at) < end)
        .order_by(col(Reservation.starts_at).desc())
        .limit(1)
        .scalar_subquery()
    )


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
        given = {"resource": resource_id, "start": within.start, "end": within.end}
        held = [_held(row) for row in _WITHIN.rows(session, given)]
        found[resource_id] = [each for each in held if not each.lapsed(now) and each.hearing_id != but_of]
    return found


def write(session: Session, booking_id: UUID, takings: Iterable[Taking]) -> None:
    """Reserve. Raises the database's own refusal, which the store makes SlotTaken, should one overlap."""
    rows = [
        {
            "id": new_id(),
            "resource_id": taking.resource_id,
            "starts_at": taking.interval.start,
            "ends_at": taking.interval.end,
            "booking_id": booking_id,
            "purpose": taking.purpose,
        }
        for taking in takings
    ]
    _WRITE.run(session, rows)


_WRITE = plain(Reservation.__table__)  # type: ignore[attr-defined]


def drop(session: Session, booking_ids: Collection[UUID]) -> None:
    """Delete the reservations of these bookings."""
    session.execute(
        delete(Reservation)
        .where(col(Reservation.booking_id).in_(booking_ids))
        .execution_options(synchronize_session=False)
    )


_HELD = (
    select(
        col(Reservation.resource_id),
        col(Reservation.starts_at),
        col(Reservation.ends_at),
        col(Reservation.purpose),
        col(Reservation.booking_id),
        col(Booking.hearing_id),
        col(Hearing.title),
        col(Booking.state),
        col(Booking.hold_expires_at),
    )
    .join(Booking, col(Booking.id) == col(Reservation.booking_id))
    .join(Hearing, col(Hearing.id) == col(Booking.hearing_id))
)
_BY_ID = Prepared(_HELD.where(col(Reservation.id).in_(bindparam("ids", expanding=True))))
_WITHIN = Prepared(
    _HELD.where(
        col(Reservation.resource_id) == bindparam("resource"),
        col(Reservation.starts_at) < bindparam("end"),
        col(Reservation.ends_at) > bindparam("start"),
    ).order_by(col(Reservation.starts_at))
)


def _held(row: tuple[Any, ...]) -> Held:
    resource_id, starts_at, ends_at, purpose, booking_id, hearing_id, title, state, hold_expires_at = row
    return Held(
        resource_id,
        Interval(starts_at, ends_at),
        purpose,
        booking_id,
        hearing_id,
        title,
        state is BookingState.PROVISIONAL,
        hold_expires_at,
    )
