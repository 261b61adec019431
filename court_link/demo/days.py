"""The story of a court day, told through the real use cases: listed, booked, heard, one about to begin.

The teller's store has a clock of its own (`Teller.clock`), which is moved through the day, so that every
event has the time at which it would have happened.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from court_link.demo import listing, people, plan
from court_link.demo.listing import Entry
from court_link.domain.clock import SetClock
from court_link.domain.context import SYSTEM, Actor, ActorKind, Context
from court_link.domain.direction import Force, Medium
from court_link.domain.errors import Conflict, Invalid
from court_link.domain.hearing import EndCause, HearingState, Outcome
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import Part
from court_link.domain.times import Interval, day_interval, from_london, london_day, to_london
from court_link.importing import lists, reading, register, runs
from court_link.media import joining
from court_link.scheduling import booking, directions, running
from court_link.scheduling import listing as by_hand
from court_link.scheduling.directions import Made
from court_link.store import Db, Session, bookings, calendar, hearings, links, places
from court_link.store.hearings import Filters
from court_link.store.tables import SittingSession

_FIVE, _LEAD = timedelta(minutes=5), timedelta(minutes=4)
#: Custody rooms in turn. Stevenage's third is where one goes on.
_CUSTODY_ROOMS = (("Hatfield", 1), ("Stevenage", 1), ("Hatfield", 2), ("Stevenage", 2), ("Hatfield", 3))
#: The virtual court's own matters are left unbooked from so long before now: it needs its rooms.
_LEFT = timedelta(minutes=50)


@dataclass(frozen=True, slots=True)
class Places:
    """Ids by (site name, room name) of what the story books."""

    rooms: dict[tuple[str, str], UUID]

    def custody(self, suite: str, number: int) -> UUID:
        return self.rooms[f"{suite} custody suite", f"Video room {number}"]


@dataclass(frozen=True, slots=True)
class Teller:
    """A store whose court time the story moves."""

    db: Db
    clock: SetClock

    async def as_(self, key: str) -> Context:
        return Context(await self.db.read(people.actor, Context(SYSTEM), key), request_id="demonstration")

    async def places(self) -> Places:
        return await self.db.read(_places, Context(SYSTEM))


async def tell_past(teller: Teller, day: date) -> None:
    """A day that is over: all that was booked in it was heard."""
    await _list(teller, day, plan.entries(day), _evening_before(day))
    await _book(teller, day, from_london(day, time(8)))
    await _hear(teller, day, from_london(day, time(20)))


async def tell_ahead(teller: Teller, day: date, now: datetime) -> None:
    """A day to come: what is known of it is listed and booked. Nobody is detained for it yet."""
    await _list(teller, day, [entry for entry in plan.entries(day) if not entry.custody], now)
    await _book(teller, day, now)


async def tell_today(teller: Teller, now: datetime) -> None:
    """The day of `now`: the morning heard, one hearing going on, one on hold, one about to begin."""
    day = london_day(now)
    await _list(teller, day, [*plan.entries(day), _going_on(now)], _evening_before(day))
    await _book(teller, day, from_london(day, time(8)), virtual_until=now - _LEFT)
    await _hear(teller, day, now)
    await _start_one(teller, now)
    teller.clock.set(now)
    await _hold_one(teller, day, now)
    await tell_next(teller, now)


async def tell_next(teller: Teller, now: datetime, not_before: datetime | None = None) -> datetime | None:
    """Books the virtual court's next matter a few minutes ahead and opens its lobby; when it will be over.

    When the day's list is used up, a matter is added to it. None when the time is taken: then something is
    about to begin already.
    """
    start = max(_next_five(now + _LEAD), not_before or now)
    clerk, where = await teller.as_("clerk"), await teller.places()
    waiting = await teller.db.read(_listed, clerk, london_day(now), where.rooms[plan.VIRTUAL])
    if not waiting:
        added = _late(start, where.rooms[plan.VIRTUAL])
        hearing_id = await teller.db.write(by_hand.add, clerk, added)
    else:
        hearing_id = waiting[0].id
    officer = await teller.db.read(people.person_id, clerk, "officer")
    # The suite's rooms in turn: each is taken for consultation before and turnaround after.
    needs = Needs(
        courtroom_id=where.rooms[plan.VIRTUAL],
        minutes=15,
        custody=(CustodyNeed(where.custody("Hatfield", 1 + int(start.timestamp()) // 900 % 3)),),
        attending=(officer, where.rooms["Hatfield police station", "Evidence room 1"]),
        others=2,
    )
    # The time for consultation lies behind us already: the booking was made before it began.
    teller.clock.set(min(now, start - timedelta(minutes=20)))
    try:
        await teller.db.write(booking.book, clerk, hearing_id, needs, start, rules=Rules())
    except Conflict:
        return None
    finally:
        teller.clock.set(now)
    await teller.db.write(running.open_lobby, clerk, hearing_id)
    await _invite(teller, hearing_id)
    return start + needs.length


async def _invite(teller: Teller, hearing_id: UUID) -> None:
    """The lawyers are given their links, and the bench directs that whoever is not in the courtroom takes
    part by video."""
    clerk = await teller.as_("clerk")
    for key in ("advocate", "prosecutor"):
        person = await teller.db.read(people.person_id, clerk, key)
        await teller.db.write(joining.issue_to, clerk, hearing_id, person)
    bench = await teller.as_("bench")
    for link in await teller.db.read(links.of_hearing, clerk, hearing_id):
        if link.remote:
            made = Made(link.id, Medium.VIDEO, Force.PERMIT, bench.actor.name, "The parties made none.")
            await teller.db.write(directions.record, bench, hearing_id, made)


async def is_told(teller: Teller, day: date) -> bool:
    """Whether the day has been told as today already: only then has something gone on in it."""
    return bool(await teller.db.read(_any_going_on, await teller.as_("clerk"), day))


def _evening_before(day: date) -> datetime:
    return from_london(day - timedelta(days=1), time(18))


async def _list(teller: Teller, day: date, entries: Sequence[Entry], at: datetime) -> None:
    """Sittings, shifts, and the court's list, imported."""
    teller.clock.set(at)
    clerk = await teller.as_("clerk")
    await teller.db.write(_staff, clerk, day)
    what = reading.read_bytes(listing.document(day, entries))
    organisation_id = clerk.actor.organisation_id
    if organisation_id is None or what.refused:
        raise RuntimeError(f"the demonstration's own list is refused: {what.faults}")
    run_id = await teller.db.write(runs.start, clerk, organisation_id, f"list-{day.isoformat()}.json")
    await lists.stage(teller.db, clerk, run_id, what)
    await lists.apply(teller.db, clerk, run_id)


