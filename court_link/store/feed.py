"""The feed: sealed events in order. `seq` is the cursor of everything that reads it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select
from sqlmodel import Session, col

from court_link.domain.context import Context
from court_link.domain.events import Event, EventKind
from court_link.store.hearings import in_scope
from court_link.store.sealer import EVENT, SEAL, newest
from court_link.store.tables import Hearing

_SEALED = select(SEAL.c.seq, EVENT).join(EVENT, EVENT.c.id == SEAL.c.event_id)


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
    query = _SEALED.where(SEAL.c.seq > seq)
    if kinds is not None:
        query = query.where(EVENT.c.kind.in_(kinds))
    if hearing_id is not None:
        query = query.where(EVENT.c.hearing_id == hearing_id)
    return [_event(row) for row in session.execute(query.order_by(SEAL.c.seq).limit(limit))]


def of_scope(
    session: Session,
    ctx: Context,
    seq: int,
    *,
    whole: Collection[EventKind],
    facts: Collection[EventKind],
    limit: int,
) -> list[tuple[Event, bool]]:
    """Sealed events beyond `seq` about the asker's hearings and courts, oldest first; whether each is theirs.

    Of hearings that their own courts list, and of these courts themselves, those of the kinds `whole`; of
    hearings that only concern them, those of the kinds `facts`.
    """
    scope = ctx.actor.scope
    own = EVENT.c.organisation_id.in_(scope) & EVENT.c.hearing_id.is_(None)
    listed = Hearing.__table__.c.court_id.in_(scope)  # type: ignore[attr-defined]
    visible = in_scope(ctx) & EVENT.c.kind.in_(facts)
    query = (
        select(SEAL.c.seq, EVENT, Hearing.__table__.c.court_id)  # type: ignore[attr-defined]
        .join(EVENT, EVENT.c.id == SEAL.c.event_id)
        .outerjoin(Hearing, col(Hearing.id) == EVENT.c.hearing_id)
        .where(SEAL.c.seq > seq, EVENT.c.kind.in_([*whole, *facts]), or_(own, listed, visible))
        .order_by(SEAL.c.seq)
        .limit(limit)
    )
    return [(_event(row), row.court_id is None or row.court_id in scope) for row in session.execute(query)]


def at(session: Session, ctx: Context, seqs: Collection[int]) -> list[Event]:
    """The sealed events of these places, oldest first."""
    return [_event(row) for row in session.execute(_SEALED.where(SEAL.c.seq.in_(seqs)).order_by(SEAL.c.seq))]


def end(session: Session, ctx: Context) -> int:
    """The newest sealed `seq`: where a reader begins who wants only what is still to come."""
    return newest(session.connection())


def _event(row: Row[Any]) -> Event:
    return Event(
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
