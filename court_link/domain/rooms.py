"""Who may be in which room of a hearing, and what each may send: the tables that broker and pages read.

A hearing has its lobby (no media at all), its hearing room, and any number of private consultations. The
bench and court staff may send people into a consultation and never enter one; officers, witnesses and
observers never enter one either; co-defendants are kept apart unless all their advocates agree; a witness
receives nothing of the hearing until called. Source: practice rules 8, 9 and 11 of this service.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from court_link.domain.errors import Conflict, Forbidden
from court_link.domain.link import HEARING, LOBBY, Admission, Link
from court_link.domain.roles import MODERATORS, Part

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
    """What a link may do where it is, uncalled witnesses apart. An observer never sends."""
    if link.grants is None:
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
    inside: Sequence[Link],
    acts_for: Mapping[UUID, frozenset[UUID]],
    agreed: Collection[tuple[UUID, UUID]],
) -> None:
    """Whether these people may be in one private room; `by` is the advocate who asks, None for the court.

    `acts_for` are the clients of each advocate of the hearing; `agreed` are the (advocate, client) whose
    advocate agrees to co-defendants in one room. Raises NeverInConsultation, NotTheirClient, KeptApart,
    NobodyToConsult.
    """
    for link in inside:
        if link.part not in CONSULTS:
            raise NeverInConsultation
    clients = {link.id for link in inside if link.part is Part.DEFENDANT}
    if by is not None and (by.part is not Part.ADVOCATE or not clients <= acts_for.get(by.id, frozenset())):
        raise NotTheirClient
    if len(clients) > 1:
        theirs = {(advocate, client) for advocate, held in acts_for.items() for client in held & clients}
        if not theirs <= set(agreed) or {client for _, client in theirs} != clients:
            raise KeptApart
    if not clients or len(inside) < 2:
        raise NobodyToConsult


def over(inside: Sequence[Link]) -> bool:
    """Whether a consultation has come to its end: nobody is left for whom the others would stay."""
    return not any(link.part in CONSULTS - {Part.DEFENDANT, Part.INTERPRETER} for link in inside)
