"""A matter listed once more: again after it was vacated or put off, for a further day, or as a copy.

What was listed again is the same matter going on: it follows the hearing before (`relisted_from`), its bench
when part-heard, its directions and the people who take part by a link of their own. A copy is another matter
with the same parties: nothing of how the first one went comes with it. Hard dates are never taken over: the
court types them again, for they may have changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from uuid import UUID

from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import Conflict, FieldError, Invalid, WrongState
from court_link.domain.events import EventKind
from court_link.domain.hearing import HearingState, Outcome
from court_link.domain.places import PersonKind
from court_link.domain.requirements import LONGEST_MINUTES, Needs
from court_link.domain.roles import MODERATORS, Permission
from court_link.domain.times import from_london, london_day
from court_link.scheduling import directions, listing
from court_link.store import Session, calendar, events, following, groups, hearings, links, screens
from court_link.store.links import Wanted
from court_link.store.tables import Hearing


class ListedAgainAlready(Conflict):
    """This hearing has been listed again already. Change that one instead."""


@dataclass(frozen=True, slots=True)
class Listing:
    """When, where and for how long a matter is listed. What is left out is as it was."""

    day: date
    at: time = listing.USUAL_START
    minutes: int | None = None
    courtroom_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """How a matter is listed again, its hard dates typed afresh: the remand's expiry, the custody time limit.

    `released` says that nobody is in custody in it any more, where somebody was.
    """

    listing: Listing
    remand_expires: date | None = None
    custody_limit: date | None = None
    released: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """The new matter, and what its like needed when it was booked last: a start for finding its time."""

    hearing_id: UUID
    needs: Needs | None


@dataclass(frozen=True, slots=True)
class Before:
    """What of a hearing bears on how it is listed again: whether somebody was in custody, whether part of it
    was heard, and who of the bench sat, by name.
    """

    custody: bool
    part_heard: bool
    bench: tuple[str, ...]


#: How a hearing ends that is not over and done with. One that nobody ended says nothing, and may be.
_GOES_ON = (Outcome.ADJOURNED, Outcome.PART_HEARD, Outcome.INEFFECTIVE, None)


def may_be_listed_again(state: HearingState, outcome: Outcome | None) -> bool:
    """Whether a matter can be listed again: it was vacated, or ended without being dealt with."""
    return state is HearingState.VACATED or (state is HearingState.ENDED and outcome in _GOES_ON)


def again(
    session: Session, ctx: Context, hearing_id: UUID, asked: Again, *, version: int | None = None
) -> Listed:
    """List a matter again; answers the linked hearing, for which a time is still to be found.

    Part-heard, it goes back to the bench that sat. Raises ListedAgainAlready, WrongState, Invalid naming the
    fields, Stale, NotFound, Forbidden.
    """
    ctx.require(Permission.BOOK)
    earlier = hearings.of_court(session, ctx, hearing_id, version=version)
    if not may_be_listed_again(earlier.state, earlier.outcome):
        raise WrongState("Only a hearing that was vacated, adjourned or part-heard can be listed again.")
    if following.successor(session, earlier.id) is not None:
        raise ListedAgainAlready
    needs = groups.last_needs(session, earlier.id)
    start = _checked(session, ctx, earlier, asked.listing, _hard_dates(earlier, needs, asked))
    never_heard = earlier.state is HearingState.VACATED
    later = groups.copy(
        session,
        earlier,
        start,
        asked.listing.minutes or earlier.minutes,
        asked.listing.courtroom_id,
        relisted_from=earlier.id,
        in_custody=earlier.in_custody and not asked.released,
        detained=earlier.detained and never_heard and not asked.released,
        remand_expires=asked.remand_expires,
        custody_limit=asked.custody_limit,
        same_bench=_bench(session, earlier, needs),
    )
    _go_on(session, ctx, earlier, later, needs)
    events.record(
        session,
        ctx,
        EventKind.HEARING_RELISTED,
        hearing_id=later.id,
        organisation_id=later.court_id,
        subject_id=later.id,
        data={"from": str(earlier.id)},
    )
    return Listed(later.id, _likely(needs, later))


def before(session: Session, ctx: Context, hearing_id: UUID) -> Before:
    """What of a hearing bears on how it is listed again. Raises NotFound, Forbidden."""
    ctx.require(Permission.BOOK)
    earlier = hearings.of_court(session, ctx, hearing_id, lock=False)
    needs = groups.last_needs(session, earlier.id)
    bench = _bench(session, earlier, needs)
    names = calendar.places(session, [UUID(each) for each in bench])
    part_heard = bool(bench) or earlier.outcome is Outcome.PART_HEARD
    return Before(_in_custody(earlier, needs), part_heard, tuple(place.name for place in names.values()))


def clone(session: Session, ctx: Context, hearing_id: UUID, asked: Listing) -> Listed:
    """List a copy: the same parties, cases and needs, and nothing of how the other went or whom it let in.

    Raises Invalid naming the fields, NotFound, Forbidden.
    """
    ctx.require(Permission.BOOK)
    of = hearings.of_court(session, ctx, hearing_id)
    start = _checked(session, ctx, of, asked, ())
    row = groups.copy(session, of, start, asked.minutes or of.minutes, asked.courtroom_id)
    _record_listed(session, ctx, row, of)
    return Listed(row.id, _likely(groups.last_needs(session, of.id), row))


def another_day(
    session: Session, ctx: Context, of: Hearing, start: datetime, needs: Needs, day: int
) -> Hearing:
    """A further day of a matter, listed; the people who take part by a link of their own come with it."""
    row = groups.copy(
        session,
        of,
        start,
        needs.minutes,
        needs.courtroom_id,
        group_id=of.group_id,
        group_day=day,
        same_bench=list(of.same_bench),
    )
    _go_on(session, ctx, of, row, needs)
    _record_listed(session, ctx, row, of)
    return row


def _likely(needs: Needs | None, row: Hearing) -> Needs | None:
    """What the new hearing is likely to need: as before, but for what was said of it since. Recording was
    ordered for the other hearing alone.
    """
    if needs is None:
        return None
    courtroom = row.listed_room_id or needs.courtroom_id
    return replace(needs, courtroom_id=courtroom, minutes=row.minutes, detained=row.detained, recording=False)


def _go_on(session: Session, ctx: Context, earlier: Hearing, later: Hearing, needs: Needs | None) -> None:
    """The same people take part in the later hearing, and what was directed for them holds on."""
    reserved = set(needs.resource_ids) if needs else set()
    again = [
        Wanted(link.part, link.label, link.person_id, None, link.organisation_id, link.remote)
        for link in links.of_hearing(session, ctx, earlier.id)
        if link.part not in MODERATORS and not {link.person_id, link.room_id} & reserved
    ]
    links.ensure_all(session, ctx, later.id, again)
    concerned = {each.organisation_id for each in again if each.organisation_id}
    if concerned:
        hearings.concern(session, later.id, concerned)
    directions.carry_on(session, ctx, later)
    screens.put_up(session, ctx, later)


def _bench(session: Session, earlier: Hearing, needs: Needs | None) -> list[str]:
    """Who must sit again: the bench that heard part of it, now or in an earlier hearing."""
    if earlier.outcome is not Outcome.PART_HEARD or needs is None:
        return list(earlier.same_bench)
    people = calendar.places(session, needs.attending)
    sat = [str(id_) for id_, place in people.items() if place.person is PersonKind.JUDICIARY]
    return sat or list(earlier.same_bench)


def _in_custody(earlier: Hearing, needs: Needs | None) -> bool:
    hard = earlier.detained or earlier.remand_expires or earlier.custody_limit
    return bool(earlier.in_custody or hard or (needs and needs.custody))


def _hard_dates(earlier: Hearing, needs: Needs | None, asked: Again) -> Iterator[FieldError]:
    if _in_custody(earlier, needs) and not (asked.remand_expires or asked.custody_limit or asked.released):
        message = "Enter when the remand expires, or say that nobody is in custody any more."
        yield FieldError("remand_expires", message)
    limits = (
        ("remand_expires", asked.remand_expires, "The remand expires before that day."),
        ("custody_limit", asked.custody_limit, "The custody time limit is before that day."),
    )
    for field, limit, message in limits:
        if limit is not None and limit < asked.listing.day:
            yield FieldError(field, message)


def _checked(
    session: Session, ctx: Context, of: Hearing, asked: Listing, wrong: Iterator[FieldError] | tuple[()]
) -> datetime:
    """The listed moment. Raises Invalid with all that is wrong."""
    errors, today = list(wrong), london_day(ctx.now)
    if not today <= asked.day <= today + listing.FURTHEST:
        errors.append(FieldError("day", "The day must be today or later, and within 2 years."))
    minutes = asked.minutes or of.minutes
    if not 1 <= minutes <= LONGEST_MINUTES:
        message = f"The estimate must be between 1 and {LONGEST_MINUTES} minutes."
        errors.append(FieldError("minutes", message))
    if asked.courtroom_id is not None:
        place = calendar.places(session, [asked.courtroom_id]).get(asked.courtroom_id)
        if place is None or place.organisation_id != of.court_id or place.kind is not ResourceKind.COURTROOM:
            errors.append(FieldError("courtroom_id", "Choose one of your courtrooms."))
    if errors:
        raise Invalid(errors=errors)
    return from_london(asked.day, asked.at, field="at")


def _record_listed(session: Session, ctx: Context, row: Hearing, of: Hearing) -> None:
    events.record(
        session,
        ctx,
        EventKind.HEARING_LISTED,
        hearing_id=row.id,
        organisation_id=row.court_id,
        subject_id=row.id,
        data={"changed": [], "like": str(of.id)},
    )
