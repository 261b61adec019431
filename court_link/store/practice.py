"""Named queries on what a court's hearings take: its own figures, and its history."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, func, select

from court_link.domain.events import EventKind
from court_link.domain.hearing import EndCause, HearingState
from court_link.store.tables import EventRow, Hearing, Practice
from court_link.store.upsert import insert_if_absent

#: Ended hearings whose length says how long such a hearing takes: they ran their course.
_RAN = (EndCause.CONCLUDED, EndCause.OUT_OF_TIME)
#: What tells when a hearing was in session (`domain.capacity.in_session`).
_RUNNING = (
    EventKind.HEARING_STARTED,
    EventKind.HEARING_PAUSED,
    EventKind.HEARING_RESUMED,
    EventKind.HEARING_ENDED,
    EventKind.HEARING_REOPENED,
)


def of_court(session: Session, court_id: UUID) -> Sequence[Practice]:
    """All that a court has set, by hearing type."""
    return session.exec(
        select(Practice).where(Practice.court_id == court_id).order_by(col(Practice.hearing_type))
    ).all()


def one(session: Session, court_id: UUID, hearing_type: str) -> Practice | None:
    """What a court has set for one hearing type, in lower case, if anything."""
    return session.get(Practice, (court_id, hearing_type))


def locked(session: Session, court_id: UUID, hearing_type: str) -> Practice:
    """The row of one hearing type, locked for a change; made when there is none yet, with version 0."""
    key = {"court_id": court_id, "hearing_type": hearing_type}
    insert_if_absent(session, Practice.__table__, key | {"version": 0})  # type: ignore[attr-defined]
    return session.get_one(Practice, (court_id, hearing_type), with_for_update=True, populate_existing=True)


def heard(session: Session, court_id: UUID, since: date, enough: int) -> frozenset[str]:
    """The hearing types, in lower case, of which a court has heard so many to their end since a day."""
    kind = func.lower(Hearing.hearing_type)
    query = select(kind).where(*_ended(court_id, since)).group_by(kind).having(func.count() >= enough)
    return frozenset(session.exec(query))


def ended(session: Session, court_id: UUID, hearing_type: str, since: date, limit: int) -> Sequence[UUID]:
    """The newest hearings of a type (in lower case) that a court has heard to their end since a day."""
    query = select(Hearing.id).where(
        *_ended(court_id, since), func.lower(Hearing.hearing_type) == hearing_type
    )
    return session.exec(query.order_by(col(Hearing.started_at).desc()).limit(limit)).all()


def _ended(court_id: UUID, since: date) -> tuple[Any, ...]:
    return (
        col(Hearing.court_id) == court_id,
        col(Hearing.listed_day) >= since,
        col(Hearing.state) == HearingState.ENDED,
        col(Hearing.end_cause).in_(_RAN),
        col(Hearing.started_at).is_not(None),
    )


def ran(session: Session, hearing_ids: Collection[UUID]) -> dict[UUID, list[tuple[datetime, EventKind]]]:
    """What started, paused and ended these hearings, in order."""
    found: dict[UUID, list[tuple[datetime, EventKind]]] = {}
    query = (
        select(EventRow.hearing_id, EventRow.at, EventRow.kind)
        .where(col(EventRow.hearing_id).in_(hearing_ids), col(EventRow.kind).in_(_RUNNING))
        .order_by(col(EventRow.at), col(EventRow.id))
    )
    for hearing_id, at, kind in session.exec(query):
        if hearing_id is not None:
            found.setdefault(hearing_id, []).append((at, EventKind(kind)))
    return found
