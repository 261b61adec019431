"""The story of a court day, told through the real use cases: listed, booked, heard, one about to begin.

The teller's store has a clock of its own (`Teller.clock`), which is moved through the day, so that every
event has the time at which it would have happened.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from court_link.demo import listing, people
from court_link.demo.listing import Entry
from court_link.domain.clock import SetClock
from court_link.domain.context import SYSTEM, Actor, ActorKind, Context
from court_link.domain.direction import Force, Medium
from court_link.domain.errors import Conflict
from court_link.domain.hearing import EndCause, HearingState, Outcome
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import Part
from court_link.domain.times import from_london, london_day, to_london
from court_link.importing import lists, reading, register, runs
from court_link.media import joining
from court_link.scheduling import booking, directions, running
from court_link.scheduling import listing as by_hand
from court_link.scheduling.directions import Made
from court_link.store import Db, Session, hearings, links, places
from court_link.store.hearings import Filters
from court_link.store.tables import SittingSession

_HATFIELD, _STEVENAGE, _ST_ALBANS = (
    f"{town} Magistrates’ Court" for town in ("Hatfield", "Stevenage", "St Albans")
)
#: The virtual court, where a hearing is always about to begin, and the courtroom where one goes on.
VIRTUAL, GOING_ON = (_HATFIELD, "Courtroom 01"), (_STEVENAGE, "Courtroom 01")
_ORDINARY = ((_ST_ALBANS, "Courtroom 01"), (_ST_ALBANS, "Courtroom 02"), (_STEVENAGE, "Courtroom 02"))
#: Every half hour of the usual sittings, 10:00 to 13:00 and 14:00 to 16:30.
_HALF_HOURS = (
    *(time(hour, minute) for hour in (10, 11, 12, 14, 15) for minute in (0, 30)),
    time(16),
)

_FIVE, _LEAD = timedelta(minutes=5), timedelta(minutes=4)
_OFFICERS = ("officer2", "officer3", "officer4")


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
    await _list(teller, day)
    await _hear(teller, day, from_london(day, time(18)))


async def tell_today(teller: Teller, now: datetime) -> None:
    """The day of `now`: the morning heard, one hearing going on, one on hold, one about to begin."""
    day = london_day(now)
    await _list(teller, day, [_going_on(now)])
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
    waiting = await teller.db.read(_listed, clerk, london_day(now), where.rooms[VIRTUAL])
    if not waiting:
        added = _late(start, where.rooms[VIRTUAL])
        waiting = [await teller.db.write(by_hand.add, clerk, added)]
    officer = await teller.db.read(people.person_id, clerk, "officer")
    # The suite's rooms in turn: each is taken for consultation before and turnaround after.
    needs = Needs(
        courtroom_id=where.rooms[VIRTUAL],
        minutes=15,
        custody=(CustodyNeed(where.custody("Hatfield", 1 + int(start.timestamp()) // 900 % 3)),),
        attending=(officer, where.rooms["Hatfield police station", "Evidence room 1"]),
        others=2,
    )
    # The time for consultation lies behind us already: the booking was made before it began.
    teller.clock.set(min(now, start - timedelta(minutes=20)))
    try:
        await teller.db.write(booking.book, clerk, waiting[0], needs, start, rules=Rules())
    except Conflict:
        return None
    finally:
        teller.clock.set(now)
    await teller.db.write(running.open_lobby, clerk, waiting[0])
    await _invite(teller, waiting[0])
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
    """Whether the day has been told already."""
    return bool(await teller.db.read(_any_listed, await teller.as_("clerk"), day))


async def _list(teller: Teller, day: date, extra: Iterable[Entry] = ()) -> None:
    """The evening before: sittings, shifts, and the court's list, imported."""
    teller.clock.set(from_london(day - timedelta(days=1), time(18)))
    clerk = await teller.as_("clerk")
    await teller.db.write(_staff, clerk, day)
    entries = [
        *listing.entries(day, [*_ORDINARY, VIRTUAL], _HALF_HOURS, seed=day.toordinal()),
        *extra,
    ]
    what = reading.read_bytes(listing.document(day, entries))
    organisation_id = clerk.actor.organisation_id
    if organisation_id is None or what.refused:
        raise RuntimeError(f"the demonstration's own list is refused: {what.faults}")
    run_id = await teller.db.write(runs.start, clerk, organisation_id, f"list-{day.isoformat()}.json")
    await lists.stage(teller.db, clerk, run_id, what)
    await lists.apply(teller.db, clerk, run_id)


