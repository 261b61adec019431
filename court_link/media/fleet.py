"""Several media nodes as one engine. Where a room is, the register says; all else is asked of its node.

The register is the store's (`Places`), so every process of the API, and the next one after a restart, agrees
where a room is. Sessions carry the name of their node, so nobody has to remember it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from court_link.domain.context import SYSTEM, Context
from court_link.media import nodes
from court_link.media.embedded.client import EmbeddedEngine
from court_link.media.engine import (
    FROM_NOW,
    DesiredRoom,
    Engine,
    EngineEvent,
    EngineUnavailable,
    EventKind,
    LinkStatistics,
    Manifest,
    Node,
    NoSuchRecording,
    NoSuchSession,
    NotAdmitted,
    RecordedFile,
    Session,
    Snapshot,
)
from court_link.settings import Settings
from court_link.store import Db

T = TypeVar("T")

WAITING = 256  # events taken from the nodes and not yet from us; a node's own log keeps what comes meanwhile
APART = "~"  # between a node's name, which has none, and its session's
BETWEEN = ";"  # the nodes' cursors


class Register(Protocol):
    """Where each room is."""

    async def node_of(self, room: str) -> str | None:
        """The node that a room is on, or None for nowhere."""
        ...

    async def place(self, room: str) -> str:
        """The node that a room is to be on from now on. Raises `EngineUnavailable` when there is none."""
        ...


class Places:
    """The register in the store."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def node_of(self, room: str) -> str | None:
        return await self._db.read(nodes.node_of, Context(SYSTEM), room)

    async def place(self, room: str) -> str:
        name = await self._db.read(nodes.standing, Context(SYSTEM), room)
        name = name or await self._db.write(nodes.place, Context(SYSTEM), room)
        if name is None:
            raise EngineUnavailable
        return name


def of(settings: Settings, db: Db) -> Fleet:
    """Every worker of the settings, with the store's register."""
    key = settings.media_control_key.get_secret_value()
    return Fleet([EmbeddedEngine(url, key) for url in settings.media_controls], Places(db))


