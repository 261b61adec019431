"""How a state table is read. Each noun's own table is in its own module."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from court_link.domain.errors import WrongState

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


def step(table: Mapping[tuple[S, E], S], state: S, event: E, noun: str) -> S:
    """The state after `event`, or WrongState saying what stands in the way, in words."""
    try:
        return table[(state, event)]
    except KeyError:
        stage = state.value.replace("_", " ")
        raise WrongState(f"This {noun} is {stage}, so it cannot be {PAST[event.value]}.") from None


#: Events as participles a person reads.
PAST: dict[str, str] = {
    "book": "booked",
    "open_lobby": "opened",
    "start": "started",
    "pause": "paused",
    "resume": "resumed",
    "end": "ended",
    "vacate": "vacated",
    "reopen": "reopened",
    "release": "released",
    "confirm": "confirmed",
    "lapse": "let go",
    "arrive": "let into the lobby",
    "admit": "admitted",
    "refuse": "refused",
    "remove": "removed",
    "leave": "sent back to waiting",
    "ready": "made ready",
    "drain": "drained",
    "lose": "lost",
    "return": "returned",
    "go": "taken away",
}
