"""Diaries: a day or a week of a court, a custody suite, a police station or a person.

Every room or person is a row. What stands in it is what is reserved, so that a clash cannot be drawn; what is
merely unwise (a session with more than it takes, a pool with too few on shift) is said in words beside it. A
reader who may not see a hearing sees that the time is already booked, and no more. Whatever is shown, a diary
is read in the same number of queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from uuid import UUID

from court_link.domain import wording
from court_link.domain.affected import Affected, Arrangement
from court_link.domain.booking import Purpose, ResourceKind
from court_link.domain.context import Actor, Context
from court_link.domain.errors import Forbidden, Invalid, NotFound, Refusal
from court_link.domain.hearing import HearingState
from court_link.domain.places import DutyKind
from court_link.domain.requirements import Needs, Rules
from court_link.domain.roles import Permission
from court_link.domain.times import Interval, day_interval
from court_link.scheduling import affected, availability, staffing
from court_link.scheduling.duties import may_know_why
from court_link.scheduling.matters import as_of
from court_link.scheduling.needing import check_bookable
from court_link.store import Session, bookings, calendar, hearings
from court_link.store import diary as stored
from court_link.store.bookings import Booking
from court_link.store.diary import Named, Row, Sitting, Taken

#: The most days that one diary shows.
MOST_DAYS = 31
ALREADY_BOOKED = "Already booked"


class Kind(StrEnum):
    """Whose diary it is."""

    COURT = "court"
    SITE = "site"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose diary it is, and what that is in a word: "Custody suite"."""

    kind: Kind
    id: UUID
    name: str
    what: str
    organisation_id: UUID

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a block and what it is for; None where the reader may not know."""

    interval: Interval
    purpose: Purpose | None


@dataclass(frozen=True, slots=True)
class Block:
    """One booking in one row, with the time around it. Of what the reader may not see, only its time."""

    row_id: UUID
    parts: tuple[Part, ...]
    title: str
    hearing_id: UUID | None = None
    booking_id: UUID | None = None
    hearing_type: str = ""
    state: HearingState | None = None
    slot: Interval | None = None  # the hearing itself
    courtroom_id: UUID | None = None
    courtroom: str = ""
    held_until: datetime | None = None  # it is a provisional hold until then
    movable: bool = False  # the reader may move it

    @property
    def interval(self) -> Interval:
        return Interval(self.parts[0].interval.start, self.parts[-1].interval.end)


class Ground(StrEnum):
    """What lies behind the blocks of a row."""

    SITTING = "sitting"
    ON_DUTY = "on_duty"
    SHUT = "shut"  # closed, blocked, or the person is away


@dataclass(frozen=True, slots=True)
class Behind:
    """A stretch of a row's background, in words."""

    row_id: UUID
    interval: Interval
    ground: Ground
    label: str


@dataclass(frozen=True, slots=True)
class Diary:
    """One diary over some days. `warnings` are sentences; none of them stops anything."""

    subject: Subject
    days: tuple[date, ...]
    rows: tuple[Row, ...]
    blocks: tuple[Block, ...]  # by start
    behind: tuple[Behind, ...]
    warnings: tuple[str, ...]
    holidays: tuple[tuple[date, str], ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Choices:
    """The diaries that somebody may choose; `people` are those found by what was typed."""

    subjects: tuple[Subject, ...]
    people: tuple[Subject, ...] = ()


def choices(session: Session, ctx: Context, text: str = "") -> Choices:
    """The courts and sites whose diary the asker may see, and the people found by name or number.

    Without a text only oneself is among the people. Raises Forbidden for who has no diary to see.
    """
    _require(ctx.actor)
    actor = ctx.actor
    standing = [_court(each) for each in stored.courts(session, actor) if actor.may(Permission.SEE_HEARINGS)]
    standing += [_site(each) for each in stored.sites(session, actor)]
    found = stored.people(session, actor, text=text.strip()) if text.strip() else []
    if not found and actor.person_id is not None and not text.strip():
        found = stored.people(session, actor, person_id=actor.person_id)
    return Choices(tuple(standing), tuple(map(_person, found)))


def show(session: Session, ctx: Context, kind: Kind, subject_id: UUID, first: date, days: int = 1) -> Diary:
    """The diary of one subject from a London day on. Raises NotFound for one that is not the asker's to see.

    Raises Forbidden for who has no diary to see, Invalid for more than `MOST_DAYS`.
    """
    _require(ctx.actor)
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"A diary shows between 1 and {MOST_DAYS} days.")
    subject = _subject(session, ctx.actor, kind, subject_id)
    shown = tuple(first + timedelta(days=count) for count in range(days))
    whole = Interval(day_interval(shown[0]).start, day_interval(shown[-1]).end)
    rows = _ROWS[kind](session, subject_id)
    ids = [row.id for row in rows]
    taken = stored.taken(session, ids, whole, ctx.now)
    if kind is Kind.PERSON:
        known = {each.booking_id for each in taken}
        by_link = stored.linked(session, subject_id, whole)
        taken = [*taken, *(each for each in by_link if each.booking_id not in known)]
    sittings = stored.sittings(session, ids, whole)
    blocks = _blocks(session, ctx, taken)
    return Diary(
        subject=subject,
        days=shown,
        rows=tuple(rows),
        blocks=blocks,
        behind=(
            *map(_sitting, sittings),
            *_shut(session, rows, whole),
            *_duties(session, ctx, subject, ids, whole),
        ),
        warnings=(*_overbooked(rows, sittings, taken), *_short(session, ctx, subject, blocks, whole)),
        holidays=tuple(sorted(stored.holidays(session, shown).items())),
        now=ctx.now,
    )


