"""Media nodes, and what the rooms placed on them have reserved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from court_link.domain.booking import BookingState
from court_link.domain.hearing import LIVE, HearingState
from court_link.domain.node import NodeState
from court_link.domain.times import Interval
from court_link.store import Session
from court_link.store.tables import Booking, Hearing, Link, LiveRoom, Node
from court_link.store.upsert import insert_if_absent


def row(session: Session, name: str) -> Node:
    """One media node, locked; made when it was never heard of."""
    insert_if_absent(
        session,
        Node.__table__,  # type: ignore[attr-defined]
        {
            "name": name,
            "epoch": "",
            "state": NodeState.JOINING,
            "capacity": 0,
            "load": 0,
            "url": "",
            "seen_at": datetime.now(UTC),
        },
    )
    return session.get_one(Node, name, with_for_update=True, populate_existing=True)


def get(session: Session, name: str) -> Node | None:
    """One media node, locked, if it was ever heard of."""
    return session.get(Node, name, with_for_update=True, populate_existing=True)


def named_at(session: Session, url: str) -> str | None:
    """The node last reached at a control address."""
    return session.scalars(
        select(col(Node.name)).where(col(Node.url) == url).order_by(col(Node.seen_at).desc())
    ).first()


def every(session: Session, *, lock: bool = False) -> tuple[Node, ...]:
    """Every node that was ever heard of, by name; locked in that order when asked for."""
    asked = select(Node).order_by(col(Node.name))
    return tuple(session.scalars(asked.with_for_update() if lock else asked))


@dataclass(frozen=True, slots=True)
class Placed:
    """A hearing that may need a node: when, for how many, and where it is, if anywhere.

    `carried` says that a node has been told of the room and still holds it, as far as is known.
    """

    hearing_id: UUID
    at: Interval
    places: int
    node: str | None
    carried: bool


def placed(
    session: Session, within: Interval, now: datetime, hearings: Iterable[UUID] | None = None
) -> tuple[Placed, ...]:
    """Hearings with a room that take place within an interval, soonest first; those that overrun go on.

    A hearing takes as many places as it has links. `now` is court time.
    """
    places = (
        select(func.count())
        .where(col(Link.hearing_id) == Hearing.id, col(Link.revoked).is_(False))
        .scalar_subquery()
    )
    asked = (
        select(Hearing, LiveRoom, col(Booking.starts_at), col(Booking.ends_at), places)
        .join(LiveRoom, col(LiveRoom.hearing_id) == Hearing.id)
        .join(
            Booking,
            (col(Booking.hearing_id) == Hearing.id) & (col(Booking.state) == BookingState.CONFIRMED),
            isouter=True,
        )
        .where(
            (col(Hearing.state).in_(LIVE))
            | (col(LiveRoom.applied_version) > 0) & ~col(LiveRoom.closed)
            | (col(Hearing.state) == HearingState.BOOKED)
            & (col(Booking.starts_at) < within.end)
            & (col(Booking.ends_at) > within.start)
        )
    )
    if hearings is not None:
        asked = asked.where(col(Hearing.id).in_(set(hearings)))
    found: dict[UUID, Placed] = {}
    for hearing, room, starts, ends, count in session.execute(asked):
        start = starts or hearing.listed_at
        end = ends or start + timedelta(minutes=max(hearing.minutes, 1))
        carried = room.applied_version > 0 and not room.closed
        if carried or hearing.state in LIVE:  # it may begin early, and ends when somebody ends it
            start, end = min(start, now), max(end, now + OVERRUN)
        at = Interval(start, end)
        if at.overlaps(within):
            found[hearing.id] = Placed(hearing.id, at, max(count, LEAST), room.node, carried)
    return tuple(sorted(found.values(), key=lambda each: (each.at.start, each.hearing_id)))


#: How long a hearing that runs is taken to go on at least, and the fewest that one is for.
OVERRUN = timedelta(minutes=15)
LEAST = 2
