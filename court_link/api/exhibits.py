"""Exhibits over HTTP: offered by a participant, shown by the court, read by those to whom they are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from court_link.api.asking import Store
from court_link.api.participant import LiveRooms, Moderator, Participant
from court_link.api.requests import MOST
from court_link.api.versions import IfMatch, etag
from court_link.domain.standing import Exhibit
from court_link.media import exhibits

router = APIRouter(prefix="/api", tags=["exhibits"])

_LINK = "0197a1c0-0000-7000-8000-000000000004"


class Shown(BaseModel):
    """The people of the hearing who are to see an exhibit, and nobody else."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"links": [_LINK]}]})

    links: Annotated[list[UUID], Field(min_length=1, max_length=MOST)]


class Sharing(BaseModel):
    """Whether one's own screen is shared."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"on": True}]})

    on: bool


class ExhibitOut(BaseModel):
    """An exhibit; `live` is a participant's screen as it is now, anything else a document to be read."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    hearing_id: UUID
    source: UUID
    title: str
    media_type: str
    live: bool
    permitted: bool
    shown: bool
    shown_to: list[UUID]
    made_at: datetime
    version: int


def _out(exhibit: Exhibit, response: Response | None = None) -> ExhibitOut:
    if response is not None:
        response.headers.update(etag(exhibit.version))
    facts = {name: getattr(exhibit, name) for name in ExhibitOut.model_fields}
    return ExhibitOut(**facts | {"shown_to": sorted(exhibit.shown_to)})


@router.get("/hearings/{hearing_id}/exhibits")
async def of_hearing(hearing_id: UUID, store: Store, ctx: Moderator) -> list[ExhibitOut]:
    """The exhibits that the asker may see now: those who run the hearing all of them."""
    return [_out(each) for each in await store.read(exhibits.visible, ctx, hearing_id)]


@router.post("/hearings/{hearing_id}/exhibits", status_code=201)
async def offer(
    hearing_id: UUID,
    slug: Annotated[str, Header(max_length=1000, examples=["Photograph%20of%20the%20door"])],
    request: Request,
    store: Store,
    ctx: Participant,
    rooms: LiveRooms,
    response: Response,
) -> ExhibitOut:
    """Offer a document to the court: a PDF, PNG or JPEG of 5 MB or less as the body of the request.

    Its title is the `Slug`, percent-encoded UTF-8 (RFC 5023, 9.7): what a document is called may be personal,
    and addresses are written into logs.
    """
    exhibit = await store.write(exhibits.offer, ctx, hearing_id, unquote(slug), await _body(request))
    await rooms.push(hearing_id)
    response.headers["Location"] = f"/api/exhibits/{exhibit.id}"
    return _out(exhibit, response)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > exhibits.LARGEST:
            raise HTTPException(413)
    return bytes(body)


@router.get("/exhibits/{exhibit_id}")
async def one(exhibit_id: UUID, store: Store, ctx: Moderator, response: Response) -> ExhibitOut:
    """What an exhibit is, for whoever may see it now."""
    return _out(await store.read(exhibits.get, ctx, exhibit_id), response)


@router.get("/exhibits/{exhibit_id}/content", response_class=Response)
async def read(exhibit_id: UUID, store: Store, ctx: Moderator) -> Response:
    """A document, for whoever may see it at this moment. Every reading is written down."""
    content = await store.write(exhibits.read, ctx, exhibit_id)
    return Response(
        content.body,
        media_type=content.exhibit.media_type,
        headers={"Content-Disposition": "inline", "X-Content-Type-Options": "nosniff"},
    )


@router.post("/exhibits/{exhibit_id}/permit")
async def permit(
    exhibit_id: UUID,
    asked: Shown,
    store: Store,
    ctx: Moderator,
    rooms: LiveRooms,
    response: Response,
    if_match: IfMatch,
) -> ExhibitOut:
    """Permit an exhibit, and show it to these people alone."""
    exhibit = await store.write(exhibits.permit, ctx, exhibit_id, asked.links, version=if_match)
    await rooms.push(exhibit.hearing_id)
    return _out(exhibit, response)


@router.post("/exhibits/{exhibit_id}/hide")
async def hide(
    exhibit_id: UUID, store: Store, ctx: Moderator, rooms: LiveRooms, response: Response, if_match: IfMatch
) -> ExhibitOut:
    """Nobody sees the exhibit any more, until it is shown again."""
    exhibit = await store.write(exhibits.hide, ctx, exhibit_id, version=if_match)
    await rooms.push(exhibit.hearing_id)
    return _out(exhibit, response)


@router.delete("/exhibits/{exhibit_id}", status_code=204)
async def withdraw(
    exhibit_id: UUID, store: Store, ctx: Moderator, rooms: LiveRooms, if_match: IfMatch
) -> None:
    """Take an exhibit away for good, by who offered it or the court; its content is destroyed."""
    await rooms.push((await store.write(exhibits.withdraw, ctx, exhibit_id, version=if_match)).hearing_id)


@router.put("/join/sharing", status_code=204)
async def share(asked: Sharing, store: Store, ctx: Participant, rooms: LiveRooms) -> None:
    """Share one's own screen with the hearing, under the court's permission, or stop."""
    await rooms.push(await store.write(exhibits.share, ctx, on=asked.on))
