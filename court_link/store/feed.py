"""The feed: sealed events in order. `seq` is the cursor of everything that reads it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from court_link.domain.context import Context
from court_link.domain.events import Event, EventKind
from court_link.store.sealer import EVENT, SEAL, newest


def after(
    session: Session,
    ctx: Context,
    seq: int,
    *,
    limit: int = 500,
    kinds: Collection[EventKind] | None = None,
    hearing_id: UUID | None = None,
) -> list[Event]:
    """Sealed events beyond `seq`, oldest first; of some kinds, or of one hearing, when asked.

    Whose eyes they are for is the caller's to check: an event carries ids and codes, and its organisation.
    """
    query = select(SEAL.c.seq, EVENT).join(EVENT, EVENT.c.id == SEAL.c.event_id).where(SEAL.c.seq > seq)
    if kinds is not None:
        query = query.where(EVENT.c.kind.in_(kinds))
    if hearing_id is not None:
        query = query.where(EVENT.c.hearing_id == hearing_id)
    rows = session.execute(query.order_by(SEAL.c.seq).limit(limit))
    return [
        Event(
            seq=row.seq,
            id=row.id,
            kind=row.kind,
            at=row.at,
            actor_kind=row.actor_kind,
            actor_id=row.actor_id,
            organisation_id=row.organisation_id,
            hearing_id=row.hearing_id,
            subject_id=row.subject_id,
            data=row.data,
        )
        for row in rows
    ]


def end(session: Session, ctx: Context) -> int:
    """The newest sealed `seq`: where a reader begins who wants only what is still to come."""
    return newest(session.connection())
