"""Vacating: a hearing is taken out before the day's work on it, with a reason."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from court_link.domain import hearing as hearing_states
from court_link.domain.affected import told
from court_link.domain.booking import BookingEvent
from court_link.domain.context import Context
from court_link.domain.errors import Conflict, FieldError, Invalid, Stale
from court_link.domain.events import EventKind
from court_link.domain.hearing import HearingEvent, HearingState
from court_link.domain.roles import Permission
from court_link.scheduling import booking, groups
from court_link.scheduling.affected import Consequence, Preview, arrangement, consequence, rolled_back
from court_link.scheduling.groups import Days
from court_link.store import Session, bookings, events
from court_link.store.bookings import Booking
from court_link.store.tables import Hearing


class VacateReason(StrEnum):
    """Why a hearing was vacated, as a code that may be counted; words of one's own go beside it."""

    PROSECUTION_NOT_READY = "prosecution_not_ready"
    DEFENCE_NOT_READY = "defence_not_ready"
    DEFENDANT_UNFIT = "defendant_unfit"
    WITNESS_UNAVAILABLE = "witness_unavailable"
    CUSTODY_UNAVAILABLE = "custody_unavailable"
    COURT_UNAVAILABLE = "court_unavailable"
    EQUIPMENT = "equipment"
    IN_PERSON = "in_person"
    RESOLVED = "resolved"
    LISTED_IN_ERROR = "listed_in_error"
    OTHER = "other"


#: What can be taken out, as its days are.
_BEFORE_IT_STARTS = frozenset({HearingState.LISTED, HearingState.BOOKED, HearingState.LOBBY_OPEN})


def vacate(
    session: Session,
    ctx: Context,
    hearing_id: UUID,
    reason: VacateReason,
    words: str = "",
    *,
    days: Days = Days.THIS,
    version: int | None = None,
) -> int:
    """Take the hearing out: everything booked is free again. Answers the new version.

    `days` says which days of its matter go with it; those that have begun or are over stay. `words` may be
    personal and are kept apart from the event. The links stand and lead nowhere, so that everybody who was
    warned sees that it is off. Raises Invalid, Stale, WrongState, NotFound, Forbidden.
    """
    ctx.require(Permission.BOOK)
    if len(words) > 1000:
        raise Invalid(errors=[FieldError("words", "Say more in 1,000 characters or fewer.")])
    if reason is VacateReason.OTHER and not words.strip():
        raise Invalid(errors=[FieldError("words", "Say why it is vacated.")])
    every = groups.days_of(session, ctx, hearing_id, days)
    hearing = next(each for each in every if each.id == hearing_id)
    if version is not None and hearing.version != version:
        now = {"state": hearing.state.value}
        raise Stale(version=hearing.version, now=now, sent={"reason": reason.value, "days": days.value})
    for day in every:
        if day is hearing or day.state in _BEFORE_IT_STARTS:
            _take_out(session, ctx, day, reason, words.strip())
    return hearing.version


def preview(session: Session, ctx: Context, hearing_id: UUID, days: Days = Days.THIS) -> Preview:
    """Whom vacating would affect. Nothing is written. Raises NotFound, Forbidden."""
    with rolled_back(session):
        meant = meaning(session, ctx, hearing_id, days)
        try:
            vacate(session, ctx, hearing_id, VacateReason.LISTED_IN_ERROR, days=days)
        except Conflict as refused:
            return Preview(meant, refused)
        return Preview(meant)


def meaning(
    session: Session, ctx: Context, hearing_id: UUID, days: Days = Days.THIS
) -> tuple[Consequence, ...]:
    """What becomes of each day that goes, before it is taken out. Raises NotFound, Forbidden."""
    every = groups.days_of(session, ctx, hearing_id, days)
    standing = bookings.of_hearings(session, [day.id for day in every], ctx.now)
    going = [day.id for day in every if day.id == hearing_id or day.state in _BEFORE_IT_STARTS]
    return tuple(_meaning(session, ctx, day, standing.get(day)) for day in going)


def _meaning(session: Session, ctx: Context, hearing_id: UUID, booked: Booking | None) -> Consequence:
    return consequence(session, ctx, hearing_id, arrangement(booked) if booked else None, None)


def _take_out(session: Session, ctx: Context, hearing: Hearing, reason: VacateReason, words: str) -> None:
    standing = bookings.of_hearings(session, [hearing.id], ctx.now).get(hearing.id)
    affected = _meaning(session, ctx, hearing.id, standing).affected if standing else None
    hearing.state = hearing_states.after(hearing.state, HearingEvent.VACATE)
    hearing.vacated_at, hearing.version = ctx.now, hearing.version + 1
    booking.let_go(session, ctx, hearing, bookings.live(session, hearing.id), BookingEvent.RELEASE)
    events.record(
        session,
        ctx,
        EventKind.HEARING_VACATED,
        hearing_id=hearing.id,
        organisation_id=hearing.court_id,
        subject_id=hearing.id,
        data={"reason": reason.value} | ({"affected": told(affected)} if affected is not None else {}),
        personal={"words": words} if words else None,
    )
