"""Staff over HTTP: people with their shifts and leave, counted shifts at suites, and what falls short."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.once import written_once
from court_link.api.versions import IfMatch, etag
from court_link.domain.booking import PoolKind
from court_link.domain.context import Context
from court_link.domain.places import DutyKind, PersonKind
from court_link.domain.rota import Stretch, whole_days
from court_link.domain.times import Interval, london_day
from court_link.scheduling import rostering, staffing
from court_link.scheduling.rostering import Count, Rostered
from court_link.scheduling.staffing import Absence, Shortfall, Touched
from court_link.store import Session
from court_link.store.duties import DutyStretch
from court_link.store.staff import Shifted

router = APIRouter(prefix="/api/staff", tags=["Staff"])

#: The most days that one answer is about.
MOST_DAYS = 92


class DutyIn(BaseModel):
    """A stretch of somebody's rota, UTC. Leave of whole days runs from one London midnight to another."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"kind": "shift", "starts_at": "2026-11-23T07:00:00Z", "ends_at": "2026-11-23T15:00:00Z"}
            ]
        },
    )

    kind: DutyKind
    starts_at: AwareDatetime
    ends_at: AwareDatetime

    def stretch(self) -> Stretch:
        return Stretch(self.kind, Interval(self.starts_at, self.ends_at))


class DutyOut(BaseModel):
    """One stretch of somebody's rota, UTC."""

    id: UUID
    kind: DutyKind
    starts_at: AwareDatetime
    ends_at: AwareDatetime

    @classmethod
    def of(cls, stretch: DutyStretch) -> Self:
        during = stretch.interval
        return cls(id=stretch.id, kind=stretch.kind, starts_at=during.start, ends_at=during.end)


class HearingTouched(BaseModel):
    """A hearing that staff fall short for; without an id you may know of its time alone."""

    id: UUID | None
    title: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    courtroom: str

    @classmethod
    def of(cls, touched: Touched) -> Self:
        return cls(
            id=touched.hearing_id,
            title=touched.title,
            starts_at=touched.slot.start,
            ends_at=touched.slot.end,
            courtroom=touched.courtroom,
        )


class AbsenceOut(BaseModel):
    """Somebody is booked while they cannot be had. `why` ends a sentence about them."""

    person_id: UUID
    name: str
    why: str
    hearing: HearingTouched

    @classmethod
    def of(cls, absence: Absence) -> Self:
        hearing = HearingTouched.of(absence.hearing)
        return cls(person_id=absence.person_id, name=absence.name, why=absence.why, hearing=hearing)


class ShortfallOut(BaseModel):
    """A pool of which fewer are on shift than its bookings need."""

    pool: PoolKind
    site_id: UUID
    site: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    needed: int
    on_shift: int
    hearings: list[HearingTouched]

    @classmethod
    def of(cls, short: Shortfall) -> Self:
        return cls(
            pool=short.pool,
            site_id=short.site_id,
            site=short.site,
            starts_at=short.during.start,
            ends_at=short.during.end,
            needed=short.needed,
            on_shift=short.on_shift,
            hearings=[HearingTouched.of(each) for each in short.hearings],
        )


class GapsOut(BaseModel):
    """All that staff fall short for, in order of time."""

    short: list[ShortfallOut]
    absent: list[AbsenceOut]


class PersonOut(BaseModel):
    """A person of yours who can be booked, and their rota over the days asked for."""

    id: UUID
    name: str
    kind: PersonKind
    number: str
    email: str
    station_id: UUID | None
    station: str
    languages: list[str]
    version: int
    duties: list[DutyOut]

    @classmethod
    def of(cls, rostered: Rostered) -> Self:
        person = rostered.person
        return cls(
            id=person.id,
            name=person.name,
            kind=person.kind,
            number=person.number,
            email=person.email,
            station_id=person.station_id,
            station=person.station,
            languages=list(person.languages),
            version=person.version,
            duties=[DutyOut.of(each) for each in rostered.stretches],
        )


class Changed(PersonOut):
    """The person after a change, and what they cannot be had for because of it."""

    absent: list[AbsenceOut]


class People(BaseModel):
    """One page of people by name; `next` goes into `after`."""

    items: list[PersonOut]
    next: UUID | None


class PersonIn(BaseModel):
    """Where somebody is based (a place of your organisation) and the languages that they interpret."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"station_id": None, "languages": ["Polish"]}]}
    )

    station_id: UUID | None = None
    languages: Annotated[list[str], Field(max_length=20)] = []


class CountIn(BaseModel):
    """So many are on the shift, and so many of them away: sick, or out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"staff": 4, "away": 1}]})

    staff: int
    away: int = 0

    def count(self) -> Count:
        return Count(self.staff, self.away)


