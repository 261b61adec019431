"""A court's week of sittings: its rooms and their sessions, making and changing one, copying the week."""

from __future__ import annotations

from datetime import date, time, timedelta
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.moments import moment_of, repeated
from court_link.api.pages.rendering import render
from court_link.api.pages.typed import Typed, day_of, typed_day
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, NotFound
from court_link.domain.sittings import Capacity, Half, business_types
from court_link.domain.times import Interval, london_day, to_london
from court_link.scheduling import copying, sittings
from court_link.scheduling.sittings import Asked, Sitting, Week
from court_link.store import Db

router = APIRouter(prefix="/sittings")

HALVES = {Half.AM: "Morning", Half.PM: "Afternoon", Half.AD: "All day"}
_PANELS = [{"value": panel, "text": panel.capitalize()} for panel in sittings.PANELS]


@router.get("")
async def week(
    request: Request, store: Store, ctx: Asker, site: str = "", week: str = "", copied: str = ""
) -> Response:
    return await _week(request, store, ctx, site=site, week=week, copied=copied)


@router.post("/copy")
async def copy(request: Request, store: Store, ctx: Asker) -> Response:
    typed = Typed(await request.form())
    try:
        site_id = typed.id("site")
        monday = typed.day("week", london_day(store.clock.now()))
        weeks = typed.whole("weeks", 1, "Enter a whole number of weeks")
        typed.check()
        if site_id is None:
            raise NotFound
        came_to = await store.write(copying.week, ctx, site_id, monday, weeks)
    except Invalid as refused:
        return await _week(
            request,
            store,
            ctx,
            site=typed.text("site"),
            week=typed.text("week"),
            typed=typed,
            refused=refused,
        )
    told = f"{came_to.copied}-{came_to.in_the_way}-{came_to.holidays}"
    after = monday + sittings.WEEK
    return RedirectResponse(f"/sittings?site={site_id}&week={after.isoformat()}&copied={told}", 303)


@router.get("/new")
async def new(
    request: Request, store: Store, ctx: Asker, room: UUID, day: str = "", half: str = ""
) -> Response:
    on = day_of(day) or london_day(store.clock.now())
    part = Half(half) if half in set(Half) else Half.AM
    times = await store.read(sittings.usual, ctx, room, on, part)
    values = {
        "day": typed_day(on),
        "begins": f"{to_london(times.start):%H:%M}",
        "ends": f"{to_london(times.end):%H:%M}",
    }
    return await _form(request, store, ctx, room, values)


@router.post("/new")
async def add(request: Request, store: Store, ctx: Asker) -> Response:
    typed = Typed(await request.form())
    room = typed.id("room")
    if room is None:
        raise NotFound
    try:
        made = await store.write(sittings.add, ctx, _asked(typed, room))
    except Invalid as refused:
        return await _form(request, store, ctx, room, typed=typed, refused=refused)
    return await _back(store, ctx, made)


@router.get("/rooms/{courtroom_id}")
async def room(request: Request, store: Store, ctx: Asker, courtroom_id: UUID) -> Response:
    return await _room(request, store, ctx, courtroom_id)


@router.post("/rooms/{courtroom_id}")
async def restrict(request: Request, store: Store, ctx: Asker, courtroom_id: UUID) -> Response:
    """Keeps a courtroom for some business types."""
    typed = Typed(await request.form())
    codes = [each for each in typed.form.getlist("restricted_to") if isinstance(each, str)]
    try:
        version = typed.whole("version", 0, "Open this page again.")
        typed.check()
        await store.write(sittings.restrict, ctx, courtroom_id, codes, version)
    except Invalid as refused:
        return await _room(request, store, ctx, courtroom_id, typed, refused)
    return RedirectResponse(f"/sittings/rooms/{courtroom_id}?saved=yes", 303)


@router.get("/{sitting_id}")
async def one(request: Request, store: Store, ctx: Asker, sitting_id: UUID) -> Response:
    sitting = await store.read(sittings.one, ctx, sitting_id)
    return await _form(request, store, ctx, sitting.courtroom_id, _values(sitting), sitting)


@router.post("/{sitting_id}")
async def change(request: Request, store: Store, ctx: Asker, sitting_id: UUID) -> Response:
    sitting = await store.read(sittings.one, ctx, sitting_id)
    typed = Typed(await request.form())
    try:
        version = typed.whole("version", 0, "Open this page again.")
        asked = _asked(typed, typed.id("room") or sitting.courtroom_id)
        changed = await store.write(sittings.change, ctx, sitting_id, asked, version)
    except Invalid as refused:
        return await _form(
            request, store, ctx, sitting.courtroom_id, sitting=sitting, typed=typed, refused=refused
        )
    return await _back(store, ctx, changed)


@router.get("/{sitting_id}/remove")
async def removing(request: Request, store: Store, ctx: Asker, sitting_id: UUID) -> Response:
    sitting = await store.read(sittings.one, ctx, sitting_id)
    return render(
        request,
        "sitting-remove.html",
        sitting=sitting,
        room=await store.read(sittings.room, ctx, sitting.courtroom_id),
        standing=await store.read(sittings.standing, ctx, sitting_id),
    )


