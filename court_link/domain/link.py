"""A link: one participant's way into one hearing. It stores two facts, admission and place.

Presence (connected, late, quality) is derived from heartbeat and media and changes neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from court_link.domain.hearing import LIVE, HearingState
from court_link.domain.roles import MODERATORS, Part
from court_link.domain.states import step
from court_link.domain.times import Interval


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


#: Two of the places where a link may be; the others are consultations (`domain.rooms`).
LOBBY = "lobby"
HEARING = "hearing"


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it stands. `label` is what others in the hearing see (personal).

    `remote` people need a live-link direction before admission. Raising `credential_version` revokes every
    credential and join session made before. `back_to` is the place to which a consultation returns them.
    `moves` counts their moves from place to place, and `settled` is the last of them for which their device
    has stopped sending: until it has, nothing of theirs goes on. `grants` are None while they have their
    part's own (`domain.rooms.GRANTS`). A witness is `called_at` and `released_at` by the court.
    """

    id: UUID
    hearing_id: UUID
    part: Part
    label: str
    person_id: UUID | None
    room_id: UUID | None
    organisation_id: UUID | None
    remote: bool
    admission: Admission
    place: str
    credential_version: int
    revoked: bool
    identified_by: UUID | None
    identified_at: datetime | None
    arrived_at: datetime | None
    admitted_at: datetime | None
    left_at: datetime | None
    kit_check: Mapping[str, Any] | None
    version: int
    back_to: str = LOBBY
    moves: int = 0
    settled: int = 0
    moved_at: datetime | None = None
    called_at: datetime | None = None
    released_at: datetime | None = None
    grants: tuple[str, ...] | None = None
    whisper_to: UUID | None = None

    @property
    def moderates(self) -> bool:
        """Whether this is the court itself: it runs the hearing and is admitted by its own authority."""
        return self.part in MODERATORS

    @property
    def in_hearing(self) -> bool:
        return self.admission is Admission.ADMITTED and self.place == HEARING and not self.revoked


#: The lobby is open to those concerned from this long before the hearing until this long after it.
JOIN_BEFORE = timedelta(minutes=30)
JOIN_AFTER = timedelta(hours=1)


def way_is_over(state: HearingState, slot: Interval, ended_at: datetime | None, now: datetime) -> bool:
    """Whether a hearing is so far behind that its links lead nowhere any more, and tell nobody its name."""
    return state not in LIVE and now >= max(slot.end, ended_at or slot.end) + JOIN_AFTER


def lobby_is_open(state: HearingState, slot: Interval, now: datetime) -> bool:
    """Whether people may come to the lobby at court time `now`.

    A hearing that runs keeps its lobby open however late it is. A booked one opens by time alone, so the
    answer is the same just before and just after the tick that writes the lobby's opening down.
    """
    if state in LIVE:
        return True
    return state is HearingState.BOOKED and slot.widened(JOIN_BEFORE, JOIN_AFTER).holds(now)
