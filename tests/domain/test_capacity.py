from datetime import UTC, datetime, timedelta

from court_link.domain.capacity import Use, in_session, minutes_within, summed, use_of
from court_link.domain.events import EventKind
from court_link.domain.times import Interval

TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)


def span(start: int, end: int) -> Interval:
    """Minutes after ten."""
    return Interval(TEN + timedelta(minutes=start), TEN + timedelta(minutes=end))


def at(minute: int) -> datetime:
    return TEN + timedelta(minutes=minute)


def test_overlapping_time_counts_once_and_only_inside_the_window():
    assert minutes_within(span(0, 60), [span(-30, 10), span(5, 20), span(50, 90)]) == 30


def test_utilisation_is_in_session_over_staffed_open_minutes():
    use = use_of(span(0, 180), [span(0, 120)], [span(0, 90)], [span(10, 40)])
    assert use == Use(open=120, booked=90, in_session=30)
    assert use.utilisation == 0.25
    assert use.booked_share == 0.75


def test_a_room_that_nobody_staffed_has_no_utilisation():
    assert Use(0, 30, 10).utilisation is None


def test_pauses_are_not_in_session():
    events = [
        (at(0), EventKind.HEARING_STARTED),
        (at(10), EventKind.HEARING_PAUSED),
        (at(25), EventKind.HEARING_RESUMED),
        (at(40), EventKind.HEARING_ENDED),
    ]
    assert in_session(events, at(100)) == [span(0, 10), span(25, 40)]


def test_a_hearing_ended_while_paused_adds_nothing_after_the_pause():
    events = [
        (at(0), EventKind.HEARING_STARTED),
        (at(10), EventKind.HEARING_PAUSED),
        (at(20), EventKind.HEARING_ENDED),
    ]
    assert in_session(events, at(100)) == [span(0, 10)]


def test_a_running_hearing_counts_until_now():
    assert in_session([(at(0), EventKind.HEARING_STARTED)], at(7)) == [span(0, 7)]


def test_uses_add_up_by_key():
    assert summed([("a", Use(1, 2, 3)), ("b", Use(5)), ("a", Use(1, 1, 1))]) == {
        "a": Use(2, 3, 4),
        "b": Use(5),
    }
