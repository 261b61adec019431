"""A media node: one media server with a capacity."""

from __future__ import annotations

from enum import StrEnum

from court_link.domain.states import step


class NodeState(StrEnum):
    JOINING = "joining"
    READY = "ready"
    DRAINING = "draining"
    LOST = "lost"
    GONE = "gone"


class NodeEvent(StrEnum):
    READY = "ready"
    DRAIN = "drain"
    LOSE = "lose"
    RETURN = "return"
    GO = "go"


N, E = NodeState, NodeEvent

TRANSITIONS: dict[tuple[NodeState, NodeEvent], NodeState] = {
    (N.JOINING, E.READY): N.READY,
    (N.READY, E.DRAIN): N.DRAINING,
    (N.DRAINING, E.GO): N.GONE,  # it was emptied to be stopped
    (N.DRAINING, E.RETURN): N.READY,  # started afresh: a drain lasts as long as the process
    (N.READY, E.LOSE): N.LOST,
    (N.LOST, E.RETURN): N.READY,
    (N.LOST, E.DRAIN): N.DRAINING,  # it was only out of sight, and has been told meanwhile
    (N.LOST, E.GO): N.GONE,
}


def after(state: NodeState, event: NodeEvent) -> NodeState:
    """The state that follows, or WrongState in a sentence."""
    return step(TRANSITIONS, state, event, "media server")
