"""In the demonstration it is always a weekday, always while courts sit."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from court_link.demo.clock import anchored, beginning, court_clock, later
from court_link.domain.clock import SetClock
from court_link.domain.times import to_london
from court_link.importing import register
from court_link.settings import StoreSettings
from court_link.wall import WallClock

minutes = st.integers(0, 5 * 365 * 24 * 60)
moments = minutes.map(lambda minute: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minute))
spans = st.timedeltas(timedelta(0), timedelta(days=4))


def sits(moment: datetime) -> bool:
    local = to_london(moment)
    in_hours = (9, 45) <= (local.hour, local.minute) < (16, 0)
    return local.weekday() < 5 and local.date() not in register.holidays() and in_hours


@given(moments)
def test_it_begins_while_courts_sit_and_at_real_time_when_they_do(real):
    court = beginning(real)
    assert sits(court)
    assert court == real or not sits(real)


@given(moments, spans, spans)
def test_it_goes_on_through_sitting_hours_alone_and_never_back(real, one, other):
    court = beginning(real)
    first, second = later(court, one), later(court, one + other)
    assert sits(first)
    assert sits(second)
    assert first <= second
    assert later(first, other) == second


def test_the_night_and_the_weekend_are_passed_over():
    friday = datetime(2026, 11, 27, 15, 59, tzinfo=UTC)
    assert later(friday, timedelta(minutes=2)) == datetime(2026, 11, 30, 9, 46, tzinfo=UTC)


@pytest.mark.parametrize(
    "real", ["2026-11-24T23:50:00+00:00", "2026-11-22T12:00:00+00:00", "2026-12-25T11:00:00+00:00"]
)
def test_late_at_night_on_sundays_and_at_christmas_it_is_mid_morning(real):
    local = to_london(beginning(datetime.fromisoformat(real)))
    assert (local.hour, local.minute) == (10, 40)


def test_every_process_of_a_data_directory_tells_the_same_time(tmp_path):
    wall = SetClock(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    first = anchored(tmp_path, wall)
    wall.set(wall.now() + timedelta(minutes=7))
    assert first.now() == anchored(tmp_path, wall).now() == datetime(2026, 11, 23, 10, 47, tzinfo=UTC)


def test_without_a_demonstration_court_time_is_real_time(tmp_path):
    assert isinstance(court_clock(StoreSettings(data_dir=tmp_path)), WallClock)
