"""What a page says for each stored state: always a word, with a mark beside it, and colour last."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from court_link.domain.booking import BookingState
from court_link.domain.direction import DirectionStatus
from court_link.domain.hearing import EndCause, HearingState, Outcome
from court_link.domain.link import Admission


@dataclass(frozen=True, slots=True)
class Shown:
    """`colour` is one of GOV.UK's tag colours; `mark` is waiting, live, over or wrong."""

    text: str
    colour: str = "grey"
    mark: str = "waiting"


_SHOWN: dict[StrEnum, Shown] = {
    HearingState.LISTED: Shown("Listed"),
    HearingState.BOOKED: Shown("Booked", "blue"),
    HearingState.LOBBY_OPEN: Shown("Lobby open", "purple", "live"),
    HearingState.IN_SESSION: Shown("In session", "green", "live"),
    HearingState.PAUSED: Shown("Paused", "yellow"),
    HearingState.ENDED: Shown("Ended", "grey", "over"),
    HearingState.VACATED: Shown("Vacated", "red", "wrong"),
    BookingState.PROVISIONAL: Shown("Provisional", "yellow"),
    BookingState.CONFIRMED: Shown("Booked", "blue"),
    BookingState.LAPSED: Shown("Lapsed", "grey", "wrong"),
    BookingState.RELEASED: Shown("Released", "grey", "over"),
    Admission.EXPECTED: Shown("Expected"),
    Admission.WAITING: Shown("In the lobby", "yellow"),
    Admission.ADMITTED: Shown("Admitted", "green", "live"),
    Admission.REFUSED: Shown("Refused", "red", "wrong"),
    Admission.REMOVED: Shown("Removed", "red", "wrong"),
    DirectionStatus.IN_FORCE: Shown("In force", "green", "live"),
    DirectionStatus.RESCINDED: Shown("Rescinded", "red", "wrong"),
    DirectionStatus.DISCHARGED: Shown("Discharged", "grey", "over"),
}
# By the stored text, which no two different words share, so that a row's plain text finds its words too.
_BY_TEXT = {str(state): shown for state, shown in _SHOWN.items()}

#: Endings in the words of the courts.
ENDINGS: dict[Outcome | EndCause, str] = {
    Outcome.DEALT_WITH: "Dealt with",
    Outcome.ADJOURNED: "Adjourned",
    Outcome.PART_HEARD: "Part-heard",
    Outcome.WITHDRAWN: "Withdrawn",
    Outcome.EFFECTIVE: "Effective trial",
    Outcome.CRACKED: "Cracked trial",
    Outcome.INEFFECTIVE: "Ineffective trial",
    EndCause.CONCLUDED: "Concluded",
    EndCause.PARTY_ABSENT: "Someone needed did not come",
    EndCause.NOT_PRODUCED: "Defendant not brought to the room",
    EndCause.TECHNICAL_FAILURE: "Technical failure",
    EndCause.REVERTED_TO_IN_PERSON: "Changed to a hearing in person",
    EndCause.OUT_OF_TIME: "Out of time",
    EndCause.FORGOTTEN: "Ended by the service after its time",
}
_ENDINGS_BY_TEXT = {str(ending): said for ending, said in ENDINGS.items()}


def state_words(state: str) -> Shown:
    """The words of a hearing's, booking's, link's or direction's state. An unknown state is a KeyError."""
    return _BY_TEXT[str(state)]


def ending(outcome_or_cause: str) -> str:
    """The words of an outcome or of the cause of an ending."""
    return _ENDINGS_BY_TEXT[str(outcome_or_cause)]