class Fleet:
    """See `Engine` for what the methods promise; `members` are engines of one node each."""

    def __init__(self, members: Sequence[Engine], register: Register) -> None:
        self._members = tuple(members)
        self._register = register
        self._named: dict[str, Engine] = {}

    async def apply(self, room: DesiredRoom) -> Snapshot:
        name = await self._register.place(room.room)
        return _signed(name, await (await self._at(name)).apply(room))

    async def snapshot(self, room: str) -> Snapshot:
        name = await self._register.node_of(room)
        if name is None:
            return Snapshot(room, 0, "")
        return _signed(name, await (await self._at(name)).snapshot(room))

    async def close(self, room: str) -> None:
        name = await self._register.node_of(room)
        if name is not None:
            await (await self._at(name)).close(room)

    async def negotiate(self, room: str, link: str, offer: str) -> Session:
        name = await self._register.node_of(room)
        if name is None:
            raise NotAdmitted
        session = await (await self._at(name)).negotiate(room, link, offer)
        return replace(session, id=f"{name}{APART}{session.id}")

    async def restart(self, session: str, etag: str, fragment: str) -> Session:
        member, own = await self._of(session)
        return replace(await member.restart(own, etag, fragment), id=session)

    async def end(self, session: str) -> None:
        member, own = await self._of(session)
        await member.end(own)

    async def statistics(self, room: str) -> tuple[LinkStatistics, ...]:
        name = await self._register.node_of(room)
        return await (await self._at(name)).statistics(room) if name is not None else ()

    async def rooms(self) -> tuple[str, ...]:
        found = await self._every(lambda member: member.rooms())
        return tuple(sorted({room for rooms in found for room in rooms}))

    async def manifest(self, recording: str) -> Manifest | None:
        """Of every node: a room that was moved left files on each."""
        files: dict[str, RecordedFile] = {}
        for found in await self._every(lambda member: member.manifest(recording), whole=True):
            if found is None:
                return None
            files |= {file.name: file for file in found.files}
        return Manifest(recording, tuple(files[name] for name in sorted(files)))

    async def recorded(self, recording: str, file: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        away = False
        for member in self._members:
            try:
                async for chunk in member.recorded(recording, file, start, end):
                    yield chunk
            except NoSuchRecording:
                continue
            except EngineUnavailable:
                away = True
                continue
            return
        raise EngineUnavailable if away else NoSuchRecording

    async def destroy(self, recording: str) -> None:
        await self._every(lambda member: member.destroy(recording), whole=True)

    async def nodes(self) -> tuple[Node, ...]:
        found = await self._every(self._known)
        return tuple(node for each in found for node in each)

    async def drain(self, node: str) -> None:
        with suppress(EngineUnavailable):
            await (await self._at(node)).drain(node)

    async def events(self, after: str | None = None) -> AsyncGenerator[EngineEvent, None]:
        count = len(self._members)
        cursors: list[str | None] = [after if after in (None, FROM_NOW) else None] * count
        if after not in (None, FROM_NOW) and len(parts := (after or "").split(BETWEEN)) == count:
            cursors = [part or None for part in parts]
        waiting: asyncio.Queue[tuple[int, EngineEvent | Exception]] = asyncio.Queue(WAITING)

        async def follow(number: int, member: Engine) -> None:
            try:
                async with aclosing(member.events(cursors[number])) as events:
                    async for event in events:
                        await waiting.put((number, event))
            except Exception as error:  # noqa: BLE001 - handed to whoever listens
                await waiting.put((number, error))

        following = [asyncio.create_task(follow(*each)) for each in enumerate(self._members)]
        try:
            while True:
                number, event = await waiting.get()
                if isinstance(event, Exception):
                    raise event
                cursors[number] = event.cursor
                if event.kind is EventKind.NODE_UP:
                    await self._sweep(self._members[number])
                yield replace(event, cursor=BETWEEN.join(cursor or "" for cursor in cursors))
        finally:
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)

    async def aclose(self) -> None:
        for member in self._members:
            await member.aclose()

    async def _sweep(self, member: Engine) -> None:
        """Close what a node that is back still holds and another has taken over: nobody is in two rooms."""
        with suppress(EngineUnavailable):
            [node] = await self._known(member)
            for room in await member.rooms():
                if (await self._register.node_of(room)) not in (None, node.name):
                    await member.close(room)

    async def _known(self, member: Engine) -> tuple[Node, ...]:
        """The node of a member, whose name is learned by it."""
        found = await member.nodes()
        for node in found:
            self._named[node.name] = member
        return found

    async def _at(self, name: str) -> Engine:
        if name not in self._named:
            await self._every(self._known)
        member = self._named.get(name)
        if member is None:
            raise EngineUnavailable
        return member

    async def _of(self, session: str) -> tuple[Engine, str]:
        name, _, own = session.partition(APART)
        if not own:
            raise NoSuchSession
        return await self._at(name), own

    async def _every(
        self, ask: Callable[[Engine], Coroutine[Any, Any, T]], *, whole: bool = False
    ) -> list[T]:
        """What each member answers, those that are away left out; `whole` wants every one of them."""
        answers = await asyncio.gather(*(ask(member) for member in self._members), return_exceptions=True)
        found: list[T] = []
        for answer in answers:
            if isinstance(answer, EngineUnavailable) and not whole:
                continue
            if isinstance(answer, BaseException):
                raise answer
            found.append(answer)
        if not found:
            raise EngineUnavailable
        return found


def _signed(name: str, snapshot: Snapshot) -> Snapshot:
    """With the sessions' names as `negotiate` gives them."""

    def signed(session: str | None) -> str | None:
        return f"{name}{APART}{session}" if session else None

    links = tuple(
        replace(link, session=signed(link.session), pending=signed(link.pending)) for link in snapshot.links
    )
    return replace(snapshot, links=links)
