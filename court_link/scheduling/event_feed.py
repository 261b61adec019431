"""What happened, in order, for machines that keep up with a court: sealed events after a cursor.

Ids and codes only. A court's own machine is told all that happens to its hearings and places; another
organisation that a hearing concerns is told its stage and that its booking changed, and no more. Who read
what, who signs in and what an administrator does stand in the audit and not here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from court_link.domain.context import Context
from court_link.domain.events import Event, EventKind
from court_link.domain.roles import Permission
from court_link.store import Session, feed
from court_link.store.events import PERSONAL

K = EventKind

#: What every organisation is told of a hearing that concerns it.
FACTS = frozenset(
    {K.HEARING_LISTED, K.HEARING_CHANGED, K.HEARING_UNLISTED, K.HEARING_VACATED, K.HEARING_RELISTED}
    | {K.HEARING_LOBBY_OPENED, K.HEARING_STARTED, K.HEARING_PAUSED, K.HEARING_RESUMED}
    | {K.HEARING_ENDED, K.HEARING_REOPENED}
    | {K.BOOKING_CONFIRMED, K.BOOKING_CHANGED, K.BOOKING_RELEASED}
)
#: What a court is told besides, of its own hearings and places.
OWN = frozenset(
    {K.BOOKING_HELD, K.BOOKING_LAPSED, K.HEARING_WAITING, K.HEARING_OFFERED, K.HEARING_WAITS_NO_MORE}
    | {K.SLOT_NONE_LEFT, K.DIRECTION_RECORDED, K.DIRECTION_RESCINDED, K.PROBLEM_REPORTED, K.PROBLEM_RESOLVED}
    | {K.LINK_ISSUED, K.LINK_REVOKED, K.LINK_ARRIVED, K.LINK_ADMITTED, K.LINK_REFUSED, K.LINK_LEFT}
    | {K.LINK_REMOVED, K.LINK_CONNECTED, K.LINK_INTERRUPTED}
    | {K.SITE_CHANGED, K.CLOSURE_CHANGED, K.SESSION_CHANGED, K.STAFF_CHANGED, K.PRACTICE_CHANGED}
    | {K.LIST_IMPORTED, K.ROTA_IMPORTED, K.PEOPLE_IMPORTED}
)


@dataclass(frozen=True, slots=True)
class Page:
    """Events in order; `cursor` goes into the next asking, whether or not there were any."""

    events: tuple[Event, ...]
    cursor: int


def after(session: Session, ctx: Context, seq: int, limit: int) -> Page:
    """The asker's events beyond `seq`, at most `limit`: whatever is sealed later comes after `cursor`."""
    ctx.require(Permission.SEE_HEARINGS)
    newest = feed.end(session, ctx)
    found = feed.of_scope(session, ctx, seq, whole=OWN, facts=FACTS, limit=limit)
    events = tuple(_whole(event) if own else _fact(event) for event, own in found)
    last = events[-1].seq if events else seq
    return Page(events, last if len(events) == limit else max(last, newest))


def _whole(event: Event) -> Event:
    """Without the digests of personal texts, which mean nothing to a machine."""
    return replace(event, data={name: value for name, value in event.data.items() if name != PERSONAL})


def _fact(event: Event) -> Event:
    return replace(event, actor_id=None, subject_id=None, data={})
