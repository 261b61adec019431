"""Which matter of a new list is which known one: the same however the file is ordered."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from court_link.importing.identity import Keys, details, match
from court_link.importing.matters import ListedParty, Matter
from tests.importing.made import TEN

SITE, DAY = UUID(int=1), date(2026, 11, 24)


def matter(urn="41HA0000126", name="Example", minute=0, room="Courtroom 1", kind="Remand") -> Matter:
    return Matter(
        path="$",
        house="Exampleton",
        postcode="",
        room=room,
        starts_at=TEN + timedelta(minutes=minute),
        title=f"R v {name}",
        hearing_type=kind,
        panel="ADULT",
        sequence="",
        channels=(),
        video=False,
        youth=False,
        withheld=False,
        restrictions=False,
        cases=1 if urn else 0,
        references=(urn,) if urn else (),
        parties=(ListedParty("DEFENDANT", name),),
    )


matters = st.builds(
    matter,
    urn=st.sampled_from(["", "41HA0000126", "41HA0000226", "41ha 0000126"]),
    name=st.sampled_from(["Example", "Sample"]),
    minute=st.sampled_from([0, 30, 60]),
    room=st.sampled_from(["Courtroom 1", "Courtroom 2"]),
    kind=st.sampled_from(["Remand", "Bail"]),
)
sheets = st.lists(matters, max_size=12)


@given(sheets, st.randoms())
def test_a_list_in_another_order_is_the_same_list(sheet, random):
    known = dict(enumerate(sheet))
    again = random.sample(sheet, len(sheet))
    found = match(known, again)
    assert len(found) == len(sheet)
    assert all(details(known[key]) == details(again[index]) for index, key in found.items())


@given(sheets, sheets)
def test_each_matter_is_matched_once_at_most(before, after):
    found = match(dict(enumerate(before)), after)
    assert len(set(found.values())) == len(found)
    assert set(found) <= set(range(len(after)))


@given(sheets, sheets, st.randoms())
def test_the_order_of_the_file_does_not_decide_what_is_matched(before, after, random):
    order = random.sample(range(len(after)), len(after))
    straight = match(dict(enumerate(before)), after)
    shuffled = match(dict(enumerate(before)), [after[index] for index in order])

    def pairs(found, listed):
        return sorted(repr((details(before[key]), details(listed[index]))) for index, key in found.items())

    assert pairs(straight, after) == pairs(shuffled, [after[index] for index in order])


@given(sheets, sheets)
def test_a_matter_is_never_matched_with_one_about_something_else(before, after):
    for index, key in match(dict(enumerate(before)), after).items():
        ours, theirs = (
            {"".join(r.split()).casefold() for r in m.references} for m in (before[key], after[index])
        )
        assert ours & theirs or ours == theirs


def test_a_changed_time_and_a_changed_room_keep_the_identity():
    before = {"a": matter(minute=0), "b": matter(urn="41HA0000226", minute=30)}
    moved = [matter(minute=60, room="Courtroom 2"), matter(urn="41HA0000226", minute=30)]
    assert match(before, moved) == {0: "a", 1: "b"}


def test_one_urn_twice_in_a_room_is_two_matters_told_apart_by_their_parties():
    before = {"a": matter(name="Example", minute=0), "b": matter(name="Sample", minute=30)}
    swapped = [matter(name="Sample", minute=0), matter(name="Example", minute=30)]
    assert match(before, swapped) == {0: "b", 1: "a"}


def test_one_of_two_alike_that_goes_leaves_the_other():
    before = {"a": matter(minute=0), "b": matter(minute=30)}
    assert match(before, [matter(minute=30)]) == {0: "b"}


def test_a_case_that_is_joined_keeps_the_identity():
    joined = replace(matter(name="Example and others", minute=60), references=("41HA0000126", "41HA0000926"))
    assert match({"a": matter()}, [joined]) == {0: "a"}


def test_a_new_charge_of_the_same_names_is_a_new_matter():
    assert match({"a": matter()}, [matter(urn="41HA0000926")]) == {}


def test_keys_are_given_once_and_go_on_from_those_given():
    keys = Keys(SITE, DAY, [])
    first, second = keys.new(matter()), keys.new(matter(minute=30))
    assert first != second
    assert first.rpartition(".")[0] == second.rpartition(".")[0]
    assert Keys(SITE, DAY, [first, second]).new(matter()) not in {first, second}
    assert keys.new(matter(urn="41HA0000226")).endswith(".1")
