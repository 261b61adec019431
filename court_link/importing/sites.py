"""Places kept by whoever they belong to: sites, their rooms, hours, and staff on shift.

Everybody who books sees the places of their own area; an administrator changes those of their own
organisation. Each change counts the site's version on, its rooms', hours' and shifts' too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Forbidden, Invalid, NotFound, Stale
from court_link.domain.events import EventKind
from court_link.domain.places import SiteKind
from court_link.domain.roles import OrganisationKind, Permission
from court_link.domain.times import Interval, from_london
from court_link.importing import register
from court_link.importing.text import fault_of, tidy
from court_link.store import Session
from court_link.store import places as store
from court_link.store.events import record
from court_link.store.places import Opening, SiteFilters
from court_link.store.tables import Organisation, Resource
from court_link.store.tables import Site as SiteRow

#: The kinds of site that each kind of organisation keeps, and the rooms of each kind of site.
KINDS_OF: Mapping[OrganisationKind, tuple[SiteKind, ...]] = {
    OrganisationKind.COURT: (SiteKind.COURT_HOUSE,),
    OrganisationKind.CUSTODY: (SiteKind.CUSTODY_SUITE,),
    OrganisationKind.FORCE: (SiteKind.POLICE_STATION, SiteKind.VEHICLE, SiteKind.CUSTODY_SUITE),
}
ROOMS_OF: Mapping[SiteKind, ResourceKind] = {
    SiteKind.COURT_HOUSE: ResourceKind.COURTROOM,
    SiteKind.CUSTODY_SUITE: ResourceKind.CUSTODY_ROOM,
    SiteKind.PRISON: ResourceKind.CUSTODY_ROOM,
    SiteKind.POLICE_STATION: ResourceKind.EVIDENCE_ROOM,
    SiteKind.REMOTE: ResourceKind.EVIDENCE_ROOM,
    SiteKind.VEHICLE: ResourceKind.VEHICLE,
}
#: Days of shifts that are shown ahead.
_AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Room:
    id: UUID
    name: str
    kind: ResourceKind
    active: bool
    version: int


@dataclass(frozen=True, slots=True)
class ShiftOn:
    """So many detention officers over an interval."""

    id: UUID
    during: Interval
    staff: int


@dataclass(frozen=True, slots=True)
class Site:
    """A site as its reader sees it; `mine` says that they may change it."""

    id: UUID
    kind: SiteKind
    name: str
    code: str | None
    address: str
    postcode: str
    area: str
    closed: bool
    opens_on_holidays: bool
    link_streams: int
    version: int
    mine: bool
    rooms: tuple[Room, ...]
    hours: tuple[Opening, ...]
    shifts: tuple[ShiftOn, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """What is kept of a site itself. `link_streams` is the video streams its line carries; 0: not counted."""

    name: str
    address: str = ""
    postcode: str = ""
    closed: bool = False
    opens_on_holidays: bool = False
    link_streams: int = 0

    def __post_init__(self) -> None:
        errors = [
            FieldError(name, fault)
            for name in ("name", "address", "postcode")
            if (fault := fault_of(getattr(self, name), 200))
        ]
        if not tidy(self.name):
            errors.append(FieldError("name", "Enter the name of the place"))
        if not 0 <= self.link_streams <= 1000:
            errors.append(FieldError("link_streams", "The streams at once must be between 0 and 1,000"))
        if errors:
            raise Invalid(errors=errors)


def listed(session: Session, ctx: Context, filters: SiteFilters) -> tuple[Site, ...]:
    """The sites of the reader's area, by kind and name, without their hours and shifts."""
    rows = store.sites(session, _reach(session, ctx), filters)
    rooms: dict[UUID | None, list[Resource]] = {}
    for room in store.rooms(session, [row.id for row in rows]):
        rooms.setdefault(room.site_id, []).append(room)
    return tuple(_site(ctx, row, rooms.get(row.id, ())) for row in rows)


def one(session: Session, ctx: Context, site_id: UUID) -> Site:
    """A site of the reader's area with all that is kept of it; NotFound for any other."""
    row = store.site_of(session, _reach(session, ctx), site_id)
    if row is None:
        raise NotFound()
    return _whole(session, ctx, row)


