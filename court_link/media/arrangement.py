"""Who is in a room and who sits in whose seats: from a hearing as it stands to the engine's desired state.

Purely. Whatever a link may hear and see is decided here and enforced by the engine (`engine.may_receive`),
which knows neither parts nor cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from court_link.domain.direction import Medium
from court_link.domain.hearing import LIVE, HearingState
from court_link.domain.link import HEARING, Link
from court_link.domain.roles import PUBLISHERS, Part
from court_link.domain.rooms import Grant, grants, in_room, takes_part
from court_link.domain.standing import Exhibit, Standing, shown_to
from court_link.media.engine import DesiredLink, DesiredRoom, Kind, Seat

#: Seats of every participant's page, receive-only lines of its one offer: for a hearing of sixteen.
SEATS = 15
_ORDER = tuple(Part)
_SENT_UNDER = {Kind.AUDIO: Grant.MICROPHONE, Kind.VIDEO: Grant.CAMERA, Kind.SCREEN: Grant.SCREEN}


def arrange(standing: Standing) -> DesiredRoom:
    """The room that the engine should hold.

    A link stands in it while it is in the hearing room of a live hearing, or in a consultation that stands;
    whoever waits in the lobby is not there at all. Until the hearing starts, and while it is paused, those
    let in keep their transport, send nothing on and receive nothing; consultations go on whatever the
    hearing does. A link that has moved sends nothing until its device has stopped sending for the place
    where it was.
    """
    people = present(standing)
    shared = standing.sharing
    recording = standing.recording if standing.state in LIVE else None
    return DesiredRoom(
        str(standing.hearing_id),
        standing.version,
        tuple(_desired(standing, link, people, shared) for link in people),
        str(recording.id) if recording else None,
    )


def present(standing: Standing) -> tuple[Link, ...]:
    """Those who are in a room, by part and then by age of the link.

    A remote person is in the hearing only under a direction in force; a consultation is no part of the
    hearing, and needs none.
    """
    return tuple(sorted((link for link in standing.links if _is_in(standing, link)), key=_rank))


def _is_in(standing: Standing, link: Link) -> bool:
    if not in_room(link):
        return False
    if link.place == HEARING:
        return standing.state in LIVE and (not link.remote or link.id in standing.directions)
    return standing.of(link) is not None


def _desired(standing: Standing, link: Link, people: Sequence[Link], shared: Exhibit | None) -> DesiredLink:
    hears = _receives(standing, link)
    withheld = _withheld(standing, link, shared)
    shares = shared if hears and shared and shared.source != link.id and shown_to(shared, link) else None
    return DesiredLink(
        str(link.id),
        link.place,
        publish=_sends(standing, link, shared),
        receive=hears,
        seats=tuple(
            Seat(index, str(other) if other is not None else None)
            for index, other in enumerate(seats(standing, link, people))
        ),
        epoch=link.moves,
        screen=str(shares.source) if shares and (str(shares.source), Kind.SCREEN) not in withheld else None,
        withheld=withheld,
        audio_to=frozenset({str(link.whisper_to)}) if link.whisper_to is not None else None,
    )


def _flows(standing: Standing, link: Link) -> bool:
    """Whether anything goes on in the place of a link."""
    return link.place != HEARING or (standing.state is HearingState.IN_SESSION and takes_part(link))


def _receives(standing: Standing, link: Link) -> bool:
    return _flows(standing, link) and Grant.RECEIVE in grants(link)


def _sends(standing: Standing, link: Link, shared: Exhibit | None) -> frozenset[Kind]:
    if not _flows(standing, link) or link.settled != link.moves or link.part not in PUBLISHERS:
        return frozenset()
    may = grants(link)
    kinds = {kind for kind, grant in _SENT_UNDER.items() if grant in may}
    if link.place == HEARING and link.remote and standing.directions.get(link.id) is Medium.AUDIO:
        kinds = kinds & {Kind.AUDIO}
    if shared is None or shared.source != link.id or link.place != HEARING:
        kinds = kinds - {Kind.SCREEN}
    return frozenset(kinds)


def _withheld(standing: Standing, link: Link, shared: Exhibit | None) -> frozenset[tuple[str, Kind]]:
    """What special measures keep from a link, and the shared screen when it is not shown to it."""
    kept: set[tuple[str, Kind]] = set()
    for screen in standing.screens:
        if screen.receiver == link.id:
            kinds = [Kind.VIDEO, Kind.SCREEN] * screen.picture + [Kind.AUDIO] * screen.sound
            kept |= {(str(screen.source), kind) for kind in kinds}
    if shared is not None and shared.source != link.id and not shown_to(shared, link):
        kept.add((str(shared.source), Kind.SCREEN))
    return frozenset(kept)


def seats(standing: Standing, receiver: Link, people: Sequence[Link]) -> tuple[UUID | None, ...]:
    """Who sits in each of a receiver's seats: nobody, for a witness who has not been called.

    While everybody expected who may speak fits, each has one seat for the whole hearing, empty until they
    come, so that nobody's picture moves when another comes or goes. A larger hearing, and a consultation,
    seats those present. Whom a special measure keeps from being seen and heard has an empty seat.
    """
    hidden = {
        each.source
        for each in standing.screens
        if each.receiver == receiver.id and each.picture and each.sound
    }
    here = {
        link.id for link in people if link.place == receiver.place and link.id not in hidden and _heard(link)
    }
    others = _others(standing.links, receiver)
    if receiver.place != HEARING or len(others) > SEATS:
        others = [link for link in others if link.id in here]
    filled = [link.id if link.id in here and _heard(receiver) else None for link in others[:SEATS]]
    return (*filled, *[None] * (SEATS - len(filled)))


def _heard(link: Link) -> bool:
    """Whether a link has any part in what goes on where it is."""
    return link.place != HEARING or takes_part(link)


def _others(links: Iterable[Link], receiver: Link) -> list[Link]:
    return [link for link in sorted(links, key=_rank) if link.id != receiver.id and link.part in PUBLISHERS]


def _rank(link: Link) -> tuple[int, bytes]:
    return _ORDER.index(link.part), link.id.bytes
