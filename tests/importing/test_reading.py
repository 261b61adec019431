"""Files are read by their content, checked whole, and refused with every fault at its path."""

import io
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from court_link.importing import reading
from court_link.importing.channels import by_video, nearest
from court_link.importing.faults import MOST_FAULTS
from court_link.importing.formats import UNKNOWN
from court_link.importing.magistrates import PUBLIC, STANDARD
from court_link.importing.text import fault_of
from tests.importing import made
from tests.importing.made import case, hearing, party, public, published, room, sitting, standard

HEARING = "$.courtLists[0].courtHouse.courtRoom[0].session[0].sittings[0].hearing[0]"


def read(content):
    return reading.read_bytes(content if isinstance(content, bytes) else published(content))


def paths(content):
    return [fault.path for fault in read(content).faults]


def test_the_published_sample_is_counted_as_it_stands():
    found = read(made.STANDARD.read_bytes())
    assert not found.refused
    assert found.format == STANDARD
    assert (found.court_houses, found.court_rooms, found.sittings) == (1, 2, 4)
    assert (found.hearings, found.video_hearings, found.cases) == (5, 4, 4)
    assert [matter.references for matter in found.matters] == [
        ("45684548",),
        ("45684548",),
        ("45684548",),
        ("12345678", "AppRefA", "AppRefB"),
        ("AppRefC",),
    ]
    assert found.matters[0].title == "Prosecuting Authority Name v Surname A"
    assert found.matters[4].title == "Application by Forename E Surname E"


def test_the_invalid_sample_is_refused_naming_every_field():
    found = read(made.INVALID.read_bytes())
    assert found.refused
    assert not found.matters
    second = HEARING.replace("courtLists[0]", "courtLists[1]")
    assert [fault.path for fault in found.faults] == [
        f"{HEARING}.case[0].party[1].offence[0].offenceWording",
        f"{HEARING}.case[0].party[2].organisationDetails.organisationName",
        f"{HEARING}.application[0].party[1].organisationDetails.organisationName",
        f"{HEARING}.application[1].applicationParticulars",
        f"{second}.case[0].party[1].offence[0].offenceWording",
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"3",
        b'{"a": 1}',
        b"\xff\xfe{\x00}\x00",
        b"<xml/>",
        b'{"a": "\xff"}',
        b"[" * 500,
    ],
)
def test_what_is_no_list_is_refused_and_never_raises(content):
    found = read(content)
    assert found.refused
    assert found.format == UNKNOWN


@given(
    st.binary(max_size=200) | st.text(max_size=100).map(lambda text: json.dumps({"document": text}).encode())
)
def test_no_content_raises(content):
    assert read(content).refused


def test_a_public_list_says_less_and_is_known_by_it():
    entry = {"hearingType": "Remand", "case": [case()], "channel": ["VIDEO HEARING"]}
    found = read(public(room("Courtroom 1", sitting(entry))))
    assert not found.refused
    assert found.format == PUBLIC
    assert found.matters[0].house == "Exampleton Court House"
    assert found.matters[0].postcode == "AA1 1AA"


def test_a_byte_order_mark_does_no_harm():
    assert not read(b"\xef\xbb\xbf" + published(standard(room("1", sitting(hearing()))))).refused


