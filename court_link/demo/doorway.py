"""What the demonstration's first page offers: the hearing about to begin, a reference to follow, a list."""

from __future__ import annotations

from datetime import time, timedelta

from court_link.demo import listing, plan
from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import NotFound
from court_link.domain.hearing import FINISHED
from court_link.domain.times import day_interval, from_london, london_day
from court_link.scheduling import following
from court_link.scheduling.following import NotToBeFollowed
from court_link.store import Session, days
from court_link.store.days import Booked

#: The door, and the name before `.localhost`, of those who are nobody in particular.
PUBLIC = "public"
#: A courtroom of a neighbouring county: no list of the demonstration's own speaks of it.
_SAMPLE = ("Luton Magistrates’ Court", "Courtroom 1")
_SAMPLE_TIMES = tuple(time(hour, minute) for hour in range(10, 17) for minute in (0, 20, 40))


def ahead(session: Session, ctx: Context) -> tuple[Booked, ...]:
    """The day's booked hearings that have not begun, the next one first."""
    booked = days.of_courts(session, None, day_interval(london_day(ctx.now)))
    return tuple(
        each
        for each in booked
        if each.started_at is None and each.state not in FINISHED and each.slot.end > ctx.now
    )


def reference(session: Session, ctx: Context, key: bytes) -> str:
    """A fresh reference to the next hearing that may be followed. Raises NotFound when there is none."""
    for each in ahead(session, ctx):
        try:
            return following.issue(session, Context(SYSTEM, ctx.request_id, ctx.now), each.hearing_id, key)
        except NotToBeFollowed:
            continue
    raise NotFound


def sample_list(session: Session, ctx: Context) -> bytes:
    """A court list for the rest of today, to be imported: eight matters that the court does not have yet."""
    day = london_day(ctx.now)
    coming = [each for each in _SAMPLE_TIMES if from_london(day, each) > ctx.now + timedelta(minutes=20)]
    chance = plan.chance_of(day, "sample")
    types = ("Bail", "Guilty anticipated plea", "Sentence", "Remand")
    entries = [
        plan.entry(_SAMPLE, from_london(day, at), chance.choice(types), chance)
        for at in (coming or _SAMPLE_TIMES)[:8]
    ]
    return listing.document(day, entries)
