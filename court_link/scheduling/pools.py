"""How much of each counted pool there is, by the quarter of an hour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from court_link.domain.booking import PoolKind
from court_link.domain.requirements import QUARTER, Demand, Place, Rules
from court_link.domain.times import Interval
from court_link.store import Session, calendar
from court_link.store.buckets import Key

#: The cap of a pool that nobody counts: a suite whose escort contractor gives no shifts.
UNCOUNTED = 1_000_000

#: The pools that people on shift make up; detention officers and escorts are counted apart.
STAFFED = (PoolKind.CUSTODY_STAFF, PoolKind.ESCORTS)


def caps(
    session: Session,
    wanted: Mapping[Demand, Sequence[datetime]],
    places: Iterable[Place],
    rules: Rules,
) -> dict[Key, int]:
    """The cap of every bucket wanted: media places and recorders in all, streams of a site's line, staff of
    a pool on shift who are not away. Detention officers are always counted: without a shift there are none.
    """
    everywhere = {PoolKind.MEDIA: rules.media_capacity, PoolKind.RECORDING: rules.recording_capacity}
    streams = {place.site_id: place.link_streams for place in places}
    staff = {kind: _staff(session, kind, wanted) for kind in STAFFED}
    found: dict[Key, int] = {}
    for demand, quarters in wanted.items():
        pool = demand.pool
        for quarter in quarters:
            if pool.kind in everywhere:
                cap = everywhere[pool.kind]
            elif pool.kind is PoolKind.SITE_LINK:
                cap = streams[pool.site_id]
            else:
                shifts = staff[pool.kind].get(pool.site_id) if pool.site_id else ()
                cap = UNCOUNTED if shifts is None else on_shift(shifts, quarter)
            found[pool.key, quarter] = cap
    return found


def on_shift(shifts: Sequence[tuple[Interval, int]], quarter: datetime) -> int:
    """Staff on shift all through a quarter: the fewest at any moment, as a handover may fall inside."""
    whole = Interval(quarter, quarter + QUARTER)
    moments = {whole.start, *(each.start for each, _ in shifts), *(each.end for each, _ in shifts)}
    return min(
        sum(staff for shift, staff in shifts if shift.holds(moment))
        for moment in moments
        if whole.holds(moment)
    )


def _staff(
    session: Session, kind: PoolKind, wanted: Mapping[Demand, Sequence[datetime]]
) -> dict[UUID, Sequence[tuple[Interval, int]]]:
    """The shifts of a pool over the quarters wanted, by site; a site that is not counted is not in it."""
    demands = [demand for demand in wanted if demand.pool.kind is kind]
    quarters = [quarter for demand in demands for quarter in wanted[demand]]
    if not quarters:
        return {}
    sites = {demand.pool.site_id for demand in demands if demand.pool.site_id}
    counted = sites if kind is PoolKind.CUSTODY_STAFF else calendar.planned(session, kind, sites)
    shifts = calendar.staff(session, kind, counted, Interval(min(quarters), max(quarters) + QUARTER))
    return {site_id: shifts.get(site_id, ()) for site_id in counted}