def kinds(session: Session, ctx: Context) -> tuple[SiteKind, ...]:
    """The kinds of site that the actor's own organisation keeps."""
    ctx.require(Permission.MANAGE_SITES)
    return KINDS_OF.get(_organisation(session, ctx).kind, ())


def add(session: Session, ctx: Context, kind: SiteKind, details: Details) -> Site:
    """Adds a site of the actor's organisation; a court house that the register knows comes with its rooms."""
    organisation = _organisation(session, ctx)
    if kind not in kinds(session, ctx):
        raise Invalid(errors=[FieldError("kind", "Choose a kind of place that your organisation keeps")])
    known = register.find(details.name) if kind is SiteKind.COURT_HOUSE else None
    if known and store.coded(session, known.code):
        known = None
    row = store.add_site(
        session,
        organisation_id=organisation.id,
        kind=kind,
        area=organisation.area,
        code=known.code if known else None,
        **_facts(details),
    )
    store.add_rooms(session, row, ROOMS_OF[kind], known.rooms if known else ())
    _changed(session, ctx, row, "added")
    return _whole(session, ctx, row)


def change(session: Session, ctx: Context, site_id: UUID, details: Details, version: int | None) -> Site:
    """Changes what is kept of a site itself. Raises Stale, NotFound, Forbidden."""
    row = _own(session, ctx, site_id, version)
    for name, value in _facts(details).items():
        setattr(row, name, value)
    _changed(session, ctx, row, "details")
    return _whole(session, ctx, row)


def set_hours(
    session: Session, ctx: Context, site_id: UUID, openings: Sequence[Opening], version: int | None
) -> Site:
    """Puts these opening hours in place of a site's; none at all leaves it to what is usual for its kind."""
    row = _own(session, ctx, site_id, version)
    in_order = sorted(openings)
    if any(not (0 <= each.weekday <= 6 and 0 <= each.opens < each.closes <= 24 * 60) for each in in_order):
        raise Invalid(errors=[FieldError("hours", "Each opening must end after it begins, on the same day")])
    for before, after in pairwise(in_order):
        if before.weekday == after.weekday and after.opens < before.closes:
            raise Invalid(errors=[FieldError(f"hours_{after.weekday}", "These opening hours overlap")])
    store.replace_hours(session, row.id, in_order)
    _changed(session, ctx, row, "hours")
    return _whole(session, ctx, row)


def add_room(session: Session, ctx: Context, site_id: UUID, name: str, version: int | None) -> Site:
    row = _own(session, ctx, site_id, version)
    store.add_rooms(session, row, ROOMS_OF[row.kind], [(None, _room_name(session, row, name))])
    _changed(session, ctx, row, "rooms")
    return _whole(session, ctx, row)


def change_room(
    session: Session,
    ctx: Context,
    site_id: UUID,
    room_id: UUID,
    version: int | None,
    *,
    name: str | None = None,
    active: bool | None = None,
) -> Site:
    """Renames a room, or takes it out of use or back; what is booked stands. `version` is the site's."""
    row = _own(session, ctx, site_id, version)
    room = next((each for each in store.rooms(session, [row.id]) if each.id == room_id), None)
    if room is None:
        raise NotFound()
    if name is not None and tidy(name) != room.name:
        room.name = _room_name(session, row, name)
    if active is not None:
        room.active = active
    room.version += 1
    _changed(session, ctx, row, "rooms")
    return _whole(session, ctx, row)


def add_shift(
    session: Session,
    ctx: Context,
    site_id: UUID,
    day: date,
    begins: time,
    ends: time,
    staff: int,
    version: int | None,
) -> Site:
    """Puts officers on shift at a custody suite; one that ends no later than it begins runs over midnight."""
    row = _own(session, ctx, site_id, version)
    if row.kind is not SiteKind.CUSTODY_SUITE:
        raise Invalid(errors=[FieldError("staff", "Only a custody suite has staff on shift")])
    if not 1 <= staff <= 200:
        raise Invalid(errors=[FieldError("staff", "Enter how many officers, between 1 and 200")])
    last = day + timedelta(days=1) if ends <= begins else day
    start, end = from_london(day, begins, field="begins"), from_london(last, ends, field="ends")
    store.add_shifts(session, row.id, [(start, end, staff)])
    _changed(session, ctx, row, "shifts")
    return _whole(session, ctx, row)


