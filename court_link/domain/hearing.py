"""A hearing: a listed matter, from the list to its outcome."""

from __future__ import annotations

from enum import StrEnum

from court_link.domain.recipes import recipe
from court_link.domain.states import step


class HearingState(StrEnum):
    LISTED = "listed"
    BOOKED = "booked"
    LOBBY_OPEN = "lobby_open"
    IN_SESSION = "in_session"
    PAUSED = "paused"
    ENDED = "ended"
    VACATED = "vacated"


class HearingEvent(StrEnum):
    BOOK = "book"
    OPEN_LOBBY = "open_lobby"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"
    VACATE = "vacate"
    REOPEN = "reopen"
    RELEASE = "release"  # the booking was let go before the day: the matter is listed again


H, E = HearingState, HearingEvent

TRANSITIONS: dict[tuple[HearingState, HearingEvent], HearingState] = {
    (H.LISTED, E.BOOK): H.BOOKED,
    (H.BOOKED, E.RELEASE): H.LISTED,
    (H.BOOKED, E.OPEN_LOBBY): H.LOBBY_OPEN,
    (H.LOBBY_OPEN, E.START): H.IN_SESSION,
    (H.IN_SESSION, E.PAUSE): H.PAUSED,
    (H.PAUSED, E.RESUME): H.IN_SESSION,
    (H.LOBBY_OPEN, E.END): H.ENDED,
    (H.IN_SESSION, E.END): H.ENDED,
    (H.PAUSED, E.END): H.ENDED,
    (H.LISTED, E.VACATE): H.VACATED,
    (H.BOOKED, E.VACATE): H.VACATED,
    (H.LOBBY_OPEN, E.VACATE): H.VACATED,
    (H.ENDED, E.REOPEN): H.PAUSED,  # the bench, within the slot
}

#: The lobby may be entered and the room may be live.
LIVE = frozenset({H.LOBBY_OPEN, H.IN_SESSION, H.PAUSED})
FINISHED = frozenset({H.ENDED, H.VACATED})


def after(state: HearingState, event: HearingEvent) -> HearingState:
    """The state that follows, or WrongState in a sentence."""
    return step(TRANSITIONS, state, event, "hearing")


class Outcome(StrEnum):
    """How a hearing ended on the day, in the courts' words."""

    DEALT_WITH = "dealt_with"
    ADJOURNED = "adjourned"
    PART_HEARD = "part_heard"
    WITHDRAWN = "withdrawn"
    EFFECTIVE = "effective"  # trials
    CRACKED = "cracked"
    INEFFECTIVE = "ineffective"


#: How a trial ends, and how anything else does.
TRIAL_OUTCOMES = (
    Outcome.EFFECTIVE,
    Outcome.CRACKED,
    Outcome.INEFFECTIVE,
    Outcome.PART_HEARD,
    Outcome.ADJOURNED,
)
OUTCOMES = (Outcome.DEALT_WITH, Outcome.ADJOURNED, Outcome.PART_HEARD, Outcome.WITHDRAWN)


def outcomes(hearing_type: str) -> tuple[Outcome, ...]:
    """How a hearing of this type may end; only trials are effective, cracked or ineffective."""
    return TRIAL_OUTCOMES if recipe(hearing_type).trial else OUTCOMES


class EndCause(StrEnum):
    """Why it ended then: in the ordinary way, or not."""

    CONCLUDED = "concluded"
    PARTY_ABSENT = "party_absent"
    NOT_PRODUCED = "not_produced"  # custody could not bring the defendant to the room
    TECHNICAL_FAILURE = "technical_failure"  # counted as technically failed
    REVERTED_TO_IN_PERSON = "reverted_to_in_person"
    OUT_OF_TIME = "out_of_time"
    FORGOTTEN = "forgotten"  # ended by the service, long after the slot, by nobody's word


class Visibility(StrEnum):
    """What may be known of the matter outside those who take part."""

    PUBLIC = "public"
    PRIVATE = "private"
    WITHHELD = "withheld"  # its very existence: search warrants always
