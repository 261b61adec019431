"""Sitting sessions made by hand: a court's week, what is booked of each session, and what a room is kept for.

Whoever books sees a court's week; whoever plans sittings changes it, within their own organisations. A
session in which bookings stand is not taken out nor cut short: they are moved first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Stale
from court_link.domain.events import EventKind
from court_link.domain.roles import Permission
from court_link.domain.sittings import Capacity, Half, business_types, half_of
from court_link.domain.sittings import sitting as time_of
from court_link.domain.times import Interval, day_interval, london_day, monday_of
from court_link.store import Session, bookings, calendar, events
from court_link.store import sittings as store
from court_link.store.sittings import Standing
from court_link.store.tables import Resource, Site, SittingSession

#: Panels as rotas write them; a court may write another.
PANELS = ("ADULT", "YOUTH", "FAMILY")
WEEK = timedelta(days=7)


class SittingStands(Conflict):
    """Bookings stand in this session. Move or vacate them first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A session to be. `business_type` is a code of the courts' own list, or empty for any business."""

    courtroom_id: UUID
    during: Interval
    business_type: str = ""
    panel: str = ""
    capacity: Capacity = Capacity()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class Sitting:
    """A session as its reader sees it, with what is booked of it."""

    id: UUID
    courtroom_id: UUID
    during: Interval
    business_type: str
    business: str  # what the type is called; the code itself when nobody knows it
    panel: str
    capacity: Capacity
    matters: int
    minutes: int
    source: str
    against_rota: bool
    version: int

    @property
    def day(self) -> date:
        return london_day(self.during.start)

    @property
    def half(self) -> Half:
        return half_of(self.during)

    @property
    def over(self) -> str:
        """How far it is overbooked, in words; empty when it is not."""
        return self.capacity.over(self.matters, self.minutes)


@dataclass(frozen=True, slots=True)
class Room:
    """A courtroom's week. Without any session it keeps its site's hours."""

    id: UUID
    name: str
    restricted_to: tuple[str, ...]
    version: int
    sittings: tuple[Sitting, ...]

    def on(self, day: date) -> tuple[Sitting, ...]:
        return tuple(each for each in self.sittings if each.day == day)


@dataclass(frozen=True, slots=True)
class Week:
    """A court house's week from a Monday; `houses` are those one may look at, as (id, name)."""

    monday: date
    site_id: UUID | None
    site: str
    houses: tuple[tuple[UUID, str], ...]
    rooms: tuple[Room, ...]
    holidays: tuple[tuple[date, str], ...]
    may_plan: bool

    @property
    def days(self) -> tuple[date, ...]:
        """Monday to Friday, and the weekend's days that are sat on."""
        sat = {each.day for room in self.rooms for each in room.sittings}
        week = [self.monday + timedelta(days=ahead) for ahead in range(7)]
        return tuple(day for day in week if day.weekday() < 5 or day in sat)

    def holiday(self, day: date) -> str:
        return dict(self.holidays).get(day, "")


def week(session: Session, ctx: Context, site_id: UUID | None, day: date) -> Week:
    """The week of a day at one of the asker's court houses, the first by name when none is named."""
    _allow_seeing(ctx)
    houses = store.court_houses(session, ctx)
    if site_id is not None and site_id not in {house.id for house in houses}:
        raise NotFound
    house = next((each for each in houses if site_id in (None, each.id)), None)
    monday = monday_of(day)
    rooms = store.courtrooms(session, [house.id]) if house else ()
    sittings = _within(session, ctx, [room.id for room in rooms], span_of(monday))
    return Week(
        monday=monday,
        site_id=house.id if house else None,
        site=house.name if house else "",
        houses=tuple((each.id, each.name) for each in houses),
        rooms=tuple(_room(room, sittings) for room in rooms),
        holidays=tuple(calendar.holidays(session, monday, monday + WEEK - timedelta(days=1)).items()),
        may_plan=ctx.actor.may(Permission.PLAN_SITTINGS),
    )


def listed(session: Session, ctx: Context, site_id: UUID, span: Interval) -> tuple[Sitting, ...]:
    """The sessions of one of the asker's court houses that overlap a span, by start."""
    _allow_seeing(ctx)
    if site_id not in {house.id for house in store.court_houses(session, ctx)}:
        raise NotFound
    return tuple(_within(session, ctx, [room.id for room in store.courtrooms(session, [site_id])], span))


def one(session: Session, ctx: Context, sitting_id: UUID) -> Sitting:
    _allow_seeing(ctx)
    return _told(session, ctx, _own(session, ctx, sitting_id, None, lock=False))


