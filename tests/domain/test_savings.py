from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from court_link.domain.errors import Invalid
from court_link.domain.hearing import Outcome
from court_link.domain.savings import Assumptions, Attendance, savings
from court_link.domain.times import Interval

TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
THREE_HOURS = Assumptions(baseline_hours=3, set_up_minutes=5)


def attended(
    officer: int, hearing: int, start: int, end: int, outcome: Outcome = Outcome.DEALT_WITH
) -> Attendance:
    on_link = Interval(TEN + timedelta(minutes=start), TEN + timedelta(minutes=end))
    return Attendance(UUID(int=officer), UUID(int=hearing), on_link, outcome)


def test_one_attendance_gives_back_the_baseline_less_the_link_and_set_up():
    made = savings([attended(1, 1, 0, 30)], THREE_HOURS)
    assert made.hours == pytest.approx(3 - 0.5 - 5 / 60)
    assert (made.officer_days, made.hearings) == (1, 1)


def test_two_hearings_of_one_day_save_one_journey():
    made = savings([attended(1, 1, 0, 30), attended(1, 2, 60, 90)], THREE_HOURS)
    assert made.baseline_hours == 3
    assert made.link_hours == 1
    assert made.set_up_hours == pytest.approx(10 / 60)


def test_overlapping_links_of_one_officer_count_once():
    made = savings([attended(1, 1, 0, 40), attended(1, 2, 20, 60)], THREE_HOURS)
    assert made.link_hours == 1


def test_another_day_is_another_journey():
    made = savings([attended(1, 1, 0, 30), attended(1, 2, 24 * 60, 24 * 60 + 30)], THREE_HOURS)
    assert made.baseline_hours == 6


def test_cracked_and_vacated_stand_apart():
    cracked = attended(1, 1, 0, 30, Outcome.CRACKED)
    vacated = Attendance(UUID(int=2), UUID(int=2), None, None, vacated=True)
    made = savings([cracked, vacated], THREE_HOURS)
    assert (made.hours, made.cracked, made.vacated) == (0, 1, 1)


def test_a_link_that_takes_longer_than_the_journey_is_shown_as_a_loss():
    assert savings([attended(1, 1, 0, 240)], THREE_HOURS).hours < 0


def test_money_is_shown_only_when_an_hour_has_a_cost():
    links = [attended(1, 1, 0, 60)]
    assert savings(links, Assumptions(set_up_minutes=0)).money is None
    assert savings(links, Assumptions(set_up_minutes=0, hourly_cost=40)).money == 80


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(0, 600), st.integers(1, 120))))
def test_nothing_is_counted_twice_whatever_overlaps(links: list[tuple[int, int, int, int]]):
    made = savings([attended(o, h, s, s + n) for o, h, s, n in links], THREE_HOURS)
    minutes = {(o, m) for o, _, s, n in links for m in range(s, s + n)}
    assert made.link_hours == pytest.approx(len(minutes) / 60)
    assert made.baseline_hours == 3 * len({o for o, *_ in links})


def test_assumptions_out_of_range_are_refused_naming_the_field():
    with pytest.raises(Invalid) as refused:
        Assumptions(baseline_hours=25, officers_per_vehicle=0)
    assert {error.field for error in refused.value.errors} == {"baseline_hours", "officers_per_vehicle"}
