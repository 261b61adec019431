"""Live rooms: what is desired of each, what the media worker last said, and who is at their device."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from court_link.domain.booking import BookingState
from court_link.domain.context import Context
from court_link.domain.events import EventKind
from court_link.domain.hearing import LIVE
from court_link.domain.times import Interval
from court_link.store import Session, events
from court_link.store.rows import locked
from court_link.store.tables import (
    Booking,
    Consultation,
    EventRow,
    Hearing,
    JoinSession,
    Link,
    LinkMedia,
    LiveRoom,
    Problem,
    Resource,
    Site,
)
from court_link.store.upsert import insert_if_absent

#: A device that has said nothing for this long (real time) is not there.
AWAY_AFTER = timedelta(seconds=20)


def slot(session: Session, hearing: Hearing) -> Interval:
    """The booked time of a hearing, or the listed time when it was never booked."""
    booked = session.exec(
        select(Booking)
        .where(Booking.hearing_id == hearing.id, Booking.state == BookingState.CONFIRMED)
        .order_by(col(Booking.starts_at).desc())
    ).first()
    if booked is not None:
        return Interval(booked.starts_at, booked.ends_at)
    return Interval(hearing.listed_at, hearing.listed_at + timedelta(minutes=max(hearing.minutes, 1)))


def courtroom(session: Session, hearing: Hearing) -> str:
    """The name of the courtroom booked, or else the one that the list names."""
    booked = session.exec(
        select(Resource.name)
        .join(Booking, col(Booking.courtroom_id) == Resource.id)
        .where(Booking.hearing_id == hearing.id, Booking.state == BookingState.CONFIRMED)
    ).first()
    if booked is not None:
        return booked
    listed = session.get(Resource, hearing.listed_room_id) if hearing.listed_room_id else None
    return listed.name if listed else hearing.listed_room


def room(session: Session, hearing_id: UUID) -> LiveRoom:
    """The room of a hearing; one that nothing has been desired of is at version 0 (and is not stored)."""
    return session.get(LiveRoom, hearing_id) or LiveRoom(hearing_id=hearing_id, version=0, closed=True)


def open_rooms(session: Session, ctx: Context) -> tuple[UUID, ...]:
    """The hearings whose rooms the media worker should hold, or still holds and should not."""
    consulting = select(Consultation.hearing_id).where(col(Consultation.closed_at).is_(None))
    rows = session.exec(
        select(LiveRoom.hearing_id)
        .join(Hearing, col(Hearing.id) == LiveRoom.hearing_id)
        .where(
            col(Hearing.state).in_(LIVE)
            | (col(LiveRoom.applied_version) > 0) & ~col(LiveRoom.closed)
            | col(LiveRoom.hearing_id).in_(consulting)
        )
    )
    return tuple(rows)


def is_at(session: Session, ctx: Context, hearing_id: UUID, version: int) -> bool:
    """Whether this is still the version that is desired of a room."""
    return room(session, hearing_id).version == version


def closed(session: Session, ctx: Context, names: Iterable[str]) -> tuple[UUID, ...]:
    """Those of these rooms that are hearings' and should not be open."""
    known = []
    for name in names:
        with suppress(ValueError):  # a room that is no hearing's
            known.append(UUID(name))
    rows = session.exec(
        select(LiveRoom.hearing_id).where(col(LiveRoom.hearing_id).in_(known), col(LiveRoom.closed))
    )
    return tuple(rows)


def applied(
    session: Session, ctx: Context, hearing_id: UUID, version: int, epoch: str | None, *, closed: bool
) -> None:
    """Write down which version the worker of which epoch holds."""
    row = session.get(LiveRoom, hearing_id, with_for_update=True, populate_existing=True)
    if row is not None and version >= row.applied_version:
        row.applied_version, row.epoch, row.closed = version, epoch, closed


def media(session: Session, links: Collection[UUID]) -> dict[UUID, LinkMedia]:
    """What the worker last said of these links."""
    rows = session.exec(select(LinkMedia).where(col(LinkMedia.link_id).in_(links)))
    return {row.link_id: row for row in rows}


def connected(session: Session, hearing_id: UUID) -> frozenset[UUID]:
    """The links of a hearing that the worker last said were connected."""
    rows = session.exec(
        select(LinkMedia.link_id)
        .join(Link, col(Link.id) == LinkMedia.link_id)
        .where(Link.hearing_id == hearing_id, col(LinkMedia.connected))
    )
    return frozenset(rows)


