"""Free starts by masks say what a plain search minute by minute would say, over a day as over a month."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from court_link.domain import slots
from court_link.domain.opening import Opening
from court_link.domain.slots import BIT, Grid, Obstacle, Stretch, Wanted, smeared, up
from court_link.domain.times import Interval, day_interval, london_day, to_london, union

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
DAYS = 3
GRID = Grid.over(Interval(MIDNIGHT, MIDNIGHT + timedelta(days=DAYS)))
DAY = Grid.over(Interval(MIDNIGHT, MIDNIGHT + timedelta(days=1)))
NINE, FIVE = MIDNIGHT + timedelta(hours=9), MIDNIGHT + timedelta(hours=17)
OFFICE = DAY.mask([Interval(NINE, FIVE)])


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def after_midnight(start: int, length: int) -> Interval:
    return Interval(MIDNIGHT + minutes(start), MIDNIGHT + minutes(start + length))


intervals = st.builds(after_midnight, st.integers(0, DAYS * 1440 - 60), st.integers(1, 300))


def stretches(busy: list[Interval]) -> list[Stretch]:
    """Disjoint and in order, as the store answers them."""
    return [
        ((each.start - MIDNIGHT) // minutes(1), (each.end - MIDNIGHT) // minutes(1)) for each in union(busy)
    ]


wanteds = st.builds(
    lambda shut, busy, opened, before, after: Wanted(
        "A room",
        [Obstacle(each, "is closed") for each in shut],
        minutes(before),
        minutes(after),
        stretches(busy),
        Opening(tuple(union(opened))) if opened else None,
    ),
    st.lists(intervals, max_size=3),
    st.lists(intervals, max_size=5),
    st.lists(intervals, max_size=3),
    st.integers(0, 40),
    st.integers(0, 40),
)


def stands_in_the_way(wanted: Wanted, taken: Interval) -> bool:
    """The naive reference: whether anything at all overlaps, asked of intervals alone."""
    booked = (after_midnight(start, end - start) for start, end in wanted.booked)
    if any(each.overlaps(taken) for each in booked) or any(
        each.interval.overlaps(taken) for each in wanted.obstacles
    ):
        return True
    if wanted.opening is None:
        return False
    minute = max(taken.start, MIDNIGHT)
    while minute < min(taken.end, MIDNIGHT + timedelta(days=DAYS)):
        if not any(each.holds(minute) for each in wanted.opening.times):
            return True
        minute += minutes(1)
    return False


def taken_from(wanted: Wanted, bit: int, length: timedelta) -> Interval:
    """The whole bits that a resource is taken for."""
    first, last = bit - up(wanted.before), bit + up(length) + up(wanted.after)
    return Interval(GRID.at(first), GRID.at(last))


@given(st.integers(0, 2**60), st.integers(1, 20))
def test_smearing_by_doubling_is_or_over_every_shift(mask: int, span: int) -> None:
    plain = 0
    for shift in range(span):
        plain |= mask >> shift
    assert smeared(mask, span) == plain


@given(st.lists(st.tuples(st.integers(-50, 400), st.integers(-50, 400)), max_size=20), st.integers(0, 300))
def test_filling_runs_sets_their_bits_and_no_others(runs: list[tuple[int, int]], size: int) -> None:
    grid = Grid(MIDNIGHT, size)
    plain = {bit for first, last in runs for bit in range(max(first, 0), min(last, size))}
    assert set(slots.bits(grid.filled(runs))) == plain


@given(st.lists(wanteds, max_size=4), st.integers(1, 120))
def test_a_start_is_free_exactly_when_nothing_overlaps_its_whole_five_minutes(
    wanted: list[Wanted], length: int
) -> None:
    window = GRID.mask([Interval(NINE, FIVE), Interval(NINE + timedelta(days=2), FIVE + timedelta(days=2))])
    free = slots.free(window, slots.masked(GRID, minutes(length), wanted))
    for bit in slots.bits(window):
        met = any(stands_in_the_way(each, taken_from(each, bit, minutes(length))) for each in wanted)
        assert bool(free >> bit & 1) is not met


@given(st.lists(wanteds, max_size=4), st.integers(1, 120))
def test_every_refused_start_names_each_resource_that_refuses_it(wanted: list[Wanted], length: int) -> None:
    for bit, against in slots.every(
        GRID, OFFICE, minutes(length), slots.masked(GRID, minutes(length), wanted)
    ):
        refusing = [
            each for each in wanted if stands_in_the_way(each, taken_from(each, bit, minutes(length)))
        ]
        assert [each.wanted for each in against] == refusing
        for each in against:
            taken = taken_from(each.wanted, bit, minutes(length))
            assert each.obstacle.interval.overlaps(taken)
            assert not each.obstacle.ends or each.obstacle.interval.end > taken.start


@given(st.lists(wanteds, max_size=4), st.integers(1, 120))
def test_a_day_without_free_starts_is_explained_by_resources_that_take_all_of_it_away(
    wanted: list[Wanted], length: int
) -> None:
    masked = slots.masked(GRID, minutes(length), wanted)
    refused = OFFICE & ~slots.free(OFFICE, masked)
    left = refused
    for each in slots.blockers(GRID, refused, minutes(length), masked):
        taken = each.wanted.refuses(GRID, minutes(length))
        assert left & taken  # none is named that takes nothing more away
        left &= ~taken
    assert not left


@given(st.integers(0, 2**300 - 1))
def test_times_worth_offering_are_on_the_quarters_or_begin_a_free_stretch(mask: int) -> None:
    kept = slots.offered(mask, Grid(MIDNIGHT, 300))
    for bit in range(300):
        free, before = mask >> bit & 1, mask >> bit - 1 & 1 if bit else 0
        assert kept >> bit & 1 == (free and (bit % 3 == 0 or not before))


@given(st.integers(0, 2**300 - 1))
def test_the_lowest_bit_is_the_first_of_all(mask: int) -> None:
    assert slots.lowest(mask) == next(slots.bits(mask), None)


def test_the_refusal_tells_of_the_obstacle_that_ends_last() -> None:
    first, second = Interval(NINE, NINE + minutes(20)), Interval(NINE + minutes(30), NINE + minutes(40))
    wanted = Wanted("Courtroom 1", [Obstacle(first, "is closed")], booked=stretches([second]))
    met = wanted.met(DAY, (NINE + minutes(10) - MIDNIGHT) // BIT, minutes(30))
    assert met == Obstacle(second, "")


def test_back_to_back_is_free() -> None:
    wanted = [Wanted("A room", booked=stretches([Interval(NINE, NINE + minutes(30))]))]
    found = slots.lowest(slots.free(OFFICE, slots.masked(DAY, minutes(30), wanted)))
    assert found is not None
    assert DAY.at(found) == NINE + minutes(30)


@pytest.mark.parametrize(
    ("at", "until", "ends"),
    [
        (NINE - minutes(30), NINE, True),  # reaches back before it opens
        (
            NINE + timedelta(hours=3) - minutes(5),
            NINE + timedelta(hours=4),
            True,
        ),  # into the midday break
        (NINE + timedelta(hours=3, minutes=10), NINE + timedelta(hours=4), True),
        (FIVE - minutes(5), FIVE + minutes(25), False),  # does not open again
        (FIVE + timedelta(hours=1), FIVE + timedelta(hours=1, minutes=30), False),
    ],
)
def test_outside_opened_times_is_refused_until_it_opens_again(
    at: datetime, until: datetime, ends: bool
) -> None:
    morning = Interval(NINE, NINE + timedelta(hours=3))
    afternoon = Interval(NINE + timedelta(hours=4), FIVE)
    wanted = Wanted("Courtroom 1", opening=Opening((morning, afternoon), {MIDNIGHT.date(): "is not sitting"}))
    met = wanted.met(DAY, (at - MIDNIGHT) // BIT, minutes(30))
    assert met is not None
    assert (met.interval.end, met.reason, met.ends) == (until, "is not sitting", ends)


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2026, 10, 25), date(2027, 10, 31)])
def test_on_changeover_days_every_minute_stands_in_one_bit_of_its_own_five_minutes(day: date) -> None:
    whole = day_interval(day)
    grid = Grid.over(whole)
    assert grid.bits * BIT == whole.end - whole.start
    walls = []
    for number in range(int(whole.minutes)):
        minute = whole.start + minutes(number)
        (bit,) = slots.bits(grid.mask([Interval(minute, minute + minutes(1))]))
        assert grid.at(bit) <= minute < grid.at(bit) + BIT
        assert london_day(grid.at(bit)) == day
        walls.append((to_london(minute).strftime("%H:%M"), to_london(minute).fold))
    assert len(set(walls)) == len(walls)  # nothing lost, shifted or doubled
    assert len(walls) == {3: 23 * 60, 10: 25 * 60}[day.month]


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2026, 10, 25)])
def test_on_changeover_days_every_reservation_refuses_the_starts_of_its_own_minutes_alone(day: date) -> None:
    whole = day_interval(day)
    grid = Grid.over(whole)
    for number in range(int(whole.minutes) - 7):
        wanted = Wanted("A room", booked=[(number, number + 7)])
        refused = set(slots.bits(wanted.refuses(grid, minutes(10))))
        plain = {
            bit for bit in range(grid.bits) if number < bit * 5 + 10 and bit * 5 < -(-(number + 7) // 5) * 5
        }
        assert refused == {bit for bit in plain if (bit + 2) * 5 > number // 5 * 5}
