"""Sound and picture: one HTTP resource for each link, as WHIP (RFC 9725) and WHEP have it.

A browser of the hearing, a car's encoder that only sends and a screen that only watches use the same
addresses with the bearer of their join session. Whoever waits in the lobby is refused.
"""

from __future__ import annotations

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from court_link.api.asking import Store, bearer, request_id
from court_link.api.participant import IceServers, LiveRooms, Participant, authenticate
from court_link.domain.context import Context
from court_link.domain.errors import Invalid, NotFound
from court_link.media import rooms as live_rooms
from court_link.media.engine import StaleSession

#: Sixteen links and a screen make 66 to 135 KiB.
LARGEST = 192 * 1024
OFFER = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"

_TAG = re.compile(r'"([!#-~]*)"')
_ENDPOINT, _SESSION = "/{link_id}", "/{link_id}/{session}"
_ALLOWED = {_ENDPOINT: "OPTIONS, POST", _SESSION: "DELETE, OPTIONS, PATCH"}


class _Resource(APIRoute):
    """A route that names every method of its address to whoever asks by another (RFC 9110, 15.5.6)."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in (self.methods or ()):
            allowed = next(said for path, said in _ALLOWED.items() if self.path.endswith(path))
            raise HTTPException(405, headers={"Allow": allowed})
        await super().handle(scope, receive, send)


router = APIRouter(prefix="/api/media", tags=["sound and picture"], route_class=_Resource)


async def sdp_text(request: Request, kind: str) -> str:
    """The body, when it is of this kind, no larger than is accepted, and may be answered in the same kind.

    Raises 415 with what is taken (RFC 5789, 2.2, and its like for POST), 406, 413, or Invalid.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != kind:
        raise HTTPException(415, headers={f"Accept-{request.method.capitalize()}": kind})
    if not _accepted(kind, request.headers.get("accept", "*/*")):
        raise HTTPException(406)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                raise HTTPException(413)
    except ClientDisconnect:  # its network changed again: nobody reads the answer
        raise HTTPException(400) from None
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Invalid("The offer is not text.") from None


def _accepted(kind: str, accept: str) -> bool:
    """Whether an Accept header (RFC 9110, 12.5.1) takes this kind: the narrowest range that fits says."""
    weights: dict[str, float] = {}
    for each in accept.lower().split(","):
        name, *parameters = (word.strip() for word in each.split(";"))
        quality = next((word[2:] for word in parameters if word.startswith("q=")), "1")
        try:
            weights[name] = float(quality)
        except ValueError:
            weights[name] = 1.0
    narrowest = next((each for each in (kind, "application/*", "*/*") if each in weights), None)
    return narrowest is not None and weights[narrowest] > 0


def _own(ctx: Context, link_id: UUID) -> None:
    if ctx.actor.link_id != link_id:
        raise NotFound


def _with_servers(response: Response, servers: IceServers, link_id: UUID) -> Response:
    for header in (header for server in servers(link_id) for header in server.headers()):
        response.headers.append("Link", header)
    return response


@router.options(_ENDPOINT, response_class=Response)
async def describe(link_id: UUID, request: Request, store: Store, servers: IceServers) -> Response:
    """What may be posted here and, to the link itself once it is let in, the relays to gather with.

    Pages of other origins are no clients: no Access-Control header is ever sent.
    """
    headers = {"Allow": _ALLOWED[_ENDPOINT], "Accept-Post": OFFER}
    response = Response(None, 200, headers)
    token = bearer(request)
    if token is None:
        return response
    ctx = await authenticate(store, token, request_id(request))
    _own(ctx, link_id)
    await store.read(live_rooms.check_inside, ctx, link_id)
    return _with_servers(response, servers, link_id)


@router.post(_ENDPOINT, status_code=201, response_class=Response)
async def offer(
    link_id: UUID, request: Request, store: Store, ctx: Participant, rooms: LiveRooms, servers: IceServers
) -> Response:
    """Answer an SDP offer: 201, the answer, and the session's Location, ETag and relays."""
    _own(ctx, link_id)
    text = await sdp_text(request, OFFER)
    hearing_id = await store.read(live_rooms.check_inside, ctx, link_id)
    session = await rooms.negotiate(hearing_id, link_id, text)
    headers = {
        "Location": f"/api/media/{link_id}/{session.id}",
        "ETag": f'"{session.etag}"',
        "Accept-Patch": FRAGMENT,
    }
    return _with_servers(Response(session.answer, 201, headers, OFFER), servers, link_id)


@router.options(_SESSION, response_class=Response)
async def describe_session(link_id: UUID, session: str) -> Response:
    """What may be asked of a session, whether there is one or not."""
    return Response(None, 200, {"Allow": _ALLOWED[_SESSION], "Accept-Patch": FRAGMENT})


@router.patch(_SESSION, response_class=Response)
async def restart(
    link_id: UUID,
    session: str,
    request: Request,
    store: Store,
    ctx: Participant,
    rooms: LiveRooms,
    servers: IceServers,
    if_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Restart ICE on the same session (200 and the answering fragment), or take candidates (204).

    `If-Match` is required: the session's ETag, or `*` for a restart whatever went before (RFC 9725, 4.3).
    """
    _own(ctx, link_id)
    text = await sdp_text(request, FRAGMENT)
    if if_match is None:
        raise HTTPException(428)
    tag = _TAG.fullmatch(if_match.strip())
    if tag is None and if_match.strip() != "*":
        raise HTTPException(412)  # a weak tag never matches (RFC 9110, 13.1.1), and a session has one alone
    hearing_id = await store.read(live_rooms.check_inside, ctx, link_id)
    try:
        again = await rooms.restart(hearing_id, link_id, session, etag=tag[1] if tag else "*", fragment=text)
    except StaleSession:
        raise HTTPException(412) from None
    headers = {"ETag": f'"{again.etag}"'}
    if not again.answer:
        return Response(None, 204, headers)
    return _with_servers(Response(again.answer, 200, headers, FRAGMENT), servers, link_id)


@router.delete(_SESSION, response_class=Response)
async def end(link_id: UUID, session: str, store: Store, ctx: Participant, rooms: LiveRooms) -> Response:
    """End the session, whatever its ETag; the link keeps its place and may offer again."""
    _own(ctx, link_id)
    hearing_id = await store.read(live_rooms.hearing_of, ctx, link_id)
    await rooms.end(hearing_id, link_id, session)
    return Response(None, 200)
