"""Trying the kit, by the holder of a join session: the devices, the declaration, and the connection itself.

The test's session is a resource as WHIP has it (RFC 9725), in a room of the participant's own.
"""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection

from court_link.api.asking import Store
from court_link.api.media import OFFER, sdp_text
from court_link.api.participant import IceServers, Participant
from court_link.domain.errors import NotFound
from court_link.media import kit
from court_link.media.kit import Figures, Found, KitCheck, Verdict
from court_link.media.trying import Trying

router = APIRouter(prefix="/api/join/kit-check", tags=["links"])

SESSION = "/api/join/kit-check/session"

Rate = Annotated[float, Field(ge=0, le=1e10, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class Measured(BaseModel):
    """What a test of the connection measured, in bits and seconds; losses are 0 to 1."""

    connected: bool
    sound: bool = False
    up: Rate = 0.0
    can_up: Rate | None = None
    down: Rate = 0.0
    loss_up: Share = 0.0
    loss_down: Share = 0.0
    jitter: Seconds = 0.0
    round_trip: Seconds = 0.0
    frames: Annotated[float, Field(ge=0, le=1000)] = 0.0
    relay: bool | None = None


class Tried(BaseModel):
    """What a participant's page found of its kit, and an officer's declaration from a vehicle."""

    camera: Found
    microphone: Found
    from_vehicle: bool = False
    stationary: bool = False
    not_driving: bool = False
    not_overheard: bool = False
    figures: Measured | None = None


class ResultOut(BaseModel):
    """The verdict, in a word and in words."""

    model_config = ConfigDict(from_attributes=True)

    verdict: Verdict
    title: str
    advice: str
    passed: bool


class Relays(BaseModel):
    """The TURN servers to test with, as `RTCIceServer` has them."""

    ice_servers: list[dict[str, object]]


def _trying(conn: HTTPConnection) -> Trying:
    return cast(Trying, conn.app.state.trying)


Tries = Annotated[Trying, Depends(_trying)]


@router.post("")
async def record(tried: Tried, store: Store, ctx: Participant) -> ResultOut:
    """Keep what the participant's page found of its kit; the court is told of what is not good enough."""
    said = tried.model_dump()
    found = said.pop("figures")
    figures = Figures(**found) if found else None
    told = await store.write(kit.record, ctx, KitCheck(**said, figures=figures))
    return ResultOut.model_validate(told)


@router.get("/servers")
async def servers(ctx: Participant, relays: IceServers) -> Relays:
    """The relays to gather with, for a few minutes."""
    if ctx.actor.link_id is None:
        raise NotFound
    return Relays(ice_servers=[server.document() for server in relays(ctx.actor.link_id)])


@router.post("/session", status_code=201, response_class=Response)
async def begin(request: Request, ctx: Participant, tries: Tries) -> Response:
    """Answer an SDP offer: what is sent comes back in the first seat, for a minute at most."""
    if ctx.actor.link_id is None:
        raise NotFound
    session = await tries.begin(ctx.actor.link_id, await sdp_text(request, OFFER))
    return Response(session.answer, 201, {"Location": SESSION, "ETag": f'"{session.etag}"'}, OFFER)


@router.delete("/session", status_code=204)
async def end(ctx: Participant, tries: Tries) -> None:
    """The test is over."""
    if ctx.actor.link_id is not None:
        await tries.end(ctx.actor.link_id)
