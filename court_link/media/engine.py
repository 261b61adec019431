"""The engine seam: all that the broker asks of whatever carries sound and picture.

The broker decides who is in a room and who sits in whose seats; an engine carries exactly that. Rooms are
*desired state*: the broker writes the whole room under a rising version, repeats it as often as it likes, and
reads back what really is. Nothing here is a command that must arrive exactly once, so lost messages heal
by the next `apply`. Ids are opaque: an engine never sees a case, a person or a role.

One contract suite (`tests/media/test_engine_contract.py`) runs on every engine, the shipped fake included.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from court_link.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable


class Kind(StrEnum):
    """What one line of a session carries."""

    AUDIO = "audio"
    VIDEO = "video"
    SCREEN = "screen"  # a second picture: a screen or an exhibit, beside the camera's


class OfferRefused(Invalid):
    """Your browser and the video service could not agree on how to send sound and picture."""


class NotAdmitted(Forbidden):
    """You are not in the room yet. Someone from the court will let you in."""


class NoSuchSession(NotFound):
    """This video connection has ended. Join again."""


class StaleSession(Conflict):
    """This video connection was replaced by a newer one."""


class NoSuchRecording(NotFound):
    """There is no such file of this recording."""


class EngineUnavailable(Unavailable):
    """The video service cannot be reached. It will be tried again in a few seconds."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One fixed place for somebody on a participant's screen: seat `index` shows `source`, or nobody."""

    index: int
    source: str | None


@dataclass(frozen=True, slots=True)
class DesiredLink:
    """What the broker wants for one link that is in a room.

    `epoch` rises whenever the link moves to another place. At a new epoch an engine first stops everything
    to and from the link, then forgets what it kept of it (packets to send again, the speaker), so that
    nothing sent in one place is ever heard in another. `screen` fills the link's one screen seat.
    `withheld` are the (source, kind) that this receiver must not get, wherever both are (a special measure).
    `audio_to`, when given, are the only links of the same place that hear it (an interpreter's whisper).
    """

    link: str
    place: str
    publish: frozenset[Kind] = frozenset()
    receive: bool = True
    seats: tuple[Seat, ...] = ()
    epoch: int = 0
    screen: str | None = None
    withheld: frozenset[tuple[str, Kind]] = frozenset()
    audio_to: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class DesiredRoom:
    """The whole of one room. A lower or equal `version` than the engine's changes nothing.

    `recording` is the id under which every uplink of the place `recorded` is written to files as it comes;
    None records nothing. An engine closes by itself, so many seconds after it was first told of it, a room
    that `lasts` no longer.
    """

    room: str
    version: int
    links: tuple[DesiredLink, ...] = ()
    recording: str | None = None
    recorded: str = "hearing"
    lasts: float | None = None


def may_receive(source: DesiredLink, receiver: DesiredLink, kind: Kind) -> bool:
    """Whether a packet of this kind may go from one link to another of the same room.

    This is the guard of lobby, consultation and special measures: both ends stand in the desired state, in
    the same place, the source may publish the kind, the receiver may receive at all, and nothing between
    them is withheld. Every engine asks it.
    """
    return (
        source.place == receiver.place
        and kind in source.publish
        and receiver.receive
        and (source.link, kind) not in receiver.withheld
        and (kind is not Kind.AUDIO or source.audio_to is None or receiver.link in source.audio_to)
    )


def speaks(link: DesiredLink) -> bool:
    """Whether a link may be shown as speaking, and its level told: not while it is muted, nor whispers.

    A source that is withheld from some is shown to the others alone: see the speaker event's "heard_by".
    """
    return Kind.AUDIO in link.publish and link.audio_to is None