def room(session: Session, ctx: Context, courtroom_id: UUID) -> Room:
    """A courtroom of the asker's own, without its sessions."""
    _allow_seeing(ctx)
    return _room(_courtroom(session, ctx, courtroom_id), ())


def house_of(session: Session, ctx: Context, courtroom_id: UUID) -> UUID | None:
    """The court house that a courtroom of the asker's own is of."""
    _allow_seeing(ctx)
    return _courtroom(session, ctx, courtroom_id).site_id


def usual(session: Session, ctx: Context, courtroom_id: UUID, day: date, half: Half) -> Interval:
    """When a half of a day is sat on in a courtroom, by its court house's own hours."""
    _allow_seeing(ctx)
    site_id = _courtroom(session, ctx, courtroom_id).site_id
    weekly = calendar.hours(session, [site_id] if site_id else []).get(site_id or courtroom_id, [])
    return time_of(
        day, half, [(opens, closes) for weekday, opens, closes in weekly if weekday == day.weekday()]
    )


def standing(session: Session, ctx: Context, sitting_id: UUID) -> tuple[Standing, ...]:
    """What stands booked in a session."""
    _allow_seeing(ctx)
    return tuple(_standing(session, ctx, _own(session, ctx, sitting_id, None, lock=False)))


def allow(session: Session, ctx: Context) -> None:
    """Raises Forbidden for whoever plans no sittings."""
    ctx.require(Permission.PLAN_SITTINGS)


def add(session: Session, ctx: Context, asked: Asked) -> Sitting:
    """Makes a session. Raises Invalid, naming the field; NotFound for a room that is not the asker's own."""
    allow(session, ctx)
    _check(session, ctx, asked, None)
    row = SittingSession(**columns(asked))
    store.add(session, row)
    _record(session, ctx, row, "made")
    return _told(session, ctx, row)


def change(session: Session, ctx: Context, sitting_id: UUID, asked: Asked, version: int | None) -> Sitting:
    """Changes a session. Raises Stale, Invalid, NotFound; SittingStands when it would leave bookings out."""
    allow(session, ctx)
    row = _own(session, ctx, sitting_id, version)
    _check(session, ctx, asked, row)
    moved = row.courtroom_id != asked.courtroom_id
    if any(moved or not asked.during.contains(each.slot) for each in _standing(session, ctx, row)):
        raise SittingStands
    for name, value in columns(asked).items():
        setattr(row, name, value)
    row.version += 1
    _record(session, ctx, row, "changed")
    return _told(session, ctx, row)


def take_out(session: Session, ctx: Context, sitting_id: UUID, version: int | None) -> None:
    """Takes a session out; the room does not sit then. Raises SittingStands, Stale, NotFound."""
    allow(session, ctx)
    row = _own(session, ctx, sitting_id, version)
    _courtroom(session, ctx, row.courtroom_id, lock=True)  # no booking of it slips in between
    if _standing(session, ctx, row):
        raise SittingStands
    _record(session, ctx, row, "taken out")
    store.take_out(session, [row.id])


def restrict(
    session: Session, ctx: Context, courtroom_id: UUID, codes: Sequence[str], version: int | None
) -> Room:
    """Keeps a courtroom for some business types; none is any. Raises Stale, Invalid, NotFound."""
    allow(session, ctx)
    row = _courtroom(session, ctx, courtroom_id, lock=True)
    if version is not None and row.version != version:
        raise Stale
    if set(codes) - business_types().keys():
        raise Invalid(errors=[FieldError("restricted_to", "Choose business types from the list")])
    row.restricted_to = sorted(set(codes))
    row.version += 1
    events.record(
        session,
        ctx,
        EventKind.SITE_CHANGED,
        organisation_id=row.organisation_id,
        subject_id=row.site_id,
        data={"what": "restriction", "room": str(row.id), "to": row.restricted_to},
    )
    return _room(row, ())


def _allow_seeing(ctx: Context) -> None:
    if not (ctx.actor.may(Permission.PLAN_SITTINGS) or ctx.actor.may(Permission.BOOK)):
        raise Forbidden


def house(session: Session, ctx: Context, site_id: UUID) -> Site:
    """One of the asker's own court houses. Raises NotFound for any other."""
    house = next((each for each in store.court_houses(session, ctx) if each.id == site_id), None)
    if house is None:
        raise NotFound
    return house


def _courtroom(session: Session, ctx: Context, courtroom_id: UUID, *, lock: bool = False) -> Resource:
    found = store.own_resource(session, ctx, courtroom_id, lock=lock)
    if found is None or found.site_id not in {house.id for house in store.court_houses(session, ctx)}:
        raise NotFound
    return found


