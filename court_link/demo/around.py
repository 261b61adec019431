"""What stands around the demonstration's month: people's rotas, a room being mended, who waits for a time, a
court's own figures, a trial of several days. Told once, through the same use cases as people have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from court_link.demo import people, plan
from court_link.demo.days import Teller
from court_link.domain.context import Context
from court_link.domain.hearing import HearingState
from court_link.domain.places import ClosureKind, DutyKind
from court_link.domain.requirements import Needs, Rules
from court_link.domain.rota import Stretch
from court_link.domain.times import Interval, day_interval, from_london, london_day
from court_link.domain.waiting import Wants
from court_link.scheduling import booking, closures, listing, practice, replanning, rostering, waitlist
from court_link.scheduling.practice import Figures
from court_link.scheduling.replanning import Split
from court_link.store import Session, hearings
from court_link.store.hearings import Filters

_TRIAL_ROOM = (plan.GOING_ON[0], "Courtroom 04")
_MENDED = ("St Albans Magistrates’ Court", "Courtroom 03")
#: Every officer has two days off in a row, one set after the other; sergeants plan them so.
_CYCLE = 6


async def tell(teller: Teller, now: datetime, ahead: Sequence[date]) -> None:
    """All of it, for the days to come."""
    teller.clock.set(now)
    rooms = (await teller.places()).rooms
    await teller.db.write(_rota, await teller.as_("force-administrator"), london_day(now))
    await teller.db.write(_languages, await teller.as_("clerk"))
    if len(ahead) > 3:
        await teller.db.write(_court, await teller.as_("clerk"), rooms, ahead)


def _rota(session: Session, ctx: Context, today: date) -> None:
    """Where officers are based, and their rest days: none on a day for which a court has booked them."""
    stations = rostering.stations(session, ctx)
    for number, officer in enumerate(people.officers(session)):
        station_id, _ = stations[number % len(stations)]
        rostering.keep(session, ctx, officer, station_id, [], None)
        for day in _rest_days(today, number):
            rest = Stretch(DutyKind.REST_DAY, day_interval(day))
            if not rostering.foresee_duty(session, ctx, officer, None, rest):
                rostering.add_duty(session, ctx, officer, rest, None)


def _rest_days(today: date, number: int) -> Iterator[date]:
    for ahead in range(1, 15):
        if (ahead + number) % _CYCLE < 2:
            yield today + timedelta(days=ahead)


def _languages(session: Session, ctx: Context) -> None:
    for person_id, spoken in people.interpreters(session):
        rostering.keep(session, ctx, person_id, None, spoken, None)


def _court(session: Session, ctx: Context, rooms: dict[tuple[str, str], UUID], ahead: Sequence[date]) -> None:
    """A court's own figures, a room that is being mended, three who wait, and a trial of three days."""
    practice.change(session, ctx, "remand", Figures(minutes=15, consultation=20), version=0)
    for house in closures.choices(session, ctx):
        mended = rooms[_MENDED]
        if mended in {room for room, _ in house.rooms}:
            afternoon = Interval(from_london(ahead[1], time(13)), from_london(ahead[1], time(17)))
            reason = "The video screens are being replaced."
            asked = closures.Asked(house.id, mended, afternoon, ClosureKind.MAINTENANCE, reason)
            closures.make(session, ctx, asked)
    _wait(session, ctx, ahead)
    _trial(session, ctx, rooms[_TRIAL_ROOM], [day for day in ahead if day.weekday() < plan.SATURDAY][2:5])


def _wait(session: Session, ctx: Context, ahead: Sequence[date]) -> None:
    """Three matters that are heard in person for now would take a time by video that becomes free."""
    in_person = [
        row
        for day in ahead
        for row in hearings.on_day(session, ctx, Filters(day=day, state=HearingState.LISTED))
        if row.hearing_type in plan.LINKED and not row.youth
    ]
    for number, row in enumerate(in_person[:3]):
        if row.listed_room_id:
            needs = Needs(row.listed_room_id, plan.booked_minutes(row.hearing_type), others=2)
            wants = Wants(needs, (row.listed_room_id,), ahead[0], ahead[-1], urgent=number == 0)
            waitlist.join(session, ctx, row.id, wants)


def _trial(session: Session, ctx: Context, courtroom: UUID, days: Sequence[date]) -> None:
    start = [from_london(day, time(10)) for day in days]
    entry = plan.entry(_TRIAL_ROOM, start[0], "Trial", plan.chance_of(days[0], "several days"))
    matter = listing.Matter(
        title=f"R v {entry.surname}",
        hearing_type=entry.hearing_type,
        day=days[0],
        minutes=240,
        courtroom_id=courtroom,
        urns=(entry.urn,),
        parties=(listing.NamedParty("DEFENDANT", f"{entry.forename} {entry.surname}"),),
    )
    hearing_id = listing.add(session, ctx, matter)
    booking.book(session, ctx, hearing_id, Needs(courtroom, 240, others=4), start[0], rules=Rules())
    replanning.make(session, ctx, hearing_id, Split(tuple(start)), rules=Rules())
