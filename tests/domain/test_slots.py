"""Free starts by day masks say what a plain search minute by minute would say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from court_link.domain.slots import BIT, Grid, Obstacle, Wanted, first_free, outside, smeared, starts
from court_link.domain.times import Interval

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
DAY = Interval(MIDNIGHT, MIDNIGHT + timedelta(days=1))
NINE, FIVE = MIDNIGHT + timedelta(hours=9), MIDNIGHT + timedelta(hours=17)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


intervals = st.builds(
    lambda start, length: Interval(MIDNIGHT + minutes(start), MIDNIGHT + minutes(start + length)),
    st.integers(0, 1380),
    st.integers(1, 300),
)
wanteds = st.builds(
    lambda busy, before, after: Wanted(
        "A room", [Obstacle(each, "is already booked") for each in busy], minutes(before), minutes(after)
    ),
    st.lists(intervals, max_size=5),
    st.integers(0, 40),
    st.integers(0, 40),
)


@given(st.integers(0, 2**60), st.integers(1, 20))
def test_smearing_by_doubling_is_or_over_every_shift(mask: int, span: int) -> None:
    plain = 0
    for shift in range(span):
        plain |= mask >> shift
    assert smeared(mask, span) == plain


@given(st.lists(wanteds, max_size=4), st.integers(1, 120))
def test_a_start_is_free_exactly_when_nothing_overlaps_its_whole_five_minutes(
    wanted: list[Wanted], length: int
) -> None:
    window = Interval(NINE, FIVE)
    for start in starts(Grid.over(DAY), [window], minutes(length), wanted):
        assert window.holds(start.at)
        met = any(
            obstacle.interval.overlaps(
                Interval(
                    start.at - -(-each.before // BIT) * BIT,
                    start.at + (-(-minutes(length) // BIT) + -(-each.after // BIT)) * BIT,
                )
            )
            for each in wanted
            for obstacle in each.obstacles
        )
        assert start.free is not met


@given(st.lists(wanteds, max_size=4), st.integers(1, 120))
def test_every_refused_start_names_each_resource_that_refuses_it(wanted: list[Wanted], length: int) -> None:
    grid = Grid.over(DAY)
    for start in starts(grid, [Interval(NINE, FIVE)], minutes(length), wanted):
        refusing = [each for each in wanted if each.refusal(start.at, minutes(length))]
        assert len(start.refusals) == len(refusing)
        for refusal in start.refusals:
            assert refusal.until is not None
            assert refusal.until > start.at - minutes(40)


@given(st.lists(wanteds, max_size=4), st.integers(1, 120))
def test_the_first_free_start_is_the_first_of_all_starts_that_is_free(
    wanted: list[Wanted], length: int
) -> None:
    grid, window = Grid.over(DAY), [Interval(NINE, FIVE)]
    every = starts(grid, window, minutes(length), wanted)
    expected = next((start.at for start in every if start.free), None)
    assert first_free(grid, window, minutes(length), wanted) == expected


def test_the_refusal_tells_of_the_obstacle_that_ends_last() -> None:
    wanted = Wanted(
        "Courtroom 1",
        [
            Obstacle(Interval(NINE, NINE + minutes(20)), "is booked for R v First"),
            Obstacle(Interval(NINE + minutes(30), NINE + minutes(40)), "is booked for R v Second"),
        ],
    )
    refusal = wanted.refusal(NINE + minutes(10), minutes(30))
    assert refusal is not None
    assert (refusal.reason, refusal.until) == ("is booked for R v Second", NINE + minutes(40))


def test_back_to_back_is_free() -> None:
    wanted = [Wanted("A room", [Obstacle(Interval(NINE, NINE + minutes(30)), "is already booked")])]
    free = [start.at for start in starts(Grid.over(DAY), [Interval(NINE, FIVE)], minutes(30), wanted)][6]
    found = first_free(Grid.over(DAY), [Interval(NINE, FIVE)], minutes(30), wanted)
    assert found == free == NINE + minutes(30)


def test_outside_opened_times_is_refused_until_it_opens_again() -> None:
    morning = Interval(NINE, NINE + timedelta(hours=3))
    afternoon = Interval(NINE + timedelta(hours=4), FIVE)
    closed = outside(DAY, [morning, afternoon], "is not sitting")
    assert [(each.interval.start, each.interval.end, each.ends) for each in closed] == [
        (DAY.start, NINE, True),
        (morning.end, afternoon.start, True),
        (FIVE, DAY.end, False),
    ]
