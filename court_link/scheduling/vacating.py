"""Vacating: a hearing is taken out before the day's work on it, with a reason."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from court_link.domain import hearing as hearing_states
from court_link.domain.booking import BookingEvent
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.events import EventKind
from court_link.domain.hearing import HearingEvent
from court_link.domain.roles import Permission
from court_link.scheduling import booking
from court_link.store import Session, bookings, events, hearings


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


def vacate(
    session: Session,
    ctx: Context,
    hearing_id: UUID,
    reason: VacateReason,
    words: str = "",
    *,
    version: int | None = None,
) -> int:
    """Take the hearing out: everything booked is free again. Answers the new version.

    `words` may be personal and are kept apart from the event. The links stand and lead nowhere, so that
    everybody who was warned sees that it is off. Raises Invalid, Stale, WrongState, NotFound, Forbidden.
    """
    ctx.require(Permission.BOOK)
    if len(words) > 1000:
        raise Invalid(errors=[FieldError("words", "Say more in 1,000 characters or fewer.")])
    if reason is VacateReason.OTHER and not words.strip():
        raise Invalid(errors=[FieldError("words", "Say why it is vacated.")])
    hearing = hearings.of_court(session, ctx, hearing_id, version=version)
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
        data={"reason": reason.value},
        personal={"words": words.strip()} if words.strip() else None,
    )
    return hearing.version
