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


def caps(
    session: Session,
    wanted: Mapping[Demand, Sequence[datetime]],
    places: Iterable[Place],
    rules: Rules,
) -> dict[Key, int]:
    """The cap of every bucket wanted: media places in all, streams of a site's line, officers on shift."""
    streams = {place.site_id: place.link_streams for place in places}
    staffed = _shifts(session, wanted)
    found: dict[Key, int] = {}
    for demand, quarters in wanted.items():
        pool = demand.pool
        for quarter in quarters:
            if pool.kind is PoolKind.MEDIA:
                cap = rules.media_capacity
            elif pool.kind is PoolKind.SITE_LINK:
                cap = streams[pool.site_id]
            else:
                cap = on_shift(staffed.get(pool.site_id, ()), quarter) if pool.site_id else 0
            found[pool.key, quarter] = cap
    return found


def on_shift(shifts: Sequence[tuple[Interval, int]], quarter: datetime) -> int:
    """Officers on shift all through a quarter: the fewest at any moment, as a handover may fall inside."""
    whole = Interval(quarter, quarter + QUARTER)
    moments = {whole.start, *(each.start for each, _ in shifts), *(each.end for each, _ in shifts)}
    return min(
        sum(staff for shift, staff in shifts if shift.holds(moment))
        for moment in moments
        if whole.holds(moment)
    )


def _shifts(
    session: Session, wanted: Mapping[Demand, Sequence[datetime]]
) -> dict[UUID, list[tuple[Interval, int]]]:
    staffed = [demand for demand in wanted if demand.pool.kind is PoolKind.CUSTODY_STAFF]
    quarters = [quarter for demand in staffed for quarter in wanted[demand]]
    if not quarters:
        return {}
    sites = [demand.pool.site_id for demand in staffed if demand.pool.site_id]
    return calendar.shifts(session, sites, Interval(min(quarters), max(quarters) + QUARTER))
