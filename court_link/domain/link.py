"""A link: one participant's way into one hearing. It stores two facts, admission and place.

Presence (connected, late, quality) is derived from heartbeat and media and changes neither.
"""

from __future__ import annotations

from enum import StrEnum

from court_link.domain.states import step


class Admission(StrEnum):
    EXPECTED = "expected"
    WAITING = "waiting"
    ADMITTED = "admitted"
    REFUSED = "refused"
    REMOVED = "removed"


class LinkEvent(StrEnum):
    ARRIVE = "arrive"  # redeemed the credential: in the lobby, with no media
    ADMIT = "admit"
    REFUSE = "refuse"
    REMOVE = "remove"
    LEAVE = "leave"  # sent back to the lobby, or stood down


A, E = Admission, LinkEvent

TRANSITIONS: dict[tuple[Admission, LinkEvent], Admission] = {
    (A.EXPECTED, E.ARRIVE): A.WAITING,
    (A.WAITING, E.ARRIVE): A.WAITING,
    (A.ADMITTED, E.ARRIVE): A.ADMITTED,  # a return within the slot restores admission and place
    (A.WAITING, E.ADMIT): A.ADMITTED,
    (A.WAITING, E.REFUSE): A.REFUSED,
    (A.ADMITTED, E.LEAVE): A.WAITING,
    (A.WAITING, E.REMOVE): A.REMOVED,
    (A.ADMITTED, E.REMOVE): A.REMOVED,
    # After a refusal or removal a person of the court must admit again, from the lobby.
    (A.REFUSED, E.ARRIVE): A.WAITING,
    (A.REMOVED, E.ARRIVE): A.WAITING,
}


def after(state: Admission, event: LinkEvent) -> Admission:
    """The admission that follows, or WrongState in a sentence."""
    return step(TRANSITIONS, state, event, "participant")


#: The two places of this version; a consultation will be `consultation:<id>`.
LOBBY = "lobby"
HEARING = "hearing"
