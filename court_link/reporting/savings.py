"""Officer time given back: what the sum of `domain.savings` is fed with, and its assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import Stale
from court_link.domain.events import EventKind
from court_link.domain.roles import Permission
from court_link.domain.savings import Assumptions, Attendance
from court_link.domain.times import Interval
from court_link.store import Session, events, reports
from court_link.store.tables import Setting


def _name(ctx: Context) -> str:
    """Each organisation has assumptions of its own."""
    return f"savings:{ctx.actor.organisation_id or 'everyone'}"


def assumptions(session: Session, ctx: Context) -> Assumptions:
    """The reader's organisation's assumptions, or the stated ones."""
    row = session.get(Setting, _name(ctx))
    return Assumptions(**row.value) if row else Assumptions()


def assumptions_version(session: Session, ctx: Context) -> int:
    """Which edition of the assumptions stands; 0 while they are the stated ones."""
    ctx.require(Permission.SEE_REPORTS)
    row = session.get(Setting, _name(ctx))
    return row.version if row else 0


def adjust(session: Session, ctx: Context, given: Assumptions, version: int) -> None:
    """Change the assumptions of the reader's organisation. Raises Stale unless `version` stands."""
    ctx.require(Permission.SEE_REPORTS)
    row = session.get(Setting, _name(ctx))
    if (row.version if row else 0) != version:
        raise Stale
    if row is None:
        row = Setting(name=_name(ctx), value={}, version=0)
    row.value, row.version = asdict(given), version + 1
    session.add(row)
    events.record(session, ctx, EventKind.SETTING_CHANGED, data={"setting": "savings", **asdict(given)})


def attendances(session: Session, hearings: Sequence[UUID]) -> list[Attendance]:
    """Officers' attendances at those of these hearings that are over.

    Time on the link runs from arrival (the lobby counts: standby is their time too) to release, or to the
    hearing's end where nobody released them.
    """
    found = []
    for link in reports.officer_links(session, hearings):
        left = link.left_at or link.hearing_ended_at
        on_link = None
        if link.arrived_at is not None and left is not None and link.arrived_at < left:
            on_link = Interval(link.arrived_at, left)
        found.append(
            Attendance(
                link.officer, link.hearing_id, on_link, link.outcome, vacated=link.vacated and not on_link
            )
        )
    return found
