"""Sitting sessions over HTTP: when courtrooms sit, for what, and what is booked of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from court_link.api.asking import Asker, Store
from court_link.api.once import written_once
from court_link.api.versions import IfMatch, etag
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.sittings import Capacity, Half, business_types
from court_link.domain.times import Interval, day_interval
from court_link.scheduling import copying, sittings
from court_link.scheduling.sittings import Asked, Room, Sitting
from court_link.store import Session

router = APIRouter(prefix="/api/sittings", tags=["Court calendars"])

#: The longest stretch of sessions that one request may ask for.
_LONGEST = timedelta(days=31)
_EXAMPLE: dict[str, Any] = {
    "courtroom_id": "0197a1c0-0000-7000-8000-000000000001",
    "starts_at": "2026-11-24T10:00:00Z",
    "ends_at": "2026-11-24T13:00:00Z",
    "business_type": "VIR",
    "panel": "ADULT",
    "slots": 12,
}


class SittingIn(BaseModel):
    """A session. Without `slots` and `minutes` it takes what is usual for its business; 0 is not counted."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    courtroom_id: UUID
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    business_type: str = Field("", max_length=20)
    panel: str = Field("", max_length=40)
    slots: int | None = None
    minutes: int | None = None

    def asked(self) -> Asked:
        """As the use case takes it. Raises Invalid."""
        during = Interval(self.starts_at, self.ends_at)
        capacity = Capacity(self.slots or 0, self.minutes or 0)
        if self.slots is None and self.minutes is None:
            capacity = Capacity.usual(self.business_type, during)
        return Asked(self.courtroom_id, during, self.business_type, self.panel, capacity)


class SittingOut(BaseModel):
    """A session, with the matters and minutes booked of it; `over` says how far it is overbooked.

    `source` is the rota that it came from, empty when a person made it; `against_rota` says that a later
    rota has it no longer, and that it is kept for what is booked in it.
    """

    id: UUID
    courtroom_id: UUID
    starts_at: datetime
    ends_at: datetime
    half: Half
    business_type: str
    panel: str
    slots: int
    minutes: int
    booked_matters: int
    booked_minutes: int
    over: str
    source: str
    against_rota: bool
    version: int

    @classmethod
    def of(cls, sitting: Sitting) -> Self:
        return cls(
            id=sitting.id,
            courtroom_id=sitting.courtroom_id,
            starts_at=sitting.during.start,
            ends_at=sitting.during.end,
            half=sitting.half,
            business_type=sitting.business_type,
            panel=sitting.panel,
            slots=sitting.capacity.slots,
            minutes=sitting.capacity.minutes,
            booked_matters=sitting.matters,
            booked_minutes=sitting.minutes,
            over=sitting.over,
            source=sitting.source,
            against_rota=sitting.against_rota,
            version=sitting.version,
        )


class Sittings(BaseModel):
    items: list[SittingOut]


class BusinessTypeOut(BaseModel):
    """A kind of business; `slots` says that its sessions are counted in matters, otherwise in minutes."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    slots: bool


class BusinessTypes(BaseModel):
    items: list[BusinessTypeOut]


class RoomOut(BaseModel):
    """A courtroom, and the business types that it is kept for; none is any."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    restricted_to: list[str]
    version: int


class Restriction(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"restricted_to": ["VIR"]}]})

    restricted_to: list[str] = Field(max_length=100)


