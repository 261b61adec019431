"""The broker's side of the embedded engine: the seam, spoken over the worker's control HTTP.

Everything is bounded: how long a request may take, how much an answer may hold, how often a worker that is
away is tried. A worker that gives no sign of life on its stream of events is lost: requests that wait for it
end, and further ones are refused at once, so that one which hangs holds up nobody's page.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter

from court_link.media.embedded import wire
from court_link.media.engine import (
    DesiredRoom,
    EngineEvent,
    EngineUnavailable,
    EventKind,
    LinkStatistics,
    Manifest,
    Node,
    NoSuchRecording,
    Session,
    Snapshot,
)

T = TypeVar("T")

TIMEOUT = httpx.Timeout(8.0, connect=2.0)  # of a worker that gives signs of life
LIMITS = httpx.Limits(max_connections=32, max_keepalive_connections=8)
SILENCE = 2.5  # seconds without a sign of life from the worker, which gives two each second
RETRY, LONGEST_RETRY = 0.1, 1.0  # seconds between two attempts to follow events
LONGEST = 10.0  # seconds for a whole answer, however slowly it trickles
LARGEST = 4 << 20  # bytes of an answer
LONGEST_LINE = 64 << 10  # bytes of one event


class EmbeddedEngine:
    """One worker. See `Engine` for what the methods promise."""

    def __init__(self, url: str, key: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=TIMEOUT,
            limits=LIMITS,
            trust_env=False,
        )
        self._url = url
        self._lost = False
        self._waiting: set[asyncio.Timeout] = set()
        self._name = ""

    async def apply(self, room: DesiredRoom) -> Snapshot:
        answer = await self._ask("PUT", _room(room.room), wire.ROOM.dump_json(room))
        return _read(wire.SNAPSHOT, answer)

    async def snapshot(self, room: str) -> Snapshot:
        return _read(wire.SNAPSHOT, await self._ask("GET", _room(room)))

    async def close(self, room: str) -> None:
        await self._ask("DELETE", _room(room))

    async def negotiate(self, room: str, link: str, offer: str) -> Session:
        path = f"{_room(room)}/links/{quote(link, safe='')}/session"
        return _read(wire.SESSION, await self._ask("POST", path, offer.encode()))

    async def restart(self, session: str, etag: str, fragment: str) -> Session:
        answer = await self._ask("PATCH", _session(session), fragment.encode(), {"If-Match": etag})
        return _read(wire.SESSION, answer)

    async def end(self, session: str) -> None:
        await self._ask("DELETE", _session(session))

    async def statistics(self, room: str) -> tuple[LinkStatistics, ...]:
        return _read(wire.STATISTICS, await self._ask("GET", f"{_room(room)}/statistics"))

    async def manifest(self, recording: str) -> Manifest | None:
        return _read(wire.MANIFEST, await self._ask("GET", _recording(recording)))

    async def recorded(self, recording: str, file: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        path = f"{_recording(recording)}/{quote(file, safe='')}"
        headers = {"Range": f"bytes={start}-{end - 1}"}
        try:
            async with self._http.stream("GET", path, headers=headers) as answer:
                if answer.status_code == httpx.codes.NOT_FOUND:
                    raise NoSuchRecording
                if not answer.is_success:
                    raise EngineUnavailable
                async for chunk in answer.aiter_raw():
                    yield chunk
        except httpx.HTTPError as error:
            raise EngineUnavailable from error

    async def destroy(self, recording: str) -> None:
        await self._ask("DELETE", _recording(recording))

    async def rooms(self) -> tuple[str, ...]:
        return _read(wire.NAMES, await self._ask("GET", "/rooms"))

    async def nodes(self) -> tuple[Node, ...]:
        node = _read(wire.NODE, await self._ask("GET", "/node"))
        return (replace(node, url=self._url),)  # where we reach it, whatever it takes itself to be called

    async def drain(self, node: str) -> None:
        if any(known.name == node for known in await self.nodes()):
            await self._ask("POST", "/drain")

    async def events(self, after: str | None = None) -> AsyncGenerator[EngineEvent, None]:
        cursor, epoch = after, ""
        up: bool | None = None
        wait = RETRY
        try:
            while True:
                try:
                    async for epoch, line in self._lines(cursor):
                        if up is not True:
                            up, self._lost, wait = True, False, RETRY
                            yield self._node_event(EventKind.NODE_UP, epoch, cursor)
                        if line:
                            event = wire.EVENT.validate_json(line)
                            cursor = event.cursor
                            yield event
                except (httpx.HTTPError, ValueError):
                    pass  # the worker is gone or going, or talks nonsense; what follows says so
                if up is not False:
                    up = False
                    self._lose()
                    yield self._node_event(EventKind.NODE_LOST, epoch, cursor)
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_RETRY)
        finally:
            self._lost = False  # nobody listens any more, so nobody knows

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _lines(self, cursor: str | None) -> AsyncIterator[tuple[str, bytes]]:
        timeout = httpx.Timeout(SILENCE, connect=1.0)
        params = {"after": cursor} if cursor else {}
        async with self._http.stream("GET", "/events", params=params, timeout=timeout) as response:
            response.raise_for_status()
            self._name = response.headers.get("X-Node", "")
            rest = b""
            async for chunk in response.aiter_bytes():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    yield response.headers["X-Epoch"], line
                if len(rest) > LONGEST_LINE:
                    raise httpx.DecodingError("an event without end")

    def _lose(self) -> None:
        self._lost = True
        for waiting in self._waiting:
            if not waiting.expired():
                waiting.reschedule(asyncio.get_running_loop().time())

    def _node_event(self, kind: EventKind, epoch: str, cursor: str | None) -> EngineEvent:
        data = {"name": self._name, "url": self._url}
        return EngineEvent(cursor or f"{epoch}:0", 0, epoch, "", "", kind, time.time(), data)

    async def _ask(
        self, method: str, path: str, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> bytes:
        if self._lost:
            raise EngineUnavailable
        patience = asyncio.timeout(LONGEST)
        self._waiting.add(patience)
        try:
            async with (
                patience,
                self._http.stream(method, path, content=content, headers=headers) as answer,
            ):
                body = bytearray()
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > LARGEST:
                        raise EngineUnavailable
        except (httpx.HTTPError, TimeoutError) as error:
            raise EngineUnavailable from error
        finally:
            self._waiting.discard(patience)
        if answer.is_success:
            return bytes(body)
        try:
            said = wire.REFUSAL.validate_json(body)
            kind, _ = wire.ERRORS[said["error"]]
        except (ValueError, KeyError):
            message = f"The video service answered with an error ({answer.status_code})."
            raise EngineUnavailable(message) from None
        raise kind(said["message"])


def _read(kind: TypeAdapter[T], answer: bytes) -> T:
    try:
        return kind.validate_json(answer)
    except ValueError as error:
        raise EngineUnavailable("The video service gave an answer that makes no sense.") from error


def _room(name: str) -> str:
    return f"/rooms/{quote(name, safe='')}"


def _recording(name: str) -> str:
    return f"/recordings/{quote(name, safe='')}"


def _session(identity: str) -> str:
    return f"/sessions/{quote(identity, safe='')}"
