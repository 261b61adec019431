"""The Commissioner's figures as JSON and CSV."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from court_link.api.asking import Asker, Store
from court_link.api.spreadsheet import csv_response
from court_link.domain.capacity import Use
from court_link.domain.context import Context
from court_link.domain.times import london_day
from court_link.reporting import capacity
from court_link.reporting.capacity import Period, Report
from court_link.store import Db

router = APIRouter(prefix="/api/reports", tags=["Reports"])

First = Annotated[date | None, Query(description="First London day; 27 days before the last when left out")]
Last = Annotated[date | None, Query(description="Last London day, included; today when left out")]

#: Days of a report that nobody gave days for.
_USUAL = timedelta(days=27)


async def read_report(store: Db, ctx: Context, first: date | None, last: date | None) -> Report:
    """The report of a period, whose ends may be left out, and the record that it was read."""
    last = last or london_day(store.clock.now())
    made = await store.read(capacity.report, ctx, Period(first or last - _USUAL, last))
    await store.write(capacity.record_reading, ctx, made.period)
    return made


@router.get("/capacity", summary="Capacity, punctuality and officer time given back")
async def as_json(store: Store, ctx: Asker, first: First = None, last: Last = None) -> dict[str, Any]:
    """Minutes are of staffed time; utilisation is in-session over staffed open minutes, 0 to 1 or null."""
    return document(await read_report(store, ctx, first, last))


@router.get("/capacity.csv", summary="The same by room, one row a room", response_class=Response)
async def as_csv(store: Store, ctx: Asker, first: First = None, last: Last = None) -> Response:
    made = await read_report(store, ctx, first, last)
    columns = ["site", "room", "kind", "open_minutes", "booked_minutes", "in_session_minutes", "utilisation"]
    name = f"court-link-capacity-{made.period.first}-to-{made.period.last}.csv"
    return csv_response(name, columns, document(made)["rooms"])


def document(made: Report) -> dict[str, Any]:
    """A report as plain values."""
    return {
        "area": made.area,
        "first": made.period.first,
        "last": made.period.last,
        "made_at": made.made_at,
        "courtrooms": _minutes(made.courtrooms),
        "rooms": [
            {"site": each.room.site, "room": each.room.name, "kind": each.room.kind} | _minutes(each.use)
            for each in made.rooms
        ],
        "days": [{"day": day} | _minutes(use) for day, use in made.days.items()],
        "hearings": asdict(made.hearings),
        "savings": asdict(made.savings) | {"hours": made.savings.hours},
        "assumptions": asdict(made.assumptions),
    }


def _minutes(use: Use) -> dict[str, float | None]:
    share = use.utilisation
    return {
        "open_minutes": round(use.open, 1),
        "booked_minutes": round(use.booked, 1),
        "in_session_minutes": round(use.in_session, 1),
        "utilisation": None if share is None else round(share, 4),
    }
