"""Who has read which hearing's personal record.

A reading is written once for each reader and hearing within a quarter of an hour: a page that stands open
and asks again whenever something happens is still the one reading. No word of the reader's browser
decides it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.events import EventKind
from court_link.store import Session, events, hearings

#: How long one reading lasts, in court time.
ONE_READING = timedelta(minutes=15)


def note(session: Session, ctx: Context, hearing_ids: Collection[UUID]) -> None:
    """Record that the asker has been shown these hearings, those apart that they are still reading."""
    read = hearings.read_since(session, ctx.actor.id, hearing_ids, ctx.now - ONE_READING)
    for hearing_id in hearing_ids:
        if hearing_id not in read:
            events.record(session, ctx, EventKind.HEARING_READ, hearing_id=hearing_id, subject_id=hearing_id)
