"""Named queries on the wait list. A row is written only under the lock of its hearing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, true
from sqlmodel import Session, col

from court_link.domain.hearing import HearingState
from court_link.domain.requirements import Needs
from court_link.domain.waiting import Claim, Dates, Wants
from court_link.store.tables import Hearing, Waiting


@dataclass(frozen=True, slots=True)
class Entry:
    """A hearing on its court's wait list. Its title is personal."""

    hearing_id: UUID
    court_id: UUID
    title: str
    hearing_type: str
    state: HearingState
    claim: Claim
    offered_booking_id: UUID | None
    version: int


def of_courts(session: Session, courts: Collection[UUID] | None) -> list[Entry]:
    """Everything that waits at these courts, in no order that matters; None is every court."""
    return _entries(session, true() if courts is None else col(Waiting.court_id).in_(courts))


def on_day(session: Session, day: date, *, limit: int = 500) -> list[Entry]:
    """What waits for a time on a day, whether or not one is offered to it."""
    return _entries(session, col(Waiting.earliest) <= day, col(Waiting.latest) >= day, limit=limit)


def one(session: Session, hearing_id: UUID) -> Entry | None:
    """What one hearing waits for, as it stands now."""
    found = _entries(session, col(Waiting.hearing_id) == hearing_id)
    return found[0] if found else None


def any_of(session: Session, hearing_id: UUID) -> bool:
    """Whether a hearing is on the list."""
    return session.get(Waiting, hearing_id) is not None


def write(session: Session, hearing: Hearing, wants: Wants, *, by: UUID | None, at: datetime) -> int:
    """Put a hearing on the list, or change what it waits for; answers the version."""
    row = session.get(Waiting, hearing.id, populate_existing=True)
    given: dict[str, Any] = {
        "needs": wants.needs.document(),
        "courtrooms": [str(each) for each in wants.courtrooms],
        "earliest": wants.earliest,
        "latest": wants.latest,
        "urgent": wants.urgent,
    }
    if row is None:
        row = Waiting(hearing_id=hearing.id, court_id=hearing.court_id, added_by=by, added_at=at, **given)
        session.add(row)
    else:
        for name, value in given.items():
            setattr(row, name, value)
        row.version += 1
    session.flush()
    return row.version


def offered(session: Session, hearing_id: UUID, booking_id: UUID | None) -> None:
    """Write down which booking a hearing has been offered; None when none is offered any more."""
    row = session.get_one(Waiting, hearing_id, populate_existing=True)
    row.offered_booking_id, row.version = booking_id, row.version + 1
    session.flush()


def declined(session: Session, hearing_id: UUID, start: datetime) -> None:
    """Remember that a hearing was offered a start in vain: nothing is offered to it now."""
    row = session.get_one(Waiting, hearing_id, populate_existing=True)
    row.offered_booking_id, row.version = None, row.version + 1
    row.declined = list(dict.fromkeys([*row.declined, start.isoformat()]))
    session.flush()


def remove(session: Session, hearing_id: UUID) -> None:
    session.execute(
        delete(Waiting)
        .where(col(Waiting.hearing_id) == hearing_id)
        .execution_options(synchronize_session="fetch")
    )


def _entries(session: Session, *where: ColumnElement[bool], limit: int = 2000) -> list[Entry]:
    rows = session.execute(
        select(Waiting, Hearing)
        .join(Hearing, col(Hearing.id) == col(Waiting.hearing_id))
        .where(*where)
        .order_by(col(Waiting.added_at), col(Waiting.hearing_id))
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_entry(waiting, hearing) for waiting, hearing in rows]


def _entry(row: Waiting, hearing: Hearing) -> Entry:
    dates = Dates(hearing.detained, hearing.remand_expires, hearing.custody_limit, hearing.group_day)
    wants = Wants(
        Needs.read(row.needs), tuple(map(UUID, row.courtrooms)), row.earliest, row.latest, row.urgent
    )
    declined = tuple(map(datetime.fromisoformat, row.declined))
    return Entry(
        hearing_id=hearing.id,
        court_id=row.court_id,
        title=hearing.title,
        hearing_type=hearing.hearing_type,
        state=hearing.state,
        claim=Claim(hearing.id, wants, dates, row.added_at, declined),
        offered_booking_id=row.offered_booking_id,
        version=row.version,
    )
