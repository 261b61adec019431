import itertools
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from court_link.domain.errors import Invalid
from court_link.domain.times import (
    Interval,
    LocalTimeMissing,
    LocalTimeRepeated,
    day_interval,
    from_london,
    to_london,
    union,
)

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def test_a_time_that_spring_skips_is_refused_naming_the_field():
    with pytest.raises(LocalTimeMissing) as refused:
        from_london(SPRING, time(1, 30), field="starts_at")
    assert refused.value.errors[0].field == "starts_at"


def test_a_time_that_autumn_repeats_must_be_told_apart():
    with pytest.raises(LocalTimeRepeated):
        from_london(AUTUMN, time(1, 30))
    first, second = (from_london(AUTUMN, time(1, 30), fold=fold) for fold in (0, 1))
    assert second - first == timedelta(hours=1)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_every_minute_of_a_changeover_day_comes_back_as_it_went_in(day: date):
    seen = set()
    for minute in range(24 * 60):
        clock = time(minute // 60, minute % 60)
        for fold in (0, 1):
            try:
                instant = from_london(day, clock, fold=fold)
            except LocalTimeMissing:
                assert (day, clock.hour) == (SPRING, 1)
                continue
            local = to_london(instant)
            assert (local.date(), local.time()) == (day, clock)
            seen.add(instant)
    assert len(seen) == day_interval(day).minutes == (23 * 60 if day == SPRING else 25 * 60)


def test_back_to_back_intervals_do_not_overlap():
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    hour = timedelta(hours=1)
    assert not Interval(noon - hour, noon).overlaps(Interval(noon, noon + hour))


def test_an_interval_that_ends_before_it_starts_is_refused():
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    with pytest.raises(Invalid):
        Interval(noon, noon)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60)), max_size=12))
def test_a_union_counts_every_minute_once(spans: list[tuple[int, int]]):
    zero = datetime(2026, 1, 1, tzinfo=UTC)
    minute = timedelta(minutes=1)
    merged = union([Interval(zero + a * minute, zero + (a + n) * minute) for a, n in spans])
    covered = {m for a, n in spans for m in range(a, a + n)}
    assert sum(interval.minutes for interval in merged) == len(covered)
    assert all(one.end < two.start for one, two in itertools.pairwise(merged))
