"""Presence: what the media engine says of each link, written down where it changes what is known.

It never changes admission or place. Several processes listen to one engine, each in its own time, and one
that starts again hears once more what was said before: so each word carries the engine's time, and under the
row's lock only a newer word than the last is taken, and only a change is written down as an event.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from court_link.domain.context import SYSTEM, Context
from court_link.domain.events import EventKind
from court_link.media.engine import EngineEvent, LinkState, Snapshot
from court_link.media.engine import EventKind as Happened
from court_link.store import Db, Session, events, links, live
from court_link.store.tables import Link, LinkMedia

#: Scores above these are said to be good, or poor (the scale of `engine.LinkStatistics.quality`).
EXCELLENT, GOOD = 80, 40


def quality_words(score: int | None) -> str:
    """A connection in words; empty when nothing is known yet."""
    if score is None:
        return ""
    return (
        "Good connection" if score > EXCELLENT else "Fair connection" if score > GOOD else "Poor connection"
    )


def take(session: Session, ctx: Context, event: EngineEvent) -> bool:
    """Write down one event of a link; says whether anything known has changed."""
    found = _newer(session, UUID(event.link), datetime.fromtimestamp(event.at, UTC))
    if found is None or str(found[0].hearing_id) != event.room:  # a try of the kit is no presence
        return False
    link, row = found
    row.changed_at = datetime.fromtimestamp(event.at, UTC)
    match event.kind:
        case Happened.JOINED | Happened.RESUMED:
            return _connect(session, ctx, link, row, event.epoch)
        case Happened.INTERRUPTED | Happened.LEFT:
            reason = str(event.data.get("reason", event.kind.value))
            if reason == "replaced":  # a newer session of the same link has already taken over
                return False
            return _disconnect(session, ctx, link, row, event.epoch, reason=reason)
        case Happened.QUALITY:
            before, row.quality = quality_words(row.quality), int(event.data["score"])
            return quality_words(row.quality) != before
    return False


def stale(session: Session, ctx: Context, hearing_id: UUID, epoch: str) -> bool:
    """Write down, once, that a media server told of a room that it no longer carries; says if it did."""
    told = live.told_of(session, hearing_id, EventKind.MEDIA_STALE)
    if any(data.get("epoch") == epoch for data in told):
        return False
    events.record(session, ctx, EventKind.MEDIA_STALE, hearing_id=hearing_id, data={"epoch": epoch})
    return True


async def reconcile(db: Db, snapshot: Snapshot, asked_at: datetime) -> bool:
    """Write down what a snapshot, asked for at this time, shows and no event has told; says if it did."""
    known = await db.read(_known, Context(SYSTEM), snapshot)
    states = {UUID(state.link): state for state in snapshot.links}
    # Whoever was last said to be connected and is not in the room at all has left it unheard.
    states |= {
        link: LinkState(str(link), "") for link, is_in in known.items() if is_in and link not in states
    }
    if all(known.get(link, False) == state.connected for link, state in states.items()):
        return False
    return await db.write(_reconcile, Context(SYSTEM), tuple(states.values()), snapshot.epoch, asked_at)


def _known(session: Session, ctx: Context, snapshot: Snapshot) -> dict[UUID, bool]:
    there = {UUID(state.link) for state in snapshot.links}
    found = live.media(session, there | live.connected(session, UUID(snapshot.room)))
    return {
        link_id: row.connected and (row.epoch == snapshot.epoch or link_id not in there)
        for link_id, row in found.items()
    }


def _reconcile(
    session: Session, ctx: Context, states: Collection[LinkState], epoch: str, asked_at: datetime
) -> bool:
    changed = [_settle(session, ctx, state, epoch, asked_at) for state in states]
    return any(changed)


def _settle(session: Session, ctx: Context, state: LinkState, epoch: str, asked_at: datetime) -> bool:
    found = _newer(session, UUID(state.link), asked_at)
    if found is None:
        return False
    link, row = found
    if state.connected:
        changed = _connect(session, ctx, link, row, epoch)
    else:
        changed = _disconnect(session, ctx, link, row, epoch, reason="missed")
    if changed:
        row.changed_at = asked_at
    return changed


def _newer(session: Session, link_id: UUID, at: datetime) -> tuple[Link, LinkMedia] | None:
    """A link and what is known of it, locked; None for an unknown link, or a newer word than of this time."""
    link = session.get(Link, link_id)
    row = live.media_row(session, link_id) if link is not None else None
    return (link, row) if link is not None and row is not None and row.changed_at < at else None


def _connect(session: Session, ctx: Context, link: Link, row: LinkMedia, epoch: str) -> bool:
    if row.connected and row.epoch == epoch:
        return False
    row.connected, row.epoch = True, epoch
    links.record(session, ctx, EventKind.LINK_CONNECTED, link)
    return True


def _disconnect(
    session: Session, ctx: Context, link: Link, row: LinkMedia, epoch: str, *, reason: str
) -> bool:
    if not row.connected:
        return False
    row.connected, row.quality, row.epoch = False, None, epoch
    links.record(session, ctx, EventKind.LINK_INTERRUPTED, link, reason=reason)
    return True
