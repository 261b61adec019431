"""Closures over HTTP: a site, or one room of it, that cannot be had for a while."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from court_link.api.asking import Asker, Store
from court_link.api.once import written_once
from court_link.api.versions import IfMatch, etag
from court_link.domain.context import Context
from court_link.domain.places import ClosureKind
from court_link.domain.times import Interval
from court_link.scheduling import closures
from court_link.scheduling.closures import Asked, Closure
from court_link.store import Session
from court_link.store.sittings import Standing

router = APIRouter(prefix="/api/closures", tags=["Court calendars"])

_EXAMPLE: dict[str, Any] = {
    "site_id": "0197a1c0-0000-7000-8000-000000000001",
    "resource_id": "0197a1c0-0000-7000-8000-000000000002",
    "starts_at": "2026-11-24T09:00:00Z",
    "ends_at": "2026-11-25T17:00:00Z",
    "kind": "maintenance",
    "reason": "new screens",
}


class ClosureIn(BaseModel):
    """A closure to be made. Without `resource_id` it is of the whole site. Whoever books reads the reason."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    site_id: UUID
    resource_id: UUID | None = None
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    kind: ClosureKind = ClosureKind.CLOSED
    reason: str = Field("", max_length=closures.LONGEST_REASON)

    def asked(self) -> Asked:
        """As the use case takes it. Raises Invalid."""
        during = Interval(self.starts_at, self.ends_at)
        return Asked(self.site_id, self.resource_id, during, self.kind, self.reason)


class ClosureOut(BaseModel):
    """A closure; `room` is empty for a whole site."""

    id: UUID
    site_id: UUID
    site: str
    resource_id: UUID | None
    room: str
    starts_at: datetime
    ends_at: datetime
    kind: ClosureKind
    reason: str
    version: int

    @classmethod
    def of(cls, closure: Closure) -> Self:
        return cls(
            id=closure.id,
            site_id=closure.site_id,
            site=closure.site,
            resource_id=closure.resource_id,
            room=closure.room,
            starts_at=closure.during.start,
            ends_at=closure.during.end,
            kind=closure.kind,
            reason=closure.reason,
            version=closure.version,
        )


class ClosureChange(BaseModel):
    """When it is to end, earlier or later than it was to."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"ends_at": "2026-11-24T17:00:00Z"}]}
    )

    ends_at: AwareDatetime


class Closures(BaseModel):
    """Closures by start; `next` goes into `after` for more."""

    items: list[ClosureOut]
    next: UUID | None


class StandingOut(BaseModel):
    """What stands booked there. A hearing that is not yours to see has no id and no title."""

    hearing_id: UUID | None
    title: str
    resource_id: UUID
    starts_at: datetime
    ends_at: datetime
    provisional: bool

    @classmethod
    def of(cls, standing: Standing) -> Self:
        return cls(
            hearing_id=standing.hearing_id if standing.title else None,
            title=standing.title,
            resource_id=standing.resource_id,
            starts_at=standing.during.start,
            ends_at=standing.during.end,
            provisional=standing.provisional,
        )


class ClosureChanged(ClosureOut):
    """The closure after a change, and what stands booked in the time that it newly takes."""

    touched: list[StandingOut]


class Touched(BaseModel):
    items: list[StandingOut]


@router.get("")
async def listed(
    store: Store,
    ctx: Asker,
    site_id: UUID | None = None,
    since: Annotated[AwareDatetime | None, Query(description="Those that end after this; now")] = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Closures:
    """The closures at your own sites, or at one of them, by start."""

    def run(session: Session, ctx: Context) -> tuple[Closure, ...]:
        return closures.listed(session, ctx, site_id, since=since, after=after, limit=limit + 1)

    found = await store.read(run, ctx)
    more = found[limit - 1].id if len(found) > limit else None
    return Closures(items=[ClosureOut.of(each) for each in found[:limit]], next=more)


@router.post("", status_code=201, response_model=ClosureOut)
async def make(store: Store, ctx: Asker, asked: ClosureIn) -> Response:
    """Close a site or a room. What is booked there stands (see `check`). Takes an `Idempotency-Key`."""

    def run(session: Session, ctx: Context) -> ClosureOut:
        return ClosureOut.of(closures.make(session, ctx, asked.asked()))

    body = await written_once(store, ctx, "closures.make", asked.site_id, asked, closures.allow, run)
    headers = {"Location": f"/api/closures/{body['id']}", **etag(body["version"])}
    return JSONResponse(body, 201, headers)


@router.post("/check")
async def check(store: Store, ctx: Asker, asked: ClosureIn) -> Touched:
    """What stands booked in a closure, before it is made. Makes nothing."""
    found = await store.read(closures.touched, ctx, asked.asked())
    return Touched(items=[StandingOut.of(each) for each in found])


@router.get("/{closure_id}")
async def one(store: Store, ctx: Asker, response: Response, closure_id: UUID) -> ClosureOut:
    """One closure, with its ETag."""
    return _out(response, await store.read(closures.one, ctx, closure_id))


@router.patch("/{closure_id}")
async def end(
    store: Store,
    ctx: Asker,
    response: Response,
    closure_id: UUID,
    asked: ClosureChange,
    version: IfMatch,
    check: Annotated[bool, Query(description="Only foresee what it would touch; change nothing")] = False,
) -> ClosureChanged:
    """End a closure earlier, or later, than it was to. What a longer one touches stands, and is listed."""

    def run(session: Session, ctx: Context) -> tuple[Closure, tuple[Standing, ...]]:
        touched = closures.newly_touched(session, ctx, closure_id, asked.ends_at)
        if check:
            return closures.one(session, ctx, closure_id), touched
        return closures.end(session, ctx, closure_id, asked.ends_at, version), touched

    closure, touched = await (store.read(run, ctx) if check else store.write(run, ctx))
    response.headers.update(etag(closure.version))
    plain = ClosureOut.of(closure).model_dump()
    return ClosureChanged(**plain, touched=[StandingOut.of(each) for each in touched])


@router.delete("/{closure_id}", status_code=204)
async def remove(store: Store, ctx: Asker, closure_id: UUID, version: IfMatch) -> None:
    """Take a closure away."""
    await store.write(closures.remove, ctx, closure_id, version)


def _out(response: Response, closure: Closure) -> ClosureOut:
    response.headers.update(etag(closure.version))
    return ClosureOut.of(closure)
