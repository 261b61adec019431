"""What of a hearing its reader sees: the one rule, for pages and API alike.

Its own court sees everything. Any other organisation concerned sees the hearing's facts (title, times,
courtroom, stage, the defendants) and, of who takes part, its own alone: its rooms and people, their links and
their directions. What was represented about somebody, the case references and the history are the court's.
Data protection law lets each have no more than their part needs (UK GDPR art. 5(1)(c)); what that is, is our
assumption.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from court_link.domain.context import Actor
from court_link.domain.direction import Direction
from court_link.domain.link import Link
from court_link.domain.requirements import Needs, Place
from court_link.domain.roles import Part


@dataclass(frozen=True, slots=True)
class Sight:
    """What `actor` sees of a hearing of this court. That they may see it at all has been asked before."""

    actor: Actor
    court_id: UUID

    @property
    def whole(self) -> bool:
        """Whether nothing is withheld: they are of the hearing's own court."""
        return self._is_own(self.court_id)

    def links(self, every: Iterable[Link]) -> tuple[Link, ...]:
        """Those of these links that they see."""
        return tuple(link for link in every if self.whole or self._is_own(link.organisation_id))

    def directions(self, every: Iterable[Direction], links: Iterable[Link]) -> tuple[Direction, ...]:
        """Those of these directions that they see; `links` are the hearing's."""
        if self.whole:
            return tuple(every)
        own = {link.id for link in self.links(links)}
        return tuple(replace(each, representations="") for each in every if each.link_id in own)

    def needs(self, needs: Needs, places: Mapping[UUID, Place]) -> Needs:
        """What they see of what is booked; `places` are at least those that it needs, by id."""
        if self.whole:
            return needs

        def own(resource_id: UUID) -> bool:
            return self._is_own(places[resource_id].organisation_id)

        custody = tuple(need for need in needs.custody if own(need.room_id))
        attending = tuple(filter(own, needs.attending))
        return replace(
            needs,
            custody=custody,
            attending=attending,
            travel=tuple(each for each in needs.travel if each.person_id in attending),
            interpreting=tuple(each for each in needs.interpreting if each.person_id in attending),
            others=0,
            parts=(),
        )

    def sees_party(self, role: str) -> bool:
        """Whether they see a party of this role, as the list writes it."""
        return self.whole or role.casefold() == Part.DEFENDANT

    def _is_own(self, organisation_id: UUID | None) -> bool:
        return self.actor.everywhere or organisation_id in self.actor.scope
