"""Event -> what happens next, all on one page.

Scheduling and media know nothing of each other: what the one causes in the other is here. Each handler is
called at least once for each event of its kinds, in order, by `store.delivery`; doing it again does no harm.
A change that was made through this process has usually been acted on before its event comes back here.
"""

from __future__ import annotations

from datetime import timedelta

from court_link.domain.context import SYSTEM, Context
from court_link.domain.events import Event, EventKind
from court_link.domain.requirements import Rules
from court_link.media import joining
from court_link.media.rooms import Rooms
from court_link.scheduling import waitlist
from court_link.store import Db, links
from court_link.store.delivery import Handlers

E = EventKind

#: These bumped the room's version in their own transaction.
ROOM_CHANGED = frozenset(
    {
        E.HEARING_LOBBY_OPENED,
        E.HEARING_STARTED,
        E.HEARING_PAUSED,
        E.HEARING_RESUMED,
        E.HEARING_ENDED,
        E.HEARING_REOPENED,
        E.LINK_ISSUED,
        E.LINK_REVOKED,
        E.LINK_ADMITTED,
        E.LINK_REFUSED,
        E.LINK_SENT_BACK,
        E.LINK_REMOVED,
        E.LINK_SECOND_DEVICE,
    }
)
#: These concern the room too, and were made by what knows of no rooms.
CHANGED_ELSEWHERE = frozenset(
    {
        E.HEARING_VACATED,
        E.BOOKING_RELEASED,
        E.BOOKING_CHANGED,
        E.DIRECTION_RECORDED,
        E.DIRECTION_RESCINDED,
    }
)

#: How long a time from the wait list is kept for whom it is offered to, unless the settings say otherwise.
OFFER = timedelta(minutes=30)


def reactions(db: Db, rooms: Rooms, rules: Rules | None = None, offer: timedelta = OFFER) -> Handlers:
    """Every handler by its lasting name, with the kinds of event that it wants.

    `offer` is how long a time from the wait list is kept for whom it is offered to.
    """
    limits = rules or Rules()

    async def put_room(event: Event) -> None:
        if event.hearing_id is not None:
            await rooms.push(event.hearing_id)

    async def follow_change(event: Event) -> None:
        if event.hearing_id is None:
            return
        ctx = Context(SYSTEM, request_id=f"event-{event.seq}")
        if event.kind is E.DIRECTION_RESCINDED:
            await db.write(joining.enforce_directions, ctx, event.hearing_id)
        await db.write(links.changed, ctx, event.hearing_id)
        await rooms.push(event.hearing_id)

    async def offer_time(event: Event) -> None:
        """What was released goes to whom it suits; those after the first may have what is left of it."""
        ctx = Context(SYSTEM, request_id=f"event-{event.seq}")
        if await db.read(waitlist.concerned, ctx, event):
            await db.write(waitlist.follow, ctx, event)
        for hearing_id in await db.read(waitlist.wanted, ctx, event):
            match = await db.read(waitlist.fit, ctx, hearing_id, event, rules=limits)
            if match is not None:
                await db.write(waitlist.offer, ctx, match, rules=limits, hold=offer)

    return {
        "media.room": (ROOM_CHANGED, put_room),
        "media.elsewhere": (CHANGED_ELSEWHERE, follow_change),
        "scheduling.waitlist": (waitlist.FOLLOWED, offer_time),
    }
