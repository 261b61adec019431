"""Ways of booking to be held beside ours; each writes every row that a booking of ours writes.

*raw*: plain inserts, a table at a time; nothing is locked, looked up or checked. *naive*: the shape of
Indico's room booking, in which each room has a reservation whose occurrences know the times, and one inserts,
flushes, and then asks for what overlaps. *constraint*: raw, into the same rooms as everybody else in whatever
order, with the database's own guard and nothing before it. *in_order*: the same, in one order for all.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Table, Uuid, and_, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, contains_eager, mapped_column, relationship
from sqlmodel import Session, SQLModel

from benchmarks.docket import COURT, Desk
from court_link.domain.context import Context
from court_link.domain.errors import SlotTaken
from court_link.domain.ids import new_id
from court_link.store.columns import Moment

#: Tables whose rows a booking writes, in an order that foreign keys allow.
WRITTEN = (
    "booking", "reservation", "capacity_bucket", "hearing_organisation", "link", "live_room", "due_job",
    "event", "unsealed_event", "idempotency",
)  # fmt: skip
#: Every row of one booking, by table.
Rows = dict[str, list[dict[str, Any]]]
Shape = Callable[[Session, Context, Rows], None]


def table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


def written(session: Session, ctx: Context, hearing: UUID) -> Rows:
    """The rows that the booking of a hearing wrote: called after the first of all, so that every bucket and
    every key is its own.
    """

    def rows(name: str, *where: Any) -> list[dict[str, Any]]:
        found = session.execute(select(table(name)).where(*where)).mappings()
        return [{key: value for key, value in row.items() if key != "xid"} for row in found]

    (made,) = rows("booking", table("booking").c.hearing_id == hearing)
    concerned = table("hearing_organisation").c
    found = {
        "booking": [made],
        "reservation": rows("reservation", table("reservation").c.booking_id == made["id"]),
        "capacity_bucket": rows("capacity_bucket"),
        "hearing_organisation": rows(
            "hearing_organisation", concerned.hearing_id == hearing, concerned.organisation_id != COURT
        ),
        "due_job": rows("due_job", table("due_job").c.subject_id == hearing),
        "idempotency": rows("idempotency"),
    }
    for name in ("link", "live_room", "event"):
        found[name] = rows(name, table(name).c.hearing_id == hearing)
    found["unsealed_event"] = [{"event_id": event["id"]} for event in found["event"]]
    return found


def copied(rows: Rows, model: Desk, desk: Desk, hearing: UUID, start: datetime) -> Rows:
    """The same rows as a booking of this desk's would write them: ids of its own, its hour, its hearing."""
    old = rows["booking"][0]
    moved = start - old["starts_at"]
    fresh = dict(zip(model.five, desk.five, strict=True)) | {old["hearing_id"]: hearing}
    for name in ("booking", "reservation", "link", "event", "due_job"):
        fresh |= {row["id"]: new_id() for row in rows[name]}

    def changed(name: str, row: dict[str, Any]) -> dict[str, Any]:
        new = {
            key: fresh.get(value, value) if isinstance(value, UUID) else value for key, value in row.items()
        }
        for key in ("starts_at", "ends_at", "due_at", "slot"):
            if key in new:
                new[key] += moved
        if name == "capacity_bucket":
            new["pool"] = f"{new['pool']} {fresh[old['id']]}"
        if name == "idempotency":
            new["key"] = str(new_id())
        return new

    return {name: [changed(name, row) for row in rows[name]] for name in WRITTEN}


def raw(session: Session, ctx: Context, rows: Rows) -> None:
    """Plain inserts."""
    _insert(session, rows, WRITTEN)


def constraint(session: Session, ctx: Context, rows: Rows) -> None:
    """`in_order`, but in an order of chance."""
    shuffled = random.sample(rows["reservation"], len(rows["reservation"]))
    in_order(session, ctx, rows | {"reservation": shuffled})


def in_order(session: Session, ctx: Context, rows: Rows) -> None:
    """Plain inserts, refused by the database alone. Raises SlotTaken; OperationalError where they end in a
    deadlock or wait too long.
    """
    try:
        _insert(session, rows, WRITTEN)
    except IntegrityError as refused:
        raise SlotTaken from refused


def naive(session: Session, ctx: Context, rows: Rows) -> None:
    """Insert, flush, ask what overlaps. Raises SlotTaken."""
    _insert(session, rows, [name for name in WRITTEN if name != "reservation"])
    made = [_of_room(room, whole) for room, whole in _rooms(rows["reservation"]).items()]
    session.add_all(made)
    session.flush()
    for occurrence in made:
        overlapping = (
            select(NaiveOccurrence)
            .join(NaiveOccurrence.reservation)
            .options(contains_eager(NaiveOccurrence.reservation))
            .where(
                NaiveReservation.room_id == occurrence.reservation.room_id,
                NaiveReservation.id != occurrence.reservation.id,
                NaiveReservation.accepted,
                NaiveOccurrence.valid,
                and_(
                    NaiveOccurrence.start_dt < occurrence.end_dt, NaiveOccurrence.end_dt > occurrence.start_dt
                ),
            )
        )
        if session.execute(overlapping).scalars().all():
            raise SlotTaken


class Naive(DeclarativeBase):
    """Tables of that shape, beside ours."""


class NaiveReservation(Naive):
    """Knows the room."""

    __tablename__ = "naive_reservation"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    room_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    accepted: Mapped[bool]


class NaiveOccurrence(Naive):
    """Knows the times."""

    __tablename__ = "naive_occurrence"

    reservation_id: Mapped[UUID] = mapped_column(ForeignKey("naive_reservation.id"), primary_key=True)
    start_dt: Mapped[datetime] = mapped_column(Moment, primary_key=True, index=True)
    end_dt: Mapped[datetime] = mapped_column(Moment, index=True)
    valid: Mapped[bool]
    reservation: Mapped[NaiveReservation] = relationship()


def fill_naive(session: Session, ctx: Context) -> None:
    """Give that shape all that stands in ours."""
    Naive.metadata.create_all(session.connection())
    for statement in (
        "INSERT INTO naive_reservation (id, room_id, accepted) SELECT id, resource_id, true FROM reservation",
        "INSERT INTO naive_occurrence (reservation_id, start_dt, end_dt, valid)"
        " SELECT id, starts_at, ends_at, true FROM reservation",
        "ANALYZE naive_reservation",
        "ANALYZE naive_occurrence",
    ):
        session.execute(text(statement))


def _rooms(reservations: Sequence[dict[str, Any]]) -> dict[UUID, tuple[datetime, datetime]]:
    """Each room with all of the time that it is wanted for."""
    rooms: dict[UUID, tuple[datetime, datetime]] = {}
    for row in reservations:
        start, end = rooms.get(row["resource_id"], (row["starts_at"], row["ends_at"]))
        rooms[row["resource_id"]] = min(start, row["starts_at"]), max(end, row["ends_at"])
    return rooms


def _of_room(room: UUID, whole: tuple[datetime, datetime]) -> NaiveOccurrence:
    of = NaiveReservation(id=new_id(), room_id=room, accepted=True)
    return NaiveOccurrence(reservation=of, start_dt=whole[0], end_dt=whole[1], valid=True)


def _insert(session: Session, rows: Rows, names: Sequence[str]) -> None:
    connection = session.connection()
    for name in names:
        connection.execute(insert(table(name)), rows[name])
