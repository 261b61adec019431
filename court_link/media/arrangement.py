"""Who is in a room and who sits in whose seats: from the links to the engine's desired state, purely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from court_link.domain.direction import Medium
from court_link.domain.hearing import LIVE, HearingState
from court_link.domain.link import Link
from court_link.domain.roles import PUBLISHERS, Part
from court_link.media.engine import DesiredLink, DesiredRoom, Kind, Seat

#: Seats of every participant's page: receive-only lines of its one offer.
SEATS = 8
_ORDER = tuple(Part)
_BOTH = frozenset({Kind.AUDIO, Kind.VIDEO})


def arrange(
    hearing_id: UUID,
    version: int,
    state: HearingState,
    links: Sequence[Link],
    directions: Mapping[UUID, Medium],
) -> DesiredRoom:
    """The room that the engine should hold.

    A link stands in it only while the hearing is live, the link is admitted to it, and a remote one has a
    direction in force; whoever waits is not there at all. Until the hearing starts, and while it is paused,
    those admitted keep their transport, send nothing on and receive nothing.
    """
    people = seated(links, directions) if state in LIVE else ()
    in_session = state is HearingState.IN_SESSION
    return DesiredRoom(
        str(hearing_id),
        version,
        tuple(
            DesiredLink(
                str(link.id),
                link.place,
                publish=_sends(link, directions) if in_session else frozenset(),
                receive=in_session,
                seats=tuple(
                    Seat(index, str(other) if other is not None else None)
                    for index, other in enumerate(seats(link, links, people))
                ),
            )
            for link in people
        ),
    )


def seated(links: Sequence[Link], directions: Mapping[UUID, Medium]) -> tuple[Link, ...]:
    """Those who are in the hearing, by part and then by age of the link."""
    return tuple(
        sorted(
            (link for link in links if link.in_hearing and (not link.remote or link.id in directions)),
            key=_rank,
        )
    )


def seats(receiver: Link, links: Sequence[Link], people: Sequence[Link]) -> tuple[UUID | None, ...]:
    """Who sits in each of a receiver's seats.

    While everybody expected who may speak fits, each has one seat for the whole hearing, empty until they
    come, so that nobody's picture moves when another comes or goes. A larger hearing seats those present.
    """
    present = {link.id for link in people}
    others = [link for link in sorted(links, key=_rank) if link.id != receiver.id and link.part in PUBLISHERS]
    if len(others) > SEATS:
        others = [link for link in others if link.id in present]
    filled = [link.id if link.id in present else None for link in others[:SEATS]]
    return (*filled, *[None] * (SEATS - len(filled)))


def _sends(link: Link, directions: Mapping[UUID, Medium]) -> frozenset[Kind]:
    if link.part is Part.OBSERVER:
        return frozenset()
    if link.remote and directions.get(link.id) is Medium.AUDIO:
        return frozenset({Kind.AUDIO})
    return _BOTH


def _rank(link: Link) -> tuple[int, bytes]:
    return _ORDER.index(link.part), link.id.bytes
