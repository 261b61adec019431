"""Named queries of the audit: sealed events as an organisation's administrators may read them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select
from sqlmodel import Session, col

from court_link.domain.events import EventKind
from court_link.domain.times import Interval
from court_link.store.sealer import EVENT, SEAL
from court_link.store.tables import ApiToken, Hearing, Link, Organisation, User


def of_organisation(
    session: Session,
    organisation_id: UUID,
    *,
    actors: Collection[UUID] | None = None,
    hearing_id: UUID | None = None,
    kinds: Collection[EventKind] = (),
    within: Interval | None = None,
    before: int | None = None,
    limit: int,
) -> Sequence[Row[Any]]:
    """What an organisation's people did, and what anybody did to its affairs, newest first, before `before`.

    Its affairs are what was recorded as its own and every hearing that it lists.
    """
    own_people = select(col(User.id)).where(col(User.organisation_id) == organisation_id)
    own_hearings = select(col(Hearing.id)).where(col(Hearing.court_id) == organisation_id)
    query = (
        select(SEAL.c.seq, EVENT)
        .join(EVENT, EVENT.c.id == SEAL.c.event_id)
        .where(
            or_(
                EVENT.c.organisation_id == organisation_id,
                EVENT.c.actor_id.in_(own_people),
                EVENT.c.hearing_id.in_(own_hearings),
            )
        )
    )
    if actors is not None:
        query = query.where(or_(EVENT.c.actor_id.in_(actors), EVENT.c.subject_id.in_(actors)))
    if hearing_id is not None:
        query = query.where(EVENT.c.hearing_id == hearing_id)
    if kinds:
        query = query.where(EVENT.c.kind.in_(kinds))
    if within is not None:
        query = query.where(EVENT.c.at >= within.start, EVENT.c.at < within.end)
    if before is not None:
        query = query.where(SEAL.c.seq < before)
    return session.execute(query.order_by(SEAL.c.seq.desc()).limit(limit)).all()


def people_like(session: Session, organisation_id: UUID, text: str) -> frozenset[UUID]:
    """The accounts of an organisation whose name or e-mail holds `text`."""
    found = session.execute(
        select(col(User.id)).where(
            col(User.organisation_id) == organisation_id,
            or_(*(each.icontains(text, autoescape=True) for each in (col(User.name), col(User.email)))),
        )
    )
    return frozenset(found.scalars())


def hearing_named(session: Session, reference: str) -> UUID | None:
    return session.execute(
        select(col(Hearing.id)).where(col(Hearing.reference) == reference)
    ).scalar_one_or_none()


def references(session: Session, hearing_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The references that staff read out, by hearing."""
    rows = session.execute(
        select(col(Hearing.id), col(Hearing.reference)).where(col(Hearing.id).in_(set(hearing_ids)))
    )
    return {row[0]: row[1] for row in rows}


def names(session: Session, organisation_id: UUID, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Who these ids are, within what this organisation may know: its own people and machines by name,
    others' by their organisation, participants by their part."""
    wanted = set(ids)
    said: dict[UUID, str] = {}
    for table in (User, ApiToken):
        rows = session.execute(
            select(col(table.id), col(table.name), col(table.organisation_id), col(Organisation.name))
            .join(Organisation, col(Organisation.id) == col(table.organisation_id))
            .where(col(table.id).in_(wanted))
        )
        for each, name, theirs, organisation in rows:
            said[each] = name if theirs == organisation_id else f"Somebody of {organisation}"
    links = session.execute(select(col(Link.id), col(Link.part)).where(col(Link.id).in_(wanted)))
    said.update({row[0]: f"Participant: {row[1].value.replace('_', ' ')}" for row in links})
    return said
