"""What a participant's page is told: the whole of what it may know, whenever that changes.

There are no increments to lose: a page that comes back is told everything again, and a slow one merely
skips what it was too late for. `docs/protocol.md` describes every message. Who waits in the lobby is told
nothing of who is inside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from court_link.domain import wording
from court_link.domain.context import Context
from court_link.domain.direction import Medium
from court_link.domain.errors import NotFound
from court_link.domain.hearing import HearingState, outcomes
from court_link.domain.link import JOIN_BEFORE, Admission, Link, lobby_is_open
from court_link.domain.roles import Part
from court_link.media.arrangement import arrange
from court_link.media.engine import DesiredLink
from court_link.media.kit import Trouble
from court_link.media.presence import quality_words
from court_link.store import Session, hearings, links, live
from court_link.store.tables import Hearing, LinkMedia, Problem, Resource

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

#: The stage of a hearing as its participants read it.
STAGES: Mapping[HearingState, str] = {
    HearingState.LISTED: "This hearing has no booked time yet",
    HearingState.BOOKED: "The hearing has not started",
    HearingState.LOBBY_OPEN: "The lobby is open. The hearing has not started",
    HearingState.IN_SESSION: "The hearing is in session",
    HearingState.PAUSED: "The hearing is paused. Nobody can hear or see anyone",
    HearingState.ENDED: "The hearing has ended",
    HearingState.VACATED: "This hearing has been taken out of the list",
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
class View:
    """One page's whole state message, and the hearing that it is of."""

    message: Mapping[str, Any]
    hearing_id: UUID


def view(session: Session, ctx: Context, link_id: UUID, *, reachable: bool) -> View:
    """What the page of this link may know now. Raises NotFound when the link is no way in any more."""
    me = links.get(session, ctx, link_id)
    if me.revoked or ctx.actor.link_id != me.id:
        raise NotFound
    hearing = hearings.visible(session, ctx, me.hearing_id)
    people = links.of_hearing(session, ctx, hearing.id)
    directions = links.directed(session, hearing.id)
    row = live.room(session, hearing.id)
    room = arrange(hearing.id, row.version, hearing.state, people, directions)
    mine = next((link for link in room.links if link.link == str(me.id)), None)
    inside = mine is not None
    known = live.media(session, [link.id for link in people])
    message: dict[str, Any] = {
        "type": "state",
        "hearing": _hearing(session, hearing),
        "you": _you(session, ctx, hearing, me, inside=inside),
        "media": {
            "ready": reachable,
            "epoch": row.epoch,
            "negotiate": inside,
            "send": sorted(mine.publish) if mine else [],
            "receive": bool(mine and mine.receive),
        },
        "seats": _seats(mine, people, known) if mine else [],
    }
    if inside and me.moderates:
        here = live.at_device(session, [link.id for link in people])
        message["people"] = [
            _person(link, directions, known.get(link.id), here=link.id in here) for link in people
        ]
        by_id = {link.id: link for link in people}
        message["outcomes"] = outcomes(hearing.hearing_type)
        message["problems"] = [_problem(each, by_id) for each in live.open_problems(session, hearing.id)]
    return View(message, hearing.id)


def introduction(session: Session, ctx: Context) -> Mapping[str, Any]:
    """What a page shows before its participant asks to be let in: which hearing this is, and as whom."""
    if ctx.actor.link_id is None:
        raise NotFound
    me = links.get(session, ctx, ctx.actor.link_id)
    hearing = hearings.visible(session, ctx, me.hearing_id)
    return {
        "hearing": _hearing(session, hearing),
        "you": _you(session, ctx, hearing, me, inside=False),
    }


def _hearing(session: Session, hearing: Hearing) -> dict[str, Any]:
    slot = live.slot(session, hearing)
    room = session.get(Resource, hearing.listed_room_id) if hearing.listed_room_id else None
    return {
        "id": str(hearing.id),
        "title": hearing.title,
        "type": hearing.hearing_type,
        "reference": hearing.reference,
        "state": hearing.state.value,
        "words": STAGES[hearing.state],
        "time": wording.span(slot),
        "day": wording.short_day(slot.start),
        "room": room.name if room else hearing.listed_room,
    }


def _you(session: Session, ctx: Context, hearing: Hearing, me: Link, *, inside: bool) -> dict[str, Any]:
    slot = live.slot(session, hearing)
    return {
        "link": str(me.id),
        "label": me.label,
        "part": me.part.value,
        "part_words": PARTS[me.part],
        "admission": me.admission.value,
        "identified": me.identified_at is not None,
        "inside": inside,
        "moderates": inside and me.moderates,
        "lobby_open": lobby_is_open(hearing.state, slot, ctx.now),
        "lobby_opens": wording.moment(slot.start - JOIN_BEFORE),
    }


def _seats(
    mine: DesiredLink, people: Sequence[Link], known: Mapping[UUID, LinkMedia]
) -> list[dict[str, Any] | None]:
    by_id = {str(link.id): link for link in people}
    sitting = [by_id[seat.source] if seat.source else None for seat in mine.seats]
    return [_seat(link, known.get(link.id)) if link else None for link in sitting]


def _seat(link: Link, media: LinkMedia | None) -> dict[str, Any]:
    return {
        "link": str(link.id),
        "label": link.label,
        "part": link.part.value,
        "part_words": PARTS[link.part],
        "connected": bool(media and media.connected),
        "quality": quality_words(media.quality) if media and media.connected else "",
    }


def _person(
    link: Link, directions: Mapping[UUID, Medium], media: LinkMedia | None, *, here: bool
) -> dict[str, Any]:
    """One of all who are expected, as those who run the hearing see them."""
    return {
        **_seat(link, media),
        "admission": link.admission.value,
        "identified": link.identified_at is not None,
        "directed": not link.remote or link.id in directions,
        "moderates": link.moderates,
        "here": here and link.left_at is None,
        "says": _says(link, media, here=here and link.left_at is None),
        "kit": _kit(link.kit_check),
    }


def _says(link: Link, media: LinkMedia | None, *, here: bool) -> str:
    """Where this person is, in words."""
    match link.admission:
        case Admission.EXPECTED:
            return "Not here yet"
        case Admission.WAITING:
            return "Waiting in the lobby" if here else "Was in the lobby, not at their device now"
        case Admission.ADMITTED:
            if media is not None and media.connected:
                return quality_words(media.quality) or "Connected"
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
        said += ". In a vehicle: declared stationary, not driving, not overheard"
    return said


def _problem(problem: Problem, by_id: Mapping[UUID, Link]) -> dict[str, Any]:
    who = by_id.get(problem.link_id) if problem.link_id else None
    return {
        "id": str(problem.id),
        "words": f"{who.label if who else 'Somebody'} {TROUBLES.get(problem.kind, TROUBLES[Trouble.OTHER])}",
        "time": wording.clock(problem.reported_at),
    }
