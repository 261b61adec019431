"""Giving committed events their place: a gapless `seq` and a hash that chains them.

Every event waits in `unsealed_event` from the transaction that wrote it. One sealer at a time empties
that table: SQLite's writer before each COMMIT, and on PostgreSQL the process that holds the sealer's lock.
Whatever is committed is there to be sealed, so a slow transaction delays its own events only, and an event
that depends on another was written after that one committed, so `position` orders cause before effect.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, select

from court_link.domain.events import GENESIS, chained
from court_link.store.tables import EventRow, EventSeal, UnsealedEvent

EVENT = EventRow.__table__  # type: ignore[attr-defined]
SEAL = EventSeal.__table__  # type: ignore[attr-defined]
UNSEALED = UnsealedEvent.__table__  # type: ignore[attr-defined]

_WAITING = (
    select(UNSEALED.c.position, EVENT)
    .join(EVENT, EVENT.c.id == UNSEALED.c.event_id)
    .order_by(UNSEALED.c.position)
    .limit(bindparam("most"))
)
_LAST = select(SEAL.c.seq, SEAL.c.hash).order_by(SEAL.c.seq.desc()).limit(1)
_DONE = delete(UNSEALED).where(UNSEALED.c.position == bindparam("sealed"))


def newest(connection: Connection) -> int:
    """The `seq` of the newest sealed event, 0 when there is none."""
    return connection.execute(select(func.max(SEAL.c.seq))).scalar() or 0


def seal(connection: Connection, *, most: int = 1000) -> int:
    """Seal up to `most` waiting events in the connection's transaction; answers the newest `seq`, 0 for none.

    Two sealers at once cannot both commit: `seq` is the primary key.
    """
    waiting = connection.execute(_WAITING, {"most": most}).mappings().all()
    if not waiting:
        return 0
    last = connection.execute(_LAST).one_or_none()
    seq, hash_ = (last.seq, last.hash) if last else (0, GENESIS)
    seals = []
    for row in waiting:
        seq += 1
        hash_ = chained(hash_, seq, body(row))
        seals.append({"seq": seq, "event_id": row["id"], "hash": hash_})
    connection.execute(insert(SEAL), seals)
    connection.execute(_DONE, [{"sealed": row["position"]} for row in waiting])
    return seq


def body(row: RowMapping) -> dict[str, Any]:
    """What the hash covers: every column of `event`, as JSON keeps it."""
    return {
        "id": str(row["id"]),
        "kind": str(row["kind"]),
        "at": row["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_kind": row["actor_kind"],
        "actor_id": _text(row["actor_id"]),
        "organisation_id": _text(row["organisation_id"]),
        "hearing_id": _text(row["hearing_id"]),
        "subject_id": _text(row["subject_id"]),
        "request_id": row["request_id"],
        "data": row["data"],
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
