"""Live-link directions of a hearing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from court_link.api.asking import Asker, Store
from court_link.domain.direction import DirectionStatus, Force, Medium
from court_link.scheduling import directions
from court_link.scheduling.directions import Made

router = APIRouter(prefix="/api/hearings", tags=["Directions"])

_EXAMPLE: dict[str, Any] = {
    "link_id": "0197a1c0-0000-7000-8000-000000000004",
    "medium": "video",
    "force": "permit",
    "maker": "District Judge (MC) Example",
    "representations": "None made.",
    "scope": "Every hearing of the case until it is discharged",
}


class DirectionIn(BaseModel):
    """A direction as the court made it, for one participant's link."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    link_id: UUID
    medium: Medium
    force: Force
    maker: Annotated[str, Field(max_length=200)]
    representations: Annotated[
        str, Field(max_length=1000, description="What the parties said, or that there was nothing")
    ]
    youth_team_heard: bool = False
    scope: Annotated[
        str, Field(max_length=200, description="What it is for, as the court said; it survives relisting")
    ] = ""


class DirectionOut(BaseModel):
    """A direction as it stands."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    link_id: UUID
    medium: Medium
    force: Force
    status: DirectionStatus
    made_at: datetime
    maker: str
    representations: str
    youth_team_heard: bool
    scope: str


@router.get("/{hearing_id}/directions")
async def listed(store: Store, ctx: Asker, hearing_id: UUID) -> list[DirectionOut]:
    """Every direction ever made for a hearing, oldest first.

    Other organisations than its court are told those of their own rooms and people, without representations.
    """
    return [
        DirectionOut.model_validate(each) for each in await store.read(directions.of_hearing, ctx, hearing_id)
    ]


@router.post("/{hearing_id}/directions", status_code=201)
async def record(store: Store, ctx: Asker, hearing_id: UUID, asked: DirectionIn) -> DirectionOut:
    """Write down a direction. It takes the place of the one in force for the same participant."""
    made = await store.write(directions.record, ctx, hearing_id, Made(**asked.model_dump()))
    return DirectionOut.model_validate(made)


@router.post("/{hearing_id}/directions/{direction_id}/rescind")
async def rescind(store: Store, ctx: Asker, hearing_id: UUID, direction_id: UUID) -> DirectionOut:
    """End a direction. Whoever is in the hearing by it alone goes back to the lobby."""
    return DirectionOut.model_validate(await store.write(directions.rescind, ctx, hearing_id, direction_id))


@router.post("/{hearing_id}/directions/{direction_id}/discharge")
async def discharge(store: Store, ctx: Asker, hearing_id: UUID, direction_id: UUID) -> DirectionOut:
    """Say that a direction has done its work. As a rescinded one it holds no longer, nor is it carried on."""
    ended = await store.write(directions.rescind, ctx, hearing_id, direction_id, discharged=True)
    return DirectionOut.model_validate(ended)
