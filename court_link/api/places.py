"""Places over HTTP: sites with their rooms, opening hours and staff on shift."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from court_link.api.asking import Asker, Store
from court_link.api.versions import IfMatch, etag
from court_link.domain.booking import ResourceKind
from court_link.domain.places import SiteKind
from court_link.importing import sites
from court_link.importing.sites import Details, Site
from court_link.store.places import Opening, SiteFilters

router = APIRouter(prefix="/api/places", tags=["Places"])

Weekday = Annotated[int, Field(ge=0, le=6, description="Monday is 0")]
Minute = Annotated[int, Field(ge=0, le=1440, description="Minutes after midnight, London time")]


class RoomOut(BaseModel):
    """A room or vehicle; `active` says that it can be booked."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    kind: ResourceKind
    active: bool


class Hours(BaseModel):
    """Open on a weekday from one minute until another."""

    model_config = ConfigDict(from_attributes=True)

    weekday: Weekday
    opens: Minute
    closes: Minute


class ShiftOut(BaseModel):
    """Detention officers on shift."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    staff: int


class SiteBrief(BaseModel):
    """A place of your area. `mine` says that you may change it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: SiteKind
    name: str
    code: str | None
    address: str
    postcode: str
    area: str
    closed: bool
    opens_on_holidays: bool
    link_streams: int
    version: int
    mine: bool
    rooms: list[RoomOut]


class SiteOut(SiteBrief):
    """A place with its hours, and its shifts of the next two weeks."""

    hours: list[Hours]
    shifts: list[ShiftOut]

    @classmethod
    def of(cls, site: Site) -> Self:
        return cls(
            **SiteBrief.model_validate(site).model_dump(),
            hours=[Hours.model_validate(each) for each in site.hours],
            shifts=[
                ShiftOut(
                    id=shift.id, starts_at=shift.during.start, ends_at=shift.during.end, staff=shift.staff
                )
                for shift in site.shifts
            ],
        )


class Sites(BaseModel):
    items: list[SiteBrief]


class SiteIn(BaseModel):
    """What is kept of a place itself. `link_streams`: video streams its line carries, 0 not counted."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
    address: str = Field("", max_length=200)
    postcode: str = Field("", max_length=200)
    closed: bool = False
    opens_on_holidays: bool = False
    link_streams: int = Field(0, ge=0, le=1000)

    def details(self) -> Details:
        return Details(**self.model_dump(include=set(SiteIn.model_fields)))


class NewSite(SiteIn):
    kind: SiteKind


class NewRoom(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=100)


class RoomChange(BaseModel):
    """What to change about a room; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, max_length=100)
    active: bool | None = None


class NewShift(BaseModel):
    """London times; a shift that ends no later than it begins runs over midnight."""

    model_config = ConfigDict(extra="forbid")

    day: date
    begins: time
    ends: time
    staff: int = Field(ge=1, le=200)


@router.get("")
async def listed(
    store: Store,
    ctx: Asker,
    q: Annotated[str, Query(max_length=100, description="In the name, address or postcode")] = "",
    kind: SiteKind | None = None,
    closed: Annotated[bool, Query(description="Those that have closed, too")] = False,
) -> Sites:
    """The places of your area."""
    found = await store.read(sites.listed, ctx, SiteFilters(q, kind, closed))
    return Sites(items=[SiteBrief.model_validate(site) for site in found])


@router.post("", status_code=201)
async def add(store: Store, ctx: Asker, response: Response, asked: NewSite) -> SiteOut:
    """Add a place of your organisation. A court house that the register knows comes with its rooms."""
    return _out(response, await store.write(sites.add, ctx, asked.kind, asked.details()))


@router.get("/{site_id}")
async def one(store: Store, ctx: Asker, response: Response, site_id: UUID) -> SiteOut:
    """One place, with its ETag."""
    return _out(response, await store.read(sites.one, ctx, site_id))


@router.put("/{site_id}")
async def change(
    store: Store, ctx: Asker, response: Response, site_id: UUID, asked: SiteIn, version: IfMatch
) -> SiteOut:
    """Change what is kept of a place itself."""
    return _out(response, await store.write(sites.change, ctx, site_id, asked.details(), version))


@router.put("/{site_id}/hours")
async def set_hours(
    store: Store, ctx: Asker, response: Response, site_id: UUID, asked: list[Hours], version: IfMatch
) -> SiteOut:
    """Put these opening hours in place of the ones it has."""
    openings = [Opening(each.weekday, each.opens, each.closes) for each in asked]
    return _out(response, await store.write(sites.set_hours, ctx, site_id, openings, version))


@router.post("/{site_id}/rooms", status_code=201)
async def add_room(
    store: Store, ctx: Asker, response: Response, site_id: UUID, asked: NewRoom, version: IfMatch
) -> SiteOut:
    """Add a room of the kind that the place has."""
    return _out(response, await store.write(sites.add_room, ctx, site_id, asked.name, version))


@router.patch("/{site_id}/rooms/{room_id}")
async def change_room(
    store: Store,
    ctx: Asker,
    response: Response,
    site_id: UUID,
    room_id: UUID,
    asked: RoomChange,
    version: IfMatch,
) -> SiteOut:
    """Rename a room, or take it out of use. What is booked in it stands."""
    changed = await store.write(
        sites.change_room, ctx, site_id, room_id, version, name=asked.name, active=asked.active
    )
    return _out(response, changed)


@router.post("/{site_id}/shifts", status_code=201)
async def add_shift(
    store: Store, ctx: Asker, response: Response, site_id: UUID, asked: NewShift, version: IfMatch
) -> SiteOut:
    """Put detention officers on shift at a custody suite."""
    changed = await store.write(
        sites.add_shift, ctx, site_id, asked.day, asked.begins, asked.ends, asked.staff, version
    )
    return _out(response, changed)


@router.delete("/{site_id}/shifts/{shift_id}")
async def remove_shift(
    store: Store, ctx: Asker, response: Response, site_id: UUID, shift_id: UUID, version: IfMatch
) -> SiteOut:
    """Take a shift away. Bookings that counted on it stand."""
    return _out(response, await store.write(sites.remove_shift, ctx, site_id, shift_id, version))


def _out(response: Response, site: Site) -> SiteOut:
    response.headers.update(etag(site.version))
    return SiteOut.of(site)
