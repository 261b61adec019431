"""What a participant reads of where they are, what happens next, and what the court has taken from them."""

from __future__ import annotations

from collections.abc import Mapping

from court_link.domain import wording
from court_link.domain.hearing import FINISHED, HearingState
from court_link.domain.link import LOBBY, Admission, Link
from court_link.domain.roles import Part
from court_link.domain.rooms import GRANTS, WITNESSES, Grant, consultation_of, grants
from court_link.domain.standing import Consultation, Standing

_WITHDRAWN: Mapping[Grant, str] = {
    Grant.MICROPHONE: "Muted by the court",
    Grant.CAMERA: "Video stopped by the court",
    Grant.RECEIVE: "The court has stopped what you hear and see",
    Grant.TEXT: "Messages stopped by the court",
}
_OUTSIDE: Mapping[Admission, str] = {
    Admission.EXPECTED: "You are not in the lobby yet. Nobody can hear or see you.",
    Admission.WAITING: "You are in the lobby. Nobody can hear or see you. "
    "Someone from the court will let you in.",
    Admission.ADMITTED: "You have been let in, but nothing is carried at this moment. "
    "Someone from the court will tell you what happens next.",
    Admission.REFUSED: "The court has not let you in.",
    Admission.REMOVED: "You are no longer in the hearing.",
}
_WAITS = " Nobody from the court is connected now, so the room waits for them."
_STILL: Mapping[HearingState, str] = {
    HearingState.PAUSED: "The hearing is paused. Nobody can hear or see anyone.",
    HearingState.LOBBY_OPEN: "You have been let in. The hearing has not started, "
    "so nobody can hear or see anyone.",
}


def where_you_are(standing: Standing, me: Link, *, inside: bool, court_here: bool) -> str:
    """One sentence or two for the participant themselves. `court_here`: someone of the court is connected."""
    if consultation_of(me.place) is not None:
        return _in_private(standing, me)
    if standing.state in FINISHED:
        return "The hearing is over."
    if me.place == LOBBY or not inside:
        return _OUTSIDE[me.admission]
    waits = "" if court_here or me.moderates else _WAITS
    if me.settled != me.moves:
        return f"You are going into the hearing. Nobody can hear or see you yet.{waits}"
    return _in_the_hearing(standing, me) + waits


def _in_private(standing: Standing, me: Link) -> str:
    if me.settled != me.moves:
        return "You are going into a private consultation. Nobody can hear or see you yet."
    others = [link.label for link in standing.inside(me.place) if link.id != me.id]
    with_them = f" with {wording.listed(others)}" if others else ""
    said = f"You are in a private consultation{with_them}. Nobody else can hear or see you."
    room = standing.of(me)
    return f"{said} {closing(room)}".strip() if room else said


def closing(room: Consultation) -> str:
    """When a consultation that was recalled ends; empty for one that was not."""
    if room.closes_at is None:
        return ""
    return f"The court has called you back. This consultation ends at {wording.clock(room.closes_at)}."


def _in_the_hearing(standing: Standing, me: Link) -> str:
    if me.part in WITNESSES and me.called_at is None:
        return (
            "You are waiting to be called. You hear nothing of the hearing, and nobody can hear or see you."
        )
    if me.part in WITNESSES and me.released_at is not None:
        return "You have been released and can leave. You hear nothing more of the hearing."
    if standing.state in _STILL:
        return _STILL[standing.state]
    if me.part is Part.OBSERVER:
        return "You are watching the hearing. Nobody can hear or see you."
    heard = standing.link(me.whisper_to) if me.whisper_to is not None else None
    return f"You are in the hearing. Only {heard.label} can hear you." if heard else "You are in the hearing."


def withdrawn(me: Link) -> tuple[str, ...]:
    """What the court has taken from a participant, of what their part may do."""
    held = grants(me)
    return tuple(said for grant, said in _WITHDRAWN.items() if grant in GRANTS[me.part] and grant not in held)
