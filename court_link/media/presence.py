"""Presence: what the media engine says of each link, written down where it changes what is known.

It never changes admission or place. Each writer compares under the row's lock and writes (and records an
event) only on a change, so that several listeners of one engine write each thing once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from court_link.domain.context import SYSTEM, Context
from court_link.domain.events import EventKind
from court_link.domain.node import NodeState
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
    link = session.get(Link, UUID(event.link))
    if link is None:
        return False
    row = live.media_row(session, link.id)
    match event.kind:
        case Happened.JOINED | Happened.RESUMED:
            return _connect(session, ctx, link, row, event.epoch)
        case Happened.INTERRUPTED | Happened.LEFT:
            reason = str(event.data.get("reason", event.kind.value))
            if reason == "replaced":  # a newer session of the same link has already taken over
                return False
            return _disconnect(session, ctx, link, row, event.epoch, reason=reason)
        case Happened.QUALITY:
            score = int(event.data["score"])
            changed = quality_words(score) != quality_words(row.quality)
            if changed:
                row.quality, row.changed_at = score, ctx.now
            return changed
    return False


async def reconcile(db: Db, snapshot: Snapshot) -> bool:
    """Write down what a snapshot shows and no event has told; says whether anything changed."""
    known = await db.read(_known, Context(SYSTEM), snapshot)
    if all(known.get(UUID(state.link), False) == state.connected for state in snapshot.links):
        return False
    return await db.write(_reconcile, Context(SYSTEM), snapshot)


def _known(session: Session, ctx: Context, snapshot: Snapshot) -> dict[UUID, bool]:
    found = live.media(session, [UUID(state.link) for state in snapshot.links])
    return {link_id: row.connected and row.epoch == snapshot.epoch for link_id, row in found.items()}


def _reconcile(session: Session, ctx: Context, snapshot: Snapshot) -> bool:
    changed = [_settle(session, ctx, state, snapshot.epoch) for state in snapshot.links]
    return any(changed)


def _settle(session: Session, ctx: Context, state: LinkState, epoch: str) -> bool:
    link = session.get(Link, UUID(state.link))
    if link is None:
        return False
    row = live.media_row(session, link.id)
    if state.connected:
        return _connect(session, ctx, link, row, epoch)
    return _disconnect(session, ctx, link, row, epoch, reason="missed")


def node_lost(session: Session, ctx: Context, name: str, epoch: str) -> None:
    """The media server does not answer."""
    row = live.node_row(session, name)
    if row.state is not NodeState.LOST:
        row.state = NodeState.LOST
        events.record(session, ctx, EventKind.NODE_LOST, data={"name": name, "epoch": row.epoch})


def node_up(session: Session, ctx: Context, name: str, epoch: str) -> None:
    """The media server answers, in the same epoch as before or a new one."""
    row = live.node_row(session, name)
    if row.state is not NodeState.READY or row.epoch != epoch:
        row.state, row.epoch = NodeState.READY, epoch
        events.record(session, ctx, EventKind.NODE_READY, data={"name": name, "epoch": epoch})
    row.seen_at = datetime.now(UTC)


def _connect(session: Session, ctx: Context, link: Link, row: LinkMedia, epoch: str) -> bool:
    if row.connected and row.epoch == epoch:
        return False
    row.connected, row.epoch, row.changed_at = True, epoch, ctx.now
    links.record(session, ctx, EventKind.LINK_CONNECTED, link)
    return True


def _disconnect(
    session: Session, ctx: Context, link: Link, row: LinkMedia, epoch: str, *, reason: str
) -> bool:
    # What an older epoch says of a link that the newer one already carries is no news.
    if not row.connected:
        return False
    row.connected, row.quality, row.changed_at = False, None, ctx.now
    row.epoch = epoch
    links.record(session, ctx, EventKind.LINK_INTERRUPTED, link, reason=reason)
    return True
