"""Diaries: what stands in them, who sees what, changeover days, and the same few queries however full."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlmodel import select

from court_link.api.pages.diary import COLUMNS, axis, laid_out
from court_link.domain.booking import Purpose
from court_link.domain.clock import SetClock
from court_link.domain.context import Context
from court_link.domain.errors import Forbidden, Invalid, NotFound
from court_link.domain.hearing import HearingState
from court_link.domain.places import ClosureKind, DutyKind
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import OrganisationKind, Role
from court_link.domain.times import Interval
from court_link.identity.organisations import Organisation
from court_link.scheduling import booking, diary
from court_link.scheduling.diary import ALREADY_BOOKED, Diary, Ground, Kind
from court_link.store import Db, Session
from court_link.store.diary import Row
from court_link.store.tables import (
    Closure,
    Duty,
    Hearing,
    HearingOrganisation,
    Resource,
    Shift,
    SittingSession,
)
from tests.api.apps import World
from tests.county import SYSTEM_CONTEXT, County, add_hearing, add_shift
from tests.stores import MONDAY

DAY = date(2026, 11, 23)
TEN = MONDAY + timedelta(hours=1)
RULES = Rules()
GRID = Path(__file__).parents[2] / "web/static/css/diary-grid.css"


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
async def county(db: Db) -> County:
    county = await County.settle(db)
    whole_day = (MONDAY - minutes(60), MONDAY + timedelta(hours=12))
    await db.write(add_shift, SYSTEM_CONTEXT, county.suite, *whole_day)
    return county


async def booked(db: Db, county: County, start: datetime = TEN, *, hold: bool = False, **facts: Any) -> UUID:
    """A hearing with a custody room and an officer, booked or on hold."""
    hearing = await db.write(lambda s, c: add_hearing(s, c, county, TEN, 30, **facts), SYSTEM_CONTEXT)
    needs = Needs(county.courtroom, 30, (CustodyNeed(county.cell),), (county.officer,))
    verb = booking.hold if hold else booking.book
    await db.write(verb, county.listing_officer, hearing, needs, start, rules=RULES)
    return hearing


async def add(db: Db, *rows: Any) -> None:
    await db.write(lambda session, ctx: session.add_all(rows), SYSTEM_CONTEXT)


async def shown(db: Db, ctx: Context, kind: Kind, id_: UUID, day: date = DAY, days: int = 1) -> Diary:
    return await db.read(diary.show, ctx, kind, id_, day, days)


async def test_a_court_sees_its_courtrooms_and_what_stands_in_them(db: Db, county: County) -> None:
    hearing = await booked(db, county)
    found = await shown(db, county.listing_officer, Kind.COURT, county.court)
    assert [row.name for row in found.rows] == ["Courtroom 1", "Courtroom 2"]
    (block,) = found.blocks
    assert (block.row_id, block.hearing_id, block.title) == (county.courtroom, hearing, "R v Example")
    assert block.interval == Interval(TEN, TEN + minutes(30))
    assert (block.state, block.movable, block.held_until) == (HearingState.BOOKED, True, None)


async def test_a_suite_sees_consultation_and_turnaround_around_its_hearings(db: Db, county: County) -> None:
    await booked(db, county)
    ctx = county.person(county.custody, Role.CUSTODY_OFFICER)
    found = await shown(db, ctx, Kind.SITE, county.suite)
    (block,) = found.blocks
    assert [(part.purpose, part.interval.minutes) for part in block.parts] == [
        (Purpose.CONSULTATION, 15),
        (Purpose.HEARING, 30),
        (Purpose.TURNAROUND, 10),
    ]
    assert (block.title, block.courtroom) == ("R v Example", "Courtroom 1, Demo Court House")
    assert not block.movable


async def test_what_is_on_hold_is_provisional_until_its_time_is_over(
    db: Db, county: County, clock: SetClock
) -> None:
    await booked(db, county, hold=True)
    (block,) = (await shown(db, county.listing_officer, Kind.COURT, county.court)).blocks
    assert (block.held_until, block.movable) == (MONDAY + minutes(10), False)
    clock.set(MONDAY + minutes(10))
    assert (await shown(db, county.listing_officer, Kind.COURT, county.court)).blocks == ()


async def test_what_is_out_of_scope_is_already_booked_and_no_more(db: Db, county: County) -> None:
    hearing = await booked(db, county, title="R v Hidden", hearing_type="Bail")

    def of_another_court(session: Session, ctx: Context) -> None:
        session.get_one(Hearing, hearing).court_id = county.other_court
        concerned = {"hearing_id": hearing, "organisation_id": county.court}
        session.delete(session.get_one(HearingOrganisation, concerned))

    await db.write(of_another_court, SYSTEM_CONTEXT)
    (block,) = (await shown(db, county.listing_officer, Kind.SITE, county.suite)).blocks
    assert block.interval == Interval(TEN - minutes(15), TEN + minutes(40))
    assert (block.title, [part.purpose for part in block.parts]) == (ALREADY_BOOKED, [None])
    assert (block.hearing_id, block.booking_id, block.slot, block.courtroom) == (None, None, None, "")
    assert (block.hearing_type, block.state, block.movable) == ("", None, False)


async def test_an_officer_sees_their_own_diary_and_nobody_elses(db: Db, county: County) -> None:
    hearing = await booked(db, county)
    officer = county.person(county.force, Role.OFFICER, person_id=county.officer)
    (block,) = (await shown(db, officer, Kind.PERSON, county.officer)).blocks
    assert (block.hearing_id, block.movable) == (hearing, False)
    for kind, id_ in (
        (Kind.PERSON, county.second_officer),
        (Kind.SITE, county.suite),
        (Kind.COURT, county.court),
    ):
        with pytest.raises(NotFound):
            await shown(db, officer, kind, id_)
    found = await db.read(diary.choices, officer)
    assert (found.subjects, [each.id for each in found.people]) == ((), [county.officer])


async def test_a_foreign_diary_is_as_one_that_is_not_there(db: Db, county: County) -> None:
    def elsewhere(session: Session, ctx: Context) -> None:
        from court_link.store.tables import Organisation as Row

        session.get_one(Row, county.other_court).area = "Elsewhere"

    await db.write(elsewhere, SYSTEM_CONTEXT)
    stranger = county.foreign_listing_officer
    for kind, id_ in (
        (Kind.COURT, county.court),
        (Kind.SITE, county.suite),
        (Kind.PERSON, county.officer),
        (Kind.COURT, county.cell),
    ):
        with pytest.raises(NotFound):
            await shown(db, stranger, kind, id_)
    assert [each.id for each in (await db.read(diary.choices, stranger, "PC")).people] == []
    with pytest.raises(Forbidden):
        await shown(db, county.reader, Kind.COURT, county.court)


async def test_who_books_finds_people_of_the_area_by_name_or_number(db: Db, county: County) -> None:
    for text in ("1187", "pc 11", "demo"):
        people = (await db.read(diary.choices, county.listing_officer, text)).people
        assert [each.id for each in people] == [county.officer], text
    kinds = [each.what for each in (await db.read(diary.choices, county.listing_officer)).subjects]
    assert kinds == ["Court", "Court house", "Custody suite"]


async def test_sittings_closures_and_leave_stand_behind_in_words(db: Db, county: County) -> None:
    span: dict[str, Any] = {"starts_at": TEN, "ends_at": TEN + minutes(180)}
    await add(
        db,
        SittingSession(courtroom_id=county.courtroom, business_type="VIR", slots=1, minutes=20, **span),
        Closure(site_id=county.court_house, kind=ClosureKind.MAINTENANCE, reason="new cameras", **span),
        Duty(person_id=county.officer, kind=DutyKind.SICK, **span),
    )
    found = await shown(db, county.listing_officer, Kind.COURT, county.court)
    said = {(each.row_id, each.ground, each.label) for each in found.behind}
    assert said == {
        (county.courtroom, Ground.SITTING, "Sitting, VIR, takes 1 matter, takes 20 minutes"),
        (county.courtroom, Ground.SHUT, "Maintenance: new cameras"),
        (county.second_courtroom, Ground.SHUT, "Maintenance: new cameras"),
    }
    (away,) = (await shown(db, county.listing_officer, Kind.PERSON, county.officer)).behind
    assert (away.ground, away.label) == (Ground.SHUT, "Away")


async def test_a_session_with_more_than_it_takes_is_said_in_words(db: Db, county: County) -> None:
    span: dict[str, Any] = {"starts_at": TEN, "ends_at": TEN + minutes(180)}
    await add(db, SittingSession(courtroom_id=county.courtroom, slots=1, minutes=45, **span))
    await booked(db, county)
    clerk = county.listing_officer
    assert (await shown(db, clerk, Kind.COURT, county.court)).warnings == ()
    await booked(db, county, TEN + minutes(60))
    where = "Courtroom 1, 10am to 1pm, Monday 23 November"
    assert (await shown(db, clerk, Kind.COURT, county.court)).warnings == (
        f"{where}: 2 matters in a session that takes 1.",
        f"{where}: 1 hour booked in a session that takes 45 minutes.",
    )


async def test_a_pool_short_of_staff_and_somebody_booked_while_away_are_said(db: Db, county: County) -> None:
    await booked(db, county)

    def fall_ill(session: Session, ctx: Context) -> None:
        (shift,) = session.exec(select(Shift))
        shift.away = shift.staff
        span: dict[str, Any] = {"starts_at": TEN, "ends_at": TEN + minutes(180)}
        session.add(Duty(person_id=county.officer, kind=DutyKind.LEAVE, **span))

    await db.write(fall_ill, SYSTEM_CONTEXT)
    clerk = county.listing_officer
    suite, court = [
        (await shown(db, clerk, kind, id_)).warnings
        for kind, id_ in ((Kind.SITE, county.suite), (Kind.COURT, county.court))
    ]
    short = "1 detention officer needed and 0 on shift."
    assert [short in said for said in suite if "detention" in said] == [True]
    assert any(said.startswith("Demo Custody Suite") for said in court)
    assert any(said.startswith("PC 1187 Demo") for said in court)


def asked(session: Session, ctx: Context, *what: Any) -> tuple[Diary, int]:
    """A diary, and how many statements were sent for it."""
    said: list[str] = []

    def hear(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    event.listen(session.connection(), "before_cursor_execute", hear)
    return diary.show(session, ctx, *what), len(said)


async def test_a_full_week_is_read_in_as_many_queries_as_an_empty_day(db: Db, county: County) -> None:
    clerk = county.listing_officer
    for number in range(4):
        await booked(db, county, TEN + minutes(60 * number))
    for kind, id_ in ((Kind.COURT, county.court), (Kind.SITE, county.suite), (Kind.PERSON, county.officer)):
        empty, few = await db.read(asked, clerk, kind, id_, DAY + timedelta(days=14), 1)
        full, many = await db.read(asked, clerk, kind, id_, DAY, 7)
        assert (len(empty.blocks), len(full.blocks)) == (0, 4)
        assert few == many <= 30, kind


async def test_no_more_than_a_month_is_shown_at_once(db: Db, county: County) -> None:
    for days in (0, 32):
        with pytest.raises(Invalid):
            await shown(db, county.listing_officer, Kind.COURT, county.court, DAY, days)


# The picture


def stretch(*spans: tuple[datetime, datetime]) -> Diary:
    """A diary of one row with a block for each span."""
    row = Row(UUID(int=1), "Courtroom 1", "", _KIND, None)
    subject = diary.Subject(Kind.COURT, UUID(int=2), "Demo", "Court", UUID(int=2))
    blocks = tuple(
        diary.Block(row.id, (diary.Part(Interval(*span), Purpose.HEARING),), f"{number}")
        for number, span in enumerate(spans)
    )
    return Diary(subject, (DAY,), (row,), blocks, (), (), (), MONDAY)


_KIND = Resource.model_fields["kind"].annotation("courtroom")  # type: ignore[misc]


def test_the_axis_goes_from_eight_to_six_and_is_widened_by_what_lies_outside() -> None:
    usual = axis(DAY, ())
    assert (usual.whole.start, usual.columns) == (datetime(2026, 11, 23, 8, tzinfo=UTC), 120)
    late = stretch((datetime(2026, 11, 23, 6, 50, tzinfo=UTC), datetime(2026, 11, 23, 19, 10, tzinfo=UTC)))
    wide = axis(DAY, late.blocks)
    assert wide.whole == Interval(
        datetime(2026, 11, 23, 6, tzinfo=UTC), datetime(2026, 11, 23, 20, tzinfo=UTC)
    )


def test_back_to_back_blocks_touch_and_never_overlap() -> None:
    on = axis(DAY, ())
    pair = stretch((TEN, TEN + minutes(12)), (TEN + minutes(12), TEN + minutes(40)))
    first, second = laid_out(pair, on)[0].blocks
    assert (first.at, first.span, first.lane) == (24, 2, 1)
    assert (second.at, second.lane) == (first.at + first.span, 1)


def test_what_one_person_holds_at_once_stands_below_each_other() -> None:
    both = stretch(
        (TEN, TEN + minutes(60)),
        (TEN + minutes(30), TEN + minutes(90)),
        (TEN + minutes(60), TEN + minutes(70)),
    )
    (line,) = laid_out(both, axis(DAY, ()))
    assert ([each.lane for each in line.blocks], line.lanes) == ([1, 2, 1], 2)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_both_changeover_days_have_a_column_for_every_five_minutes_of_them(day: date, hours: int) -> None:
    from court_link.domain.times import day_interval

    whole = day_interval(day)
    shown = stretch((whole.start, whole.start + minutes(10)), (whole.end - minutes(10), whole.end))
    on = axis(day, shown.blocks)
    assert (on.whole, on.columns, len(on.hours)) == (whole, hours * 12, hours)
    places = [
        placed.at
        for number in range(hours * 12)
        if (
            placed := on.block(
                stretch((whole.start + number * minutes(5), whole.start + (number + 1) * minutes(5))).blocks[
                    0
                ]
            )
        )
    ]
    assert places == list(range(hours * 12))


def test_every_class_that_a_picture_may_use_is_in_the_style_sheet() -> None:
    classes = set(re.findall(r"\.(cl-[a-z]+-\d+) {", GRID.read_text("utf-8")))
    assert classes >= {f"cl-at-{number}" for number in range(COLUMNS)}
    assert classes >= {f"cl-for-{number}" for number in range(1, COLUMNS + 1)}
    assert classes >= {f"cl-hours-{number}" for number in range(1, 26)}
    assert classes >= {f"cl-lane-{number}" for number in range(1, 9)}


# The pages and the API


@pytest.fixture
def court(settled: County) -> Organisation:
    return Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")


async def test_the_page_says_in_a_table_what_it_shows_in_the_picture(
    world: World, settled: County, court: Organisation
) -> None:
    hearing = await booked(world.db, settled)
    clerk = await world.signed_in(await world.person(court, Role.LISTING_OFFICER))
    page = (await clerk.get(f"/diary?of=site:{settled.suite}&date=2026-11-23")).text
    assert "Demo Custody Suite" in page
    assert "Consultation 9:45am to 10am, Turnaround 10:30am to 10:40am" in page
    assert f'href="/hearings/{hearing}/book">Move' in page
    assert "style=" not in page
    week = (await clerk.get(f"/diary?of=court:{settled.court}&view=week")).text
    assert "Monday 23 November to Sunday 29 November 2026" in week
    assert "R v Example" in week
    wrong = await clerk.get("/diary?date=soon")
    assert (wrong.status_code, "Enter a day" in wrong.text) == (422, True)
    assert (await clerk.get("/diary?of=nonsense")).status_code == 404


async def test_a_dragged_block_is_asked_about_and_then_moved(
    world: World, settled: County, court: Organisation
) -> None:
    hearing = await booked(world.db, settled)
    clerk = await world.signed_in(await world.person(court, Role.LISTING_OFFICER))
    api = await world.machine(court, Role.LISTING_OFFICER)
    (block,) = (await api.get(f"/api/diary?of=court:{settled.court}&day=2026-11-23")).json()["blocks"]
    asked = {
        "of": f"court:{settled.court}",
        "booking": block["booking_id"],
        "row": str(settled.courtroom),
        "to": str(settled.second_courtroom),
        "start": "2026-11-23T14:00:00Z",
    }
    form = await clerk.get("/diary/move", params=asked)
    assert "2pm to 2:30pm, Monday 23 November 2026</strong>, Courtroom 2" in form.text
    assert "Whom it affects" in form.text
    sent = {**asked, "version": "1", "csrf_token": re.search(r'csrf_token" value="([^"]+)', form.text)[1]}  # type: ignore[index]
    moved = await clerk.post("/diary/move", sent)
    assert (moved.status_code, moved.headers["location"][:7]) == (303, "/diary?")
    now = (await api.get(f"/api/hearings/{hearing}")).json()["booking"]
    assert (now["starts_at"], now["needs"]["courtroom_id"]) == (
        "2026-11-23T14:00:00Z",
        str(settled.second_courtroom),
    )
    stale = await clerk.post("/diary/move", sent)
    assert stale.status_code in {404, 409, 412}
    night = await clerk.get(
        "/diary/move", params={**asked, "booking": now["id"], "start": "2026-11-23T23:00:00Z"}
    )
    assert "It cannot be moved there" in night.text


async def test_the_api_answers_the_same_within_scope(
    world: World, settled: County, court: Organisation
) -> None:
    hearing = await booked(world.db, settled)
    api = await world.machine(court, Role.LISTING_OFFICER)
    known = (await api.get("/api/diaries?q=1187")).json()
    assert [each["name"] for each in known["people"]] == ["PC 1187 Demo"]
    found = (await api.get(f"/api/diary?of={known['people'][0]['key']}&day=2026-11-23&days=7")).json()
    assert [block["hearing_id"] for block in found["blocks"]] == [str(hearing)]
    assert len(found["days"]) == 7
    assert (await api.get("/api/diary?of=nonsense")).status_code == 422
    assert (await api.get(f"/api/diary?of=site:{settled.cell}")).status_code == 404
