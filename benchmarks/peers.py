"""The shapes in which two others look for a free time, written anew over the same data.

*Indico* (room booking) keeps occurrences apart from the reservations that know the room, each time indexed by
itself. It books one room at a time, so it asks for the occurrences that overlap a candidate day of one room
after another, as objects of its mapper; what is free of a day is then worked out in Python. *cal.com* reads
every booking of everyone over the whole range in one query and holds each slot against each of them. Both
stop here at the tenth time, which is kinder than they are; both look at every five minutes
in which the courtroom sits, as ours does, and count what ours offers: the quarters of an hour, and where a
free stretch begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Uuid, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, contains_eager, mapped_column, relationship

from benchmarks.diaries import NOW
from court_link.domain.requirements import Needs
from court_link.store import tables
from court_link.store.columns import Moment

_STEP = timedelta(minutes=5)
_QUARTER = 15


class Base(DeclarativeBase):
    """Tables of the shape of Indico's, beside ours."""


class PeerReservation(Base):
    """Knows the room."""

    __tablename__ = "peer_reservation"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    room_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    accepted: Mapped[bool]


class PeerOccurrence(Base):
    """Knows the times."""

    __tablename__ = "peer_occurrence"
    __table_args__ = (
        Index("peer_occurrence_start", "start_dt"),
        Index("peer_occurrence_end", "end_dt"),
    )

    reservation_id: Mapped[UUID] = mapped_column(ForeignKey("peer_reservation.id"), primary_key=True)
    start_dt: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    end_dt: Mapped[datetime] = mapped_column(Moment)
    valid: Mapped[bool]
    reservation: Mapped[PeerReservation] = relationship()


#: Our reservations as that shape has them: each is a reservation of its room, with one occurrence.
FILL = (
    "DELETE FROM peer_occurrence",
    "DELETE FROM peer_reservation",
    "INSERT INTO peer_reservation (id, room_id, accepted) SELECT id, resource_id, true FROM reservation",
    "INSERT INTO peer_occurrence (reservation_id, start_dt, end_dt, valid)"
    " SELECT id, starts_at, ends_at, true FROM reservation",
)


def fill(session: Session) -> None:
    """Copy what our tables hold into that shape."""
    Base.metadata.create_all(session.connection())
    for statement in FILL:
        session.execute(text(statement))


def candidates(day: datetime, length: timedelta) -> Iterator[datetime]:
    """The starts of a day in a courtroom that sits from nine to five."""
    at = day.replace(hour=9, minute=0)
    while day.weekday() < 5 and at + length <= day.replace(hour=17, minute=0):
        yield at
        at += _STEP


def offered(free: Sequence[datetime]) -> list[datetime]:
    """Those on the quarters of an hour, and the first of each stretch."""
    every = {*free}
    return [each for each in free if each.minute % _QUARTER == 0 or each - _STEP not in every]


def _days(count: int) -> Iterator[datetime]:
    for ahead in range(count):
        yield NOW.replace(hour=0) + timedelta(days=ahead)


def _spans(needs: Needs, start: datetime) -> list[tuple[UUID, datetime, datetime]]:
    found = []
    for resource in needs.resource_ids:
        before, after = needs.around(resource)
        found.append((resource, start - before, start + needs.length + after))
    return found


def by_day(session: Session, needs: Needs, days: int, count: int) -> list[datetime]:
    """Indico's shape: a query a day, of each room."""
    found: list[datetime] = []
    for day in _days(days):
        taken = {room: _overlapping(session, room, day) for room in needs.resource_ids}
        for start in candidates(day, needs.length):
            if all(
                not any(each.start_dt < until and since < each.end_dt for each in taken[room])
                for room, since, until in _spans(needs, start)
            ):
                found.append(start)
                if len(offered(found)) == count:
                    return found
    return found


def _overlapping(session: Session, room: UUID, day: datetime) -> Sequence[PeerOccurrence]:
    overlapping = (
        select(PeerOccurrence)
        .join(PeerOccurrence.reservation)
        .options(contains_eager(PeerOccurrence.reservation))
        .where(
            PeerReservation.room_id == room,
            PeerOccurrence.valid,
            PeerReservation.accepted,
            PeerOccurrence.start_dt < day + timedelta(days=1),
            PeerOccurrence.end_dt > day,
        )
    )
    return session.execute(overlapping).scalars().all()


def by_slot(session: Session, needs: Needs, days: int, count: int) -> list[datetime]:
    """cal.com's algorithm: everything at once, then every slot against every booking."""
    whole = list(_days(days + 1))
    of = tables.Reservation.__table__.c  # type: ignore[attr-defined]
    busy: dict[UUID, list[tuple[datetime, datetime]]] = {}
    everything = select(of.resource_id, of.starts_at, of.ends_at).where(
        of.resource_id.in_(list(needs.resource_ids)), of.starts_at < whole[-1], of.ends_at > whole[0]
    )
    for resource, since, until in session.execute(everything):
        busy.setdefault(resource, []).append((since.astimezone(UTC), until.astimezone(UTC)))
    found: list[datetime] = []
    for day in whole[:-1]:
        for start in candidates(day, needs.length):
            if all(_clear(busy.get(each, ()), since, until) for each, since, until in _spans(needs, start)):
                found.append(start)
                if len(offered(found)) == count:
                    return found
    return found


def _clear(busy: Sequence[tuple[datetime, datetime]], since: datetime, until: datetime) -> bool:
    return all(end <= since or start >= until for start, end in busy)
