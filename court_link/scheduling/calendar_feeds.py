"""Private calendar addresses: issued, shown once, read by calendars, revoked.

An address carries 256 random bits in its path, since calendars can send nothing else, and the store keeps
only a digest of them. So whoever holds the address reads the feed, and it says no more than an onlooker may
hear: when, where, "Hearing" and the reference that staff read out; of a hearing whose existence is withheld
not even that. It shows what its owner may see at the moment of reading. One that is unknown, revoked, of
somebody who is disabled, or of something that its owner sees no longer, gets one answer, NoSuchFeed. All
of a person's end when they are disabled or must choose a new password.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from court_link.domain.context import ActorKind, Context
from court_link.domain.errors import Conflict, Forbidden, NotFound
from court_link.domain.events import EventKind
from court_link.domain.times import Interval, day_interval, london_day
from court_link.store import Session, days, hearings
from court_link.store import calendar_feeds as store
from court_link.store.calendar_feeds import Booked, Named
from court_link.store.tables import CalendarFeed

#: What a feed shows, around today.
BACK, AHEAD = timedelta(days=7), timedelta(days=92)
#: Addresses in force of one person.
MOST = 20


class Kind(StrEnum):
    """Whose calendar a feed is."""

    PERSON = "person"  # one's own hearings
    ROOM = "room"
    SITE = "site"
    COURT = "court"


class NoSuchFeed(NotFound):
    """There is no calendar at this address."""


class TooManyFeeds(Conflict):
    """You have 20 calendar addresses. Revoke one before you make another."""


@dataclass(frozen=True, slots=True)
class Feed:
    """An address as its owner sees it later: never the address itself."""

    id: UUID
    kind: Kind
    subject_id: UUID
    name: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that the asker may have a feed of."""

    kind: Kind
    subject_id: UUID
    name: str

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.subject_id}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One hearing of a feed. `uid` is the same whatever becomes of it; `version` rises with every change."""

    uid: UUID
    slot: Interval
    summary: str
    where: str
    version: int
    changed_at: datetime
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What a calendar reads. `own` is somebody's own, who wants to be reminded."""

    name: str
    entries: tuple[Entry, ...]
    own: bool

    @property
    def changed_at(self) -> datetime | None:
        return max((entry.changed_at for entry in self.entries), default=None)


def choices(session: Session, ctx: Context) -> tuple[Choice, ...]:
    """What the asker may have a feed of: their own hearings, then courts, sites and rooms by name."""
    mine = [Choice(Kind.PERSON, ctx.actor.person_id, "My hearings")] if ctx.actor.person_id else []
    return (*mine, *(Choice(kind, each.id, each.name) for kind, each in _every(session, ctx)))


def issue(session: Session, ctx: Context, kind: Kind, subject_id: UUID, digest: str) -> Feed:
    """Makes a feed whose secret has this digest.

    Raises Forbidden for a machine, NotFound when it is not theirs to see, TooManyFeeds.
    """
    owner = _owner(ctx)
    name = _name(session, ctx, kind, subject_id)
    if name is None:
        raise NotFound
    if len(store.of_user(session, owner)) >= MOST:
        raise TooManyFeeds
    row = CalendarFeed(
        user_id=owner, kind=kind.value, subject_id=subject_id, digest=digest, issued_at=ctx.now
    )
    session.add(row)
    session.flush()
    store.record(session, ctx, EventKind.FEED_ISSUED, row)
    return Feed(row.id, kind, subject_id, name, row.issued_at)


def mine(session: Session, ctx: Context) -> tuple[Feed, ...]:
    """The asker's feeds in force, oldest first."""
    return tuple(_feed(session, ctx, row) for row in store.of_user(session, _owner(ctx)))


def one(session: Session, ctx: Context, feed_id: UUID) -> Feed:
    """One of the asker's own feeds that is in force."""
    row = store.own(session, _owner(ctx), feed_id)
    if row is None or row.revoked_at is not None:
        raise NotFound
    return _feed(session, ctx, row)


def revoke(session: Session, ctx: Context, feed_id: UUID) -> None:
    """Ends one of the asker's own feeds at once. Revoking twice is no error."""
    row = store.own(session, _owner(ctx), feed_id)
    if row is None:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = ctx.now
        store.record(session, ctx, EventKind.FEED_REVOKED, row)


