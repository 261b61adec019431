"""Media nodes as the store knows them: heard of, lost, drained; and which room is placed on which.

Every process of the API listens to every node in its own time, and any of them may write down what it hears.
A node that one of them still hears is not lost for long: who hears it says so again within a second.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from court_link.domain import node as rules
from court_link.domain.context import Context
from court_link.domain.errors import Forbidden, NotFound
from court_link.domain.events import EventKind
from court_link.domain.node import NodeEvent, NodeState
from court_link.domain.roles import OrganisationKind, Permission
from court_link.domain.times import Interval
from court_link.media import engine
from court_link.media.placement import Candidate, Reserved, by_name, choose, most_at_once
from court_link.store import Session, events, nodes
from court_link.store.tables import LiveRoom, Node, Organisation

#: How long (real time) a lost node may take to come back before its rooms are moved to another.
MOVED_AFTER = timedelta(seconds=3)
#: A node that nobody has heard of for so long (real time), while somebody listened, is lost.
SILENT_AFTER = timedelta(seconds=20)
#: How old what is known of a node may become while it is heard.
FRESH = timedelta(seconds=8)
#: How far ahead the rooms of booked hearings are placed, so that what they need is kept for them.
AHEAD = timedelta(hours=3)


def heard(session: Session, ctx: Context, found: Collection[engine.Node]) -> bool:
    """Write down what these nodes, which answer, say of themselves; says whether any came up."""
    news = [_heard(session, ctx, node) for node in sorted(found, key=lambda node: node.name)]
    return any(news)


def unknown(session: Session, ctx: Context, found: Collection[engine.Node]) -> bool:
    """Whether `heard` would write down anything that matters now."""
    rows = {row.name: row for row in nodes.every(session)}
    since = datetime.now(UTC) - FRESH
    return any(
        (row := rows.get(node.name)) is None
        or (row.epoch, row.capacity, row.load, row.url) != (node.epoch, node.capacity, node.load, node.url)
        or row.state is not (NodeState.DRAINING if node.draining else NodeState.READY)
        or row.seen_at < since
        for node in found
    )


def stale(session: Session, ctx: Context, up: Collection[str]) -> bool:
    """Whether what is written of the nodes that this process hears is old, or says that one is lost."""
    since = datetime.now(UTC) - FRESH
    rows = {row.name: row for row in nodes.every(session)}
    return any(
        (row := rows.get(name)) is None or row.state not in _CARRY or row.seen_at < since for name in up
    )


def _heard(session: Session, ctx: Context, node: engine.Node) -> bool:
    row = nodes.row(session, node.name)
    before = (row.state, row.epoch)
    if row.state is NodeState.GONE:  # another of the same name
        row.state = NodeState.JOINING
    if row.state is NodeState.JOINING:
        row.state = rules.after(row.state, NodeEvent.READY)
    wanted = NodeState.DRAINING if node.draining else NodeState.READY
    if row.state is not wanted:
        row.state = rules.after(row.state, NodeEvent.DRAIN if node.draining else NodeEvent.RETURN)
    row.epoch, row.url, row.seen_at = node.epoch, node.url, datetime.now(UTC)
    row.capacity, row.load = node.capacity, node.load
    if before == (row.state, row.epoch):
        return False
    kind = EventKind.NODE_DRAINING if node.draining else EventKind.NODE_READY
    events.record(session, ctx, kind, data={"name": node.name, "epoch": node.epoch})
    return True


def lost(session: Session, ctx: Context, name: str, url: str, epoch: str) -> bool:
    """A node, known by name or by address, does not answer; says whether that is news.

    Word of an older epoch than the one that somebody hears now is none.
    """
    row = nodes.get(session, name or nodes.named_at(session, url) or "")
    if row is None or (epoch and row.epoch != epoch):
        return False
    return _lose(session, ctx, row)


def silent(session: Session, ctx: Context) -> bool:
    """Lose every node that nobody has heard of, such as one that is configured no more."""
    since = datetime.now(UTC) - SILENT_AFTER
    gone = [row for row in nodes.every(session, lock=True) if row.seen_at < since]
    news = [_lose(session, ctx, row) for row in gone]
    return any(news)


def any_silent(session: Session, ctx: Context) -> bool:
    """Whether `silent` would find one."""
    since = datetime.now(UTC) - SILENT_AFTER
    return any(row.seen_at < since and row.state in _CARRY for row in nodes.every(session))


def _lose(session: Session, ctx: Context, row: Node) -> bool:
    if row.state not in _CARRY:
        return False
    row.state = rules.after(row.state, NodeEvent.GO if row.state is NodeState.DRAINING else NodeEvent.LOSE)
    row.seen_at = datetime.now(UTC)
    events.record(session, ctx, EventKind.NODE_LOST, data={"name": row.name, "epoch": row.epoch})
    return True


_CARRY = frozenset({NodeState.READY, NodeState.DRAINING})


def node_of(session: Session, ctx: Context, room: str) -> str | None:
    """The node that a room is on, or should be; None for nowhere yet."""
    row = _room(session, room)
    return row.node if row is not None else by_name(_ready(session), room)


def standing(session: Session, ctx: Context, room: str) -> str | None:
    """The node of a room that needs no other one now."""
    row = _room(session, room)
    if row is None:
        return by_name(_ready(session), room)
    known = {node.name: node for node in nodes.every(session)}
    return row.node if row.node in known and _stays(row, known[row.node]) else None


def place(session: Session, ctx: Context, room: str) -> str | None:
    """Give a room the node that it has, or another when it has none, or that one is lost; None when there is
    none to be had.
    """
    known = {node.name: node for node in nodes.every(session, lock=True)}
    row = _room(session, room, lock=True)
    if row is None:
        return by_name(_ready(session), room)
    if row.node in known and _stays(row, known[row.node]):
        return row.node
    return _move(session, ctx, row, known.values())


def unplaced(session: Session, ctx: Context) -> tuple[UUID, ...]:
    """Hearings of the next hours that no node keeps a place for, soonest first."""
    ready = set(_ready(session))
    ahead = nodes.placed(session, Interval(ctx.now, ctx.now + AHEAD), ctx.now)
    return (
        tuple(each.hearing_id for each in ahead if not each.carried and each.node not in ready)
        if ready
        else ()
    )


def place_ahead(session: Session, ctx: Context, hearings: Iterable[UUID]) -> None:
    """Keep places for hearings that are to come."""
    known = nodes.every(session, lock=True)
    ready = {node.name for node in known if _takes(node)}
    for hearing_id in hearings:
        row = _room(session, str(hearing_id), lock=True)
        if row is not None and row.node not in ready:
            _move(session, ctx, row, known)


def _move(session: Session, ctx: Context, row: LiveRoom, known: Iterable[Node]) -> str | None:
    """Place a room, whose row is locked, on the best of these nodes; where it was, when none takes it."""
    need = next(iter(nodes.placed(session, _ALWAYS, ctx.now, [row.hearing_id])), None)
    within = need.at if need else Interval(ctx.now, ctx.now + nodes.OVERRUN)
    others = [each for each in nodes.placed(session, within, ctx.now) if each.hearing_id != row.hearing_id]
    candidates = [
        Candidate(
            node.name,
            node.capacity,
            most_at_once(
                (Reserved(each.at, each.places) for each in others if each.node == node.name), within
            ),
            node.load,
        )
        for node in known
        if _takes(node)
    ]
    chosen = choose(candidates, need.places if need else nodes.LEAST)
    if chosen is None or chosen == row.node:
        return row.node
    data = {"node": chosen} | ({"before": row.node} if row.node else {})
    row.node = chosen
    events.record(session, ctx, EventKind.ROOM_PLACED, hearing_id=row.hearing_id, data=data)
    return chosen


_ALWAYS = Interval(datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


def _stays(row: LiveRoom, node: Node) -> bool:
    match node.state:
        case NodeState.READY:
            return True
        case NodeState.DRAINING:  # what it carries goes on; what it was only going to carry goes elsewhere
            return row.applied_version > 0 and not row.closed and row.epoch == node.epoch
        case NodeState.LOST:
            return datetime.now(UTC) - node.seen_at < MOVED_AFTER
    return False


def _takes(node: Node) -> bool:
    return node.state is NodeState.READY and datetime.now(UTC) - node.seen_at < SILENT_AFTER


def _ready(session: Session) -> tuple[str, ...]:
    return tuple(node.name for node in nodes.every(session) if _takes(node))


def _room(session: Session, room: str, *, lock: bool = False) -> LiveRoom | None:
    """The row of a hearing's room; None for a room that is no hearing's, such as a kit check's."""
    try:
        hearing_id = UUID(room)
    except ValueError:
        return None
    return session.get(LiveRoom, hearing_id, with_for_update=lock or None, populate_existing=lock)


