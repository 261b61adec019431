"""Bookings: hold, confirm, book in one step, move, release."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from court_link.api.asking import Asker, Settings, Store
from court_link.api.once import written_once
from court_link.api.versions import IfMatch, etag
from court_link.domain.booking import BookingState
from court_link.domain.context import Context
from court_link.domain.requirements import CustodyNeed, Interpreting, Needs, Rules, Side, Travel
from court_link.domain.roles import Part
from court_link.scheduling import booking
from court_link.settings import Settings as AllSettings
from court_link.store import Session
from court_link.store.bookings import Booking

router = APIRouter(prefix="/api", tags=["Booking"])

_EXAMPLE: dict[str, Any] = {
    "starts_at": "2026-11-23T10:15:00Z",
    "hold": True,
    "needs": {
        "courtroom_id": "0197a1c0-0000-7000-8000-000000000001",
        "minutes": 20,
        "custody": [{"room_id": "0197a1c0-0000-7000-8000-000000000002", "afterwards": 5}],
        "attending": ["0197a1c0-0000-7000-8000-000000000003"],
        "interpreting": [{"person_id": "0197a1c0-0000-7000-8000-000000000003", "language": "Polish"}],
        "parts": ["probation"],
        "others": 2,
    },
}


class CustodyNeedIn(BaseModel):
    """A custody room for one defendant: minutes of private consultation before and after, and turnaround.

    `escorts` are prisoner custody officers; `observed` takes a second detention officer, for constant
    observation.
    """

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    room_id: UUID
    consultation: int = 15
    turnaround: int = 10
    afterwards: int = 0
    escorts: int = 0
    observed: bool = False


class TravelIn(BaseModel):
    """Who of those attending comes in person, and minutes of travel each way."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    person_id: UUID
    minutes: int


class InterpretingIn(BaseModel):
    """Who of those attending interprets: which language, for whom, how, and their break after in minutes."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    person_id: UUID
    language: Annotated[str, Field(min_length=1, max_length=100)]
    side: Side = Side.DEFENCE
    consecutive: bool = True
    rest: int = 10


class NeedsIn(BaseModel):
    """What the hearing needs. Named people, evidence rooms and vehicles are `attending`; `parts` are taken by
    link by people nobody has named yet. A defendant under 18 needs an appropriate adult and the youth
    offending team, by name or by part. `recording` needs the power and its orderer on the hearing.
    """

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    courtroom_id: UUID
    minutes: int
    custody: Annotated[list[CustodyNeedIn], Field(max_length=8)] = []
    attending: Annotated[list[UUID], Field(max_length=20)] = []
    others: int = 0
    detained: bool = False
    travel: Annotated[list[TravelIn], Field(max_length=20)] = []
    interpreting: Annotated[list[InterpretingIn], Field(max_length=20)] = []
    parts: Annotated[list[Part], Field(max_length=30)] = []
    recording: bool = False

    def needs(self) -> Needs:
        """As the domain has it. Raises Invalid."""
        return Needs(
            courtroom_id=self.courtroom_id,
            minutes=self.minutes,
            custody=tuple(CustodyNeed(**each.model_dump()) for each in self.custody),
            attending=tuple(self.attending),
            others=self.others,
            detained=self.detained,
            travel=tuple(Travel(**each.model_dump()) for each in self.travel),
            interpreting=tuple(Interpreting(**each.model_dump()) for each in self.interpreting),
            parts=tuple(self.parts),
            recording=self.recording,
        )


class BookingIn(BaseModel):
    """A start and what is needed. `hold` takes it provisionally; `replacing` moves the booking of that id."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    starts_at: AwareDatetime
    needs: NeedsIn
    hold: bool = False
    replacing: UUID | None = None


class BookingOut(BaseModel):
    """A booking as it stands. A hold past its time is lapsed."""

    id: UUID
    hearing_id: UUID
    state: BookingState
    starts_at: datetime
    ends_at: datetime
    hold_expires_at: datetime | None
    needs: NeedsIn
    version: int


@router.post("/hearings/{hearing_id}/bookings", status_code=201, response_model=BookingOut)
async def make(store: Store, ctx: Asker, settings: Settings, hearing_id: UUID, asked: BookingIn) -> Response:
    """Take everything needed, or nothing: on hold, booked at once, or in place of the booking that stands.

    Takes an `Idempotency-Key`. A time that cannot be had is a 409 whose `refusals` say what, and until when.
    """
    needs = asked.needs.needs()

    def run(session: Session, ctx: Context) -> BookingOut:
        limits = rules(settings)
        if asked.hold:
            return shown(booking.hold(session, ctx, hearing_id, needs, asked.starts_at, rules=limits))
        replacing = asked.replacing
        made = booking.book(
            session, ctx, hearing_id, needs, asked.starts_at, rules=limits, replacing=replacing
        )
        return shown(made)

    def allow(session: Session, ctx: Context) -> None:
        booking.allow(session, ctx, hearing_id)

    return _created(await written_once(store, ctx, "booking", hearing_id, asked, allow, run))


@router.get("/bookings/{booking_id}")
async def one(store: Store, ctx: Asker, response: Response, booking_id: UUID) -> BookingOut:
    """One booking, whatever became of it."""
    found = await store.read(booking.get, ctx, booking_id)
    response.headers.update(etag(found.version))
    return shown(found)


@router.post("/bookings/{booking_id}/confirm")
async def confirm(
    store: Store, ctx: Asker, response: Response, booking_id: UUID, expected: IfMatch
) -> BookingOut:
    """Make a hold a booking, while it lasts: the hearing is booked and everybody's link stands."""
    made = await store.write(booking.confirm, ctx, booking_id, version=expected)
    response.headers.update(etag(made.version))
    return shown(made)


@router.post("/bookings/{booking_id}/release")
async def release(
    store: Store, ctx: Asker, response: Response, booking_id: UUID, expected: IfMatch
) -> BookingOut:
    """Let a hold or a booking go before its lobby opens; the matter is listed again."""
    made = await store.write(booking.release, ctx, booking_id, version=expected)
    response.headers.update(etag(made.version))
    return shown(made)


def rules(settings: AllSettings) -> Rules:
    """What the settings decide about bookings."""
    return Rules(timedelta(seconds=settings.hold_seconds), settings.media_places, settings.recording_capacity)


def shown(made: Booking) -> BookingOut:
    """A booking as the API shows it."""
    return BookingOut(
        id=made.id,
        hearing_id=made.hearing_id,
        state=made.state,
        starts_at=made.slot.start,
        ends_at=made.slot.end,
        hold_expires_at=made.hold_expires_at,
        needs=NeedsIn.model_validate(made.needs),
        version=made.version,
    )


def _created(body: dict[str, Any]) -> Response:
    headers = etag(body["version"]) | {"Location": f"/api/bookings/{body['id']}"}
    return JSONResponse(body, 201, headers)
