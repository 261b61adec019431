"""Counted pools: one bucket a pool and quarter of an hour, taken by a guarded update in key order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select, tuple_, update
from sqlmodel import Session, col

from court_link.domain.times import Interval
from court_link.store.prepared import Prepared
from court_link.store.tables import CapacityBucket

#: A bucket's key: the pool, and the start of the quarter.
Key = tuple[str, datetime]


def change(session: Session, delta: Mapping[Key, int], caps: Mapping[Key, int]) -> frozenset[Key]:
    """Take units from buckets (above 0) and give back (below 0), in key order; answers those too full.

    The guard is in the statement: `used + n <= cap`. A bucket's cap is what is known now, written as it is
    taken from; giving back is never refused and needs no cap. When any bucket was too full, nothing stands.
    """
    wanted = {key: units for key, units in sorted(delta.items()) if units > 0}
    full = frozenset(key for key, units in wanted.items() if units > caps[key])
    if full:
        return full
    returned = {key: units for key, units in delta.items() if units < 0}
    if returned:
        _lock(session, wanted.keys() | returned.keys())
        _add(session, returned)
    if not wanted:
        return frozenset()
    given = {
        f"{name}_{number}": value
        for number, (key, units) in enumerate(wanted.items())
        for name, value in (("pool", key[0]), ("slot", key[1]), ("used", units), ("cap", caps[key]))
    }
    taken = {(pool, slot) for pool, slot in _take(len(wanted)).rows(session, given)}
    if len(taken) < len(wanted):
        _add(session, {key: -delta[key] for key in taken | returned.keys()})
    return frozenset(wanted) - taken


def give_back(session: Session, units: Mapping[Key, int]) -> None:
    """Return units to their buckets, in key order."""
    change(session, {key: -count for key, count in units.items()}, {})


def _lock(session: Session, keys: Collection[Key]) -> None:
    """Lock those of these buckets that there are, in key order (PostgreSQL)."""
    session.execute(
        select(col(CapacityBucket.used))
        .where(tuple_(col(CapacityBucket.pool), col(CapacityBucket.slot)).in_(sorted(keys)))
        .order_by(col(CapacityBucket.pool), col(CapacityBucket.slot))
        .with_for_update()
    )


def _add(session: Session, units: Mapping[Key, int]) -> None:
    """Add to buckets that there are, below 0 to give back."""
    rows = [{"in_pool": pool, "at": slot, "units": units[pool, slot]} for pool, slot in sorted(units)]
    if rows:
        session.connection().execute(_ADD, rows)


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


@cache
def _take(count: int) -> Prepared:
    """Take from so many buckets, each as far as it has room; answers those that had."""

    table = CapacityBucket.__table__  # type: ignore[attr-defined]

    def make(insert: Any) -> Any:
        rows = [
            {column: bindparam(f"{column.name}_{number}", type_=column.type) for column in table.columns}
            for number in range(count)
        ]
        statement = insert(table).values(rows)
        after = col(CapacityBucket.used) + statement.excluded.used
        return statement.on_conflict_do_update(
            index_elements=["pool", "slot"],
            set_={"used": after, "cap": statement.excluded.cap},
            where=after <= statement.excluded.cap,
        ).returning(col(CapacityBucket.pool), col(CapacityBucket.slot))

    return Prepared(make)


_ADD = (
    update(CapacityBucket.__table__)  # type: ignore[attr-defined]
    .where(col(CapacityBucket.pool) == bindparam("in_pool"), col(CapacityBucket.slot) == bindparam("at"))
    .values(used=col(CapacityBucket.used) + bindparam("units"))
)
