"""The hearing's WebSocket: what a page is told, and what it may ask for (`docs/protocol.md`).

Every message of a page is authorised again when it comes: its join session may have ended since it opened.
Nothing queues behind a slow reader but answers to its own requests, and it does not get to ask for more.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from court_link.api import requests
from court_link.api.asking import NotSignedIn
from court_link.api.fanout import Fanout, Subscription
from court_link.api.participant import authenticate, ice_servers
from court_link.domain.context import Context
from court_link.domain.errors import CourtLinkError, NotFound, Unavailable
from court_link.domain.ids import new_id
from court_link.media import joining, signalling, speaking
from court_link.media.rooms import Rooms
from court_link.settings import Settings
from court_link.store import Db

router = APIRouter()

HELLO_S = 10.0  # to say who it is
PING_S = 5.0
SILENT_S = 15.0  # without a word from the page: it is gone
SEND_S = 10.0  # to take a message: slower readers are dropped and come back
SEEN_S = 8.0  # how often presence is written down
LARGEST = 8 * 1024
NOWHERE = UUID(int=0)

#: Why a socket closes (RFC 6455, 7.4.2: 4000 to 4999 are an application's own).
BAD_MESSAGE, NOT_YOURS, REPLACED, GONE = 4400, 4401, 4409, 4410


class Ended(Exception):
    """The socket should close with this code, and the page should know why."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(eq=False, slots=True)
class Socket:
    """One page's open socket."""

    socket: WebSocket
    link_id: UUID
    token: str
    ctx: Context
    answers: asyncio.Queue[Mapping[str, Any]] = field(default_factory=lambda: asyncio.Queue(16))
    heard: float = field(default_factory=time.monotonic)
    id: UUID = field(default_factory=new_id)
    hearing_id: UUID = NOWHERE  # until it has arrived

    @property
    def db(self) -> Db:
        return self.socket.app.state.db  # type: ignore[no-any-return]

    @property
    def settings(self) -> Settings:
        return self.socket.app.state.settings  # type: ignore[no-any-return]

    @property
    def rooms(self) -> Rooms:
        return self.socket.app.state.rooms  # type: ignore[no-any-return]

    async def send(self, message: Mapping[str, Any]) -> None:
        # Escaped, because a page may send half a surrogate pair as its number, which no UTF-8 can hold.
        await asyncio.wait_for(self.socket.send_text(json.dumps(message)), SEND_S)


@router.websocket("/api/links/{link_id}/signalling")
async def signal(socket: WebSocket, link_id: UUID) -> None:
    """Exact Origin, then a hello with the tab's join token, then states until either side ends."""
    settings: Settings = socket.app.state.settings
    if socket.headers.get("origin") not in settings.origins:
        await socket.close(1008)
        return
    await socket.accept()
    try:
        page = await _hello(socket, link_id)
        await _hold(page, socket.app.state.fanout)
    except Ended as ended:
        with suppress(RuntimeError, TimeoutError, WebSocketDisconnect):
            bye = {"type": "bye", "code": ended.code, "message": ended.message}
            await asyncio.wait_for(socket.send_text(json.dumps(bye)), SEND_S)
            await socket.close(ended.code)
    except (WebSocketDisconnect, TimeoutError, RuntimeError):
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(1001)


async def _hello(socket: WebSocket, link_id: UUID) -> Socket:
    message = await asyncio.wait_for(_read(socket), HELLO_S)
    token = message.get("token")
    if message.get("type") != "hello" or not isinstance(token, str) or not token.isascii():
        raise Ended(BAD_MESSAGE, "The first message must be a hello.")
    ctx = await _again(socket.app.state.db, token)
    if ctx.actor.link_id != link_id:
        raise Ended(NOT_YOURS, "This is not your link.")
    return Socket(socket, link_id, token, ctx)


async def _again(db: Db, token: str) -> Context:
    """Whose token it is at this moment."""
    try:
        return await authenticate(db, token, str(new_id()))
    except NotSignedIn:
        raise Ended(NOT_YOURS, "Your link no longer lets you in. Ask the court for a new one.") from None


