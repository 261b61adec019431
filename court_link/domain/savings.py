"""Officer time given back, so that an analyst believes it.

For every officer and London day on which they gave evidence by link:

    given back = what attending in person would have taken (the baseline, once a day)
                 - the union of their time on the link (arrival to release, waiting included)
                 - set-up (once for each hearing)

The baseline counts once an officer-day however many hearings there were, and overlapping links count
once, so nothing is counted twice. A day can come out negative: it is shown, not hidden. Hearings vacated
before the day and trials that cracked are counted apart, since the journey may not have been made anyway.

Baselines, hours for each attendance: Hertfordshire 2016 3.0 (792 hours over 267 officers); Sussex 5.5 a court
visit; Metropolitan 4.5 (press). They are assumptions, and can be changed on the report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from court_link.domain.errors import FieldError, Invalid
from court_link.domain.hearing import Outcome
from court_link.domain.times import Interval, london_day, union


@dataclass(frozen=True, slots=True)
class Baseline:
    """A published figure of what one attendance in person takes."""

    code: str
    name: str
    hours: float
    source: str


BASELINES = (
    Baseline("hertfordshire_2016", "Hertfordshire 2016", 3.0, "792 hours over 267 officers, 2016"),
    Baseline(
        "sussex",
        "Sussex",
        5.5,
        "hours for each court visit, Video Enabled Justice programme",
    ),
    Baseline("metropolitan", "Metropolitan", 4.5, "press report"),
)


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the sum rests on. Money needs an hourly cost, which no source gives: 0 means not set."""

    baseline_hours: float = BASELINES[0].hours
    set_up_minutes: float = 5
    hourly_cost: float = 0
    miles: float = 0  # there and back
    officers_per_vehicle: float = 1

    def __post_init__(self) -> None:
        limits = {
            "baseline_hours": (0, 24, "Hours in person must be between 0 and 24."),
            "set_up_minutes": (0, 120, "Set-up must be between 0 and 120 minutes."),
            "hourly_cost": (0, 1000, "Cost of an hour must be between £0 and £1,000."),
            "miles": (0, 500, "Miles there and back must be between 0 and 500."),
            "officers_per_vehicle": (1, 8, "Officers in a vehicle must be between 1 and 8."),
        }
        wrong = [
            FieldError(name, sentence)
            for name, (low, high, sentence) in limits.items()
            if not low <= getattr(self, name) <= high
        ]
        if wrong:
            raise Invalid(errors=wrong)


@dataclass(frozen=True, slots=True)
class Attendance:
    """One officer's part in one hearing: `on_link` None when they never arrived."""

    officer: UUID
    hearing: UUID
    on_link: Interval | None
    outcome: Outcome | None
    vacated: bool = False


@dataclass(frozen=True, slots=True)
class Savings:
    """What came of it. `officer_days` is the number of journeys not made."""

    officers: int
    officer_days: int
    hearings: int
    baseline_hours: float
    link_hours: float
    set_up_hours: float
    cracked: int  # officer attendances at trials that cracked, apart
    vacated: int  # officer attendances vacated before they arrived, apart
    miles: float
    money: float | None  # None until an hourly cost is set

    @property
    def hours(self) -> float:
        """Hours given back; negative when the link cost more than the journey would have."""
        return self.baseline_hours - self.link_hours - self.set_up_hours


def savings(attendances: Iterable[Attendance], given: Assumptions) -> Savings:
    """Add up officer time given back. Formula and sources: this module's docstring."""
    cracked = vacated = 0
    links: dict[tuple[UUID, date], list[Interval]] = {}
    hearings: set[tuple[UUID, UUID]] = set()
    for attendance in attendances:
        if attendance.vacated:
            vacated += 1
        elif attendance.outcome is Outcome.CRACKED:
            cracked += 1
        elif attendance.on_link is not None:
            day = london_day(attendance.on_link.start)
            links.setdefault((attendance.officer, day), []).append(attendance.on_link)
            hearings.add((attendance.officer, attendance.hearing))
    link_hours = sum(part.minutes for parts in links.values() for part in union(parts)) / 60
    baseline_hours = given.baseline_hours * len(links)
    set_up_hours = timedelta(minutes=given.set_up_minutes * len(hearings)).total_seconds() / 3600
    hours = baseline_hours - link_hours - set_up_hours
    return Savings(
        officers=len({officer for officer, _ in links}),
        officer_days=len(links),
        hearings=len(hearings),
        baseline_hours=baseline_hours,
        link_hours=link_hours,
        set_up_hours=set_up_hours,
        cracked=cracked,
        vacated=vacated,
        miles=given.miles * len(links) / given.officers_per_vehicle,
        money=hours * given.hourly_cost if given.hourly_cost else None,
    )
