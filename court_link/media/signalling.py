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
from court_link.domain.errors import NotFound
from court_link.domain.hearing import HearingState, outcomes
from court_link.domain.link import JOIN_BEFORE, Link, lobby_is_open
from court_link.domain.roles import Part
from court_link.domain.rooms import WITNESSES, consultation_of, grants, takes_part
from court_link.domain.standing import Consultation, Exhibit, Standing
from court_link.media import attendance, consulting, exhibits, words
from court_link.media.arrangement import arrange
from court_link.media.attendance import PARTS, Attendance, OpenProblem
from court_link.media.engine import DesiredLink
from court_link.media.presence import quality_words
from court_link.store import Session, hearings, links, live, rooms
from court_link.store.tables import Hearing, LinkMedia

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


@dataclass(frozen=True, slots=True)
class View:
    """One page's whole state message, and the hearing that it is of."""

    message: Mapping[str, Any]
    hearing_id: UUID


def view(session: Session, ctx: Context, link_id: UUID, *, reachable: bool) -> View:
    """What the page of this link may know now. Raises NotFound when the link is no way in any more."""
    hearing = hearings.visible(session, ctx, links.get(session, ctx, link_id).hearing_id)
    standing = rooms.standing(session, ctx, hearing)
    me = standing.link(link_id)
    if me is None or ctx.actor.link_id != me.id:
        raise NotFound
    row = live.room(session, hearing.id)
    mine = next((link for link in arrange(standing).links if link.link == str(me.id)), None)
    known = live.media(session, [link.id for link in standing.links])
    message: dict[str, Any] = {
        "type": "state",
        "hearing": _hearing(session, hearing),
        "you": _you(session, ctx, hearing, me, inside=mine is not None)
        | _told(standing, me, known, inside=mine is not None),
        "media": {
            "ready": reachable,
            "epoch": row.epoch,
            "negotiate": mine is not None,
            "send": sorted(mine.publish) if mine else [],
            "receive": bool(mine and mine.receive),
        },
        "seats": _seats(mine, standing.links, known) if mine else [],
        "consultation": _own_consultation(standing, me),
        "screen": _screen(standing, mine),
        "exhibits": [_exhibit(standing, each) for each in exhibits.seen_by(standing, me)],
        "recording": _recording(standing),
    }
    if mine is not None and me.moderates:
        message["people"] = [_person(one) for one in attendance.of_standing(session, ctx, standing)]
        message["problems"] = [_problem(one) for one in attendance.problems(session, ctx, hearing.id)]
        message["outcomes"] = outcomes(hearing.hearing_type)
        message["consultations"] = [_consultation(standing, each) for each in standing.consultations]
    return View(message, hearing.id)


def introduction(session: Session, ctx: Context) -> Mapping[str, Any]:
    """What a page shows before its participant asks to be let in: which hearing, as whom, and when."""
    if ctx.actor.link_id is None:
        raise NotFound
    me = links.get(session, ctx, ctx.actor.link_id)
    hearing = hearings.visible(session, ctx, me.hearing_id)
    return {
        "hearing": _hearing(session, hearing),
        "you": _you(session, ctx, hearing, me, inside=False),
        "now": ctx.now.isoformat(),  # so that a page can count down by the court's clock
    }


