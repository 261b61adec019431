"""Live-link directions: written down as the court made them, and rescinded; see `domain.direction`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.direction import Direction, DirectionStatus, Force, Medium
from court_link.domain.errors import FieldError, Invalid, NotFound, WrongState
from court_link.domain.events import EventKind
from court_link.domain.hearing import FINISHED
from court_link.domain.roles import Permission
from court_link.domain.sight import Sight
from court_link.store import Session, directions, events, hearings, links
from court_link.store.tables import DirectionRow, Hearing


@dataclass(frozen=True, slots=True)
class Made:
    """What the court directed for one person: who made it, the medium, whether it permits or requires.

    `representations` says who was heard and what of, or that nobody wished to be: the court may direct only
    after the parties had the opportunity.
    """

    link_id: UUID
    medium: Medium
    force: Force
    maker: str
    representations: str
    youth_team_heard: bool = False


def record(session: Session, ctx: Context, hearing_id: UUID, made: Made) -> Direction:
    """Write down a direction. It takes the place of the one in force for the same person: a variation.

    Raises Invalid when something that the Act asks for is missing (for a defendant under 18 the youth
    offending team's opportunity to be heard), NotFound, Forbidden, WrongState once the hearing is over.
    """
    ctx.require(Permission.RECORD_DIRECTION)
    hearing = hearings.of_court(session, ctx, hearing_id)
    if hearing.state in FINISHED:
        raise WrongState("This hearing is over, so no direction can be recorded for it.")
    _check(session, ctx, hearing, made)
    varied = [row for row in _in_force(session, hearing_id) if row.link_id == made.link_id]
    for row in varied:
        row.status, row.ended_at = DirectionStatus.RESCINDED, ctx.now
    row = DirectionRow(
        hearing_id=hearing_id,
        link_id=made.link_id,
        medium=made.medium,
        force=made.force,
        status=DirectionStatus.IN_FORCE,
        maker=made.maker.strip(),
        representations=made.representations.strip(),
        youth_team_heard=made.youth_team_heard,
        recorded_by=ctx.actor.id,
        made_at=ctx.now,
    )
    session.add(row)
    session.flush()
    events.record(
        session,
        ctx,
        EventKind.DIRECTION_RECORDED,
        hearing_id=hearing_id,
        organisation_id=hearing.court_id,
        subject_id=made.link_id,
        data={
            "direction": str(row.id),
            "medium": made.medium.value,
            "force": made.force.value,
            "youth_team_heard": made.youth_team_heard,
            "varies": [str(each.id) for each in varied],
        },
        personal={"maker": row.maker, "representations": row.representations},
    )
    return directions.value(row)


def rescind(session: Session, ctx: Context, hearing_id: UUID, direction_id: UUID) -> Direction:
    """End a direction that is in force. Whoever is in the hearing by it alone is sent back to the lobby."""
    ctx.require(Permission.RECORD_DIRECTION)
    hearing = hearings.of_court(session, ctx, hearing_id)
    row = next((row for row in _in_force(session, hearing_id) if row.id == direction_id), None)
    if row is None:
        raise NotFound
    row.status, row.ended_at = DirectionStatus.RESCINDED, ctx.now
    events.record(
        session,
        ctx,
        EventKind.DIRECTION_RESCINDED,
        hearing_id=hearing_id,
        organisation_id=hearing.court_id,
        subject_id=row.link_id,
        data={"direction": str(row.id)},
    )
    return directions.value(row)


def of_hearing(session: Session, ctx: Context, hearing_id: UUID) -> tuple[Direction, ...]:
    """Every direction ever made for a hearing that the asker sees (`domain.sight`), oldest first."""
    ctx.require(Permission.SEE_HEARINGS)
    hearing = hearings.visible(session, ctx, hearing_id)
    every = [directions.value(row) for row in directions.of_hearing(session, hearing_id)]
    return Sight(ctx.actor, hearing.court_id).directions(every, links.of_hearing(session, ctx, hearing_id))


def _in_force(session: Session, hearing_id: UUID) -> Sequence[DirectionRow]:
    rows = directions.of_hearing(session, hearing_id)
    return [row for row in rows if row.status is DirectionStatus.IN_FORCE]


def _check(session: Session, ctx: Context, hearing: Hearing, made: Made) -> None:
    errors = []
    known = {link.id: link for link in links.of_hearing(session, ctx, hearing.id)}
    link = known.get(made.link_id)
    if link is None or not link.remote:
        errors.append(FieldError("link_id", "Choose someone who takes part by link."))
    if not 1 <= len(made.maker.strip()) <= 200:
        errors.append(FieldError("maker", "Enter who made the direction, in 200 characters or fewer."))
    if not 1 <= len(made.representations.strip()) <= 1000:
        message = "Say what representations were made, or that there were none, in 1,000 characters or fewer."
        errors.append(FieldError("representations", message))
    if hearing.youth and not made.youth_team_heard:
        message = "A defendant is under 18: the youth offending team must have had the chance to be heard."
        errors.append(FieldError("youth_team_heard", message))
    if errors:
        raise Invalid(errors=errors)
