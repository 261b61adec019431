"""The bench's page: the day's list, who waits, and start, pause, resume, end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api import running as acts
from court_link.api.asking import Asker, Store
from court_link.api.days import note_reading
from court_link.api.pages.rendering import render
from court_link.api.pages.stages import ENDINGS, state_words
from court_link.api.participant import LiveRooms
from court_link.domain.context import Context
from court_link.domain.errors import Invalid, NotFound
from court_link.domain.hearing import LIVE, EndCause, outcomes
from court_link.domain.wording import clock
from court_link.scheduling import bench
from court_link.scheduling.bench import BenchList
from court_link.store import Db

router = APIRouter(prefix="/bench")


@router.get("")
async def listed(request: Request, store: Store, ctx: Asker) -> Response:
    day = await store.read(bench.listed, ctx)
    await note_reading(request, store, ctx, day.hearing_ids)
    topics = tuple(f"court:{court}" for court in sorted(ctx.actor.scope))
    return render(request, "bench.html", day=day, live=topics, words=_in_words(day))


@router.get("/{hearing_id}/end")
async def ask_end(request: Request, hearing_id: UUID, store: Store, ctx: Asker) -> Response:
    return await _ending(request, store, ctx, hearing_id)


@router.post("/{hearing_id}/end")
async def end(request: Request, hearing_id: UUID, store: Store, rooms: LiveRooms, ctx: Asker) -> Response:
    form = await request.form()
    version = str(form.get("version", ""))
    try:
        await acts.end(store, rooms, ctx, hearing_id, form, int(version) if version.isdigit() else None)
    except Invalid as wrong:
        return await _ending(request, store, ctx, hearing_id, status=422, errors=wrong.errors, values=form)
    return RedirectResponse("/bench", 303)


@router.post("/{hearing_id}/{act}")
async def do(hearing_id: UUID, act: str, store: Store, rooms: LiveRooms, ctx: Asker) -> Response:
    """Start, pause, resume or reopen. The stage itself decides whether that can be done now."""
    if act not in acts.UPON_HEARING:
        raise NotFound
    await acts.upon_hearing(store, rooms, ctx, act, hearing_id)
    return RedirectResponse("/bench", 303)


async def _ending(request: Request, store: Db, ctx: Context, hearing_id: UUID, **shown: Any) -> Response:
    asked = await store.read(bench.ending, ctx, hearing_id)
    return render(
        request,
        "bench-end.html",
        asked=asked,
        outcomes=[{"value": each, "text": ENDINGS[each]} for each in outcomes(asked.hearing_type)],
        causes=[
            {"value": each, "text": ENDINGS[each]} for each in EndCause if each is not EndCause.FORGOTTEN
        ],
        **shown,
    )


def _in_words(day: BenchList) -> str:
    """What is live and who waits, to be read out when it changes."""
    live = [(room, each) for room in day.courtrooms for each in room.sittings if each.matter.state in LIVE]
    return ". ".join(
        f"{room.name}, {clock(each.matter.slot.start)}: {state_words(each.matter.state).text}"
        + (f", in the lobby: {', '.join(one.label for one in each.waiting)}" if each.waiting else "")
        for room, each in live
    )
