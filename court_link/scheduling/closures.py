"""Closures: a site, or one room of it, that cannot be had for a while, and which bookings stand in it.

A closure offers nothing new and takes nothing away: what is booked already stands until a person moves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Forbidden, Invalid, NotFound, Stale, WrongState
from court_link.domain.events import EventKind
from court_link.domain.places import ClosureKind
from court_link.domain.roles import Permission
from court_link.domain.times import Interval
from court_link.store import Session, events, places
from court_link.store import sittings as store
from court_link.store.sittings import Standing
from court_link.store.tables import Closure as Row

#: The longest reason, in characters: a few words for those who book.
LONGEST_REASON = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A closure to be made. `resource_id` None is the whole site. Whoever books there reads the reason."""

    site_id: UUID
    resource_id: UUID | None
    during: Interval
    kind: ClosureKind = ClosureKind.CLOSED
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Closure:
    """A closure as its reader sees it; `room` is empty for a whole site."""

    id: UUID
    site_id: UUID
    site: str
    resource_id: UUID | None
    room: str
    during: Interval
    kind: ClosureKind
    reason: str
    version: int

    @property
    def what(self) -> str:
        return f"{self.room}, {self.site}" if self.room else self.site


@dataclass(frozen=True, slots=True)
class Choice:
    """A site that may be closed, with its rooms as (id, name)."""

    id: UUID
    name: str
    rooms: tuple[tuple[UUID, str], ...]


def choices(session: Session, ctx: Context) -> tuple[Choice, ...]:
    """The asker's own sites and rooms that are in use."""
    _allow(ctx)
    sites = store.own_sites(session, ctx)
    rooms = places.rooms(session, [site.id for site in sites])
    return tuple(
        Choice(
            site.id,
            site.name,
            tuple((room.id, room.name) for room in rooms if room.site_id == site.id and room.active),
        )
        for site in sites
    )


def listed(
    session: Session,
    ctx: Context,
    site_id: UUID | None = None,
    *,
    since: datetime | None = None,
    after: UUID | None = None,
    limit: int = 100,
) -> tuple[Closure, ...]:
    """The closures at the asker's own sites, or one of them, that end after `since` (now), by start."""
    _allow(ctx)
    named = {site.id: site.name for site in store.own_sites(session, ctx)}
    if site_id is not None and site_id not in named:
        raise NotFound
    sites = [site_id] if site_id else list(named)
    rows = store.closures(session, sites, since or ctx.now, after=after, limit=limit)
    rooms = {room.id: room.name for room in places.rooms(session, {row.site_id for row in rows})}
    return tuple(_value(row, named[row.site_id], rooms) for row in rows)


def one(session: Session, ctx: Context, closure_id: UUID) -> Closure:
    _allow(ctx)
    return _told(session, _own(session, ctx, closure_id, None, lock=False))


def touched(session: Session, ctx: Context, asked: Asked) -> tuple[Standing, ...]:
    """What stands booked in a closure that is asked for. Raises as `make` does."""
    _check(session, ctx, asked)
    return tuple(store.standing(session, ctx, asked.site_id, asked.resource_id, asked.during))


def newly_touched(session: Session, ctx: Context, closure_id: UUID, at: datetime) -> tuple[Standing, ...]:
    """What stands booked in the time that a closure would take besides its own, were it to end at `at`."""
    _allow(ctx)
    row = _own(session, ctx, closure_id, None, lock=False)
    if at <= row.ends_at:
        return ()
    more = Interval(row.ends_at, at)
    return tuple(store.standing(session, ctx, row.site_id, row.resource_id, more))


def allow(session: Session, ctx: Context) -> None:
    """Raises Forbidden for whoever closes nothing."""
    _allow(ctx)


