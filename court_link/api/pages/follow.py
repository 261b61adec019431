"""Follow my hearing: the public page, and the page where staff issue references for it.

The reference is kept in a cookie of this browser session, so that the page can be reloaded and refresh itself
while no address, log or history ever holds it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from court_link.api.asking import Anyone, Asker, Settings, Store
from court_link.api.fanout import Fanout
from court_link.api.following import key, look_up
from court_link.api.pages.rendering import render
from court_link.api.participant import Feed
from court_link.domain.context import Context
from court_link.domain.errors import FieldError
from court_link.domain.following import Followed
from court_link.domain.ids import normal_reference
from court_link.domain.times import Interval
from court_link.scheduling import following
from court_link.scheduling.following import NotFollowed
from court_link.store import Db

router = APIRouter(include_in_schema=False)

COOKIE = "following"

#: Time alone moves the expected window: look again this often; and never more often than a breath.
_LOOK_AGAIN_S, _BREATH_S = 30.0, 1.0

STAGES = {
    "listed": ("Listed", "The hearing has a time. It has not started."),
    "starting_soon": ("Starting soon", "The court is getting ready for this hearing."),
    "in_progress": ("In progress", "The hearing has started."),
    "on_a_break": ("On a break", "The hearing has stopped for now and is expected to go on."),
    "finished": (
        "Finished",
        "The hearing is over for today. The court or witness care can tell you more.",
    ),
    "not_today": (
        "Not going ahead",
        "The hearing was taken out of the list. You will be told a new date.",
    ),
}


@router.get("/follow")
async def ask(request: Request) -> Response:
    return render(request, "follow.html")


@router.post("/follow")
async def look(request: Request, store: Store, ctx: Anyone, settings: Settings) -> Response:
    typed = str((await request.form()).get("reference", ""))[:64]
    try:
        await look_up(request, store, ctx, settings, typed)
    except NotFollowed as missing:
        wrong = [FieldError("reference", missing.message if typed.strip() else "Enter your reference.")]
        return render(request, "follow.html", status=404, errors=wrong, values={"reference": typed})
    seen = RedirectResponse("/follow/hearing", 303)
    seen.set_cookie(
        COOKIE, normal_reference(typed) or "", path="/", httponly=True, samesite="lax", secure=settings.https
    )
    return seen


@router.get("/follow/hearing")
async def hearing(request: Request, store: Store, ctx: Anyone, settings: Settings) -> Response:
    reference = request.cookies.get(COOKIE, "")
    if not reference:
        return RedirectResponse("/follow", 303)
    try:
        followed = await look_up(request, store, ctx, settings, reference)
    except NotFollowed as missing:
        wrong = [FieldError("reference", missing.message)]
        return render(request, "follow.html", status=404, errors=wrong, values={"reference": reference})
    name, meaning = STAGES[followed.stage]
    return render(
        request,
        "follow-hearing.html",
        followed=followed,
        expected=Interval(*followed.expected) if followed.expected else None,
        stage=name,
        meaning=meaning,
        live=("following",),
        live_source="/follow/live",
    )


@router.get("/follow/live", response_class=StreamingResponse)
async def changes(
    request: Request, store: Store, ctx: Anyone, settings: Settings, fanout: Feed
) -> StreamingResponse:
    """Says only that what is shown has changed, never what happened: events would tell who came and went."""
    reference = request.cookies.get(COOKIE, "")
    shown = await look_up(request, store, ctx, settings, reference)
    court = await store.read(following.court_followed, ctx, reference, key(settings))
    changes = _changes(store, ctx, fanout, court, reference, key(settings), shown)
    return StreamingResponse(changes, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _changes(
    store: Db, ctx: Context, fanout: Fanout, court: UUID, reference: str, secret: bytes, shown: Followed
) -> AsyncIterator[str]:
    with fanout.subscribe({f"court:{court}"}) as subscription:
        yield "retry: 5000\n\n"
        while True:
            await subscription.wait(_LOOK_AGAIN_S)
            subscription.take()
            try:
                now: Followed | None = await store.read(following.follow, ctx, reference, secret)
            except NotFollowed:
                now = None
            if now == shown:
                yield ": still here\n\n"
            else:
                yield "data: {}\n\n"
            if now is None:
                return
            shown = now
            await asyncio.sleep(_BREATH_S)


@router.post("/follow/stop")
async def stop() -> Response:
    gone = RedirectResponse("/follow", 303)
    gone.delete_cookie(COOKIE, path="/")
    return gone


@router.get("/hearings/{hearing_id}/following")
async def references(request: Request, hearing_id: UUID, store: Store, ctx: Asker) -> Response:
    return await _references(request, store, ctx, hearing_id)


@router.post("/hearings/{hearing_id}/following")
async def issue(request: Request, hearing_id: UUID, store: Store, ctx: Asker, settings: Settings) -> Response:
    """Not a redirect: the reference can be shown in this answer only."""
    reference = await store.write(following.issue, ctx, hearing_id, key(settings))
    return await _references(request, store, ctx, hearing_id, reference=reference)


@router.get("/hearings/{hearing_id}/following/{reference_id}/revoke")
async def ask_revoke(
    request: Request, hearing_id: UUID, reference_id: UUID, store: Store, ctx: Asker
) -> Response:
    issued = await store.read(following.issued, ctx, hearing_id)
    found = next((each for each in issued if each.id == reference_id and not each.revoked_at), None)
    if found is None:
        return RedirectResponse(f"/hearings/{hearing_id}/following", 303)
    return render(request, "following-revoke.html", hearing_id=hearing_id, reference=found)


@router.post("/hearings/{hearing_id}/following/{reference_id}/revoke")
async def revoke(hearing_id: UUID, reference_id: UUID, store: Store, ctx: Asker) -> Response:
    await store.write(following.revoke, ctx, hearing_id, reference_id)
    return RedirectResponse(f"/hearings/{hearing_id}/following", 303)


async def _references(request: Request, store: Db, ctx: Context, hearing_id: UUID, **shown: Any) -> Response:
    issued = await store.read(following.issued, ctx, hearing_id)
    return render(
        request, "following.html", hearing_id=hearing_id, issued=issued, **{"reference": None, **shown}
    )
