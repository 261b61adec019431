"""Sound and picture: one HTTP resource for each link, as WHIP has it (RFC 9725).

A browser of the hearing, a car's encoder that only sends and a screen that only watches use the same
addresses with the bearer of their join session. Whoever waits in the lobby is refused.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from starlette.exceptions import HTTPException

from court_link.api.asking import Store
from court_link.api.participant import LiveRooms, Participant
from court_link.domain.context import Context
from court_link.domain.errors import Invalid, NotFound
from court_link.media import rooms as live_rooms

router = APIRouter(prefix="/api/media", tags=["sound and picture"])

#: Sixteen links and a screen make 66 to 135 KiB.
LARGEST = 192 * 1024
OFFER = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"


async def _text(request: Request, kind: str) -> str:
    """The body, when it is of this kind and no larger than is accepted."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != kind:
        raise HTTPException(415, headers={"Accept": kind})
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise HTTPException(413)
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Invalid("The offer is not text.") from None


def _own(ctx: Context, link_id: UUID) -> None:
    if ctx.actor.link_id != link_id:
        raise NotFound


@router.post("/{link_id}", status_code=201, response_class=Response)
async def offer(
    link_id: UUID, request: Request, store: Store, ctx: Participant, rooms: LiveRooms
) -> Response:
    """Answer an SDP offer: 201, the answer, and the session's Location and ETag."""
    _own(ctx, link_id)
    text = await _text(request, OFFER)
    hearing_id = await store.read(live_rooms.check_inside, ctx, link_id)
    session = await rooms.negotiate(hearing_id, link_id, text)
    return Response(
        session.answer,
        201,
        {"Location": f"/api/media/{link_id}/{session.id}", "ETag": f'"{session.etag}"'},
        OFFER,
    )


@router.patch("/{link_id}/{session}", response_class=Response)
async def restart(
    link_id: UUID,
    session: str,
    request: Request,
    store: Store,
    ctx: Participant,
    rooms: LiveRooms,
    if_match: Annotated[str, Header()] = "*",
) -> Response:
    """Restart ICE on the same session (200 and the answering fragment), or take candidates (204)."""
    _own(ctx, link_id)
    text = await _text(request, FRAGMENT)
    hearing_id = await store.read(live_rooms.check_inside, ctx, link_id)
    etag = if_match.strip().strip('"')
    again = await rooms.restart(hearing_id, link_id, session, etag=etag, fragment=text)
    headers = {"ETag": f'"{again.etag}"'}
    return Response(again.answer, 200, headers, FRAGMENT) if again.answer else Response(None, 204, headers)


@router.delete("/{link_id}/{session}", response_class=Response)
async def end(link_id: UUID, session: str, store: Store, ctx: Participant, rooms: LiveRooms) -> Response:
    """End the session; the link keeps its place and may offer again."""
    _own(ctx, link_id)
    hearing_id = await store.read(live_rooms.hearing_of, ctx, link_id)
    await rooms.end(hearing_id, link_id, session)
    return Response(None, 200)