async def _hear(teller: Teller, day: date, now: datetime) -> None:
    """Books every second matter of the ordinary courtrooms, and hears those that are over by `now`."""
    chance = random.Random(day.toordinal())  # noqa: S311 - it makes a story, not a secret
    clerk, bench, where = await teller.as_("clerk"), await teller.as_("bench"), await teller.places()
    advocate = await teller.db.read(people.person_id, clerk, "advocate")
    booked: list[tuple[datetime, datetime, UUID]] = []
    for column, (house, room) in enumerate(_ORDINARY):
        room_id = where.rooms[house, room]
        officer = await teller.db.read(people.person_id, clerk, _OFFICERS[column])
        listed = await teller.db.read(_listed_at, clerk, day, room_id)
        for row, (hearing_id, at, minutes) in enumerate(listed):
            if row % 2 and row % 5:
                continue
            # Hatfield's custody rooms are the virtual court's, and Stevenage's third is where one goes on.
            custody = (CustodyNeed(where.custody("Stevenage", column)),) if column and row % 4 == 0 else ()
            attending = () if custody else (officer,)
            needs = Needs(courtroom_id=room_id, minutes=minutes, custody=custody, attending=attending)
            teller.clock.set(from_london(day, time(8)))
            try:
                await teller.db.write(booking.book, clerk, hearing_id, needs, at, rules=Rules())
            except Conflict:
                continue  # its room or officer is taken: it stays listed
            if not custody and row % 4 == 0:
                await teller.db.write(joining.issue_to, clerk, hearing_id, advocate)
            booked.append((at, at + needs.length, hearing_id))
    for start, end, hearing_id in sorted(booked):
        began = start + timedelta(minutes=chance.choice((0, 1, 2, 2, 3, 4, 7)))
        if end <= now:
            ended = began + (end - start) * chance.uniform(0.6, 1.1)
            await _heard(teller, bench, hearing_id, began, min(ended, now), chance)


async def _heard(
    teller: Teller, bench: Context, hearing_id: UUID, began: datetime, ended: datetime, chance: random.Random
) -> None:
    teller.clock.set(began - timedelta(minutes=4))
    await teller.db.write(running.open_lobby, bench, hearing_id)
    coming = [
        Context(Actor(ActorKind.LINK, id=link.id, link_id=link.id), bench.request_id)
        for link in await teller.db.read(links.of_hearing, bench, hearing_id)
        if link.part in {Part.OFFICER, Part.DEFENDANT}
    ]
    for participant in coming:
        await teller.db.write(joining.arrive, participant)
    teller.clock.set(began)
    await teller.db.write(running.start, bench, hearing_id)
    teller.clock.set(ended)
    cause = EndCause.TECHNICAL_FAILURE if chance.random() < 0.06 else EndCause.CONCLUDED
    outcome = (
        Outcome.ADJOURNED if cause is not EndCause.CONCLUDED or chance.random() < 0.25 else Outcome.DEALT_WITH
    )
    await teller.db.write(running.end, bench, hearing_id, outcome, cause)
    for participant in coming:
        await teller.db.write(joining.leave, participant)


async def _start_one(teller: Teller, now: datetime) -> None:
    """One hearing has been going on for some minutes."""
    clerk, bench, where = await teller.as_("clerk"), await teller.as_("bench"), await teller.places()
    room_id = where.rooms[GOING_ON]
    [(hearing_id, at, _)] = await teller.db.read(_listed_at, clerk, london_day(now), room_id)
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
    room_id = where.rooms[_ORDINARY[0]]
    for hearing_id, at, minutes in await teller.db.read(_listed_at, clerk, day, room_id):
        if at > now + timedelta(minutes=30):
            needs = Needs(courtroom_id=room_id, minutes=minutes)
            await teller.db.write(booking.hold, clerk, hearing_id, needs, at, rules=Rules())
            return


def _going_on(now: datetime) -> Entry:
    start = _next_five(now - timedelta(minutes=15))
    [entry] = listing.entries(london_day(now), [GOING_ON], [time(10)], seed=london_day(now).toordinal() + 2)
    return Entry(
        entry.house,
        entry.room,
        start,
        "Sentence",
        entry.offence,
        entry.urn,
        entry.forename,
        entry.surname,
        custody=True,
    )


def _late(start: datetime, room_id: UUID) -> by_hand.Matter:
    """A matter that reached the court after its list was made."""
    day, at = london_day(start), to_london(start).time()
    [entry] = listing.entries(day, [VIRTUAL], [at], seed=int(start.timestamp()))
    return by_hand.Matter(
        title=f"R v {entry.surname}",
        hearing_type="First appearance",
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
    """A day's sittings in the ordinary courtrooms, and its shifts at both custody suites."""
    rooms = _places(session, ctx).rooms
    for place in _ORDINARY:
        for opens, closes, slots in ((time(10), time(13), 12), (time(14), time(16, 30), 10)):
            sitting = SittingSession(
                courtroom_id=rooms[place],
                starts_at=from_london(day, opens),
                ends_at=from_london(day, closes),
                business_type="VLT",
                panel="ADULT",
                slots=slots,
            )
            places.add_sittings(session, [sitting])
    for suite in register.data("hertfordshire.json")["custody_suites"]:
        site = places.coded(session, suite["code"])
        if site is not None:
            early, late, next_early = (
                from_london(day, time(7)),
                from_london(day, time(19)),
                from_london(day + timedelta(days=1), time(7)),
            )
            staff = suite["staff"]
            places.add_shifts(
                session, site.id, [(early, late, staff["day"]), (late, next_early, staff["night"])]
            )


def _listed(session: Session, ctx: Context, day: date, room_id: UUID) -> list[UUID]:
    return [hearing_id for hearing_id, _, _ in _listed_at(session, ctx, day, room_id)]


def _listed_at(session: Session, ctx: Context, day: date, room_id: UUID) -> list[tuple[UUID, datetime, int]]:
    """Matters of a room and day that are not booked yet, in order: id, listed time, minutes."""
    filters = Filters(day=day, room_id=room_id, state=HearingState.LISTED)
    return [(row.id, row.listed_at, row.minutes) for row in hearings.on_day(session, ctx, filters)]


def _any_listed(session: Session, ctx: Context, day: date) -> bool:
    return bool(hearings.on_day(session, ctx, Filters(day=day), limit=1))
