"""The seam's values as JSON, between the broker's side and the worker; types are checked on the way in."""

from __future__ import annotations

from pydantic import TypeAdapter

from court_link.domain.errors import CourtLinkError
from court_link.media.engine import (
    DesiredRoom,
    EngineEvent,
    EngineUnavailable,
    LinkStatistics,
    Manifest,
    Node,
    NoSuchRecording,
    NoSuchSession,
    NotAdmitted,
    OfferRefused,
    Session,
    Snapshot,
    StaleSession,
)

ROOM = TypeAdapter(DesiredRoom)
SNAPSHOT = TypeAdapter(Snapshot)
SESSION = TypeAdapter(Session)
STATISTICS = TypeAdapter(tuple[LinkStatistics, ...])
MANIFEST: TypeAdapter[Manifest | None] = TypeAdapter(Manifest | None)
NODE = TypeAdapter(Node)
NAMES = TypeAdapter(tuple[str, ...])
REFUSAL = TypeAdapter(dict[str, str])
EVENT = TypeAdapter(EngineEvent)

#: What the worker may answer instead, by the name that travels, with the HTTP status that goes with it.
ERRORS: dict[str, tuple[type[CourtLinkError], int]] = {
    "not_admitted": (NotAdmitted, 403),
    "no_such_session": (NoSuchSession, 404),
    "no_such_recording": (NoSuchRecording, 404),
    "stale_session": (StaleSession, 409),
    "offer_refused": (OfferRefused, 422),
    "unavailable": (EngineUnavailable, 503),
}
