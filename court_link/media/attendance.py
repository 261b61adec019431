"""Who is expected, who waits, who is in, and what is wrong: a hearing as those who run it see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.link import LOBBY, Admission, Link
from court_link.domain.roles import Part
from court_link.domain.rooms import CONSULTS, WITNESSES, Grant, consultation_of, grants, takes_part
from court_link.domain.standing import Standing
from court_link.media.cutting import NOT_CUT_OFF
from court_link.media.kit import CONNECTION, Trouble, result
from court_link.media.presence import quality_words
from court_link.store import Session, hearings, links, live, rooms
from court_link.store.recordings import STALLED
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
    Part.YOUTH_OFFENDING_TEAM: "Youth offending team",
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
    CONNECTION: "has a connection that may not be good enough for evidence",
    STALLED: "stopped: nothing is written at the moment",
    "second_device": "has a link that was tried on a second device",
    NOT_CUT_OFF: "was sent out, but the video service has not confirmed that their sound and picture ended",
}


@dataclass(frozen=True, slots=True)
class Attendance:
    """One link as those who run the hearing see it.

    `says` is where they are and `kit` what their last try of it found, in words; `directed` is whether a
    direction in force lets them take part remotely (or they need none); `acts` are what may be done to them
    now, by the names of the API. `place` is where they are, in words; of who is in private consultation
    nothing more is known than that, and whether they are connected.
    """

    link: Link
    part: str
    directed: bool
    here: bool
    connected: bool
    says: str
    kit: str
    acts: tuple[str, ...]
    place: str = ""


@dataclass(frozen=True, slots=True)
class OpenProblem:
    """A technical problem that nobody has dealt with yet."""

    id: UUID
    says: str
    reported_at: datetime


def of_hearing(session: Session, ctx: Context, hearing_id: UUID) -> tuple[Attendance, ...]:
    """Everybody who may come in, oldest link first. The caller checks that the asker runs the hearing."""
    return of_standing(session, ctx, rooms.standing(session, ctx, hearings.row(session, hearing_id)))


def of_standing(session: Session, ctx: Context, standing: Standing) -> tuple[Attendance, ...]:
    """Everybody of a hearing as it stands, oldest link first."""
    ids = [link.id for link in standing.links]
    media, at_device = live.media(session, ids), live.at_device(session, ids)
    return tuple(
        _attendance(
            link,
            media.get(link.id),
            directed=not link.remote or link.id in standing.directions,
            here=link.id in at_device and link.left_at is None,
            own=link.id == ctx.actor.link_id,
            private=standing.private,
        )
        for link in standing.links
    )


def problems(session: Session, ctx: Context, hearing_id: UUID) -> tuple[OpenProblem, ...]:
    """Open problems, oldest first."""
    labels = {link.id: link.label for link in links.of_hearing(session, ctx, hearing_id)}
    return tuple(
        OpenProblem(
            each.id,
            f"{labels.get(each.link_id, 'Somebody') if each.link_id else 'The recording'} "
            f"{TROUBLES.get(each.kind, TROUBLES[Trouble.OTHER])}",
            each.reported_at,
        )
        for each in live.open_problems(session, hearing_id)
    )


def _attendance(
    link: Link, media: LinkMedia | None, *, directed: bool, here: bool, own: bool, private: bool
) -> Attendance:
    connected = bool(media and media.connected)
    consulting = consultation_of(link.place) is not None
    quality = quality_words(media.quality) if media and connected and not consulting else ""
    return Attendance(
        link=link,
        part=PARTS[link.part],
        directed=directed,
        here=here,
        connected=connected,
        says=_private(connected=connected)
        if consulting
        else _says(link.admission, quality, here=here, connected=connected),
        kit=_kit(link.kit_check),
        acts=_acts(link, directed=directed, own=own, private=private),
        place=place_words(link),
    )


def place_words(link: Link) -> str:
    """Where somebody is, as those who run the hearing read it."""
    if consultation_of(link.place) is not None:
        return "In private consultation"
    if link.place == LOBBY:
        return "In the lobby" if link.admission is Admission.WAITING else ""
    if link.part in WITNESSES and link.called_at is None:
        return "Waiting to be called"
    return "Released" if link.part in WITNESSES and link.released_at is not None else "In the hearing"


def _private(*, connected: bool) -> str:
    return "In private consultation" if connected else "In private consultation, not connected"


def _acts(link: Link, *, directed: bool, own: bool, private: bool) -> tuple[str, ...]:
    if own:  # who runs the hearing leaves it; nobody removes themselves
        return ()
    consulting = consultation_of(link.place) is not None
    known = link.identified_at is not None and link.left_at is None
    to_private = (
        ("recall",) if consulting else ("consult",) if private and known and link.part in CONSULTS else ()
    )
    match link.admission:
        case Admission.WAITING if not known:
            return ("identify", "refuse")
        case Admission.WAITING:
            return (*(("admit",) if directed else ()), "refuse", *to_private)
        case Admission.ADMITTED if link.moderates:
            return ("remove",)
        case Admission.ADMITTED:
            granted = () if consulting else (*_calling(link), *_granting(link))
            return (*granted, *to_private, "send-back", "remove")
    return ()


def _calling(link: Link) -> tuple[str, ...]:
    if link.part not in WITNESSES:
        return ()
    return ("release",) if takes_part(link) else ("call",)


def _granting(link: Link) -> tuple[str, ...]:
    if link.part is Part.OBSERVER:
        return ()
    held = grants(link)
    return (
        "mute" if Grant.MICROPHONE in held else "unmute",
        "stop-video" if Grant.CAMERA in held else "allow-video",
        "stop-screen" if Grant.SCREEN in held else "allow-screen",
    )


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
    said = f"Kit tried: {_first_lower(result(check).title)}"
    if check.get("from_vehicle"):
        said += ". In a vehicle: declared parked, not driving, not overheard"
    return said


def _first_lower(text: str) -> str:
    return text[:1].lower() + text[1:]