class ShiftIn(CountIn):
    """Staff of a counted pool (`custody_staff` or `escorts`) on shift at a suite, UTC."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "pool": "custody_staff",
                    "starts_at": "2026-11-23T07:00:00Z",
                    "ends_at": "2026-11-23T19:00:00Z",
                    "staff": 4,
                }
            ]
        },
    )

    pool: PoolKind
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class ShiftOut(BaseModel):
    """A counted shift; `here` are those on it who are not away."""

    id: UUID
    site_id: UUID
    pool: PoolKind
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    staff: int
    away: int
    here: int
    version: int

    @classmethod
    def of(cls, shift: Shifted) -> Self:
        return cls(
            id=shift.id,
            site_id=shift.site_id,
            pool=shift.pool,
            starts_at=shift.during.start,
            ends_at=shift.during.end,
            staff=shift.staff,
            away=shift.away,
            here=shift.here,
            version=shift.version,
        )


class ShiftChanged(ShiftOut):
    """The shift after a change, and what falls short over it now."""

    short: list[ShortfallOut]


class SuiteOut(BaseModel):
    """A suite of yours, and its counted shifts over the days asked for."""

    id: UUID
    name: str
    shifts: list[ShiftOut]


class Suites(BaseModel):
    items: list[SuiteOut]


def _days(
    store: Store,
    first: Annotated[date | None, Query(description="The first London day; today when left out")] = None,
    last: Annotated[date | None, Query(description="The last London day; six days on when left out")] = None,
) -> Interval:
    begins = first or london_day(store.clock.now())
    ends = last or begins + timedelta(days=6)
    return whole_days(begins, min(ends, begins + timedelta(days=MOST_DAYS - 1)))


Days = Annotated[Interval, Depends(_days)]
Check = Annotated[bool, Query(description="Only foresee what it would leave short; change nothing")]


@router.get("/gaps")
async def gaps(store: Store, ctx: Asker, within: Days) -> GapsOut:
    """Where staff fall short of what is booked, as far as you may know: pools, and people who are away."""
    found = await store.read(staffing.gaps, ctx, within)
    return GapsOut(
        short=[ShortfallOut.of(each) for each in found.short],
        absent=[AbsenceOut.of(each) for each in found.absent],
    )


@router.get("/people")
async def people(
    store: Store,
    ctx: Asker,
    within: Days,
    text: Annotated[str, Query(max_length=100, description="In the name, or how the number begins")] = "",
    station_id: UUID | None = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> People:
    """Your people by name, each with their rota."""
    found = await store.read(
        rostering.people, ctx, within, text, station_id=station_id, after=after, limit=limit + 1
    )
    items = [PersonOut.of(each) for each in found[:limit]]
    return People(items=items, next=items[-1].id if len(found) > limit else None)


@router.get("/people/{person_id}")
async def person(store: Store, ctx: Asker, response: Response, person_id: UUID, within: Days) -> PersonOut:
    """One of your people with their rota, and their ETag."""
    found = await store.read(rostering.person, ctx, person_id, within)
    response.headers.update(etag(found.person.version))
    return PersonOut.of(found)


@router.put("/people/{person_id}")
async def keep(
    store: Store, ctx: Asker, response: Response, person_id: UUID, asked: PersonIn, version: IfMatch
) -> PersonOut:
    """Say where somebody is based, and what they interpret."""
    kept = await store.write(rostering.keep, ctx, person_id, asked.station_id, asked.languages, version)
    response.headers.update(etag(kept.version))
    return PersonOut.of(Rostered(kept, ()))


@router.post("/people/{person_id}/duties", status_code=201, response_model=Changed)
async def add_duty(
    store: Store,
    ctx: Asker,
    response: Response,
    person_id: UUID,
    asked: DutyIn,
    version: IfMatch,
    check: Check = False,
) -> Response | Changed:
    """Add a shift, leave, a rest day or sickness. What they are booked for stands, and is flagged.

    Takes an `Idempotency-Key`.
    """
    stretch = asked.stretch()
    if check:
        foreseen = await store.read(rostering.foresee_duty, ctx, person_id, None, stretch)
        return await _changed(store, ctx, response, person_id, stretch.during, foreseen)

    def run(session: Session, ctx: Context) -> Changed:
        left = rostering.add_duty(session, ctx, person_id, stretch, version)
        return _with_absences(rostering.person(session, ctx, person_id, stretch.during), left)

    allow = partial(rostering.allow_person, person_id=person_id)
    body = await written_once(store, ctx, "staff.duty", person_id, asked, allow, run)
    return JSONResponse(body, 201, etag(body["version"]))


@router.put("/people/{person_id}/duties/{duty_id}")
async def change_duty(
    store: Store,
    ctx: Asker,
    response: Response,
    person_id: UUID,
    duty_id: UUID,
    asked: DutyIn,
    version: IfMatch,
    check: Check = False,
) -> Changed:
    """Put another stretch in place of one."""
    if check:
        left = await store.read(rostering.foresee_duty, ctx, person_id, duty_id, asked.stretch())
    else:
        left = await store.write(rostering.change_duty, ctx, person_id, duty_id, asked.stretch(), version)
    return await _changed(store, ctx, response, person_id, asked.stretch().during, left)


@router.delete("/people/{person_id}/duties/{duty_id}")
async def remove_duty(
    store: Store,
    ctx: Asker,
    response: Response,
    person_id: UUID,
    duty_id: UUID,
    version: IfMatch,
    check: Check = False,
) -> Changed:
    """Take a stretch out of somebody's rota."""
    during = (await store.read(rostering.one_duty, ctx, person_id, duty_id)).interval
    if check:
        left = await store.read(rostering.foresee_duty, ctx, person_id, duty_id, None)
    else:
        left = await store.write(rostering.remove_duty, ctx, person_id, duty_id, version)
    return await _changed(store, ctx, response, person_id, during, left)


