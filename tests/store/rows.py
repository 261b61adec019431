"""The fewest rows that a reservation can stand on, and statements that go round the product's own checks."""

from datetime import datetime, timedelta
from uuid import UUID

from court_link.domain.booking import BookingState, Purpose, ResourceKind
from court_link.domain.context import SYSTEM, Context
from court_link.domain.events import EventKind
from court_link.domain.ids import new_id
from court_link.domain.roles import OrganisationKind
from court_link.store import Session, events
from court_link.store.tables import Booking, Hearing, Organisation, Reservation, Resource

CTX = Context(SYSTEM)


def add_room(session: Session, ctx: Context) -> UUID:
    """A courtroom of a court of its own."""
    court = Organisation(kind=OrganisationKind.COURT, name="Example Magistrates' Court")
    session.add(court)
    session.flush()
    room = Resource(kind=ResourceKind.COURTROOM, organisation_id=court.id, name="Courtroom 1")
    session.add(room)
    session.flush()
    return room.id


def add_booking(session: Session, ctx: Context, room: UUID, starts_at: datetime, ends_at: datetime) -> UUID:
    """A hearing booked into a room, with its event; nothing checks that the room is free."""
    court = session.get_one(Resource, room).organisation_id
    hearing = Hearing(
        court_id=court,
        title="R v Example",
        hearing_type="First appearance",
        listed_day=starts_at.date(),
        listed_at=starts_at,
        minutes=20,
        channels=[],
    )
    session.add(hearing)
    session.flush()
    booking = Booking(
        hearing_id=hearing.id,
        state=BookingState.CONFIRMED,
        courtroom_id=room,
        starts_at=starts_at,
        ends_at=ends_at,
        needs={},
    )
    session.add(booking)
    session.flush()
    add_reservation(session, ctx, room, booking.id, starts_at, ends_at)
    events.record(session, ctx, EventKind.BOOKING_CONFIRMED, hearing_id=hearing.id, subject_id=booking.id)
    return booking.id


def add_reservation(
    session: Session, ctx: Context, room: UUID, booking: UUID, starts_at: datetime, ends_at: datetime
) -> UUID:
    row = Reservation(
        id=new_id(),
        resource_id=room,
        starts_at=starts_at,
        ends_at=ends_at,
        booking_id=booking,
        purpose=Purpose.HEARING,
    )
    session.add(row)
    session.flush()
    return row.id


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)