def content(session: Session, ctx: Context, kind: Kind, subject_id: UUID) -> Content:
    """What a feed shows now to its owner, who asks. Raises NoSuchFeed when it is theirs to see no longer."""
    name = _name(session, ctx, kind, subject_id)
    if name is None:
        raise NoSuchFeed
    today = day_interval(london_day(ctx.now))
    within = Interval(today.start - BACK, today.end + AHEAD)
    shown = {
        Kind.PERSON: _of_person,
        Kind.ROOM: _of_room,
        Kind.SITE: _of_site,
        Kind.COURT: _of_court,
    }[kind](session, ctx, subject_id, within)
    elsewhere = store.standing_elsewhere(session, [each.of.hearing_id for each in shown], within)
    shown = [each for each in shown if each.of.stands or each.of.hearing_id not in elsewhere]
    changed = store.last_changed(session, [each.of.hearing_id for each in shown])
    return Content(
        name=name,
        entries=tuple(
            Entry(
                uid=each.uid,
                slot=each.of.slot,
                summary="Booked" if each.of.withheld else f"Hearing {each.of.reference}",
                where=each.where,
                version=each.of.version,
                changed_at=changed.get(each.of.hearing_id, each.of.slot.start),
                cancelled=each.cancelled,
            )
            for each in shown
        ),
        own=kind is Kind.PERSON,
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    of: Booked
    uid: UUID
    where: str
    cancelled: bool


def _of_person(session: Session, ctx: Context, person_id: UUID, within: Interval) -> list[_Shown]:
    """Their own; one that they are needed for no longer is cancelled, whoever takes part in it now."""
    links = {link.hearing_id: link for link in days.links_of_person(session, person_id, within)}
    seen = hearings.seen(session, ctx, links)
    return [
        _Shown(
            each, links[each.hearing_id].id, _courtroom(each), not each.stands or each.hearing_id not in seen
        )
        for each in store.booked(session, ctx, within, of=links)
    ]


def _of_court(session: Session, ctx: Context, court_id: UUID, within: Interval) -> list[_Shown]:
    return [
        _Shown(each, each.hearing_id, _courtroom(each), not each.stands)
        for each in store.booked(session, ctx, within)
        if each.court_id == court_id
    ]


def _of_site(session: Session, ctx: Context, site_id: UUID, within: Interval) -> list[_Shown]:
    return _of_rooms(session, ctx, store.rooms_of_site(session, site_id), within)


def _of_room(session: Session, ctx: Context, room_id: UUID, within: Interval) -> list[_Shown]:
    return _of_rooms(session, ctx, frozenset({room_id}), within)


def _of_rooms(session: Session, ctx: Context, rooms: frozenset[UUID], within: Interval) -> list[_Shown]:
    names = days.room_names(session, rooms)
    return [
        _Shown(each, each.hearing_id, "; ".join(names[room] for room in used), not each.stands)
        for each in store.booked(session, ctx, within)
        if (used := [room for room in each.needs.resource_ids if room in rooms])
    ]


def _courtroom(booked: Booked) -> str:
    return ", ".join(filter(None, (booked.courtroom, booked.court_house)))


def _every(session: Session, ctx: Context) -> list[tuple[Kind, Named]]:
    return [
        *((Kind.COURT, each) for each in store.courts(session, ctx.actor)),
        *((Kind.SITE, each) for each in store.sites(session, ctx.actor)),
        *((Kind.ROOM, each) for each in store.rooms(session, ctx.actor)),
    ]


def _name(session: Session, ctx: Context, kind: Kind, subject_id: UUID) -> str | None:
    """What the asker calls this calendar; None when it is not theirs to see."""
    if kind is Kind.PERSON:
        return "My hearings" if subject_id == ctx.actor.person_id else None
    look = {Kind.COURT: store.courts, Kind.SITE: store.sites, Kind.ROOM: store.rooms}[kind]
    found = look(session, ctx.actor, subject_id)
    return found[0].name if found else None


def _feed(session: Session, ctx: Context, row: CalendarFeed) -> Feed:
    kind = Kind(row.kind)
    name = _name(session, ctx, kind, row.subject_id) or "No longer yours to see"
    return Feed(row.id, kind, row.subject_id, name, row.issued_at)


def _owner(ctx: Context) -> UUID:
    """The person who asks: a feed has a person's sight, and a machine has the API."""
    if ctx.actor.kind is not ActorKind.USER or ctx.actor.id is None:
        raise Forbidden
    return ctx.actor.id
