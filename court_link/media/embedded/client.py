"""The broker's side of the embedded engine: the seam, spoken over the worker's control HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from urllib.parse import quote

import httpx

from court_link.media.embedded import wire
from court_link.media.engine import (
    DesiredRoom,
    EngineEvent,
    EngineUnavailable,
    EventKind,
    LinkStatistics,
    Node,
    Session,
    Snapshot,
)

TIMEOUT = httpx.Timeout(3.0, connect=1.0)
SILENCE = 3.0  # seconds without a sign of life from the worker, which gives one each second
RETRY = 0.25  # seconds between two attempts to follow events


class EmbeddedEngine:
    """One worker. See `Engine` for what the methods promise."""

    def __init__(self, url: str, key: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=TIMEOUT, trust_env=False
        )
        self._url = url

    async def apply(self, room: DesiredRoom) -> Snapshot:
        answer = await self._ask("PUT", _room(room.room), wire.ROOM.dump_json(room))
        return wire.SNAPSHOT.validate_json(answer)

    async def snapshot(self, room: str) -> Snapshot:
        return wire.SNAPSHOT.validate_json(await self._ask("GET", _room(room)))

    async def close(self, room: str) -> None:
        await self._ask("DELETE", _room(room))

    async def negotiate(self, room: str, link: str, offer: str) -> Session:
        path = f"{_room(room)}/links/{quote(link, safe='')}/session"
        return wire.SESSION.validate_json(await self._ask("POST", path, offer.encode()))

    async def restart(self, session: str, etag: str, fragment: str) -> Session:
        answer = await self._ask("PATCH", _session(session), fragment.encode(), {"If-Match": etag})
        return wire.SESSION.validate_json(answer)

    async def end(self, session: str) -> None:
        await self._ask("DELETE", _session(session))

    async def statistics(self, room: str) -> tuple[LinkStatistics, ...]:
        return wire.STATISTICS.validate_json(await self._ask("GET", f"{_room(room)}/statistics"))

    async def nodes(self) -> tuple[Node, ...]:
        return (wire.NODE.validate_json(await self._ask("GET", "/node")),)

    async def drain(self, node: str) -> None:
        if any(known.name == node for known in await self.nodes()):
            await self._ask("POST", "/drain")

    async def events(self, after: str | None = None) -> AsyncGenerator[EngineEvent, None]:
        cursor = after
        up = False
        while True:
            try:
                async for epoch, line in self._lines(cursor):
                    if not up:
                        up = True
                        yield self._node_event(EventKind.NODE_UP, epoch, cursor)
                    if line:
                        event = wire.EVENT.validate_json(line)
                        cursor = event.cursor
                        yield event
            except httpx.HTTPError:
                pass  # the worker is gone or going; what follows says so
            if up:
                up = False
                yield self._node_event(EventKind.NODE_LOST, (cursor or "").partition(":")[0], cursor)
            await asyncio.sleep(RETRY)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _lines(self, cursor: str | None) -> AsyncIterator[tuple[str, str]]:
        timeout = httpx.Timeout(SILENCE, connect=1.0)
        params = {"after": cursor} if cursor else {}
        async with self._http.stream("GET", "/events", params=params, timeout=timeout) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                yield response.headers["X-Epoch"], line

    def _node_event(self, kind: EventKind, epoch: str, cursor: str | None) -> EngineEvent:
        return EngineEvent(cursor or f"{epoch}:0", 0, epoch, "", "", kind, time.time(), {"url": self._url})

    async def _ask(
        self, method: str, path: str, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> bytes:
        try:
            answer = await self._http.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise EngineUnavailable from error
        if answer.is_success:
            return answer.content
        try:
            body = answer.json()
            kind, _ = wire.ERRORS[body["error"]]
        except (ValueError, KeyError, TypeError):
            message = f"The video service answered with an error ({answer.status_code})."
            raise EngineUnavailable(message) from None
        raise kind(body["message"])


def _room(name: str) -> str:
    return f"/rooms/{quote(name, safe='')}"


def _session(identity: str) -> str:
    return f"/sessions/{quote(identity, safe='')}"
