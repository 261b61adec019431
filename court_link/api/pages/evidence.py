"""The officer's page: where they are needed, what to do now, and the way in."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.rendering import render
from court_link.api.pages.stages import state_words
from court_link.domain.context import Context
from court_link.domain.wording import clock
from court_link.notifying import calendar
from court_link.notifying.calendar import Appointment
from court_link.scheduling import days, readings
from court_link.scheduling.days import Appearance

router = APIRouter()


@router.get("/evidence")
async def evidence(request: Request, store: Store, ctx: Asker) -> Response:
    day = await store.read(days.evidence, ctx)
    await store.write(readings.note, ctx, [each.matter.hearing_id for each in (*day.today, *day.later)])
    return render(request, "evidence.html", day=day, live=topics(ctx), words=in_words(day.today))


@router.get("/evidence/{link_id}/calendar.ics")
async def calendar_file(link_id: UUID, store: Store, ctx: Asker) -> Response:
    """One's own appearance for a calendar, with no word of the case."""
    own = await store.read(days.appearance, ctx, link_id)
    matter = own.matter
    where = own.where or ", ".join(filter(None, (matter.courtroom, matter.court_house)))
    text = calendar.written([Appointment(link_id, matter.slot, where, matter.version, own.now, remind=True)])
    headers = {"Content-Disposition": 'attachment; filename="court-by-video.ics"'}
    return Response(text, media_type=calendar.MEDIA_TYPE, headers=headers)


def topics(ctx: Context) -> tuple[str, ...]:
    """What a page of one's own appearances listens to."""
    return (f"person:{ctx.actor.person_id}",) if ctx.actor.person_id else ()


def in_words(appearances: tuple[Appearance, ...]) -> str:
    """The stage of each, to be read out when it changes."""
    return ". ".join(
        f"{clock(each.matter.slot.start)}: {state_words(each.matter.state).text}" for each in appearances
    )
