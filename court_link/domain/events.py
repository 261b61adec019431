"""Events: what happened, in ids and codes only. Append-only; sealed into a hash chain after commit.

The personal text of an event (a reason, a name) is bound to it by a digest salted per subject and
kept apart: destroying the salt erases it, and the chain still verifies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class EventKind(StrEnum):
    """`noun.participle`; the whole vocabulary of the audit, the feed and the reactions."""

    ORGANISATION_CREATED = "organisation.created"
    USER_CREATED = "user.created"
    USER_CHANGED = "user.changed"
    USER_SIGNED_IN = "user.signed_in"
    USER_SIGNED_OUT = "user.signed_out"
    USER_LOCKED = "user.locked"
    USER_READ = "user.read"  # a read of a person's record
    AUDIT_READ = "audit.read"
    TOKEN_CREATED = "token.created"
    TOKEN_REVOKED = "token.revoked"
    SITE_CHANGED = "site.changed"
    CLOSURE_CHANGED = "closure.changed"  # made, changed or ended
    SESSION_CHANGED = "session.changed"  # a sitting session made, changed or taken out
    ROTA_IMPORTED = "rota.imported"
    STAFF_CHANGED = "staff.changed"  # shifts, leave, sickness of a pool or a person
    PEOPLE_IMPORTED = "people.imported"
    PRACTICE_CHANGED = "practice.changed"  # a court's own minutes and times for a hearing type
    LIST_IMPORTED = "list.imported"
    HEARING_LISTED = "hearing.listed"
    HEARING_CHANGED = "hearing.changed"
    HEARING_UNLISTED = "hearing.no_longer_listed"
    HEARING_LOBBY_OPENED = "hearing.lobby_opened"
    HEARING_STARTED = "hearing.started"
    HEARING_PAUSED = "hearing.paused"
    HEARING_RESUMED = "hearing.resumed"
    HEARING_ENDED = "hearing.ended"
    HEARING_REOPENED = "hearing.reopened"
    HEARING_VACATED = "hearing.vacated"
    HEARING_READ = "hearing.read"  # a read of a personal record
    BOOKING_HELD = "booking.held"
    BOOKING_CONFIRMED = "booking.confirmed"
    BOOKING_LAPSED = "booking.lapsed"
    BOOKING_RELEASED = "booking.released"
    BOOKING_CHANGED = "booking.changed"  # one's place taken by another of the same hearing: moved, extended
    HEARING_WAITING = "hearing.waiting"  # on the wait list
    HEARING_OFFERED = "hearing.offered"  # a released slot is on hold for it
    HEARING_WAITS_NO_MORE = "hearing.waits_no_more"
    HEARING_RELISTED = "hearing.relisted"
    SLOT_NONE_LEFT = "slot.none_left"  # a hard date has no sitting left: the custody officer tells the court
    DIRECTION_RECORDED = "direction.recorded"
    DIRECTION_RESCINDED = "direction.rescinded"
    LINK_ISSUED = "link.issued"
    LINK_COPIED = "link.copied"
    LINK_REVOKED = "link.revoked"
    LINK_ARRIVED = "link.arrived"
    LINK_IDENTIFIED = "link.identified"
    LINK_ADMITTED = "link.admitted"
    LINK_REFUSED = "link.refused"
    LINK_SENT_BACK = "link.sent_back"
    LINK_LEFT = "link.left"  # of their own accord; they may come back within the slot
    LINK_REMOVED = "link.removed"
    LINK_CHECKED = "link.kit_checked"
    LINK_CONNECTED = "link.connected"
    LINK_INTERRUPTED = "link.interrupted"
    LINK_OPENED_AGAIN = "link.opened_again"  # in another tab, or after a break; the older page is closed
    LINK_SECOND_DEVICE = "link.second_device"
    LINK_CALLED = "link.called"  # a witness, to give evidence
    LINK_RELEASED = "link.released"  # a witness is needed no more
    LINK_GRANTED = "link.granted"  # what they may send and receive was changed by the court
    LINK_WHISPERS = "link.whispers"  # an interpreter to one link, or to everybody again
    LINK_SETTLED = "link.settled"  # the device has stopped sending for its latest move
    TIE_CHANGED = "tie.changed"  # who acts or interprets for whom, and what they agreed to
    SCREEN_CHANGED = "screen.changed"  # a special measure ordered or lifted
    CONSULTATION_OPENED = "consultation.opened"
    CONSULTATION_ENTERED = "consultation.entered"
    CONSULTATION_LEFT = "consultation.left"
    CONSULTATION_RECALLED = "consultation.recalled"  # warned: it closes in a moment
    CONSULTATION_CLOSED = "consultation.closed"
    EXHIBIT_CHANGED = "exhibit.changed"  # offered, permitted, shown, hidden, withdrawn
    EXHIBIT_READ = "exhibit.read"
    RECORDING_STARTED = "recording.started"
    RECORDING_STALLED = "recording.stalled"
    RECORDING_RESUMED = "recording.resumed"
    RECORDING_STOPPED = "recording.stopped"
    RECORDING_SEALED = "recording.sealed"  # its files are listed, with the digest of the list
    RECORDING_KEPT = "recording.kept"  # held beyond its retention, or no longer
    RECORDING_READ = "recording.read"
    RECORDING_DELETED = "recording.deleted"
    PROBLEM_REPORTED = "problem.reported"
    PROBLEM_RESOLVED = "problem.resolved"
    TRACKING_ISSUED = "tracking.issued"
    TRACKING_REVOKED = "tracking.revoked"
    FEED_ISSUED = "feed.issued"  # a private calendar address
    FEED_REVOKED = "feed.revoked"
    REPORT_READ = "report.read"
    NODE_READY = "node.ready"
    NODE_LOST = "node.lost"
    NODE_DRAINING = "node.draining"
    ROOM_PLACED = "room.placed"  # on a media node, or moved to another
    MEDIA_STALE = "media.stale"  # a media server told of a room that it no longer carries; not believed
    SETTING_CHANGED = "setting.changed"
    SUBJECT_ERASED = "subject.erased"


#: What goes on in the rooms of a hearing: for its own court and those who are inside, while it happens.
IN_ROOMS = frozenset(
    kind
    for kind in EventKind
    if kind.startswith(("consultation.", "exhibit.", "recording.", "screen.", "tie."))
) | {
    EventKind.LINK_CALLED,
    EventKind.LINK_RELEASED,
    EventKind.LINK_GRANTED,
    EventKind.LINK_WHISPERS,
    EventKind.LINK_SETTLED,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One sealed event as a reader of the feed sees it."""

    seq: int
    id: UUID
    kind: EventKind
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    organisation_id: UUID | None
    hearing_id: UUID | None
    subject_id: UUID | None
    data: Mapping[str, Any]


GENESIS = "0" * 64


def canonical(value: Mapping[str, Any]) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8; the same bytes on every engine and Python."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def chained(previous: str, seq: int, body: Mapping[str, Any]) -> str:
    """The hash of link `seq`: SHA-256 over the previous hash, the position and the canonical body."""
    return hashlib.sha256(b"%s\n%d\n" % (previous.encode(), seq) + canonical(body)).hexdigest()


def detail_digest(salt: bytes, text: str) -> str:
    """What an event carries in place of personal text."""
    return hashlib.sha256(salt + text.encode()).hexdigest()
