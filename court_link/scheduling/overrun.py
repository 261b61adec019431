"""A hearing takes longer than booked: what that pushes is proposed, and done when a person approves it.

The software proposes and a person of the court decides (listing is a judicial function; practice rule 17), so
a machine may ask what would follow and may not approve it. What is approved is done in one step, all or
nothing, and only when it still is what was proposed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from court_link.domain.affected import Affected, Arrangement
from court_link.domain.context import ActorKind, Context
from court_link.domain.errors import Conflict, Forbidden, Stale
from court_link.domain.harddates import limit
from court_link.domain.requirements import Needs, Rules
from court_link.domain.roles import Permission
from court_link.domain.times import Interval, london_day
from court_link.domain.waiting import Wants
from court_link.scheduling import affected, booking, waitlist
from court_link.scheduling.booking import Change
from court_link.scheduling.lengthening import Pinned, Plan, Way, against, plan
from court_link.store import Session, calendar, hearings
from court_link.store.bookings import Booking
from court_link.store.pushing import Neighbour

#: How long a hearing that is put on the wait list here waits at most, unless a hard date comes first.
WAITS = timedelta(days=14)


class Unresolved(Conflict):
    """Something that this would push has nowhere to go. Say what is to be done with it first."""


@dataclass(frozen=True, slots=True)
class Move:
    """One hearing that would be pushed, from when and where to when and where, and whom that affects."""

    hearing_id: UUID
    booking_id: UUID
    title: str
    before: Interval
    after: Interval
    courtroom: str  # where it would be; said when it is another
    elsewhere: bool
    shortened: bool
    affected: tuple[Affected, ...]

    @property
    def shift(self) -> timedelta:
        return self.after.start - self.before.start


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a longer hearing would come to. `seen` names exactly this: approving says it back."""

    hearing_id: UUID
    more: int
    before: Interval
    after: Interval
    moves: tuple[Move, ...]
    waiting: tuple[tuple[UUID, str], ...]  # who would go on the wait list, by hearing and title
    pinned: tuple[Pinned, ...]
    warnings: tuple[str, ...]
    refused: str  # why it cannot be done at all though everything has a place: a pool is full
    seen: str

    @property
    def ready(self) -> bool:
        """Whether a person may approve it."""
        return not self.pinned and not self.refused


def allow(session: Session, ctx: Context, hearing_id: UUID) -> None:
    """Raises Forbidden or NotFound unless the asker may give this hearing more time."""
    ctx.require(Permission.BOOK)
    hearings.of_court(session, ctx, hearing_id, lock=False)


def propose(
    session: Session,
    ctx: Context,
    hearing_id: UUID,
    more: int,
    ways: Mapping[UUID, Way] | None = None,
    *,
    rules: Rules,
) -> Proposal:
    """What would follow if a hearing took `more` minutes more than it is booked for. Nothing is changed.

    What the rules and the counted pools refuse is said before anybody approves. Raises WrongState when the
    hearing is not booked or is over, Invalid, NotFound, Forbidden.
    """
    found = plan(session, ctx, hearing_id, more, ways or {})
    refused = "" if found.pinned else against(session, ctx, found, rules)
    return _proposal(session, ctx, found, refused)


def approve(
    session: Session,
    ctx: Context,
    hearing_id: UUID,
    more: int,
    ways: Mapping[UUID, Way] | None = None,
    *,
    seen: str,
    rules: Rules,
) -> list[Booking]:
    """Do what was proposed, all or nothing; answers the bookings, the longer hearing's first.

    Only a person of the court may. Raises Forbidden, Stale when it is no longer what was `seen`, Unresolved
    when something has nowhere to go, SlotTaken, and whatever `propose` raises.
    """
    if ctx.actor.kind is not ActorKind.USER:
        raise Forbidden("A person of the court approves this.")
    found = plan(session, ctx, hearing_id, more, ways or {})
    if found.seen != seen:
        raise Stale
    if found.pinned:
        raise Unresolved
    return _do(session, ctx, found, rules)


def _do(session: Session, ctx: Context, plan: Plan, rules: Rules) -> list[Booking]:
    """Make it so, within the caller's transaction. Hearings are locked first, in the order of their ids."""
    moved = plan.pushed.moved
    touched = {plan.hearing.id, *(plan.known[each].booking.hearing_id for each in moved)}
    hearings.locked_of_court(session, ctx, touched | {each.booking.hearing_id for each in plan.waits})
    for each in plan.waits:
        booking.release(session, ctx, each.booking.id, version=each.booking.version)
        waitlist.join(session, ctx, each.booking.hearing_id, _wants(session, ctx, each, plan.courtrooms))
    had = plan.had
    changes = [Change(plan.hearing.id, plan.longer.needs, plan.longer.start, had.id, had.version)]
    for id_, to in moved.items():
        was = plan.known[id_].booking
        changes.append(Change(was.hearing_id, to.needs, to.start, id_, was.version))
    return booking.rebook(session, ctx, changes, rules=rules)


def _wants(session: Session, ctx: Context, of: Neighbour, courtrooms: Sequence[UUID]) -> Wants:
    """It waits from today on for any courtroom of its court, until a hard date if there is one."""
    today = london_day(ctx.now)
    bound = limit(hearings.row(session, of.booking.hearing_id), today)
    latest = min(today + WAITS, bound.day) if bound else today + WAITS
    needs: Needs = of.booking.needs
    rooms = tuple(dict.fromkeys((needs.courtroom_id, *courtrooms)))
    return Wants(needs, rooms, today, max(latest, today))


def _proposal(session: Session, ctx: Context, plan: Plan, refused: str) -> Proposal:
    places = calendar.places(session, plan.courtrooms)
    moves = []
    for id_, to in plan.pushed.moved.items():
        of = plan.known[id_]
        room = to.needs.courtroom_id
        before = Arrangement(of.booking.needs, of.booking.slot.start)
        after = Arrangement(to.needs, to.start)
        moves.append(
            Move(
                hearing_id=to.hearing_id,
                booking_id=id_,
                title=of.title,
                before=of.booking.slot,
                after=to.slot,
                courtroom=places[room].label if room in places else "",
                elsewhere=room != of.booking.courtroom_id,
                shortened=to.needs.minutes < of.booking.needs.minutes,
                affected=affected.of(session, ctx, to.hearing_id, before, after),
            )
        )
    return Proposal(
        hearing_id=plan.hearing.id,
        more=plan.more,
        before=plan.had.slot,
        after=plan.longer.slot,
        moves=tuple(sorted(moves, key=lambda move: move.before)),
        waiting=tuple((each.booking.hearing_id, each.title) for each in plan.waits),
        pinned=plan.pinned,
        warnings=plan.warnings,
        refused=refused,
        seen=plan.seen,
    )
