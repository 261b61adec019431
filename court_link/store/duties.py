"""Named queries of people's duties: when they are on shift, on leave, on a rest day or off sick."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, delete, insert, select
from sqlmodel import Session, col

from court_link.domain.ids import new_id
from court_link.domain.places import DutyKind
from court_link.domain.rota import LONGEST
from court_link.domain.times import Interval
from court_link.store.prepared import Later, Prepared
from court_link.store.tables import Duty

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class DutyStretch:
    """One stretch of a person's rota."""

    id: UUID
    person_id: UUID
    interval: Interval
    kind: DutyKind


def of(session: Session, person_ids: Collection[UUID], within: Interval) -> dict[UUID, list[DutyStretch]]:
    """What the rotas of these people say of an interval, in order; of whom nothing is said is not in it."""
    return asked(session, person_ids, within)()


def asked(
    session: Session, person_ids: Collection[UUID], within: Interval
) -> Later[dict[UUID, list[DutyStretch]]]:
    """Ask for what `of` answers."""
    given = {
        "ids": list(person_ids),
        "since": within.start - LONGEST,
        "start": within.start,
        "end": within.end,
    }
    rows = _WITHIN.asked(session, given)

    def read() -> dict[UUID, list[DutyStretch]]:
        found: dict[UUID, list[DutyStretch]] = {}
        for id_, person_id, starts_at, ends_at, kind in rows():
            stretch = DutyStretch(id_, person_id, Interval(starts_at, ends_at), kind)
            found.setdefault(person_id, []).append(stretch)
        return found

    return read


def add(session: Session, stretches: Iterable[tuple[UUID, Interval, DutyKind]]) -> None:
    """Adds stretches of at most `LONGEST`, as (person, when, kind)."""
    rows = [
        {"id": new_id(), "person_id": person, "starts_at": when.start, "ends_at": when.end, "kind": kind}
        for person, when, kind in stretches
    ]
    if rows:
        session.execute(insert(Duty), rows)


def remove(session: Session, ids: Sequence[UUID]) -> None:
    for start in range(0, len(ids), _AT_ONCE):
        session.execute(delete(Duty).where(col(Duty.id).in_(ids[start : start + _AT_ONCE])))


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
# Search asks this of every look at a month, so it is put together once.
_WITHIN = Prepared(
    select(col(Duty.id), col(Duty.person_id), col(Duty.starts_at), col(Duty.ends_at), col(Duty.kind))
    .where(
        col(Duty.person_id).in_(_IDS),
        col(Duty.starts_at) < bindparam("end"),
        col(Duty.starts_at) >= bindparam("since"),
        col(Duty.ends_at) > bindparam("start"),
    )
    .order_by(col(Duty.person_id), col(Duty.starts_at), col(Duty.id))
)
