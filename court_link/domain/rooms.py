"""Who may be in which room of a hearing, and what each may send: the tables that broker and pages read.

A hearing has its lobby (no media at all), its hearing room, and any number of private consultations. The
bench and court staff may send people into a consultation and never enter one; officers, witnesses and
observers never enter one either; co-defendants are kept apart unless all their advocates agree; a witness
receives nothing of the hearing until called. Source: practice rules 8, 9 and 11 of this service.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from court_link.domain.errors import Conflict, Forbidden
from court_link.domain.hearing import HearingState
from court_link.domain.link import HEARING, LOBBY, Admission, Link, lobby_is_open, way_is_over
from court_link.domain.roles import MODERATORS, Part
from court_link.domain.times import Interval

CONSULTATION = "consultation:"
#: From the warning until a recalled consultation ends; a court may set another.
RECALL_AFTER = timedelta(minutes=2)
#: A device that cannot say that it has stopped sending (a car's encoder) is taken to have after this long.
SETTLES_WITHIN = timedelta(seconds=3)

#: Who may ever be in a private consultation.
CONSULTS = frozenset(
    {
        Part.DEFENDANT,
        Part.ADVOCATE,
        Part.INTERPRETER,
        Part.APPROPRIATE_ADULT,
        Part.PROBATION,
        Part.YOUTH_OFFENDING_TEAM,
    }
)
#: Whose going ends a consultation, when none of them is left in it.
ADVISERS = frozenset({Part.ADVOCATE, Part.PROBATION, Part.YOUTH_OFFENDING_TEAM})
#: Who gives evidence, and so receives and sends nothing until called.
WITNESSES = frozenset({Part.WITNESS, Part.OFFICER})


class Grant(StrEnum):
    """One thing that a link may do in the room where it is."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    SCREEN = "screen"
    RECEIVE = "receive"
    TEXT = "text"


_EVERYBODY = frozenset({Grant.CAMERA, Grant.MICROPHONE, Grant.RECEIVE, Grant.TEXT})

#: What each part may do until the court says otherwise.
GRANTS: Mapping[Part, frozenset[Grant]] = {
    **dict.fromkeys(Part, _EVERYBODY),
    **dict.fromkeys(MODERATORS, frozenset(Grant)),
    Part.OBSERVER: frozenset({Grant.RECEIVE}),
}


class NeverInConsultation(Forbidden):
    """This person cannot be in a private consultation."""


class NotTheirClient(Forbidden):
    """You can only consult in private with a person you act for. Ask the court to say who you act for."""


class KeptApart(Conflict):
    """Co-defendants are kept apart unless the advocates of each of them agree."""


class NotTheirInterpreter(Conflict):
    """This interpreter is here for somebody who is not in this consultation."""


class NobodyToConsult(Conflict):
    """A consultation needs an advocate, or somebody of probation or youth offending, and their client."""


def consultation(id_: UUID) -> str:
    """The place of a consultation."""
    return f"{CONSULTATION}{id_}"


def consultation_of(place: str) -> UUID | None:
    """The consultation that a place is, or None for lobby and hearing."""
    return UUID(place.removeprefix(CONSULTATION)) if place.startswith(CONSULTATION) else None


def in_room(link: Link) -> bool:
    """Whether a link may own media objects: it is in the hearing, or in a consultation."""
    if link.revoked or link.place == LOBBY:
        return False
    return link.admission is Admission.ADMITTED if link.place == HEARING else link.part in CONSULTS


def grants(link: Link) -> frozenset[Grant]:
    """What a link may do where it is, uncalled witnesses apart. An observer never sends.

    What the court takes from somebody it takes from them in the hearing: it has no say in a consultation.
    """
    if link.grants is None or consultation_of(link.place) is not None:
        return GRANTS[link.part]
    held = frozenset(map(Grant, link.grants))
    return held & GRANTS[Part.OBSERVER] if link.part is Part.OBSERVER else held


def takes_part(link: Link) -> bool:
    """Whether a link in the hearing room hears and is heard: a witness only from the call to the release."""
    return link.part not in WITNESSES or (link.called_at is not None and link.released_at is None)


