"""Following a hearing by its reference: the one thing here that nobody signs in for.

The reference travels in a body, never in an address, so that no log and no history keeps it.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import asdict
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection, Request

from court_link.api.asking import Anyone, Asker, Settings, Store
from court_link.domain.context import Context
from court_link.domain.following import Followed
from court_link.identity.throttle import Throttle, address_key
from court_link.scheduling import following
from court_link.settings import Settings as AllSettings
from court_link.store import Db

router = APIRouter(prefix="/api", tags=["Following"])

#: Failed tries by one address within ten minutes: guessing 91 bits is hopeless, and this keeps it quiet too.
TRIES, SECONDS = 20, 600


class Typed(BaseModel):
    """A reference as somebody typed it; case, spaces and dashes do not matter."""

    reference: str = Field(max_length=64, examples=["7KDWR-X2M4T-9QHNB-CLP3V"])


def key(settings: AllSettings) -> bytes:
    """The key of the stored digests, the server's own."""
    return hmac.digest(settings.secret_key.get_secret_value().encode(), b"following", hashlib.sha256)


async def look_up(
    conn: HTTPConnection, store: Db, ctx: Context, settings: AllSettings, typed: str
) -> Followed:
    """What a reference shows. Raises NotFollowed, or TooManyTries after 20 failures from one address."""
    throttle = _throttle(conn)
    address = address_key(conn.client.host if conn.client else "")
    throttle.attempt(address)
    followed = await store.read(following.follow, ctx, typed, key(settings))
    throttle.forgive(address)
    return followed


def _throttle(conn: HTTPConnection) -> Throttle:
    state = conn.app.state
    if not hasattr(state, "following"):
        state.following = Throttle(tries=TRIES, seconds=SECONDS)
    throttle: Throttle = state.following
    return throttle


@router.post("/following", summary="Follow a hearing by its reference")
async def follow(
    request: Request, store: Store, ctx: Anyone, settings: Settings, typed: Typed
) -> dict[str, Any]:
    """One answer, 404, for every reference that shows nothing, whatever the reason."""
    return asdict(await look_up(request, store, ctx, settings, typed.reference))


@router.post("/hearings/{hearing_id}/references", status_code=201, summary="Issue a reference")
async def issue(hearing_id: UUID, store: Store, ctx: Asker, settings: Settings) -> dict[str, str]:
    """The reference is in this answer and nowhere else: hand it over now."""
    return {"reference": await store.write(following.issue, ctx, hearing_id, key(settings))}


@router.get("/hearings/{hearing_id}/references", summary="References issued for a hearing")
async def issued(hearing_id: UUID, store: Store, ctx: Asker) -> list[dict[str, Any]]:
    return [asdict(each) for each in await store.read(following.issued, ctx, hearing_id)]


@router.delete("/hearings/{hearing_id}/references/{reference_id}", status_code=204, summary="Revoke one")
async def revoke(hearing_id: UUID, reference_id: UUID, store: Store, ctx: Asker) -> None:
    await store.write(following.revoke, ctx, hearing_id, reference_id)
