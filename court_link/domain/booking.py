"""A booking: all of a hearing's reservations, or none."""

from __future__ import annotations

from enum import StrEnum

from court_link.domain.states import step


class BookingState(StrEnum):
    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    LAPSED = "lapsed"
    RELEASED = "released"


class BookingEvent(StrEnum):
    CONFIRM = "confirm"
    LAPSE = "lapse"
    RELEASE = "release"


B, E = BookingState, BookingEvent

TRANSITIONS: dict[tuple[BookingState, BookingEvent], BookingState] = {
    (B.PROVISIONAL, E.CONFIRM): B.CONFIRMED,
    (B.PROVISIONAL, E.LAPSE): B.LAPSED,
    (B.PROVISIONAL, E.RELEASE): B.RELEASED,
    (B.CONFIRMED, E.RELEASE): B.RELEASED,
}


def after(state: BookingState, event: BookingEvent) -> BookingState:
    """The state that follows, or WrongState in a sentence."""
    return step(TRANSITIONS, state, event, "booking")


class Purpose(StrEnum):
    """What a reservation is for; each has its own time around the hearing."""

    HEARING = "hearing"
    CONSULTATION = "consultation"
    TURNAROUND = "turnaround"
    TRAVEL = "travel"  # to and from, for who attends in person
    REST = "rest"  # an interpreter's break


class ResourceKind(StrEnum):
    """What can be reserved, one purpose at a time."""

    COURTROOM = "courtroom"
    CUSTODY_ROOM = "custody_room"
    EVIDENCE_ROOM = "evidence_room"
    VEHICLE = "vehicle"
    PERSON = "person"


class PoolKind(StrEnum):
    """What is only counted: a bucket counter per quarter of an hour."""

    MEDIA = "media"  # participants, over all media nodes
    SITE_LINK = "site_link"  # video streams over a site's line
    CUSTODY_STAFF = "custody_staff"  # detention officers on shift at a suite
    ESCORTS = "escorts"  # prisoner custody officers of the escort contractor, on shift at a suite
    RECORDING = "recording"  # hearings recorded at once, over all media nodes
