"""Telling staff that no sitting is left for a hearing with a hard date, once for each such date."""

from __future__ import annotations

from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.events import EventKind
from court_link.domain.harddates import HardRule, first_sitting_only, limit
from court_link.domain.roles import Permission
from court_link.domain.times import london_day
from court_link.store import Session, events, hearings


def tell_none_left(session: Session, ctx: Context, hearing_id: UUID, *, asked: bool = False) -> bool:
    """Write down that a search found no sitting in time for a hearing; whether it had not been told before.

    `asked` says that the needs were for a person charged and detained. Who follows the hearing, its live page
    and its history hear of it, so that the custody officer can tell the court (Police and Criminal Evidence
    Act 1984 s.46) or the court can act on the remand. For a hearing without a hard date nothing is told.
    """
    ctx.require(Permission.BOOK)
    hearing = hearings.of_court(session, ctx, hearing_id)
    bound = limit(hearing, london_day(ctx.now))
    if first_sitting_only(hearing, asked=asked):
        told = {"rule": HardRule.FIRST_SITTING.value, "day": london_day(ctx.now).isoformat()}
    elif bound is not None:
        told = {"rule": bound.rule.value, "day": bound.day.isoformat()}
    else:
        return False
    if told in hearings.told(session, hearing_id, EventKind.SLOT_NONE_LEFT):
        return False
    events.record(
        session,
        ctx,
        EventKind.SLOT_NONE_LEFT,
        hearing_id=hearing_id,
        organisation_id=hearing.court_id,
        subject_id=hearing_id,
        data=told,
    )
    return True
