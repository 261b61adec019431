"""What is due: one row per thing to do once, at a court time. Claimed and done in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlmodel import Session, col

from court_link.domain.ids import new_id
from court_link.store.prepared import Prepared
from court_link.store.tables import DueJob


class DueKind(StrEnum):
    """What can be due, and of what the subject is the id."""

    LAPSE_HOLD = "lapse_hold"  # a booking
    OPEN_LOBBY = "open_lobby"  # a hearing
    END_FORGOTTEN = "end_forgotten"  # a hearing
    END_WAITING = "end_waiting"  # a hearing on the wait list, past its last day


@dataclass(frozen=True, slots=True)
class Due:
    id: UUID
    kind: DueKind
    subject_id: UUID
    due_at: datetime


def plan(session: Session, subject_id: UUID, at: Mapping[DueKind, datetime]) -> None:
    """Have each kind of thing done to a subject once at its time; a time planned before is moved."""
    rows = [
        {"id": new_id(), "kind": kind.value, "subject_id": subject_id, "due_at": due_at}
        for kind, due_at in at.items()
    ]
    _PLAN.run(session, rows)


def _planned(insert: Any) -> Any:
    columns = ("id", "kind", "subject_id", "due_at")
    statement = insert(DueJob.__table__).values({name: bindparam(name) for name in columns})  # type: ignore[attr-defined]
    return statement.on_conflict_do_update(
        index_elements=["kind", "subject_id"], set_={"due_at": statement.excluded.due_at}
    ).inline()


_PLAN = Prepared(_planned)


def forget(
    session: Session, subject_ids: Collection[UUID], kinds: Collection[DueKind] = tuple(DueKind)
) -> None:
    """Plan nothing any more of these kinds for these subjects."""
    session.execute(
        delete(DueJob)
        .where(col(DueJob.subject_id).in_(subject_ids), col(DueJob.kind).in_(kinds))
        .execution_options(synchronize_session=False)
    )


def waiting(session: Session, now: datetime, *, limit: int = 500) -> Sequence[UUID]:
    """What is due at `now`, the longest due first."""
    query = select(col(DueJob.id)).where(col(DueJob.due_at) <= now)
    return session.execute(query.order_by(col(DueJob.due_at), col(DueJob.id)).limit(limit)).scalars().all()


def claim(session: Session, job_id: UUID, now: datetime) -> Due | None:
    """Take one thing due for this transaction alone, and strike it off; None when somebody else has.

    Another process's claim is passed over (SKIP LOCKED); when the transaction fails, it is due again.
    """
    query = select(DueJob).where(col(DueJob.id) == job_id, col(DueJob.due_at) <= now)
    row = session.execute(query.with_for_update(skip_locked=True)).scalar_one_or_none()
    if row is None:
        return None
    claimed = Due(row.id, DueKind(row.kind), row.subject_id, row.due_at)
    session.delete(row)
    session.flush()
    return claimed
