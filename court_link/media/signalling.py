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
from court_link.media import attendance
from court_link.media.arrangement import arrange
from court_link.media.attendance import PARTS, Attendance, OpenProblem
from court_link.media.engine import DesiredLink
from court_link.media.presence import quality_words
from court_link.store import Session, hearings, links, live
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
        message["people"] = [_person(one) for one in attendance.of_hearing(session, ctx, hearing.id)]
        message["problems"] = [_problem(one) for one in attendance.problems(session, ctx, hearing.id)]
        message["outcomes"] = outcomes(hearing.hearing_type)
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


def _person(one: Attendance) -> dict[str, Any]:
    """One of all who are expected, as those who run the hearing see them."""
    return {
        "link": str(one.link.id),
        "label": one.link.label,
        "part": one.link.part.value,
        "part_words": one.part,
        "admission": one.link.admission.value,
        "identified": one.link.identified_at is not None,
        "directed": one.directed,
        "moderates": one.link.moderates,
        "here": one.here,
        "says": one.says,
        "kit": one.kit,
        "acts": list(one.acts),
    }


def _problem(problem: OpenProblem) -> dict[str, Any]:
    return {"id": str(problem.id), "words": problem.says, "time": wording.clock(problem.reported_at)}
