"""The audit of one's organisation."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from court_link.api.asking import Asker, Store
from court_link.domain.events import EventKind
from court_link.identity import trail
from court_link.identity.trail import Filter

router = APIRouter(prefix="/api/audit", tags=["Audit"])


class Entry(BaseModel):
    """One thing that happened. Ids and codes; names only of your own people."""

    model_config = ConfigDict(from_attributes=True)

    seq: int
    at: datetime
    kind: EventKind
    actor: str
    actor_id: UUID | None
    hearing_id: UUID | None
    hearing: str
    subject_id: UUID | None
    subject: str
    data: dict[str, Any]


class Entries(BaseModel):
    """One page, newest first; `next` goes into `after`."""

    items: list[Entry]
    next: int | None


@router.get("")
async def entries(
    store: Store,
    ctx: Asker,
    person: Annotated[str, Query(max_length=100, description="Part of a name or email address")] = "",
    hearing: Annotated[str, Query(max_length=40, description="A hearing's reference")] = "",
    kind: Annotated[str, Query(max_length=40, description="An event kind, or `reads`")] = "",
    day: Annotated[date | None, Query(description="A London day")] = None,
    after: Annotated[int | None, Query(ge=1, description="The `next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Entries:
    """Who changed what, and who read it."""
    wanted = Filter(person, hearing, kind, day)
    found = await store.read(trail.entries, ctx, wanted, before=after, limit=limit + 1)
    await store.write(trail.note_read, ctx, wanted)
    items = [Entry.model_validate(each) for each in found[:limit]]
    return Entries(items=items, next=items[-1].seq if len(found) > limit else None)
