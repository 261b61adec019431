"""Counted pools: one bucket a pool and quarter of an hour, taken by a guarded update in key order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from court_link.domain.times import Interval
from court_link.store.tables import CapacityBucket

#: A bucket's key: the pool, and the start of the quarter.
Key = tuple[str, datetime]


def take(session: Session, wanted: Mapping[Key, int], caps: Mapping[Key, int]) -> bool:
    """Take units from every bucket wanted, or from none: whether they were had.

    The guard is in the statement: `used + n <= cap`. A bucket's cap is what is known now, written as it is
    taken from.
    """
    if any(units > caps[key] for key, units in wanted.items()):
        return False
    rows = [
        {"pool": pool, "slot": slot, "used": wanted[pool, slot], "cap": caps[pool, slot]}
        for pool, slot in sorted(wanted)
    ]
    upsert = _POSTGRESQL if session.get_bind().dialect.name == "postgresql" else _SQLITE
    taken = [(row.pool, row.slot) for row in session.execute(upsert, rows)]
    if len(taken) == len(rows):
        return True
    give_back(session, {key: wanted[key] for key in taken})
    return False


def give_back(session: Session, units: Mapping[Key, int]) -> None:
    """Return units to their buckets, locked in key order first."""
    if not units:
        return
    keys = sorted(units)
    session.execute(
        select(col(CapacityBucket.used))
        .where(tuple_(col(CapacityBucket.pool), col(CapacityBucket.slot)).in_(keys))
        .order_by(col(CapacityBucket.pool), col(CapacityBucket.slot))
        .with_for_update()
    )
    session.connection().execute(
        _GIVE_BACK, [{"in_pool": pool, "at": slot, "units": units[pool, slot]} for pool, slot in keys]
    )


def used(session: Session, pools: Collection[str], within: Interval) -> dict[Key, int]:
    """What is used of these pools within an interval, by bucket; an absent bucket is unused."""
    rows = session.execute(
        select(col(CapacityBucket.pool), col(CapacityBucket.slot), col(CapacityBucket.used)).where(
            col(CapacityBucket.pool).in_(pools),
            col(CapacityBucket.slot) >= within.start,
            col(CapacityBucket.slot) < within.end,
        )
    )
    return {(pool, slot): units for pool, slot, units in rows}


def _guarded(insert: Any) -> Any:
    statement = insert(CapacityBucket.__table__)  # type: ignore[attr-defined]
    after = col(CapacityBucket.used) + statement.excluded.used
    return statement.on_conflict_do_update(
        index_elements=["pool", "slot"],
        set_={"used": after, "cap": statement.excluded.cap},
        where=after <= statement.excluded.cap,
    ).returning(col(CapacityBucket.pool), col(CapacityBucket.slot))


_POSTGRESQL = _guarded(postgresql.insert)
_SQLITE = _guarded(sqlite.insert)
_GIVE_BACK = (
    update(CapacityBucket.__table__)  # type: ignore[attr-defined]
    .where(col(CapacityBucket.pool) == bindparam("in_pool"), col(CapacityBucket.slot) == bindparam("at"))
    .values(used=col(CapacityBucket.used) - bindparam("units"))
)