def with_pairs(
    going: Collection[UUID], links: Sequence[Link], ties: Mapping[UUID, frozenset[UUID]]
) -> frozenset[UUID]:
    """Those who go, and the interpreters of any of them: a pair moves together."""
    interpreters = {
        link.id
        for link in links
        if link.part is Part.INTERPRETER and ties.get(link.id, frozenset()) & frozenset(going)
    }
    return frozenset(going) | interpreters


def check_consultation(
    by: Link | None,
    going: Collection[Link],
    inside: Sequence[Link],
    acts_for: Mapping[UUID, frozenset[UUID]],
    agreed: Collection[tuple[UUID, UUID]],
) -> None:
    """Whether those `going` may join, so that these are `inside`; `by` is the advocate, None for the court.

    `acts_for` are the clients of each advocate of the hearing; `agreed` are the (advocate, client) whose
    advocate agrees to co-defendants in one room. An advocate takes their own clients alone, and no other
    advocate. Raises NeverInConsultation, NotTheirClient, KeptApart, NobodyToConsult.
    """
    if any(link.part not in CONSULTS for link in inside):
        raise NeverInConsultation
    clients = {link.id for link in inside if link.part is Part.DEFENDANT}
    if by is not None:
        theirs = acts_for.get(by.id, frozenset())
        brought = {link.id for link in going if link.part is Part.DEFENDANT}
        others = any(link.part is Part.ADVOCATE and link.id != by.id for link in going)
        if by.part is not Part.ADVOCATE or not brought <= theirs or not clients & theirs or others:
            raise NotTheirClient
    if not may_be_together(clients, acts_for, agreed):
        raise KeptApart
    if over(inside):
        raise NobodyToConsult


def check_interpreters(inside: Collection[Link], ties: Mapping[UUID, frozenset[UUID]]) -> None:
    """An interpreter is with those whom they interpret for. Raises NotTheirInterpreter."""
    here = {link.id for link in inside}
    for link in inside:
        served = ties.get(link.id)
        if link.part is Part.INTERPRETER and served is not None and not served & here:
            raise NotTheirInterpreter


def may_be_together(
    clients: Collection[UUID],
    acts_for: Mapping[UUID, frozenset[UUID]],
    agreed: Collection[tuple[UUID, UUID]],
) -> bool:
    """Whether these defendants may be in one private room: one alone, or every advocate of each agrees."""
    if len(clients) < 2:
        return True
    acting = {(advocate, client) for advocate, held in acts_for.items() for client in held & set(clients)}
    return acting <= set(agreed) and {client for _, client in acting} == set(clients)


def over(inside: Sequence[Link]) -> bool:
    """Whether a consultation has come to its end: no client is left, or nobody who would advise them."""
    return not {link.part for link in inside} & ADVISERS or all(
        link.part is not Part.DEFENDANT for link in inside
    )


def ends_without(leaver: Link, inside: Sequence[Link]) -> bool:
    """Whether a consultation ends when this link has left it and these stay: the last advocate ends it."""
    advocates = any(link.part is Part.ADVOCATE for link in inside)
    return over(inside) or (leaver.part is Part.ADVOCATE and not advocates)


def moved(link: Link, place: str, now: datetime) -> Link:
    """The link after a move. From the lobby there is nothing to stop, unless an earlier move is unsettled."""
    moves = link.moves + 1
    at_rest = link.place == LOBBY and link.settled == link.moves
    return replace(
        link,
        place=place,
        moves=moves,
        settled=moves if at_rest else link.settled,
        moved_at=now,
        whisper_to=None,
        version=link.version + 1,
    )


def returned(link: Link, now: datetime) -> Link:
    """The link after the end of its consultation: in the hearing if it came from it and is still let in."""
    stays = link.back_to == HEARING and link.admission is Admission.ADMITTED
    return replace(moved(link, HEARING if stays else LOBBY, now), back_to=LOBBY)


def may_be_private(state: HearingState, slot: Interval, ended_at: datetime | None, now: datetime) -> bool:
    """Whether a hearing has consultations now: while its lobby is open, and after it while links lead in."""
    after = state is HearingState.ENDED and not way_is_over(state, slot, ended_at, now)
    return after or lobby_is_open(state, slot, now)
