"""Recordings: who ordered which, what they hold, and what is due with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from court_link.domain.booking import BookingState
from court_link.domain.context import Context
from court_link.domain.events import EventKind
from court_link.domain.hearing import LIVE
from court_link.store import Session, events, live
from court_link.store.rows import locked, present
from court_link.store.tables import Booking, Hearing, Link, Problem, Recording

#: The problem of a recording into which nothing is written.
STALLED = "recording_stalled"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One stretch of recording. `manifest` lists its files once they are sealed; None until then."""

    id: UUID
    hearing_id: UUID
    power: str
    ordered_by: str
    started_at: datetime
    stopped_at: datetime | None
    stalled_at: datetime | None
    stalled_why: str
    manifest: Mapping[str, Any] | None
    manifest_digest: str
    keep_until: datetime | None
    deleted_at: datetime | None


def value(row: Recording) -> Recorded:
    """The frozen value of a row."""
    return Recorded(**{name: getattr(row, name) for name in Recorded.__dataclass_fields__})


def row(session: Session, recording_id: UUID) -> Recording:
    """One recording, locked. Raises NotFound. The caller has locked its hearing."""
    return locked(session, Recording, recording_id)


def get(session: Session, recording_id: UUID) -> Recorded:
    """One recording. Raises NotFound."""
    return value(present(session, Recording, recording_id))


def of_hearing(session: Session, hearing_id: UUID) -> tuple[Recorded, ...]:
    """Every recording of a hearing, oldest first."""
    rows = session.exec(
        select(Recording)
        .where(Recording.hearing_id == hearing_id)
        .order_by(col(Recording.started_at), col(Recording.id))
    )
    return tuple(map(value, rows))


def running(session: Session, hearing_id: UUID) -> Recorded | None:
    """The recording that runs in a hearing."""
    return next((each for each in of_hearing(session, hearing_id) if each.stopped_at is None), None)


def booked(session: Session, hearing_id: UUID) -> bool:
    """Whether a recorder was booked with the hearing."""
    needs = session.exec(
        select(Booking.needs).where(Booking.hearing_id == hearing_id, Booking.state == BookingState.CONFIRMED)
    ).all()
    return any(each["needs"].get("recording") for each in needs)


def over(session: Session, ctx: Context) -> tuple[UUID, ...]:
    """Recordings that run in a hearing that does not."""
    return tuple(
        session.exec(
            select(Recording.id)
            .join(Hearing, col(Hearing.id) == Recording.hearing_id)
            .where(col(Recording.stopped_at).is_(None), col(Hearing.state).not_in(LIVE))
        )
    )


def unsealed(session: Session, ctx: Context) -> tuple[UUID, ...]:
    """Recordings that are over, whose files nobody has listed yet."""
    return tuple(
        session.exec(
            select(Recording.id).where(
                col(Recording.stopped_at).is_not(None), Recording.manifest_digest == ""
            )
        )
    )


def expired(session: Session, ctx: Context) -> tuple[UUID, ...]:
    """Sealed recordings whose time to be kept is over, and which nobody holds."""
    return tuple(
        session.exec(
            select(Recording.id).where(
                col(Recording.keep_until) <= ctx.now,
                col(Recording.deleted_at).is_(None),
                Recording.manifest_digest != "",
            )
        )
    )


def all_running(session: Session, ctx: Context) -> tuple[Recorded, ...]:
    """Every recording that runs."""
    return tuple(map(value, session.exec(select(Recording).where(col(Recording.stopped_at).is_(None)))))


def labels(session: Session, hearing_id: UUID) -> dict[str, str]:
    """What everybody of a hearing is called there, by the ids of their links, revoked ones too."""
    rows = session.exec(select(Link.id, Link.label).where(Link.hearing_id == hearing_id))
    return {str(link_id): label for link_id, label in rows}


def stalled(session: Session, ctx: Context, hearing_id: UUID, recording_id: UUID) -> None:
    """Tell the court of it, once for as long as nobody has dealt with it."""
    if any(problem.kind == STALLED for problem in live.open_problems(session, hearing_id)):
        return
    problem = Problem(hearing_id=hearing_id, kind=STALLED, reported_at=ctx.now)
    session.add(problem)
    session.flush()
    events.record(
        session,
        ctx,
        EventKind.PROBLEM_REPORTED,
        hearing_id=hearing_id,
        subject_id=recording_id,
        data={"kind": STALLED, "problem": str(problem.id)},
    )
