"""Media nodes: how each is, and emptying one before it is stopped."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from starlette.requests import Request
from starlette.responses import Response

from court_link.api.asking import Asker, Store
from court_link.domain.node import NodeState
from court_link.media import operating

router = APIRouter(prefix="/api/nodes", tags=["media nodes"])

_EXAMPLE: JsonDict = {
    "name": "media-1",
    "state": "ready",
    "capacity": 60,
    "load": 12,
    "reserved": 15,
    "rooms": 4,
    "seen_at": "2026-11-23T09:41:07Z",
}


class MediaNode(BaseModel):
    """One media worker. `load` are the participants connected, `reserved` those for whom a place is kept."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    name: str
    state: NodeState
    capacity: int = Field(description="Participants at once")
    load: int
    reserved: int
    rooms: int = Field(description="Hearings that it carries now")
    seen_at: datetime


@router.get("")
async def listed(request: Request, store: Store, ctx: Asker) -> list[MediaNode]:
    """Every media worker: for administrators of a court."""
    found = await operating.listed(request.app.state.engine, store, ctx)
    return [MediaNode.model_validate(each) for each in found]


@router.post("/{name}/drain", status_code=204, response_class=Response)
async def drain(
    request: Request, store: Store, ctx: Asker, name: Annotated[str, Path(max_length=80)]
) -> Response:
    """Give it no new hearings; those that it has go on. It lasts until the worker is started again."""
    await operating.drain(request.app.state.engine, store, name, ctx)
    return Response(status_code=204)
