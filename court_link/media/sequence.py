"""Which events of the engine's stream are news: numbered by room, within the epoch of the process that tells.

Pure. What is old or told twice changes nothing; a gap says that a snapshot must be read.
"""

from __future__ import annotations

from collections import OrderedDict
from enum import StrEnum

from court_link.media.engine import EngineEvent

REMEMBERED = 10_000  # rooms


class Word(StrEnum):
    """What an event is to one who has heard those before it."""

    NEW = "new"
    REPEATED = "repeated"
    AFTER_A_GAP = "after a gap"
    OF_ANOTHER_EPOCH = "of another epoch"


class Heard:
    """The last number of each room, and the epoch of the process that carries it."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, tuple[str, int]] = OrderedDict()

    def carried(self, room: str, epoch: str) -> None:
        """The room is carried by the process of this epoch, as that process itself has said."""
        if self._last.get(room, ("", 0))[0] != epoch:
            self._note(room, epoch, -1)

    def take(self, event: EngineEvent) -> Word:
        """What this event is, which is remembered unless it is of another epoch than the room's."""
        epoch, last = self._last.get(event.room, (event.epoch, -1))
        if epoch != event.epoch:
            return Word.OF_ANOTHER_EPOCH
        if last >= 0 and event.seq <= last:
            return Word.REPEATED
        self._note(event.room, epoch, event.seq)
        return Word.AFTER_A_GAP if last >= 0 and event.seq > last + 1 else Word.NEW

    def of(self, epoch: str) -> tuple[str, ...]:
        """The rooms that the process of this epoch carries."""
        return tuple(room for room, (carrier, _) in self._last.items() if carrier == epoch)

    def forget(self, room: str) -> None:
        """The room is over."""
        self._last.pop(room, None)

    def _note(self, room: str, epoch: str, last: int) -> None:
        self._last[room] = (epoch, last)
        self._last.move_to_end(room)
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
