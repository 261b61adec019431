"""The demonstration's county has the shape that the practice page describes."""

import random
import statistics
from collections import Counter
from datetime import date, timedelta

import pytest

from court_link.demo import plan
from court_link.domain.times import Interval

MONDAY = date(2026, 11, 2)
WEEKS = [[MONDAY + timedelta(days=7 * week + day) for day in range(7)] for week in range(4)]
WEEKDAYS = [day for week in WEEKS for day in week[:5]]


def half_days(day: date) -> int:
    """The virtual court sits through, which is two."""
    return sum(2 if sitting.hours == plan.THROUGH else 1 for sitting in plan.sittings(day))


def in_custody(day: date) -> int:
    return sum(entry.custody for entry in plan.entries(day))


def test_six_to_ten_half_days_sit_on_a_weekday_and_most_from_tuesday_to_thursday() -> None:
    counts = {day: half_days(day) for day in WEEKDAYS}
    assert all(5 <= count <= 10 for count in counts.values()), counts
    of = {weekday: [counts[week[weekday]] for week in WEEKS] for weekday in range(5)}
    busy = statistics.mean(of[1] + of[2] + of[3])
    assert busy > statistics.mean(of[0] + of[4])


def test_one_court_takes_the_custody_of_the_night_and_more_of_it_on_a_monday() -> None:
    assert all(8 <= in_custody(day) <= 17 for day in WEEKDAYS)
    mondays = statistics.mean(in_custody(week[0]) for week in WEEKS)
    assert mondays > statistics.mean(in_custody(day) for day in WEEKDAYS)
    houses = {(entry.house, entry.room) for day in WEEKDAYS for entry in plan.entries(day) if entry.custody}
    assert houses == {plan.VIRTUAL}


def test_a_remand_court_sits_on_saturdays_and_bank_holidays_and_nobody_on_a_sunday() -> None:
    saturday, sunday, christmas = date(2026, 11, 7), date(2026, 11, 8), date(2026, 12, 25)
    assert [sitting.place for sitting in plan.sittings(saturday)] == [plan.VIRTUAL]
    assert [sitting.place for sitting in plan.sittings(christmas)] == [plan.VIRTUAL]
    assert in_custody(saturday) > 0
    assert plan.sittings(sunday) == []


def test_youth_court_is_on_tuesday_and_trials_on_thursday_and_friday() -> None:
    youth = {day.weekday() for day in WEEKDAYS for entry in plan.entries(day) if entry.panel == "YOUTH"}
    trials = {day.weekday() for day in WEEKDAYS for each in plan.entries(day) if each.hearing_type == "Trial"}
    assert youth == {plan.TUESDAY}
    assert trials == {plan.THURSDAY, plan.FRIDAY}


def test_everything_listed_is_within_its_sitting_and_no_room_sits_twice_at_once() -> None:
    for day in WEEKDAYS:
        spans: dict[tuple[str, str], list[Interval]] = {}
        for sitting in plan.sittings(day):
            within = sitting.on(day)
            assert not any(within.overlaps(other) for other in spans.get(sitting.place, [])), day
            spans.setdefault(sitting.place, []).append(within)
        for entry in plan.entries(day):
            assert any(span.holds(entry.at) for span in spans[entry.house, entry.room]), entry


def test_a_day_holds_the_same_whenever_it_is_asked() -> None:
    assert plan.entries(MONDAY) == plan.entries(MONDAY)
    assert plan.entries(MONDAY) != plan.entries(MONDAY + timedelta(days=7))


@pytest.mark.parametrize("kind", sorted(plan.MEDIAN))
def test_hearings_last_about_their_median_and_are_skewed_to_the_right(kind: str, rng: random.Random) -> None:
    lasted = [plan.lasted(kind, rng) / timedelta(minutes=1) for _ in range(2000)]
    assert statistics.median(lasted) == pytest.approx(plan.MEDIAN[kind], rel=0.1)
    assert statistics.mean(lasted) > statistics.median(lasted)


def test_a_share_of_a_sitting_is_heard_by_video() -> None:
    counted = Counter[str]()
    for day in WEEKDAYS:
        for sitting in plan.sittings(day):
            counted[sitting.business_type] += sum(plan.by_video(sitting, number) for number in range(10))
            assert sum(plan.by_video(sitting, number) for number in range(10)) == round(10 * sitting.share)
    assert counted["TRF"] == 0 < counted["VLT"]
