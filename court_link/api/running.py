"""Running a hearing and its lobby: one address for each act, and one table of them for the socket too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from court_link.api.asking import Store
from court_link.api.participant import LiveRooms, Moderator
from court_link.api.versions import IfMatch, etag
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.hearing import EndCause, HearingState, Outcome
from court_link.domain.link import Link
from court_link.domain.rooms import Grant, consultation_of, grants
from court_link.media import granting, joining, kit
from court_link.media.rooms import Rooms
from court_link.scheduling import running
from court_link.scheduling.running import Stage
from court_link.store import Db, Session

router = APIRouter(prefix="/api", tags=["running a hearing"])

#: Acts upon one participant.
UPON_LINK: Mapping[str, Callable[[Session, Context, UUID], Link]] = {
    "identify": joining.identify,
    "admit": joining.admit,
    "refuse": joining.refuse,
    "send-back": joining.send_back,
    "remove": joining.remove,
    "call": granting.call,
    "release": granting.release,
    "mute": granting.mute,
    "unmute": granting.unmute,
    "stop-video": granting.stop_video,
    "allow-video": granting.allow_video,
    "allow-screen": granting.allow_screen,
    "stop-screen": granting.stop_screen,
}
#: Acts upon the hearing that need nothing said.
UPON_HEARING: Mapping[str, Callable[..., Stage]] = {
    "open-lobby": running.open_lobby,
    "start": running.start,
    "pause": running.pause,
    "resume": running.resume,
    "reopen": running.reopen,
}


class StageOut(BaseModel):
    """Where a hearing stands. Times are UTC."""

    id: UUID
    state: HearingState
    opened_at: datetime | None
    started_at: datetime | None
    paused_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None
    cause: EndCause | None
    version: int


class Ending(BaseModel):
    """How the hearing ended."""

    outcome: Outcome
    cause: EndCause = EndCause.CONCLUDED


class Participation(BaseModel):
    """Where a participant stands."""

    id: UUID
    hearing_id: UUID
    part: str
    label: str
    admission: str
    place: str
    identified: bool
    revoked: bool
    grants: list[Grant]
    called_at: datetime | None
    released_at: datetime | None
    version: int


def participation(link: Link) -> Participation:
    """A link as the API shows it to those who run the hearing."""
    return Participation(
        id=link.id,
        hearing_id=link.hearing_id,
        part=link.part,
        label=link.label,
        admission=link.admission,
        place="consultation" if consultation_of(link.place) else link.place,
        identified=link.identified_at is not None,
        revoked=link.revoked,
        grants=sorted(grants(link)),
        called_at=link.called_at,
        released_at=link.released_at,
        version=link.version,
    )


def _shown(stage: Stage) -> StageOut:
    return StageOut(
        id=stage.hearing_id,
        state=stage.state,
        opened_at=stage.opened_at,
        started_at=stage.started_at,
        paused_at=stage.paused_at,
        ended_at=stage.ended_at,
        outcome=stage.outcome,
        cause=stage.cause,
        version=stage.version,
    )


async def upon_link(db: Db, rooms: Rooms, ctx: Context, act: str, link_id: UUID) -> Link:
    """Do one act upon a participant; the room follows before this answers."""
    link = await db.write(UPON_LINK[act], ctx, link_id)
    await rooms.push(link.hearing_id)
    return link


async def upon_hearing(
    db: Db, rooms: Rooms, ctx: Context, act: str, hearing_id: UUID, version: int | None = None
) -> Stage:
    """Do one act upon a hearing; the room follows before this answers."""
    stage = await db.write(UPON_HEARING[act], ctx, hearing_id, version=version)
    await rooms.push(hearing_id)
    return stage


async def end(
    db: Db, rooms: Rooms, ctx: Context, hearing_id: UUID, said: Mapping[str, Any], version: int | None = None
) -> Stage:
    """End a hearing with the outcome and cause that were said. Raises Invalid naming what is missing."""
    stage = await db.write(running.end, ctx, hearing_id, *_ending(said), version=version)
    await rooms.push(hearing_id)
    return stage


def _ending(said: Mapping[str, Any]) -> tuple[Outcome, EndCause]:
    wrong = []
    if said.get("outcome") not in list(Outcome):  # a list: what a page sends need not be hashable
        wrong.append(FieldError("outcome", "Choose how the hearing ended"))
    if said.get("cause") not in [cause for cause in EndCause if cause is not EndCause.FORGOTTEN]:
        wrong.append(FieldError("cause", "Choose why it ended then"))
    if wrong:
        raise Invalid(errors=wrong)
    return Outcome(said["outcome"]), EndCause(said["cause"])


def _hearing_route(act: str) -> None:
    @router.post(
        f"/hearings/{{hearing_id}}/{act}", name=f"hearing_{act}", summary=_first_line(UPON_HEARING[act])
    )
    async def route(
        hearing_id: UUID,
        store: Store,
        rooms: LiveRooms,
        ctx: Moderator,
        response: Response,
        if_match: IfMatch,
    ) -> StageOut:
        stage = await upon_hearing(store, rooms, ctx, act, hearing_id, if_match)
        response.headers.update(etag(stage.version))
        return _shown(stage)


def _link_route(act: str) -> None:
    @router.post(f"/links/{{link_id}}/{act}", name=f"link_{act}", summary=_first_line(UPON_LINK[act]))
    async def route(link_id: UUID, store: Store, rooms: LiveRooms, ctx: Moderator) -> Participation:
        return participation(await upon_link(store, rooms, ctx, act, link_id))


def _first_line(use_case: Callable[..., Any]) -> str:
    return (use_case.__doc__ or "").splitlines()[0].rstrip(".")


for _act in UPON_HEARING:
    _hearing_route(_act)
for _act in UPON_LINK:
    _link_route(_act)


@router.post("/hearings/{hearing_id}/end")
async def end_hearing(
    hearing_id: UUID,
    ending: Ending,
    store: Store,
    rooms: LiveRooms,
    ctx: Moderator,
    response: Response,
    if_match: IfMatch,
) -> StageOut:
    """The hearing is over; everybody's media ends."""
    stage = await end(store, rooms, ctx, hearing_id, ending.model_dump(), if_match)
    response.headers.update(etag(stage.version))
    return _shown(stage)


