"""The day of somebody who takes part: where an officer is needed, where an advocate's clients are.

These only read. What time alone decides (the lobby is open, a hearing is long over) is derived from what is
stored and from `ctx.now`, so that a page made just before the tick and one made just after say the same.
`changes_at` of a day is the next moment at which it would read otherwise though nothing happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import NotFound
from court_link.domain.following import expected_window
from court_link.domain.hearing import FINISHED, LIVE, HearingState
from court_link.domain.link import JOIN_AFTER, JOIN_BEFORE, Admission, lobby_is_open
from court_link.domain.roles import Part, Permission
from court_link.domain.times import Interval, day_interval, london_day
from court_link.scheduling.matters import as_of
from court_link.store import Session, days, following, hearings
from court_link.store.days import Booked, Former
from court_link.store.tables import Link

#: How far an officer's page looks ahead and back.
AHEAD, BACK = timedelta(days=28), timedelta(days=7)


class Turn(StrEnum):
    """What somebody who takes part can do now."""

    LATER = "later"  # the lobby is not open yet
    OPEN = "open"  # they may come to the lobby, or back to their place
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Appearance:
    """One hearing in the day of somebody who takes part. `where` is their own room or vehicle, if booked;
    `expected` is when it is likely to start, while that is still open."""

    matter: Booked
    link_id: UUID
    admission: Admission
    turn: Turn
    lobby_opens: datetime
    expected: Interval | None
    where: str
    custody: tuple[str, ...]  # the rooms from which defendants take part
    now: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """An officer's page. `known` is False for an account that is nobody who can be booked."""

    known: bool
    today: tuple[Appearance, ...]
    later: tuple[Appearance, ...]
    past: tuple[Appearance, ...]
    not_needed: tuple[Former, ...]  # booked once, and let go
    now: datetime
    changes_at: datetime | None


@dataclass(frozen=True, slots=True)
class Clients:
    """An advocate's or prosecutor's page. `clashes` are pairs that run at the same time."""

    known: bool
    today: tuple[Appearance, ...]
    clashes: tuple[tuple[Appearance, Appearance], ...]
    now: datetime
    changes_at: datetime | None


def evidence(session: Session, ctx: Context) -> Evidence:
    """Where the asking officer is needed, today and soon, and where no longer."""
    ctx.require(Permission.SEE_OWN_EVIDENCE)
    person = ctx.actor.person_id
    today = day_interval(london_day(ctx.now))
    around = Interval(today.start - BACK, today.end + AHEAD)
    if person is None:
        return Evidence(False, (), (), (), (), ctx.now, None)
    mine = days.links_of_person(session, person, around)
    all_of_it = _appearances(session, ctx, mine, around)
    ahead = [each for each in all_of_it if each.turn is not Turn.OVER]
    gone = {link.hearing_id for link in mine} - {each.matter.hearing_id for each in all_of_it}
    soon = Interval(ctx.now - JOIN_AFTER, around.end)
    return Evidence(
        known=True,
        today=tuple(each for each in ahead if each.matter.slot.start < today.end),
        later=tuple(each for each in ahead if each.matter.slot.start >= today.end),
        past=tuple(each for each in reversed(all_of_it) if each.turn is Turn.OVER),
        not_needed=tuple(days.let_go(session, person, gone, soon)),
        now=ctx.now,
        changes_at=next_change(ctx.now, _moments(ctx.now, ahead)),
    )


def appearance(session: Session, ctx: Context, link_id: UUID) -> Appearance:
    """One of the asker's own appearances. Raises NotFound."""
    person = ctx.actor.person_id
    today = day_interval(london_day(ctx.now))
    around = Interval(today.start - BACK, today.end + AHEAD)
    mine = days.links_of_person(session, person, around) if person else ()
    own = [link for link in mine if link.id == link_id]
    found = _appearances(session, ctx, own, around)
    if not found:
        raise NotFound
    return found[0]


def clients(session: Session, ctx: Context) -> Clients:
    """The asking advocate's or prosecutor's matters today, across courts, in order."""
    ctx.require(Permission.SEE_CLIENTS)
    today = day_interval(london_day(ctx.now))
    if ctx.actor.person_id is None:
        return Clients(False, (), (), ctx.now, None)
    mine = days.links_of_person(session, ctx.actor.person_id, today)
    found = _appearances(session, ctx, mine, today)
    return Clients(
        known=True,
        today=found,
        clashes=called_at_once(found),
        now=ctx.now,
        changes_at=next_change(ctx.now, _moments(ctx.now, found)),
    )


