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
from court_link.domain.link import Link
from court_link.domain.roles import Permission
from court_link.domain.sight import Sight
from court_link.store import Session, directions, events, hearings, links
from court_link.store.tables import DirectionRow, Hearing


@dataclass(frozen=True, slots=True)
class Made:
    """What the court directed for one person: who made it, the medium, whether it permits or requires.

    `representations` says who was heard and what of, or that nobody wished to be: the court may direct only
    after the parties had the opportunity. `scope` is what it is for, in the court's words.
    """

    link_id: UUID
    medium: Medium
    force: Force
    maker: str
    representations: str
    youth_team_heard: bool = False
    scope: str = ""


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
        scope=made.scope.strip(),
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
        personal={"maker": row.maker, "scope": row.scope, "representations": row.representations},
    )
    return directions.value(row)


def rescind(
    session: Session, ctx: Context, hearing_id: UUID, direction_id: UUID, *, discharged: bool = False
) -> Direction:
    """End a direction that is in force. Whoever is in the hearing by it alone is sent back to the lobby.

    `discharged` says that it has done its work, rather than that the court took it back: either way it holds
    no longer, here or in a hearing that follows.
    """
    ctx.require(Permission.RECORD_DIRECTION)
    hearing = hearings.of_court(session, ctx, hearing_id)
    row = next((row for row in _in_force(session, hearing_id) if row.id == direction_id), None)
    if row is None:
        raise NotFound
    row.status = DirectionStatus.DISCHARGED if discharged else DirectionStatus.RESCINDED
    row.ended_at = ctx.now
    events.record(
        session,
        ctx,
        EventKind.DIRECTION_RESCINDED,
        hearing_id=hearing_id,
        organisation_id=hearing.court_id,
        subject_id=row.link_id,
        data={"direction": str(row.id), "status": row.status.value},
    )
    return directions.value(row)


def of_hearing(session: Session, ctx: Context, hearing_id: UUID) -> tuple[Direction, ...]:
    """Every direction ever made for a hearing that the asker sees (`domain.sight`), oldest first."""
    ctx.require(Permission.SEE_HEARINGS)
    hearing = hearings.visible(session, ctx, hearing_id)
    every = [directions.value(row) for row in directions.of_hearing(session, hearing_id)]
    return Sight(ctx.actor, hearing.court_id).directions(every, links.of_hearing(session, ctx, hearing_id))


def carry(session: Session, ctx: Context, from_hearing: UUID, to_hearing: UUID) -> tuple[Direction, ...]:
    """Copy what is in force in one hearing to the matching links of the one that follows it; what was copied.

    A direction is for a person and survives relisting, but a hearing's links come and go with its booking.
    So this is asked again whenever links of the later hearing appear (`carry_on`), and a link about which
    anything was ever directed there is left alone: what the court said later stands. Links match by person;
    without one by the label that the court gave; and a room's link only where it is the sole one of its part
    in both hearings, since of two defendants a room does not say which is which. Whom no link matches, the
    court directs again.
    """
    directed = {row.link_id: row for row in _in_force(session, from_hearing)}
    if not directed:
        return ()
    touched = {row.link_id for row in directions.of_hearing(session, to_hearing)}
    before = [*links.of_hearing(session, ctx, from_hearing), *links.revoked(session, from_hearing, directed)]
    after = [link for link in links.of_hearing(session, ctx, to_hearing) if link.remote]
    copied = []
    for link in after:
        if link.id in touched:
            continue
        same = [each for each in before if _same(each, link, before, after)]
        if len(same) == 1 and same[0].id in directed:
            copied.append(_copy(session, ctx, directed[same[0].id], link))
    return tuple(copied)


def carry_on(session: Session, ctx: Context, hearing: Hearing) -> None:
    """Copy to new links what is in force in the hearing that this one goes on from, if any.

    That is the one it was relisted from, or the first day of a hearing of several; where nothing was directed
    in that one, the one before it.
    """
    earlier = hearings.went_before(session, hearing)
    seen = {hearing.id}
    while earlier is not None and earlier.id not in seen:
        if directions.of_hearing(session, earlier.id):
            carry(session, ctx, earlier.id, hearing.id)
            return
        seen.add(earlier.id)
        earlier = hearings.went_before(session, earlier)


def follow(session: Session, ctx: Context, hearing_id: UUID) -> None:
    """A booking that moves to another room takes the directions along: they are of the person, not the room.

    The direction of a link that is revoked becomes that of the link that took its place (`carry` says when
    two are the same person's). Without one it stays where it is, and nobody is admitted by it.
    """
    standing = links.of_hearing(session, ctx, hearing_id)
    left = {row.link_id: row for row in _in_force(session, hearing_id)}
    for link in standing:
        left.pop(link.id, None)
    gone = links.revoked(session, hearing_id, left)
    touched = {row.link_id for row in directions.of_hearing(session, hearing_id)}
    for link in standing:
        same = [each for each in gone if _same(each, link, gone, standing)]
        if link.remote and link.id not in touched and len(same) == 1:
            left[same[0].id].link_id = link.id
    session.flush()


def _same(one: Link, other: Link, before: Sequence[Link], after: Sequence[Link]) -> bool:
    """Whether two links, of an earlier hearing and of a later one, are the same person's."""
    if one.part is not other.part:
        return False
    if one.person_id is not None or other.person_id is not None:
        return one.person_id == other.person_id
    if one.room_id is None and other.room_id is None:
        return one.label == other.label
    return all(sum(each.part is one.part for each in every) == 1 for every in (before, after))


def _copy(session: Session, ctx: Context, of: DirectionRow, link: Link) -> Direction:
    row = DirectionRow(
        hearing_id=link.hearing_id,
        link_id=link.id,
        medium=of.medium,
        force=of.force,
        status=DirectionStatus.IN_FORCE,
        maker=of.maker,
        scope=of.scope,
        representations=of.representations,
        youth_team_heard=of.youth_team_heard,
        recorded_by=of.recorded_by,
        made_at=of.made_at,
    )
    session.add(row)
    session.flush()
    events.record(
        session,
        ctx,
        EventKind.DIRECTION_RECORDED,
        hearing_id=link.hearing_id,
        organisation_id=hearings.row(session, link.hearing_id).court_id,
        subject_id=link.id,
        data={"direction": str(row.id), "carried_from": str(of.id)},
        personal={"maker": row.maker, "scope": row.scope, "representations": row.representations},
    )
    return directions.value(row)


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
    if len(made.scope.strip()) > 200:
        errors.append(FieldError("scope", "Say what it is for in 200 characters or fewer."))
    if hearing.youth and not made.youth_team_heard:
        message = "A defendant is under 18: the youth offending team must have had the chance to be heard."
        errors.append(FieldError("youth_team_heard", message))
    if errors:
        raise Invalid(errors=errors)
