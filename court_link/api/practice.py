"""A court's own minutes and times for each type of hearing."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from court_link.api.asking import Asker, Store
from court_link.api.versions import IfMatch, etag
from court_link.domain.context import Context
from court_link.domain.roles import Part
from court_link.scheduling import practice
from court_link.scheduling.practice import Figures, Source, Usual
from court_link.store import Session

router = APIRouter(prefix="/api/practice", tags=["Usual times"])

_EXAMPLE: dict[str, Any] = {"minutes": 15, "consultation": 20, "afterwards": None, "turnaround": None}


class FiguresIn(BaseModel):
    """The court's own minutes; null is as the service assumes. All null sets nothing."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]}
    )

    minutes: int | None = Field(None, description="The usual estimate; a trial has none")
    consultation: int | None = Field(None, description="Private, before, in the custody room")
    afterwards: int | None = Field(None, description="Private, after")
    turnaround: int | None = Field(None, description="Until the custody room can be used again")


class PracticeOut(BaseModel):
    """A hearing type as the court uses it, in minutes; `minutes` is null where somebody must estimate."""

    hearing_type: str
    welsh: str
    minutes: int | None
    source: Source
    source_said: str
    consultation: int
    afterwards: int
    turnaround: int
    parts: list[Part] = Field(description="Who usually takes part besides the bench and the defendant")
    trial: bool
    own: FiguresIn
    history_minutes: int | None = Field(description="Median of the court's own hearings of the last year")
    history_hearings: int
    version: int


@router.get("")
async def listed(store: Store, ctx: Asker) -> list[PracticeOut]:
    """Every hearing type: your court's own figures and history first, then the service's assumptions."""
    return [shown(each) for each in await store.read(practice.listed, ctx)]


@router.get("/{hearing_type}")
async def one(store: Store, ctx: Asker, response: Response, hearing_type: str) -> PracticeOut:
    """One hearing type, by name or code. Its ETag is "0" while your court has set nothing for it."""
    found = await store.read(practice.one, ctx, hearing_type)
    response.headers.update(etag(found.version))
    return shown(found)


@router.put("/{hearing_type}")
async def change(
    store: Store, ctx: Asker, response: Response, hearing_type: str, asked: FiguresIn, expected: IfMatch
) -> PracticeOut:
    """Set your court's own figures for a hearing type. Bookings that stand keep theirs."""

    def run(session: Session, ctx: Context) -> Usual:
        standing = practice.one(session, ctx, hearing_type).version
        version = standing if expected is None else expected
        return practice.change(session, ctx, hearing_type, Figures(**asked.model_dump()), version=version)

    found = await store.write(run, ctx)
    response.headers.update(etag(found.version))
    return shown(found)


def shown(usual: Usual) -> PracticeOut:
    """A hearing type as the API shows it."""
    minutes, source = usual.estimate
    return PracticeOut(
        hearing_type=usual.recipe.name,
        welsh=usual.recipe.welsh,
        minutes=minutes,
        source=source,
        source_said=usual.said(source),
        consultation=usual.consultation,
        afterwards=usual.afterwards,
        turnaround=usual.turnaround,
        parts=list(usual.recipe.parts),
        trial=usual.recipe.trial,
        own=FiguresIn.model_validate(usual.own),
        history_minutes=usual.history.minutes if usual.history else None,
        history_hearings=usual.history.hearings if usual.history else 0,
        version=usual.version,
    )
