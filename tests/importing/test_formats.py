"""The further formats are read by their content and held to their schemas; each refuses and warns alike."""

import json
from datetime import UTC, date, datetime, time

import pytest

from court_link.domain.times import from_london
from court_link.importing import reading
from court_link.importing.adult import ADULT
from court_link.importing.civil import CIVIL
from court_link.importing.crown import CROWN
from court_link.importing.faults import spelled
from court_link.importing.formats import FORMATS, UNKNOWN
from court_link.importing.matters import ListedParty, packed
from tests.importing import made, schemas
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

TEN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
MADE = {
    ADULT: adult(("10:00", [adult_case(), adult_case("2600000002")]), ("14:00", [adult_case("2600000003")])),
    CIVIL: civil(civil_hearing(), civil_hearing(civil_case("FD26P00002"))),
    CROWN: crown(
        crown_hearing(
            crown_defendant(Age=40, DateOfBirth={"BirthDate": "1986-01-01"}),
            crown_defendant("Sample"),
            CommittingCourt={
                "CourtHouseType": "Magistrates Court",
                "CourtHouseCode": 1,
                "CourtHouseName": "Exampleton",
            },
        ),
        crown_hearing(number="T20260002", sequence=2),
    ),
}


def read(content, told=None):
    return reading.read_bytes(content if isinstance(content, bytes) else published(content), told)


def faulty(content):
    return [fault.path for fault in read(content).faults]


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_for_tests_fits_the_published_schema(name):
    assert schemas.wrong(schemas.load(name), MADE[name]) == []


def test_the_schema_check_itself_sees_what_is_wrong():
    spoilt = adult(("10:00", [adult_case("12345"), {"caseno": "2600000001"}]))
    spoilt["document"]["data"]["job"]["sessions"]["session"][0]["room"] = "one"
    said = " / ".join(schemas.wrong(schemas.load(ADULT), spoilt))
    for part in ("too short", "lacks def_name", "is no integer"):
        assert part in said


@pytest.mark.parametrize("name", MADE)
def test_a_list_is_known_by_its_content(name):
    found = read(MADE[name])
    assert (found.format, found.faults) == (name, ())
    assert len(found.matters) == found.hearings


@pytest.mark.parametrize(
    ("file", "format_", "counted"),
    [
        ("civilAndFamilyDailyCauseList.json", CIVIL, (1, 2, 3, 4, 4, 5)),
        ("crownDailyPddaList.json", CROWN, (1, 3, 3, 3, 0, 3)),
    ],
)
def test_the_published_samples_are_counted_as_they_stand(file, format_, counted):
    found = read((made.SAMPLES / file).read_bytes())
    assert not found.refused
    assert found.format == format_
    houses, rooms, sittings = found.court_houses, found.court_rooms, found.sittings
    assert (houses, rooms, sittings, found.hearings, found.video_hearings, found.cases) == counted


@pytest.mark.parametrize("name", MADE)
def test_whatever_the_schema_requires_is_missed_by_its_path(name):
    schema = schemas.load(name)
    every = [where for where in schemas.required(schema, MADE[name]) if where not in _TELLING[name]]
    assert len(every) > 15
    for where in every:
        assert spelled(where) in faulty(schemas.without(MADE[name], where)), where


@pytest.mark.parametrize("name", MADE)
def test_whatever_the_schema_requires_is_of_its_kind(name):
    schema = schemas.load(name)
    for where in schemas.required(schema, MADE[name]):
        if where not in _TELLING[name]:
            assert spelled(where) in faulty(schemas.replaced(MADE[name], where, None)), where


#: Without these a file is of no known format.
_TELLING: dict[str, set[schemas.Where]] = {
    ADULT: {("document",), ("document", "data"), ("document", "data", "job")},
    CROWN: {("DailyList",)},
    CIVIL: set(),
}


@pytest.mark.parametrize("name", MADE)
def test_markup_anywhere_in_a_list_is_refused_by_its_path(name):
    spoilt = json.loads(json.dumps(MADE[name]))
    spoilt["note"] = {"of": ["<b>ours</b>"]}
    assert faulty(spoilt) == ["$.note.of[0]"]
    assert not read(spoilt).matters


def test_what_is_no_list_is_told_which_lists_there_are():
    found = read({"a": 1})
    [fault] = found.faults
    assert found.format == UNKNOWN
    for name, said in FORMATS.items():
        if name != UNKNOWN:
            assert said.casefold().replace("magistrates’ ", "") in fault.message.casefold()