def _own(
    session: Session, ctx: Context, sitting_id: UUID, version: int | None, *, lock: bool = True
) -> SittingSession:
    row = store.own(session, ctx, sitting_id, lock=lock)
    if row is None:
        raise NotFound
    if version is not None and row.version != version:
        raise Stale
    return row


def _check(session: Session, ctx: Context, asked: Asked, row: SittingSession | None) -> None:
    _courtroom(session, ctx, asked.courtroom_id, lock=True)
    errors = []
    known = {"", *business_types(), row.business_type if row else ""}
    if asked.business_type not in known:
        errors.append(FieldError("business_type", "Choose a business type from the list"))
    if len(asked.panel) > 40 or not asked.panel.isprintable():
        errors.append(FieldError("panel", "The panel must be one line of 40 characters or fewer"))
    if not 0 <= asked.capacity.slots <= 200:
        errors.append(FieldError("slots", "Enter matters between 0 and 200"))
    if not 0 <= asked.capacity.minutes <= 24 * 60:
        errors.append(FieldError("minutes", "Enter minutes between 0 and 1,440"))
    if london_day(asked.during.start) != london_day(asked.during.end):
        errors.append(FieldError("ends", "A session ends on the day that it begins"))
    here = store.within(session, [asked.courtroom_id], asked.during)
    if any(row is None or other.id != row.id for other in here):
        errors.append(FieldError("begins", "Another session of this courtroom is at this time"))
    if errors:
        raise Invalid(errors=errors)


def columns(asked: Asked) -> dict[str, Any]:
    """A session's columns, as it was asked for."""
    return {
        "courtroom_id": asked.courtroom_id,
        "starts_at": asked.during.start,
        "ends_at": asked.during.end,
        "business_type": asked.business_type,
        "panel": asked.panel.strip().upper(),
        "slots": asked.capacity.slots,
        "minutes": asked.capacity.minutes,
    }


def span_of(monday: date) -> Interval:
    """A week from its Monday."""
    return Interval(day_interval(monday).start, day_interval(monday + WEEK - timedelta(days=1)).end)


def _within(session: Session, ctx: Context, rooms: Sequence[UUID], span: Interval) -> list[Sitting]:
    if not rooms:
        return []
    rows = store.within(session, rooms, span)
    live = [
        (each.courtroom_id, Interval(each.starts_at, each.ends_at))
        for each in store.bookings_in(session, rooms, span)
        if not bookings.lapsed(each, ctx.now)
    ]
    return [_value(row, live) for row in rows]


def _standing(session: Session, ctx: Context, row: SittingSession) -> list[Standing]:
    courtroom = session.get_one(Resource, row.courtroom_id)
    if courtroom.site_id is None:
        return []
    during = Interval(row.starts_at, row.ends_at)
    return store.standing(session, ctx, courtroom.site_id, row.courtroom_id, during)


def _told(session: Session, ctx: Context, row: SittingSession) -> Sitting:
    return next(
        each
        for each in _within(session, ctx, [row.courtroom_id], Interval(row.starts_at, row.ends_at))
        if each.id == row.id
    )


def _value(row: SittingSession, live: Sequence[tuple[UUID, Interval]]) -> Sitting:
    during = Interval(row.starts_at, row.ends_at)
    inside = [slot for room_id, slot in live if room_id == row.courtroom_id and during.overlaps(slot)]
    known = business_types().get(row.business_type)
    return Sitting(
        id=row.id,
        courtroom_id=row.courtroom_id,
        during=during,
        business_type=row.business_type,
        business=known.name if known else row.business_type,
        panel=row.panel,
        capacity=Capacity(row.slots, row.minutes),
        matters=len(inside),
        minutes=round(sum(part.minutes for slot in inside if (part := slot.clipped(during)))),
        source=row.source,
        against_rota=row.against_rota,
        version=row.version,
    )


def _room(row: Resource, sittings: Sequence[Sitting]) -> Room:
    mine = tuple(each for each in sittings if each.courtroom_id == row.id)
    return Room(row.id, row.name, tuple(row.restricted_to), row.version, mine)


def _record(session: Session, ctx: Context, row: SittingSession, what: str) -> None:
    courtroom = session.get_one(Resource, row.courtroom_id)
    events.record(
        session,
        ctx,
        EventKind.SESSION_CHANGED,
        organisation_id=courtroom.organisation_id,
        subject_id=row.id,
        data={
            "what": what,
            "courtroom": str(row.courtroom_id),
            "starts_at": row.starts_at.isoformat(),
            "ends_at": row.ends_at.isoformat(),
            "business_type": row.business_type,
        },
    )
    session.flush()