@pytest.mark.parametrize(
    ("spoil", "path"),
    [
        (lambda c: c.pop("document"), "$.document"),
        (
            lambda c: c["document"].update(publicationDate="2026-13-01T00:00:00Z"),
            "$.document.publicationDate",
        ),
        (lambda c: c["document"].update(publicationDate="2026-11-23T18:00:00"), "$.document.publicationDate"),
        (lambda c: c["courtLists"].append(3), "$.courtLists[1]"),
        (lambda c: c.update(courtLists={}), "$.courtLists"),
        (lambda c: c["courtLists"][0]["courtHouse"].update(lja="x" * 101), "$.courtLists[0].courtHouse.lja"),
        (
            lambda c: c["courtLists"][0]["courtHouse"]["courtRoom"][0].pop("courtRoomName"),
            "$.courtLists[0].courtHouse.courtRoom[0].courtRoomName",
        ),
        (
            lambda c: first_sitting(c).pop("sittingStart"),
            HEARING.removesuffix(".hearing[0]") + ".sittingStart",
        ),
        (lambda c: first_sitting(c).update(hearing=None), HEARING.removesuffix("[0]")),
        (lambda c: first_sitting(c).update(hearing=["x"]), HEARING),
        (lambda c: first_hearing(c).update(channel="VIDEO"), f"{HEARING}.channel"),
        (lambda c: first_hearing(c)["case"][0].pop("caseUrn"), f"{HEARING}.case[0].caseUrn"),
        (
            lambda c: first_hearing(c).update(application=[{}]),
            f"{HEARING}.application[0].applicationReference",
        ),
        (
            lambda c: first_person(c).update(dateOfBirth="1990-02-30"),
            f"{HEARING}.case[0].party[0].individualDetails.dateOfBirth",
        ),
        (lambda c: first_person(c).update(age=True), f"{HEARING}.case[0].party[0].individualDetails.age"),
        (
            lambda c: first_hearing(c)["case"][0]["party"][0].update(offence=[{"plea": "MAYBE"}]),
            f"{HEARING}.case[0].party[0].offence[0].plea",
        ),
        (lambda c: first_hearing(c).update(note={"of": ["<b>ours</b>"]}), f"{HEARING}.note.of[0]"),
        (lambda c: first_hearing(c).update({"a b": "&lt;script&gt;"}), f"{HEARING}['a b']"),
        (lambda c: first_hearing(c).update(panel="ADULT\x00"), f"{HEARING}.panel"),
        (
            lambda c: first_person(c).update(individualSurname="Ex\u202eample"),
            f"{HEARING}.case[0].party[0].individualDetails.individualSurname",
        ),
        (lambda c: first_hearing(c).update(hearingType="x" * 501), f"{HEARING}.hearingType"),
    ],
)
def test_each_fault_names_its_path(spoil, path):
    content = standard(room("Courtroom 1", sitting(hearing())))
    spoil(content)
    assert path in paths(content)


def first_sitting(content):
    return content["courtLists"][0]["courtHouse"]["courtRoom"][0]["session"][0]["sittings"][0]


def first_hearing(content):
    return first_sitting(content)["hearing"][0]


def first_person(content):
    return first_hearing(content)["case"][0]["party"][0]["individualDetails"]


def test_a_name_that_stands_twice_is_a_fault():
    twice = published(standard(room("1", sitting(hearing())))).replace(
        b'"panel"', b'"hearingType": "x", "panel"'
    )
    assert f"{HEARING}.hearingType" in paths(twice)


def test_many_faults_are_counted_and_bounded():
    found = read(made.of_one_room([hearing(case("<x>")) for _ in range(1000)]))
    assert len(found.faults) == MOST_FAULTS
    assert found.faults[-1].message == "And 801 more faults."


@pytest.mark.parametrize(
    "text",
    ["<b>", "a <i>b", "</p>", "<img src=x onerror=y", "&lt;/p&gt;", "&#60;b&#62;", "<!--", "1 < 2 > 1"],
)
def test_markup_is_refused_however_it_is_written(text):
    assert fault_of(text) == "Markup is not allowed in text."


@pytest.mark.parametrize("text", ["under 3 < 5", "a > b", "R & B", "O’Example", "line\r\nline", "<", "é", ""])
def test_plain_text_is_not_markup(text):
    assert fault_of(text) is None


def test_checking_text_takes_linear_time():
    """The schemas' own patterns take 0.7 s on 22 carriage returns, and twice as long for each one more."""
    began = time.perf_counter()
    assert fault_of("\r" * 20_000) is None
    assert fault_of("<" * 20_000) is None
    assert time.perf_counter() - began < 30


