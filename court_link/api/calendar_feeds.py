"""Private calendar addresses: one for a person's own hearings, a room, a site or a court.

The address holds the secret in its path, since calendars can send nothing else. Nothing here logs addresses;
a proxy in front should log none below `/calendars/` either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from starlette.requests import Request
from starlette.responses import Response

from court_link.api.asking import Anyone, Asker, Settings, Store
from court_link.domain.context import Context
from court_link.identity import secret, sessions
from court_link.identity.throttle import Throttle, address_key
from court_link.notifying import calendar
from court_link.notifying.calendar import Appointment
from court_link.scheduling import calendar_feeds
from court_link.scheduling.calendar_feeds import Content, Feed, Kind, NoSuchFeed
from court_link.settings import Settings as AllSettings
from court_link.store import Db, Session
from court_link.store import calendar_feeds as stored

router = APIRouter(tags=["Calendars"])

#: Failed tries by one address within ten minutes: guessing 256 bits is hopeless, and this keeps it quiet too.
TRIES, SECONDS = 20, 600

_EXAMPLE: JsonDict = {"kind": "room", "subject_id": "01931f2e-7c00-7000-8000-000000000001"}


class FeedIn(BaseModel):
    """Whose calendar an address is to be of: `GET /api/calendars/choices` has them all."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    kind: Kind
    subject_id: UUID


class ChoiceOut(BaseModel):
    """Something that you may have a calendar address of."""

    model_config = ConfigDict(from_attributes=True)

    kind: Kind
    subject_id: UUID
    name: str


class FeedOut(BaseModel):
    """An address in force, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: Kind
    subject_id: UUID
    name: str
    issued_at: datetime


class NewFeed(BaseModel):
    """An address just made. It is shown this once."""

    feed: FeedOut
    url: Annotated[str, Field(examples=["https://courtlink.example/calendars/pH2…Xk.ics"])]


@router.get("/api/calendars")
async def mine(store: Store, ctx: Asker) -> list[FeedOut]:
    """Your calendar addresses in force."""
    return [FeedOut.model_validate(each) for each in await store.read(calendar_feeds.mine, ctx)]


@router.get("/api/calendars/choices")
async def choices(store: Store, ctx: Asker) -> list[ChoiceOut]:
    """Whose calendar you may have an address of: your own, and courts, sites and rooms that you see."""
    return [ChoiceOut.model_validate(each) for each in await store.read(calendar_feeds.choices, ctx)]


@router.post("/api/calendars", status_code=201)
async def issue(store: Store, ctx: Asker, settings: Settings, body: FeedIn) -> NewFeed:
    """Make an address. Keep it as you keep a password: whoever has it reads the calendar."""
    feed, url = await issued(store, ctx, settings, body.kind, body.subject_id)
    return NewFeed(feed=FeedOut.model_validate(feed), url=url)


@router.delete("/api/calendars/{feed_id}", status_code=204)
async def revoke(store: Store, ctx: Asker, feed_id: UUID) -> None:
    """End an address at once."""
    await store.write(calendar_feeds.revoke, ctx, feed_id)


@router.get(
    "/calendars/{token}.ics",
    response_class=Response,
    responses={200: {"content": {"text/calendar": {}}}, 304: {"description": "Not changed"}},
)
async def read(request: Request, store: Store, ctx: Anyone, token: str) -> Response:
    """The calendar (RFC 5545). One answer, 404, for every address that shows nothing, whatever the reason.

    Behind one network address there may be a whole court house: only those who guess wrong are slowed down.
    """
    throttle = _throttle(request)
    address = address_key(request.client.host if request.client else "")
    try:
        content = await store.read(_content, ctx, secret.digest(token))
    except NoSuchFeed:
        throttle.attempt(address)
        raise
    text = calendar.written(_appointments(content), content.name)
    headers = {
        "ETag": f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"',
        "Cache-Control": "private, no-cache",
        "Content-Disposition": 'inline; filename="court-link.ics"',
    }
    if content.changed_at is not None:
        headers["Last-Modified"] = format_datetime(content.changed_at, usegmt=True)
    if _is_unchanged(request, headers["ETag"], content.changed_at):
        return Response(status_code=304, headers=headers)
    return Response(text, media_type=calendar.MEDIA_TYPE, headers=headers)


async def issued(
    store: Db, ctx: Context, settings: AllSettings, kind: Kind, subject_id: UUID
) -> tuple[Feed, str]:
    """A new feed and its address, which is nowhere else."""
    token = secret.new_secret()
    feed = await store.write(calendar_feeds.issue, ctx, kind, subject_id, secret.digest(token))
    return feed, f"{settings.public_url.rstrip('/')}/calendars/{token}.ics"


def _content(session: Session, ctx: Context, digest: str) -> Content:
    """What the address of this digest shows, with the sight that its owner has now."""
    found = stored.by_digest(session, digest)
    if found is None:
        raise NoSuchFeed
    feed, account, organisation = found
    if not account.active:
        raise NoSuchFeed
    owner = Context(sessions.actor_of(session, account, organisation), ctx.request_id, ctx.now)
    return calendar_feeds.content(session, owner, Kind(feed.kind), feed.subject_id)


def _appointments(content: Content) -> Iterator[Appointment]:
    for entry in content.entries:
        yield Appointment(
            uid=entry.uid,
            slot=entry.slot,
            where=entry.where,
            version=entry.version,
            changed_at=entry.changed_at,
            summary=entry.summary,
            cancelled=entry.cancelled,
            remind=content.own,
        )


def _is_unchanged(request: Request, etag: str, changed_at: datetime | None) -> bool:
    """Whether the calendar has this already (RFC 9110, 13.1: `If-None-Match` goes before the date)."""
    known = request.headers.get("if-none-match")
    if known is not None:
        return etag in {each.strip().removeprefix("W/") for each in known.split(",")}
    since = request.headers.get("if-modified-since")
    if since is None or changed_at is None:
        return False
    try:
        return changed_at.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


def _throttle(request: Request) -> Throttle:
    state = request.app.state
    if not hasattr(state, "calendars"):
        state.calendars = Throttle(tries=TRIES, seconds=SECONDS)
    throttle: Throttle = state.calendars
    return throttle
