"""What stands of a hearing, and letting it go: its reservations are dropped, its buckets given back.

Every verb that lets go says so in an event. Units of the counted pools are handed to the caller, who knows
whether they are given back as they are or taken again at once, in one pass over the buckets in key order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from court_link.domain import booking as booking_states
from court_link.domain.booking import BookingEvent
from court_link.domain.context import Context
from court_link.domain.events import EventKind
from court_link.store import Session, bookings, buckets, due, events, hearings, reservations
from court_link.store.bookings import Booking
from court_link.store.due import DueKind
from court_link.store.tables import Booking as BookingRow
from court_link.store.tables import Hearing

#: What is due of a hearing while it is booked.
HEARING_DUE = (DueKind.OPEN_LOBBY, DueKind.END_FORGOTTEN)
#: Units of each bucket.
Units = Counter[buckets.Key]

_LET_GO = {
    BookingEvent.RELEASE: EventKind.BOOKING_RELEASED,
    BookingEvent.LAPSE: EventKind.BOOKING_LAPSED,
}


def let_go(
    session: Session, ctx: Context, hearing: Hearing, rows: Sequence[BookingRow], event: BookingEvent
) -> None:
    """Give back all that these bookings of a hearing take, forget what was due for them, and say so."""
    buckets.give_back(session, drop(session, ctx, hearing, rows, event))


def lapse(session: Session, ctx: Context, booking_ids: Collection[UUID]) -> Units:
    """Drop those of these holds whose time is over; answers the units that are still to be given back."""
    units: Units = Counter()
    for row in bookings.holds(session, booking_ids):
        if bookings.lapsed(row, ctx.now):
            units += drop(session, ctx, hearings.row(session, row.hearing_id), [row], BookingEvent.LAPSE)
    return units


def drop(
    session: Session, ctx: Context, hearing: Hearing, rows: Sequence[BookingRow], event: BookingEvent
) -> Units:
    """Let these bookings of a hearing go but for their buckets: answers the units still to be given back."""
    for row in rows:
        record(session, ctx, _LET_GO[event], hearing, bookings.value(row, ctx.now))
        if row.hold_expires_at is None:
            due.forget(session, [hearing.id], HEARING_DUE)
    return free(session, rows, event)


def free(session: Session, rows: Sequence[BookingRow], event: BookingEvent) -> Units:
    """These bookings take nothing any more, without a word; answers the units still to be given back."""
    units: Units = Counter()
    for row in rows:
        row.state, row.version = booking_states.after(row.state, event), row.version + 1
        units.update(bookings.units_taken(row))
    if rows:
        due.forget(session, [row.id for row in rows])
        reservations.drop(session, [row.id for row in rows])
    return units


def record(
    session: Session,
    ctx: Context,
    kind: EventKind,
    hearing: Hearing,
    booking: Booking,
    **more: Any,
) -> None:
    """Write down what became of a booking, in ids and times."""
    events.record(
        session,
        ctx,
        kind,
        hearing_id=hearing.id,
        organisation_id=hearing.court_id,
        subject_id=booking.id,
        data=facts(booking) | more,
    )


def facts(booking: Booking) -> dict[str, Any]:
    """A booking as events tell of it."""
    return {
        "courtroom": str(booking.courtroom_id),
        "starts_at": booking.slot.start.isoformat(),
        "ends_at": booking.slot.end.isoformat(),
        "resources": [str(each) for each in booking.needs.resource_ids],
    }
