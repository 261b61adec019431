"""Which free times are best, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from court_link.domain.ranking import OF_ONE_DAY, Asked, Candidate, ranked, waiting, why
from court_link.domain.times import Interval, london_day

TEN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def slot(start: datetime, length: int = 30) -> Interval:
    return Interval(start, start + minutes(length))


def waits(count: int) -> tuple[tuple[str, timedelta], ...]:
    return (("PC 1187 Demo", minutes(count)),)


ORDINARY = Asked(TEN, TEN)
URGENT = Asked(TEN, TEN, "First available sitting")


def test_an_officer_waits_from_the_end_of_the_nearest_other_booking() -> None:
    others = [slot(TEN - minutes(90)), slot(TEN + minutes(150))]
    assert waiting(slot(TEN), others, TEN) == minutes(60)
    assert waiting(slot(TEN + minutes(100)), others, TEN) == minutes(20)


def test_back_to_back_is_no_waiting() -> None:
    assert waiting(slot(TEN), [slot(TEN - minutes(30))], TEN) == minutes(0)


def test_bookings_of_other_days_are_no_reason_to_wait() -> None:
    assert waiting(slot(TEN), [slot(TEN - DAY)], TEN) == minutes(0)


def test_without_other_bookings_an_officer_waits_from_the_time_listed_on_that_day_alone() -> None:
    assert waiting(slot(TEN + minutes(45)), [], TEN) == minutes(45)
    assert waiting(slot(TEN - minutes(45)), [], TEN) == minutes(0)
    assert waiting(slot(TEN + DAY), [], TEN) == minutes(0)


def test_the_least_waiting_comes_before_the_nearest() -> None:
    near, idle = Candidate(TEN, waits(20)), Candidate(TEN + DAY, waits(0))
    assert ranked([near, idle], ORDINARY, 2) == [idle, near]


def test_among_equals_the_nearest_to_what_was_asked_comes_first_then_the_rooms_asked_for() -> None:
    early, asked, late = (Candidate(TEN + minutes(each)) for each in (-60, 0, 30))
    assert ranked([early, asked, late], ORDINARY, 3) == [asked, late, early]
    elsewhere = Candidate(TEN, way=1)
    assert ranked([elsewhere, asked], ORDINARY, 2) == [asked, elsewhere]


def test_what_is_urgent_is_heard_soonest_whoever_waits() -> None:
    soon, idle = Candidate(TEN, waits(40)), Candidate(TEN + minutes(15), waits(0))
    assert ranked([soon, idle], URGENT, 2) == [soon, idle]


def test_one_day_does_not_fill_the_whole_answer_while_others_have_times() -> None:
    times = [Candidate(TEN + day * DAY + minutes(15 * each)) for day in range(4) for each in range(12)]
    days = [london_day(each.start) for each in ranked(times, ORDINARY, 10)]
    assert {days.count(day) for day in days[:8]} == {OF_ONE_DAY}
    assert len({*days}) == 3


def test_what_is_urgent_is_not_spread_over_days() -> None:
    times = [Candidate(TEN + day * DAY + minutes(15 * each)) for day in range(4) for each in range(12)]
    assert ranked(times, URGENT, 10) == times[:10]


@given(st.lists(st.integers(0, 2000), unique=True, max_size=60), st.integers(1, 20))
def test_as_many_as_asked_are_answered_while_there_are_any_and_none_twice(
    starts: list[int], count: int
) -> None:
    times = [Candidate(TEN + minutes(5 * each)) for each in sorted(starts)]
    chosen = ranked(times, ORDINARY, count)
    assert len(chosen) == min(count, len(times)) == len({each.start for each in chosen})


def test_why_says_who_waits_how_near_it_is_and_which_rooms_are_others() -> None:
    instead = ("Courtroom 2, Demo instead of Courtroom 1, Demo",)
    assert why(Candidate(TEN + minutes(15), waits(15), instead, 1), ORDINARY) == (
        "PC 1187 Demo waits 15 minutes",
        "15 minutes after the time listed",
        *instead,
    )
    assert why(Candidate(TEN, waits(0)), URGENT) == (
        "First available sitting",
        "No officer waits",
        "At the time listed",
    )
    assert why(Candidate(TEN + DAY), ORDINARY) == ("1 day after the day listed",)