@dataclass(frozen=True, slots=True)
class LinkState:
    """What an engine really has for one link of the desired room.

    `session` is None while nothing is negotiated; `connected` means media can flow and something was heard
    from the link lately; `publishing` are the kinds that arrive; `seats` are those filled at this moment;
    `last_packet_at` is in POSIX seconds. `pending` is a second session of the same link, which takes over as
    soon as it is heard.
    """

    link: str
    place: str
    session: str | None = None
    connected: bool = False
    publishing: frozenset[Kind] = frozenset()
    seats: tuple[Seat, ...] = ()
    last_packet_at: float | None = None
    pending: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One room as it is. Version 0 means that the engine does not know the room."""

    room: str
    version: int
    epoch: str
    links: tuple[LinkState, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """One negotiated transport of one link, as an HTTP resource of WHIP (RFC 9725) names it.

    `answer` is the SDP answer of a negotiation, or the answer fragment of an ICE restart, or empty when the
    fragment only trickled candidates (which an engine with a reachable address ignores).
    """

    id: str
    etag: str
    answer: str


@dataclass(frozen=True, slots=True)
class LinkStatistics:
    """Figures of one connected link since its session began, seen from the engine.

    "In" is from the participant to the engine. Loss is a fraction 0..1 of the last report interval; jitter
    and round trip are seconds; bitrates are bits per second; quality is 0..100; sound level is 0 (silent)
    to 127. None is "not known yet", or a level that is not everybody's to know (see `speaks`).
    """

    link: str
    place: str
    packets_in: int = 0
    bytes_in: int = 0
    packets_out: int = 0
    bytes_out: int = 0
    loss_in: float = 0.0
    loss_out: float = 0.0
    jitter: float = 0.0
    round_trip: float | None = None
    bitrate_in: float = 0.0
    bitrate_out: float = 0.0
    quality: int | None = None
    audio_level: int | None = None


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """One file of a recording: what one link sent (`screen`: what it shared) from `began` (ISO 8601) on."""

    name: str
    link: str
    screen: bool
    began: str
    milliseconds: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All files of a recording that is over, by name."""

    recording: str
    files: tuple[RecordedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """One media server; `capacity` and `load` count participants."""

    name: str
    epoch: str
    capacity: int
    load: int
    draining: bool
    url: str


class EventKind(StrEnum):
    """What an engine tells of its own accord."""

    JOINED = "joined"
    INTERRUPTED = "interrupted"
    RESUMED = "resumed"
    LEFT = "left"
    QUALITY = "quality"
    SPEAKER = "speaker"
    RECORDING = "recording"
    NODE_UP = "node_up"
    NODE_LOST = "node_lost"


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """Something that happened; `seq` rises by one within its room and epoch, from 1.

    `cursor` is what to give to `Engine.events` to hear what came after this event. A new epoch means that the
    engine's process started afresh and has forgotten every room: apply them again. Node events have no room
    and no link (empty strings) and seq 0. `at` is in POSIX seconds.

    `data` by kind: left {"reason"}; quality {"score", "round_trip", "loss"}; speaker {"place", "level",
    "heard_by"}, of which only the links of "heard_by" may be told;
    recording {"id", "state": "started"|"stalled"|"resumed"|"stopped", "reason"}; node_up and node_lost
    {"name", "url"} (the name is empty for a node that was never reached).
    """

    cursor: str
    seq: int
    epoch: str
    room: str
    link: str
    kind: EventKind
    at: float
    data: Mapping[str, Any] = field(default_factory=dict)


#: For `Engine.events`: nothing that has been, only what happens from now on.
FROM_NOW = "now"


class Engine(Protocol):
    """What every media engine does. Any method may raise `EngineUnavailable`."""

    async def apply(self, room: DesiredRoom) -> Snapshot:
        """Make the room so, and say how it is. Idempotent: an old or equal version changes nothing.

        A link that leaves the desired room loses its media at once; one that changes place, or whose epoch
        changes, is heard and seen only in the new place from then on, and nothing kept of it goes along.
        """
        ...

    async def snapshot(self, room: str) -> Snapshot:
        """The room as it is now."""
        ...

    async def close(self, room: str) -> None:
        """End every session of the room and forget it. Closing an unknown room is nothing."""
        ...

    async def negotiate(self, room: str, link: str, offer: str) -> Session:
        """Answer an SDP offer of an admitted link.

        A session that the link had goes on until the new one is heard, or has been up for some seconds, and
        then ends as "replaced"; nobody ever hears both. A third session ends the one that was waiting.
        Raises `NotAdmitted` for a link outside the desired room, `OfferRefused` for an offer that cannot be
        parsed or has nothing in common with the engine.
        """
        ...

    async def restart(self, session: str, etag: str, fragment: str) -> Session:
        """Take an SDP fragment (RFC 8840): new ICE credentials restart ICE, keeping DTLS, SRTP and SSRCs.

        `etag` must be the session's, or "*" for a restart (RFC 9725, 4.3.2). Raises `NoSuchSession`,
        `StaleSession`, `OfferRefused`.
        """
        ...

    async def end(self, session: str) -> None:
        """End one session; its link stays in the room and may negotiate again. Raises `NoSuchSession`."""
        ...

    async def statistics(self, room: str) -> tuple[LinkStatistics, ...]:
        """Figures of every link of the room that has a session."""
        ...

    async def rooms(self) -> tuple[str, ...]:
        """The name of every room that it holds."""
        ...

    async def manifest(self, recording: str) -> Manifest | None:
        """The files of a recording that no room desires any more; None while they are finished: ask again."""
        ...

    def recorded(self, recording: str, file: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """The bytes of a file of a recording from `start` up to `end`. Raises `NoSuchRecording`."""
        ...

    async def destroy(self, recording: str) -> None:
        """Delete a recording's files. Deleting an unknown one is nothing."""
        ...

    async def nodes(self) -> tuple[Node, ...]:
        """Every media server that answers."""
        ...

    async def drain(self, node: str) -> None:
        """Take no new rooms on this node; the rooms it has go on, rejoining included."""
        ...

    def events(self, after: str | None = None) -> AsyncGenerator[EngineEvent, None]:
        """Every event after a cursor (None: as far back as is remembered), then each as it happens.

        A node that cannot be reached is said to be lost once, and once to be up when it can again.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections. Rooms and sessions go on."""
        ...