def _hearing(session: Session, hearing: Hearing) -> dict[str, Any]:
    slot = live.slot(session, hearing)
    return {
        "id": str(hearing.id),
        "title": hearing.title,
        "type": hearing.hearing_type,
        "reference": hearing.reference,
        "state": hearing.state.value,
        "words": STAGES[hearing.state],
        "time": wording.span(slot),
        "day": wording.short_day(slot.start),
        "room": live.courtroom(session, hearing),
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


def _told(standing: Standing, me: Link, known: Mapping[UUID, LinkMedia], *, inside: bool) -> dict[str, Any]:
    """Where this participant is, what they may do there, and whom they may speak to in private."""
    court_here = any(link.moderates and _connected(known.get(link.id)) for link in standing.links)
    clients = consulting.callable_by(standing, me) if me.part is Part.ADVOCATE else ()
    served = standing.ties.get(me.id, frozenset())
    return {
        "place": "consultation" if consultation_of(me.place) else me.place,
        "move": me.moves,
        "settled": me.settled == me.moves,
        "grants": sorted(grants(me)),
        "withdrawn": list(words.withdrawn(me)),
        "called": takes_part(me) if me.part in WITNESSES else None,
        "words": words.where_you_are(standing, me, inside=inside, court_here=court_here),
        "consult": {"may": [_named(link) for link in clients]},
        "agreements": _agreements(standing, me, served),
        "whisper": _whisper(standing, me, served) if inside and me.part is Part.INTERPRETER else None,
        "sharing": standing.sharing is not None and standing.sharing.source == me.id,
    }


def _agreements(standing: Standing, me: Link, served: frozenset[UUID]) -> list[dict[str, Any]]:
    """The clients for whom an advocate says whether they may be in one room with co-defendants."""
    clients = [link for link in standing.links if link.part is Part.DEFENDANT]
    if me.part is not Part.ADVOCATE or len(clients) < 2:
        return []
    return [
        {"client": str(link.id), "label": link.label, "agrees": (me.id, link.id) in standing.agreed}
        for link in clients
        if link.id in served
    ]


def _whisper(standing: Standing, me: Link, served: frozenset[UUID]) -> dict[str, Any]:
    """Those to whom an interpreter may speak alone, and to whom they do."""
    near = [link for link in standing.links if link.id in served and link.place == me.place]
    return {"may": [_named(link) for link in near], "to": str(me.whisper_to) if me.whisper_to else None}


def _own_consultation(standing: Standing, me: Link) -> dict[str, Any] | None:
    """The consultation that this participant is in; of any other they are told nothing."""
    room = standing.of(me)
    if room is None:
        return None
    others = [link for link in standing.inside(room.place) if link.id != me.id]
    return {
        "id": str(room.id),
        "with": [_named(link) | {"part_words": PARTS[link.part]} for link in others],
        "closes_at": room.closes_at.isoformat() if room.closes_at else None,
        "closes_words": words.closing(room),
        "recalled": room.closes_at is not None,
    }


def _consultation(standing: Standing, room: Consultation) -> dict[str, Any]:
    """A consultation as those who run the hearing see it: who is in it, since when, and until when."""
    return {
        "id": str(room.id),
        "people": [link.label for link in standing.inside(room.place)],
        "since": room.opened_at.isoformat(),
        "closes_at": room.closes_at.isoformat() if room.closes_at else None,
    }


def _screen(standing: Standing, mine: DesiredLink | None) -> dict[str, str] | None:
    source = standing.link(UUID(mine.screen)) if mine and mine.screen else None
    return _named(source) if source else None


def _exhibit(standing: Standing, exhibit: Exhibit) -> dict[str, Any]:
    source = standing.link(exhibit.source)
    return {
        "id": str(exhibit.id),
        "title": exhibit.title,
        "url": "" if exhibit.live else f"/api/exhibits/{exhibit.id}/content",
        "media_type": exhibit.media_type,
        "source": str(exhibit.source),
        "source_label": source.label if source else "",
        "live": exhibit.live,
        "shown": exhibit.shown,
        "shown_to": sorted(map(str, exhibit.shown_to)),
    }


def _recording(standing: Standing) -> dict[str, Any] | None:
    """That the hearing is recorded, under which power and by whose order: everybody is told."""
    recording = standing.recording
    if recording is None:
        return None
    return {
        "since": recording.started_at.isoformat(),
        "power": recording.power,
        "ordered_by": recording.ordered_by,
        "stalled": recording.stalled,
    }


def _seats(
    mine: DesiredLink, people: Sequence[Link], known: Mapping[UUID, LinkMedia]
) -> list[dict[str, Any] | None]:
    by_id = {str(link.id): link for link in people}
    sitting = [by_id[seat.source] if seat.source else None for seat in mine.seats]
    return [_seat(link, known.get(link.id)) if link else None for link in sitting]


def _seat(link: Link, media: LinkMedia | None) -> dict[str, Any]:
    return _named(link) | {
        "part": link.part.value,
        "part_words": PARTS[link.part],
        "connected": _connected(media),
        "quality": quality_words(media.quality) if media and media.connected else "",
    }


def _named(link: Link) -> dict[str, str]:
    return {"link": str(link.id), "label": link.label}


def _connected(media: LinkMedia | None) -> bool:
    return bool(media and media.connected)


def _person(one: Attendance) -> dict[str, Any]:
    """One of all who are expected, as those who run the hearing see them."""
    consultation = consultation_of(one.link.place)
    return _named(one.link) | {
        "part": one.link.part.value,
        "part_words": one.part,
        "admission": one.link.admission.value,
        "identified": one.link.identified_at is not None,
        "directed": one.directed,
        "moderates": one.link.moderates,
        "here": one.here,
        "says": one.says,
        "kit": one.kit,
        "place": "consultation" if consultation else one.link.place,
        "place_words": one.place,
        "consultation": str(consultation) if consultation else None,
        "grants": sorted(grants(one.link)),
        "acts": list(one.acts),
    }


def _problem(problem: OpenProblem) -> dict[str, Any]:
    return {"id": str(problem.id), "words": problem.says, "time": wording.clock(problem.reported_at)}
