"""Live pages: what has happened in the topics that a page names, as Server-Sent Events."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from court_link.api.asking import Asker, Store, recognise_again
from court_link.api.fanout import Fanout, Subscription
from court_link.api.participant import Feed
from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import FieldError, Invalid, NotFound
from court_link.domain.events import Event
from court_link.store import Db, Session, feed, hearings, live

router = APIRouter(tags=["live"])

MOST_TOPICS = 50
BEAT_S = 15.0
KINDS = ("hearing", "court", "custody", "person")
_SEQ = re.compile(r"[0-9]{1,18}")


class BadTopics(Invalid):
    """The page asked for topics that do not exist."""


@router.get("/live", response_class=StreamingResponse)
async def stream(
    request: Request,
    store: Store,
    ctx: Asker,
    fanout: Feed,
    topics: Annotated[
        str, Query(max_length=4000, description="hearing:<id>,court:<id>,custody:<id>,person:<id>")
    ],
    after: Annotated[int | None, Query(ge=0)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Each event in the topics, as its kind and hearing. A topic that is not the asker's is a 404.

    Begins after `Last-Event-ID`, else after `after`, else now. A reader that is too slow is let go, and
    comes back with the last id that it saw. Who is signed out, or may see a topic no longer, is let go too.
    """
    wanted = [topic for topic in topics.split(",") if topic]
    granted = await store.read(granted_topics, ctx, wanted)
    since = int(last_event_id) if last_event_id and _SEQ.fullmatch(last_event_id) else after
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

    async def still() -> bool:
        actor = await recognise_again(request)
        try:
            if actor is not None:
                await store.read(granted_topics, Context(actor), wanted)
        except NotFound:
            return False
        return actor is not None

    return StreamingResponse(
        _events(store, fanout, granted, since, still),
        media_type="text/event-stream",
        headers=headers,
    )


def granted_topics(session: Session, ctx: Context, topics: list[str]) -> frozenset[str]:
    """The topics asked for; with a hearing's, its own court hears of its rooms.

    Raises NotFound for a topic that the asker may not see, exactly as for an absent one.
    """
    if not topics or len(topics) > MOST_TOPICS:
        raise BadTopics(errors=[FieldError("topics", f"Name between 1 and {MOST_TOPICS} topics")])
    granted = set(topics)
    for topic in topics:
        kind, _, text = topic.partition(":")
        try:
            name = UUID(text)
        except ValueError:
            name = None
        if kind not in KINDS or name is None:
            raise BadTopics(errors=[FieldError("topics", "A topic is a kind and an id, like hearing:<id>")])
        if _check(session, ctx, kind, name):
            granted.add(f"room:{name}")
    return frozenset(granted)


def _check(session: Session, ctx: Context, kind: str, name: UUID) -> bool:
    """Whether the topic is a hearing of the asker's own court."""
    actor = ctx.actor
    if actor.everywhere:
        return kind == "hearing"
    match kind:
        case "hearing":
            return hearings.visible(session, ctx, name).court_id in actor.scope
        case "court":
            mine = name in actor.scope
        case "person":
            mine = name == actor.person_id
        case _:
            owner = live.site_owner(session, name)
            mine = owner is not None and owner in actor.scope
    if not mine:
        raise NotFound
    return False


async def _events(
    db: Db, fanout: Fanout, topics: frozenset[str], since: int | None, still: Callable[[], Awaitable[bool]]
) -> AsyncIterator[str]:
    with fanout.subscribe(topics) as subscription:
        newest = await db.read(feed.end, Context(SYSTEM))
        yield "retry: 2000\n\n"
        if since is not None and since < newest:
            for event in await _missed(fanout, topics, since):
                yield _message(event.seq, event)
            yield f"id: {newest}\n\n"
        async for text in _as_it_happens(subscription, still):
            yield text


async def _missed(fanout: Fanout, topics: frozenset[str], since: int) -> list[Event]:
    """What happened in these topics while nobody listened: the newest is enough to make a page look again."""
    missed: list[Event] = []
    while batch := await fanout.since(since):
        missed = ([event for event, of in batch if of & topics] or missed)[-1:]
        since = batch[-1][0].seq
    return missed


async def _as_it_happens(
    subscription: Subscription, still: Callable[[], Awaitable[bool]]
) -> AsyncIterator[str]:
    """`still`, whether the reader may see the topics at this moment, is asked before anything is told."""
    while True:
        news = await subscription.wait(BEAT_S)
        if subscription.missed or not await still():
            return
        if not news:
            yield ": still here\n\n"
        for event in subscription.take():
            yield _message(event.seq, event)


def _message(seq: int, event: Event) -> str:
    hearing = str(event.hearing_id) if event.hearing_id else None
    return f"id: {seq}\ndata: {json.dumps({'kind': event.kind, 'hearing': hearing})}\n\n"
