"""What a calendar reads is iCalendar (RFC 5545), whatever stands in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from court_link.domain.times import Interval
from court_link.notifying import calendar
from court_link.notifying.calendar import Appointment
from tests.notifying.ical import events, lines, properties

UID = UUID("01931f2e-7c00-7000-8000-000000000001")
TEN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SLOT = Interval(TEN, TEN + timedelta(minutes=20))


def appointment(where: str = "Courtroom 1", **more: object) -> Appointment:
    return Appointment(UID, SLOT, where, 3, TEN - timedelta(days=1), **more)  # type: ignore[arg-type]


def test_an_appointment_says_when_and_where_in_utc_and_which_version_it_is() -> None:
    [event] = events(calendar.written([appointment()]))
    assert event == {
        "UID": f"{UID}@court-link",
        "SEQUENCE": "3",
        "DTSTAMP": "20261122T100000Z",
        "LAST-MODIFIED": "20261122T100000Z",
        "DTSTART": "20261123T100000Z",
        "DTEND": "20261123T102000Z",
        "SUMMARY": "Court by video",
        "LOCATION": "Courtroom 1",
        "STATUS": "CONFIRMED",
        "CLASS": "PRIVATE",
    }


def test_one_that_is_called_off_is_cancelled_and_reminds_nobody() -> None:
    [event] = events(calendar.written([appointment(cancelled=True, remind=True)]))
    assert event["STATUS"] == "CANCELLED"
    assert "BEGIN:VALARM" not in calendar.written([appointment(cancelled=True, remind=True)])
    assert "TRIGGER:-PT30M" in calendar.written([appointment(remind=True)])


def test_a_feed_has_a_name_and_a_single_appointment_has_none() -> None:
    name = "Courtroom 1, Exampleton"
    assert properties(calendar.written([], name))["X-WR-CALNAME"] == name
    assert "NAME:" not in calendar.written([appointment()])


@given(st.text(max_size=300))
def test_whatever_a_place_is_called_it_stays_one_value_and_every_line_is_short(where: str) -> None:
    text = calendar.written([appointment(where)])
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert len(lines(text)) == len(lines(calendar.written([appointment()])))
    [event] = events(text)
    said = "".join(sign if sign.isprintable() else " " for sign in where)
    assert event["LOCATION"] == " ".join(said.split())
