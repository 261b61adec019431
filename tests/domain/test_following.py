from dataclasses import fields
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from court_link.domain.following import Followed, Stage, expected_window, may_be_followed, stage_of
from court_link.domain.hearing import HearingState, Visibility

TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)


def window(state: HearingState, free_from: datetime, ahead_minutes: int) -> tuple[datetime, datetime]:
    expected = expected_window(TEN, state, free_from, ahead_minutes)
    assert expected is not None
    return expected


def test_a_follower_is_told_exactly_what_practice_allows():
    assert {field.name for field in fields(Followed)} == {
        "court_house",
        "courtroom",
        "starts_at",
        "stage",
        "place_in_list",
        "expected",
        "new_date",
        "restrictions",
    }


@pytest.mark.parametrize(
    ("visibility", "youth", "family"), list(product(Visibility, (False, True), (False, True)))
)
def test_only_a_public_matter_of_adults_outside_the_family_court_is_followed(visibility, youth, family):
    allowed = may_be_followed(visibility=visibility, youth=youth, family=family)
    assert allowed == (visibility is Visibility.PUBLIC and not youth and not family)


@pytest.mark.parametrize("state", HearingState)
def test_every_state_has_a_public_stage(state):
    assert stage_of(state) in Stage


def test_listed_and_booked_look_alike_because_a_booking_tells_of_video():
    assert stage_of(HearingState.LISTED) is stage_of(HearingState.BOOKED)


def test_the_expected_start_is_never_before_the_listed_time():
    start, end = window(HearingState.BOOKED, TEN - timedelta(hours=2), 30)
    assert start == TEN
    assert end > start


def test_what_is_ahead_moves_the_expected_start_and_widens_the_window():
    start, end = window(HearingState.BOOKED, TEN, 40)
    assert start == TEN + timedelta(minutes=40)
    assert end - start == timedelta(minutes=35)


@pytest.mark.parametrize("state", [HearingState.IN_SESSION, HearingState.ENDED, HearingState.VACATED])
def test_nothing_is_expected_once_it_has_started_or_is_over(state):
    assert expected_window(TEN, state, TEN, 0) is None


def test_a_predicted_start_is_said_in_whole_five_minutes():
    now = TEN + timedelta(minutes=1, seconds=7)
    assert window(HearingState.BOOKED, now, 0)[0] == TEN + timedelta(minutes=5)
