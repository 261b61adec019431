"""Writing down what happened, in the change's own transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from court_link.domain.context import Context
from court_link.domain.events import EventKind, canonical, detail_digest
from court_link.domain.ids import new_id
from court_link.store.prepared import plain
from court_link.store.sealer import EVENT, UNSEALED
from court_link.store.tables import EventDetail, SubjectSalt
from court_link.store.upsert import insert_if_absent

SALT = SubjectSalt.__table__  # type: ignore[attr-defined]

_EVENT, _UNSEALED = plain(EVENT), plain(UNSEALED, "event_id")

#: Where an event's data keeps the digests of its personal texts, by name.
PERSONAL = "personal"


def record(
    session: Session,
    ctx: Context,
    kind: EventKind,
    *,
    hearing_id: UUID | None = None,
    organisation_id: UUID | None = None,
    subject_id: UUID | None = None,
    data: Mapping[str, Any] | None = None,
    personal: Mapping[str, str] | None = None,
) -> UUID:
    """Write one event and answer its id; the sealer gives it its place in the feed.

    `data` is ids, codes, whole numbers and times as text: what JSON keeps the same on every engine.
    `personal` texts stay out of it: they go to `event_detail`, and `data` carries a digest of each, salted
    per subject (the `subject_id`, or else the hearing), so that erasing a subject leaves the chain whole.
    """
    event_id = new_id()
    body = dict(data or {})
    canonical(body)  # refuses what JSON cannot keep, here, where the fault is
    details: list[EventDetail] = []
    if personal:
        subject = subject_id or hearing_id
        if subject is None:
            raise ValueError("personal text is of a subject or of a hearing")
        salt = _salt(session, subject)
        body[PERSONAL] = {name: detail_digest(salt, text) for name, text in personal.items()}
        details = [
            EventDetail(event_id=event_id, name=name, subject_id=subject, text=text)
            for name, text in personal.items()
        ]
    written = {
        "id": event_id,
        "kind": kind,
        "at": ctx.now,
        "actor_kind": ctx.actor.kind.value,
        "actor_id": ctx.actor.id,
        "organisation_id": organisation_id,
        "hearing_id": hearing_id,
        "subject_id": subject_id,
        "request_id": ctx.request_id,
        "data": body,
    }
    _EVENT.run(session, [written])
    _UNSEALED.run(session, [{"event_id": event_id}])
    session.add_all(details)
    return event_id


def _salt(session: Session, subject: UUID) -> bytes:
    insert_if_absent(session, SALT, {"subject_id": subject, "salt": secrets.token_bytes(16)})
    salt: bytes = session.execute(select(SALT.c.salt).where(SALT.c.subject_id == subject)).scalar_one()
    return salt


def details(session: Session, event_id: UUID) -> dict[str, str]:
    """The personal texts of an event, by name; none when its subject has been erased."""
    rows = session.execute(
        select(col(EventDetail.name), col(EventDetail.text)).where(col(EventDetail.event_id) == event_id)
    )
    return {row.name: row.text for row in rows}
