"""Times, lengths and counts as people say them, on a London clock.

Style: GOV.UK ("10:15am", "midday", "10:15am to 10:45am"), https://www.gov.uk/guidance/style-guide.
Every function is pure; a moment is an aware datetime in any zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from court_link.domain.times import Interval, to_london


def clock(moment: datetime) -> str:
    """ "10:15am", "10am", "midday", "midnight".

    In the hour that the autumn change repeats the zone is said too ("1:30am BST", "1:30am GMT"), since
    the bare time would name two moments.
    """
    local = to_london(moment)
    if local.minute == 0 and local.hour in (0, 12):
        return "midday" if local.hour else "midnight"
    hour, half = (local.hour % 12) or 12, "am" if local.hour < 12 else "pm"
    minutes = f":{local.minute:02}" if local.minute else ""
    repeated = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{hour}{minutes}{half}" + (f" {local.tzname()}" if repeated else "")


def day(when: date | datetime) -> str:
    """ "Monday 23 November 2026": the calendar day, or the London day that a moment falls on."""
    return f"{short_day(when)} {_calendar_day(when).year}"


def short_day(when: date | datetime) -> str:
    """ "Monday 23 November": for a day whose year nobody doubts."""
    on = _calendar_day(when)
    return f"{on:%A} {on.day} {on:%B}"


def moment(when: datetime) -> str:
    """ "10:15am, Monday 23 November"."""
    return f"{clock(when)}, {short_day(when)}"


def span(interval: Interval) -> str:
    """ "10:15am to 10:45am"; with both days named when it runs over midnight."""
    same_day = _calendar_day(interval.start) == _calendar_day(interval.end)
    say = clock if same_day else moment
    return f"{say(interval.start)} to {say(interval.end)}"


def minutes(length: timedelta | float) -> str:
    """A length of time, to the nearest minute: "1 hour 5 minutes". A bare number is minutes.

    Under half a minute, but not nothing, is "less than a minute". Negative lengths are a ValueError.
    """
    exact = length.total_seconds() / 60 if isinstance(length, timedelta) else float(length)
    if exact < 0:
        raise ValueError("a length of time is not negative")
    whole = int(exact + 0.5)
    if whole == 0:
        return "less than a minute" if exact else "0 minutes"
    hours, rest = divmod(whole, 60)
    parts = [plural(n, unit) for n, unit in ((hours, "hour"), (rest, "minute")) if n]
    return " ".join(parts)


def plural(number: int, singular: str, many: str | None = None) -> str:
    """ "1 hearing", "1,200 hearings"; `many` for words that do not take an s."""
    return f"{number:,} {singular if number == 1 else many or singular + 's'}"


def listed(items: Sequence[str], last: str = "and") -> str:
    """ "A, B and C"."""
    *most, final = items or [""]
    return f"{', '.join(most)} {last} {final}" if most else final


def _calendar_day(when: date | datetime) -> date:
    return to_london(when).date() if isinstance(when, datetime) else when