class CopyIn(BaseModel):
    """The week of a day at a court house, to be copied to each of the `weeks` after it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"site_id": "0197a1c0-0000-7000-8000-000000000001", "week": "2026-11-23", "weeks": 4}
            ]
        },
    )

    site_id: UUID
    week: date
    weeks: int = Field(1, ge=1, le=26)


class CopiedOut(BaseModel):
    """How many sessions were copied, and how many not: something sits there, or it is a bank holiday."""

    model_config = ConfigDict(from_attributes=True)

    copied: int
    in_the_way: int
    holidays: int


@router.get("")
async def listed(
    store: Store,
    ctx: Asker,
    site_id: UUID,
    first: Annotated[date, Query(alias="from", description="The first London day")],
    until: Annotated[date | None, Query(description="The last London day; the same by default")] = None,
) -> Sittings:
    """The sessions of one of your court houses over at most 31 days, by start."""
    last = until or first
    if not timedelta(0) <= last - first <= _LONGEST:
        raise Invalid(errors=[FieldError("until", "Ask for at most 31 days, from the earlier to the later")])
    span = Interval(day_interval(first).start, day_interval(last).end)
    found = await store.read(sittings.listed, ctx, site_id, span)
    return Sittings(items=[SittingOut.of(each) for each in found])


@router.get("/business-types")
async def kinds(ctx: Asker) -> BusinessTypes:
    """The courts' own business types."""
    return BusinessTypes(items=[BusinessTypeOut.model_validate(each) for each in business_types().values()])


@router.post("", status_code=201, response_model=SittingOut)
async def add(store: Store, ctx: Asker, asked: SittingIn) -> Response:
    """Make a session. Takes an `Idempotency-Key`."""

    def run(session: Session, ctx: Context) -> SittingOut:
        return SittingOut.of(sittings.add(session, ctx, asked.asked()))

    body = await written_once(store, ctx, "sittings.add", asked.courtroom_id, asked, sittings.allow, run)
    headers = {"Location": f"/api/sittings/{body['id']}", **etag(body["version"])}
    return JSONResponse(body, 201, headers)


@router.post("/copy", response_model=CopiedOut)
async def copy(store: Store, ctx: Asker, asked: CopyIn) -> Response:
    """Copy a week forward, at the same times on the London clock. Takes an `Idempotency-Key`."""

    def run(session: Session, ctx: Context) -> CopiedOut:
        came_to = copying.week(session, ctx, asked.site_id, asked.week, asked.weeks)
        return CopiedOut.model_validate(came_to)

    return JSONResponse(
        await written_once(store, ctx, "sittings.copy", asked.site_id, asked, sittings.allow, run)
    )


@router.get("/rooms/{courtroom_id}")
async def room(store: Store, ctx: Asker, response: Response, courtroom_id: UUID) -> RoomOut:
    """What a courtroom is kept for, with its ETag."""
    return _room(response, await store.read(sittings.room, ctx, courtroom_id))


@router.put("/rooms/{courtroom_id}")
async def restrict(
    store: Store, ctx: Asker, response: Response, courtroom_id: UUID, asked: Restriction, version: IfMatch
) -> RoomOut:
    """Keep a courtroom for some business types, or for any."""
    kept = await store.write(sittings.restrict, ctx, courtroom_id, asked.restricted_to, version)
    return _room(response, kept)


@router.get("/{sitting_id}")
async def one(store: Store, ctx: Asker, response: Response, sitting_id: UUID) -> SittingOut:
    """One session, with its ETag."""
    return _out(response, await store.read(sittings.one, ctx, sitting_id))


@router.put("/{sitting_id}")
async def change(
    store: Store, ctx: Asker, response: Response, sitting_id: UUID, asked: SittingIn, version: IfMatch
) -> SittingOut:
    """Change a session. One that bookings stand in is not moved away from them (409)."""
    return _out(response, await store.write(sittings.change, ctx, sitting_id, asked.asked(), version))


@router.delete("/{sitting_id}", status_code=204)
async def take_out(store: Store, ctx: Asker, sitting_id: UUID, version: IfMatch) -> None:
    """Take a session out. One that bookings stand in stays (409)."""
    await store.write(sittings.take_out, ctx, sitting_id, version)


def _out(response: Response, sitting: Sitting) -> SittingOut:
    response.headers.update(etag(sitting.version))
    return SittingOut.of(sitting)


def _room(response: Response, room: Room) -> RoomOut:
    response.headers.update(etag(room.version))
    return RoomOut.model_validate(room)