async def _book(teller: Teller, day: date, at: datetime, *, virtual_until: datetime | None = None) -> None:
    """Books what is heard by video in each sitting, in one transaction a sitting."""
    teller.clock.set(at)
    clerk = await teller.as_("clerk")
    for sitting in plan.sittings(day):
        until = virtual_until if sitting.place == plan.VIRTUAL else None
        await teller.db.write(_book_sitting, clerk, day, sitting, until)


def _book_sitting(
    session: Session, ctx: Context, day: date, sitting: plan.Sitting, until: datetime | None
) -> None:
    where, officers = _places(session, ctx), people.officers(session)
    advocate = people.person_id(session, ctx, "advocate")
    within, turn = sitting.on(day), day.toordinal() + sitting.hours[0].hour
    listed = _listed(session, ctx, day, where.rooms[sitting.place])
    for number, matter in enumerate(each for each in listed if within.holds(each.at)):
        if not plan.by_video(sitting, number) or (until and matter.at > until):
            continue
        suite, room = _CUSTODY_ROOMS[number % len(_CUSTODY_ROOMS)]
        witnesses = plan.OFFICERS.get(matter.kind, 0)
        needs = Needs(
            courtroom_id=where.rooms[sitting.place],
            minutes=plan.booked_minutes(matter.kind),
            custody=(CustodyNeed(where.custody(suite, room)),) if matter.kind in plan.CUSTODY else (),
            attending=tuple(
                officers[(turn + number * 2 + each) % len(officers)] for each in range(witnesses)
            ),
            others=2,
            parts=_YOUNG if sitting.panel == "YOUTH" else (),
        )
        try:
            with session.begin_nested():
                booking.book(session, ctx, matter.id, needs, matter.at, rules=Rules())
        except (Conflict, Invalid):
            continue  # its room or officer is taken, or the day forbids it: it stays listed
        if number % 4 == 0:
            joining.issue_to(session, ctx, matter.id, advocate)


