"""The shapes in which two others look for a free time, written anew over the same data.

*Indico* (room booking, `indico/modules/rb/operations/conflicts.py`, `get_rooms_conflicts`, and
`ReservationOccurrence.filter_overlap`) is asked whether one time of day is free on each day of a range: one
query of the occurrences that overlap any of the days' candidates, a condition a day, as objects of its
mapper with the reservation that knows the room; then every candidate is held against every one of them. To
learn which times are free one asks so of each time of day, and only the last answer tells which are first.

*cal.com* (`packages/trpc/server/routers/viewer/slots/util.ts`, `getAvailableSlots`) reads every booking of
everyone over the whole range, makes every slot of the range, and keeps those that nobody is busy in. In its
earlier form each slot is held against each busy time (`checkIfIsAvailable`, `by_slot` here); in its newer
form busy times are taken away from each one's hours and what is left is intersected, in order of time
(`packages/features/schedules/lib/date-ranges.ts`, `by_range` here).

Neither stops at the tenth time: both answer for the whole range, and so do these. All look at every five
minutes in which the courtroom sits, as ours does, and count what ours offers: the quarters of an hour, and
where a free stretch begins. What they keep of a booking beside its times is left out, which is kind to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Uuid, and_, or_, select, text
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


def _days(count: int) -> list[datetime]:
    return [NOW.replace(hour=0) + timedelta(days=ahead) for ahead in range(count)]


def _spans(needs: Needs, start: datetime) -> list[tuple[UUID, datetime, datetime]]:
    found = []
    for resource in needs.resource_ids:
        before, after = needs.around(resource)
        found.append((resource, start - before, start + needs.length + after))
    return found


def by_day(session: Session, needs: Needs, days: int) -> list[datetime]:
    """Indico's shape: a query of every time of day, with a condition a day."""
    series: dict[tuple[int, int], list[datetime]] = {}
    for start in (each for day in _days(days) for each in candidates(day, needs.length)):
        series.setdefault((start.hour, start.minute), []).append(start)
    found: list[datetime] = []
    for starts in series.values():
        spans = {start: _spans(needs, start) for start in starts}
        taken: dict[UUID, list[PeerOccurrence]] = {}
        for occurrence in _overlapping(session, needs.resource_ids, list(spans.values())):
            taken.setdefault(occurrence.reservation.room_id, []).append(occurrence)
        found += [
            start
            for start in starts
            if not any(
                each.start_dt < until and since < each.end_dt
                for room, since, until in spans[start]
                for each in taken.get(room, ())
            )
        ]
    return sorted(found)


def _overlapping(
    session: Session, rooms: Sequence[UUID], spans: Sequence[Sequence[tuple[UUID, datetime, datetime]]]
) -> Sequence[PeerOccurrence]:
    candidate = [(min(since for _, since, _ in each), max(until for *_, until in each)) for each in spans]
    overlapping = (
        select(PeerOccurrence)
        .join(PeerOccurrence.reservation)
        .options(contains_eager(PeerOccurrence.reservation))
        .where(
            PeerReservation.room_id.in_(rooms),
            PeerOccurrence.valid,
            PeerReservation.accepted,
            or_(
                *(
                    and_(PeerOccurrence.start_dt < until, PeerOccurrence.end_dt > since)
                    for since, until in candidate
                )
            ),
        )
    )
    return session.execute(overlapping).scalars().all()


Busy = dict[UUID, list[tuple[datetime, datetime]]]


def by_slot(session: Session, needs: Needs, days: int) -> list[datetime]:
    """cal.com's earlier form: everything at once, then every slot against every booking."""
    busy = _busy(session, needs, days)
    return [
        start
        for day in _days(days)
        for start in candidates(day, needs.length)
        if all(_clear(busy.get(each, ()), since, until) for each, since, until in _spans(needs, start))
    ]


def by_range(session: Session, needs: Needs, days: int) -> list[datetime]:
    """cal.com's newer form: what everyone has left of the days, intersected, and the slots of that."""
    busy = _busy(session, needs, days)
    sitting = [(day.replace(hour=9), day.replace(hour=17)) for day in _days(days) if day.weekday() < 5]
    common = sitting
    for resource in needs.resource_ids:
        before, after = needs.around(resource)
        # Who is needed for longer is busy for so much longer around each booking.
        taken = sorted((since - after, until + before) for since, until in busy.get(resource, ()))
        common = _both(common, _left(sitting, taken))
    return [start for since, until in common for start in _every_step(since, until - needs.length)]


def _every_step(first: datetime, last: datetime) -> Iterator[datetime]:
    while first <= last:
        yield first
        first += _STEP


Ranges = list[tuple[datetime, datetime]]


def _left(whole: Ranges, taken: Ranges) -> Ranges:
    """What is left of ranges; both in order."""
    found = []
    for begins, until in whole:
        here = begins
        for start, end in taken:
            if start >= until:
                break
            if end <= here:
                continue
            if start > here:
                found.append((here, start))
            here = end
        if here < until:
            found.append((here, until))
    return found


def _both(these: Ranges, those: Ranges) -> Ranges:
    """What two lists of ranges in order have in common."""
    found, here, there = [], 0, 0
    while here < len(these) and there < len(those):
        since, until = max(these[here][0], those[there][0]), min(these[here][1], those[there][1])
        if since < until:
            found.append((since, until))
        if these[here][1] <= those[there][1]:
            here += 1
        else:
            there += 1
    return found


def _busy(session: Session, needs: Needs, days: int) -> Busy:
    whole = _days(days + 1)
    of = tables.Reservation.__table__.c  # type: ignore[attr-defined]
    busy: Busy = {}
    everything = select(of.resource_id, of.starts_at, of.ends_at).where(
        of.resource_id.in_(list(needs.resource_ids)), of.starts_at < whole[-1], of.ends_at > whole[0]
    )
    for resource, since, until in session.execute(everything):
        busy.setdefault(resource, []).append((since.astimezone(UTC), until.astimezone(UTC)))
    return busy


def _clear(busy: Sequence[tuple[datetime, datetime]], since: datetime, until: datetime) -> bool:
    return all(end <= since or start >= until for start, end in busy)
