"""A rota of a justice area: read safely, shown as a difference, applied whole or not at all."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from court_link.domain.booking import ResourceKind
from court_link.domain.clock import SetClock
from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import CourtLinkError, Stale, WrongState
from court_link.domain.events import EventKind
from court_link.domain.places import SiteKind
from court_link.domain.sittings import Half
from court_link.domain.times import Interval, to_london
from court_link.importing import rota, rota_runs
from court_link.importing.command import command
from court_link.importing.exits import IMPORTED, REFUSED
from court_link.importing.rota_comparing import Change
from court_link.importing.rota_runs import Run
from court_link.store import Db, places, sittings
from court_link.store.tables import EventRow, Hearing, ImportRow, SittingSession
from court_link.store.tables.imports import ImportState
from tests.county import add_booking
from tests.importing.conftest import Court
from tests.importing.rotas import a_rota, luton, profile
from tests.stores import MONDAY

BEDFORDSHIRE = Path(__file__).parents[1] / "data" / "rota" / "bedfordshire-rota-2024-04-02.xml"
CTX = Context(SYSTEM)


def read(content: bytes) -> rota.Reading:
    return rota.read(io.BytesIO(content))


@pytest.fixture
async def rooms(court: Court) -> dict[str, UUID]:
    return await court.db.write(luton, CTX, court.id)


async def staged(court: Court, content: bytes) -> Run:
    return await court.db.write(rota_runs.stage, CTX, court.id, "rota.xml", read(content))


async def imported(court: Court, content: bytes) -> Run:
    run = await staged(court, content)
    assert not run.report.refused, run.report.errors
    shown = (await court.db.read(rota_runs.difference, CTX, run.id)).fingerprint
    return await court.db.write(rota_runs.confirm, CTX, run.id, shown)


def rows(session: Session, ctx: Context) -> list[SittingSession]:
    found = list(session.exec(select(SittingSession).order_by(col(SittingSession.starts_at))))
    session.expunge_all()
    return found


def booked(session: Session, ctx: Context, court_id: UUID, start: datetime, room_id: UUID) -> None:
    """A hearing of twenty minutes, booked."""
    day = to_london(start).date()
    hearing = Hearing(
        court_id=court_id,
        title="R v Example",
        hearing_type="Remand",
        listed_day=day,
        listed_at=start,
        minutes=20,
        channels=[],
    )
    session.add(hearing)
    session.flush()
    add_booking(session, ctx, hearing.id, start, 20, room_id)


# Reading


def test_the_real_rota_is_read_whole() -> None:
    with BEDFORDSHIRE.open("rb") as source:
        found = rota.read(source)
    assert not found.refused
    assert (found.area, found.first, found.last) == ("Bedfordshire", date(2024, 4, 3), date(2024, 9, 30))
    assert len(found.sessions) == 1128
    assert sum(each.half is Half.AM for each in found.sessions) == 564
    assert len({each.venue for each in found.sessions}) == 9
    assert found.warnings == (
        "The business type IHSW, of 26 sessions, is not one of the courts’ own list:"
        " its sessions are imported, and what they take is not counted.",
    )


@pytest.mark.parametrize(
    ("broken", "where", "why"),
    [
        (a_rota(profile("CS1", day="2026-13-01")), "courtListingProfile CS1, sessionDate", "not a day"),
        (a_rota(profile("CS1", day="2028-01-01")), "courtListingProfile CS1, sessionDate", "outside"),
        (a_rota(profile("CS1", half="EVE")), "courtListingProfile CS1, session", "AM, PM or AD"),
        (a_rota(profile("CS1", venue="77")), "courtListingProfile CS1, venueId", "No such place"),
        (a_rota(profile("CS1", business="")), "courtListingProfile CS1, business", "missing"),
        (a_rota(profile("CS1", business="&lt;b&gt;")), "courtListingProfile CS1, business", "Markup"),
        (a_rota(profile("")), "courtListingProfile, id", "missing"),
        (a_rota(profile("CS1"), profile("CS1", half="PM")), "courtListingProfile CS1, id", "Another session"),
        (a_rota(start="2027-05-01"), "rotaPeriod, endDate", "ends before"),
        (a_rota().replace(b"rotaPeriod", b"period"), "rotaSchedule", "rotaPeriod is missing"),
        (a_rota().replace(b"<schedules/>", b""), "", ""),
    ],
)
def test_every_fault_names_the_line_and_what_stands_there(broken: bytes, where: str, why: str) -> None:
    found = read(broken)
    if not why:
        assert not found.refused
        return
    (fault,) = found.faults
    assert fault.path.startswith("Line ")
    assert fault.path.endswith(where)
    assert why in fault.message
    assert found.sessions == ()


_BOMB = b"""<?xml version="1.0"?><!DOCTYPE rotaSchedule [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;">]>
<rotaSchedule xmlns="http://com.moj.mcr.rota/v1/"><rotaPeriod><justiceAreaName>&b;</justiceAreaName>
</rotaPeriod>
</rotaSchedule>"""
_OUTSIDE = _BOMB.replace(b'"aaaaaaaaaa"', b'SYSTEM "file:///etc/passwd"')


@pytest.mark.parametrize(
    ("hostile", "why"),
    [
        (_BOMB, "document type is not allowed"),
        (_OUTSIDE, "document type is not allowed"),
        (b"<html></html>", "not a rota"),
        (a_rota().replace(b"/v1/", b"/v9/"), "not a rota"),
        (a_rota()[:-20], "not well-formed"),
        (b"", "not well-formed"),
        (a_rota(profile("CS1", panel="x" * 5000)), "longer than"),
        (b'<?xml version="1.0" encoding="x-none"?><a/>', "encoding"),
        (
            b'<rotaSchedule xmlns="http://com.moj.mcr.rota/v1/">' + b"<a>" * 100,
            "too deep",
        ),
        (a_rota().replace(b"Luton 1", b"&undefined;"), "not well-formed"),
        (a_rota().replace(b"<magistrates/>", b"<!--" + b"a" * 3_000_000 + b"-->"), "too long"),
        (a_rota().replace(b"<magistrates/>", b'<a b="' + b"a" * 3_000_000 + b'"/>'), "too long"),
    ],
)
def test_a_hostile_or_broken_file_is_refused_with_its_line(hostile: bytes, why: str) -> None:
    (fault,) = read(hostile).faults
    assert fault.path.startswith("Line ")
    assert why in fault.message


def test_a_file_that_is_too_large_is_refused_before_it_is_read_to_its_end() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return (
                b'<rotaSchedule xmlns="http://com.moj.mcr.rota/v1/">' if self.given == size else b" " * size
            )

    source = Endless()
    (fault,) = rota.read(source).faults  # type: ignore[arg-type]
    assert "larger than 32 MB" in fault.message
    assert source.given <= rota.MOST_BYTES + 2 * 64 * 1024


def test_more_faults_than_anyone_mends_are_counted_and_not_kept() -> None:
    found = read(a_rota(*(profile(f"CS{number}", half="EVE") for number in range(300))))
    assert len(found.faults) == 201
    assert found.faults[-1].message == "And 100 more faults."


# Into the store, on each engine


def test_a_file_of_endless_elements_is_refused_though_none_of_them_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rota, "_MOST_ELEMENTS", 50)
    crowd = a_rota(profile("CS1")).replace(b"<schedules/>", b"<schedules>" + b"<s/>" * 50 + b"</schedules>")
    found = rota.read(io.BytesIO(crowd))
    assert found.refused
    assert found.faults[0].message == "There are more than 50 elements in this file."


def test_more_warnings_than_anyone_reads_are_counted_and_not_kept() -> None:
    odd = [profile(f"CS{number}", business=f"ODD{number}") for number in range(130)]
    found = rota.read(io.BytesIO(a_rota(*odd)))
    assert not found.refused
    assert len(found.warnings) == 101
    assert found.warnings[-1].startswith("And ")


async def test_the_real_rota_is_imported_whole_into_luton_s_courtrooms(
    court: Court, rooms: dict[str, UUID]
) -> None:
    began = time.perf_counter()
    with BEDFORDSHIRE.open("rb") as source:
        run = await staged(court, source.read())
    assert (run.report.sittings, run.report.created) == (1128, 1024)
    assert [
        warning.partition(" is not one of your courtrooms")[0] for warning in run.report.warnings[1:]
    ] == [
        "01 Reserve, Luton MC",
        "Luton CC, Luton Crown Court",
        "Remote RSW Court, Luton MC",
        "SJP Court - Remote from home, Luton MC",
    ]
    assert await court.db.read(rows, CTX) == []  # nothing before it is confirmed
    done = await court.db.write(rota_runs.confirm, CTX, run.id)
    print(f"the rota of 1,128 sessions took {time.perf_counter() - began:.2f} s")
    assert (done.state, done.report.created) == (ImportState.DONE, 1024)
    found = await court.db.read(rows, CTX)
    assert len(found) == 1024
    in_first = [row for row in found if row.courtroom_id == rooms["Courtroom 01"]]
    assert len(in_first) == 310
    first = in_first[0]
    assert to_london(first.starts_at).isoformat() == "2024-04-03T10:00:00+01:00"
    assert (first.business_type, first.panel, first.slots, first.minutes) == ("REM", "ADULT", 12, 0)
    trial = next(row for row in found if row.business_type == "TRL")
    assert (trial.slots, trial.minutes) == (0, round(Interval(trial.starts_at, trial.ends_at).minutes))
    saturdays = {to_london(row.starts_at).date() for row in found if to_london(row.starts_at).weekday() == 5}
    assert len(saturdays) == 26

    def left(session: Session, ctx: Context) -> tuple[int, int]:
        staged_rows = session.exec(select(ImportRow).where(ImportRow.run_id == run.id)).all()
        told = session.exec(select(EventRow).where(EventRow.kind == EventKind.ROTA_IMPORTED)).all()
        return len(staged_rows), len(told)

    assert await court.db.read(left, CTX) == (0, 1)


async def test_the_same_rota_again_changes_nothing(court: Court, rooms: dict[str, UUID]) -> None:
    content = BEDFORDSHIRE.read_bytes()
    await imported(court, content)
    before = [(row.id, row.version) for row in await court.db.read(rows, CTX)]
    again = await imported(court, content)
    report = again.report
    assert (report.created, report.updated, report.unchanged, report.no_longer_listed) == (0, 0, 1024, 0)
    assert [(row.id, row.version) for row in await court.db.read(rows, CTX)] == before


async def test_a_later_rota_is_a_difference_and_what_was_made_by_hand_stays(
    court: Court, rooms: dict[str, UUID]
) -> None:
    await imported(court, a_rota(profile("CS1"), profile("CS2", half="PM"), profile("CS3", day="2026-12-02")))

    def by_hand(session: Session, ctx: Context) -> None:
        start = datetime(2026, 12, 3, 10, tzinfo=UTC)
        session.add(
            SittingSession(
                courtroom_id=rooms["Courtroom 01"], starts_at=start, ends_at=start + timedelta(hours=3)
            )
        )

    await court.db.write(by_hand, CTX)
    run = await staged(
        court,
        a_rota(profile("CS1"), profile("CS2", half="PM", business="TRL"), profile("CS4", day="2026-12-04")),
    )
    changes = await court.db.read(rota_runs.difference, CTX, run.id)
    told = {step.session.key.rpartition("/")[2]: step.change for step in changes.steps}
    assert told == {
        "CS1": Change.UNCHANGED,
        "CS2": Change.CHANGED,
        "CS3": Change.GONE,
        "CS4": Change.ADDED,
    }
    await court.db.write(rota_runs.confirm, CTX, run.id, changes.fingerprint)
    found = await court.db.read(rows, CTX)
    assert [(row.starts_at.day, row.business_type, row.source) for row in found] == [
        (1, "REM", "Bedfordshire rota"),
        (1, "TRL", "Bedfordshire rota"),
        (3, "", ""),
        (4, "REM", "Bedfordshire rota"),
    ]
    assert (found[1].slots, found[1].minutes) == (0, 150)


async def test_sessions_of_another_period_stay_as_they_are(court: Court, rooms: dict[str, UUID]) -> None:
    await imported(court, a_rota(profile("CS1"), end="2026-12-31"))
    await imported(court, a_rota(profile("CS9", day="2027-01-04"), start="2027-01-01", end="2027-03-31"))
    assert len(await court.db.read(rows, CTX)) == 2


async def test_a_session_that_is_gone_but_booked_is_kept_and_flagged_until_the_rota_has_it_again(
    court: Court, rooms: dict[str, UUID]
) -> None:
    first = a_rota(profile("CS1"), profile("CS2", half="PM"))
    await imported(court, first)
    start = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
    await court.db.write(booked, CTX, court.id, start, rooms["Courtroom 01"])
    await imported(court, a_rota())
    (kept,) = await court.db.read(rows, CTX)
    assert (kept.starts_at.hour, kept.against_rota) == (10, True)
    await imported(court, first)
    assert [row.against_rota for row in await court.db.read(rows, CTX)] == [False, False]


async def test_a_session_that_the_rota_moves_away_from_its_bookings_is_kept(
    court: Court, rooms: dict[str, UUID]
) -> None:
    await imported(court, a_rota(profile("CS1")))
    start = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
    await court.db.write(booked, CTX, court.id, start, rooms["Courtroom 01"])
    await imported(court, a_rota(profile("CS1", venue="2")))
    (kept,) = await court.db.read(rows, CTX)
    assert (kept.courtroom_id, kept.against_rota) == (rooms["Courtroom 01"], True)


async def test_halves_of_days_stand_at_the_same_london_time_on_both_sides_of_a_change_of_the_clocks(
    court: Court, rooms: dict[str, UUID]
) -> None:
    days = ("2027-03-27", "2027-03-28", "2027-03-29")
    await imported(court, a_rota(*(profile(f"CS{day}", day=day, half="AD") for day in days)))
    found = await court.db.read(rows, CTX)
    assert [row.starts_at.hour for row in found] == [10, 9, 9]
    assert {(to_london(row.starts_at).hour, to_london(row.ends_at).hour) for row in found} == {(10, 16)}


async def test_nothing_of_a_refused_rota_is_imported_and_its_run_says_why(
    court: Court, rooms: dict[str, UUID]
) -> None:
    run = await staged(court, a_rota(profile("CS1"), profile("CS2", half="EVE")))
    assert run.state is ImportState.REFUSED
    assert "CS2" in run.report.errors[0].path
    with pytest.raises(WrongState):
        await court.db.write(rota_runs.confirm, CTX, run.id)
    assert await court.db.read(rows, CTX) == []


async def test_what_is_confirmed_is_what_was_shown(court: Court, rooms: dict[str, UUID]) -> None:
    content = a_rota(profile("CS1"))
    run = await staged(court, content)
    shown = (await court.db.read(rota_runs.difference, CTX, run.id)).fingerprint
    await imported(court, content)
    with pytest.raises(Stale):
        await court.db.write(rota_runs.confirm, CTX, run.id, shown)


class Killed(CourtLinkError):
    """The process ends here."""


async def test_a_rota_that_is_stopped_half_way_leaves_nothing(
    court: Court, rooms: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever step it dies at, nothing of it is there, and the run can be confirmed again."""
    await imported(court, a_rota(profile("CS1"), profile("CS2", half="PM")))
    before = [(row.id, row.version) for row in await court.db.read(rows, CTX)]
    run = await staged(
        court,
        a_rota(profile("CS2", half="PM", business="TRL"), *(profile(f"CS{n}", venue="2") for n in (3,))),
    )
    names = ("take_out", "change_all", "add_all")
    for name in names:
        real: Callable[..., None] = getattr(sittings, name)

        def dies(*given: object, real: Callable[..., None] = real) -> None:
            real(*given)
            raise Killed

        monkeypatch.setattr(sittings, name, dies)
        with pytest.raises(Killed):
            await court.db.write(rota_runs.confirm, CTX, run.id)
        monkeypatch.undo()
        assert [(row.id, row.version) for row in await court.db.read(rows, CTX)] == before
    done = await court.db.write(rota_runs.confirm, CTX, run.id)
    assert (done.report.created, done.report.updated, done.report.no_longer_listed) == (1, 1, 1)


async def test_a_rota_of_a_court_house_that_the_court_does_not_have_imports_nothing(court: Court) -> None:
    run = await staged(court, a_rota(profile("CS1")))
    assert run.report.created == 0
    assert run.report.warnings == (
        "Luton 1, Luton MC is not one of your courtrooms: its 1 session is not imported.",
    )


async def test_a_venue_is_known_by_its_name_where_the_register_does_not_have_it(court: Court) -> None:
    def unregistered(session: Session, ctx: Context) -> None:
        site = places.add_site(
            session, organisation_id=court.id, kind=SiteKind.COURT_HOUSE, name="Luton Magistrates’ Court"
        )
        places.add_rooms(session, site, ResourceKind.COURTROOM, [(None, "Court 2")])

    await court.db.write(unregistered, CTX)
    run = await staged(court, a_rota(profile("CS1", venue="1"), profile("CS2", venue="2")))
    assert run.report.created == 1


async def test_a_staged_rota_that_is_forgotten_is_gone(db: Db, court: Court, rooms: dict[str, UUID]) -> None:
    run = await staged(court, a_rota(profile("CS1")))
    cancelled = await db.write(rota_runs.cancel, CTX, run.id)
    assert cancelled.state is ImportState.CANCELLED
    with pytest.raises(WrongState):
        await db.write(rota_runs.confirm, CTX, run.id)


# `court-link import`


async def test_the_command_tells_a_rota_by_what_it_holds(
    database_url: str,
    court: Court,
    rooms: dict[str, UUID],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "from-the-area"
    file.write_bytes(a_rota(profile("CS1"), profile("CS2", venue="9")))

    def run(*, dry_run: bool = False) -> int:
        return command(database_url, SetClock(MONDAY), file, dry_run=dry_run)

    assert await asyncio.to_thread(run, dry_run=True) == IMPORTED
    assert "Would be 1 created" in capsys.readouterr().out
    assert await asyncio.to_thread(run) == IMPORTED
    assert "01 Reserve, Luton MC is not one of your courtrooms" in capsys.readouterr().out
    assert len(await court.db.read(rows, CTX)) == 1
    file.write_bytes(a_rota(profile("CS1", half="EVE")))
    assert await asyncio.to_thread(run) == REFUSED
    assert "Nothing was imported" in capsys.readouterr().out