#: Who must be there when a defendant is under 18.
_YOUNG = (Part.APPROPRIATE_ADULT, Part.YOUTH_OFFENDING_TEAM)


async def _hear(teller: Teller, day: date, now: datetime) -> None:
    """Hears all that is booked on the day and over by `now`, in order, in one transaction a courtroom."""
    bench = await teller.as_("bench")
    for place in dict.fromkeys(sitting.place for sitting in plan.sittings(day)):
        await teller.db.write(_hear_courtroom, bench, day, place, now)


def _hear_courtroom(session: Session, ctx: Context, day: date, place: tuple[str, str], now: datetime) -> None:
    """One hearing after another: each begins at its time, or when the one before it is over."""
    chance = plan.chance_of(day, *place, "heard")
    filters = Filters(day=day, room_id=_places(session, ctx).rooms[place], state=HearingState.BOOKED)
    types = {row.id: row.hearing_type for row in hearings.on_day(session, ctx, filters)}
    standing = bookings.of_hearings(session, types, ctx.now)
    over = from_london(day, time(0))
    for made in sorted(standing.values(), key=lambda booked: booked.slot.start):
        if made.slot.end > now:
            continue
        began = max(made.slot.start + chance.choice(_LATE), over)
        kind = types[made.hearing_id]
        over = min(began + plan.lasted(kind, chance), now)
        if began < over:
            _heard(session, ctx, made.hearing_id, kind, Interval(began, over), chance)


#: How long after its time a hearing begins.
_LATE = tuple(timedelta(minutes=minutes) for minutes in (0, 0, 1, 2, 2, 3, 4, 7))


def _heard(
    session: Session, ctx: Context, hearing_id: UUID, kind: str, when: Interval, chance: random.Random
) -> None:
    before, began, ended = ctx.at(when.start - timedelta(minutes=4)), ctx.at(when.start), ctx.at(when.end)
    running.open_lobby(session, before, hearing_id)
    coming = [
        Actor(ActorKind.LINK, id=link.id, link_id=link.id)
        for link in links.of_hearing(session, ctx, hearing_id)
        if link.part in {Part.OFFICER, Part.DEFENDANT}
    ]
    for participant in coming:
        joining.arrive(session, replace(before, actor=participant))
    running.start(session, began, hearing_id)
    cause = EndCause.TECHNICAL_FAILURE if chance.random() < 0.04 else EndCause.CONCLUDED
    running.end(session, ended, hearing_id, _outcome(kind, cause, chance), cause)
    for participant in coming:
        joining.leave(session, replace(ended, actor=participant))


def _outcome(kind: str, cause: EndCause, chance: random.Random) -> Outcome:
    if kind == "Trial":
        return chance.choice((Outcome.EFFECTIVE, Outcome.EFFECTIVE, Outcome.CRACKED, Outcome.INEFFECTIVE))
    adjourned = cause is not EndCause.CONCLUDED or chance.random() < 0.25
    return Outcome.ADJOURNED if adjourned else Outcome.DEALT_WITH


async def _start_one(teller: Teller, now: datetime) -> None:
    """One hearing has been going on for some minutes."""
    clerk, bench, where = await teller.as_("clerk"), await teller.as_("bench"), await teller.places()
    room_id = where.rooms[plan.GOING_ON]
    [matter] = await teller.db.read(_listed, clerk, london_day(now), room_id)
    hearing_id, at = matter.id, matter.at
    needs = Needs(courtroom_id=room_id, minutes=40, custody=(CustodyNeed(where.custody("Stevenage", 3)),))
    teller.clock.set(at - timedelta(minutes=25))
    await teller.db.write(booking.book, clerk, hearing_id, needs, at, rules=Rules())
    teller.clock.set(at - timedelta(minutes=5))
    await teller.db.write(running.open_lobby, bench, hearing_id)
    teller.clock.set(at + timedelta(minutes=1))
    await teller.db.write(running.start, bench, hearing_id)


