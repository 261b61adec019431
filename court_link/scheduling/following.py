"""Following a hearing like a parcel: personal references, and what they show.

A reference is 91 random bits and a check symbol (`domain.ids`). It is shown once, when it is issued; the
store keeps a digest of it under the server's key, so that a stolen database follows nobody. An unknown,
revoked or mistyped reference and a matter that may not be followed all get one answer, `NotFollowed`.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import Conflict, NotFound
from court_link.domain.events import EventKind
from court_link.domain.following import Followed, expected_window, stage_of
from court_link.domain.hearing import FINISHED, HearingState
from court_link.domain.ids import new_reference, normal_reference
from court_link.domain.roles import Permission
from court_link.store import Session, events, following, hearings
from court_link.store.tables import Hearing, TrackingReference


class NotFollowed(NotFound):
    """We cannot find a hearing for that reference. Check it, or ask the court for a new one."""


class NotToBeFollowed(Conflict):
    """This hearing cannot be followed: it is a youth, family or private matter, or it is withheld."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An issued reference as staff see it later: never the reference itself."""

    id: UUID
    issued_at: datetime
    revoked_at: datetime | None


def digest(key: bytes, reference: str) -> str:
    """What is stored in place of a reference."""
    return hmac.new(key, b"following:" + reference.encode(), hashlib.sha256).hexdigest()


def issue(session: Session, ctx: Context, hearing_id: UUID, key: bytes) -> str:
    """A new personal reference for a hearing, to be handed over now: it cannot be shown again."""
    ctx.require(Permission.ISSUE_TRACKING)
    hearing = hearings.of_court(session, ctx, hearing_id)
    if not following.followable(hearing):
        raise NotToBeFollowed
    reference = new_reference()
    row = TrackingReference(
        hearing_id=hearing.id, digest=digest(key, reference), issued_by=ctx.actor.id, issued_at=ctx.now
    )
    session.add(row)
    events.record(session, ctx, EventKind.TRACKING_ISSUED, hearing_id=hearing.id, subject_id=row.id)
    return reference


def issued(session: Session, ctx: Context, hearing_id: UUID) -> tuple[Reference, ...]:
    """The references that have been issued for a hearing, newest first."""
    ctx.require(Permission.ISSUE_TRACKING)
    hearing = hearings.visible(session, ctx, hearing_id)
    return tuple(
        Reference(row.id, row.issued_at, row.revoked_at) for row in following.references(session, hearing.id)
    )


def revoke(session: Session, ctx: Context, hearing_id: UUID, reference_id: UUID) -> None:
    """End one reference; it answers like an unknown one from now on. Revoking twice is no error."""
    ctx.require(Permission.ISSUE_TRACKING)
    hearing = hearings.of_court(session, ctx, hearing_id)
    row = session.get(TrackingReference, reference_id)
    if row is None or row.hearing_id != hearing.id:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = ctx.now
        events.record(session, ctx, EventKind.TRACKING_REVOKED, hearing_id=hearing.id, subject_id=row.id)


def court_followed(session: Session, ctx: Context, typed: str, key: bytes) -> UUID:
    """The court whose doings may change what a reference shows."""
    return _found(session, typed, key)[0].court_id


def follow(session: Session, ctx: Context, typed: str, key: bytes) -> Followed:
    """What a reference, however it is typed, may show now; else `NotFollowed`."""
    hearing, relisted = _found(session, typed, key)
    court_house, courtroom, room_id, starts_at = following.place(session, hearing)
    ahead_minutes, position, free_from = 0, None, max(ctx.now, starts_at)
    if room_id is not None and hearing.state not in FINISHED:
        waiting = following.unfinished(following.room_day(session, room_id, starts_at))
        before = [one for one in waiting if one.starts_at < starts_at]
        if any(one.hearing_id == hearing.id for one in waiting):
            # A matter that nobody may know of is not counted: its minutes pass like any delay.
            position = sum(one.open for one in before) + 1
        ahead_minutes = sum(one.minutes for one in before)
        free_from = max(ctx.now, before[0].starts_at if before else starts_at)
    return Followed(
        court_house=court_house,
        courtroom=courtroom,
        starts_at=starts_at,
        stage=stage_of(hearing.state),
        place_in_list=position,
        expected=expected_window(starts_at, hearing.state, free_from, ahead_minutes),
        new_date=starts_at if relisted and hearing.state is not HearingState.VACATED else None,
        restrictions=hearing.restrictions,
    )


def _found(session: Session, typed: str, key: bytes) -> tuple[Hearing, bool]:
    """The hearing to show, and whether it has another date than the reference was given for; every failure is
    the same. What was listed again is followed there, and a day that is over to the matter's next day.
    """
    reference = normal_reference(typed)
    found = following.by_digest(session, digest(key, reference or ""))
    if reference is None or found is None:
        raise NotFollowed
    hearing, relisted = found[1], False
    while following.followable(hearing) and (later := following.goes_on(session, hearing)) is not None:
        hearing, relisted = later, True
    if not following.followable(hearing):
        raise NotFollowed
    return hearing, relisted
