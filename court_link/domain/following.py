"""What following a hearing may show: an allow-list, and nothing at all for some matters.

It may show the court house, the courtroom, the listed time, the stage, the place in the list, the
expected window, a new date, and that restrictions apply. It never shows a name, URN, offence, hearing
type, plea, bail, outcome, language, special measures, who is connected, video or custody attendance, an
officer, or why a hearing was vacated. Youth, family, private and withheld matters answer exactly as an
unknown reference.
Source: the Victims' Code right to be told when, and open-justice rules on what may not be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from court_link.domain.hearing import HearingState, Visibility


class Stage(StrEnum):
    """A parcel's words for a hearing: they say nothing of outcome or reason."""

    LISTED = "listed"
    STARTING_SOON = "starting_soon"
    IN_PROGRESS = "in_progress"
    ON_A_BREAK = "on_a_break"
    FINISHED = "finished"
    NOT_TODAY = "not_today"  # taken out of the list; a new date may follow


@dataclass(frozen=True, slots=True)
class Followed:
    """All that a follower is told. Adding a field needs the same authority as the module docstring."""

    court_house: str
    courtroom: str
    starts_at: datetime
    stage: Stage
    place_in_list: int | None
    expected: tuple[datetime, datetime] | None
    new_date: datetime | None
    restrictions: bool


def may_be_followed(*, visibility: Visibility, youth: bool, family: bool) -> bool:
    """Whether anything at all may be shown. Asked at every look: a later restriction bites at once."""
    return visibility is Visibility.PUBLIC and not youth and not family


def stage_of(state: HearingState) -> Stage:
    """The stage in public words."""
    match state:
        case HearingState.LISTED | HearingState.BOOKED:
            return Stage.LISTED
        case HearingState.LOBBY_OPEN:
            return Stage.STARTING_SOON
        case HearingState.IN_SESSION:
            return Stage.IN_PROGRESS
        case HearingState.PAUSED:
            return Stage.ON_A_BREAK
        case HearingState.ENDED:
            return Stage.FINISHED
        case HearingState.VACATED:
            return Stage.NOT_TODAY


def expected_window(
    starts_at: datetime, state: HearingState, free_from: datetime, ahead_minutes: int
) -> tuple[datetime, datetime] | None:
    """When it is likely to start, or None once it has started or is over.

    `free_from` is when the courtroom can begin on what is ahead: now, or the start of its list if later.
    `ahead_minutes` is the estimate of what is ahead and not finished. Never before the listed time. The
    window is a quarter of an hour wide, and wider by half of what is ahead. A predicted start is said in
    whole five minutes: it is no more exact than that.
    """
    if state not in (HearingState.LISTED, HearingState.BOOKED, HearingState.LOBBY_OPEN):
        return None
    earliest = max(starts_at, _rounded_up(free_from + timedelta(minutes=ahead_minutes)))
    return earliest, earliest + timedelta(minutes=15 + ahead_minutes // 2)


def _rounded_up(moment: datetime) -> datetime:
    over = timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)
    return moment - over + timedelta(minutes=5) if over else moment
