"""The further formats go in, change and leave each other alone, on both engines."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from court_link.domain.following import may_be_followed
from court_link.domain.hearing import Visibility
from court_link.importing import lists, reading, runs
from court_link.store.tables import Hearing
from tests.importing import made
from tests.importing.conftest import SYSTEM_CTX, Court, counts, sites
from tests.importing.made import published
from tests.importing.other_lists import (
    adult,
    adult_case,
    civil,
    civil_case,
    civil_hearing,
    crown,
    crown_defendant,
    crown_hearing,
)

HOUSE = "Exampleton Magistrates' Court"
FIRST, SECOND = "2600000001", "2600000002"


def of(content: dict[str, Any]) -> bytes:
    return published(content)


TWICE = {
    "adult": (
        adult(("10:00", [adult_case(FIRST), adult_case(SECOND)])),
        adult(("11:30", [adult_case(FIRST)])),
        FIRST,
    ),
    "civil": (
        civil(civil_hearing(civil_case("FD1")), civil_hearing(civil_case("FD2"))),
        civil(civil_hearing(civil_case("FD1")), starts="2026-11-24T11:30:00Z", ends="2026-11-24T12:00:00Z"),
        "FD1",
    ),
    "crown": (
        crown(crown_hearing(number="T20260001"), crown_hearing(number="T20260002", sequence=2)),
        crown(crown_hearing(number="T20260001"), at="11:30:00"),
        "T20260001",
    ),
}


@pytest.mark.parametrize("kind", TWICE)
async def test_a_later_list_comes_in_as_a_difference(court: Court, kind: str) -> None:
    one, other, reference = TWICE[kind]
    assert counts(await court.imported(of(one))) == (2, 0, 0, 0)
    assert counts(await court.imported(of(one))) == (0, 0, 2, 0)
    before = await court.hearing(reference)
    assert counts(await court.imported(of(other))) == (0, 1, 0, 1)
    after = await court.hearing(reference)
    assert after.id == before.id
    assert after.listed_at == before.listed_at + timedelta(minutes=90)
    assert counts(await court.imported(of(other))) == (0, 0, 1, 0)


async def test_lists_of_one_house_and_day_leave_each_others_matters_alone(court: Court) -> None:
    """Two case systems and two jurisdictions make a list each: what one does not know is not gone."""
    at_ten = made.room("Courtroom 1", made.sitting(made.hearing()))
    every = [
        made.standard(at_ten, house=HOUSE),
        adult(("10:00", [adult_case()])),
        civil(civil_hearing()),
        crown(crown_hearing(), name="Exampleton", kind="Magistrates Court"),
    ]
    for content in (*every, *every):
        assert (await court.imported(of(content))).no_longer_listed == 0
    hearings = await court.hearings()
    assert len(hearings) == 4
    assert not any(hearing.no_longer_listed for hearing in hearings)
    assert len({hearing.listed_room_id for hearing in hearings}) == 1
    assert [site[0] for site in await court.db.read(sites, SYSTEM_CTX)] == [HOUSE]


async def test_nothing_of_a_family_matter_is_public_and_no_list_makes_it_so(court: Court) -> None:
    await court.imported(of(civil(civil_hearing())))
    known = await court.hearing("FD26P00001")
    assert (known.family, known.visibility) == (True, Visibility.PRIVATE)
    assert not may_be_followed(visibility=known.visibility, youth=known.youth, family=known.family)
    plain = civil(civil_hearing(civil_case(caseJurisdictionET="Civil")))
    assert counts(await court.imported(of(plain))) == (0, 0, 1, 0)
    again = await court.hearing("FD26P00001")
    assert (again.family, again.visibility) == (True, Visibility.PRIVATE)


async def test_a_civil_matter_is_public_until_a_list_says_family(court: Court) -> None:
    await court.imported(of(civil(civil_hearing(civil_case(caseJurisdictionET="Civil")))))
    assert (await court.hearing("FD26P00001")).visibility is Visibility.PUBLIC
    assert counts(await court.imported(of(civil(civil_hearing())))) == (0, 1, 0, 0)
    assert (await court.hearing("FD26P00001")).visibility is Visibility.PRIVATE


async def test_the_end_of_a_sitting_is_the_estimate_of_its_hearing(court: Court) -> None:
    await court.imported(of(civil(civil_hearing(), ends="2026-11-24T10:40:00Z")))
    assert (await court.hearing("FD26P00001")).minutes == 40
    assert counts(await court.imported(of(civil(civil_hearing(), ends="2026-11-24T12:00:00Z")))) == (
        *(0, 1, 0),
        0,
    )
    assert (await court.hearing("FD26P00001")).minutes == 120


async def test_a_crown_court_of_the_register_imports_its_own_list_into_its_own_rooms(court: Court) -> None:
    report = await court.imported(of(crown(crown_hearing())))
    assert (
        "St Albans Crown Court is not one of your court houses. "
        "It is added from the register, as St Albans Crown Court."
    ) in report.warnings
    [(name, code, rooms)] = await court.db.read(sites, SYSTEM_CTX)
    assert (name, code) == ("St Albans Crown Court", "C41ST00")
    kept = await court.hearing("T20260001")
    assert rooms == ["Courtroom 01", "Courtroom 02"]  # court 1 of the list is the register's 01
    assert kept.listed_room == "Courtroom 1"
    again = await court.imported(of(crown(crown_hearing(), name="ST ALBANS CROWN COURT")))
    assert counts(again) == (0, 0, 1, 0)
    await court.book(kept)


async def test_a_magistrates_house_of_the_same_town_is_another(court: Court) -> None:
    await court.imported(of(crown(crown_hearing())))
    await court.imported(of(adult(("10:00", [adult_case()]), court="St Albans")))
    assert sorted(site[1] or "" for site in await court.db.read(sites, SYSTEM_CTX)) == ["B41ME00", "C41ST00"]


async def test_co_defendants_of_an_adult_list_are_told_apart_when_it_is_sent_in_another_order(
    court: Court,
) -> None:
    cases = [adult_case(FIRST, f"Mr {name} EXAMPLE") for name in ("Ash", "Bay", "Cedar")]
    await court.imported(of(adult(("10:00", cases))))
    before = {hearing.id: hearing.title for hearing in await court.hearings()}
    assert counts(await court.imported(of(adult(("10:00", cases[::-1]))))) == (0, 0, 3, 0)
    assert {hearing.id: hearing.title for hearing in await court.hearings()} == before


async def test_a_defendant_who_joins_a_crown_case_leaves_it_the_same_matter(court: Court) -> None:
    await court.imported(of(crown(crown_hearing())))
    before = await court.hearing("T20260001")
    joined = crown_hearing(crown_defendant(), crown_defendant("Sample", urn="41HA0000226"))
    assert counts(await court.imported(of(crown(joined)))) == (0, 1, 0, 0)
    after = await court.hearing("T20260001")
    assert (after.id, after.title) == (before.id, "R v Marchpane and 1 more")


async def test_a_refused_list_imports_nothing(court: Court) -> None:
    bad = adult(("10:00", [adult_case()]), ("25:00", [adult_case(SECOND)]))
    run = await court.staged(of(bad))
    assert [fault.path for fault in run.report.errors] == [
        "$.document.data.job.sessions.session[0].blocks.block[1].bstart"
    ]
    assert await court.hearings() == []
    assert await court.db.read(sites, SYSTEM_CTX) == []


async def test_an_adult_list_that_is_told_its_day_goes_in_on_it(court: Court) -> None:
    what = reading.read_bytes(of(adult(("10:00", [adult_case()]))), date(2026, 11, 25))
    run_id = await court.db.write(runs.start, SYSTEM_CTX, court.id, "list.json")
    await lists.stage(court.db, SYSTEM_CTX, run_id, what)
    await lists.apply(court.db, SYSTEM_CTX, run_id)
    assert (await court.hearing(FIRST)).listed_day == date(2026, 11, 25)


async def test_rows_staged_before_a_list_had_a_series_are_still_read() -> None:
    from court_link.importing.matters import packed, unpacked

    [matter] = reading.read_bytes(made.of_one_room([made.hearing()])).matters
    old = {
        name: value for name, value in packed(matter).items() if name not in {"family", "minutes", "series"}
    }
    assert unpacked(old) == matter
    assert isinstance(unpacked(old).starts_at, datetime)


async def test_the_special_measures_that_a_list_names_are_kept_and_none_is_taken_away(court):
    noted = crown(crown_hearing(ListNote="Screens for Wren Witness, Intermediary"))
    await court.imported(of(noted))
    named = [{"help": "screens", "whom": ""}, {"help": "intermediary", "whom": ""}]
    kept = await court.hearing("T20260001")
    assert kept.measures == named
    typed = [{"help": "screens", "whom": "Wren Witness"}, named[1]]
    await court.db.write(lambda s, c: setattr(s.get_one(Hearing, kept.id), "measures", typed), SYSTEM_CTX)
    assert counts(await court.imported(of(noted))) == (0, 0, 1, 0)
    assert counts(await court.imported(of(crown(crown_hearing(), at="11:30:00")))) == (0, 1, 0, 0)
    assert (await court.hearing("T20260001")).measures == typed
