"""How times, lengths and counts are said."""

from datetime import UTC, date, datetime, timedelta

import pytest

from court_link.domain import wording
from court_link.domain.times import LONDON, Interval, day_interval

SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (utc(2026, 11, 23, 10, 15), "10:15am"),
        (utc(2026, 11, 23, 10, 0), "10am"),
        (utc(2026, 11, 23, 12, 0), "midday"),
        (utc(2026, 11, 23, 12, 5), "12:05pm"),
        (utc(2026, 11, 23, 0, 0), "midnight"),
        (utc(2026, 11, 23, 0, 30), "12:30am"),
        (utc(2026, 7, 1, 13, 5), "2:05pm"),
        (utc(2026, 7, 1, 11, 0), "midday"),
    ],
)
def test_the_clock_is_said_as_people_in_london_say_it(at: datetime, said: str) -> None:
    assert wording.clock(at) == said


def test_the_hour_that_happens_twice_says_which_one() -> None:
    assert wording.clock(utc(2026, 10, 25, 0, 30)) == "1:30am BST"
    assert wording.clock(utc(2026, 10, 25, 1, 30)) == "1:30am GMT"
    assert wording.clock(utc(2026, 10, 25, 2, 0)) == "2am"


def test_the_hour_that_is_skipped_is_never_said() -> None:
    assert wording.clock(utc(2027, 3, 28, 0, 59)) == "12:59am"
    assert wording.clock(utc(2027, 3, 28, 1, 0)) == "2am"


@pytest.mark.parametrize(("on", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_on_both_changeover_days_every_minute_has_a_name_of_its_own(on: date, hours: int) -> None:
    start = day_interval(on).start
    said = [wording.moment(start + timedelta(minutes=n)) for n in range(hours * 60)]
    assert len(set(said)) == hours * 60
    assert {name.split(", ")[1] for name in said} == {wording.short_day(on)}
    assert wording.short_day(start + timedelta(hours=hours)) != wording.short_day(on)


def test_a_day_is_the_london_day_a_moment_falls_on() -> None:
    assert wording.day(date(2026, 11, 23)) == "Monday 23 November 2026"
    assert wording.day(utc(2026, 7, 1, 23, 30)) == "Thursday 2 July 2026"
    assert wording.moment(datetime(2026, 11, 23, 10, 15, tzinfo=LONDON)) == "10:15am, Monday 23 November"


def test_a_span_names_its_days_only_when_it_runs_over_midnight() -> None:
    assert (
        wording.span(Interval(utc(2026, 11, 23, 10, 15), utc(2026, 11, 23, 10, 45))) == "10:15am to 10:45am"
    )
    assert (
        wording.span(Interval(utc(2026, 11, 23, 23), utc(2026, 11, 24, 1)))
        == "11pm, Monday 23 November to 1am, Tuesday 24 November"
    )


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (65, "1 hour 5 minutes"),
        (1, "1 minute"),
        (120, "2 hours"),
        (0, "0 minutes"),
        (0.25, "less than a minute"),
        (timedelta(minutes=59, seconds=40), "1 hour"),
    ],
)
def test_lengths_are_said_in_hours_and_minutes(length: timedelta | float, said: str) -> None:
    assert wording.minutes(length) == said


def test_a_negative_length_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        wording.minutes(-1)


def test_counts_and_lists_read_as_english() -> None:
    assert wording.plural(1, "hearing") == "1 hearing"
    assert wording.plural(1200, "hearing") == "1,200 hearings"
    assert wording.plural(2, "person", "people") == "2 people"
    assert wording.listed(["A", "B", "C"]) == "A, B and C"
    assert wording.listed(["A"]) == "A"
    assert wording.listed([]) == ""
