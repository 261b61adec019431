"""Sittings and closures as the people of a court keep them, on each engine, and on pages and over HTTP."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

import httpx
import pytest
from sqlmodel import Session, col, select

from court_link.domain.clock import SetClock
from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import Forbidden, Invalid, NotFound, SlotTaken, Stale
from court_link.domain.places import ClosureKind
from court_link.domain.requirements import Needs, Rules
from court_link.domain.roles import OrganisationKind, Role
from court_link.domain.sittings import Capacity, Half, business_types, sitting
from court_link.domain.times import Interval, to_london
from court_link.identity.organisations import Organisation
from court_link.scheduling import availability, booking, closures, copying, sittings
from court_link.scheduling.closures import Asked as Closing
from court_link.scheduling.sittings import Asked, SittingStands
from court_link.store import Db
from court_link.store.tables import Booking, EventRow, Holiday, SittingSession
from tests.api.apps import Browser, World, csrf_of
from tests.county import County, add_booking, add_hearing
from tests.importing.rotas import a_rota, luton, profile
from tests.stores import MONDAY

CTX = Context(SYSTEM)
DAY = date(2026, 11, 24)
MORNING = sitting(DAY, Half.AM)
TEN = MORNING.start


@pytest.fixture
async def county(db: Db) -> County:
    return await County.settle(db)


def morning(county: County, **more: object) -> Asked:
    return Asked(county.courtroom, MORNING, **more)  # type: ignore[arg-type]


async def booked(db: Db, county: County, start: datetime = TEN, minutes: int = 20) -> UUID:
    hearing = await db.write(add_hearing, CTX, county, start)
    await db.write(add_booking, CTX, hearing, start, minutes, county.courtroom)
    return hearing


# What a session is


def test_the_halves_of_a_day_are_the_usual_ones_unless_the_house_keeps_two_spans_of_its_own() -> None:
    def hours(half: Half, *own: tuple[int, int]) -> tuple[time, time]:
        during = sitting(DAY, half, own)
        return to_london(during.start).time(), to_london(during.end).time()

    assert hours(Half.AM) == (time(10), time(13))
    assert hours(Half.PM, (540, 1050)) == (time(14), time(16, 30))  # when the house is open says nothing
    two = ((570, 750), (810, 960))
    assert [hours(half, *two) for half in Half] == [
        (time(9, 30), time(12, 30)),
        (time(13, 30), time(16)),
        (time(9, 30), time(16)),
    ]


def test_a_business_type_says_whether_matters_or_minutes_are_counted() -> None:
    assert business_types()["VIR"].name == "Virtual Court"
    assert Capacity.usual("VIR", MORNING) == Capacity(slots=12)
    assert Capacity.usual("TRL", MORNING) == Capacity(minutes=180)
    assert Capacity.usual("IHSW", MORNING) == Capacity()


@pytest.mark.parametrize(
    ("capacity", "matters", "minutes", "said"),
    [
        (Capacity(slots=12), 12, 500, ""),
        (Capacity(slots=12), 13, 0, "1 matter too many"),
        (Capacity(slots=12), 14, 0, "2 matters too many"),
        (Capacity(minutes=180), 40, 180, ""),
        (Capacity(minutes=180), 1, 200, "20 minutes too many"),
        (Capacity(), 99, 999, ""),
    ],
)
def test_overbooking_is_said_in_words(capacity: Capacity, matters: int, minutes: int, said: str) -> None:
    assert capacity.over(matters, minutes) == said


# Sittings


async def test_a_week_shows_each_room_s_sessions_with_what_is_booked_of_them(db: Db, county: County) -> None:
    await db.write(sittings.add, county.listing_officer, morning(county, capacity=Capacity(slots=1)))
    for start in (TEN, TEN + timedelta(hours=1)):
        await booked(db, county, start)
    week = await db.read(sittings.week, county.listing_officer, county.court_house, DAY)
    first, second = week.rooms
    (shown,) = first.on(DAY)
    assert (week.monday, shown.half, shown.matters, shown.minutes) == (date(2026, 11, 23), Half.AM, 2, 40)
    assert shown.over == "1 matter too many"
    assert second.sittings == ()


async def test_a_session_may_not_lie_over_another_of_its_room(db: Db, county: County) -> None:
    await db.write(sittings.add, county.listing_officer, morning(county))
    with pytest.raises(Invalid) as refused:
        await db.write(sittings.add, county.listing_officer, morning(county))
    assert [error.field for error in refused.value.errors] == ["begins"]


async def test_a_session_with_bookings_in_it_is_neither_taken_out_nor_moved_away(
    db: Db, county: County
) -> None:
    clerk = county.listing_officer
    made = await db.write(sittings.add, clerk, morning(county))
    await booked(db, county)
    with pytest.raises(SittingStands):
        await db.write(sittings.take_out, clerk, made.id, None)
    later = Interval(TEN + timedelta(minutes=10), MORNING.end)
    with pytest.raises(SittingStands):
        await db.write(sittings.change, clerk, made.id, Asked(county.courtroom, later), made.version)
    longer = Interval(TEN, MORNING.end + timedelta(minutes=30))
    changed = await db.write(
        sittings.change, clerk, made.id, Asked(county.courtroom, longer, "VIR"), made.version
    )
    assert (changed.during, changed.business, changed.version) == (longer, "Virtual Court", 2)
    with pytest.raises(Stale):
        await db.write(sittings.change, clerk, made.id, Asked(county.courtroom, longer), made.version)


async def test_taking_the_only_session_of_a_day_out_does_not_open_the_room(db: Db, county: County) -> None:
    clerk = county.listing_officer
    made = await db.write(sittings.add, clerk, morning(county))
    other = Interval(TEN + timedelta(days=1), MORNING.end + timedelta(days=1))
    await db.write(sittings.add, clerk, Asked(county.courtroom, other))
    await db.write(sittings.take_out, clerk, made.id, made.version)
    hearing = await db.write(add_hearing, CTX, county, TEN)
    shut = await db.read(availability.find, clerk, hearing, Needs(county.courtroom, 20), DAY, rules=Rules())
    assert shut.closed is not None
    assert shut.closed.reason == "is not sitting"


async def test_a_week_is_copied_at_the_same_london_times_over_a_change_of_the_clocks(
    db: Db, county: County, clock: SetClock
) -> None:
    clerk, monday = county.listing_officer, date(2027, 3, 22)
    for day in (monday, date(2027, 3, 26)):
        await db.write(sittings.add, clerk, Asked(county.courtroom, sitting(day, Half.AM), "VIR"))

    def holiday(session: Session, ctx: Context) -> None:
        session.add(Holiday(day=date(2027, 3, 29), name="Easter Monday"))

    await db.write(holiday, CTX)
    came_to = await db.write(copying.week, clerk, county.court_house, monday, 2)
    assert (came_to.copied, came_to.in_the_way, came_to.holidays) == (3, 0, 1)
    again = await db.write(copying.week, clerk, county.court_house, monday, 2)
    assert (again.copied, again.in_the_way, again.holidays) == (0, 3, 1)

    def all_of(session: Session, ctx: Context) -> list[tuple[date, int, int]]:
        rows = session.exec(select(SittingSession).order_by(col(SittingSession.starts_at)))
        return [
            (to_london(row.starts_at).date(), to_london(row.starts_at).hour, row.starts_at.hour)
            for row in rows
        ]

    assert await db.read(all_of, CTX) == [
        (date(2027, 3, 22), 10, 10),
        (date(2027, 3, 26), 10, 10),
        (date(2027, 4, 2), 10, 9),
        (date(2027, 4, 5), 10, 9),
        (date(2027, 4, 9), 10, 9),
    ]


async def test_only_the_court_s_own_people_plan_and_others_see_nothing(db: Db, county: County) -> None:
    made = await db.write(sittings.add, county.listing_officer, morning(county))
    with pytest.raises(NotFound):
        await db.read(sittings.one, county.foreign_listing_officer, made.id)
    with pytest.raises(NotFound):
        await db.write(sittings.add, county.foreign_listing_officer, morning(county))
    adviser = county.person(county.court, Role.LEGAL_ADVISER)
    assert (await db.read(sittings.one, adviser, made.id)).id == made.id
    with pytest.raises(Forbidden):
        await db.write(sittings.take_out, adviser, made.id, None)


async def test_a_room_is_kept_for_business_types_of_the_list_alone(db: Db, county: County) -> None:
    clerk = county.listing_officer
    kept = await db.write(sittings.restrict, clerk, county.courtroom, ["VLT", "VIR"], 1)
    assert (kept.restricted_to, kept.version) == (("VIR", "VLT"), 2)
    with pytest.raises(Stale):
        await db.write(sittings.restrict, clerk, county.courtroom, [], 1)
    with pytest.raises(Invalid):
        await db.write(sittings.restrict, clerk, county.courtroom, ["NONSENSE"], 2)


# Closures


def closing(county: County, room: UUID | None = None, hours: int = 4) -> Closing:
    during = Interval(TEN, TEN + timedelta(hours=hours))
    return Closing(county.court_house, room, during, ClosureKind.MAINTENANCE, "new screens")


async def test_a_closure_shows_what_it_touches_refuses_new_bookings_and_removes_none(
    db: Db, county: County
) -> None:
    clerk = county.listing_officer
    hearing = await booked(db, county)
    (touched,) = await db.read(closures.touched, clerk, closing(county, county.courtroom))
    assert (touched.hearing_id, touched.title) == (hearing, "R v Example")
    assert await db.read(closures.touched, clerk, closing(county, county.second_courtroom)) == ()
    made = await db.write(closures.make, clerk, closing(county))
    other = await db.write(add_hearing, CTX, county, TEN)
    day = await db.read(availability.find, clerk, other, Needs(county.courtroom, 20), DAY, rules=Rules())
    noon = TEN + timedelta(hours=2)
    assert noon not in day.free
    with pytest.raises(SlotTaken, match=r"is under maintenance \(new screens\)"):
        await db.write(booking.book, clerk, other, Needs(county.courtroom, 20), noon, rules=Rules())
    assert TEN + timedelta(hours=4) in day.free

    def standing(session: Session, ctx: Context) -> int:
        return len(session.exec(select(Booking)).all())

    assert await db.read(standing, CTX) == 1
    ended = await db.write(closures.end, clerk, made.id, TEN + timedelta(hours=1), made.version)
    assert (ended.during.end, ended.version) == (TEN + timedelta(hours=1), 2)
    with pytest.raises(Stale):
        await db.write(closures.remove, clerk, made.id, made.version)
    await db.write(closures.remove, clerk, made.id, ended.version)
    assert await db.read(closures.listed, clerk) == ()

    def told(session: Session, ctx: Context) -> list[str]:
        rows = session.exec(select(EventRow).where(EventRow.subject_id == made.id))
        return sorted(str(row.data["what"]) for row in rows)

    assert await db.read(told, CTX) == ["ended", "made", "removed"]


async def test_a_hearing_that_is_not_one_s_own_to_see_is_touched_without_its_name(
    db: Db, county: County
) -> None:
    hearing = await db.write(add_hearing, CTX, county, TEN)
    await db.write(add_booking, CTX, hearing, TEN, 20, county.courtroom, county.cell)
    keeper = county.person(county.custody, Role.ADMINISTRATOR)
    asked = Closing(county.suite, county.cell, MORNING)
    (touched,) = await db.read(closures.touched, keeper, asked)
    assert touched.title == ""


async def test_one_closes_what_is_one_s_own_and_nothing_that_is_over(db: Db, county: County) -> None:
    with pytest.raises(NotFound):
        await db.write(closures.make, county.foreign_listing_officer, closing(county))
    with pytest.raises(Invalid):
        await db.write(closures.make, county.listing_officer, closing(county, county.cell))
    past = Interval(MONDAY - timedelta(days=2), MONDAY - timedelta(days=1))
    with pytest.raises(Invalid):
        await db.write(closures.make, county.listing_officer, Closing(county.court_house, None, past))
    with pytest.raises(Forbidden):
        await db.read(closures.listed, county.person(county.court, Role.USHER))


# On pages and over HTTP


@pytest.fixture
def court(settled: County) -> Organisation:
    return Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")


@pytest.fixture
async def clerk(world: World, court: Organisation) -> Browser:
    return await world.signed_in(await world.person(court, Role.LISTING_OFFICER))


@pytest.fixture
async def api(world: World, court: Organisation) -> httpx.AsyncClient:
    return await world.machine(court, Role.LISTING_OFFICER)


async def test_a_time_that_happens_twice_is_asked_about_and_one_that_never_happens_is_refused(
    clerk: Browser, api: httpx.AsyncClient, settled: County
) -> None:
    typed = {
        "place": str(settled.court_house),
        "kind": "closed",
        "begins_day": "31/10/2027",
        "begins": "1:30am",
    }
    twice = await clerk.submit("/closures/new", typed)
    assert twice.status_code == 422
    assert "Say which one you mean" in twice.text
    assert 'name="begins_which"' in twice.text
    made = await clerk.submit("/closures/new", typed | {"begins_which": "1"})
    assert made.status_code == 303
    (closure,) = (await api.get("/api/closures")).json()["items"]
    assert closure["starts_at"] == "2027-10-31T01:30:00Z"
    assert closure["ends_at"] == "2027-11-01T00:00:00Z"
    never = await clerk.submit("/closures/new", typed | {"begins_day": "28/03/2027"})
    assert never.status_code == 422
    assert "does not exist" in never.text


async def test_a_closure_over_bookings_is_made_only_once_they_have_been_looked_at(
    world: World, clerk: Browser, api: httpx.AsyncClient, settled: County
) -> None:
    hearing = await booked(world.db, settled)
    typed = {
        "place": f"{settled.court_house}:{settled.courtroom}",
        "kind": "blocked",
        "begins_day": "24/11/2026",
    }
    shown = await clerk.submit("/closures/new", typed)
    assert shown.status_code == 200
    assert f'href="/hearings/{hearing}"' in shown.text
    assert (await api.get("/api/closures")).json()["items"] == []
    assert (await clerk.submit("/closures/new", typed | {"seen": "yes"})).status_code == 303
    assert len((await api.get("/api/closures")).json()["items"]) == 1


async def test_a_longer_closure_lists_what_it_newly_touches_before_it_is_made(
    world: World, settled: County, clerk: Browser, api: httpx.AsyncClient
) -> None:
    closed = closing(settled, settled.courtroom, 1)
    hearing = await booked(world.db, settled, TEN + timedelta(hours=2))
    made = await world.db.write(closures.make, settled.listing_officer, closed)
    form = f"/closures/{made.id}"
    typed = {"version": "1", "ends_day": f"{TEN:%d/%m/%Y}", "ends": "2pm"}
    shown = await clerk.submit(form, typed)
    assert "1 booking stands in this closure" in shown.text
    assert f"/hearings/{hearing}" in shown.text
    assert (await api.get(f"/api{form}")).json()["version"] == 1
    later = {"ends_at": (TEN + timedelta(hours=4)).isoformat()}
    foreseen = (await api.patch(f"/api{form}?check=true", json=later)).json()
    assert ([each["hearing_id"] for each in foreseen["touched"]], foreseen["version"]) == ([str(hearing)], 1)
    assert (await clerk.submit(form, typed | {"seen": "yes"}, to=form)).status_code == 303
    longer = (await api.patch(f"/api{form}", json={"ends_at": (TEN + timedelta(hours=5)).isoformat()})).json()
    assert (longer["touched"], longer["version"]) == ([], 3)  # what stood there before is not new
    shorter = await api.patch(f"/api{form}", json={"ends_at": (TEN + timedelta(hours=1)).isoformat()})
    assert shorter.json()["touched"] == []


async def test_a_session_is_edited_over_http_with_its_etag(api: httpx.AsyncClient, settled: County) -> None:
    asked = {
        "courtroom_id": str(settled.courtroom),
        "starts_at": "2026-11-24T10:00:00Z",
        "ends_at": "2026-11-24T13:00:00Z",
        "business_type": "TRL",
    }
    made = await api.post("/api/sittings", json=asked, headers={"Idempotency-Key": "one"})
    again = await api.post("/api/sittings", json=asked, headers={"Idempotency-Key": "one"})
    assert (made.status_code, made.json()["minutes"], made.headers["etag"]) == (201, 180, '"1"')
    assert again.json() == made.json()
    address = made.headers["location"]
    changed = await api.put(address, json=asked | {"slots": 3}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["slots"], changed.headers["etag"]) == (200, 3, '"2"')
    stale = await api.put(address, json=asked, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert (await api.delete(address, headers={"If-Match": '"2"'})).status_code == 204
    assert (await api.get(address)).status_code == 404


async def test_the_form_of_a_session_offers_the_usual_times_and_keeps_what_was_typed(
    clerk: Browser, settled: County
) -> None:
    form = f"/sittings/new?room={settled.courtroom}&day=2026-11-24&half=PM"
    page = await clerk.get(form)
    assert 'value="14:00"' in page.text
    assert 'value="16:30"' in page.text
    typed = {"room": str(settled.courtroom), "day": "24/11/2026", "begins": "2pm", "ends": "nonsense"}
    wrong = await clerk.submit(form, typed, to="/sittings/new")
    assert wrong.status_code == 422
    assert 'value="nonsense"' in wrong.text
    made = await clerk.submit(form, typed | {"ends": "4:30pm", "business_type": "VIR"}, to="/sittings/new")
    assert made.status_code == 303
    week = await clerk.get(made.headers["location"])
    assert "0 of 10 matters booked" in week.text


async def test_a_rota_is_sent_looked_at_and_confirmed_on_pages(
    world: World, clerk: Browser, court: Organisation
) -> None:
    rooms = await world.db.write(luton, CTX, court.id)
    assert len(rooms) == 6
    page = await clerk.get("/sittings/rota")
    sent = await clerk.post(
        "/sittings/rota", {"csrf_token": csrf_of(page)}, files={"file": ("rota.xml", a_rota(profile("CS1")))}
    )
    assert sent.status_code == 303
    address = sent.headers["location"]
    shown = await clerk.get(address)
    assert "As the rota has it" in shown.text
    assert "Courtroom 01" in shown.text
    stale = await clerk.submit(address, {"shown": "something else"}, to=f"{address}/confirm")
    assert (stale.status_code, "have changed since you looked" in stale.text) == (409, True)
    done = await clerk.submit(address, {"shown": ""}, to=f"{address}/confirm")
    assert done.status_code == 303
    assert "Rota imported" in (await clerk.get(address)).text


async def test_a_faulty_rota_is_refused_with_the_line_of_each_fault(api: httpx.AsyncClient) -> None:
    refused = await api.post("/api/rotas", content=a_rota(profile("CS1", half="EVE")))
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["field"].startswith("Line ")
    assert error["field"].endswith("courtListingProfile CS1, session")
    (kept,) = (await api.get("/api/rotas")).json()["items"]
    assert kept["state"] == "refused"