@dataclass(frozen=True, slots=True)
class Shown:
    """A media node as operators see it. Counts are of participants; `rooms` are those of live hearings."""

    name: str
    state: NodeState
    capacity: int
    load: int
    reserved: int
    rooms: int
    seen_at: datetime


def listed(session: Session, ctx: Context) -> tuple[Shown, ...]:
    """Every node there is, and what is placed on it now. Raises Forbidden."""
    _check_operator(session, ctx)
    now = Interval(ctx.now, ctx.now + timedelta(minutes=1))
    placed = nodes.placed(session, now, ctx.now)
    return tuple(
        Shown(
            node.name,
            node.state,
            node.capacity,
            node.load,
            sum(each.places for each in placed if each.node == node.name),
            sum(each.carried for each in placed if each.node == node.name),
            node.seen_at,
        )
        for node in nodes.every(session)
        if node.state is not NodeState.GONE
    )


def _check_operator(session: Session, ctx: Context) -> None:
    """Nodes carry everybody's hearings, and are the court's own: no other organisation empties them."""
    ctx.require(Permission.MANAGE_NODES)
    if ctx.actor.organisation_id is not None:
        own = session.get_one(Organisation, ctx.actor.organisation_id)
        if own.kind is not OrganisationKind.COURT:
            raise Forbidden


def check_drained(session: Session, ctx: Context, name: str) -> None:
    """Whether the asker may drain this node. Raises Forbidden, NotFound."""
    _check_operator(session, ctx)
    if all(node.name != name or node.state not in _CARRY for node in nodes.every(session)):
        raise NotFound