def test_carriage_returns_in_a_list_are_read():
    assert not read(made.of_one_room([hearing(case("41HA0000126", note="\r" * 200))])).refused


@pytest.mark.parametrize(
    ("channels", "video"),
    [
        (("VIDEO HEARING",), True),
        (("Remote",), True),
        (("Teams", "Attended"), True),
        (("Attended",), False),
        (("Telephone",), False),
        ((), False),
    ],
)
def test_video_is_known_from_free_text(channels, video):
    assert by_video(channels) is video


def test_a_hearings_own_channel_comes_before_its_sittings_and_its_sessions():
    assert nearest(("Attended",), ("Video",), ("Teams",)) == ("Attended",)
    entries = [hearing(case("41HA0000126"), channel=["Attended"]), hearing(case("41HA0000226"))]
    content = standard(room("1", sitting(*entries, channel=["Teams"]), sessionChannel=["x"]))
    attended, by_teams = read(content).matters
    assert (attended.video, attended.channels) == (False, ("Attended",))
    assert (by_teams.video, by_teams.channels) == (True, ("Teams",))
    content = standard(room("1", sitting(entries[1]), sessionChannel=["VIDEO HEARING"]))
    assert read(content).video_hearings == 1


@pytest.mark.parametrize(
    ("details", "youth"),
    [
        ({"dateOfBirth": "2008-11-24"}, False),  # eighteen on the day itself
        ({"dateOfBirth": "2008-11-25"}, True),
        ({"age": 17}, True),
        ({"age": 18}, False),
        ({"age": 40, "dateOfBirth": "2010-01-01"}, True),  # whichever says so
        ({}, False),
    ],
)
def test_a_child_is_known_by_age_or_birthday_on_the_day(details, youth):
    [matter] = read(made.of_one_room([hearing(case("41HA0000126", party(**details)))])).matters
    assert matter.youth is youth
    assert matter.parties[0].under_18 is youth


def test_a_youth_panel_makes_a_youth_matter():
    [matter] = read(made.of_one_room([hearing(panel="YOUTH")])).matters
    assert matter.youth


def test_reporting_restrictions_of_the_case_or_of_any_offence_are_kept():
    of_offence = party()
    of_offence["offence"] = [{"offenceTitle": "x", "reportingRestriction": True}]
    whole = case("41HA0000126", reportingRestriction=True)
    content = made.of_one_room(
        [hearing(whole), hearing(case("41HA0000226", of_offence)), hearing(case("41HA0000326"))]
    )
    assert [matter.restrictions for matter in read(content).matters] == [True, True, False]


def test_a_search_warrant_is_withheld():
    application = {"applicationReference": "W1", "applicationType": "Application for a search warrant"}
    [matter] = read(made.of_one_room([{"hearingType": "x", "application": [application]}])).matters
    assert matter.withheld


def test_an_unusual_urn_is_warned_of_once_and_never_refused():
    found = read(made.of_one_room([hearing(case("odd")), hearing(case("odd"))]))
    assert not found.refused
    assert len([warning for warning in found.warnings if "odd" in warning]) == 1


def test_nothing_is_kept_that_listing_does_not_need():
    from court_link.importing.matters import packed

    fat = read(made.STANDARD.read_bytes())
    kept = json.dumps([packed(matter) for matter in fat.matters])
    for personal in ("1950-01-01", "Address Line", "AA1 AA1", "ABC1234", "PNC1234", "drink driving", "male"):
        assert personal not in kept


def test_a_file_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 1000)
    [fault] = reading.read(io.BytesIO(made.STANDARD.read_bytes())).faults
    assert "larger than" in fault.message


def test_a_list_of_too_many_hearings_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "MOST_HEARINGS", 2)
    [fault] = read(made.of_one_room([hearing()] * 3)).faults
    assert "more than 2 hearings" in fault.message
