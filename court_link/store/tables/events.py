"""Events, their seals, their personal text apart, and who has been told."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Integer
from sqlmodel import Field, SQLModel

from court_link.domain.events import EventKind
from court_link.domain.ids import new_id
from court_link.store.columns import document, moment, word


class EventRow(SQLModel, table=True):
    """What happened, in ids and codes; written in the change's own transaction, never updated."""

    __tablename__ = "event"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: EventKind = Field(sa_column=word(EventKind, index=True))
    at: datetime = Field(sa_column=moment())
    actor_kind: str
    actor_id: UUID | None = Field(default=None, index=True)
    organisation_id: UUID | None = None
    hearing_id: UUID | None = Field(default=None, index=True)
    subject_id: UUID | None = None
    request_id: str = ""
    data: dict[str, Any] = Field(sa_column=document())


class UnsealedEvent(SQLModel, table=True):
    """An event that awaits its seal, in the order of writing. The sealer empties this table."""

    __tablename__ = "unsealed_event"

    position: int | None = Field(
        default=None, sa_column=Column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)
    )
    event_id: UUID = Field(foreign_key="event.id")


class EventSeal(SQLModel, table=True):
    """The gapless order and hash chain, given after commit by the one sealer."""

    __tablename__ = "event_seal"

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    event_id: UUID = Field(foreign_key="event.id", unique=True)
    hash: str


class SubjectSalt(SQLModel, table=True):
    """One salt per person or matter: destroying it erases what was said of them from the chain."""

    __tablename__ = "subject_salt"

    subject_id: UUID = Field(primary_key=True)
    salt: bytes


class EventDetail(SQLModel, table=True):
    """Personal text of an event, by name; the event's data carries its salted digest."""

    __tablename__ = "event_detail"

    event_id: UUID = Field(foreign_key="event.id", primary_key=True)
    name: str = Field(primary_key=True)
    subject_id: UUID = Field(index=True)
    text: str


class DeliveryCursor(SQLModel, table=True):
    """How far one handler has looked: what it wants of the events up to `seq` stands in `delivery`."""

    __tablename__ = "delivery_cursor"

    handler: str = Field(primary_key=True)
    seq: int = 0


class Delivery(SQLModel, table=True):
    """One sealed event for one handler: leased, done, then marked. Leases are in real time."""

    __table_args__ = (Index("delivery_handler", "handler", "done_at", "leased_until"),)

    seq: int = Field(primary_key=True)
    handler: str = Field(primary_key=True)
    leased_until: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    attempts: int = 0
    done_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    error: str = ""
