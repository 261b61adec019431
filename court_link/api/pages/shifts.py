"""Counted shifts at custody suites: a suite's day, who is away, and what each change would leave short."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.rendering import render
from court_link.api.pages.staff import clock, gaps_of
from court_link.api.pages.typed import Typed, day_of, typed_day
from court_link.domain.booking import PoolKind
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, NotFound
from court_link.domain.rota import on_the_clock
from court_link.domain.rota import said as span_said
from court_link.domain.times import day_interval, london_day
from court_link.scheduling import rostering
from court_link.scheduling.rostering import Count
from court_link.scheduling.staffing import POOLS, Gaps
from court_link.store import Db
from court_link.store.staff import Shifted, Suite

router = APIRouter(prefix="/staff")

DONE = {"shift": "Shift saved", "shift_removed": "Shift removed"}


@router.get("/suites/{site_id}")
async def suite(
    request: Request, store: Store, ctx: Asker, site_id: UUID, day: str = "", done: str = ""
) -> Response:
    return await _suite_page(request, store, ctx, site_id, day_of(day), done=done)


@router.post("/suites/{site_id}/shifts")
async def add_shift(request: Request, store: Store, ctx: Asker, site_id: UUID) -> Response:
    typed = Typed(await request.form())
    today = london_day(store.clock.now())
    day = day_of(typed.text("day")) or today
    try:
        typed.day("day", today)
        pool = typed.one_of("pool", PoolKind, "Choose who is on shift.", PoolKind.CUSTODY_STAFF)
        begins, ends = clock(typed, "begins"), clock(typed, "ends")
        number = typed.whole("staff", 0, "Enter how many staff.")
        typed.check()
        if begins is None or ends is None:
            raise Invalid(errors=[FieldError("begins", "Enter both times, like 7am and 7pm.")])
        during = on_the_clock(day, begins[0], ends[0], begins[1], ends[1])
        await store.write(rostering.add_shift, ctx, site_id, pool, during, Count(number))
    except Invalid as refused:
        return await _suite_page(request, store, ctx, site_id, day, typed=typed, refused=refused)
    return RedirectResponse(f"/staff/suites/{site_id}?day={day.isoformat()}&done=shift", 303)


@router.get("/shifts/{shift_id}")
async def shift(request: Request, store: Store, ctx: Asker, shift_id: UUID) -> Response:
    return await _shift_page(request, store, ctx, shift_id)


@router.post("/shifts/{shift_id}")
async def change_shift(request: Request, store: Store, ctx: Asker, shift_id: UUID) -> Response:
    """Shows first what would be left short, when anything would; sent again from there, it is saved."""
    typed = Typed(await request.form())
    try:
        count = Count(
            typed.whole("staff", 0, "Enter a number."), typed.whole("away", 0, "Enter a number, or 0.")
        )
        version = typed.whole("version", 0, "Open this page again.")
        typed.check()
    except Invalid as refused:
        errors = typed.errors or refused.errors
        return await _shift_page(request, store, ctx, shift_id, typed, Invalid(errors=errors))
    if not typed.ticked("confirmed"):
        left = await store.read(rostering.foresee_shift, ctx, shift_id, count)
        if left:
            found, of = await store.read(rostering.one_shift, ctx, shift_id)
            return render(
                request,
                "staff-effect.html",
                title=f"{count.staff - count.away} of {count.staff} will be here",
                caption=_shift_said(found, of),
                gaps=Gaps(left),
                action=f"/staff/shifts/{shift_id}",
                back=f"/staff/shifts/{shift_id}",
                hidden={"staff": count.staff, "away": count.away, "version": version},
            )
    saved, _ = await store.write(rostering.change_shift, ctx, shift_id, count, version or None)
    return RedirectResponse(_suite_address(saved, "shift"), 303)


@router.get("/shifts/{shift_id}/remove")
async def ask_remove_shift(request: Request, store: Store, ctx: Asker, shift_id: UUID) -> Response:
    found, of = await store.read(rostering.one_shift, ctx, shift_id)
    left = await store.read(rostering.foresee_shift, ctx, shift_id, None)
    return render(request, "staff-shift-remove.html", of=of, caption=_shift_said(found, of), short=left)


@router.post("/shifts/{shift_id}/remove")
async def remove_shift(request: Request, store: Store, ctx: Asker, shift_id: UUID) -> Response:
    _, of = await store.read(rostering.one_shift, ctx, shift_id)
    version = Typed(await request.form()).whole("version", 0, "Open this page again.")
    await store.write(rostering.remove_shift, ctx, shift_id, version or None)
    return RedirectResponse(_suite_address(of, "shift_removed"), 303)


async def _suite_page(
    request: Request,
    store: Db,
    ctx: Context,
    site_id: UUID,
    day: date | None,
    *,
    done: str = "",
    typed: Typed | None = None,
    refused: Invalid | None = None,
) -> Response:
    chosen = day or london_day(store.clock.now())
    found = await store.read(rostering.suites, ctx, day_interval(chosen))
    here = next((each for each in found if each.suite.id == site_id), None)
    if here is None:
        raise NotFound
    gaps = await gaps_of(store, ctx, day_interval(chosen))
    address = f"/staff/suites/{site_id}?day="
    return render(
        request,
        "staff-suite.html",
        status=422 if refused else 200,
        errors=(typed.errors if typed and typed.errors else refused.errors) if refused else (),
        values=typed.form if typed else {},
        done=DONE.get(done, ""),
        suite=here.suite,
        others=[each.suite for each in found if each.suite.id != site_id],
        day=chosen,
        today=typed_day(chosen),
        pools=[(POOLS[pool], [each for each in here.shifts if each.pool is pool]) for pool in POOLS],
        gaps=Gaps(tuple(each for each in gaps.short if each.site_id == site_id)),
        before=address + (chosen - timedelta(days=1)).isoformat(),
        later=address + (chosen + timedelta(days=1)).isoformat(),
        choices=[{"value": pool.value, "text": many.capitalize()} for pool, (_, many) in POOLS.items()],
    )


async def _shift_page(
    request: Request,
    store: Db,
    ctx: Context,
    shift_id: UUID,
    typed: Typed | None = None,
    refused: Invalid | None = None,
) -> Response:
    found, of = await store.read(rostering.one_shift, ctx, shift_id)
    return render(
        request,
        "staff-shift.html",
        status=422 if refused else 200,
        errors=refused.errors if refused else (),
        values=typed.form if typed else {},
        suite=found,
        of=of,
        many=POOLS[of.pool][1],
        caption=_shift_said(found, of),
        back=_suite_address(of),
    )


def _shift_said(suite: Suite, of: Shifted) -> str:
    return f"{suite.name}: {POOLS[of.pool][1]}, {span_said(of.during)}"


def _suite_address(of: Shifted, done: str = "") -> str:
    query = {"day": london_day(of.during.start).isoformat()} | ({"done": done} if done else {})
    return f"/staff/suites/{of.site_id}?{urlencode(query)}"
