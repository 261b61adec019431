"""What is due by time, done once, however many processes look: through the verbs that a person has.

A thing due is a row of `due_job`. Claiming it, doing it and striking it off are one transaction, so it is
done wholly once or is due again. Readers do not wait for the tick: a hold past its time is lapsed to them
already, and a booked hearing within 30 minutes has its lobby open (`matters.as_of`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import Conflict, NotFound
from court_link.domain.hearing import LIVE, EndCause, HearingState
from court_link.scheduling import booking, running, waitlist
from court_link.store import Session, delivery, due, hearings, idempotency
from court_link.store.due import Due, DueKind

#: How long the answer of a write is kept for a retry with the same key.
KEYS_KEPT = timedelta(days=7)
#: How long it is kept that an event was delivered, for whoever looks into a fault; in real time, as they are.
DELIVERIES_KEPT = timedelta(days=30)


def waiting(session: Session, ctx: Context) -> Sequence[UUID]:
    """What is due at `ctx.now`."""
    return due.waiting(session, ctx.now)


def perform(session: Session, ctx: Context, job_id: UUID) -> Due | None:
    """Do one thing that is due; answers it, or None when another process does it or has.

    What a person has done meanwhile (vacated, opened, confirmed) leaves nothing to do, which is no failure.
    """
    claimed = due.claim(session, job_id, ctx.now)
    if claimed is not None:
        _PERFORM[claimed.kind](session, ctx, claimed.subject_id)
    return claimed


def forget_keys(session: Session, ctx: Context) -> int:
    """Drop the idempotency keys that no retry will come for; answers how many."""
    return idempotency.forget(session, ctx, ctx.now - KEYS_KEPT)


def forget_deliveries(session: Session, ctx: Context) -> int:
    """Drop the deliveries that were done long ago; answers how many."""
    return delivery.forget(session, ctx, datetime.now(UTC) - DELIVERIES_KEPT)


def _open_lobby(session: Session, ctx: Context, hearing_id: UUID) -> None:
    if hearings.row(session, hearing_id).state is HearingState.BOOKED:
        # After an outage longer than the slot there is no lobby left to open.
        _unless_refused(lambda: running.open_lobby(session, ctx, hearing_id))


def _end_forgotten(session: Session, ctx: Context, hearing_id: UUID) -> None:
    if hearings.row(session, hearing_id).state in LIVE:
        _unless_refused(lambda: running.end(session, ctx, hearing_id, None, EndCause.FORGOTTEN))


def _unless_refused(verb: Callable[[], object]) -> None:
    try:
        verb()
    except (Conflict, NotFound):
        return


_PERFORM: Mapping[DueKind, Callable[[Session, Context, UUID], None]] = {
    DueKind.LAPSE_HOLD: booking.lapse,
    DueKind.OPEN_LOBBY: _open_lobby,
    DueKind.END_FORGOTTEN: _end_forgotten,
    DueKind.END_WAITING: waitlist.end_if_over,
}
