"""Staff: who falls short, people with their week, and what each change of a rota would leave short."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.rendering import render
from court_link.api.pages.typed import Typed, clock_of, day_of, typed_day
from court_link.domain import wording
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.places import DutyKind, PersonKind
from court_link.domain.rota import Stretch, on_the_clock, whole_days
from court_link.domain.rota import said as span_said
from court_link.domain.times import Interval, day_interval, london_day, monday_of
from court_link.scheduling import readings, rostering, staffing
from court_link.scheduling.rostering import Rostered, Staffed
from court_link.scheduling.staffing import POOLS, Absence, Gaps
from court_link.store import Db
from court_link.store.duties import DutyStretch
from court_link.store.staff import Suite

router = APIRouter(prefix="/staff")

PAGE = 50
#: Days ahead for which it is told what falls short.
AHEAD = timedelta(days=13)
_WEEK = timedelta(days=7)

KINDS = {
    DutyKind.SHIFT: "On shift",
    DutyKind.LEAVE: "Leave",
    DutyKind.REST_DAY: "Rest day",
    DutyKind.SICK: "Off sick",
}
PEOPLE = {kind: kind.value.replace("_", " ").capitalize() for kind in PersonKind}
DONE = {
    "kept": "Details saved",
    "duty": "Rota saved",
    "removed": "Taken out of the rota",
}
_ZONES = {"BST": 0, "GMT": 1}


@router.get("")
async def planned(
    request: Request,
    store: Store,
    ctx: Asker,
    week: str = "",
    q: str = "",
    station: UUID | None = None,
    after: UUID | None = None,
    done: str = "",
) -> Response:
    today = london_day(store.clock.now())
    monday = monday_of(day_of(week) or today)
    within = whole_days(monday, monday + timedelta(days=6))
    people = await store.read(
        rostering.people, ctx, within, q[:100], station_id=station, after=after, limit=PAGE + 1
    )
    return render(
        request,
        "staff.html",
        done=DONE.get(done, ""),
        gaps=await gaps_of(store, ctx, whole_days(today, today + AHEAD)),
        today=today,
        days=[monday + timedelta(days=n) for n in range(7)],
        headings=[f"{day:%a} {day.day}" for day in (monday + timedelta(days=n) for n in range(7))],
        people=[(each.person, _week(each, monday)) for each in people[:PAGE]],
        more=_address(monday, q, station, people[PAGE - 1].person.id) if len(people) > PAGE else "",
        before=_address(monday - _WEEK, q, station),
        next_week=_address(monday + _WEEK, q, station),
        this_week=_address(monday_of(today), q, station) if monday != monday_of(today) else "",
        suites=[_suite_today(each) for each in await store.read(rostering.suites, ctx, day_interval(today))],
        stations=[
            {"value": str(id_), "text": name} for id_, name in await store.read(rostering.stations, ctx)
        ],
        kinds=PEOPLE,
        values={"q": q, "station": str(station or ""), "week": typed_day(monday)},
        filtered=bool(q or station),
    )


@router.get("/people/{person_id}")
async def person(
    request: Request, store: Store, ctx: Asker, person_id: UUID, week: str = "", done: str = ""
) -> Response:
    return await _person_page(request, store, ctx, person_id, week, done=done)


@router.post("/people/{person_id}")
async def keep(request: Request, store: Store, ctx: Asker, person_id: UUID) -> Response:
    """Where somebody is based, and what they interpret."""
    typed = Typed(await request.form())
    try:
        version = typed.whole("version", 0, "Open this page again.")
        station = typed.id("station_id")
        typed.check()
        spoken = re.split(r"[,;\n]", typed.text("languages"))
        await store.write(rostering.keep, ctx, person_id, station, spoken, version)
    except Invalid as refused:
        return await _person_page(request, store, ctx, person_id, typed=typed, refused=refused)
    return RedirectResponse(f"/staff/people/{person_id}?done=kept", 303)


@router.get("/people/{person_id}/duties/new")
async def new_duty(request: Request, store: Store, ctx: Asker, person_id: UUID, day: str = "") -> Response:
    chosen = typed_day(day_of(day) or london_day(store.clock.now()))
    return await _duty_form(request, store, ctx, person_id, {"kind": "shift", "day": chosen})


@router.post("/people/{person_id}/duties/new")
async def add_duty(request: Request, store: Store, ctx: Asker, person_id: UUID) -> Response:
    return await _save_duty(request, store, ctx, person_id, None)


@router.get("/people/{person_id}/duties/{duty_id}")
async def duty(request: Request, store: Store, ctx: Asker, person_id: UUID, duty_id: UUID) -> Response:
    stretch = await store.read(rostering.one_duty, ctx, person_id, duty_id)
    return await _duty_form(request, store, ctx, person_id, _typed_stretch(stretch), duty_id)


@router.post("/people/{person_id}/duties/{duty_id}")
async def change_duty(request: Request, store: Store, ctx: Asker, person_id: UUID, duty_id: UUID) -> Response:
    return await _save_duty(request, store, ctx, person_id, duty_id)


@router.get("/people/{person_id}/duties/{duty_id}/remove")
async def ask_remove_duty(
    request: Request, store: Store, ctx: Asker, person_id: UUID, duty_id: UUID
) -> Response:
    stretch = await store.read(rostering.one_duty, ctx, person_id, duty_id)
    found = await store.read(rostering.person, ctx, person_id, stretch.interval)
    left = await store.read(rostering.foresee_duty, ctx, person_id, duty_id, None)
    return render(
        request, "staff-duty-remove.html", of=found.person, what=_said(stretch), duty_id=duty_id, absent=left
    )


@router.post("/people/{person_id}/duties/{duty_id}/remove")
async def remove_duty(request: Request, store: Store, ctx: Asker, person_id: UUID, duty_id: UUID) -> Response:
    version = Typed(await request.form()).whole("version", 0, "Open this page again.")
    await store.write(rostering.remove_duty, ctx, person_id, duty_id, version or None)
    return RedirectResponse(f"/staff/people/{person_id}?done=removed", 303)


async def gaps_of(store: Db, ctx: Context, within: Interval) -> Gaps:
    """What falls short, the reading of the hearings named in it noted."""
    found = await store.read(staffing.gaps, ctx, within)
    if found.hearing_ids:
        await store.write(readings.note, ctx, found.hearing_ids)
    return found


async def _person_page(
    request: Request,
    store: Db,
    ctx: Context,
    person_id: UUID,
    week: str = "",
    *,
    done: str = "",
    typed: Typed | None = None,
    refused: Invalid | None = None,
) -> Response:
    monday = monday_of(day_of(week) or london_day(store.clock.now()))
    within = whole_days(monday, monday + timedelta(days=27))
    found = await store.read(rostering.person, ctx, person_id, within)
    gaps = await gaps_of(store, ctx, within)
    return render(
        request,
        "staff-person.html",
        status=422 if refused else 200,
        errors=refused.errors if refused else (),
        values=typed.form if typed else {},
        done=DONE.get(done, ""),
        of=found.person,
        kind=PEOPLE[found.person.kind],
        weeks=[_days(found, monday + n * _WEEK) for n in range(4)],
        gaps=Gaps(absent=tuple(each for each in gaps.absent if each.person_id == person_id)),
        before=f"/staff/people/{person_id}?week={(monday - 4 * _WEEK).isoformat()}",
        later=f"/staff/people/{person_id}?week={(monday + 4 * _WEEK).isoformat()}",
        stations=[
            {"value": str(id_), "text": name} for id_, name in await store.read(rostering.stations, ctx)
        ],
    )


async def _duty_form(
    request: Request,
    store: Db,
    ctx: Context,
    person_id: UUID,
    values: object,
    duty_id: UUID | None = None,
    refused: Invalid | None = None,
) -> Response:
    found = await store.read(rostering.person, ctx, person_id, day_interval(london_day(store.clock.now())))
    return render(
        request,
        "staff-duty.html",
        status=422 if refused else 200,
        errors=refused.errors if refused else (),
        values=values,
        of=found.person,
        duty_id=duty_id,
        kinds=[{"value": kind.value, "text": text} for kind, text in KINDS.items()],
    )


async def _save_duty(
    request: Request, store: Db, ctx: Context, person_id: UUID, duty_id: UUID | None
) -> Response:
    """Shows first what somebody could not be had for, when anything; sent again from there, it is saved."""
    typed = Typed(await request.form())
    try:
        stretch = _stretch(store, typed)
        version = typed.whole("version", 0, "Open this page again.")
        typed.check()
    except Invalid as refused:
        return await _duty_form(request, store, ctx, person_id, typed.form, duty_id, refused)
    here = f"/staff/people/{person_id}/duties/{duty_id or 'new'}"
    if not typed.ticked("confirmed"):
        left: Sequence[Absence] = await store.read(rostering.foresee_duty, ctx, person_id, duty_id, stretch)
        if left:
            names = ("kind", "day", "until", "begins", "ends", "version")
            return render(
                request,
                "staff-effect.html",
                title=f"{KINDS[stretch.kind]}, {span_said(stretch.during)}",
                caption=left[0].name,
                gaps=Gaps(absent=tuple(left)),
                action=here,
                back=f"/staff/people/{person_id}",
                hidden={name: typed.text(name) for name in names},
            )
    if duty_id is None:
        await store.write(rostering.add_duty, ctx, person_id, stretch, version or None)
    else:
        await store.write(rostering.change_duty, ctx, person_id, duty_id, stretch, version or None)
    week = monday_of(london_day(stretch.during.start)).isoformat()
    return RedirectResponse(f"/staff/people/{person_id}?week={week}&done=duty", 303)


def _stretch(store: Db, typed: Typed) -> Stretch:
    """A stretch as typed: with times a part of a day, without them whole days. Raises Invalid."""
    kind = typed.one_of("kind", DutyKind, "Choose what it is.", DutyKind.SHIFT)
    day = typed.day("day", london_day(store.clock.now()))
    until = typed.day("until", day) if typed.text("until") else day
    begins, ends = clock(typed, "begins"), clock(typed, "ends")
    if (typed.text("begins") == "") != (typed.text("ends") == ""):
        empty = "ends" if typed.text("begins") else "begins"
        typed.errors.append(FieldError(empty, "Enter both times, or neither."))
    elif kind is DutyKind.SHIFT and not typed.text("begins"):
        typed.errors.append(FieldError("begins", "A shift needs its times, like 7am and 3pm."))
    elif typed.text("begins") and until != day:
        typed.errors.append(FieldError("until", "Leave the times empty for whole days."))
    typed.check()
    if begins and ends:
        return Stretch(kind, on_the_clock(day, begins[0], ends[0], begins[1], ends[1]))
    return Stretch(kind, whole_days(day, until))


def clock(typed: Typed, name: str) -> tuple[time, int | None] | None:
    """A time as typed, and which of two it is in the hour that the autumn change repeats ("1:30am GMT")."""
    text = typed.text(name)
    if not text:
        return None
    fold = _ZONES.get(text[-3:].upper())
    clock = clock_of(text if fold is None else text[:-3].rstrip())
    if clock is None:
        typed.errors.append(FieldError(name, "Enter a time, like 10:15am or 14:15."))
        return None
    return clock, fold


def _typed_stretch(stretch: DutyStretch) -> dict[str, str]:
    """A stretch as the form shows it."""
    first, last = stretch.interval.start, stretch.interval.end - timedelta(microseconds=1)
    values = {"kind": stretch.kind.value, "day": typed_day(london_day(first))}
    if stretch.interval == whole_days(london_day(first), london_day(last)):
        return {**values, "until": typed_day(london_day(last))}
    return {**values, "begins": wording.clock(first), "ends": wording.clock(stretch.interval.end)}


def _week(rostered: Rostered, monday: date) -> list[list[str]]:
    return [
        [_part(each, monday + timedelta(days=n)) for each in _on(rostered, monday + timedelta(days=n))]
        for n in range(7)
    ]


def _days(rostered: Rostered, monday: date) -> list[tuple[date, list[tuple[DutyStretch, str]]]]:
    week = [monday + timedelta(days=n) for n in range(7)]
    return [(day, [(each, _part(each, day)) for each in _on(rostered, day)]) for day in week]


def _on(rostered: Rostered, day: date) -> list[DutyStretch]:
    whole = day_interval(day)
    return [each for each in rostered.stretches if each.interval.overlaps(whole)]


def _part(stretch: DutyStretch, day: date) -> str:
    """A stretch as one day shows it: "7am to 3pm", "Until 6am", "Leave", "Off sick from midday"."""
    whole, during = day_interval(day), stretch.interval
    away = KINDS[stretch.kind] if stretch.kind.away else ""
    if during.contains(whole):
        return away or "All day"
    if during.start < whole.start:
        said = f"until {wording.clock(during.end)}"
    elif during.end > whole.end and stretch.kind.away:
        said = f"from {wording.clock(during.start)}"
    else:
        said = f"{wording.clock(during.start)} to {wording.clock(during.end)}"
    return f"{away} {said}" if away else said[0].upper() + said[1:]


def _said(stretch: DutyStretch) -> str:
    return f"{KINDS[stretch.kind]}, {span_said(stretch.interval)}"


def _suite_today(staffed: Staffed) -> tuple[Suite, list[str]]:
    """A suite, and how many of each pool are on its shifts today, in words."""
    said = []
    for pool, (one, many) in POOLS.items():
        shifts = [each for each in staffed.shifts if each.pool is pool]
        if shifts:
            away = sum(each.away for each in shifts)
            text = wording.plural(sum(each.here for each in shifts), one, many)
            said.append(f"{text} over the day" + (f", {away} away" if away else ""))
    return staffed.suite, said


def _address(monday: date, q: str, station: UUID | None, after: UUID | None = None) -> str:
    given = {"week": monday.isoformat(), "q": q, "station": station or "", "after": after or ""}
    return "/staff?" + urlencode({name: str(value) for name, value in given.items() if value})
