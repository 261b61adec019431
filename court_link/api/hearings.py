"""Hearings: list, read, add by hand, change, vacate."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.bookings import BookingOut
from court_link.api.bookings import shown as booking_shown
from court_link.api.once import written_once
from court_link.api.versions import IfMatch, etag
from court_link.domain.context import Context
from court_link.domain.hearing import EndCause, HearingState, Outcome, Visibility
from court_link.domain.measures import LONGEST_NAME, MOST, Help, Measure
from court_link.scheduling import listing, matters, readings, vacating
from court_link.scheduling.listing import Matter, NamedParty
from court_link.scheduling.matters import Summary, Whole
from court_link.scheduling.vacating import VacateReason
from court_link.store import Session
from court_link.store.hearings import Filters

router = APIRouter(prefix="/api/hearings", tags=["Hearings"])

_EXAMPLE: dict[str, Any] = {
    "title": "R v Example",
    "hearing_type": "First appearance",
    "day": "2026-11-23",
    "at": "10:00",
    "minutes": 12,
    "urns": ["41XX0000126"],
    "parties": [{"role": "DEFENDANT", "name": "Alex Example", "under_18": False}],
    "measures": [{"help": "screens", "whom": "Sam Sample"}],
}


class PartyIn(BaseModel):
    """A party as the list names them."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    # As long as what is kept of an imported list; what a person may type is the use case's to say.
    role: Annotated[str, Field(max_length=500)] = "DEFENDANT"
    name: Annotated[str, Field(max_length=500)]
    under_18: bool = False


class MeasureIn(BaseModel):
    """A special measure, or the presence of an interpreter, and for whom."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    help: Help
    whom: Annotated[str, Field(max_length=LONGEST_NAME)] = ""


class HearingIn(BaseModel):
    """A matter to list. `minutes` may be left out where its type has a usual length; a trial has none.

    `detained` says that a defendant is charged and detained, so heard at the first available sitting. Nothing
    is offered or booked after `remand_expires` and `custody_limit`. A hearing is recorded only under a power,
    and when somebody ordered it. `measures` are the special measures, for whom each is; the public is told of
    none.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    title: str
    hearing_type: str
    day: date
    at: time = listing.USUAL_START
    minutes: int | None = None
    courtroom_id: UUID | None = None
    urns: Annotated[list[str], Field(max_length=50)] = []
    parties: Annotated[list[PartyIn], Field(max_length=50)] = []
    youth: bool = False
    visibility: Visibility = Visibility.PUBLIC
    family: bool = False
    restrictions: bool = False
    detained: bool = False
    remand_expires: date | None = None
    custody_limit: date | None = None
    recording_power: Annotated[str, Field(max_length=200)] = ""
    recording_ordered_by: Annotated[str, Field(max_length=200)] = ""
    measures: Annotated[list[MeasureIn], Field(max_length=MOST)] = []

    def matter(self) -> Matter:
        parties = tuple(NamedParty(party.role, party.name, party.under_18) for party in self.parties)
        arranged = tuple(Measure(each.help, each.whom.strip()) for each in self.measures)
        plain = self.model_dump(exclude={"urns", "parties", "measures"})
        return Matter(**plain, urns=tuple(self.urns), parties=parties, measures=arranged)


class HearingChange(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"minutes": 25}]})

    title: str = ""
    hearing_type: str = ""
    day: date = date.min
    at: time = time.min
    minutes: int | None = None
    courtroom_id: UUID | None = None
    urns: Annotated[list[str], Field(max_length=50)] = []
    parties: Annotated[list[PartyIn], Field(max_length=50)] = []
    youth: bool = False
    visibility: Visibility = Visibility.PUBLIC
    family: bool = False
    restrictions: bool = False
    detained: bool = False
    remand_expires: date | None = None
    custody_limit: date | None = None
    recording_power: Annotated[str, Field(max_length=200)] = ""
    recording_ordered_by: Annotated[str, Field(max_length=200)] = ""
    measures: Annotated[list[MeasureIn], Field(max_length=MOST)] = []


class HearingOut(BaseModel):
    """A hearing as it stands now. Times are UTC."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    reference: str
    state: HearingState
    title: str
    hearing_type: str
    listed_at: datetime
    listed_room: str
    minutes: int
    booking: BookingOut | None
    youth: bool
    visibility: Visibility
    family: bool
    restrictions: bool
    in_custody: bool = Field(description="As the list says; on remand or after charge it does not say")
    detained: bool
    remand_expires: date | None
    custody_limit: date | None
    no_longer_listed: bool
    outcome: Outcome | None
    end_cause: EndCause | None
    version: int


class WholeOut(HearingOut):
    """A hearing with its cases and parties, and what is arranged for whom: its own court's to know."""

    urns: list[str]
    parties: list[PartyIn]
    recording_power: str
    recording_ordered_by: str
    measures: list[MeasureIn]