def test_a_list_of_two_formats_at_once_is_refused():
    mixed = civil(civil_hearing(), made.hearing())
    [path] = faulty(mixed)
    assert path.endswith(".hearing[1].case")


# The adult court list


def test_an_adult_list_is_in_london_time_on_the_day_told_or_else_printed():
    summer = adult(("10:00", [adult_case()]), printed="30/06/2026")
    [matter] = read(summer).matters
    assert matter.starts_at == datetime(2026, 6, 30, 9, 0, tzinfo=UTC)
    assert any("Tuesday 30 June 2026" in warning for warning in read(summer).warnings)
    told = read(summer, date(2026, 7, 1))
    assert told.matters[0].starts_at == datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
    assert not any("which day" in warning for warning in told.warnings)
    assert told.digest != read(summer).digest


def test_a_case_of_an_adult_list_is_a_matter_with_one_defendant():
    [matter] = read(adult(("14:30", [adult_case()]), room=3)).matters
    assert (matter.title, matter.room, matter.panel) == ("R v Mr Quill MARCHPANE", "Courtroom 3", "ADULT")
    assert matter.references == ("2600000001",)
    assert matter.parties == (ListedParty("DEFENDANT", "Mr Quill MARCHPANE"),)
    kept = json.dumps(packed(matter))
    for personal in ("1985", "Example Street", "AA1 1AA", "POL01", "offence"):
        assert personal not in kept


