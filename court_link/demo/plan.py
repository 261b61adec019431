"""What the county's courts have before them on a day: made up, and of a shape that a local would believe.

One court house takes the county's overnight custody; six to ten half-day sessions sit on a weekday, most of
them from Tuesday to Thursday; youth court is on Tuesday, trials are mostly on Thursday and Friday. Hearings
last about the median of their type, skewed to the right. All of these are stated assumptions. The same day
always holds the same.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from court_link.demo.listing import Entry
from court_link.demo.names import FORENAMES, SURNAMES
from court_link.domain.times import Interval, from_london
from court_link.importing import register

_HATFIELD, _STEVENAGE, _ST_ALBANS = (
    f"{town} Magistrates’ Court" for town in ("Hatfield", "Stevenage", "St Albans")
)
#: The virtual court, where a hearing is always about to begin, and the courtroom where one goes on.
VIRTUAL, GOING_ON = (_HATFIELD, "Courtroom 01"), (_STEVENAGE, "Courtroom 01")

MORNING, AFTERNOON = (time(10), time(13)), (time(14), time(16, 30))
#: The virtual court sits through, so that one can be held at any hour of the demonstration's day.
THROUGH = (time(9, 30), time(17))
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = range(6)

#: Minutes that each type takes, as a median.
MEDIAN = {
    "First appearance": 12,
    "Remand": 12,
    "Sending": 8,
    "Bail": 20,
    "Guilty anticipated plea": 13,
    "Not guilty anticipated plea": 18,
    "Sentence": 20,
    "Traffic": 4,
    "Officer's evidence": 20,
    "Trial": 150,
}
_SPREAD = 0.35
_CHARGES = {
    "First appearance": "Theft from a shop",
    "Remand": "Burglary of a shed",
    "Sending": "Robbery of a bicycle",
    "Bail": "Breach of bail",
    "Guilty anticipated plea": "Driving without insurance",
    "Not guilty anticipated plea": "Criminal damage to a scarecrow",
    "Sentence": "Theft from a shop",
    "Traffic": "Driving in a bus lane",
    "Officer's evidence": "Assault by beating",
    "Trial": "Affray at a flower show",
}
#: Who is in a custody room for them.
CUSTODY = frozenset({"First appearance", "Remand", "Sending"})
#: How many officers give evidence by link.
OFFICERS = {"Officer's evidence": 1, "Trial": 2}
#: What a video link court hears of people who are not in custody.
LINKED = ("Bail", "Guilty anticipated plea", "Not guilty anticipated plea", "Sentence", "Sentence")


@dataclass(frozen=True, slots=True)
class Sitting:
    """A courtroom's half day: a matter is listed every so many minutes, and a share of them is by video."""

    house: str
    room: str
    hours: tuple[time, time]
    business_type: str
    types: tuple[str, ...]
    every: int
    share: float = 1.0
    panel: str = "ADULT"

    @property
    def place(self) -> tuple[str, str]:
        return self.house, self.room

    def on(self, day: date) -> Interval:
        opens, closes = self.hours
        return Interval(from_london(day, opens), from_london(day, closes))


def sittings(day: date) -> list[Sitting]:
    """The sessions of a day; none on a Sunday, and on bank holidays custody alone, as on a Saturday."""
    weekday = day.weekday()
    if weekday > SATURDAY:
        return []
    if weekday == SATURDAY or day in register.holidays():
        return [_custody(MORNING)]
    chance = chance_of(day)
    made = [_custody(THROUGH), _linked(_ST_ALBANS, "Courtroom 01", MORNING)]
    made += [_linked(_STEVENAGE, "Courtroom 02", MORNING), _linked(_ST_ALBANS, "Courtroom 01", AFTERNOON)]
    if weekday == TUESDAY:
        youth = Sitting(_ST_ALBANS, "Courtroom 03", MORNING, "GEN", ("Sentence",), 30, 0.5, "YOUTH")
        made.append(youth)
    if weekday == WEDNESDAY:
        made.append(Sitting(_STEVENAGE, "Courtroom 03", MORNING, "TRF", ("Traffic",), 10, 0.0))
    if weekday in (TUESDAY, WEDNESDAY, THURSDAY):
        made.append(_linked(_ST_ALBANS, "Courtroom 02", MORNING))
        made += [_linked(_STEVENAGE, "Courtroom 02", AFTERNOON)] * chance.randrange(2)
        made += [_linked(_ST_ALBANS, "Courtroom 02", AFTERNOON)] * chance.randrange(2)
    if weekday in (THURSDAY, FRIDAY):
        made += [_trial(_ST_ALBANS, "Courtroom 04", MORNING), _trial(_ST_ALBANS, "Courtroom 05", AFTERNOON)]
    return made


