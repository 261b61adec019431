"""The worker's heart: rooms, sessions, the one port, and the clock that drives them."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from dataclasses import dataclass, replace

from aiortc import RTCCertificate

from court_link.media.embedded import answer, ice, offer
from court_link.media.embedded.link import Link
from court_link.media.embedded.log import EventLog
from court_link.media.embedded.port import Port
from court_link.media.embedded.room import Room
from court_link.media.embedded.routes import Routes
from court_link.media.embedded.uplink import Recorder
from court_link.media.engine import (
    DesiredRoom,
    EngineUnavailable,
    EventKind,
    Kind,
    LinkStatistics,
    Node,
    NoSuchSession,
    NotAdmitted,
    Session,
    Snapshot,
    StaleSession,
)

log = logging.getLogger(__name__)

TICK = 0.02  # seconds; the others are in ticks
FEEDBACK_TICKS = 5
SPEAKER_TICKS = 15
REPORT_TICKS = 50
QUALITY_TICKS = 250
MOST_ROOMS = 4096
CONNECT_WITHIN = 30.0  # seconds for a session to come up
KEEP = 180.0  # seconds an interrupted session is kept
COMPLAIN_EVERY = 60.0  # seconds between two log lines of the same kind of fault


@dataclass(slots=True)
class Counters:
    """What sessions carried; every field only grows."""

    packets_in: int = 0
    bytes_in: int = 0
    packets_out: int = 0
    bytes_out: int = 0
    resent: int = 0
    refused: int = 0

    def add(self, link: Link) -> None:
        self.packets_in += link.packets_in
        self.bytes_in += link.bytes_in
        self.packets_out += link.figures.packets_out
        self.bytes_out += link.figures.bytes_out
        self.resent += link.figures.resent
        self.refused += link.refused


class Forwarder:
    """Everything that the control asks for, as plain calls; needs a running event loop.

    `recorder` makes what writes an uplink to a file; None records nothing.
    """

    def __init__(
        self, host: str, port: int, *, addresses: tuple[str, ...], node: str, capacity: int, url: str
    ) -> None:
        self.epoch = secrets.token_hex(8)
        self.events = EventLog(self.epoch)
        self.port = Port(host, port, self._receive)
        self.routes = Routes(self.port)
        self.ended = Counters()
        self.faults = 0
        self.recorder: Recorder | None = None
        self.rooms: dict[str, Room] = {}
        self.sessions: dict[str, Link] = {}
        self._addresses = addresses
        self._node = node
        self._capacity = capacity
        self._url = url
        self._draining = False
        self._certificate = RTCCertificate.generateCertificate()
        self._fingerprint = next(
            item.value for item in self._certificate.getFingerprints() if item.algorithm == "sha-256"
        )
        self._complained_at = 0.0
        self._ticks = 0
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.port.socket, self.port.readable)
        self._timer = self._loop.call_later(TICK, self._tick)

    # What the control asks for.

    def apply(self, desired: DesiredRoom) -> Snapshot:
        room = self.rooms.get(desired.room)
        if room is None:
            if self._draining:
                raise EngineUnavailable("This video server is being emptied and takes no new rooms.")
            if len(self.rooms) >= MOST_ROOMS:
                raise EngineUnavailable("This video server has too many rooms.")
            room = self.rooms[desired.room] = Room(desired)
            if desired.lasts is not None:
                self._loop.call_later(desired.lasts, self._expire, room)
        elif desired.version > room.version:
            room.desire(desired, time.time())
            for name in [name for name in room.links if not room.admits(name)]:
                self._end_all(room, name, "removed")
            self._wire(room)
        return self.snapshot(desired.room)

    def snapshot(self, name: str) -> Snapshot:
        room = self.rooms.get(name)
        return room.snapshot(self.epoch, time.time()) if room else Snapshot(name, 0, self.epoch)

    def _expire(self, room: Room) -> None:
        if self.rooms.get(room.name) is room:
            self.close_room(room.name)

    def close_room(self, name: str) -> None:
        room = self.rooms.get(name)
        if room is not None:
            for link in list(room.links):
                self._end_all(room, link, "closed")
            del self.rooms[name]

    def negotiate(self, room_name: str, link_name: str, text: str) -> Session:
        room = self.rooms.get(room_name)
        if room is None or not room.admits(link_name):
            raise NotAdmitted
        wanted = offer.read(text)
        sessions = room.sessions(link_name)
        if not sessions:
            self._check_capacity()
        for session in sessions:  # of two the waiting one goes, of one only what never came up
            if len(sessions) > 1 or not session.joined:
                self._end(session, "replaced")
                break
        link = Link(
            self.port,
            room=room_name,
            name=link_name,
            offer=wanted,
            certificate=self._certificate,
            on_up=self._up,
            on_down=self._down,
        )
        self.sessions[link.id] = link
        (room.pending if link_name in room.links else room.links)[link_name] = link
        self.routes.name(link)
        uplinks = frozenset(uplink.mid for uplink in link.uplinks.values())
        local = self._local(link.credentials[0])
        text = answer.write(wanted, local, uplinks, link.outgoing(), secrets.randbits(62))
        return Session(link.id, link.etag, text)

    def restart(self, session: str, etag: str, fragment: str) -> Session:
        link = self._session(session)
        ufrag, _ = offer.credentials(fragment)
        if etag not in ("*", link.etag):
            raise StaleSession
        if ufrag == link.remote_ufrag:  # candidates trickle; there is no use for them here
            return Session(link.id, link.etag, "")
        before = link.credentials
        fresh = link.restart(ufrag)
        self.routes.name(link, before)
        return Session(link.id, link.etag, answer.fragment(self._local(fresh)))

    def end(self, session: str) -> None:
        self._end(self._session(session), "ended")

    def statistics(self, name: str) -> tuple[LinkStatistics, ...]:
        room = self.rooms.get(name)
        return room.statistics() if room else ()

    def node(self) -> Node:
        return Node(self._node, self.epoch, self._capacity, len(self.sessions), self._draining, self._url)

    def counters(self) -> Counters:
        """What every session carried since the start, ended ones included."""
        total = replace(self.ended)
        for link in self.sessions.values():
            total.add(link)
        return total

    def drain(self) -> None:
        self._draining = True

    async def stop(self) -> None:
        """End everything and let go of the port."""
        links = list(self.sessions.values())
        for room in list(self.rooms):
            self.close_room(room)
        await asyncio.gather(*(link.goodbye for link in links if link.goodbye), return_exceptions=True)
        self._timer.cancel()
        self._loop.remove_reader(self.port.socket)
        self.port.close()
        self.events.close()

    # Sessions.

    def _session(self, identity: str) -> Link:
        link = self.sessions.get(identity)
        if link is None:
            raise NoSuchSession
        return link

    def _local(self, credentials: ice.Credentials) -> answer.Local:
        return answer.Local(
            credentials.ufrag, credentials.password, self._fingerprint, self._addresses, self.port.number
        )

    def _wire(self, room: Room) -> None:
        """Let the room's packets go where they are wanted now, its recording included."""
        room.wire()
        room.record(self.recorder)

    def _check_capacity(self) -> None:
        if len(self.sessions) >= self._capacity:
            raise EngineUnavailable("The video service is full. Try again in a few minutes.", retry_after=60)

    def _up(self, link: Link) -> None:
        room = self.rooms[link.room]
        if room.pending.get(link.name) is not link:
            self._join(link)
            return
        for uplink in link.uplinks.values():
            if uplink.kind is not Kind.AUDIO:
                uplink.want_keyframe()
                uplink.on_keyframe = lambda: self._succeed(link)
        self._succeed(link)

    def _join(self, link: Link, before: Link | None = None) -> None:
        """Let the session's packets go where the room wants them, in place of those of an earlier one."""
        link.connected = link.joined = True
        self._wire(self.rooms[link.room])
        if before is not None:
            self._end(before, "replaced")
        self.events.say(EventKind.JOINED, link.room, link.name)

    def _succeed(self, link: Link) -> None:
        """Make before break: a waiting session that is heard takes over, between two packets."""
        room = self.rooms[link.room]
        if not room.ready(link, time.time()):
            return
        del room.pending[link.name]
        for uplink in link.uplinks.values():
            uplink.on_keyframe = None
        old, room.links[link.name] = room.links.get(link.name), link
        for uplink in old.uplinks.values() if old else ():
            uplink.targets = ()  # its seats go on from here with the new one's packets
        self._join(link, old)

    def _down(self, link: Link) -> None:
        self._end(link, "gone")

    def _end(self, link: Link, reason: str) -> None:
        """Take the session out of every table; no packet of it moves after this."""
        if self.sessions.pop(link.id, None) is None:
            return
        self.routes.forget(link)
        link.unwire()
        link.close()
        self.ended.add(link)
        room = self.rooms[link.room]
        if link.joined:
            self.events.say(EventKind.LEFT, link.room, link.name, reason=reason)
        if room.pending.get(link.name) is link:
            del room.pending[link.name]
        elif room.links.get(link.name) is link:
            del room.links[link.name]
            self._inherit(room, link.name)

    def _inherit(self, room: Room, name: str) -> None:
        """The link's session has ended: what was waiting to take over does, and the others are wired anew."""
        heir = room.pending.pop(name, None)
        if heir is not None:
            room.links[name] = heir
            for uplink in heir.uplinks.values():
                uplink.on_keyframe = None
        if heir is not None and heir.up_at is not None:
            self._join(heir)
        else:
            self._wire(room)

    def _end_all(self, room: Room, name: str, reason: str) -> None:
        """End every session of a link."""
        for link in room.sessions(name):
            self._end(link, reason)

    # Datagrams (RFC 7983).

    def _receive(self, slot: int, length: int, address: bytes, at: float) -> None:
        first = self.port.views[slot][0]
        link = self.routes.by_address.get(address)
        try:
            if 128 <= first < 192:
                if link is not None:
                    link.media(slot, length, at)
            elif first < 4:
                self.routes.check(slot, length, address, at)
            elif 20 <= first < 64 and link is not None:
                link.handshake(bytes(self.port.views[slot][:length]))
        except Exception as error:  # noqa: BLE001 - one bad datagram must not stop the others
            self._complain("a datagram could not be handled", error)

    def _complain(self, what: str, error: Exception) -> None:
        self.faults += 1
        if time.monotonic() - self._complained_at > COMPLAIN_EVERY:
            self._complained_at = time.monotonic()
            log.error(what, exc_info=error)

    # The clock.

    def _tick(self) -> None:
        self._timer = self._loop.call_later(TICK, self._tick)
        self._ticks += 1
        self.routes.tick()
        now = time.time()
        for link in list(self.sessions.values()):
            try:
                self._attend(link, now)
            except Exception as error:  # noqa: BLE001 - one bad session must not stop the others
                self._complain("a session could not be attended to", error)
        if self._ticks % SPEAKER_TICKS == 0:
            for room in self.rooms.values():
                for who in room.speakers():
                    said = {"place": who.place, "level": who.level, "heard_by": who.heard_by}
                    self.events.say(EventKind.SPEAKER, room.name, who.link, **said)
        self.port.flush()

    def _attend(self, link: Link, now: float) -> None:
        link.tick()
        if not link.joined:
            self._await(link, now)
            return
        if self._ticks % FEEDBACK_TICKS == 0:
            self._watch_over(link, now)
        if not link.connected:
            return
        link.ask(now)
        if self._ticks % FEEDBACK_TICKS == 0:
            link.feed_back()
        if self._ticks % REPORT_TICKS == 0:
            link.report(now)
        if self._ticks % QUALITY_TICKS == 0:
            score, trip, loss = link.figures.score, link.round_trip, link.figures.loss
            self.events.say(EventKind.QUALITY, link.room, link.name, score=score, round_trip=trip, loss=loss)

    def _await(self, link: Link, now: float) -> None:
        """A session that carries nothing yet: it comes up, takes over from another, or is given up."""
        if now - link.created_at > CONNECT_WITHIN:
            self._end(link, "gone")
        elif link.up_at is not None:
            link.ask(now)
            if self._ticks % FEEDBACK_TICKS == 0:
                link.feed_back()
            self._succeed(link)

    def _watch_over(self, link: Link, now: float) -> None:
        """Notice silence and return; give up at last."""
        silent = link.silent(now)
        if link.connected == silent:
            link.connected = not silent
            self.events.say(EventKind.INTERRUPTED if silent else EventKind.RESUMED, link.room, link.name)
            self._wire(self.rooms[link.room])
        elif silent and now - (link.last_packet_at or link.created_at) > KEEP:
            self._end(link, "gone")
