"""Who is expected, who waits, who is in, and what is wrong: a hearing as those who run it see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.link import Admission, Link
from court_link.domain.roles import Part
from court_link.media.kit import Trouble
from court_link.media.presence import quality_words
from court_link.store import Session, links, live
from court_link.store.tables import LinkMedia

#: The parts of a hearing as its participants read them.
PARTS: Mapping[Part, str] = {
    Part.BENCH: "Bench",
    Part.CLERK: "Court staff",
    Part.DEFENDANT: "Defendant",
    Part.OFFICER: "Police officer",
    Part.PROSECUTOR: "Prosecutor",
    Part.ADVOCATE: "Defence advocate",
    Part.INTERPRETER: "Interpreter",
    Part.WITNESS: "Witness",
    Part.PROBATION: "Probation",
    Part.APPROPRIATE_ADULT: "Appropriate adult",
    Part.OBSERVER: "Observer",
}

#: What staff read of a problem that somebody reported, or that the service noticed.
TROUBLES: Mapping[str, str] = {
    Trouble.NO_SOUND: "cannot hear, or cannot be heard",
    Trouble.NO_PICTURE: "cannot see, or cannot be seen",
    Trouble.ECHO: "hears an echo",
    Trouble.DROPPED: "keeps losing the connection",
    Trouble.DEVICE_REFUSED: "could not use a camera or microphone",
    Trouble.OTHER: "has a technical problem",
    "second_device": "has a link that was tried on a second device",
}


@dataclass(frozen=True, slots=True)
class Attendance:
    """One link as those who run the hearing see it.

    `says` is where they are and `kit` what their last try of it found, in words; `directed` is whether a
    direction in force lets them take part remotely (or they need none); `acts` are what may be done to them
    now, by the names of the API.
    """

    link: Link
    part: str
    directed: bool
    here: bool
    connected: bool
    says: str
    kit: str
    acts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenProblem:
    """A technical problem that nobody has dealt with yet."""

    id: UUID
    says: str
    reported_at: datetime


def of_hearing(session: Session, ctx: Context, hearing_id: UUID) -> tuple[Attendance, ...]:
    """Everybody who may come in, oldest link first. The caller checks that the asker runs the hearing."""
    people = links.of_hearing(session, ctx, hearing_id)
    ids = [link.id for link in people]
    directions, media = links.directed(session, hearing_id), live.media(session, ids)
    at_device = live.at_device(session, ids)
    return tuple(
        _attendance(
            link,
            media.get(link.id),
            directed=not link.remote or link.id in directions,
            here=link.id in at_device and link.left_at is None,
            own=link.id == ctx.actor.link_id,
        )
        for link in people
    )


def problems(session: Session, ctx: Context, hearing_id: UUID) -> tuple[OpenProblem, ...]:
    """Open problems, oldest first."""
    labels = {link.id: link.label for link in links.of_hearing(session, ctx, hearing_id)}
    return tuple(
        OpenProblem(
            each.id,
            f"{labels.get(each.link_id, 'Somebody') if each.link_id else 'Somebody'} "
            f"{TROUBLES.get(each.kind, TROUBLES[Trouble.OTHER])}",
            each.reported_at,
        )
        for each in live.open_problems(session, hearing_id)
    )


def _attendance(link: Link, media: LinkMedia | None, *, directed: bool, here: bool, own: bool) -> Attendance:
    connected = bool(media and media.connected)
    quality = quality_words(media.quality) if media and connected else ""
    return Attendance(
        link=link,
        part=PARTS[link.part],
        directed=directed,
        here=here,
        connected=connected,
        says=_says(link.admission, quality, here=here, connected=connected),
        kit=_kit(link.kit_check),
        acts=_acts(link, directed=directed, own=own),
    )


def _acts(link: Link, *, directed: bool, own: bool) -> tuple[str, ...]:
    if own:  # who runs the hearing leaves it; nobody removes themselves
        return ()
    match link.admission:
        case Admission.WAITING if link.identified_at is None:
            return ("identify", "refuse")
        case Admission.WAITING:
            return ("admit", "refuse") if directed else ("refuse",)
        case Admission.ADMITTED:
            return ("remove",) if link.moderates else ("send-back", "remove")
    return ()


def _says(admission: Admission, quality: str, *, here: bool, connected: bool) -> str:
    match admission:
        case Admission.EXPECTED:
            return "Not here yet"
        case Admission.WAITING:
            return "Waiting in the lobby" if here else "Was in the lobby, not at their device now"
        case Admission.ADMITTED:
            if connected:
                return quality or "Connected"
            return "Connecting" if here else "Not connected"
        case Admission.REFUSED:
            return "Turned away"
        case Admission.REMOVED:
            return "Removed"


def _kit(check: Mapping[str, Any] | None) -> str:
    if not check:
        return ""
    said = "Kit tried and working" if check.get("passed") else "Kit tried and not working"
    if check.get("from_vehicle"):
        said += ". In a vehicle: declared parked, not driving, not overheard"
    return said
