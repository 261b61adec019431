"""Closures: what is closed and until when, closing a site or a room, ending that early."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.moments import moment_of, repeated
from court_link.api.pages.rendering import render
from court_link.api.pages.typed import Typed, typed_day
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.places import ClosureKind
from court_link.domain.times import Interval, london_day, to_london
from court_link.scheduling import closures
from court_link.scheduling.closures import Asked, Closure
from court_link.store import Db, Session
from court_link.store.sittings import Standing

router = APIRouter(prefix="/closures")

KINDS = {
    ClosureKind.CLOSED: "Closed",
    ClosureKind.MAINTENANCE: "Maintenance",
    ClosureKind.BLOCKED: "Kept free for something else",
}
#: Closures on one page.
_PAGE = 100
_DAY = timedelta(days=1)
_NO_DAY = date(2000, 1, 1)  # stands for a day that was not understood, which is an error already


@router.get("")
async def listed(
    request: Request, store: Store, ctx: Asker, site: str = "", after: UUID | None = None, made: str = ""
) -> Response:
    chosen = _id(site)
    sites = await store.read(closures.choices, ctx)
    found = await store.read(_some, ctx, chosen if chosen in {each.id for each in sites} else None, after)
    return render(
        request,
        "closures.html",
        closures=found[:_PAGE],
        more=found[_PAGE - 1].id if len(found) > _PAGE else None,
        made=next((each for each in found if str(each.id) == made), None),
        kinds=KINDS,
        now=store.clock.now(),
        sites=[{"value": str(each.id), "text": each.name} for each in sites],
        values={"site": site},
    )


@router.get("/new")
async def new(request: Request, store: Store, ctx: Asker, place: str = "") -> Response:
    return await _form(request, store, ctx, values={"place": place} if place else {})


@router.post("/new")
async def make(request: Request, store: Store, ctx: Asker) -> Response:
    """Closes, once what stands booked there has been looked at."""
    typed = Typed(await request.form())
    try:
        asked = _asked(typed)
        standing = await store.read(closures.touched, ctx, asked)
        if standing and not typed.ticked("seen"):
            return await _check(request, store, ctx, asked, asked.during, standing, typed)
        made = await store.write(closures.make, ctx, asked)
    except Invalid as refused:
        return await _form(request, store, ctx, typed, refused)
    return RedirectResponse(f"/closures?made={made.id}", 303)


@router.get("/{closure_id}")
async def one(request: Request, store: Store, ctx: Asker, closure_id: UUID) -> Response:
    return _one(request, store, await store.read(closures.one, ctx, closure_id))


@router.post("/{closure_id}")
async def end(request: Request, store: Store, ctx: Asker, closure_id: UUID) -> Response:
    """Ends a closure earlier, or later than it was to, once what stands in the time between was looked at."""
    typed = Typed(await request.form())
    try:
        version = typed.whole("version", 0, "Open this page again.")
        day = typed.day("ends_day", london_day(store.clock.now()))
        at = moment_of(typed, "ends", day, time(0))
        typed.check()
        if at is not None:
            standing = await store.read(closures.newly_touched, ctx, closure_id, at)
            if standing and not typed.ticked("seen"):
                closure = await store.read(closures.one, ctx, closure_id)
                more = Interval(closure.during.end, at)
                return await _check(request, store, ctx, closure, more, standing, typed)
            await store.write(closures.end, ctx, closure_id, at, version)
    except Invalid as refused:
        return _one(request, store, await store.read(closures.one, ctx, closure_id), typed, refused)
    return RedirectResponse(f"/closures?made={closure_id}", 303)


@router.get("/{closure_id}/remove")
async def removing(request: Request, store: Store, ctx: Asker, closure_id: UUID) -> Response:
    closure = await store.read(closures.one, ctx, closure_id)
    return render(request, "closure-remove.html", closure=closure, kinds=KINDS)


@router.post("/{closure_id}/remove")
async def remove(request: Request, store: Store, ctx: Asker, closure_id: UUID) -> Response:
    typed = Typed(await request.form())
    version = typed.whole("version", 0, "Open this page again.")
    typed.check()
    await store.write(closures.remove, ctx, closure_id, version)
    return RedirectResponse("/closures", 303)


async def _check(
    request: Request,
    store: Db,
    ctx: Context,
    of: Asked | Closure,
    during: Interval,
    standing: Sequence[Standing],
    typed: Typed,
) -> Response:
    """What stands booked in the time that would be closed, and the button that closes it all the same."""
    site = next(each for each in await store.read(closures.choices, ctx) if each.id == of.site_id)
    rooms = dict(site.rooms)
    return render(
        request,
        "closure-check.html",
        address=request.url.path,
        during=during,
        what=", ".join(filter(None, (rooms.get(of.resource_id or site.id), site.name))),
        rooms=rooms,
        standing=standing,
        typed=[(name, value) for name, value in typed.form.multi_items() if name != "csrf_token"],
    )


def _some(session: Session, ctx: Context, site: UUID | None, after: UUID | None) -> tuple[Closure, ...]:
    return closures.listed(session, ctx, site, after=after, limit=_PAGE + 1)


def _asked(typed: Typed) -> Asked:
    site, _, room = typed.text("place").partition(":")
    site_id, room_id = _id(site), _id(room)
    if site_id is None or (room and room_id is None):
        typed.errors.append(FieldError("place", "Choose what is closed"))
    kind = typed.one_of("kind", ClosureKind, "Choose why it is closed", ClosureKind.CLOSED)
    day = typed.day("begins_day", _NO_DAY)
    last = typed.day("ends_day", day) if typed.text("ends_day") else day
    begins = moment_of(typed, "begins", day, time(0))
    # Without a time, a closure ends with its day.
    ends = moment_of(typed, "ends", last if typed.text("ends") else last + _DAY, time(0))
    typed.check()
    if site_id is None or begins is None or ends is None:
        raise Invalid(errors=typed.errors)
    if ends <= begins:
        raise Invalid(errors=[FieldError("ends", "The end must be after the start")])
    return Asked(site_id, room_id, Interval(begins, ends), kind, typed.text("reason"))


async def _form(
    request: Request,
    store: Db,
    ctx: Context,
    typed: Typed | None = None,
    refused: Invalid | None = None,
    values: dict[str, str] | None = None,
) -> Response:
    sites = await store.read(closures.choices, ctx)
    options = []
    for site in sites:
        options.append({"value": str(site.id), "text": f"All of {site.name}"})
        options += [
            {"value": f"{site.id}:{room}", "text": f"{name}, {site.name}"} for room, name in site.rooms
        ]
    errors = refused.errors if refused else ()
    return render(
        request,
        "closure-new.html",
        status=422 if refused else 200,
        places=options,
        kinds=[{"value": kind.value, "text": text} for kind, text in KINDS.items()],
        today=typed_day(london_day(store.clock.now())),
        repeated=repeated(errors),
        longest=closures.LONGEST_REASON,
        values=typed.form if typed else values or {},
        errors=errors,
    )


def _one(
    request: Request, store: Db, closure: Closure, typed: Typed | None = None, refused: Invalid | None = None
) -> Response:
    errors = refused.errors if refused else ()
    ends = to_london(closure.during.end)
    return render(
        request,
        "closure.html",
        status=422 if refused else 200,
        closure=closure,
        kinds=KINDS,
        over=closure.during.end <= store.clock.now(),
        repeated=repeated(errors),
        ends={"day": typed_day(ends.date()), "clock": f"{ends:%H:%M}", "which": str(ends.fold)},
        values=typed.form if typed else {},
        errors=errors,
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
