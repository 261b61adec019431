"""The event feed: what happened to one's hearings and places, by cursor."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

from court_link.api.asking import Asker, Store
from court_link.domain.events import EventKind
from court_link.scheduling import event_feed

router = APIRouter(prefix="/api/events", tags=["Events"])

#: Seconds that an answer may be waited for: less than what proxies cut off.
LONGEST_WAIT = 25

_EXAMPLE: JsonDict = {
    "items": [
        {
            "seq": 4711,
            "id": "01931f2e-7c00-7000-8000-000000000001",
            "kind": "booking.confirmed",
            "at": "2026-11-23T09:41:07Z",
            "organisation_id": None,
            "hearing_id": "01931f2e-7c00-7000-8000-000000000002",
            "subject_id": "01931f2e-7c00-7000-8000-000000000003",
            "actor_id": None,
            "data": {},
        }
    ],
    "next": 4711,
}


class EventOut(BaseModel):
    """One thing that happened, in ids and codes. Of a hearing of another court, no more than the fact."""

    model_config = ConfigDict(from_attributes=True)

    seq: int
    id: UUID
    kind: EventKind
    at: datetime
    organisation_id: UUID | None
    hearing_id: UUID | None
    subject_id: UUID | None
    actor_id: UUID | None
    data: dict[str, Any]


class EventsOut(BaseModel):
    """Events in order. `next` goes into `after`, even when there are none: so nothing is missed."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    items: list[EventOut]
    next: int


@router.get("", summary="What happened, after a cursor")
async def events(
    store: Store,
    ctx: Asker,
    after: Annotated[
        int, Query(ge=0, description="The `next` of the answer before; 0 from the beginning")
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    wait: Annotated[
        int,
        Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for something, when there is nothing yet"),
    ] = 0,
) -> EventsOut:
    """Ask again at once with `next`, and with `wait`, and you hear of everything within a moment."""
    until = time.monotonic() + wait
    page = await store.read(event_feed.after, ctx, after, limit)
    while not page.events and (left := until - time.monotonic()) > 0:
        await store.sealed(page.cursor, timeout=left)
        page = await store.read(event_feed.after, ctx, page.cursor, limit)
    return EventsOut(items=[EventOut.model_validate(each) for each in page.events], next=page.cursor)
