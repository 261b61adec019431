"""An advocate's or prosecutor's page: their matters today, across courts, in order."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.evidence import in_words, topics
from court_link.api.pages.rendering import render
from court_link.scheduling import days, readings

router = APIRouter()


@router.get("/clients")
async def clients(request: Request, store: Store, ctx: Asker) -> Response:
    day = await store.read(days.clients, ctx)
    await store.write(readings.note, ctx, [each.matter.hearing_id for each in day.today])
    words = in_words(day.today) + (". You are called in two hearings at once" if day.clashes else "")
    return render(request, "clients.html", day=day, live=topics(ctx), words=words)