def called_at_once(appearances: Sequence[Appearance]) -> tuple[tuple[Appearance, Appearance], ...]:
    """The pairs in which one person is called twice.

    Being booked in several at once is normal for a duty solicitor; being called in two is the clash: both
    lobbies are open or both run, and either their times overlap or both run now.
    """
    called = [each for each in appearances if each.matter.state in LIVE]
    return tuple(
        (first, second)
        for index, first in enumerate(called)
        for second in called[index + 1 :]
        if first.matter.slot.overlaps(second.matter.slot) or (_runs(first) and _runs(second))
    )


def turn(state: HearingState, slot: Interval, now: datetime) -> Turn:
    """What somebody who takes part in a hearing can do at court time `now`."""
    if state in FINISHED:
        return Turn.OVER
    if lobby_is_open(state, slot, now):
        return Turn.OPEN
    return Turn.LATER if now < slot.start else Turn.OVER


def _appearances(
    session: Session, ctx: Context, links: Iterable[Link], within: Interval
) -> tuple[Appearance, ...]:
    mine = {link.hearing_id: link for link in links if not link.revoked}
    mine = {each: mine[each] for each in hearings.seen(session, ctx, mine)}
    matters = as_they_are(ctx, days.of_hearings(session, list(mine), within))
    everybody = days.links_of_hearings(session, list(mine))
    rooms = [link.room_id for of in everybody.values() for link in of if link.room_id is not None]
    names = days.room_names(session, rooms)
    queues: dict[tuple[UUID, datetime], list[following.Standing]] = {}
    return tuple(
        _appearance(
            session, ctx, matter, mine[matter.hearing_id], everybody[matter.hearing_id], names, queues
        )
        for matter in matters
    )


def _appearance(
    session: Session,
    ctx: Context,
    matter: Booked,
    link: Link,
    everybody: Sequence[Link],
    names: Mapping[UUID, str],
    queues: dict[tuple[UUID, datetime], list[following.Standing]],
) -> Appearance:
    custody = [each for each in everybody if each.part is Part.DEFENDANT and each.room_id is not None]
    return Appearance(
        matter=matter,
        link_id=link.id,
        admission=link.admission,
        turn=turn(matter.state, matter.slot, ctx.now),
        lobby_opens=matter.slot.start - JOIN_BEFORE,
        expected=_expected(session, ctx, matter, queues),
        where=names[link.room_id] if link.room_id else "",
        custody=tuple(names[each.room_id] for each in custody if each.room_id),
        now=ctx.now,
    )


def _expected(
    session: Session,
    ctx: Context,
    matter: Booked,
    queues: dict[tuple[UUID, datetime], list[following.Standing]],
) -> Interval | None:
    """When it is likely to start, on a day that has come: from what is ahead in its courtroom."""
    start = matter.slot.start
    if london_day(start) != london_day(ctx.now):
        return None
    day = (matter.courtroom_id, day_interval(london_day(start)).start)
    if day not in queues:
        queues[day] = following.unfinished(following.room_day(session, matter.courtroom_id, start))
    ahead = [one for one in queues[day] if one.starts_at < start]
    free_from = max(ctx.now, ahead[0].starts_at if ahead else start)
    window = expected_window(start, matter.state, free_from, sum(one.minutes for one in ahead))
    return Interval(*window) if window else None


def _runs(appearance: Appearance) -> bool:
    return appearance.matter.state in (HearingState.IN_SESSION, HearingState.PAUSED)


def _moments(now: datetime, appearances: Iterable[Appearance]) -> Iterator[datetime]:
    """When these read otherwise by time alone; an expected start moves on by steps of five minutes."""
    for each in appearances:
        slot = each.matter.slot
        yield from (each.lobby_opens, slot.start, slot.end + JOIN_AFTER)
        if each.expected is not None:
            yield now + timedelta(minutes=5)


def as_they_are(ctx: Context, matters: Iterable[Booked]) -> list[Booked]:
    """These hearings at the stage that they have at `ctx.now`, whether or not the tick has come by."""
    return [replace(each, state=as_of(each.state, each.slot, ctx.now)) for each in matters]


def next_change(now: datetime, moments: Iterable[datetime]) -> datetime | None:
    """The first of these moments that is still to come."""
    return min((moment for moment in moments if moment > now), default=None)