@router.post("/{sitting_id}/remove")
async def remove(request: Request, store: Store, ctx: Asker, sitting_id: UUID) -> Response:
    typed = Typed(await request.form())
    version = typed.whole("version", 0, "Open this page again.")
    typed.check()
    sitting = await store.read(sittings.one, ctx, sitting_id)
    await store.write(sittings.take_out, ctx, sitting_id, version)
    return await _back(store, ctx, sitting)


async def _week(
    request: Request,
    store: Db,
    ctx: Context,
    *,
    site: str,
    week: str,
    copied: str = "",
    typed: Typed | None = None,
    refused: Invalid | None = None,
) -> Response:
    day = day_of(week) or london_day(store.clock.now())
    found = await store.read(sittings.week, ctx, _id(site), day)
    return render(
        request,
        "sittings.html",
        status=422 if refused else 200,
        week=found,
        halves=HALVES,
        earlier=_address(found, -1),
        later=_address(found, 1),
        copied=_copied(copied),
        sites=[{"value": str(house), "text": name} for house, name in found.houses],
        values=typed.form if typed else {"site": str(found.site_id or ""), "week": typed_day(found.monday)},
        errors=refused.errors if refused else (),
    )


def _address(week: Week, weeks: int) -> str:
    monday = week.monday + weeks * sittings.WEEK
    return f"/sittings?site={week.site_id or ''}&week={monday.isoformat()}"


def _copied(told: str) -> tuple[int, int, int] | None:
    """What the copy before this page came to, as its address tells."""
    parts = told.split("-")
    if len(parts) != 3 or not all(part.isdigit() and len(part) < 6 for part in parts):
        return None
    return int(parts[0]), int(parts[1]), int(parts[2])


def _asked(typed: Typed, room: UUID) -> Asked:
    day = typed.day("day", _NO_DAY)
    begins, ends = moment_of(typed, "begins", day, _NO_TIME), moment_of(typed, "ends", day, _NO_TIME)
    business = typed.text("business_type")
    slots, minutes = typed.text("slots"), typed.text("minutes")
    counted = Capacity(
        typed.whole("slots", 0, "Enter a whole number of matters"),
        typed.whole("minutes", 0, "Enter a whole number of minutes"),
    )
    typed.check()
    if begins is None or ends is None or ends <= begins:
        raise Invalid(errors=[FieldError("ends", "The end must be after the start")])
    during = Interval(begins, ends)
    capacity = counted if slots or minutes else Capacity.usual(business, during)
    return Asked(room, during, business, typed.text("panel"), capacity)


_NO_DAY, _NO_TIME = date(2000, 1, 1), time(0)  # stand for what was not understood, which is an error already


def _values(sitting: Sitting) -> dict[str, str]:
    return {
        "room": str(sitting.courtroom_id),
        "day": typed_day(sitting.day),
        "begins": f"{to_london(sitting.during.start):%H:%M}",
        "ends": f"{to_london(sitting.during.end):%H:%M}",
        "business_type": sitting.business_type,
        "panel": sitting.panel,
        "slots": str(sitting.capacity.slots),
        "minutes": str(sitting.capacity.minutes),
    }


async def _form(
    request: Request,
    store: Db,
    ctx: Context,
    room_id: UUID,
    values: dict[str, str] | None = None,
    sitting: Sitting | None = None,
    typed: Typed | None = None,
    refused: Invalid | None = None,
) -> Response:
    errors = refused.errors if refused else ()
    types = {each.code: f"{each.name} ({each.code})" for each in business_types().values()}
    panels = list(_PANELS)
    if sitting:
        types.setdefault(sitting.business_type, sitting.business_type)
        if sitting.panel not in {"", *sittings.PANELS}:
            panels.append({"value": sitting.panel, "text": sitting.panel.capitalize()})
    return render(
        request,
        "sitting.html",
        status=422 if refused else 200,
        sitting=sitting,
        standing=await store.read(sittings.standing, ctx, sitting.id) if sitting else (),
        room=await store.read(sittings.room, ctx, room_id),
        types=[{"value": code, "text": name} for code, name in sorted(types.items(), key=_by_name) if code],
        panels=panels,
        repeated=repeated(errors),
        values=typed.form if typed else values or {},
        errors=errors,
    )


def _by_name(each: tuple[str, str]) -> str:
    return each[1].casefold()


async def _room(
    request: Request,
    store: Db,
    ctx: Context,
    courtroom_id: UUID,
    typed: Typed | None = None,
    refused: Invalid | None = None,
) -> Response:
    found = await store.read(sittings.room, ctx, courtroom_id)
    return render(
        request,
        "sitting-room.html",
        status=422 if refused else 200,
        room=found,
        saved=request.query_params.get("saved") == "yes",
        types=[
            {"value": each.code, "text": f"{each.name} ({each.code})"}
            for each in sorted(business_types().values(), key=lambda each: each.name.casefold())
        ],
        values=typed.form if typed else {},
        errors=refused.errors if refused else (),
    )


async def _back(store: Db, ctx: Context, sitting: Sitting) -> Response:
    """To the week that a session is of."""
    site_id = await store.read(sittings.house_of, ctx, sitting.courtroom_id)
    monday = sitting.day - timedelta(days=sitting.day.weekday())
    return RedirectResponse(f"/sittings?site={site_id}&week={monday.isoformat()}", 303)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
