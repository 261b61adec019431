"""Named queries on bookings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from court_link.domain.booking import BookingState
from court_link.domain.ids import new_id
from court_link.domain.requirements import Demand, Needs, quarters
from court_link.domain.times import Interval
from court_link.store.buckets import Key
from court_link.store.hearings import LIVE_BOOKING
from court_link.store.prepared import Prepared, plain
from court_link.store.tables import Booking as BookingRow


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking as it stands at a time: a hold past its time is lapsed, whether or not the tick came by."""

    id: UUID
    hearing_id: UUID
    state: BookingState
    courtroom_id: UUID
    slot: Interval
    hold_expires_at: datetime | None
    needs: Needs
    held_by: UUID | None
    version: int


def value(row: BookingRow, now: datetime) -> Booking:
    """The frozen value of a row as of `now`."""
    return Booking(
        id=row.id,
        hearing_id=row.hearing_id,
        state=BookingState.LAPSED if lapsed(row, now) else row.state,
        courtroom_id=row.courtroom_id,
        slot=Interval(row.starts_at, row.ends_at),
        hold_expires_at=row.hold_expires_at,
        needs=Needs.read(row.needs["needs"]),
        held_by=row.held_by,
        version=row.version,
    )


def lapsed(row: BookingRow, now: datetime) -> bool:
    """Whether this is a hold whose time is over."""
    expires = row.hold_expires_at
    return row.state is BookingState.PROVISIONAL and expires is not None and expires <= now


def write(
    session: Session,
    hearing_id: UUID,
    needs: Needs,
    demands: Sequence[Demand],
    start: datetime,
    *,
    hold_expires_at: datetime | None,
    held_by: UUID | None,
) -> Booking:
    """A new booking: provisional until `hold_expires_at`, confirmed when there is none."""
    made = Booking(
        id=new_id(),
        hearing_id=hearing_id,
        state=BookingState.PROVISIONAL if hold_expires_at else BookingState.CONFIRMED,
        courtroom_id=needs.courtroom_id,
        slot=Interval(start, start + needs.length),
        hold_expires_at=hold_expires_at,
        needs=needs,
        held_by=held_by,
        version=1,
    )
    row = {
        "id": made.id,
        "hearing_id": hearing_id,
        "state": made.state,
        "courtroom_id": made.courtroom_id,
        "starts_at": made.slot.start,
        "ends_at": made.slot.end,
        "hold_expires_at": hold_expires_at,
        "needs": {"needs": needs.document(), "taken": [_taken(demand) for demand in demands]},
        "held_by": held_by,
        "version": made.version,
    }
    _WRITE.run(session, [row])
    return made


_WRITE = plain(BookingRow.__table__)  # type: ignore[attr-defined]


def units_taken(row: BookingRow) -> dict[Key, int]:
    """What the booking took of each bucket when it was made, whatever has changed since."""
    slot = Interval(row.starts_at, row.ends_at)
    units: dict[Key, int] = {}
    for pool, count, before, after in row.needs["taken"]:
        span = slot.widened(before * _MINUTE, after * _MINUTE)
        for quarter in quarters(span):
            units[pool, quarter] = count
    return units


_MINUTE = timedelta(minutes=1)


def _taken(demand: Demand) -> list[Any]:
    return [demand.pool.key, demand.units, demand.before // _MINUTE, demand.after // _MINUTE]


def hearing_of(session: Session, booking_id: UUID) -> UUID | None:
    """The hearing that a booking is of: its lock comes before the booking's."""
    return session.execute(
        select(col(BookingRow.hearing_id)).where(col(BookingRow.id) == booking_id)
    ).scalar()


def one(session: Session, booking_id: UUID) -> BookingRow | None:
    """A booking, or None."""
    return session.get(BookingRow, booking_id)


def locked(session: Session, booking_id: UUID) -> BookingRow:
    """A booking that exists, locked."""
    return session.get_one(BookingRow, booking_id, with_for_update=True)


def live(session: Session, *hearing_ids: UUID, lock: bool = True) -> Sequence[BookingRow]:
    """The rows that still hold resources for these hearings, lapsed holds among them, in id order."""
    found = (_LIVE_LOCKED if lock else _LIVE).rows(session, {"ids": list(hearing_ids)})
    if not found:  # as for most that are booked
        return []
    rows = select(BookingRow).where(col(BookingRow.id).in_([id_ for (id_,) in found]))
    return session.execute(rows.order_by(col(BookingRow.id))).scalars().all()


_LIVE_IDS = (
    select(col(BookingRow.id))
    .where(
        col(BookingRow.hearing_id).in_(bindparam("ids", expanding=True)),
        col(BookingRow.state).in_(LIVE_BOOKING),
    )
    .order_by(col(BookingRow.id))
)
_LIVE, _LIVE_LOCKED = Prepared(_LIVE_IDS), Prepared(_LIVE_IDS.with_for_update())


def lapsed_within(session: Session, within: Interval, now: datetime) -> Sequence[BookingRow]:
    """Holds over an interval whose time is over and that the tick has not let go yet."""
    query = select(BookingRow).where(
        col(BookingRow.state) == BookingState.PROVISIONAL,
        col(BookingRow.hold_expires_at) <= now,
        col(BookingRow.starts_at) < within.end,
        col(BookingRow.ends_at) > within.start,
    )
    return session.execute(query.order_by(col(BookingRow.id))).scalars().all()


def holds(session: Session, booking_ids: Collection[UUID]) -> Sequence[BookingRow]:
    """Those of these bookings that are still provisional, locked in id order, as they stand now."""
    query = select(BookingRow).where(
        col(BookingRow.id).in_(booking_ids), col(BookingRow.state) == BookingState.PROVISIONAL
    )
    return (
        session.execute(
            query.order_by(col(BookingRow.id)).with_for_update().execution_options(populate_existing=True)
        )
        .scalars()
        .all()
    )


def of_hearings(session: Session, hearing_ids: Collection[UUID], now: datetime) -> Mapping[UUID, Booking]:
    """The booking that stands at `now` of each hearing that has one."""
    rows = session.execute(
        select(BookingRow)
        .where(col(BookingRow.hearing_id).in_(hearing_ids), col(BookingRow.state).in_(LIVE_BOOKING))
        .order_by(col(BookingRow.id))
    ).scalars()
    standing = (value(row, now) for row in rows if not lapsed(row, now))
    return {booking.hearing_id: booking for booking in standing}
