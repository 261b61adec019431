"""The hearing's page, at `/join#<credential>` and at `/room/<link>`: one empty frame for everybody.

It is public because it says nothing: what stands in it comes by signalling, to the holder of a join session.
"""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from court_link.api.asking import Anyone
from court_link.api.pages.rendering import render
from court_link.api.pages.stages import ENDINGS
from court_link.domain.hearing import EndCause, Outcome
from court_link.media.arrangement import SEATS
from court_link.media.kit import Trouble

router = APIRouter()

TROUBLES = (
    (Trouble.NO_SOUND, "I cannot hear, or nobody hears me"),
    (Trouble.NO_PICTURE, "I cannot see, or nobody sees me"),
    (Trouble.ECHO, "I hear an echo"),
    (Trouble.DROPPED, "My connection keeps dropping"),
    (Trouble.OTHER, "Something else"),
)
CAUSES = tuple((cause.value, ENDINGS[cause]) for cause in EndCause if cause is not EndCause.FORGOTTEN)
OUTCOMES = tuple((outcome.value, ENDINGS[outcome]) for outcome in Outcome)


@router.get("/join")
async def join(request: Request, _: Anyone) -> HTMLResponse:
    """Come in by a credential, which is in the fragment that no server sees."""
    return _frame(request, "")


@router.get("/room/{link_id}")
async def room(request: Request, link_id: UUID, _: Anyone) -> HTMLResponse:
    """Come in by the tab's join session, or by being signed in."""
    return _frame(request, str(link_id))


def _frame(request: Request, link: str) -> HTMLResponse:
    return render(
        request, "room.html", link=link, seats=SEATS, troubles=TROUBLES, outcomes=OUTCOMES, causes=CAUSES
    )
