"""Which media node carries which room. Pure: what is reserved and what is carried in, a name out.

A node is *full* when the participants that its rooms have reserved at once, or those it carries now,
whichever is more, reach its capacity. A hearing goes to the least loaded node on which it fits. When it fits
nowhere (booking counts all nodes together, and what is left may be in pieces) it goes where most is left,
because a hearing that was booked is held.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from court_link.domain.times import Interval


@dataclass(frozen=True, slots=True)
class Reserved:
    """So many participants for so long."""

    at: Interval
    places: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node that takes rooms. All counts are of participants; `reserved` is the most at any one moment."""

    name: str
    capacity: int
    reserved: int = 0
    load: int = 0

    @property
    def taken(self) -> int:
        return max(self.reserved, self.load)

    @property
    def left(self) -> int:
        return self.capacity - self.taken


def most_at_once(reserved: Iterable[Reserved], within: Interval) -> int:
    """The most participants that these reservations hold at one moment within an interval."""
    standing = [each for each in reserved if each.at.overlaps(within)]
    moments = {max(each.at.start, within.start) for each in standing}
    return max((sum(each.places for each in standing if each.at.holds(at)) for at in moments), default=0)


def choose(nodes: Collection[Candidate], places: int) -> str | None:
    """The node for a room of so many participants, or None when there is no node.

    Load is a share of capacity, so that nodes of several sizes fill evenly; of equals the first by name.
    """
    fitting = [node for node in nodes if node.left >= places]
    if fitting:
        return min(fitting, key=lambda node: (node.taken / node.capacity, node.name)).name
    return min(nodes, key=lambda node: (-node.left, node.name)).name if nodes else None


def by_name(nodes: Collection[str], room: str) -> str | None:
    """The node for a room that nobody booked (a kit check), the same for whoever asks, without a word to
    anybody: highest random weight (Thaler and Ravishankar, 1998).
    """
    return max(nodes, key=lambda node: hashlib.sha256(f"{node}\n{room}".encode()).digest(), default=None)
