"""Who stands where in a hearing at one moment, and what stands between them: all that the broker decides on.

Time decides some of it: a consultation whose end has come is over for every reader at that moment, before
the tick that writes it down as after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from court_link.domain.direction import Medium
from court_link.domain.hearing import HearingState
from court_link.domain.link import Link
from court_link.domain.roles import Part
from court_link.domain.rooms import consultation, consultation_of, may_be_together, over, returned, takes_part


@dataclass(frozen=True, slots=True)
class Consultation:
    """A private room. `closes_at` is when a recall takes effect."""

    id: UUID
    hearing_id: UUID
    opened_at: datetime
    closes_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def place(self) -> str:
        return consultation(self.id)


@dataclass(frozen=True, slots=True)
class Screen:
    """A special measure: the receiver does not see, or does not hear, the source, in any room."""

    source: UUID
    receiver: UUID
    picture: bool = True
    sound: bool = False
    ordered_by: str = ""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A document, or the live screen of a link (no `media_type`), offered or shown. Not its content."""

    id: UUID
    hearing_id: UUID
    source: UUID
    title: str
    media_type: str
    permitted: bool
    shown_to: frozenset[UUID]
    withdrawn: bool
    made_at: datetime
    version: int

    @property
    def live(self) -> bool:
        """Whether it is the source's screen as it is now, and no document."""
        return not self.media_type

    @property
    def shown(self) -> bool:
        return self.permitted and not self.withdrawn and bool(self.shown_to)


@dataclass(frozen=True, slots=True)
class Recording:
    """The recording that runs."""

    id: UUID
    power: str
    ordered_by: str
    started_at: datetime
    stalled: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A hearing at one moment. `links` are where they are at that moment and none of them is revoked.

    `ties` say for whom each link is in the hearing; `agreed` are the (advocate, client) who may be with
    co-defendants; `consultations` those that stand, and `private` whether there may be any; `exhibits` those
    not withdrawn.
    """

    hearing_id: UUID
    version: int
    state: HearingState
    links: tuple[Link, ...] = ()
    directions: Mapping[UUID, Medium] = field(default_factory=dict)
    ties: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)
    agreed: frozenset[tuple[UUID, UUID]] = frozenset()
    screens: tuple[Screen, ...] = ()
    consultations: tuple[Consultation, ...] = ()
    private: bool = False
    exhibits: tuple[Exhibit, ...] = ()
    recording: Recording | None = None

    def link(self, link_id: UUID) -> Link | None:
        """The link of this id, when it is of this hearing and not revoked."""
        return next((link for link in self.links if link.id == link_id), None)

    def of(self, link: Link) -> Consultation | None:
        """The consultation that a link is in."""
        found = consultation_of(link.place)
        return next((each for each in self.consultations if each.id == found), None)

    def inside(self, place: str) -> tuple[Link, ...]:
        """Who is in one place."""
        return tuple(link for link in self.links if link.place == place)

    @property
    def acts_for(self) -> Mapping[UUID, frozenset[UUID]]:
        """The clients of each advocate."""
        return acts_for(self.links, self.ties)

    @property
    def sharing(self) -> Exhibit | None:
        """The live screen that is shared in the hearing room now, by somebody who still has a link."""
        shared = (each for each in self.exhibits if each.live and each.permitted)
        return next((each for each in shared if self.link(each.source)), None)


def tied(links: Sequence[Link], said: Mapping[UUID, frozenset[UUID]]) -> Mapping[UUID, frozenset[UUID]]:
    """Who is in the hearing for whom: as the court said, and where it said nothing, for the one defendant.

    With several defendants nobody is taken to be for any of them.
    """
    known = {link.id for link in links}
    ties = {link_id: served & known for link_id, served in said.items() if link_id in known}
    clients = [link.id for link in links if link.part is Part.DEFENDANT]
    if len(clients) == 1:
        for link in links:
            if link.part in {Part.ADVOCATE, Part.INTERPRETER}:
                ties.setdefault(link.id, frozenset(clients))
    return ties


def acts_for(links: Sequence[Link], ties: Mapping[UUID, frozenset[UUID]]) -> Mapping[UUID, frozenset[UUID]]:
    """The clients of each advocate."""
    advocates = {link.id for link in links if link.part is Part.ADVOCATE}
    clients = {link.id for link in links if link.part is Part.DEFENDANT}
    return {link_id: served & clients for link_id, served in ties.items() if link_id in advocates}


def standing_ones(
    consultations: Sequence[Consultation],
    links: Sequence[Link],
    now: datetime,
    *,
    private: bool,
    acting: Mapping[UUID, frozenset[UUID]],
    agreed: frozenset[tuple[UUID, UUID]],
) -> tuple[Consultation, ...]:
    """The consultations that stand at `now`; `private` is whether the hearing has any at all.

    One of co-defendants stands while each has an advocate (`acting`, with their clients) and all of these
    have `agreed`.
    """
    inside = {each: [link for link in links if link.place == each.place] for each in consultations}
    return tuple(
        each
        for each in consultations
        if private
        and each.closed_at is None
        and (each.closes_at is None or now < each.closes_at)
        and not over(inside[each])
        and may_be_together({link.id for link in inside[each] if link.part is Part.DEFENDANT}, acting, agreed)
    )


def where_they_are(
    links: Sequence[Link], consultations: Sequence[Consultation], now: datetime
) -> tuple[Link, ...]:
    """The links as they are while only these consultations stand: who was in another is back."""
    places = {each.place for each in consultations}
    return tuple(
        returned(link, now) if consultation_of(link.place) and link.place not in places else link
        for link in links
    )


def shown_to(exhibit: Exhibit, link: Link) -> bool:
    """Whether an exhibit is shown to a link now: it is one of those chosen, and takes part in the hearing."""
    return exhibit.shown and link.id in exhibit.shown_to and link.in_hearing and takes_part(link)
