"""Who asks: what a route's parameters `store: Store`, `ctx: Asker` or `ctx: Anyone` stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from court_link.domain.clock import Clock
from court_link.domain.context import PUBLIC, SYSTEM, Actor, Context
from court_link.identity import sessions, tokens
from court_link.identity.secret import API_TOKEN_PREFIX
from court_link.identity.sessions import SignedIn
from court_link.settings import Settings as AllSettings
from court_link.store import Db

#: A key that machines retry writes with is at most so long.
_LONGEST_KEY = 128


class NotSignedIn(Exception):
    """Nobody is signed in: pages lead to the sign-in, the API answers 401."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who a request comes from. `signed_in` is None for a machine; then no cookie was involved."""

    actor: Actor
    signed_in: SignedIn | None = None


def _db(conn: HTTPConnection) -> Db:
    return cast(Db, conn.app.state.db)


def _settings(conn: HTTPConnection) -> AllSettings:
    return cast(AllSettings, conn.app.state.settings)


def _wall(conn: HTTPConnection) -> Clock:
    return cast(Clock, conn.app.state.wall)


Store = Annotated[Db, Depends(_db)]
Settings = Annotated[AllSettings, Depends(_settings)]
#: Real time, for sign-ins and tokens; court time is `ctx.now`.
Wall = Annotated[Clock, Depends(_wall)]


def cookie_name(settings: AllSettings) -> str:
    """Over TLS the name binds the cookie to this host alone (`__Host-`, RFC 6265bis 4.1.3.2).

    Not every browser takes a Secure cookie over plain http to a loopback address, so the demonstration's
    goes without the prefix.
    """
    return "__Host-court-link" if settings.https else "court-link"


def bearer(conn: HTTPConnection) -> str | None:
    """The token of an `Authorization: Bearer` header (RFC 6750), or None."""
    scheme, _, token = conn.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def request_id(conn: HTTPConnection) -> str:
    return str(getattr(conn.state, "request_id", ""))


async def recognise(conn: HTTPConnection) -> Who | None:
    """Who asks, looked up once a request: by API token when there is a bearer, else by cookie."""
    if not hasattr(conn.state, "who"):
        conn.state.who = await _machine(conn) if bearer(conn) else await _person(conn)
    return cast("Who | None", conn.state.who)


async def _machine(conn: HTTPConnection) -> Who | None:
    token = bearer(conn)
    if token is None or not token.startswith(API_TOKEN_PREFIX):
        return None  # a participant's join session, which its own routes know
    actor = await _db(conn).read(tokens.recognise, Context(SYSTEM), token, _wall(conn).now())
    return Who(actor) if actor else None


async def _person(conn: HTTPConnection) -> Who | None:
    db, at = _db(conn), _wall(conn).now()
    signed_in = await _signed_in(conn)
    if signed_in is None:
        return None
    if at - signed_in.seen_at >= sessions.SEEN_EVERY:
        await db.write(sessions.seen, Context(SYSTEM), signed_in.id, at)
    return Who(signed_in.actor, signed_in)


async def _signed_in(conn: HTTPConnection) -> SignedIn | None:
    settings, at = _settings(conn), _wall(conn).now()
    token = conn.cookies.get(cookie_name(settings), "")
    return await _db(conn).read(sessions.recognise, Context(SYSTEM), token, at, settings) if token else None


async def recognise_again(conn: HTTPConnection) -> Actor | None:
    """Who asks as of now, for an answer that goes on. It does not keep an idle browser signed in."""
    who = await (_machine(conn) if bearer(conn) else _signed_in(conn))
    return who.actor if who else None


async def _who(conn: HTTPConnection) -> Who:
    who = await recognise(conn)
    if who is None:
        raise NotSignedIn()
    return who


async def _sign_in(who: Annotated[Who, Depends(_who)]) -> SignedIn:
    if who.signed_in is None:
        raise NotSignedIn()
    return who.signed_in


async def _asker(conn: HTTPConnection, who: Annotated[Who, Depends(_who)]) -> Context:
    key = conn.headers.get("idempotency-key")
    return Context(who.actor, request_id(conn), idempotency_key=key[:_LONGEST_KEY] if key else None)


async def _anyone(conn: HTTPConnection) -> Context:
    return Context(PUBLIC, request_id(conn))


#: A signed-in person or a machine; nobody is 401 from the API and led to the sign-in from a page.
Asker = Annotated[Context, Depends(_asker)]
#: The browser's sign-in itself, for pages that are about it.
MySignIn = Annotated[SignedIn, Depends(_sign_in)]
#: Nobody in particular, whoever it is.
Anyone = Annotated[Context, Depends(_anyone)]
