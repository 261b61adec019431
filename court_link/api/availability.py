"""Free times: of one day, with why the others are refused, and the next ones over days and rooms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from court_link.api.asking import Asker, Settings, Store
from court_link.api.bookings import NeedsIn, rules
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.requirements import CustodyNeed, Interpreting, Needs, Side, Travel
from court_link.domain.roles import Part
from court_link.scheduling import availability, finding, harddates
from court_link.scheduling.availability import Availability
from court_link.scheduling.finding import Found, Wish

router = APIRouter(prefix="/api/hearings", tags=["Booking"])

_ROOM, _CELL = "0197a1c0-0000-7000-8000-000000000001", "0197a1c0-0000-7000-8000-000000000002"
_OFFICER = "0197a1c0-0000-7000-8000-000000000003"


class NeedsAsked(BaseModel):
    """What the hearing needs, as an address says it."""

    model_config = ConfigDict(extra="forbid")

    courtroom_id: Annotated[UUID, Field(examples=[_ROOM])]
    minutes: Annotated[int, Field(description="Estimated length", examples=[20])]
    custody: Annotated[
        list[UUID],
        Field(max_length=8, description="Custody rooms, one for each defendant", examples=[[_CELL]]),
    ] = []
    consultation: Annotated[int, Field(description="Minutes of consultation before")] = 15
    afterwards: Annotated[int, Field(description="Minutes of consultation after")] = 0
    turnaround: Annotated[int, Field(description="Minutes of turnaround after")] = 10
    escorts: Annotated[int, Field(description="Prisoner custody officers for each custody room")] = 0
    observed: Annotated[bool, Field(description="Under constant observation")] = False
    attending: Annotated[
        list[UUID],
        Field(max_length=20, description="People, evidence rooms, vehicles", examples=[[_OFFICER]]),
    ] = []
    travel: Annotated[
        list[str],
        Field(
            max_length=20,
            description="Who of them comes in person: the id, a colon, minutes each way",
            examples=[[f"{_OFFICER}:30"]],
        ),
    ] = []
    interpreting: Annotated[
        list[str],
        Field(
            max_length=20,
            description=(
                "Who of them interprets: the id, the language, then if need be the side (defence,"
                ' prosecution, court) and "simultaneous", with colons between'
            ),
            examples=[[f"{_OFFICER}:Polish:defence"]],
        ),
    ] = []
    others: Annotated[int, Field(description="Further participants by link")] = 0
    parts: Annotated[
        list[Part], Field(max_length=30, description="Parts taken by link by nobody named yet")
    ] = []
    detained: Annotated[bool, Field(description="A defendant is charged and detained")] = False
    recording: bool = False

    def needs(self) -> Needs:
        """As the domain has it. Raises Invalid."""
        around = (self.consultation, self.turnaround, self.afterwards, self.escorts, self.observed)
        return Needs(
            self.courtroom_id,
            self.minutes,
            tuple(CustodyNeed(room, *around) for room in self.custody),
            tuple(self.attending),
            self.others,
            self.detained,
            tuple(map(_travel, self.travel)),
            tuple(map(_interpreting, self.interpreting)),
            tuple(self.parts),
            self.recording,
        )


def _travel(said: str) -> Travel:
    person, _, minutes = said.partition(":")
    try:
        return Travel(UUID(person), int(minutes))
    except ValueError:
        message = "Give who travels as an id, a colon and minutes."
        raise Invalid(errors=[FieldError("travel", message)]) from None


def _interpreting(said: str) -> Interpreting:
    person, _, rest = said.partition(":")
    language, *more = rest.split(":")
    try:
        side = Side(more[0]) if more and more[0] else Side.DEFENCE
        return Interpreting(UUID(person), language, side, consecutive="simultaneous" not in more[1:])
    except ValueError:
        message = "Give who interprets as an id, a colon and the language."
        raise Invalid(errors=[FieldError("interpreting", message)]) from None


class DayAsked(NeedsAsked):
    """One day."""

    day: Annotated[date, Field(description="A London day", examples=["2026-11-23"])]
    step: Annotated[int, Field(ge=5, le=60, multiple_of=5, description="Minutes between starts")] = 5


class DaysAsked(NeedsAsked):
    """Some days, and the rooms that would do as well."""

    since: Annotated[date, Field(alias="from", description="A London day", examples=["2026-11-23"])]
    days: Annotated[int, Field(description="How many days are searched, at most 92")] = 30
    count: Annotated[int, Field(description="How many times are wanted, at most 50")] = 10
    courtrooms: Annotated[
        list[UUID], Field(max_length=50, description="Courtrooms that would do as well")
    ] = []
    custody_rooms: Annotated[
        list[UUID], Field(max_length=50, description="Custody rooms that would do as well")
    ] = []
    any_courtroom: Annotated[bool, Field(description="Any courtroom of the court would do")] = False
    any_custody_room: Annotated[bool, Field(description="Any custody room of the area would do")] = False


class RefusalOut(BaseModel):
    """What cannot be had, why, and until when, as far as you may know."""

    model_config = ConfigDict(from_attributes=True)

    resource: str
    reason: str
    until: datetime | None


class StartOut(BaseModel):
    """A start, and what refuses it; nothing does when it is free."""

    at: datetime
    free: bool
    refusals: list[RefusalOut]


class AvailabilityOut(BaseModel):
    """A day's starts in order. With none, `closed` says why the courtroom has no sitting that day."""

    day: date
    starts: list[StartOut]
    closed: RefusalOut | None
    warnings: list[str]


