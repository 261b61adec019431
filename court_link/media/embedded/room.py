"""From what the broker wants of a room to whose packets go where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from court_link.media.embedded.link import Link
from court_link.media.embedded.seat import SeatLine
from court_link.media.embedded.uplink import Recorder, Tap, Uplink
from court_link.media.engine import (
    DesiredLink,
    DesiredRoom,
    Kind,
    LinkState,
    LinkStatistics,
    Seat,
    Snapshot,
    may_receive,
    speaks,
)

PATIENCE = 5.0  # seconds that a second session may be up without being heard before it takes over
HEARD = 2.0  # seconds since its last packet for which a line counts as published
LOUD = 40  # average level, 0 to 127, from which someone is speaking
MARGIN = 8  # by how much another must be louder to take over


@dataclass(frozen=True, slots=True)
class Speaker:
    """The loudest of a place, and the links that may know."""

    link: str
    place: str
    level: int
    heard_by: tuple[str, ...]


class Room:
    """One room's desired state and the sessions of its links."""

    def __init__(self, desired: DesiredRoom) -> None:
        self.name = desired.room
        self.links: dict[str, Link] = {}
        self.pending: dict[str, Link] = {}  # the second session of a link, until it takes over
        self.desired: dict[str, DesiredLink] = {}
        self._speakers: dict[str, str] = {}
        self._taps: dict[Uplink, tuple[str, Tap]] = {}  # with the recording that each is of
        self.desire(desired, 0.0)

    def desire(self, desired: DesiredRoom, now: float) -> None:
        """Take over a newer desired state; the caller ends the sessions that it no longer admits, and wires.

        Whoever is in another place, or in another epoch of the same, stops sending and receiving first.
        """
        before = self.desired
        self.version = desired.version
        self.desired = {link.link: link for link in desired.links}
        self.recording, self.recorded = desired.recording, desired.recorded
        for link in self.desired.values():
            old = before.get(link.link)
            if old is not None and (old.place, old.epoch) != (link.place, link.epoch):
                for session in self.sessions(link.link):
                    session.move(now)
                if self._speakers.get(old.place) == link.link:
                    del self._speakers[old.place]

    def sessions(self, link: str) -> list[Link]:
        """The link's sessions: the one that is waiting to take over first, then the one that carries."""
        return [each[link] for each in (self.pending, self.links) if link in each]

    def admits(self, link: str) -> bool:
        """Whether a link may own media objects at all."""
        return link in self.desired

    def wire(self) -> None:
        """Give every uplink the seats that it fills. All that `take` forwards to follows from here."""
        targets: dict[Uplink, list[SeatLine]] = {
            uplink: [] for link in self.links.values() for uplink in link.uplinks.values()
        }
        for link in self.links.values():
            desired = self.desired.get(link.name)
            for line, source in link.filled(desired):
                uplink = self._source(desired, source, line) if link.connected else None
                line.watch(uplink)
                if line.source is not None:
                    targets[line.source].append(line)
        for uplink, lines_filled in targets.items():
            uplink.targets = tuple(lines_filled)

    def _source(self, receiver: DesiredLink | None, name: str | None, line: SeatLine) -> Uplink | None:
        """The uplink that this line of the receiver may carry."""
        source = self.desired.get(name) if name is not None else None
        link = self.links.get(source.link) if source is not None else None
        if receiver is None or source is None or link is None:
            return None
        return link.uplinks.get(line.kind) if may_receive(source, receiver, line.kind) else None

    def record(self, recorder: Recorder | None) -> None:
        """Give every uplink of the recorded place its tap, and close those of all others."""
        wanted = dict(self._recorded()) if recorder is not None else {}
        for uplink, (recording, tap) in list(self._taps.items()):
            if uplink not in wanted or recording != self.recording:
                uplink.taps = ()
                del self._taps[uplink]
                tap.close()
        for uplink, link in wanted.items():
            if uplink in self._taps or recorder is None or self.recording is None:
                continue
            made = recorder(self.name, self.recording, link, uplink.kind, uplink.codec)
            if made is not None:
                self._taps[uplink] = (self.recording, made)
                uplink.taps = (made,)

    def _recorded(self) -> Iterator[tuple[Uplink, str]]:
        """Every uplink that is to be recorded now, with its link: what is whispered to one is not."""
        for name, desired in self.desired.items():
            link = self.links.get(name)
            if self.recording is None or desired.place != self.recorded or link is None:
                continue
            for kind, uplink in link.uplinks.items():
                if kind in desired.publish and (kind is not Kind.AUDIO or speaks(desired)):
                    yield uplink, name

    def snapshot(self, epoch: str, now: float) -> Snapshot:
        """The room as it is."""
        states = tuple(self._state(desired, now) for desired in self.desired.values())
        return Snapshot(self.name, self.version, epoch, states)

    def _state(self, desired: DesiredLink, now: float) -> LinkState:
        link, waiting = self.links.get(desired.link), self.pending.get(desired.link)
        if link is None:
            return LinkState(desired.link, desired.place)
        state = LinkState(
            desired.link,
            desired.place,
            link.id,
            last_packet_at=link.last_packet_at,
            pending=waiting.id if waiting else None,
        )
        if not link.connected:
            return state
        publishing = frozenset(
            kind
            for kind, uplink in link.uplinks.items()
            if kind in desired.publish and now - uplink.newest_at < HEARD
        )
        filled = tuple(seat for seat in desired.seats if seat.source and self._fills(link, seat, now))
        return replace(state, connected=True, publishing=publishing, seats=filled)

    def _fills(self, link: Link, seat: Seat, now: float) -> bool:
        """Whether something of this seat's source reaches the link now."""
        source = self.links.get(seat.source or "")
        uplinks = source.uplinks.values() if source is not None else ()
        lines = (line for lines in link.seats for line in lines.values() if line.source in uplinks)
        return any(line.open and line.source and now - line.source.newest_at < HEARD for line in lines)

    def statistics(self) -> tuple[LinkStatistics, ...]:
        """Figures of every session, in the desired order."""
        return tuple(
            self.links[name].figures.statistics(desired)
            for name, desired in self.desired.items()
            if name in self.links
        )

    def ready(self, link: Link, now: float) -> bool:
        """Whether a waiting session may take over: all that its predecessor brings comes from it too."""
        old, desired = self.links.get(link.name), self.desired.get(link.name)
        if link.up_at is None or desired is None:
            return False
        if old is None or not old.connected or (now - link.up_at > PATIENCE and not link.silent(now)):
            return True
        return all(
            link.uplinks[kind].ready
            for kind, uplink in old.uplinks.items()
            if kind in link.uplinks and kind in desired.publish and now - uplink.newest_at < HEARD
        )

    def speakers(self) -> list[Speaker]:
        """Who took over as the loudest of a place since the last call."""
        levels: dict[str, dict[str, int]] = {}
        for name, link in self.links.items():
            desired = self.desired.get(name)
            level = link.figures.loudness()
            if desired is not None and level >= LOUD and speaks(desired):
                levels.setdefault(desired.place, {})[name] = level
        changed = []
        for place, loud in levels.items():
            level, name = max((level, name) for name, level in loud.items())
            current = self._speakers.get(place)
            if name != current and (current not in loud or level >= loud[current] + MARGIN):
                self._speakers[place] = name
                changed.append(Speaker(name, place, level, tuple(self._hearers(self.desired[name]))))
        places = {desired.place for desired in self.desired.values()}
        for place in self._speakers.keys() - places:
            del self._speakers[place]
        return changed

    def _hearers(self, source: DesiredLink) -> Iterator[str]:
        """Those of the room who may hear this link, itself included."""
        for link in self.desired.values():
            if link is source or may_receive(source, link, Kind.AUDIO):
                yield link.link
