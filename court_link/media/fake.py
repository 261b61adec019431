"""An engine in memory with the rules of a real one, and handles for a test to make things happen.

It carries no packet: a link that is `connect`ed publishes every kind that its offer sends, and `hears` says
what would reach it. The contract suite holds it to the same promises as the real engine.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import time
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from court_link.media.engine import (
    DesiredLink,
    DesiredRoom,
    EngineEvent,
    EngineUnavailable,
    EventKind,
    Kind,
    LinkState,
    LinkStatistics,
    Manifest,
    Node,
    NoSuchRecording,
    NoSuchSession,
    NotAdmitted,
    OfferRefused,
    RecordedFile,
    Session,
    Snapshot,
    StaleSession,
    may_receive,
    speaks,
)

CODECS = {Kind.AUDIO: "opus/48000", Kind.VIDEO: "vp8/90000"}
MEMORY = 1000  # events remembered


@dataclass(slots=True)
class _Session:
    """One negotiated transport."""

    id: str
    etag: str
    ufrag: str
    room: str
    link: str
    sends: frozenset[Kind]
    receives: frozenset[Kind]
    connected: bool = False
    last_packet_at: float | None = None


@dataclass(slots=True)
class _Room:
    """One room: what is desired of it and who has a session."""

    desired: DesiredRoom
    sessions: dict[str, _Session] = field(default_factory=dict)
    pending: dict[str, _Session] = field(default_factory=dict)  # second ones, until they connect
    seq: int = 0

    def link(self, name: str) -> DesiredLink | None:
        return next((link for link in self.desired.links if link.link == name), None)


class FakeEngine:
    """See the module. The methods of `Engine` come first, then a test's handles."""

    def __init__(self, node: str = "fake", capacity: int = 100) -> None:
        self._node = Node(node, secrets.token_hex(4), capacity, 0, False, "fake:")
        self._reachable = True
        self._rooms: dict[str, _Room] = {}
        self._files: dict[str, dict[str, bytes]] = {}  # by recording and name
        self._events: deque[EngineEvent] = deque(maxlen=MEMORY)
        self._emitted = 0
        self._news = asyncio.Condition()
        self._say(EventKind.NODE_UP, name=node)

    async def apply(self, room: DesiredRoom) -> Snapshot:
        self._check_reachable()
        current = self._rooms.get(room.room)
        if current is None:
            if self._node.draining:
                raise EngineUnavailable("This video server is being emptied and takes no new rooms.")
            held = self._rooms[room.room] = _Room(room)
            if room.lasts is not None:
                asyncio.get_running_loop().call_later(room.lasts, self._expire, held)
        elif room.version > current.desired.version:
            current.desired = room
            for name in [name for name in current.sessions if current.link(name) is None]:
                self._drop(current, name, "removed")
        await self._tell()
        return await self.snapshot(room.room)

    async def snapshot(self, room: str) -> Snapshot:
        self._check_reachable()
        current = self._rooms.get(room)
        if current is None:
            return Snapshot(room, 0, self._node.epoch)
        links = tuple(self._state(current, link) for link in current.desired.links)
        return Snapshot(room, current.desired.version, self._node.epoch, links)

    async def close(self, room: str) -> None:
        self._check_reachable()
        current = self._rooms.get(room)
        if current is not None:
            for name in list(current.sessions):
                self._drop(current, name, "closed")
            del self._rooms[room]
        await self._tell()

    def _expire(self, held: _Room) -> None:
        if self._rooms.get(held.desired.room) is held:
            for name in list(held.sessions):
                self._drop(held, name, "closed")
            del self._rooms[held.desired.room]

    async def negotiate(self, room: str, link: str, offer: str) -> Session:
        self._check_reachable()
        current = self._rooms.get(room)
        if current is None or current.link(link) is None:
            raise NotAdmitted
        sends, receives, ufrag = _read_offer(offer)
        session = _Session(secrets.token_hex(8), secrets.token_hex(4), ufrag, room, link, sends, receives)
        before = current.sessions.get(link)
        if before is None or before.last_packet_at is None:
            current.sessions[link] = session
        else:
            current.pending[link] = session
        await self._tell()
        return Session(session.id, session.etag, "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n")

    async def restart(self, session: str, etag: str, fragment: str) -> Session:
        self._check_reachable()
        found = self._session(session)
        ufrag = re.search(r"^a=ice-ufrag:(\S+)", fragment, re.MULTILINE)
        if ufrag is None:
            raise OfferRefused("The fragment names no ICE credentials.")
        if etag not in ("*", found.etag):
            raise StaleSession
        if ufrag[1] == found.ufrag:
            return Session(found.id, found.etag, "")
        found.ufrag, found.etag = ufrag[1], secrets.token_hex(4)
        answer = f"a=ice-lite\r\na=ice-ufrag:{secrets.token_hex(8)}\r\na=ice-pwd:{secrets.token_hex(16)}\r\n"
        return Session(found.id, found.etag, answer)

    async def end(self, session: str) -> None:
        self._check_reachable()
        found = self._session(session)
        room = self._rooms[found.room]
        if room.pending.get(found.link) is found:
            del room.pending[found.link]
        else:
            self._drop(room, found.link, "ended")
        await self._tell()

    async def statistics(self, room: str) -> tuple[LinkStatistics, ...]:
        self._check_reachable()
        current = self._rooms.get(room)
        if current is None:
            return ()
        return tuple(
            LinkStatistics(link.link, link.place, quality=100 if session.connected else None)
            for link in current.desired.links
            if (session := current.sessions.get(link.link)) is not None
        )

    async def rooms(self) -> tuple[str, ...]:
        self._check_reachable()
        return tuple(self._rooms)

    async def manifest(self, recording: str) -> Manifest | None:
        self._check_reachable()
        if any(room.desired.recording == recording for room in self._rooms.values()):
            return None
        files = self._files.get(recording, {})
        return Manifest(
            recording,
            tuple(
                RecordedFile(
                    name,
                    link=name.partition(".")[0],
                    screen=False,
                    began=datetime.now(UTC).isoformat(),
                    milliseconds=1000,
                    bytes=len(content),
                    sha256=hashlib.sha256(content).hexdigest(),
                )
                for name, content in sorted(files.items())
            ),
        )

    async def recorded(self, recording: str, file: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        self._check_reachable()
        content = self._files.get(recording, {}).get(file)
        if content is None:
            raise NoSuchRecording
        yield content[start:end]

    async def destroy(self, recording: str) -> None:
        self._check_reachable()
        self._files.pop(recording, None)

    async def nodes(self) -> tuple[Node, ...]:
        self._check_reachable()
        return (replace(self._node, load=sum(len(room.sessions) for room in self._rooms.values())),)

    async def drain(self, node: str) -> None:
        self._check_reachable()
        if node == self._node.name:
            self._node = replace(self._node, draining=True)

    async def events(self, after: str | None = None) -> AsyncGenerator[EngineEvent, None]:
        epoch, _, number = (after or ":0").partition(":")
        seen = int(number) if epoch == self._node.epoch else 0
        while True:
            for event in [event for event in self._events if _number(event) > seen]:
                seen = _number(event)
                yield event
            async with self._news:
                while self._emitted <= seen:
                    await self._news.wait()

    async def aclose(self) -> None:
        """Nothing to let go of."""

    # What a test may make happen.

    async def connect(self, link: str) -> None:
        """The link's browser connects: its sound and picture begin, in place of any earlier ones."""
        session = self._of(link)
        room = self._rooms[session.room]
        if link in room.pending:
            session = room.pending.pop(link)
            self._say(EventKind.LEFT, session.room, link, reason="replaced")
            room.sessions[link] = session
        session.connected, session.last_packet_at = True, time.time()
        self._say(EventKind.JOINED, session.room, link)
        await self._tell()

    async def interrupt(self, link: str) -> None:
        """Nothing more is heard from the link; its seat is kept."""
        session = self._of(link)
        session.connected = False
        self._say(EventKind.INTERRUPTED, session.room, link)
        await self._tell()

    async def resume(self, link: str) -> None:
        """The link is heard again."""
        session = self._of(link)
        session.connected, session.last_packet_at = True, time.time()
        self._say(EventKind.RESUMED, session.room, link)
        await self._tell()

    async def vanish(self, link: str) -> None:
        """The link's session ends from its own side."""
        session = self._of(link)
        self._drop(self._rooms[session.room], link, "gone")
        await self._tell()

    async def speak(self, link: str, level: int = 100) -> None:
        """The link becomes the loudest of its place, if it may be shown to speak at all."""
        session = self._of(link)
        room = self._rooms[session.room]
        desired = room.link(link)
        if desired is not None and speaks(desired):
            heard_by = tuple(
                other.link
                for other in room.desired.links
                if other is desired or may_receive(desired, other, Kind.AUDIO)
            )
            said = {"place": desired.place, "level": level, "heard_by": heard_by}
            self._say(EventKind.SPEAKER, session.room, link, **said)
        await self._tell()

    async def grade(self, link: str, score: int) -> None:
        """The link's connection is scored, 0 to 100."""
        self._say(EventKind.QUALITY, self._of(link).room, link, score=score, round_trip=None, loss=0.0)
        await self._tell()

    async def record(self, link: str, content: bytes) -> None:
        """The room's recording has this in the link's file."""
        session = self._of(link)
        recording = self._rooms[session.room].desired.recording
        if recording is not None:
            self._files.setdefault(recording, {})[f"{link}.webm"] = content
            await self.tell_of_recording(session.room, recording, "started")

    async def tell_of_recording(self, room: str, recording: str, state: str, reason: str = "") -> None:
        """A recording has started, stalled, or resumed."""
        self._say(EventKind.RECORDING, room, "", id=recording, state=state, reason=reason)
        await self._tell()

    async def fail(self) -> None:
        """The engine cannot be reached."""
        self._reachable = False
        self._say(EventKind.NODE_LOST, name=self._node.name)
        await self._tell()

    async def recover(self, fresh: bool = False) -> None:
        """The engine is back; `fresh` means that it started anew and forgot every room."""
        self._reachable = True
        if fresh:
            self._rooms.clear()
            self._events.clear()
            self._node = replace(self._node, epoch=secrets.token_hex(4), draining=False)
        self._say(EventKind.NODE_UP, name=self._node.name)
        await self._tell()

    def hears(self, link: str) -> frozenset[tuple[str, Kind]]:
        """Whose sound and picture reach this link now."""
        session = self._of(link)
        room = self._rooms[session.room]
        desired = room.link(link)
        if desired is None or not session.connected:
            return frozenset()
        seated = [(seat.source, kind) for seat in desired.seats for kind in (Kind.AUDIO, Kind.VIDEO)]
        return frozenset(
            (source, kind)
            for source, kind in [*seated, (desired.screen, Kind.SCREEN)]
            if source is not None
            and kind in session.receives
            and kind in self._carried(room, desired, source)
        )

    def _carried(self, room: _Room, receiver: DesiredLink, name: str | None) -> frozenset[Kind]:
        """The kinds that the link of this name sends and this receiver may have now."""
        source = room.link(name) if name is not None else None
        sending = room.sessions.get(source.link) if source is not None else None
        if source is None or sending is None or not sending.connected:
            return frozenset()
        return frozenset(kind for kind in sending.sends if may_receive(source, receiver, kind))

    def _state(self, room: _Room, link: DesiredLink) -> LinkState:
        session, waiting = room.sessions.get(link.link), room.pending.get(link.link)
        if session is None:
            return LinkState(link.link, link.place)
        state = LinkState(
            link.link,
            link.place,
            session.id,
            last_packet_at=session.last_packet_at,
            pending=waiting.id if waiting else None,
        )
        if not session.connected:
            return state
        publishing = session.sends & link.publish
        seats = tuple(seat for seat in link.seats if self._carried(room, link, seat.source) - {Kind.SCREEN})
        return replace(state, connected=True, publishing=publishing, seats=seats)

    def _session(self, identity: str) -> _Session:
        for room in self._rooms.values():
            for session in [*room.sessions.values(), *room.pending.values()]:
                if session.id == identity:
                    return session
        raise NoSuchSession

    def _of(self, link: str) -> _Session:
        return next(room.sessions[link] for room in self._rooms.values() if link in room.sessions)

    def _drop(self, room: _Room, link: str, reason: str) -> None:
        """End the link's session; one that waits to take over has its turn, unless the link is out."""
        session = room.sessions.pop(link)
        heir = room.pending.pop(link, None)
        if heir is not None and reason not in ("removed", "closed"):
            room.sessions[link] = heir
        if session.last_packet_at is not None:
            self._say(EventKind.LEFT, session.room, link, reason=reason)

    def _check_reachable(self) -> None:
        if not self._reachable:
            raise EngineUnavailable

    def _say(self, kind: EventKind, room: str = "", link: str = "", **data: Any) -> None:
        self._emitted += 1
        seq = 0
        if room:
            self._rooms[room].seq += 1
            seq = self._rooms[room].seq
        cursor = f"{self._node.epoch}:{self._emitted}"
        self._events.append(EngineEvent(cursor, seq, self._node.epoch, room, link, kind, time.time(), data))

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


def _number(event: EngineEvent) -> int:
    return int(event.cursor.partition(":")[2])


def _read_offer(offer: str) -> tuple[frozenset[Kind], frozenset[Kind], str]:
    """The kinds that the offer sends, those that it takes, and its ICE name; as strict as a real engine."""
    ufrag = re.search(r"^a=ice-ufrag:(\S+)", offer, re.MULTILINE)
    if not offer.startswith("v=0") or ufrag is None:
        raise OfferRefused
    sends: list[Kind] = []
    receives: list[Kind] = []
    for section in re.split(r"^m=", offer, flags=re.MULTILINE)[1:]:
        kind = next((kind for kind in CODECS if section.startswith(kind)), None)
        if kind is None or CODECS[kind] not in section.lower():
            continue
        (receives if "a=recvonly" in section else sends).append(kind)
    if not sends and not receives:
        raise OfferRefused("This browser offers neither VP8 pictures nor Opus sound.")
    if sends.count(Kind.VIDEO) > 1:
        sends.append(Kind.SCREEN)
    if 0 < receives.count(Kind.AUDIO) < receives.count(Kind.VIDEO):
        receives.append(Kind.SCREEN)
    return frozenset(sends), frozenset(receives), ufrag[1]