def entries(day: date) -> list[Entry]:
    """What is listed on a day, in each sitting at its times."""
    return [entry for sitting in sittings(day) for entry in _entries(day, sitting)]


def entry(
    place: tuple[str, str], at: datetime, hearing_type: str, chance: random.Random, panel: str = "ADULT"
) -> Entry:
    """A matter of this type with a defendant made up."""
    house, room = place
    # A reference in the usual form: force 41, a unit, a serial and the year.
    unit, serial = chance.choice(("HA", "SA", "ST")), chance.randrange(10_000, 99_999)
    return Entry(
        house=house,
        room=room,
        at=at,
        hearing_type=hearing_type,
        offence=_CHARGES[hearing_type],
        urn=f"41{unit}{serial}{at:%y}",
        forename=chance.choice(FORENAMES),
        surname=chance.choice(SURNAMES),
        custody=hearing_type in CUSTODY,
        panel=panel,
    )


def lasted(hearing_type: str, chance: random.Random) -> timedelta:
    """How long a hearing took: about its median, seldom much less, sometimes much more."""
    median = MEDIAN.get(hearing_type, 20)
    return timedelta(minutes=max(3.0, median * math.exp(chance.gauss(0, _SPREAD))))


def booked_minutes(hearing_type: str) -> int:
    """What is booked for a hearing: its median and a little, in fives."""
    return -(-(MEDIAN.get(hearing_type, 20) + 2) // 5) * 5 if hearing_type != "Trial" else MEDIAN["Trial"]


def by_video(sitting: Sitting, number: int) -> bool:
    """Whether the sitting's matter of this number is heard by video: evenly spread over the list."""
    return int((number + 1) * sitting.share) > int(number * sitting.share)


def _entries(day: date, sitting: Sitting) -> Iterator[Entry]:
    chance = chance_of(day, *sitting.place, sitting.hours[0].hour)
    for at in _times(day, sitting, chance):
        yield entry(sitting.place, at, chance.choice(sitting.types), chance, sitting.panel)


def _times(day: date, sitting: Sitting, chance: random.Random) -> list[datetime]:
    within = sitting.on(day)
    if sitting.business_type == "VIR":
        # Those detained overnight: 8 to 14 on a weekday, more after a weekend, fewer on a Saturday.
        more = {MONDAY: 3, SATURDAY: -4}.get(day.weekday(), 0)
        return [
            from_london(day, time(10)) + number * _QUARTER for number in range(chance.randrange(8, 15) + more)
        ]
    times = []
    at = within.start
    while at < within.end:
        times.append(at)
        at += timedelta(minutes=sitting.every)
    return times


_QUARTER = timedelta(minutes=15)


def _custody(hours: tuple[time, time]) -> Sitting:
    return Sitting(*VIRTUAL, hours, "VIR", tuple(sorted(CUSTODY)), 15)


def _linked(house: str, room: str, hours: tuple[time, time]) -> Sitting:
    return Sitting(house, room, hours, "VLT", (*LINKED, "Officer's evidence"), 30, 0.6)


def _trial(house: str, room: str, hours: tuple[time, time]) -> Sitting:
    return Sitting(house, room, hours, "VTR", ("Trial",), 180)


def chance_of(day: date, *more: object) -> random.Random:
    """The day's own luck, the same in every process."""
    return random.Random(f"{day.isoformat()} {more}")  # noqa: S311 - it makes a story, not a secret