def remove_shift(session: Session, ctx: Context, site_id: UUID, shift_id: UUID, version: int | None) -> Site:
    """Takes a shift away. Bookings that counted on it stand, and are shown as short of staff."""
    row = _own(session, ctx, site_id, version)
    if not store.remove_shift(session, row.id, shift_id):
        raise NotFound()
    _changed(session, ctx, row, "shifts")
    return _whole(session, ctx, row)


def _reach(session: Session, ctx: Context) -> store.Reach:
    if not (ctx.actor.may(Permission.MANAGE_SITES) or ctx.actor.may(Permission.BOOK)):
        raise Forbidden()
    if ctx.actor.everywhere:
        return store.everywhere()
    return store.in_reach(ctx.actor.scope, store.areas_of(session, ctx.actor.scope))


def _own(session: Session, ctx: Context, site_id: UUID, version: int | None) -> SiteRow:
    """The site, locked, when it is the actor's own to change. One they merely see is Forbidden."""
    row = store.site_of(session, _reach(session, ctx), site_id, lock=True)
    if row is None:
        raise NotFound()
    ctx.require(Permission.MANAGE_SITES)
    if not _is_mine(ctx, row):
        raise Forbidden()
    if version is not None and row.version != version:
        raise Stale()
    return row


def _is_mine(ctx: Context, row: SiteRow) -> bool:
    own = row.organisation_id == ctx.actor.organisation_id or ctx.actor.everywhere
    return own and ctx.actor.may(Permission.MANAGE_SITES)


def _organisation(session: Session, ctx: Context) -> Organisation:
    organisation = session.get(Organisation, ctx.actor.organisation_id) if ctx.actor.organisation_id else None
    if organisation is None:
        raise Forbidden()
    return organisation


def _room_name(session: Session, row: SiteRow, name: str) -> str:
    name = tidy(name)
    fault = "Enter the name of the room" if not name else fault_of(name, 100)
    if not fault and name.casefold() in {room.name.casefold() for room in store.rooms(session, [row.id])}:
        fault = "A room of this name is here already"
    if fault:
        raise Invalid(errors=[FieldError("room", fault)])
    return name


def _facts(details: Details) -> dict[str, Any]:
    return {
        "name": tidy(details.name),
        "address": tidy(details.address),
        "postcode": tidy(details.postcode).upper(),
        "closed": details.closed,
        "opens_on_holidays": details.opens_on_holidays,
        "link_streams": details.link_streams,
    }


def _changed(session: Session, ctx: Context, row: SiteRow, what: str) -> None:
    row.version += 1
    record(
        session,
        ctx,
        EventKind.SITE_CHANGED,
        organisation_id=row.organisation_id,
        subject_id=row.id,
        data={"what": what},
    )
    session.flush()


def _whole(session: Session, ctx: Context, row: SiteRow) -> Site:
    return _site(
        ctx,
        row,
        store.rooms(session, [row.id]),
        tuple(store.hours(session, row.id)),
        _shifts(session, row.id, ctx.now),
    )


def _shifts(session: Session, site_id: UUID, now: datetime) -> tuple[ShiftOn, ...]:
    return tuple(
        ShiftOn(row.id, Interval(row.starts_at, row.ends_at), row.staff)
        for row in store.shifts(session, site_id, since=now, until=now + _AHEAD)
    )


def _site(
    ctx: Context,
    row: SiteRow,
    rooms: Sequence[Resource],
    hours: tuple[Opening, ...] = (),
    shifts: tuple[ShiftOn, ...] = (),
) -> Site:
    return Site(
        id=row.id,
        kind=row.kind,
        name=row.name,
        code=row.code,
        address=row.address,
        postcode=row.postcode,
        area=row.area,
        closed=row.closed,
        opens_on_holidays=row.opens_on_holidays,
        link_streams=row.link_streams,
        version=row.version,
        mine=_is_mine(ctx, row),
        rooms=tuple(Room(room.id, room.name, room.kind, room.active, room.version) for room in rooms),
        hours=hours,
        shifts=shifts,
    )