_ROWS = {
    Kind.COURT: stored.rows_of_court,
    Kind.SITE: stored.rows_of_site,
    Kind.PERSON: stored.rows_of_person,
}


@dataclass(frozen=True, slots=True)
class Move:
    """A block put elsewhere, before it is done: whom that affects, and why it cannot be had, if so."""

    booking: Booking
    title: str
    needs: Needs
    start: datetime
    courtroom: str
    affected: tuple[Affected, ...]
    refused: tuple[Refusal, ...]

    @property
    def slot(self) -> Interval:
        return Interval(self.start, self.start + self.needs.length)


def move(
    session: Session,
    ctx: Context,
    booking_id: UUID,
    taken: UUID,
    instead: UUID,
    start: datetime,
    *,
    rules: Rules,
) -> Move:
    """What it would be if a booking began at `start`, with the row `instead` in place of the one `taken`.

    Nothing is changed. Raises NotFound, Forbidden, and Invalid when that row cannot be had for this.
    """
    ctx.require(Permission.BOOK)
    row = bookings.one(session, booking_id)
    if row is None:
        raise NotFound
    hearing = hearings.of_court(session, ctx, row.hearing_id, lock=False)
    found = bookings.value(row, ctx.now)
    needs = _swapped(found.needs, taken, instead)
    places = calendar.places(session, needs.resource_ids)
    check_bookable(session, ctx, hearing, needs, places)
    return Move(
        booking=found,
        title=hearing.title,
        needs=needs,
        start=start,
        courtroom=places[needs.courtroom_id].label,
        affected=affected.of(
            session, ctx, hearing.id, affected.arrangement(found), Arrangement(needs, start)
        ),
        refused=availability.refusals(session, ctx, hearing, needs, start, rules, places),
    )


def _swapped(needs: Needs, taken: UUID, instead: UUID) -> Needs:
    """The same needs with one room or person in place of another."""

    def now(each: UUID) -> UUID:
        return instead if each == taken else each

    return replace(
        needs,
        courtroom_id=now(needs.courtroom_id),
        custody=tuple(replace(need, room_id=now(need.room_id)) for need in needs.custody),
        attending=tuple(map(now, needs.attending)),
        travel=tuple(replace(each, person_id=now(each.person_id)) for each in needs.travel),
        interpreting=tuple(replace(each, person_id=now(each.person_id)) for each in needs.interpreting),
    )


def _require(actor: Actor) -> None:
    if not actor.may(Permission.SEE_HEARINGS) and actor.person_id is None:
        raise Forbidden


def _subject(session: Session, actor: Actor, kind: Kind, subject_id: UUID) -> Subject:
    found: Iterable[Subject]
    match kind:
        case Kind.COURT:
            seen = actor.may(Permission.SEE_HEARINGS)
            found = map(_court, stored.courts(session, actor, subject_id) if seen else ())
        case Kind.SITE:
            found = map(_site, stored.sites(session, actor, subject_id))
        case Kind.PERSON:
            found = map(_person, stored.people(session, actor, person_id=subject_id))
    subject = next(iter(found), None)
    if subject is None:
        raise NotFound
    return subject


def _court(named: Named) -> Subject:
    return Subject(Kind.COURT, named.id, named.name, "Court", named.organisation_id)


def _site(named: Named) -> Subject:
    what = named.kind.replace("_", " ").capitalize()
    return Subject(Kind.SITE, named.id, named.name, what, named.organisation_id)


def _person(named: Named) -> Subject:
    return Subject(Kind.PERSON, named.id, named.name, "Person", named.organisation_id)


def _blocks(session: Session, ctx: Context, taken: Sequence[Taken]) -> tuple[Block, ...]:
    seen = hearings.seen(session, ctx, {each.hearing_id for each in taken})
    together = sorted(taken, key=lambda each: (each.row_id, each.booking_id, each.interval))
    blocks = [
        _block(ctx, row_id, list(of), seen)
        for (row_id, _), of in groupby(together, key=lambda each: (each.row_id, each.booking_id))
    ]
    return tuple(sorted(blocks, key=lambda block: (block.interval, block.row_id)))