@pytest.mark.parametrize(
    ("day", "clock", "message"),
    [("29/03/2026", "01:30", "does not exist"), ("25/10/2026", "01:30", "happens twice")],
)
def test_a_time_that_the_clocks_skip_or_repeat_is_refused_by_its_path(day, clock, message):
    [fault] = read(adult((clock, [adult_case()]), printed=day)).faults
    assert fault.path == "$.document.data.job.sessions.session[0].blocks.block[0].bstart"
    assert message in fault.message
    iso = "-".join(reversed(day.split("/")))
    [fault] = read(crown(crown_hearing(), day=iso, at=f"{clock}:00")).faults
    assert fault.path == "$.DailyList.CourtLists[0].Sittings[0].SittingAt"
    assert message in fault.message


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_every_other_minute_of_a_changeover_day_is_itself(day):
    for minute in range(2 * 60, 24 * 60, 7):
        clock = time(minute // 60, minute % 60)
        written = adult((f"{clock:%H:%M}", [adult_case()]), printed=f"{day:%d/%m/%Y}")
        [matter] = read(written).matters
        assert matter.starts_at == from_london(day, clock)


@pytest.mark.parametrize("clock", ["25:00", "9:00", "09.00", "0900", "09:00+01", "", "²0:00"])
def test_a_time_that_is_none_is_refused(clock):
    assert faulty(adult((clock, [adult_case()])))[0].endswith(".bstart")


@pytest.mark.parametrize("day", ["31/02/2026", "2026-11-24", "1/11/2026", "24.11.2026", ""])
def test_a_day_that_is_none_is_refused(day):
    assert faulty(adult(("10:00", [adult_case()]), printed=day)) == ["$.document.data.job.printdate"]


def test_a_child_in_an_adult_list_is_known_by_birthday_or_age():
    children = [adult_case(def_dob="25/11/2008"), adult_case("2600000002", def_age=17)]
    assert [m.youth for m in read(adult(("10:00", [*children, adult_case()]))).matters] == [True, True, False]


# The civil and family list


def test_a_matter_of_a_civil_and_family_list_is_family_unless_its_cases_say_civil():
    hearings = [
        civil_hearing(),
        civil_hearing(civil_case(caseJurisdictionET="Family Law")),
        civil_hearing(civil_case(caseJurisdictionET="Civil")),
        civil_hearing(civil_case(caseJurisdictionET="Civil and Family")),
        civil_hearing(civil_case(caseJurisdictionET="Civil"), civil_case("FD26P00002")),
    ]
    found = read(civil(*hearings))
    assert [matter.family for matter in found.matters] == [True, True, False, True, True]
    assert "4 hearings taken for family matters: nothing of them is public." in found.warnings


def test_the_minutes_of_a_sitting_are_shared_among_its_hearings():
    assert [m.minutes for m in read(civil(civil_hearing(), ends="2026-11-24T11:00:00Z")).matters] == [60]
    three = [civil_hearing(civil_case(f"FD26P0000{n}")) for n in range(3)]
    assert [m.minutes for m in read(civil(*three, ends="2026-11-24T10:50:00Z")).matters] == [15, 15, 15]
    assert [m.minutes for m in read(civil(*three, ends="2026-11-24T10:01:00Z")).matters] == [5, 5, 5]


def test_a_sitting_that_ends_before_it_starts_is_refused():
    [path] = faulty(civil(civil_hearing(), ends="2026-11-24T10:00:00Z"))
    assert path.endswith(".sittings[0].sittingEnd")


def test_a_civil_matter_is_named_by_its_case_and_attended_by_its_channel():
    restricted = civil_case(reportingRestrictionDetail=["Not to be named"])
    [matter] = read(civil(civil_hearing(restricted))).matters
    assert (matter.title, matter.references, matter.video) == ("A v B", ("FD26P00001",), True)
    assert matter.restrictions
    assert matter.parties == (ListedParty("APPLICANT_PETITIONER", "Tansy Ormerod"),)


# The Crown Court list


def test_a_crown_court_is_named_as_one_and_a_youth_court_makes_youth_matters():
    assert read(crown(crown_hearing())).matters[0].house == "St Albans Crown Court"
    assert (
        read(crown(crown_hearing(), name="St Albans Crown Court")).matters[0].house == "St Albans Crown Court"
    )
    [matter] = read(crown(crown_hearing(), name="Exampleton", kind="Youth Court")).matters
    assert (matter.house, matter.youth) == ("Exampleton", True)


def test_a_masked_name_is_never_kept():
    masked = crown_defendant("Secretname", IsMasked="yes", MaskedName="XX")
    nameless = crown_defendant("Secretname", IsMasked="yes")
    found = read(crown(crown_hearing(masked), crown_hearing(nameless, number="T20260002")))
    assert [matter.title for matter in found.matters] == ["R v XX", "R v Name withheld"]
    assert all(matter.restrictions for matter in found.matters)
    assert "Secretname" not in json.dumps([packed(matter) for matter in found.matters])


@pytest.mark.parametrize(
    ("note", "at"),
    [
        ("NOT BEFORE 2.30 PM", time(14, 30)),
        ("Not before 02:00 pm", time(14)),
        ("At 11am", time(11)),
        ("12pm", time(12)),
        ("Not before 2:15", time(14, 15)),
        ("Not before 09:00", time(10)),  # the sitting begins later
        ("Case 12 of 20", time(10)),
        ("At 99:99", time(10)),
        ("", time(10)),
    ],
)
def test_a_hearing_marked_with_a_time_of_its_own_has_it(note, at):
    [matter] = read(crown(crown_hearing(TimeMarkingNote=note))).matters
    assert matter.starts_at == from_london(date(2026, 11, 24), at)


def test_a_sitting_without_a_time_is_taken_to_begin_at_ten_and_a_longer_list_for_its_first_day():
    content = crown(crown_hearing(), at=None)
    content["DailyList"]["ListHeader"]["EndDate"] = "2026-11-25"
    found = read(content)
    assert found.matters[0].starts_at == TEN
    said = " ".join(found.warnings)
    assert "Courtroom 1 of St Albans Crown Court has a sitting with no time" in said
    assert "Wednesday 25 November 2026" in said


def test_video_in_a_crown_list_is_told_by_its_notes_and_the_notes_are_forgotten():
    found = read(crown(crown_hearing(ListNote="Mr Example to attend via CVP. Reporting restrictions apply")))
    [matter] = found.matters
    assert (matter.channels, matter.video, matter.restrictions) == (("cvp",), True, True)
    assert "Mr Example" not in json.dumps(packed(matter))


def test_a_crown_matter_is_known_by_its_case_and_the_police_urns_of_its_defendants():
    both = (crown_defendant(), crown_defendant("Sample", urn="41HA0000226"))
    [matter] = read(crown(crown_hearing(*both))).matters
    assert matter.title == "R v Marchpane and 1 more"
    assert (matter.cases, matter.references) == (1, ("T20260001", "41HA0000126", "41HA0000226"))
    found = read(crown(crown_hearing(crown_defendant(urn="odd"), number="also odd")))
    assert not found.refused
    assert len([warning for warning in found.warnings if "odd" in warning]) == 2


def test_other_prosecutors_are_named():
    by = {
        "ProsecutingAuthority": "Other Prosecutor",
        "ProsecutingOrganisation": {"OrganisationName": "Example BC"},
    }
    [matter] = read(crown(crown_hearing(Prosecution=by))).matters
    assert matter.title == "Example BC v Marchpane"
