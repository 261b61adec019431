"""Hearings that belong together: the days of one matter, and what it was listed again from and as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.roles import Permission
from court_link.scheduling import matters
from court_link.scheduling.matters import Summary
from court_link.store import Session, following, groups, hearings
from court_link.store.tables import Hearing


class Days(StrEnum):
    """Which days of a matter that takes several a change is for."""

    THIS = "this"
    LATER = "later"  # this and those after it
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Related:
    """What a hearing belongs to, as far as the asker sees it. `days` has itself in it, or is empty."""

    days: tuple[Summary, ...]
    day: int
    listed_again_from: Summary | None
    listed_again_as: Summary | None


def related(session: Session, ctx: Context, hearing_id: UUID) -> Related:
    """What a hearing belongs to. Raises NotFound, Forbidden."""
    ctx.require(Permission.SEE_HEARINGS)
    hearing = hearings.visible(session, ctx, hearing_id)
    days = list(groups.days(session, hearing.group_id)) if hearing.group_id else []
    later = following.successor(session, hearing_id)
    wanted = {day.id for day in days}
    wanted |= {each for each in (hearing.relisted_from, later.id if later else None) if each}
    seen = {each: matters.summary(session, ctx, each) for each in hearings.seen(session, ctx, wanted)}
    return Related(
        tuple(seen[day.id] for day in days if day.id in seen),
        hearing.group_day,
        seen.get(hearing.relisted_from) if hearing.relisted_from else None,
        seen.get(later.id) if later else None,
    )


def days_of(session: Session, ctx: Context, hearing_id: UUID, days: Days) -> Sequence[Hearing]:
    """The hearing and those days of its matter that a change is for, by day; all locked, in id order.

    Raises NotFound, Forbidden.
    """
    ctx.require(Permission.BOOK)
    numbered = groups.numbered(session, hearing_id)
    first = numbered.get(hearing_id, 0)
    wanted = {
        day: number
        for day, number in numbered.items()
        if day == hearing_id or days is Days.ALL or (days is Days.LATER and number >= first)
    }
    locked = hearings.locked_of_court(session, ctx, wanted or [hearing_id])
    return [locked[day] for day in wanted]
