"""Private consultations over HTTP: what the hearing's socket does (`requests`), for any client.

A participant asks by the join session of their tab, the court's own people also signed in.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from court_link.api.asking import Settings, Store
from court_link.api.participant import LiveRooms, Moderator, Participant
from court_link.api.requests import MOST
from court_link.api.running import Participation, participation
from court_link.domain.standing import Consultation, Standing
from court_link.media import consulting, granting

router = APIRouter(prefix="/api", tags=["private consultations"])

_LINK = "0197a1c0-0000-7000-8000-000000000004"


class Called(BaseModel):
    """Who is to go into a private room. An advocate who asks goes too, and interpreters with their person."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"links": [_LINK]}]})

    links: Annotated[list[UUID], Field(min_length=1, max_length=MOST)]


class ConsultationOut(BaseModel):
    """A private room. `closes_at` is when a recall takes effect. Times are UTC."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    hearing_id: UUID
    opened_at: datetime
    closes_at: datetime | None


class Inside(BaseModel):
    """One who is in a private room."""

    link: UUID
    label: str


class ConsultationSeen(ConsultationOut):
    """A private room as those who run the hearing see it: who is in it, and nothing of what goes on."""

    people: list[Inside]


class Settled(BaseModel):
    """The move for which the device has stopped sending: `you.move` of the state."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"move": 3}]})

    move: Annotated[int, Field(ge=0)]


class Whisper(BaseModel):
    """The one person whom an interpreter speaks to alone; null for everybody again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"to": _LINK}]})

    to: UUID | None


def _out(room: Consultation) -> ConsultationOut:
    return ConsultationOut.model_validate(room)


def _seen(standing: Standing, room: Consultation) -> ConsultationSeen:
    people = [Inside(link=link.id, label=link.label) for link in standing.inside(room.place)]
    return ConsultationSeen(**_out(room).model_dump(), people=people)


@router.get("/hearings/{hearing_id}/consultations")
async def of_hearing(hearing_id: UUID, store: Store, ctx: Moderator) -> list[ConsultationSeen]:
    """The private rooms of a hearing that are open now, for those who run it."""
    standing = await store.read(consulting.of_hearing, ctx, hearing_id)
    return [_seen(standing, room) for room in standing.consultations]


@router.post("/hearings/{hearing_id}/consultations", status_code=201)
async def consult(
    hearing_id: UUID, asked: Called, store: Store, ctx: Moderator, rooms: LiveRooms
) -> ConsultationOut:
    """Call people into a private room, or into the one where somebody of them is already."""
    room = await store.write(consulting.consult, ctx, hearing_id, asked.links)
    await rooms.push(hearing_id)
    return _out(room)


@router.post("/consultations/{consultation_id}/recall")
async def recall(
    consultation_id: UUID, store: Store, ctx: Moderator, rooms: LiveRooms, settings: Settings
) -> ConsultationOut:
    """Call everybody back: they are warned, and the room closes a little later."""
    after = timedelta(seconds=settings.recall_seconds)
    room = await store.write(consulting.recall, ctx, consultation_id, after=after)
    await rooms.push(room.hearing_id)
    return _out(room)


@router.post("/consultations/{consultation_id}/leave")
async def leave(consultation_id: UUID, store: Store, ctx: Participant, rooms: LiveRooms) -> Participation:
    """Leave one's private room; when the last advocate does, it closes."""
    link = await store.write(consulting.leave, ctx, consultation_id)
    await rooms.push(link.hearing_id)
    return participation(link)


@router.post("/join/settled")
async def settle(asked: Settled, store: Store, ctx: Participant, rooms: LiveRooms) -> Participation:
    """The participant's device has stopped sending for its last move; from now on it is heard where it is."""
    link = await store.write(consulting.settle, ctx, asked.move)
    await rooms.push(link.hearing_id)
    return participation(link)


@router.put("/join/whisper")
async def whisper(asked: Whisper, store: Store, ctx: Participant, rooms: LiveRooms) -> Participation:
    """An interpreter speaks to one person alone, or to everybody in the room again."""
    link = await store.write(granting.whisper, ctx, asked.to)
    await rooms.push(link.hearing_id)
    return participation(link)