@router.get("/suites")
async def suites(store: Store, ctx: Asker, within: Days) -> Suites:
    """Your custody suites, each with its counted shifts."""
    found = await store.read(rostering.suites, ctx, within)
    return Suites(
        items=[
            SuiteOut(
                id=each.suite.id, name=each.suite.name, shifts=[ShiftOut.of(shift) for shift in each.shifts]
            )
            for each in found
        ]
    )


@router.post("/suites/{site_id}/shifts", status_code=201, response_model=ShiftOut)
async def add_shift(store: Store, ctx: Asker, site_id: UUID, asked: ShiftIn) -> Response:
    """Put staff of a counted pool on shift at a suite. Takes an `Idempotency-Key`."""
    during = Interval(asked.starts_at, asked.ends_at)

    def run(session: Session, ctx: Context) -> ShiftOut:
        return ShiftOut.of(rostering.add_shift(session, ctx, site_id, asked.pool, during, asked.count()))

    allow = partial(rostering.allow_suite, site_id=site_id)
    body = await written_once(store, ctx, "staff.shift", site_id, asked, allow, run)
    return JSONResponse(body, 201, etag(body["version"]))


@router.get("/shifts/{shift_id}")
async def shift(store: Store, ctx: Asker, response: Response, shift_id: UUID) -> ShiftOut:
    """One counted shift, with its ETag."""
    _, found = await store.read(rostering.one_shift, ctx, shift_id)
    response.headers.update(etag(found.version))
    return ShiftOut.of(found)


@router.put("/shifts/{shift_id}")
async def change_shift(
    store: Store,
    ctx: Asker,
    response: Response,
    shift_id: UUID,
    asked: CountIn,
    version: IfMatch,
    check: Check = False,
) -> ShiftChanged:
    """Say how many are on a shift, and how many of them away. Bookings stand, and are flagged."""
    if check:
        left = await store.read(rostering.foresee_shift, ctx, shift_id, asked.count())
        _, changed = await store.read(rostering.one_shift, ctx, shift_id)
    else:
        changed, left = await store.write(rostering.change_shift, ctx, shift_id, asked.count(), version)
    response.headers.update(etag(changed.version))
    short = [ShortfallOut.of(each) for each in left]
    return ShiftChanged(**ShiftOut.of(changed).model_dump(), short=short)


@router.delete("/shifts/{shift_id}")
async def remove_shift(store: Store, ctx: Asker, shift_id: UUID, version: IfMatch) -> GapsOut:
    """Take a counted shift away. What falls short for it now is in the answer."""
    left = await store.write(rostering.remove_shift, ctx, shift_id, version)
    return GapsOut(short=[ShortfallOut.of(each) for each in left], absent=[])


async def _changed(
    store: Store, ctx: Asker, response: Response, person_id: UUID, during: Interval, left: Any
) -> Changed:
    found = await store.read(rostering.person, ctx, person_id, during)
    response.headers.update(etag(found.person.version))
    return _with_absences(found, left)


def _with_absences(found: Rostered, left: Iterable[Absence]) -> Changed:
    return Changed(**PersonOut.of(found).model_dump(), absent=[AbsenceOut.of(each) for each in left])
