"""No other site may act with somebody's cookie: exact Origin, and the synchroniser token of the sign-in.

Checked once, for every unsafe request of the whole application. A request that carries a bearer is exempt:
no browser adds that header by itself.
"""

from __future__ import annotations

import hmac

from starlette.requests import HTTPConnection, Request

from court_link.api.asking import Settings, bearer, recognise
from court_link.domain.errors import Forbidden

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = "csrf_token"
HEADER = "x-csrf-token"


class WrongOrigin(Forbidden):
    """This came from another website, so it was not done. Open the page again and try once more."""


class WrongToken(Forbidden):
    """This page was out of date, so nothing was done. Open it again and try once more."""


async def check(conn: HTTPConnection, settings: Settings) -> None:
    """Raises WrongOrigin or WrongToken for an unsafe request that a page of ours did not make."""
    if not isinstance(conn, Request) or conn.method in SAFE or bearer(conn):
        return  # a WebSocket checks its Origin where it is accepted
    origin = conn.headers.get("origin")
    # Browsers send an Origin with every unsafe request; what has neither Origin nor cookie is no browser.
    if (origin is not None or conn.cookies) and origin not in settings.origins:
        raise WrongOrigin()
    who = await recognise(conn)
    if who is None or who.signed_in is None:
        return
    token = conn.headers.get(HEADER) or (await conn.form()).get(FIELD)
    if not isinstance(token, str) or not hmac.compare_digest(token.encode(), who.signed_in.csrf.encode()):
        raise WrongToken()
