"""Named queries on hearings that belong together: the days of one matter, and what was listed again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import false
from sqlmodel import col, or_, select

from court_link.domain.booking import BookingState
from court_link.domain.requirements import Needs
from court_link.domain.times import london_day
from court_link.store import Session, hearings
from court_link.store.tables import Booking, Case, Hearing, Resource


def days(session: Session, group_id: UUID) -> Sequence[Hearing]:
    """The hearings of a group, by day."""
    return session.exec(
        select(Hearing).where(Hearing.group_id == group_id).order_by(col(Hearing.group_day), col(Hearing.id))
    ).all()


def numbered(session: Session, hearing_id: UUID) -> dict[UUID, int]:
    """The ids of the days of a hearing's group with their numbers, in order; it alone when it has no group.

    Nothing is locked and no row is loaded, so that locking them afterwards reads them as they stand.
    """
    group_id = select(Hearing.group_id).where(Hearing.id == hearing_id).scalar_subquery()
    rows = session.exec(
        select(Hearing.id, Hearing.group_day)
        .where((col(Hearing.group_id) == group_id) | (col(Hearing.id) == hearing_id))
        .order_by(col(Hearing.group_day), col(Hearing.id))
    )
    return {row[0]: row[1] for row in rows}


def same_case(session: Session, hearing: Hearing) -> Sequence[UUID]:
    """The other hearings of a case: those with one of its references, and the other days of the matter."""
    own = select(Case.urn).where(Case.hearing_id == hearing.id, Case.urn != "")
    found = select(Case.hearing_id).where(col(Case.urn).in_(own))
    same_matter = col(Hearing.group_id) == hearing.group_id if hearing.group_id else false()
    query = select(Hearing.id).where(or_(col(Hearing.id).in_(found), same_matter))
    return session.exec(query.where(Hearing.id != hearing.id)).all()


def last_needs(session: Session, hearing_id: UUID) -> Needs | None:
    """What a hearing needed when it was booked last, whatever became of that booking."""
    needs = session.exec(
        select(Booking.needs)
        .where(Booking.hearing_id == hearing_id)
        .where(col(Booking.state).in_((BookingState.CONFIRMED, BookingState.RELEASED)))
        .order_by(col(Booking.id).desc())
        .limit(1)
    ).first()
    return Needs.read(needs["needs"]) if needs else None


def copy(
    session: Session,
    of: Hearing,
    start: datetime,
    minutes: int,
    courtroom_id: UUID | None,
    **facts: Any,
) -> Hearing:
    """A new listed matter with the facts, cases and parties of another, for its own court alone.

    Nothing of how the other went comes with it: no outcome, no booking, no link. `facts` are further columns.
    """
    room = session.get(Resource, courtroom_id) if courtroom_id else None
    row = Hearing(
        court_id=of.court_id,
        listed_day=london_day(start),
        listed_at=start,
        listed_room_id=courtroom_id,
        listed_room=room.name if room else "",
        minutes=minutes,
        channels=list(of.channels),
        **{name: getattr(of, name) for name in _OF_THE_MATTER},
        **facts,
    )
    session.add(row)
    session.flush()
    hearings.concern(session, row.id, [of.court_id])
    named = [(party.role, party.name, party.under_18) for party in hearings.parties(session, of.id)]
    hearings.name_parties(session, row.id, hearings.cases(session, of.id), named)
    return row


_OF_THE_MATTER = (
    "title",
    "hearing_type",
    "panel",
    "video",
    "youth",
    "visibility",
    "family",
    "restrictions",
    "measures",
)
