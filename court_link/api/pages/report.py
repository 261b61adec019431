"""The Commissioner's page: capacity, punctuality, and officer time given back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.rendering import render
from court_link.api.pages.typed import Typed
from court_link.api.reports import read_report
from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.roles import Permission
from court_link.domain.savings import BASELINES, Assumptions
from court_link.reporting import savings
from court_link.reporting.capacity import Report
from court_link.store import Db

router = APIRouter(include_in_schema=False)

#: Rooms whose open time somebody is paid to be there for.
STAFFED = (ResourceKind.COURTROOM, ResourceKind.CUSTODY_ROOM)


@router.get("/report")
async def page(request: Request, store: Store, ctx: Asker, first: str = "", last: str = "") -> Response:
    ctx.require(Permission.SEE_REPORTS)
    typed = {"first": first, "last": last}
    try:
        made = await read_report(store, ctx, *_days(first, last))
    except Invalid as wrong:
        made = await read_report(store, ctx, None, None)
        return render(request, "report.html", status=422, errors=wrong.errors, values=typed, **_shown(made))
    return render(request, "report.html", **_shown(made))


@router.get("/report/assumptions")
async def assumptions(request: Request, store: Store, ctx: Asker) -> Response:
    return await _form(request, store, ctx)


@router.post("/report/assumptions")
async def adjust(request: Request, store: Store, ctx: Asker) -> Response:
    form = await request.form()
    typed = Typed(form)
    try:
        given, version = _assumptions(form), typed.whole("version", 0, "Open the page again.")
        typed.check()
    except Invalid as wrong:
        return await _form(request, store, ctx, status=422, errors=wrong.errors, values=form)
    await store.write(savings.adjust, ctx, given, version)
    return RedirectResponse("/report#savings", 303)


async def _form(request: Request, store: Db, ctx: Context, **shown: Any) -> Response:
    version = await store.read(savings.assumptions_version, ctx)
    standing = await store.read(savings.assumptions, ctx)
    return render(
        request,
        "report-assumptions.html",
        standing={name: f"{value:g}" for name, value in asdict(standing).items()},
        version=version,
        baselines=BASELINES,
        **shown,
    )


def _shown(made: Report) -> dict[str, Any]:
    kinds = {"courtroom": "Courtrooms", "custody_room": "Custody rooms", "evidence_room": "Evidence rooms"}
    return {
        "report": made,
        "kinds": kinds | {"vehicle": "Vehicles"},
        "baselines": BASELINES,
        "staffed_kinds": STAFFED,
        "shown_rooms": [
            each for each in made.rooms if each.use.booked or (each.use.open and each.room.kind in STAFFED)
        ],
        "open_days": [(day, use) for day, use in made.days.items() if use.open or use.booked],
    }


def _days(first: str, last: str) -> tuple[date | None, date | None]:
    wrong: list[FieldError] = []
    days = _day(first, "first", "First day", wrong), _day(last, "last", "Last day", wrong)
    if wrong:
        raise Invalid(errors=wrong)
    return days


def _day(text: str, field: str, name: str, wrong: list[FieldError]) -> date | None:
    """A day as typed (23/11/2026) or as an address carries it (2026-11-23)."""
    if not text.strip():
        return None
    for pattern in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text.strip(), pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    wrong.append(FieldError(field, f"{name} must be a date, like 23/11/2026."))
    return None


def _assumptions(form: FormData) -> Assumptions:
    numbers: dict[str, float] = {}
    wrong: list[FieldError] = []
    for name in asdict(Assumptions()):
        try:
            numbers[name] = float(str(form.get(name, "")).replace("£", "").replace(",", "").strip())
        except ValueError:
            wrong.append(FieldError(name, "Enter a number."))
    if wrong:
        raise Invalid(errors=wrong)
    return Assumptions(**numbers)