def make(session: Session, ctx: Context, asked: Asked) -> Closure:
    """Closes a site or a room. Raises Invalid, and NotFound for what is not the asker's own."""
    _check(session, ctx, asked)
    row = Row(
        site_id=asked.site_id,
        resource_id=asked.resource_id,
        starts_at=asked.during.start,
        ends_at=asked.during.end,
        kind=asked.kind,
        reason=asked.reason.strip(),
    )
    store.add_closure(session, row)
    return _changed(session, ctx, row, "made")


def end(session: Session, ctx: Context, closure_id: UUID, at: datetime, version: int | None) -> Closure:
    """Ends a closure earlier, or later, than it was to. Raises Stale, NotFound, Invalid, WrongState."""
    _allow(ctx)
    row = _own(session, ctx, closure_id, version)
    if row.ends_at <= ctx.now:
        raise WrongState("This closure is over.")
    if at <= row.starts_at:
        raise Invalid(errors=[FieldError("ends", "The end must be after the start. Or remove the closure.")])
    row.ends_at = at
    row.version += 1
    return _changed(session, ctx, row, "ended")


def remove(session: Session, ctx: Context, closure_id: UUID, version: int | None) -> None:
    """Takes a closure away, as though it had never been."""
    _allow(ctx)
    row = _own(session, ctx, closure_id, version)
    _changed(session, ctx, row, "removed")
    store.remove_closure(session, row)


def _allow(ctx: Context) -> None:
    if not (ctx.actor.may(Permission.PLAN_SITTINGS) or ctx.actor.may(Permission.MANAGE_SITES)):
        raise Forbidden


def _check(session: Session, ctx: Context, asked: Asked) -> None:
    _allow(ctx)
    if asked.site_id not in {site.id for site in store.own_sites(session, ctx)}:
        raise NotFound
    errors = []
    if asked.resource_id is not None:
        room = store.own_resource(session, ctx, asked.resource_id)
        if room is None or room.site_id != asked.site_id:
            errors.append(FieldError("resource_id", "Choose a room of this place"))
    if len(asked.reason) > LONGEST_REASON or not asked.reason.isprintable():
        message = f"The reason must be one line of {LONGEST_REASON} characters or fewer"
        errors.append(FieldError("reason", message))
    if asked.during.end <= ctx.now:
        errors.append(FieldError("ends", "This has passed. Choose an end that lies ahead"))
    if errors:
        raise Invalid(errors=errors)


def _own(session: Session, ctx: Context, closure_id: UUID, version: int | None, *, lock: bool = True) -> Row:
    row = store.own_closure(session, ctx, closure_id, lock=lock)
    if row is None:
        raise NotFound
    if version is not None and row.version != version:
        raise Stale
    return row


def _changed(session: Session, ctx: Context, row: Row, what: str) -> Closure:
    told = _told(session, row)
    site = places.site_of(session, places.everywhere(), row.site_id)
    events.record(
        session,
        ctx,
        EventKind.CLOSURE_CHANGED,
        organisation_id=site.organisation_id if site else None,
        subject_id=row.id,
        data={
            "what": what,
            "site": str(row.site_id),
            "room": str(row.resource_id) if row.resource_id else None,
            "kind": row.kind.value,
            "starts_at": row.starts_at.isoformat(),
            "ends_at": row.ends_at.isoformat(),
        },
    )
    return told


def _told(session: Session, row: Row) -> Closure:
    site = places.site_of(session, places.everywhere(), row.site_id)
    rooms = {room.id: room.name for room in places.rooms(session, [row.site_id])}
    return _value(row, site.name if site else "", rooms)


def _value(row: Row, site: str, rooms: Mapping[UUID, str]) -> Closure:
    return Closure(
        id=row.id,
        site_id=row.site_id,
        site=site,
        resource_id=row.resource_id,
        room=rooms.get(row.resource_id, "") if row.resource_id else "",
        during=Interval(row.starts_at, row.ends_at),
        kind=row.kind,
        reason=row.reason,
        version=row.version,
    )