async def _hold_one(teller: Teller, day: date, now: datetime) -> None:
    """The clerk has one later matter on hold, when there is one left to hold."""
    clerk, where = await teller.as_("clerk"), await teller.places()
    for sitting in plan.sittings(day):
        room_id = where.rooms[sitting.place]
        later = [each for each in await teller.db.read(_listed, clerk, day, room_id) if each.at > now + _SOON]
        if sitting.place != plan.VIRTUAL and later:
            needs = Needs(courtroom_id=room_id, minutes=plan.booked_minutes(later[0].kind))
            await teller.db.write(booking.hold, clerk, later[0].id, needs, later[0].at, rules=Rules())
            return


_SOON = timedelta(minutes=30)


def _going_on(now: datetime) -> Entry:
    start, day = _next_five(now - timedelta(minutes=15)), london_day(now)
    entry = plan.entry(plan.GOING_ON, start, "Sentence", plan.chance_of(day, "going on"))
    return replace(entry, custody=True)


def _late(start: datetime, room_id: UUID) -> by_hand.Matter:
    """A matter that reached the court after its list was made."""
    day, at = london_day(start), to_london(start).time()
    entry = plan.entry(plan.VIRTUAL, start, "First appearance", plan.chance_of(day, at))
    return by_hand.Matter(
        title=f"R v {entry.surname}",
        hearing_type=entry.hearing_type,
        day=day,
        at=at,
        courtroom_id=room_id,
        urns=(entry.urn,),
        parties=(by_hand.NamedParty("DEFENDANT", f"{entry.forename} {entry.surname}"),),
    )


def _next_five(moment: datetime) -> datetime:
    whole = moment.replace(second=0, microsecond=0)
    return (
        whole + timedelta(minutes=-whole.minute % 5) if whole.minute % 5 or whole == moment else whole + _FIVE
    )


def _places(session: Session, ctx: Context) -> Places:
    sites = {site.id: site.name for site in places.sites(session, places.everywhere(), places.SiteFilters())}
    return Places(
        {(sites[room.site_id], room.name): room.id for room in places.rooms(session, sites) if room.site_id}
    )


def _staff(session: Session, ctx: Context, day: date) -> None:
    """A day's sittings, and its shifts at both custody suites; once."""
    rooms = _places(session, ctx).rooms
    if calendar.sittings(session, [rooms[plan.VIRTUAL]], day_interval(day)):
        return
    for sitting in plan.sittings(day):
        within = sitting.on(day)
        row = SittingSession(
            courtroom_id=rooms[sitting.place],
            starts_at=within.start,
            ends_at=within.end,
            business_type=sitting.business_type,
            panel=sitting.panel,
            slots=int(within.minutes // sitting.every),
        )
        places.add_sittings(session, [row])
    early, late = from_london(day, time(7)), from_london(day, time(19))
    next_early = from_london(day + timedelta(days=1), time(7))
    for suite in register.data("hertfordshire.json")["custody_suites"]:
        if site := places.coded(session, suite["code"]):
            staff = suite["staff"]
            shifts = [(early, late, staff["day"]), (late, next_early, staff["night"])]
            places.add_shifts(session, site.id, shifts)


@dataclass(frozen=True, slots=True)
class _Matter:
    """A listed matter that is not booked yet."""

    id: UUID
    at: datetime
    kind: str


def _listed(session: Session, ctx: Context, day: date, room_id: UUID) -> list[_Matter]:
    """Matters of a room and day that are not booked yet, in order."""
    filters = Filters(day=day, room_id=room_id, state=HearingState.LISTED)
    found = hearings.on_day(session, ctx, filters)
    return [_Matter(row.id, row.listed_at, row.hearing_type) for row in found]


def _any_going_on(session: Session, ctx: Context, day: date) -> bool:
    room_id = _places(session, ctx).rooms[plan.GOING_ON]
    return bool(hearings.on_day(session, ctx, Filters(day=day, room_id=room_id), limit=1))
