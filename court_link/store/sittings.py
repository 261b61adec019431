"""Named queries on sitting sessions, closures, and what stands booked in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, insert, or_, update
from sqlmodel import Session, col, select

from court_link.domain.booking import BookingState, ResourceKind
from court_link.domain.context import Context
from court_link.domain.places import SiteKind
from court_link.domain.times import Interval
from court_link.store import hearings
from court_link.store.tables import (
    Booking,
    Closure,
    Hearing,
    Reservation,
    Resource,
    Site,
    SittingSession,
)

#: Bound variables of one statement; SQLite's smallest limit is 32,766.
_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Standing:
    """A live booking that takes one resource over an interval; `title` is empty where it is not seen."""

    hearing_id: UUID
    title: str
    resource_id: UUID
    during: Interval
    slot: Interval  # of the hearing itself
    provisional: bool


def court_houses(session: Session, ctx: Context) -> Sequence[Site]:
    """The open court houses of the asker's organisations, by name."""
    query = select(Site).where(Site.kind == SiteKind.COURT_HOUSE, col(Site.closed).is_(False))
    if not ctx.actor.everywhere:
        query = query.where(col(Site.organisation_id).in_(ctx.actor.scope))
    return session.exec(query.order_by(col(Site.name))).all()


def own_sites(session: Session, ctx: Context) -> Sequence[Site]:
    """Every open site of the asker's organisations, by name."""
    query = select(Site).where(col(Site.closed).is_(False))
    if not ctx.actor.everywhere:
        query = query.where(col(Site.organisation_id).in_(ctx.actor.scope))
    return session.exec(query.order_by(col(Site.name))).all()


def courtrooms(session: Session, site_ids: Collection[UUID]) -> Sequence[Resource]:
    """The courtrooms in use of these court houses, by name."""
    return session.exec(
        select(Resource)
        .where(
            col(Resource.site_id).in_(site_ids),
            Resource.kind == ResourceKind.COURTROOM,
            col(Resource.active),
        )
        .order_by(col(Resource.name), col(Resource.id))
    ).all()


def own_resource(session: Session, ctx: Context, resource_id: UUID, *, lock: bool = False) -> Resource | None:
    """A room of the asker's organisations, or None."""
    query = select(Resource).where(Resource.id == resource_id, col(Resource.site_id).is_not(None))
    if not ctx.actor.everywhere:
        query = query.where(col(Resource.organisation_id).in_(ctx.actor.scope))
    return session.exec(query.with_for_update() if lock else query).one_or_none()


def within(session: Session, courtroom_ids: Collection[UUID], span: Interval) -> Sequence[SittingSession]:
    """The sessions of these courtrooms that overlap a span, by start."""
    return session.exec(
        select(SittingSession)
        .where(
            col(SittingSession.courtroom_id).in_(courtroom_ids),
            SittingSession.starts_at < span.end,
            SittingSession.ends_at > span.start,
        )
        .order_by(col(SittingSession.starts_at), col(SittingSession.id))
    ).all()


def own(session: Session, ctx: Context, sitting_id: UUID, *, lock: bool = False) -> SittingSession | None:
    """A session in a courtroom of the asker's organisations, or None."""
    query = select(SittingSession).join(Resource, col(Resource.id) == col(SittingSession.courtroom_id))
    query = query.where(SittingSession.id == sitting_id)
    if not ctx.actor.everywhere:
        query = query.where(col(Resource.organisation_id).in_(ctx.actor.scope))
    return session.exec(query.with_for_update(of=SittingSession) if lock else query).one_or_none()


def add(session: Session, sitting: SittingSession) -> None:
    session.add(sitting)
    session.flush()


def take_out(session: Session, sitting_ids: Iterable[UUID]) -> None:
    ids = list(sitting_ids)
    for first in range(0, len(ids), _AT_ONCE):
        session.execute(
            delete(SittingSession).where(col(SittingSession.id).in_(ids[first : first + _AT_ONCE]))
        )
    session.flush()


