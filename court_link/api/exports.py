"""Exports: hearings and their bookings over some days, as JSON and as a file for a spreadsheet."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from court_link.api.asking import Asker, Store
from court_link.api.spreadsheet import csv_response
from court_link.domain.context import Context
from court_link.domain.hearing import HearingState
from court_link.domain.times import london_day, to_london
from court_link.scheduling import exporting, readings
from court_link.scheduling.exporting import Line
from court_link.store import Db
from court_link.store.hearings import Filters

router = APIRouter(prefix="/api/exports", tags=["Exports"])

#: Readings written in one transaction: a booking waits for no more than this.
_AT_ONCE = 200

First = Annotated[date | None, Query(description="First London day; today when left out")]
Last = Annotated[date | None, Query(description="Last London day, included; the first when left out")]
Room = Annotated[UUID | None, Query(description="Listed or booked in this courtroom")]
State = Annotated[HearingState | None, Query(description="As it stands now")]
Text = Annotated[str, Query(max_length=100, description="In the title, reference or a URN")]


class Exported(BaseModel):
    """Hearings by when they start. Times are UTC; `day` is London's."""

    model_config = ConfigDict(from_attributes=True)

    first: date
    last: date
    items: list[Line]


def _filters(
    store: Store,
    first: First = None,
    last: Last = None,
    room: Room = None,
    state: State = None,
    q: Text = "",
) -> Filters:
    first = first or london_day(store.clock.now())
    return Filters(first, room, state, q, until=last or first)


#: What a request for hearings is narrowed to, by its query.
Chosen = Annotated[Filters, Depends(_filters)]


@router.get("/hearings", summary="Hearings and bookings of some days")
async def as_json(store: Store, ctx: Asker, chosen: Chosen) -> Exported:
    """All of them at once, at most 10,000. That you read each is recorded."""
    lines = await _read(store, ctx, chosen)
    return Exported.model_validate({"first": chosen.day, "last": chosen.until, "items": lines})


@router.get("/hearings.csv", summary="The same, one row a hearing", response_class=Response)
async def as_csv(store: Store, ctx: Asker, chosen: Chosen) -> Response:
    """Times are London's, as a spreadsheet's reader expects them. That you read each is recorded."""
    lines = await _read(store, ctx, chosen)
    name = f"court-link-hearings-{chosen.day}-to-{chosen.until}.csv"
    # Ten thousand rows take a while to write, and other requests go on meanwhile.
    return await asyncio.to_thread(csv_response, name, COLUMNS, map(_row, lines))


#: The columns of the file.
COLUMNS = (
    *("reference", "state", "day", "starts", "ends", "minutes", "title", "hearing_type"),
    *("court_house", "courtroom", "rooms", "booking", "listed_day", "listed_time", "listed_room"),
    *("youth", "family", "visibility", "restrictions", "no_longer_listed", "outcome"),
)


async def _read(store: Db, ctx: Context, filters: Filters) -> tuple[Line, ...]:
    """The lines, once it is recorded who read them."""
    lines = await store.read(exporting.hearings, ctx, filters)
    ids = [line.id for line in lines]
    for start in range(0, len(ids), _AT_ONCE):
        await store.write(readings.note, ctx, ids[start : start + _AT_ONCE])
    return lines


def _row(line: Line) -> dict[str, Any]:
    listed = to_london(line.listed_at)
    yes_or_no = ("youth", "family", "restrictions", "no_longer_listed")
    return (
        asdict(line)
        | {name: "yes" if getattr(line, name) else "no" for name in yes_or_no}
        | {
            "starts": f"{to_london(line.starts_at):%H:%M}",
            "ends": f"{to_london(line.ends_at):%H:%M}",
            "rooms": "; ".join(line.rooms),
            "state": line.state.value,
            "booking": line.booking.value if line.booking else "",
            "listed_day": listed.date(),
            "listed_time": f"{listed:%H:%M}",
        }
    )