async def _hold(page: Socket, fanout: Fanout) -> None:
    """Serve one page until it goes, is replaced by the same link's newer page, or loses its link."""
    link = await page.db.write(joining.arrive, page.ctx)
    page.hearing_id = link.hearing_id
    with fanout.subscribe({f"hearing:{link.hearing_id}", f"room:{link.hearing_id}"}) as subscription:
        # It also says that there is a page, which will tell when it has settled.
        await page.db.write(speaking.take_over, page.ctx, page.token, page.id)
        await page.rooms.push(link.hearing_id)
        reading = asyncio.create_task(_read_all(page))
        writing = asyncio.create_task(_write_all(page, subscription))
        answering = asyncio.create_task(_answer_all(page))
        tasks = {reading, writing, answering}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            fanout.touch(link.hearing_id)


async def _write_all(page: Socket, subscription: Subscription) -> None:
    """Send the state whenever it is another one, and a ping when it is time."""
    last: Mapping[str, Any] | None = None
    seen, pinged = time.monotonic(), 0.0
    while True:
        now = time.monotonic()
        if now - page.heard > SILENT_S:
            raise Ended(GONE, "Your device has not answered.")
        with suppress(Unavailable):  # a busy database: what the page was told last still stands
            last = await _send_state(page, last)
        if now - pinged >= PING_S:
            pinged = now
            await page.send({"type": "ping"})
        if page.heard > seen and now - seen >= SEEN_S:
            seen = now
            with suppress(Unavailable):
                await page.db.write(joining.heartbeat, page.ctx, page.token)
        subscription.take()
        await subscription.wait(PING_S)


async def _send_state(page: Socket, last: Mapping[str, Any] | None) -> Mapping[str, Any]:
    page.ctx = await _again(page.db, page.token)
    if not await page.db.read(speaking.speaks, page.ctx, page.token, page.id):
        raise Ended(REPLACED, "You opened this hearing in another tab or window.")
    reachable = page.rooms.reaches(page.hearing_id)
    try:
        seen = await page.db.read(signalling.view, page.ctx, page.link_id, reachable=reachable)
    except NotFound:
        raise Ended(NOT_YOURS, "Your link no longer lets you in. Ask the court for a new one.") from None
    message = _with_relays(page, seen.message)
    if message != last:
        await page.send(message)
    you = message["you"]
    if you["admission"] == "expected" and you["lobby_open"]:
        await page.db.write(joining.arrive, page.ctx)  # the lobby has opened while the page waited
    return message


def _with_relays(page: Socket, message: Mapping[str, Any]) -> Mapping[str, Any]:
    """The state with the relays of this link for as long as it is let in; they change while it is told."""
    media = message["media"]
    servers = ice_servers(page.socket, page.link_id) if media["negotiate"] else ()
    return {**message, "media": {**media, "ice_servers": [server.document() for server in servers]}}


async def _answer_all(page: Socket) -> None:
    while True:
        await page.send(await page.answers.get())


async def _read_all(page: Socket) -> None:
    """Take the page's messages one by one; the next is not read before the last is answered."""
    while True:
        message = await _read(page.socket)
        page.heard = time.monotonic()
        if message.get("type") == "pong":
            continue
        number = message.get("id")
        try:
            page.ctx = await _again(page.db, page.token)
            await requests.perform(page.db, page.rooms, page.ctx, page.settings, message)
        except CourtLinkError as refused:
            await page.answers.put({"type": "refused", "id": number, "message": refused.message})
        else:
            await page.answers.put({"type": "done", "id": number})


async def _read(socket: WebSocket) -> dict[str, Any]:
    try:
        text = await socket.receive_text()
        message = json.loads(text) if len(text) <= LARGEST else None
    except (KeyError, ValueError, RecursionError):  # KeyError: a binary frame holds no text
        message = None
    if not isinstance(message, dict):
        raise Ended(BAD_MESSAGE, "A message is a small JSON object.")
    return message