class OptionOut(BaseModel):
    """A time for everyone together. `needs` can be sent to `POST .../bookings` as it is; `why` says what
    speaks for the time and against it, `warnings` what to know before it is taken.
    """

    starts_at: datetime
    ends_at: datetime
    needs: NeedsIn
    why: list[str]
    warnings: list[str]


class DayRefusedOut(BaseModel):
    """A day with no free time, and what takes it away, the worst first."""

    day: date
    refusals: list[RefusalOut]


_EXAMPLE: dict[str, Any] = {
    "from": "2026-11-23",
    "until": "2026-12-22",
    "options": [
        {
            "starts_at": "2026-11-24T10:15:00Z",
            "ends_at": "2026-11-24T10:35:00Z",
            "needs": {
                "courtroom_id": _ROOM,
                "minutes": 20,
                "custody": [{"room_id": _CELL, "consultation": 15, "turnaround": 10}],
                "attending": [_OFFICER],
            },
            "why": ["No officer waits", "1 day after the day listed"],
            "warnings": ["This sitting would have 9 matters for 8 slots."],
        }
    ],
    "refused": [
        {
            "day": "2026-11-23",
            "refusals": [
                {
                    "resource": "PC 1187 Demo",
                    "reason": "is booked for R v Example",
                    "until": "2026-11-23T16:30:00Z",
                }
            ],
        }
    ],
    "warnings": [],
}


class SlotsOut(BaseModel):
    """The best of the next times, best first, and the days before the last of them that have none."""

    model_config = ConfigDict(populate_by_name=True, json_schema_extra={"examples": [_EXAMPLE]})

    since: Annotated[date, Field(serialization_alias="from")]
    until: date
    options: list[OptionOut]
    refused: list[DayRefusedOut]
    warnings: list[str]


@router.get("/{hearing_id}/availability")
async def find(
    store: Store, ctx: Asker, settings: Settings, hearing_id: UUID, asked: Annotated[DayAsked, Query()]
) -> AvailabilityOut:
    """Starts at which everything needed can be had together, and for every other start what refuses it."""
    found = await store.read(
        availability.find,
        ctx,
        hearing_id,
        asked.needs(),
        asked.day,
        rules=rules(settings),
        step=asked.step // 5,
    )
    return _shown(found)


@router.get("/{hearing_id}/slots")
async def slots(
    store: Store, ctx: Asker, settings: Settings, hearing_id: UUID, asked: Annotated[DaysAsked, Query()]
) -> SlotsOut:
    """The next times for everything needed together, over days and in the rooms that would do as well.

    Best first: what must be heard soon soonest, the least waiting for officers, the nearest to the time
    listed. Nothing is offered beyond a hard date, or after the first available sitting of a person charged
    and detained. Looking writes nothing.
    """
    return _offered(await _found(store, ctx, settings, hearing_id, asked))


@router.post("/{hearing_id}/slots")
async def slots_or_tell(
    store: Store, ctx: Asker, settings: Settings, hearing_id: UUID, asked: Annotated[DaysAsked, Query()]
) -> SlotsOut:
    """The same, and when no sitting is left before a hard date the staff concerned are told so, once."""
    found = await _found(store, ctx, settings, hearing_id, asked)
    if found.none_left:
        await store.write(harddates.tell_none_left, ctx, hearing_id, asked=asked.needs().detained)
    return _offered(found)


async def _found(store: Store, ctx: Asker, settings: Settings, hearing_id: UUID, asked: DaysAsked) -> Found:
    wish = Wish(
        asked.needs(),
        tuple(asked.courtrooms),
        tuple(asked.custody_rooms),
        asked.any_courtroom,
        asked.any_custody_room,
    )
    return await store.read(
        finding.find,
        ctx,
        hearing_id,
        wish,
        asked.since,
        days=asked.days,
        count=asked.count,
        rules=rules(settings),
    )


def _shown(found: Availability) -> AvailabilityOut:
    return AvailabilityOut(
        day=found.day,
        starts=[
            StartOut(
                at=start.at,
                free=start.free,
                refusals=[RefusalOut.model_validate(each) for each in start.refusals],
            )
            for start in found.starts
        ],
        closed=RefusalOut.model_validate(found.closed) if found.closed else None,
        warnings=list(found.warnings),
    )


def _offered(found: Found) -> SlotsOut:
    return SlotsOut(
        since=found.first_day,
        until=found.last_day,
        options=[
            OptionOut(
                starts_at=each.slot.start,
                ends_at=each.slot.end,
                needs=NeedsIn.model_validate(each.needs),
                why=list(each.why),
                warnings=list(each.warnings),
            )
            for each in found.options
        ],
        refused=[
            DayRefusedOut(day=each.day, refusals=[RefusalOut.model_validate(one) for one in each.refusals])
            for each in found.refused
        ],
        warnings=list(found.warnings),
    )
