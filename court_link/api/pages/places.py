"""Places: find a site, and keep its details, rooms, opening hours and staff on shift."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import time
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.rendering import render
from court_link.api.pages.typed import Typed, clock_of, typed_day
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.places import SiteKind
from court_link.domain.roles import Permission
from court_link.domain.times import london_day
from court_link.importing import sites
from court_link.importing.sites import Details, Site
from court_link.store import Db
from court_link.store.places import Opening, SiteFilters

router = APIRouter(prefix="/places")

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
KINDS = {
    SiteKind.COURT_HOUSE: "Court house",
    SiteKind.CUSTODY_SUITE: "Custody suite",
    SiteKind.POLICE_STATION: "Police station",
    SiteKind.VEHICLE: "Vehicles",
    SiteKind.PRISON: "Prison",
    SiteKind.REMOTE: "Elsewhere",
}


@router.get("")
async def listed(
    request: Request, store: Store, ctx: Asker, q: str = "", kind: str = "", closed: str = ""
) -> Response:
    chosen = SiteKind(kind) if kind in set(SiteKind) else None
    found = await store.read(sites.listed, ctx, SiteFilters(q[:100], chosen, bool(closed)))
    return render(
        request,
        "places.html",
        sites=found,
        kinds=KINDS,
        values={"q": q, "kind": kind, "closed": ["yes"] if closed else []},
        filtered=bool(q or kind),
        may_add=ctx.actor.may(Permission.MANAGE_SITES),
    )


@router.get("/new")
async def new(request: Request, store: Store, ctx: Asker) -> Response:
    return await _new(request, store, ctx)


@router.post("/new")
async def add(request: Request, store: Store, ctx: Asker) -> Response:
    typed = Typed(await request.form())
    try:
        kind = typed.one_of("kind", SiteKind, "Choose what kind of place it is.", SiteKind.COURT_HOUSE)
        typed.check()
        site = await store.write(sites.add, ctx, kind, Details(typed.text("name")))
    except Invalid as refused:
        return await _new(request, store, ctx, typed, refused)
    return RedirectResponse(f"/places/{site.id}", 303)


@router.get("/{site_id}")
async def one(request: Request, store: Store, ctx: Asker, site_id: UUID) -> Response:
    return _page(request, await store.read(sites.one, ctx, site_id), store)


@router.post("/{site_id}")
async def change(request: Request, store: Store, ctx: Asker, site_id: UUID) -> Response:
    async def write(typed: Typed, version: int) -> Site:
        streams = typed.whole("link_streams", 0, "Enter a whole number of streams.")
        typed.check()
        details = Details(
            name=typed.text("name"),
            address=typed.text("address"),
            postcode=typed.text("postcode"),
            closed=typed.ticked("closed"),
            opens_on_holidays=typed.ticked("opens_on_holidays"),
            link_streams=streams,
        )
        return await store.write(sites.change, ctx, site_id, details, version)

    return await _changed(request, store, ctx, site_id, write)


@router.post("/{site_id}/hours")
async def set_hours(request: Request, store: Store, ctx: Asker, site_id: UUID) -> Response:
    async def write(typed: Typed, version: int) -> Site:
        openings = [each for weekday in range(7) for each in _openings(typed, weekday)]
        typed.check()
        return await store.write(sites.set_hours, ctx, site_id, openings, version)

    return await _changed(request, store, ctx, site_id, write)


@router.post("/{site_id}/rooms")
async def add_room(request: Request, store: Store, ctx: Asker, site_id: UUID) -> Response:
    async def write(typed: Typed, version: int) -> Site:
        return await store.write(sites.add_room, ctx, site_id, typed.text("room"), version)

    return await _changed(request, store, ctx, site_id, write)


@router.post("/{site_id}/rooms/{room_id}")
async def use_room(request: Request, store: Store, ctx: Asker, site_id: UUID, room_id: UUID) -> Response:
    """Takes a room out of use, or puts it back."""

    async def write(typed: Typed, version: int) -> Site:
        active = typed.text("active") == "yes"
        return await store.write(sites.change_room, ctx, site_id, room_id, version, active=active)

    return await _changed(request, store, ctx, site_id, write)


@router.post("/{site_id}/shifts")
async def add_shift(request: Request, store: Store, ctx: Asker, site_id: UUID) -> Response:
    async def write(typed: Typed, version: int) -> Site:
        day = typed.day("day", london_day(store.clock.now()))
        begins, ends = typed.clock("begins", time(7)), typed.clock("ends", time(19))
        staff = typed.whole("staff", 0, "Enter how many officers.")
        typed.check()
        return await store.write(sites.add_shift, ctx, site_id, day, begins, ends, staff, version)

    return await _changed(request, store, ctx, site_id, write)


@router.post("/{site_id}/shifts/{shift_id}/remove")
async def remove_shift(request: Request, store: Store, ctx: Asker, site_id: UUID, shift_id: UUID) -> Response:
    async def write(typed: Typed, version: int) -> Site:
        return await store.write(sites.remove_shift, ctx, site_id, shift_id, version)

    return await _changed(request, store, ctx, site_id, write)


async def _changed(
    request: Request,
    store: Db,
    ctx: Context,
    site_id: UUID,
    write: Callable[[Typed, int], Awaitable[Site]],
) -> Response:
    """Makes a change that a form asks for; the page again, with what was typed, when it is refused."""
    typed = Typed(await request.form())
    try:
        version = typed.whole("version", 0, "Open this page again.")
        typed.check()
        await write(typed, version)
    except Invalid as refused:
        return _page(request, await store.read(sites.one, ctx, site_id), store, typed, refused)
    return RedirectResponse(f"/places/{site_id}", 303)


def _page(
    request: Request, site: Site, store: Db, typed: Typed | None = None, refused: Invalid | None = None
) -> Response:
    hours = {
        f"hours_{weekday}": ", ".join(_said(each) for each in site.hours if each.weekday == weekday)
        for weekday in range(7)
    }
    return render(
        request,
        "place.html",
        status=422 if refused else 200,
        site=site,
        kind=KINDS[site.kind],
        kinds=SiteKind,
        weekdays=WEEKDAYS,
        hours=hours,
        today=typed_day(london_day(store.clock.now())),
        values=typed.form if typed else {},
        errors=refused.errors if refused else (),
    )


async def _new(
    request: Request, store: Db, ctx: Context, typed: Typed | None = None, refused: Invalid | None = None
) -> Response:
    offered = await store.read(sites.kinds, ctx)
    return render(
        request,
        "place-new.html",
        status=422 if refused else 200,
        kinds=[{"value": kind.value, "text": KINDS[kind]} for kind in offered],
        values=typed.form if typed else {},
        errors=refused.errors if refused else (),
    )


def _openings(typed: Typed, weekday: int) -> list[Opening]:
    """A weekday's hours as typed: "9am to 1pm, 2pm to 5pm"; midnight ends the day."""
    name = f"hours_{weekday}"
    found = []
    for span in filter(None, (part.strip() for part in typed.text(name).split(","))):
        begins, _, ends = (part.strip() for part in span.lower().partition(" to "))
        opens, closes = clock_of(begins), clock_of(ends)
        if opens is None or closes is None:
            message = f"Enter {WEEKDAYS[weekday]}’s hours like 9am to 1pm, 2pm to 5pm."
            typed.errors.append(FieldError(name, message))
            return []
        until = closes.hour * 60 + closes.minute
        found.append(Opening(weekday, opens.hour * 60 + opens.minute, until or 24 * 60))
    return found


def _said(opening: Opening) -> str:
    return f"{_clock(opening.opens)} to {_clock(opening.closes)}"


def _clock(minutes: int) -> str:
    hour, minute = divmod(minutes % (24 * 60), 60)
    if minute == 0 and hour in {0, 12}:
        return "midday" if hour else "midnight"
    return f"{hour % 12 or 12}{f':{minute:02}' if minute else ''}{'am' if hour < 12 else 'pm'}"