class Granted(BaseModel):
    """The whole of what a participant may do in the hearing."""

    grants: Annotated[list[Grant], Field(max_length=len(Grant), examples=[["camera", "receive"]])]


@router.put("/links/{link_id}/grants")
async def grant(
    link_id: UUID, asked: Granted, store: Store, rooms: LiveRooms, ctx: Moderator
) -> Participation:
    """Say what a participant may send and receive in the hearing."""
    link = await store.write(granting.grant, ctx, link_id, asked.grants)
    await rooms.push(link.hearing_id)
    return participation(link)


@router.post("/hearings/{hearing_id}/mute-all")
async def mute_everybody(
    hearing_id: UUID, store: Store, rooms: LiveRooms, ctx: Moderator
) -> list[Participation]:
    """Mute everybody in the hearing but the court itself; answers who was muted."""
    return [participation(link) for link in await mute_all(store, rooms, ctx, hearing_id)]


async def mute_all(db: Db, rooms: Rooms, ctx: Context, hearing_id: UUID) -> tuple[Link, ...]:
    """Mute everybody but the court; the room follows before this answers."""
    muted = await db.write(granting.mute_all, ctx, hearing_id)
    await rooms.push(hearing_id)
    return muted


@router.post("/problems/{problem_id}/resolve", status_code=204)
async def resolve(problem_id: UUID, store: Store, ctx: Moderator) -> None:
    """Somebody of the court has dealt with a reported problem."""
    await store.write(kit.resolve, ctx, problem_id)