class Hearings(BaseModel):
    """One page of hearings in the order in which they were listed; `next` goes into `after`."""

    items: list[HearingOut]
    next: UUID | None


class Vacating(BaseModel):
    """Why it is taken out: a code that is counted, and words of your own."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "defence_not_ready", "words": ""}]}
    )

    reason: VacateReason
    words: Annotated[str, Field(max_length=1000)] = ""


@router.get("")
async def listed(
    store: Store,
    ctx: Asker,
    day: Annotated[date | None, Query(description="Listed or booked on this London day")] = None,
    room: Annotated[UUID | None, Query(description="Listed or booked in this courtroom")] = None,
    state: Annotated[HearingState | None, Query(description="As stored")] = None,
    q: Annotated[str, Query(max_length=100, description="In the title, reference or a URN")] = "",
    after: Annotated[UUID | None, Query(description="The `next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Hearings:
    """The hearings that your organisations are concerned with."""
    filters = Filters(day, room, state, q)
    found = await store.read(matters.page, ctx, filters, after=after, limit=limit + 1)
    items = found[:limit]
    return Hearings(items=[shown(each) for each in items], next=items[-1].id if len(found) > limit else None)


@router.post("", status_code=201, response_model=WholeOut)
async def add(store: Store, ctx: Asker, asked: HearingIn) -> Response:
    """List a matter by hand at your court. Takes an `Idempotency-Key`."""

    def run(session: Session, ctx: Context) -> WholeOut:
        hearing_id = listing.add(session, ctx, asked.matter())
        return whole(matters.get(session, ctx, hearing_id))

    body = await written_once(store, ctx, "hearing", None, asked, listing.allow, run)
    return JSONResponse(body, 201, etag(body["version"]) | {"Location": f"/api/hearings/{body['id']}"})


@router.get("/{hearing_id}")
async def one(store: Store, ctx: Asker, response: Response, hearing_id: UUID) -> WholeOut:
    """One hearing with its cases and parties. That you read it is recorded.

    Other organisations than its court are told its facts, the defendants, and what is booked of their own.
    """
    found = await store.read(matters.get, ctx, hearing_id)
    await store.write(readings.note, ctx, [hearing_id])
    response.headers.update(etag(found.summary.version))
    return whole(found)


@router.patch("/{hearing_id}")
async def change(
    store: Store, ctx: Asker, response: Response, hearing_id: UUID, asked: HearingChange, expected: IfMatch
) -> WholeOut:
    """Change what was listed. A later age or restriction takes effect at once; a booking stays as it is."""

    def run(session: Session, ctx: Context) -> Whole:
        standing = matters.get(session, ctx, hearing_id)
        given = asked.model_dump(exclude_unset=True)
        whole_asked = HearingIn.model_validate(_typed(standing) | given)
        version = standing.summary.version if expected is None else expected
        listing.edit(session, ctx, hearing_id, whole_asked.matter(), version=version)
        return matters.get(session, ctx, hearing_id)

    found = await store.write(run, ctx)
    response.headers.update(etag(found.summary.version))
    return whole(found)


@router.post("/{hearing_id}/vacate")
async def vacate(
    store: Store, ctx: Asker, response: Response, hearing_id: UUID, asked: Vacating, expected: IfMatch
) -> HearingOut:
    """Take a hearing out before its day's work; everything booked for it is free again."""
    version = await store.write(vacating.vacate, ctx, hearing_id, asked.reason, asked.words, version=expected)
    response.headers.update(etag(version))
    return shown(await store.read(matters.summary, ctx, hearing_id))


def shown(summary: Summary) -> HearingOut:
    """A hearing as lists show it."""
    return HearingOut.model_validate(_fields(summary))


def whole(found: Whole) -> WholeOut:
    """A hearing as its own address shows it."""
    parties = [PartyIn.model_validate(party) for party in found.parties]
    more = {"urns": found.urns, "parties": parties, "recording_power": found.recording_power}
    more |= {"recording_ordered_by": found.recording_ordered_by, "measures": _arranged(found.measures)}
    return WholeOut.model_validate(_fields(found.summary) | more)


def _fields(summary: Summary) -> dict[str, object]:
    plain = {name: getattr(summary, name) for name in HearingOut.model_fields if hasattr(summary, name)}
    made = booking_shown(summary.booking) if summary.booking else None
    return plain | {"listed_at": summary.listed.start, "booking": made}


def _typed(found: Whole) -> dict[str, object]:
    """What a person would have typed to list this hearing as it stands."""
    matter = matters.typed(found)
    plain = {name: getattr(matter, name) for name in HearingIn.model_fields}
    return plain | {
        "parties": [PartyIn.model_validate(party) for party in matter.parties],
        "measures": _arranged(matter.measures),
    }


def _arranged(measures: Iterable[Measure]) -> list[MeasureIn]:
    return [MeasureIn.model_validate(each) for each in measures]
