"""The bench's page: the day's list, who waits, and buttons that start, pause, resume and end."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.rendering import render
from court_link.api.pages.stages import state_words
from court_link.domain.hearing import LIVE
from court_link.domain.wording import clock
from court_link.scheduling import bench, readings
from court_link.scheduling.bench import Courtroom

router = APIRouter()


@router.get("/bench")
async def listed(request: Request, store: Store, ctx: Asker, room: UUID | None = None) -> Response:
    """All courtrooms, or the one that this bench sits in."""
    day = await store.read(bench.listed, ctx)
    await store.write(readings.note, ctx, day.hearing_ids)
    shown = [each for each in day.courtrooms if room in (None, each.id)]
    topics = tuple(f"court:{court}" for court in sorted(ctx.actor.scope))
    return render(request, "bench.html", day=day, shown=shown, room=room, live=topics, words=_in_words(shown))


def _in_words(courtrooms: Sequence[Courtroom]) -> str:
    """What is live and who waits, to be read out when it changes."""
    live = [(room, each) for room in courtrooms for each in room.sittings if each.matter.state in LIVE]
    return ". ".join(
        f"{room.name}, {clock(each.matter.slot.start)}: {state_words(each.matter.state).text}"
        + (f", in the lobby: {', '.join(one.label for one in each.waiting)}" if each.waiting else "")
        for room, each in live
    )
