"""A wait list for the pages to show: one hearing that waits, and one that is offered a time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.requirements import Needs, Rules
from court_link.domain.times import london_day
from court_link.domain.waiting import Wants
from court_link.scheduling import booking, finding, listing, waitlist
from court_link.scheduling.finding import Wish
from court_link.scheduling.listing import Matter
from court_link.scheduling.waitlist import Match
from court_link.store import Db, Session
from tests.county import SYSTEM_CONTEXT


async def settle(db: Db, clerk: Context) -> None:
    """Two hearings on the clerk's wait list; the second is offered a time, for some hours."""
    await db.write(_waits, clerk, "R v Patient")
    hearing = await db.write(_waits, clerk, "R v Ready", urgent=True)
    match = await db.read(_match, clerk, hearing)
    made = await db.write(waitlist.offer, SYSTEM_CONTEXT, match, rules=Rules(), hold=timedelta(hours=20))
    assert made is not None


def _waits(session: Session, ctx: Context, title: str, *, urgent: bool = False) -> UUID:
    today = london_day(ctx.now)
    hearing = listing.add(session, ctx, Matter(title, "Sentence", today, minutes=20))
    rooms = [place.id for place in booking.choices(session, ctx, hearing) if place.courts]
    last = today + timedelta(days=14)
    waitlist.join(session, ctx, hearing, Wants(Needs(rooms[0], 20), tuple(rooms[:2]), today, last, urgent))
    return hearing


def _match(session: Session, ctx: Context, hearing: UUID) -> Match:
    place = waitlist.get(session, ctx, hearing)
    tomorrow = london_day(ctx.now) + timedelta(days=1)
    wish = Wish(place.entry.claim.wants.needs)
    option = finding.find(session, ctx, hearing, wish, tomorrow, rules=Rules()).options[0]
    return Match(hearing, option.needs, option.start)