def media_row(session: Session, link_id: UUID) -> LinkMedia:
    """What the worker last said of one link, locked; made when it has said nothing before."""
    insert_if_absent(
        session,
        LinkMedia.__table__,  # type: ignore[attr-defined]
        {"link_id": link_id, "connected": False, "changed_at": datetime.fromtimestamp(0, UTC)},
    )
    return session.get_one(LinkMedia, link_id, with_for_update=True, populate_existing=True)


def at_device(session: Session, links: Collection[UUID]) -> frozenset[UUID]:
    """The links whose device has been heard of lately."""
    since = datetime.now(UTC) - AWAY_AFTER
    rows = session.exec(
        select(JoinSession.link_id).where(
            col(JoinSession.link_id).in_(links),
            col(JoinSession.revoked_at).is_(None),
            col(JoinSession.seen_at) >= since,
        )
    )
    return frozenset(rows)


def open_problems(session: Session, hearing_id: UUID) -> tuple[Problem, ...]:
    """Technical problems that nobody has resolved, oldest first."""
    rows = session.exec(
        select(Problem)
        .where(Problem.hearing_id == hearing_id, col(Problem.resolved_at).is_(None))
        .order_by(col(Problem.reported_at))
    )
    return tuple(rows)


def report(session: Session, ctx: Context, link: Link, kind: str) -> Problem:
    """Write down a problem of one link; while the same one is open, it is the same problem."""
    standing = next(
        (
            problem
            for problem in open_problems(session, link.hearing_id)
            if (problem.link_id, problem.kind) == (link.id, kind)
        ),
        None,
    )
    if standing is not None:
        return standing
    problem = Problem(hearing_id=link.hearing_id, link_id=link.id, kind=kind, reported_at=ctx.now)
    session.add(problem)
    session.flush()
    events.record(
        session,
        ctx,
        EventKind.PROBLEM_REPORTED,
        hearing_id=link.hearing_id,
        subject_id=link.id,
        data={"kind": kind, "problem": str(problem.id)},
    )
    return problem


def told_of(session: Session, hearing_id: UUID, kind: EventKind) -> tuple[Mapping[str, Any], ...]:
    """What the events of this kind said of a hearing, oldest first."""
    rows = session.exec(
        select(EventRow.data)
        .where(EventRow.kind == kind, EventRow.hearing_id == hearing_id)
        .order_by(col(EventRow.id))
    )
    return tuple(rows)


def problem(session: Session, problem_id: UUID) -> Problem:
    """One reported problem, locked. Raises NotFound."""
    return locked(session, Problem, problem_id)


def resolve(session: Session, ctx: Context, problem: Problem) -> None:
    """Write down who dealt with a problem, and when."""
    problem.resolved_at, problem.resolved_by = ctx.now, ctx.actor.id
    events.record(
        session,
        ctx,
        EventKind.PROBLEM_RESOLVED,
        hearing_id=problem.hearing_id,
        subject_id=problem.link_id,
        data={"kind": problem.kind, "problem": str(problem.id)},
    )


def site_owner(session: Session, site_id: UUID) -> UUID | None:
    """The organisation that a site is of."""
    return session.exec(select(Site.organisation_id).where(Site.id == site_id)).first()


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whose open pages an event of a hearing concerns."""

    court_id: UUID
    people: frozenset[UUID]
    sites: frozenset[UUID]  # of the rooms that take part


def concerned(session: Session, ctx: Context, hearing_ids: Iterable[UUID]) -> dict[UUID, Concerned]:
    """Those whom each of these hearings concerns, by hearing."""
    wanted = set(hearing_ids)
    courts = session.exec(select(Hearing.id, Hearing.court_id).where(col(Hearing.id).in_(wanted))).all()
    people: dict[UUID, set[UUID]] = {}
    sites: dict[UUID, set[UUID]] = {}
    for hearing_id, person_id, site_id in session.exec(
        select(Link.hearing_id, Link.person_id, Resource.site_id)
        .join(Resource, col(Resource.id) == Link.room_id, isouter=True)
        .where(col(Link.hearing_id).in_(wanted))
    ):
        if person_id is not None:
            people.setdefault(hearing_id, set()).add(person_id)
        if site_id is not None:
            sites.setdefault(hearing_id, set()).add(site_id)
    return {
        hearing_id: Concerned(
            court_id, frozenset(people.get(hearing_id, ())), frozenset(sites.get(hearing_id, ()))
        )
        for hearing_id, court_id in courts
    }
