"""Participants ask by the join session of their tab: `Authorization: Bearer clj_...`.

A bearer for each tab, and not a cookie, because tabs of one browser may hold different parts of different
hearings while cookies are shared by all of them; because WHIP (RFC 9725) is defined with a bearer, so a
car's encoder is an ordinary participant; and because no other site can make a browser send it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends
from starlette.requests import HTTPConnection

from court_link.api.asking import NotSignedIn, Store, bearer, recognise, request_id
from court_link.api.fanout import Fanout
from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import NotFound
from court_link.media import joining
from court_link.media.credentials import TOKEN_PREFIX, Keys
from court_link.media.rooms import Rooms
from court_link.media.turn import IceServer, Relays
from court_link.store import Db


def _rooms(conn: HTTPConnection) -> Rooms:
    return cast(Rooms, conn.app.state.rooms)


def _fanout(conn: HTTPConnection) -> Fanout:
    return cast(Fanout, conn.app.state.fanout)


def _keys(conn: HTTPConnection) -> Keys:
    return Keys(conn.app.state.settings.secret_key.get_secret_value())


def ice_servers(conn: HTTPConnection, link_id: UUID) -> tuple[IceServer, ...]:
    """The relays that this link may use now, by the wall's clock and not the court's."""
    settings = conn.app.state.settings
    relays = Relays(settings.turn_urls, settings.turn_secret.get_secret_value())
    return relays.servers(link_id, conn.app.state.wall.now())


def _servers(conn: HTTPConnection) -> Callable[[UUID], tuple[IceServer, ...]]:
    return partial(ice_servers, conn)


LiveRooms = Annotated[Rooms, Depends(_rooms)]
Feed = Annotated[Fanout, Depends(_fanout)]
JoinKeys = Annotated[Keys, Depends(_keys)]
#: Says the relays of a link; to be asked only for one that is let in.
IceServers = Annotated[Callable[[UUID], tuple[IceServer, ...]], Depends(_servers)]


async def authenticate(db: Db, token: str, request: str) -> Context:
    """The context of a participant's request. Raises NotSignedIn for a token that does not stand."""
    if not token.startswith(TOKEN_PREFIX):
        raise NotSignedIn()
    try:
        actor = await db.read(joining.authenticate, Context(SYSTEM), token)
    except NotFound:
        raise NotSignedIn() from None
    return Context(actor, request)


async def _participant(conn: HTTPConnection, store: Store) -> Context:
    return await authenticate(store, bearer(conn) or "", request_id(conn))


async def _moderator(conn: HTTPConnection, store: Store) -> Context:
    token = bearer(conn)
    if token is not None and token.startswith(TOKEN_PREFIX):
        return await _participant(conn, store)
    who = await recognise(conn)
    if who is None:
        raise NotSignedIn()
    return Context(who.actor, request_id(conn))


#: Somebody in a hearing, by the join session of their tab.
Participant = Annotated[Context, Depends(_participant)]
#: Somebody in a hearing, or a signed-in person or machine; the use case asks whether they run it.
Moderator = Annotated[Context, Depends(_moderator)]
