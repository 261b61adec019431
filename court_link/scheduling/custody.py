"""A custody suite's day: who is due on video, in which room and when, and what each room does now.

What time alone decides is derived from `ctx.now`, as in `days`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from court_link.domain.booking import PoolKind, Purpose
from court_link.domain.context import Context
from court_link.domain.errors import NotFound
from court_link.domain.hearing import HearingState
from court_link.domain.link import Admission
from court_link.domain.roles import Permission
from court_link.domain.times import Interval, day_interval, london_day
from court_link.scheduling.days import Turn, as_they_are, next_change, turn
from court_link.store import Session, calendar, days, hearings, live
from court_link.store.days import Booked


class Phase(StrEnum):
    """What a custody room does for one hearing now."""

    LATER = "later"
    CONSULTATION = "consultation"
    DUE = "due"  # ready, and waiting for the court
    HEARING = "hearing"
    TURNAROUND = "turnaround"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Visit:
    """One hearing in one custody room, with the time around it. Names are personal."""

    matter: Booked
    room_id: UUID
    link_id: UUID | None
    defendants: tuple[str, ...]
    consultation: Interval | None
    frees: datetime  # when the room is free again: after its turnaround, from the real end once that is known
    phase: Phase
    turn: Turn
    admission: Admission
    here: bool  # somebody has the room's page open
    connected: bool  # its sound and picture reach the media server

    @property
    def begins(self) -> datetime:
        """When the defendant is to be in the room."""
        return self.consultation.start if self.consultation else self.matter.slot.start

    @property
    def phase_ends(self) -> datetime | None:
        """When the phase is to end; None for what only the court ends, once its time has run out."""
        ends = {
            Phase.CONSULTATION: self.matter.slot.start,
            Phase.HEARING: self.matter.slot.end,
            Phase.TURNAROUND: self.frees,
        }
        return ends.get(self.phase)


@dataclass(frozen=True, slots=True)
class Room:
    """A custody room's day: what it does now, what comes next, and all of it."""

    id: UUID
    name: str
    now: Visit | None
    next: Visit | None
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Suite:
    """A custody suite that the asker may choose."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Board:
    """A custody suite's page. `on_shift` counts detention officers now, until `shift_ends`."""

    suite: Suite
    rooms: tuple[Room, ...]
    due: tuple[Visit, ...]  # what is not over, by time
    on_shift: int
    shift_ends: datetime | None
    now: datetime
    changes_at: datetime | None

    @property
    def busy(self) -> int:
        """The rooms that need a detention officer now."""
        return sum(room.now is not None for room in self.rooms)

    @property
    def hearing_ids(self) -> frozenset[UUID]:
        return frozenset(visit.matter.hearing_id for room in self.rooms for visit in room.visits)


def suites(session: Session, ctx: Context) -> tuple[Suite, ...]:
    """The custody suites whose board the asker may see, by name."""
    ctx.require(Permission.RUN_CUSTODY)
    owners = None if ctx.actor.everywhere else ctx.actor.scope
    return tuple(Suite(site.id, site.name) for site in days.suites(session, owners))


def board(session: Session, ctx: Context, site_id: UUID) -> Board:
    """A custody suite's day. Raises NotFound for a suite that is not the asker's."""
    suite = next((each for each in suites(session, ctx) if each.id == site_id), None)
    if suite is None:
        raise NotFound
    today = day_interval(london_day(ctx.now))
    rooms = days.custody_rooms(session, site_id)
    visits = _visits(session, ctx, [room.id for room in rooms], today)
    by_room = {room.id: [each for each in visits if each.room_id == room.id] for room in rooms}
    due = tuple(each for each in visits if each.phase is not Phase.OVER)
    on_shift = [
        (span, staff)
        for span, staff in calendar.staff(session, PoolKind.CUSTODY_STAFF, [site_id], today).get(site_id, ())
        if span.holds(ctx.now)
    ]
    shift_ends = min((span.end for span, _ in on_shift), default=None)
    moments = [moment for each in due for moment in (each.begins, each.matter.slot.start, each.frees)]
    return Board(
        suite=suite,
        rooms=tuple(_room(room.id, room.name, by_room[room.id]) for room in rooms),
        due=due,
        on_shift=sum(staff for _, staff in on_shift),
        shift_ends=shift_ends,
        now=ctx.now,
        changes_at=next_change(ctx.now, [*moments, *([shift_ends] if shift_ends else [])]),
    )


def phase(matter: Booked, consultation: Interval | None, frees: datetime, now: datetime) -> Phase:
    """What a custody room does for a hearing at court time `now`; `frees` is when its turnaround ends."""
    match matter.state:
        case HearingState.IN_SESSION | HearingState.PAUSED:
            return Phase.HEARING
        case HearingState.ENDED:
            return Phase.TURNAROUND if now < frees else Phase.OVER
    if now >= matter.slot.start:
        return Phase.DUE if turn(matter.state, matter.slot, now) is Turn.OPEN else Phase.OVER
    return Phase.CONSULTATION if consultation and consultation.holds(now) else Phase.LATER


def _visits(session: Session, ctx: Context, rooms: Sequence[UUID], within: Interval) -> list[Visit]:
    """The visits of these rooms by the time the defendant is to be there."""
    taken = days.of_rooms(session, rooms, within)
    spans = {(each.room_id, each.hearing_id, each.purpose): each.interval for each in taken}
    hearing_ids = hearings.seen(session, ctx, {each.hearing_id for each in taken})
    matters = as_they_are(ctx, days.of_hearings(session, list(hearing_ids), within))
    links = days.links_of_hearings(session, list(hearing_ids))
    own = {(link.room_id, link.hearing_id): link for of in links.values() for link in of}
    known = live.media(session, [link.id for link in own.values()])
    here = live.at_device(session, [link.id for link in own.values()])
    names = days.defendants(session, hearing_ids)
    visits = []
    for matter in matters:
        for room_id in {each.room_id for each in taken if each.hearing_id == matter.hearing_id}:
            link = own.get((room_id, matter.hearing_id))
            media = known.get(link.id) if link else None
            consultation = spans.get((room_id, matter.hearing_id, Purpose.CONSULTATION))
            around = spans.get((room_id, matter.hearing_id, Purpose.TURNAROUND))
            turnaround = around.end - around.start if around else timedelta(0)
            frees = (matter.ended_at or matter.slot.end) + turnaround
            visits.append(
                Visit(
                    matter=matter,
                    room_id=room_id,
                    link_id=link.id if link else None,
                    defendants=tuple(names.get(matter.hearing_id, ())),
                    consultation=consultation,
                    frees=frees,
                    phase=phase(matter, consultation, frees, ctx.now),
                    turn=turn(matter.state, matter.slot, ctx.now),
                    admission=link.admission if link else Admission.EXPECTED,
                    here=link is not None and link.id in here and link.left_at is None,
                    connected=media is not None and media.connected,
                )
            )
    return sorted(visits, key=lambda visit: (visit.begins, visit.room_id))


def _room(room_id: UUID, name: str, visits: Sequence[Visit]) -> Room:
    """A hearing that runs keeps the room, however late it is; what is due after it waits."""
    busy = [each for each in visits if each.phase not in (Phase.LATER, Phase.OVER)]
    now = min(busy, key=lambda visit: (visit.phase is not Phase.HEARING, visit.begins), default=None)
    coming = [each for each in visits if each is not now and each.phase not in (Phase.OVER, Phase.TURNAROUND)]
    return Room(room_id, name, now, coming[0] if coming else None, tuple(visits))
