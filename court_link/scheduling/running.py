"""Running a hearing: its lobby opens, it starts, pauses, resumes, ends, and may be reopened within its slot.

Every verb is for the bench and court staff of the hearing's court (`links.check_runs`); the scheduler's tick
calls the same ones as the system. Each writes its event and bumps the live room in the same transaction, so
the media worker follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from court_link.domain import hearing as rules
from court_link.domain.context import ActorKind, Context
from court_link.domain.errors import Conflict, FieldError, Invalid, Stale
from court_link.domain.events import EventKind
from court_link.domain.hearing import EndCause, HearingEvent, HearingState, Outcome
from court_link.domain.link import lobby_is_open
from court_link.store import Session, events, links, live
from court_link.store.tables import Hearing


class TooEarly(Conflict):
    """The lobby opens 30 minutes before the hearing."""


class SlotOver(Conflict):
    """The booked time of this hearing is over, so it cannot be reopened. List it again instead."""


class WrongOutcome(Invalid):
    """Choose how the hearing ended."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a hearing stands."""

    hearing_id: UUID
    state: HearingState
    opened_at: datetime | None
    started_at: datetime | None
    paused_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None
    cause: EndCause | None
    version: int


def open_lobby(session: Session, ctx: Context, hearing_id: UUID, *, version: int | None = None) -> Stage:
    """People concerned may arrive. Raises TooEarly outside the 30 minutes before the booked time."""
    hearing = _running(session, ctx, hearing_id, version)
    if hearing.state is HearingState.BOOKED:
        _open_if_due(session, ctx, hearing)
        return _stage(hearing)
    return _step(session, ctx, hearing, HearingEvent.OPEN_LOBBY, EventKind.HEARING_LOBBY_OPENED)


def start(session: Session, ctx: Context, hearing_id: UUID, *, version: int | None = None) -> Stage:
    """The hearing begins: sound and picture flow between those admitted."""
    hearing = _running(session, ctx, hearing_id, version)
    if hearing.state is HearingState.BOOKED:
        _open_if_due(session, ctx, hearing)
    hearing.started_at = hearing.started_at or ctx.now
    return _step(session, ctx, hearing, HearingEvent.START, EventKind.HEARING_STARTED)


def pause(session: Session, ctx: Context, hearing_id: UUID, *, version: int | None = None) -> Stage:
    """Nobody hears or sees anybody until it is resumed."""
    hearing = _running(session, ctx, hearing_id, version)
    hearing.paused_at = ctx.now
    return _step(session, ctx, hearing, HearingEvent.PAUSE, EventKind.HEARING_PAUSED)


def resume(session: Session, ctx: Context, hearing_id: UUID, *, version: int | None = None) -> Stage:
    """Sound and picture go on, with the same admissions."""
    hearing = _running(session, ctx, hearing_id, version)
    hearing.paused_at = None
    return _step(session, ctx, hearing, HearingEvent.RESUME, EventKind.HEARING_RESUMED)


def end(
    session: Session,
    ctx: Context,
    hearing_id: UUID,
    outcome: Outcome | None,
    cause: EndCause = EndCause.CONCLUDED,
    *,
    version: int | None = None,
) -> Stage:
    """The hearing is over; everybody's media ends.

    A person must say the outcome, in the words for this kind of hearing (`rules.outcomes`). Only the service
    itself ends without one, and then the cause is that it was forgotten.
    """
    hearing = _running(session, ctx, hearing_id, version)
    system = ctx.actor.kind is ActorKind.SYSTEM
    if outcome is None and not (system and cause is EndCause.FORGOTTEN):
        raise WrongOutcome(errors=[FieldError("outcome", "Choose how the hearing ended")])
    if outcome is not None and outcome not in rules.outcomes(hearing.hearing_type):
        raise WrongOutcome(errors=[FieldError("outcome", "Choose an outcome of this kind of hearing")])
    if cause is EndCause.FORGOTTEN and not system:
        raise WrongOutcome(errors=[FieldError("cause", "Choose why the hearing ended")])
    hearing.outcome, hearing.end_cause, hearing.ended_at = outcome, cause, ctx.now
    hearing.paused_at = None
    return _step(
        session,
        ctx,
        hearing,
        HearingEvent.END,
        EventKind.HEARING_ENDED,
        outcome=outcome.value if outcome else "",
        cause=cause.value,
    )


def reopen(session: Session, ctx: Context, hearing_id: UUID, *, version: int | None = None) -> Stage:
    """A hearing ended by mistake goes on, paused, within its booked time. Raises SlotOver after it."""
    hearing = _running(session, ctx, hearing_id, version)
    rules.after(hearing.state, HearingEvent.REOPEN)
    if ctx.now >= live.slot(session, hearing).end:
        raise SlotOver
    hearing.outcome = hearing.end_cause = hearing.ended_at = None
    hearing.paused_at = ctx.now
    return _step(session, ctx, hearing, HearingEvent.REOPEN, EventKind.HEARING_REOPENED)


def stage(session: Session, ctx: Context, hearing_id: UUID) -> Stage:
    """Where a hearing stands, for those who run it."""
    return _stage(links.check_runs(session, ctx, hearing_id, lock=False))


def _running(session: Session, ctx: Context, hearing_id: UUID, version: int | None) -> Hearing:
    hearing = links.check_runs(session, ctx, hearing_id)
    if version is not None and version != hearing.version:
        raise Stale
    return hearing


def _open_if_due(session: Session, ctx: Context, hearing: Hearing) -> None:
    slot = live.slot(session, hearing)
    if not lobby_is_open(hearing.state, slot, ctx.now):
        raise TooEarly
    hearing.opened_at = ctx.now
    _step(session, ctx, hearing, HearingEvent.OPEN_LOBBY, EventKind.HEARING_LOBBY_OPENED)


def _step(
    session: Session, ctx: Context, hearing: Hearing, event: HearingEvent, kind: EventKind, **data: str
) -> Stage:
    hearing.state = rules.after(hearing.state, event)
    hearing.version += 1
    links.bump(session, hearing.id)
    events.record(
        session,
        ctx,
        kind,
        hearing_id=hearing.id,
        organisation_id=hearing.court_id,
        subject_id=hearing.id,
        data=data,
    )
    return _stage(hearing)


def _stage(hearing: Hearing) -> Stage:
    return Stage(
        hearing_id=hearing.id,
        state=hearing.state,
        opened_at=hearing.opened_at,
        started_at=hearing.started_at,
        paused_at=hearing.paused_at,
        ended_at=hearing.ended_at,
        outcome=hearing.outcome,
        cause=hearing.end_cause,
        version=hearing.version,
    )