def of_rota(
    session: Session, organisation_id: UUID, source: str, span: Interval, keys: Collection[str]
) -> Sequence[SittingSession]:
    """The sessions that came from a rota: those in its span, and wherever they stand those of its keys."""
    mine = (
        select(SittingSession)
        .join(Resource, col(Resource.id) == col(SittingSession.courtroom_id))
        .where(Resource.organisation_id == organisation_id, SittingSession.source == source)
    )
    inside = and_(col(SittingSession.starts_at) < span.end, col(SittingSession.ends_at) > span.start)
    found = {row.id: row for row in session.exec(mine.where(inside))}
    known = sorted(keys)
    for first in range(0, len(known), _AT_ONCE):
        some = mine.where(col(SittingSession.source_key).in_(known[first : first + _AT_ONCE]))
        found |= {row.id: row for row in session.exec(some)}
    return sorted(found.values(), key=lambda row: (row.starts_at, row.id))


def add_all(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Writes many sessions at once, each as the values of its columns."""
    if rows:
        session.execute(insert(SittingSession), rows)


def change_all(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Changes many sessions at once: each row has the `id`, and the values to set."""
    if rows:
        session.execute(update(SittingSession), rows)


def bookings_in(session: Session, courtroom_ids: Collection[UUID], span: Interval) -> list[Booking]:
    """The live bookings of these courtrooms whose hearing overlaps a span, by start."""
    live = [BookingState.CONFIRMED, BookingState.PROVISIONAL]
    return list(
        session.exec(
            select(Booking)
            .where(
                col(Booking.courtroom_id).in_(courtroom_ids),
                Booking.starts_at < span.end,
                Booking.ends_at > span.start,
                col(Booking.state).in_(live),
            )
            .order_by(col(Booking.starts_at))
        )
    )


def standing(
    session: Session,
    ctx: Context,
    site_id: UUID,
    resource_id: UUID | None,
    span: Interval,
    *,
    limit: int = 500,
) -> list[Standing]:
    """What takes a room, or any of a site's, within a span, by start; lapsed holds left out."""
    query = (
        select(Reservation, Booking, Hearing)
        .join(Booking, col(Booking.id) == col(Reservation.booking_id))
        .join(Hearing, col(Hearing.id) == col(Booking.hearing_id))
        .join(Resource, col(Resource.id) == col(Reservation.resource_id))
        .where(
            Resource.site_id == site_id,
            Reservation.starts_at < span.end,
            Reservation.ends_at > span.start,
            or_(col(Booking.hold_expires_at).is_(None), col(Booking.hold_expires_at) > ctx.now),
        )
        .order_by(col(Reservation.starts_at), col(Reservation.id))
        .limit(limit)
    )
    if resource_id is not None:
        query = query.where(Reservation.resource_id == resource_id)
    rows = session.exec(query).all()
    seen = hearings.seen(session, ctx, {hearing.id for _, _, hearing in rows})
    found: dict[tuple[UUID, UUID], Standing] = {}
    for taken, booking, hearing in rows:
        # What stands around a hearing in one room is one stretch: consultation, hearing, turnaround.
        before = found.get((booking.id, taken.resource_id))
        start = before.during.start if before else taken.starts_at
        found[booking.id, taken.resource_id] = Standing(
            hearing.id,
            hearing.title if hearing.id in seen else "",
            taken.resource_id,
            Interval(start, taken.ends_at),
            Interval(booking.starts_at, booking.ends_at),
            booking.state is BookingState.PROVISIONAL,
        )
    return list(found.values())


def closures(
    session: Session, site_ids: Collection[UUID], since: datetime, *, after: UUID | None, limit: int
) -> Sequence[Closure]:
    """Closures of these sites that end after a moment, by start; `after` is the last one already shown."""
    query = select(Closure).where(col(Closure.site_id).in_(site_ids), Closure.ends_at > since)
    last = session.get(Closure, after) if after else None
    if last is not None:
        later = and_(col(Closure.starts_at) == last.starts_at, col(Closure.id) > last.id)
        query = query.where(or_(col(Closure.starts_at) > last.starts_at, later))
    return session.exec(query.order_by(col(Closure.starts_at), col(Closure.id)).limit(limit)).all()


def own_closure(session: Session, ctx: Context, closure_id: UUID, *, lock: bool = False) -> Closure | None:
    """A closure at a site of the asker's organisations, or None."""
    query = select(Closure).join(Site, col(Site.id) == col(Closure.site_id)).where(Closure.id == closure_id)
    if not ctx.actor.everywhere:
        query = query.where(col(Site.organisation_id).in_(ctx.actor.scope))
    return session.exec(query.with_for_update(of=Closure) if lock else query).one_or_none()


def add_closure(session: Session, closure: Closure) -> None:
    session.add(closure)
    session.flush()


def remove_closure(session: Session, closure: Closure) -> None:
    session.delete(closure)
    session.flush()