def _block(ctx: Context, row_id: UUID, of: Sequence[Taken], seen: frozenset[UUID]) -> Block:
    one, actor = of[0], ctx.actor
    if one.hearing_id not in seen:
        whole = Interval(of[0].interval.start, of[-1].interval.end)
        return Block(row_id, (Part(whole, None),), ALREADY_BOOKED)
    own = actor.everywhere or one.court_id in actor.scope
    return Block(
        row_id=row_id,
        parts=tuple(Part(each.interval, each.purpose) for each in of),
        title=one.title,
        hearing_id=one.hearing_id,
        booking_id=one.booking_id,
        hearing_type=one.hearing_type,
        state=as_of(one.state, one.slot, ctx.now),
        slot=one.slot,
        courtroom_id=one.courtroom_id,
        courtroom=one.courtroom,
        held_until=one.hold_expires_at if one.provisional else None,
        movable=own
        and actor.may(Permission.BOOK)
        and not one.provisional
        and as_of(one.state, one.slot, ctx.now) is HearingState.BOOKED,
    )


def _sitting(sitting: Sitting) -> Behind:
    said = ["Sitting", sitting.business_type]
    if sitting.slots:
        said.append(f"takes {wording.plural(sitting.slots, 'matter')}")
    if sitting.minutes:
        said.append(f"takes {wording.minutes(sitting.minutes)}")
    return Behind(sitting.courtroom_id, sitting.interval, Ground.SITTING, ", ".join(filter(None, said)))


def _shut(session: Session, rows: Sequence[Row], whole: Interval) -> Iterable[Behind]:
    """The closures of the rows' sites, each on the rows that it shuts."""
    sites = {row.site_id for row in rows if row.site_id}
    for shut in stored.closures(session, sites, whole):
        label = ": ".join(filter(None, (shut.kind.value.capitalize(), shut.reason)))
        for row in rows:
            if shut.row_id == row.id or (shut.row_id is None and shut.site_id == row.site_id):
                yield Behind(row.id, shut.interval, Ground.SHUT, label)


def _duties(
    session: Session, ctx: Context, subject: Subject, ids: Sequence[UUID], whole: Interval
) -> Iterable[Behind]:
    knows = may_know_why(ctx.actor, subject.organisation_id)
    for duty in stored.duties(session, ids, whole):
        ground = Ground.SHUT if duty.kind.away else Ground.ON_DUTY
        label = DUTIES[duty.kind] if knows or not duty.kind.away else DUTIES[DutyKind.LEAVE]
        yield Behind(duty.person_id, duty.interval, ground, label)


#: What a stretch of a rota is called. That somebody is ill is theirs to tell: they are away. To other
#: organisations so is whoever has a rest day.
DUTIES = {
    DutyKind.SHIFT: "On shift",
    DutyKind.LEAVE: "Away",
    DutyKind.REST_DAY: "Rest day",
    DutyKind.SICK: "Away",
}


def _short(
    session: Session, ctx: Context, subject: Subject, blocks: Sequence[Block], whole: Interval
) -> Iterable[str]:
    """A sentence for each pool with too few on shift, and for each person booked while away, who is shown."""
    if not ctx.actor.may(Permission.SEE_HEARINGS):
        return
    shown = {block.hearing_id for block in blocks if block.hearing_id}
    gaps = staffing.gaps(session, ctx, whole)
    for lack in gaps.short:
        if subject.id == lack.site_id or shown & {each.hearing_id for each in lack.hearings}:
            needed = wording.plural(lack.needed, *staffing.POOLS[lack.pool])
            during = f"{wording.span(lack.during)}, {wording.short_day(lack.during.start)}"
            yield f"{lack.site}, {during}: {needed} needed and {lack.on_shift} on shift."
    for gap in gaps.absent:
        if subject.id == gap.person_id or gap.hearing.hearing_id in shown:
            during = f"{wording.span(gap.during)}, {wording.short_day(gap.during.start)}"
            yield f"{gap.name}, {during}: booked, and {gap.why}."


def _overbooked(rows: Sequence[Row], sittings: Sequence[Sitting], taken: Sequence[Taken]) -> Iterable[str]:
    """A sentence for each session that holds more than it takes."""
    names = {row.id: row.name for row in rows if row.kind is ResourceKind.COURTROOM}
    for sitting in sittings:
        matters = {
            each.booking_id: each.slot.minutes
            for each in taken
            if each.row_id == sitting.courtroom_id and sitting.interval.holds(each.slot.start)
        }
        where = f"{names[sitting.courtroom_id]}, {wording.span(sitting.interval)}"
        where += f", {wording.short_day(sitting.interval.start)}"
        if sitting.slots and len(matters) > sitting.slots:
            booked = wording.plural(len(matters), "matter")
            yield f"{where}: {booked} in a session that takes {sitting.slots}."
        if sitting.minutes and sum(matters.values()) > sitting.minutes:
            booked, most = wording.minutes(sum(matters.values())), wording.minutes(sitting.minutes)
            yield f"{where}: {booked} booked in a session that takes {most}."
