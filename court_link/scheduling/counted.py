"""The counted pools over days: when one of them has not so many units left.

A cap that stands is a number; staff on shift come and go, so theirs is a list of shifts. Of what is used only
the buckets are read in which it could matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from court_link.domain.booking import PoolKind
from court_link.domain.requirements import QUARTER, Demand, Place, Pool, Rules, quarter_of
from court_link.domain.slots import Obstacle
from court_link.domain.times import Interval, union
from court_link.scheduling.pools import STAFFED, UNCOUNTED, on_shift
from court_link.store import Session, calendar, searching
from court_link.store.buckets import Key
from court_link.store.prepared import Later

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Shifts = Sequence[tuple[Interval, int]]


@dataclass(frozen=True, slots=True)
class Counted:
    """Pools by key: caps that stand, staff on shift as they change, and what is used of each quarter."""

    whole: Interval
    caps: Mapping[str, int]
    shifts: Mapping[str, Shifts]
    used: Mapping[str, Mapping[datetime, int]]
    _full: dict[tuple[str, int], list[Obstacle]] = field(default_factory=dict)

    def full(self, demand: Demand, why: str) -> list[Obstacle]:
        """When this pool has not so many units left."""
        key = (demand.pool.key, demand.units)
        if key not in self._full:
            found = [*self._short(*key), *self._used_up(*key)]
            # What lasts to the end of what was read may last longer: nobody knows until when.
            self._full[key] = [Obstacle(each, why, ends=each.end < self.whole.end) for each in union(found)]
        return self._full[key]

    def _used_up(self, pool: str, units: int) -> Iterator[Interval]:
        for quarter, used in self.used.get(pool, {}).items():
            cap = on_shift(self.shifts[pool], quarter) if pool in self.shifts else self.caps[pool]
            if used + units > cap:
                yield Interval(quarter, quarter + QUARTER)

    def _short(self, pool: str, units: int) -> Iterator[Interval]:
        """When fewer are there than are asked for, whatever is used: in whole quarters of an hour."""
        if pool not in self.shifts:
            if self.caps[pool] < units:
                yield self.whole
            return
        changes = [(self.whole.start, 0), (self.whole.end, 0)]
        for shift, staff in self.shifts[pool]:
            if on := shift.clipped(self.whole):
                changes += [(on.start, staff), (on.end, -staff)]
        here = 0
        for (since, change), (until, _) in pairwise(sorted(changes)):
            here += change
            if here < units and since < until:
                yield Interval(quarter_of(since), _EPOCH - (_EPOCH - until) // QUARTER * QUARTER)


def counted(
    session: Session,
    demands: Iterable[Demand],
    shifts: Mapping[str, Shifts],
    places: Iterable[Place],
    whole: Interval,
    rules: Rules,
    given_back: Iterable[Mapping[Key, int]],
) -> Later[Counted]:
    """Ask for all that these demands count on over an interval: `shifts` are theirs, `given_back` is of
    bookings that do not count.
    """
    most: dict[Pool, int] = {}
    for demand in demands:
        most[demand.pool] = max(demand.units, most.get(demand.pool, 0))
    caps = _standing(most, places, rules)
    # Of a pool that has so much left even when it is at its shortest, nothing is read at all. Where nobody is
    # on shift it is short whatever is used.
    least = caps | {key: min((staff for _, staff in of if staff), default=0) for key, of in shifts.items()}
    above = {pool.key: least.get(pool.key, UNCOUNTED) - units for pool, units in most.items()}
    fullest = searching.fullest(session, above, whole)
    uncounted = {pool.key: UNCOUNTED for pool in most if pool.key not in least}

    def read() -> Counted:
        used: dict[str, dict[datetime, int]] = {}
        for (key, quarter), units in fullest().items():
            used.setdefault(key, {})[quarter] = units
        for taken in given_back:
            for (key, quarter), units in taken.items():
                if quarter in used.get(key, {}):
                    used[key][quarter] -= units
        return Counted(whole, caps | uncounted, shifts, used)

    return read


def _standing(pools: Iterable[Pool], places: Iterable[Place], rules: Rules) -> dict[str, int]:
    """The caps that are the same at all times."""
    everywhere = {PoolKind.MEDIA: rules.media_capacity, PoolKind.RECORDING: rules.recording_capacity}
    streams = {place.site_id: place.link_streams for place in places}
    return {
        pool.key: streams[pool.site_id] if pool.kind is PoolKind.SITE_LINK else everywhere[pool.kind]
        for pool in pools
        if pool.kind not in STAFFED
    }


def shifts_of(session: Session, demands: Iterable[Demand], whole: Interval) -> Later[dict[str, Shifts]]:
    """Ask for the shifts of the pools wanted that staff make up, by pool; of a contractor who plans none
    there are none to count.
    """
    every = {demand.pool for demand in demands}
    asked = []
    for kind in STAFFED:
        if sites := {pool.site_id: pool.key for pool in every if pool.kind is kind and pool.site_id}:
            counts = kind is PoolKind.CUSTODY_STAFF
            planned = list(sites if counts else calendar.planned(session, kind, sites.keys()))
            asked.append((sites, planned, calendar.staff_asked(session, kind, planned, whole)))

    def read() -> dict[str, Shifts]:
        found: dict[str, Shifts] = {}
        for sites, planned, shifts in asked:
            on = shifts()
            found |= {sites[site_id]: on.get(site_id, []) for site_id in planned}
        return found

    return read
