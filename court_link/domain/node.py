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
    (N.DRAINING, E.GO): N.GONE,
    (N.READY, E.LOSE): N.LOST,
    (N.LOST, E.RETURN): N.READY,  # within one epoch
    (N.LOST, E.GO): N.GONE,
}


def after(state: NodeState, event: NodeEvent) -> NodeState:
    """The state that follows, or WrongState in a sentence."""
    return step(TRANSITIONS, state, event, "media server")
