"""The audit as administrators read it: who changed what, and who read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, NotFound
from court_link.domain.events import EventKind
from court_link.domain.ids import normal_reference
from court_link.domain.roles import Permission
from court_link.domain.times import day_interval
from court_link.store import Session
from court_link.store import trail as store
from court_link.store.events import record

#: The kinds that are reads; the word that asks for all of them.
READS = frozenset({kind for kind in EventKind if kind.value.endswith(".read")})
ALL_READS = "reads"


@dataclass(frozen=True, slots=True)
class Filter:
    """What to show: all that is given must fit. `person` is part of a name or e-mail address of one's own
    organisation, `hearing` a hearing's reference, `kind` an event kind or `reads`."""

    person: str = ""
    hearing: str = ""
    kind: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `actor` and `subject` say who within what the reader may know."""

    seq: int
    at: datetime
    kind: EventKind
    actor: str
    actor_id: UUID | None
    hearing_id: UUID | None
    hearing: str
    subject_id: UUID | None
    subject: str
    data: Mapping[str, Any]

    @property
    def is_read(self) -> bool:
        return self.kind in READS


def entries(
    session: Session, ctx: Context, wanted: Filter, *, before: int | None = None, limit: int = 50
) -> tuple[Entry, ...]:
    """Newest first, those before the cursor. Raises Invalid for a filter that means nothing."""
    organisation_id = _own(ctx)
    kinds = _kinds(wanted.kind)
    actors, hearing_id = None, None
    if wanted.person.strip():
        actors = store.people_like(session, organisation_id, wanted.person.strip())
    if wanted.hearing.strip():
        hearing_id = _hearing(session, wanted.hearing)
        if hearing_id is None:
            return ()
    rows = store.of_organisation(
        session,
        organisation_id,
        actors=actors,
        hearing_id=hearing_id,
        kinds=kinds,
        within=day_interval(wanted.day) if wanted.day else None,
        before=before,
        limit=limit,
    )
    who = store.names(
        session, organisation_id, (each for row in rows for each in (row.actor_id, row.subject_id) if each)
    )
    hearings = store.references(session, (row.hearing_id for row in rows if row.hearing_id))
    return tuple(
        Entry(
            seq=row.seq,
            at=row.at,
            kind=row.kind,
            actor=who.get(row.actor_id, _NAMELESS.get(row.actor_kind, "Somebody")),
            actor_id=row.actor_id,
            hearing_id=row.hearing_id,
            hearing=hearings.get(row.hearing_id, ""),
            subject_id=row.subject_id,
            subject=who.get(row.subject_id, ""),
            data=row.data,
        )
        for row in rows
    )


def note_read(session: Session, ctx: Context, wanted: Filter) -> None:
    """Record that the audit itself was read, and by which filters."""
    given = sorted(name for name in ("person", "hearing", "kind", "day") if getattr(wanted, name))
    record(session, ctx, EventKind.AUDIT_READ, organisation_id=_own(ctx), data={"filters": given})


_NAMELESS = {"system": "Court Link", "public": "Nobody signed in", "link": "A participant"}


def _own(ctx: Context) -> UUID:
    ctx.require(Permission.SEE_AUDIT)
    if ctx.actor.organisation_id is None:
        raise NotFound()
    return ctx.actor.organisation_id


def _kinds(kind: str) -> frozenset[EventKind]:
    if kind == ALL_READS:
        return READS
    try:
        return frozenset({EventKind(kind)}) if kind else frozenset()
    except ValueError:
        raise Invalid(errors=[FieldError("kind", "Select a kind from the list")]) from None


def _hearing(session: Session, typed: str) -> UUID | None:
    reference = normal_reference(typed)
    if reference is None:
        said = "Enter a hearing's reference: 20 letters and numbers, like 7KDWR-29FGH-3JKLM-4NPQR"
        raise Invalid(errors=[FieldError("hearing", said)])
    return store.hearing_named(session, reference)
