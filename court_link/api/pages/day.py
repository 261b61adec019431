"""The day by courtroom: what is booked, live, over, and what is listed and not booked yet."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.rendering import render
from court_link.api.pages.stages import state_words
from court_link.api.pages.typed import day_of, typed_day
from court_link.domain.errors import FieldError
from court_link.domain.hearing import FINISHED, LIVE, HearingState
from court_link.domain.roles import Permission
from court_link.domain.times import day_interval, london_day
from court_link.scheduling import matters, staffing
from court_link.scheduling.matters import Room, Summary
from court_link.store.hearings import Filters

router = APIRouter()

#: Stages in the order of a day's work, for the filter and for the count above the list.
STAGES = tuple(HearingState)


@router.get("/day")
async def day(
    request: Request,
    store: Store,
    ctx: Asker,
    date: str = "",
    room: str = "",
    state: str = "",
    q: str = "",
) -> Response:
    today = london_day(store.clock.now())
    chosen = day_of(date) if date else today
    stage = HearingState(state) if state in STAGES else None
    filters = Filters(chosen or today, _id(room), stage, q[:100])
    rooms = await store.read(matters.day, ctx, filters)
    courtrooms = await store.read(matters.courtrooms, ctx)
    rooms.sort(key=_liveliness)
    every = [matter for each in rooms for matter in each.matters]
    counts = {each: sum(matter.state is each for matter in every) for each in STAGES}
    return render(
        request,
        "day.html",
        status=200 if chosen else 422,
        errors=() if chosen else (FieldError("date", "Enter a day, like 23/11/2026."),),
        values={"date": date if not chosen else typed_day(chosen), "room": room, "state": state, "q": q},
        day=filters.day,
        today=today,
        before=_address(filters.day or today, -1, room, state, q),
        after=_address(filters.day or today, 1, room, state, q),
        gaps=await store.read(staffing.gaps, ctx, day_interval(filters.day or today)),
        rooms=[(each, _left(each), _finished(each)) for each in rooms],
        folded=filters.day == today and not (stage or q),
        counts=[f"{count} {state_words(each).text.lower()}" for each, count in counts.items() if count],
        total=len(every),
        export=_export(filters),
        courtrooms=[{"value": str(each.id), "text": each.label} for each in courtrooms],
        stages=STAGES,
        filtered=bool(room or state or q),
        may_book=ctx.actor.may(Permission.BOOK),
        live=[f"court:{each}" for each in sorted(ctx.actor.scope)],
    )


def _liveliness(room: Room) -> int:
    """Puts first the courtrooms that sit now, then those about to; the others stay in their order."""
    states = {matter.state for matter in room.matters}
    return 0 if states & (LIVE - {HearingState.LOBBY_OPEN}) else 1 if states & LIVE else 2


def _left(room: Room) -> list[Summary]:
    return [matter for matter in room.matters if matter.state not in FINISHED]


def _finished(room: Room) -> list[Summary]:
    return [matter for matter in room.matters if matter.state in FINISHED]


def _address(day: date, days: int, room: str, state: str, q: str) -> str:
    """The same view of another day."""
    given = {"date": (day + timedelta(days=days)).isoformat(), "room": room, "state": state, "q": q}
    return "/day?" + urlencode({name: value for name, value in given.items() if value})


def _export(filters: Filters) -> str:
    """The same view as a file."""
    day = filters.day.isoformat() if filters.day else ""
    given = {"first": day, "room": filters.room_id, "state": filters.state, "q": filters.text}
    return "/api/exports/hearings.csv?" + urlencode({name: value for name, value in given.items() if value})


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
