"""Bookings and what they take: exclusive reservations and counted buckets."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from court_link.domain.booking import BookingState, Purpose
from court_link.domain.ids import new_id
from court_link.store.columns import document, moment, word


class Booking(SQLModel, table=True):
    """All of a hearing's reservations, or none."""

    __table_args__ = (Index("booking_room_start", "courtroom_id", "starts_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    hearing_id: UUID = Field(foreign_key="hearing.id", index=True)
    state: BookingState = Field(sa_column=word(BookingState))
    courtroom_id: UUID = Field(foreign_key="resource.id")
    starts_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    hold_expires_at: datetime | None = Field(default=None, sa_column=moment(nullable=True, index=True))
    needs: dict[str, Any] = Field(sa_column=document())  # the requirement it was made for
    held_by: UUID | None = None
    version: int = 1


class Reservation(SQLModel, table=True):
    """One resource, one half-open interval, one purpose.

    Overlap on one resource is refused by the database: EXCLUDE USING gist on PostgreSQL, a trigger on
    SQLite; both are written in `store.constraints` and asserted after every migration.
    """

    __table_args__ = (
        Index("reservation_resource_start", "resource_id", "starts_at"),
        CheckConstraint("starts_at < ends_at", name="reservation_forwards"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    resource_id: UUID = Field(foreign_key="resource.id")
    starts_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    booking_id: UUID = Field(foreign_key="booking.id", index=True)
    purpose: Purpose = Field(sa_column=word(Purpose))


class CapacityBucket(SQLModel, table=True):
    """How much of a pool is used in one quarter of an hour. `pool` is `<kind>` or `<kind>:<site id>`.

    A cap may fall below what is used when staff go sick (flagged, never silently broken), so the guard
    `used + n <= cap` is in the update, not in a constraint.
    """

    __tablename__ = "capacity_bucket"
    __table_args__ = (CheckConstraint("used >= 0", name="bucket_not_negative"),)

    pool: str = Field(primary_key=True)
    slot: datetime = Field(sa_column=moment(primary_key=True))
    used: int = 0
    cap: int


class Waiting(SQLModel, table=True):
    """A hearing on its court's wait list: a released slot is offered to the best match, provisionally."""

    __tablename__ = "waitlist"
    __table_args__ = (Index("waitlist_court", "court_id", "earliest"),)

    hearing_id: UUID = Field(foreign_key="hearing.id", primary_key=True)
    court_id: UUID = Field(foreign_key="organisation.id")
    needs: dict[str, Any] = Field(sa_column=document())
    courtrooms: list[str] = Field(default_factory=list, sa_column=document())  # ids that would do
    earliest: date
    latest: date
    urgent: bool = False
    offered_booking_id: UUID | None = None  # the provisional booking that it has been offered
    declined: list[str] = Field(default_factory=list, sa_column=document())  # starts that were declined
    added_by: UUID | None = None
    added_at: datetime = Field(sa_column=moment())
    version: int = 1


class Idempotency(SQLModel, table=True):
    """What a write answered, so that a retry with the same key gets the same answer."""

    actor_id: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True)
    use_case: str
    request_digest: str
    response: dict[str, Any] = Field(sa_column=document())
    created_at: datetime = Field(sa_column=moment(index=True))
