"""Who is in a hearing for whom, and whom special measures keep from seeing or hearing whom."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from court_link.api.asking import Store
from court_link.api.participant import LiveRooms, Moderator, Participant
from court_link.api.requests import MOST
from court_link.api.versions import IfMatch, etag
from court_link.domain.standing import Screen, Standing
from court_link.media import ties

router = APIRouter(prefix="/api", tags=["ties and special measures"])

_LINK, _OTHER = "0197a1c0-0000-7000-8000-000000000004", "0197a1c0-0000-7000-8000-000000000005"
_SCREEN: dict[str, Any] = {
    "source": _LINK,
    "receiver": _OTHER,
    "picture": True,
    "sound": False,
    "ordered_by": "District Judge (MC) Example",
}


class Tied(BaseModel):
    """Whom somebody acts or interprets for. Nobody: for the one defendant, if there is one alone."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"for": [_LINK]}]})

    served: Annotated[list[UUID], Field(alias="for", max_length=MOST)]


class Tie(BaseModel):
    """One who is in the hearing for others. `agrees` are those clients who may be with co-defendants."""

    link: UUID
    served: Annotated[list[UUID], Field(serialization_alias="for")]
    agrees: list[UUID]


class Agreement(BaseModel):
    """An advocate's word that a client of theirs may be in one private room with co-defendants."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"agrees": True}]})

    agrees: bool


class Measure(BaseModel):
    """The receiver does not see, or does not hear, the source, in any room of the hearing."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, json_schema_extra={"examples": [_SCREEN]})

    source: UUID
    receiver: UUID
    picture: bool = True
    sound: bool = False
    ordered_by: Annotated[str, Field(max_length=200)]


class Measures(BaseModel):
    """All the special measures of a hearing: what is not said again is lifted."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"screens": [_SCREEN]}]})

    screens: Annotated[list[Measure], Field(max_length=ties.MOST_SCREENS)]


def _ties(standing: Standing) -> list[Tie]:
    return [
        Tie(
            link=link_id,
            served=sorted(served),
            agrees=sorted(client for advocate, client in standing.agreed if advocate == link_id),
        )
        for link_id, served in sorted(standing.ties.items())
    ]


@router.get("/hearings/{hearing_id}/ties")
async def of_hearing(hearing_id: UUID, store: Store, ctx: Moderator) -> list[Tie]:
    """Who acts and interprets for whom, as the court said or as follows from one defendant alone."""
    return _ties(await store.read(ties.of_hearing, ctx, hearing_id))


@router.put("/links/{link_id}/ties")
async def tie(link_id: UUID, asked: Tied, store: Store, ctx: Moderator, rooms: LiveRooms) -> list[Tie]:
    """Say whom an advocate acts for, or whom an interpreter or an appropriate adult is here for."""
    standing = await store.write(ties.tie, ctx, link_id, asked.served)
    await rooms.push(standing.hearing_id)
    return _ties(standing)


@router.put("/join/agreements/{client_id}", status_code=204)
async def agree(client_id: UUID, asked: Agreement, store: Store, ctx: Participant, rooms: LiveRooms) -> None:
    """An advocate agrees, or no longer does, that their client may be with co-defendants."""
    await rooms.push(await store.write(ties.agree, ctx, client_id, agrees=asked.agrees))


@router.get("/hearings/{hearing_id}/screens")
async def screens(hearing_id: UUID, store: Store, ctx: Moderator, response: Response) -> Measures:
    """The special measures of a hearing."""
    return _measures((await store.read(ties.of_hearing, ctx, hearing_id)).screens, response)


@router.put("/hearings/{hearing_id}/screens")
async def order(
    hearing_id: UUID,
    asked: Measures,
    store: Store,
    ctx: Moderator,
    rooms: LiveRooms,
    response: Response,
    if_match: IfMatch,
) -> Measures:
    """Say all the special measures of a hearing; the rooms follow before this answers."""
    wanted = [Screen(**each.model_dump()) for each in asked.screens]
    standing = await store.write(ties.order_screens, ctx, hearing_id, wanted, version=if_match)
    await rooms.push(hearing_id)
    return _measures(standing, response)


def _measures(standing: tuple[Screen, ...], response: Response) -> Measures:
    response.headers.update(etag(ties.mark(standing)))
    return Measures(screens=[Measure.model_validate(each) for each in standing])
