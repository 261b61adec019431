"""People and their shifts from CSV files: read whole or refused whole, compared, confirmed."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from court_link.domain.context import Context
from court_link.domain.errors import Forbidden, NotFound, WrongState
from court_link.domain.events import Event, EventKind
from court_link.domain.places import DutyKind, SiteKind
from court_link.domain.roles import Role
from court_link.domain.times import LONDON, Interval, day_interval, to_london
from court_link.importing import csvs, people, people_export, people_files, runs
from court_link.importing.people import Staged
from court_link.store import Db, Session, duties, feed, staff
from court_link.store import imports as stored
from court_link.store.tables import Site
from court_link.store.tables.imports import ImportState
from tests.county import SYSTEM_CONTEXT, County

PEOPLE = "person number,name,kind,e-mail,station,languages\n"
DUTIES = "person number,date,from,to,kind\n"


@dataclass
class Force:
    """A force with a station, two officers (1187 and 2043), and its administrator."""

    db: Db
    county: County
    ctx: Context

    async def staged(self, content: str | bytes, ctx: Context | None = None) -> Staged:
        given = content if isinstance(content, bytes) else content.encode()
        reading = people_files.read(given)
        return await self.db.write(people.stage, ctx or self.ctx, "staff.csv", reading)

    async def imported(self, content: str | bytes) -> Staged:
        """Imports a file; what comes of it is what was foretold."""
        staged = await self.staged(content)
        assert staged.errors == ()
        done = await self.db.write(people.confirm, self.ctx, staged.id)
        assert counts(done) == counts(staged)
        assert done.state is ImportState.DONE
        return done

    async def faults(self, content: str | bytes) -> list[tuple[str, str]]:
        staged = await self.staged(content)
        assert staged.state is ImportState.REFUSED
        return [(each.path, each.message) for each in staged.errors]

    async def people(self) -> dict[str, staff.Employed]:
        found = await self.db.read(lambda s, c: staff.people(s, [self.county.force]), SYSTEM_CONTEXT)
        return {each.number: each for each in found}

    async def rota(self, number: str) -> list[tuple[DutyKind, Interval]]:
        person = (await self.people())[number]
        ever = Interval(datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
        found = await self.db.read(lambda s, c: duties.of(s, [person.id], ever), SYSTEM_CONTEXT)
        return [(each.kind, each.interval) for each in found.get(person.id, [])]


def counts(staged: Staged) -> tuple[int, int, int, int]:
    """Added, changed, unchanged, gone."""
    return staged.added, staged.changed, staged.unchanged, staged.gone


@pytest.fixture
async def force(db: Db) -> Force:
    county = await County.settle(db)
    station = Site(organisation_id=county.force, kind=SiteKind.POLICE_STATION, name="Demo Police Station")
    await db.write(lambda session, ctx: session.add(station), SYSTEM_CONTEXT)
    return Force(db, county, county.person(county.force, Role.ADMINISTRATOR))


def london(day: date, hour: int, minute: int = 0, *, fold: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON, fold=fold).astimezone(UTC)


async def test_a_people_file_imports_as_a_difference(force):
    file = (
        PEOPLE + "1187,PC Demo,officer,demo@example.com,Demo Police Station,polish; Welsh\n"
        "3100,PC New,officer,,,\n"
    )
    staged = await force.staged(file)
    assert counts(staged) == (1, 1, 0, 1)  # 2043 is not in it
    assert any(each.startswith("PC Demo, 1187: name, e-mail address, station") for each in staged.said)
    assert set(await force.people()) == {"1187", "2043"}  # nothing has changed yet
    await force.db.write(people.confirm, force.ctx, staged.id)
    found = await force.people()
    assert set(found) == {"1187", "3100"}
    demo = found["1187"]
    assert (demo.id, demo.name, demo.station) == (force.county.officer, "PC Demo", "Demo Police Station")
    assert demo.languages == ("Polish", "Welsh")
    assert counts(await force.imported(file)) == (0, 0, 2, 0)


async def test_who_comes_back_in_a_later_file_is_the_same_person_again(force):
    await force.imported(PEOPLE + "2043,PC 2043 Sample,officer,,,\n")
    assert set(await force.people()) == {"2043"}
    await force.imported(PEOPLE + "2043,PC 2043 Sample,officer,,,\n1187,PC 1187 Demo,officer,,,\n")
    assert (await force.people())["1187"].id == force.county.officer


async def test_a_shifts_file_is_the_rota_of_its_people_for_its_dates(force):
    first = DUTIES + (
        "1187,23/11/2026,07:00,15:00,shift\n"
        "1187,24/11/2026,,,rest day\n"
        "1187,27/11/2026,07:00,15:00,shift\n"
        "2043,2026-11-24,22:00,06:00,shift\n"
    )
    assert counts(await force.imported(first)) == (4, 0, 0, 0)
    monday = date(2026, 11, 23)
    assert await force.rota("1187") == [
        (DutyKind.SHIFT, Interval(london(monday, 7), london(monday, 15))),
        (DutyKind.REST_DAY, day_interval(date(2026, 11, 24))),
        (DutyKind.SHIFT, Interval(london(date(2026, 11, 27), 7), london(date(2026, 11, 27), 15))),
    ]
    later = DUTIES + "1187,23/11/2026,07:00,15:00,Shift\n1187,24/11/2026,,,Sick\n"
    done = await force.imported(later)
    assert counts(done) == (1, 0, 1, 1)  # Friday is not covered, and 2043 is not in it
    assert [kind for kind, _ in await force.rota("1187")] == [DutyKind.SHIFT, DutyKind.SICK, DutyKind.SHIFT]
    assert len(await force.rota("2043")) == 1


async def test_a_file_with_a_byte_order_mark_semicolons_and_any_capitals_is_read(force):
    file = "﻿Kind;DATE;From;To;Person Number\r\nshift;23/11/2026;07:00;15:00;1187\r\n".encode()
    assert counts(await force.imported(file)) == (1, 0, 0, 0)


async def test_every_fault_is_named_by_line_and_column_and_nothing_is_imported(force):
    file = DUTIES + (
        "1187,23/11/2026,07:00,15:00,shift\n"
        "1187,31/11/2026,07:00,15:00,shift\n"
        "1187,24/11/2026,7 o'clock,15:00,shift\n"
        "1187,25/11/2026,07:00,,shift\n"
        "1187,26/11/2026,,,shift\n"
        "1187,27/11/2026,,,holiday\n"
        ",28/11/2026,,,leave\n"
        "1187,23/11/2026,07:00,15:00,shift\n"
        "1187,29/11/2026,,,leave,more\n"
    )
    places = [where for where, _ in await force.faults(file)]
    assert sorted(places) == sorted(
        [
            "Line 3, date",
            "Line 4, from",
            "Line 5, to",
            "Line 6, from",
            "Line 7, kind",
            "Line 8, person number",
            "Line 9",
            "Line 10",
        ]
    )
    assert await force.rota("1187") == []


@pytest.mark.parametrize(
    ("file", "where", "said"),
    [
        (b"", "Line 1", "empty"),
        (b"name,number\nA,1\n", "Line 1", "The columns must be"),
        (PEOPLE.encode() + b"1,PC \xff,officer,,,\n", "Line 2", "UTF-8"),
        (PEOPLE.encode(), "Line 1", "nothing below"),
        (PEOPLE.encode() + b'1,"PC,officer,,,\n', "Line 2", "quotation mark"),
        (PEOPLE.encode() + b"1,PC <b>Bold</b>,officer,,,\n", "Line 2, name", "Markup"),
        (PEOPLE.encode() + b"1,A,constable,,,\n", "Line 2, kind", "one of officer"),
        (PEOPLE.encode() + b"1,A,judiciary,,,\n", "Line 2, kind", "Your organisation has no"),
        (PEOPLE.encode() + b"1,A,officer,a at b,,\n", "Line 2, e-mail", "e-mail address"),
        (PEOPLE.encode() + b"1,A,officer,,Elsewhere,\n", "Line 2, station", "not one of your places"),
        (PEOPLE.encode() + b"1,A,officer,,,C++\n", "Line 2, languages", "by name"),
        (PEOPLE.encode() + b"7,A,officer,,,\n7,B,officer,,,\n", "Line 3, person number", "on line 2 already"),
        (DUTIES.encode() + b"999,23/11/2026,,,leave\n", "Line 2, person number", "Nobody of yours"),
        (b"\x00" * 10, "Line 1", "not a CSV"),
        (b"x" * (csvs.MOST_BYTES + 1), "Line 1", "larger than"),
    ],
)
async def test_what_is_wrong_is_said_where_it_is(force, file, where, said):
    faults = await force.faults(file)
    assert faults[0][0] == where
    assert said in faults[0][1]


async def test_a_file_of_too_many_lines_is_refused(force, monkeypatch):
    monkeypatch.setattr(csvs, "MOST_LINES", 3)
    file = PEOPLE + "".join(f"{n},A,officer,,,\n" for n in range(1, 5))
    assert (await force.faults(file))[0][0] == "Line 5"


async def test_times_around_both_changes_of_the_clock_are_what_the_wall_says(force):
    spring, autumn = date(2027, 3, 28), date(2026, 10, 25)
    file = DUTIES + (
        "1187,27/03/2027,22:00,06:00,shift\n"
        "1187,24/10/2026,22:00,06:00,shift\n"
        "2043,25/10/2026,01:30 BST,01:30 GMT,shift\n"
        "2043,28/03/2027,,,leave\n"
    )
    reading = people_files.read(file.encode())
    assert reading.faults == ()
    lengths = [(each.during.minutes / 60, each.during.start) for each in reading.duties]
    assert [hours for hours, _ in lengths] == [7, 9, 1, 23]
    assert to_london(reading.duties[0].during.end).date() == spring
    assert lengths[2][1] == london(autumn, 1, 30)
    skipped = people_files.read((DUTIES + "1187,28/03/2027,01:30,09:00,shift\n").encode())
    assert (skipped.faults[0].path, "go forward" in skipped.faults[0].message) == ("Line 2, from", True)
    repeated = people_files.read((DUTIES + "1187,24/10/2026,22:00,01:30,shift\n").encode())
    assert repeated.faults[0].path == "Line 2, to"
    assert "01:30 BST" in repeated.faults[0].message


async def test_every_quarter_of_both_changeover_days_is_imported_where_it_is_and_written_back(force):
    for day in (date(2026, 10, 25), date(2027, 3, 28)):
        whole, lines = day_interval(day), []
        moments = [whole.start + timedelta(minutes=15 * n) for n in range(int(whole.minutes // 15) + 1)]
        for start, end in itertools.pairwise(moments):
            lines.append(
                f"1187,{day:%d/%m/%Y},{people_files.on_paper(start)},{people_files.on_paper(end)},shift"
            )
        reading = people_files.read((DUTIES + "\n".join(lines)).encode())
        assert reading.faults == ()
        assert [each.during for each in reading.duties] == [
            Interval(start, end) for start, end in itertools.pairwise(moments)
        ]


async def test_what_is_exported_imports_as_no_change(force):
    await force.imported(PEOPLE + "1187,=cmd|' /C calc'!A0,officer,,Demo Police Station,Polish; Welsh\n")
    await force.imported(DUTIES + "1187,23/11/2026,22:00,06:00,shift\n1187,25/11/2026,,,sick\n")
    everyone = await force.db.read(people_export.people, force.ctx)
    assert b",'=cmd" in everyone  # a spreadsheet runs no formula of ours
    assert counts(await force.imported(everyone)) == (0, 0, 1, 0)
    first, last = date(2026, 11, 23), date(2026, 11, 30)
    rota = await force.db.read(people_export.shifts, force.ctx, first, last)
    assert counts(await force.imported(rota)) == (0, 0, 2, 0)


@pytest.mark.parametrize("format_", [people_files.PEOPLE, people_files.DUTIES])
async def test_the_template_is_read_as_it_is(format_):
    reading = people_files.read(people_files.template(format_))
    assert (reading.format, reading.faults) == (format_, ())


async def test_nobody_elses_people_can_be_reached_by_number(force):
    custody = force.county.person(force.county.custody, Role.CUSTODY_OFFICER)
    staged = await force.staged(DUTIES + "1187,23/11/2026,,,leave\n", custody)
    assert "Nobody of yours" in staged.errors[0].message
    await force.db.write(
        people.stage, custody, "x.csv", people_files.read((PEOPLE + "1187,A,officer,,,\n").encode())
    )
    assert (await force.people())["1187"].name == "PC 1187 Demo"
    with pytest.raises(NotFound):
        await force.db.read(people.one, custody, (await force.staged(PEOPLE + "9,A,officer,,,\n")).id)
    with pytest.raises(Forbidden):
        await force.staged(PEOPLE, force.county.person(force.county.force, Role.OFFICER))


async def test_a_run_of_staff_is_no_court_list(force):
    judge = force.county.person(force.county.court, Role.LISTING_OFFICER)
    staged = await force.staged(PEOPLE + "1,DJ Example,judiciary,,,\n", judge)
    assert staged.state is ImportState.STAGED
    assert await force.db.read(runs.history, judge) == ()
    with pytest.raises(NotFound):
        await force.db.write(runs.begin, judge, staged.id)
    assert [each.id for each in await force.db.read(people.history, judge)] == [staged.id]


async def test_a_file_that_is_confirmed_or_let_go_leaves_no_names_behind(force):
    def kept(session: Session, ctx: Context, run_id: UUID) -> int:
        return len(stored.payloads(session, run_id))

    first = await force.staged(PEOPLE + "1187,PC 1187 Demo,officer,,,\n2043,B,officer,,,\n")
    second = await force.staged(PEOPLE + "1187,A,officer,,,\n")
    assert await force.db.read(kept, force.ctx, first.id) == 2
    await force.db.write(people.confirm, force.ctx, first.id)
    await force.db.write(people.cancel, force.ctx, second.id)
    for run in (first, second):
        assert await force.db.read(kept, force.ctx, run.id) == 0
        for again in (people.confirm, people.cancel):
            with pytest.raises(WrongState):
                await force.db.write(again, force.ctx, run.id)


async def test_a_file_that_nobody_confirms_is_forgotten_with_the_lists(force, clock):
    staged = await force.staged(PEOPLE + "1187,A,officer,,,\n")
    clock.set(clock.now() + timedelta(days=1, minutes=1))
    assert staged.id in await force.db.write(runs.cancel_left, SYSTEM_CONTEXT)
    assert await force.db.write(runs.forget, SYSTEM_CONTEXT, staged.id)
    assert (await force.db.read(people.one, force.ctx, staged.id)).state is ImportState.CANCELLED


async def test_an_import_that_fails_half_way_leaves_nothing(force, monkeypatch):
    staged = await force.staged(DUTIES + "1187,23/11/2026,,,leave\n2043,23/11/2026,,,leave\n")

    def failing(*args: Any, **more: Any) -> None:
        raise RuntimeError("the power goes")

    with monkeypatch.context() as broken:
        broken.setattr("court_link.importing.people.record", failing)  # after everything has been written
        with pytest.raises(RuntimeError):
            await force.db.write(people.confirm, force.ctx, staged.id)
    assert await force.rota("1187") == []
    assert (await force.db.read(people.one, force.ctx, staged.id)).state is ImportState.STAGED
    await force.db.write(people.confirm, force.ctx, staged.id)
    assert len(await force.rota("1187")) == 1


async def test_an_import_is_told_of_in_codes_alone(force):
    await force.imported(DUTIES + "1187,23/11/2026,,,sick\n")
    events: Sequence[Event] = ()
    async with asyncio.timeout(60):
        while not any(each.kind is EventKind.PEOPLE_IMPORTED for each in events):
            await force.db.sealed(len(events), 5)
            events = await force.db.read(lambda s, c: feed.after(s, c, 0), SYSTEM_CONTEXT)
    (told,) = [each for each in events if each.kind is EventKind.PEOPLE_IMPORTED]
    assert told.data == {"format": "duties", "added": 1, "changed": 0, "gone": 0}
    assert told.organisation_id == force.county.force
