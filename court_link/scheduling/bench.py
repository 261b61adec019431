"""The bench's list: today's booked hearings by courtroom, who waits, and what the bench can do now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.hearing import LIVE, HearingState
from court_link.domain.link import JOIN_BEFORE, Admission
from court_link.domain.roles import Part, Permission
from court_link.domain.times import day_interval, london_day
from court_link.scheduling.days import as_they_are, next_change
from court_link.store import Session, days, live
from court_link.store.days import Booked
from court_link.store.tables import Link


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in the lobby. `here` is False when their device has not been heard of lately."""

    label: str
    part: Part
    here: bool


@dataclass(frozen=True, slots=True)
class Sitting:
    """One hearing on the bench's list, with what the bench can do to it now."""

    matter: Booked
    bench_link: UUID | None
    waiting: tuple[Waiting, ...]
    acts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Courtroom:
    """A courtroom's booked hearings of the day, by start."""

    id: UUID
    name: str
    court_house: str
    sittings: tuple[Sitting, ...]


@dataclass(frozen=True, slots=True)
class BenchList:
    """The bench's page."""

    courtrooms: tuple[Courtroom, ...]
    now: datetime
    changes_at: datetime | None

    @property
    def hearing_ids(self) -> frozenset[UUID]:
        return frozenset(each.matter.hearing_id for room in self.courtrooms for each in room.sittings)


def listed(session: Session, ctx: Context) -> BenchList:
    """Today's booked hearings of the asker's courts, by courtroom and time."""
    ctx.require(Permission.RUN_HEARING)
    today = day_interval(london_day(ctx.now))
    courts = None if ctx.actor.everywhere else ctx.actor.scope
    matters = as_they_are(ctx, days.of_courts(session, courts, today))
    links = days.links_of_hearings(session, [matter.hearing_id for matter in matters])
    here = live.at_device(session, [link.id for of in links.values() for link in of])
    by_room: dict[UUID, list[Sitting]] = {}
    for matter in matters:
        sitting = _sitting(ctx, matter, links[matter.hearing_id], here)
        by_room.setdefault(matter.courtroom_id, []).append(sitting)
    courtrooms = [
        Courtroom(room_id, of[0].matter.courtroom, of[0].matter.court_house, tuple(of))
        for room_id, of in by_room.items()
    ]
    opens = (matter.slot.start - JOIN_BEFORE for matter in matters if matter.state is HearingState.BOOKED)
    return BenchList(
        courtrooms=tuple(sorted(courtrooms, key=lambda room: (room.court_house, room.name))),
        now=ctx.now,
        changes_at=next_change(ctx.now, opens),
    )


def _sitting(ctx: Context, matter: Booked, links: Sequence[Link], here: Collection[UUID]) -> Sitting:
    lobby = links if matter.state in LIVE else ()
    waiting = [link for link in lobby if link.admission is Admission.WAITING]
    return Sitting(
        matter=matter,
        bench_link=next((link.id for link in links if link.part is Part.BENCH), None),
        waiting=tuple(
            Waiting(link.label, link.part, link.id in here and link.left_at is None) for link in waiting
        ),
        acts=_acts(matter, ctx.now),
    )


def _acts(matter: Booked, now: datetime) -> tuple[str, ...]:
    match matter.state:
        case HearingState.LOBBY_OPEN:
            return ("start", "end")
        case HearingState.IN_SESSION:
            return ("pause", "end")
        case HearingState.PAUSED:
            return ("resume", "end")
        case HearingState.ENDED:
            return ("reopen",) if now < matter.slot.end else ()
    return ()
