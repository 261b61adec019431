"""Listing a matter by hand, and changing what was typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from court_link.domain import measures
from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, WrongState
from court_link.domain.events import EventKind
from court_link.domain.hearing import FINISHED, Visibility
from court_link.domain.measures import LONGEST_NAME, MOST, Measure
from court_link.domain.recipes import recipe
from court_link.domain.requirements import LONGEST_MINUTES
from court_link.domain.roles import Permission
from court_link.domain.times import from_london, london_day
from court_link.scheduling import practice
from court_link.store import Session, calendar, events, hearings, screens
from court_link.store.tables import Hearing

#: When a court usually begins: the listed time of a matter that was given none.
USUAL_START = time(10)
#: How far ahead a matter can be listed.
FURTHEST = timedelta(days=2 * 366)


@dataclass(frozen=True, slots=True)
class NamedParty:
    """A party as the list names them."""

    role: str
    name: str
    under_18: bool = False


@dataclass(frozen=True, slots=True)
class Matter:
    """What a person types about a matter. `minutes` may be left to what is usual, but never for a trial.

    `remand_expires` and `custody_limit` are hard dates, `detained` says that a defendant is charged and
    detained (`domain.harddates`). Recording needs both the power and the person who ordered it.
    """

    title: str
    hearing_type: str
    day: date
    at: time = USUAL_START
    minutes: int | None = None
    courtroom_id: UUID | None = None
    urns: tuple[str, ...] = ()
    parties: tuple[NamedParty, ...] = ()
    youth: bool = False
    visibility: Visibility = Visibility.PUBLIC
    family: bool = False
    restrictions: bool = False
    detained: bool = False
    remand_expires: date | None = None
    custody_limit: date | None = None
    recording_power: str = ""
    recording_ordered_by: str = ""
    measures: tuple[Measure, ...] = ()


def allow(session: Session, ctx: Context) -> None:
    """Raises Forbidden unless the asker may list matters."""
    ctx.require(Permission.BOOK)


def add(session: Session, ctx: Context, matter: Matter) -> UUID:
    """List a matter at the asker's own court; answers its id. Raises Invalid, Forbidden."""
    allow(session, ctx)
    court_id = ctx.actor.organisation_id
    if court_id is None:
        raise Invalid("Only a person or machine of a court can list a matter.")
    facts = _facts(session, ctx, matter, court_id)
    if matter.day < london_day(ctx.now):
        raise Invalid(errors=[FieldError("day", "The day must be today or later.")])
    hearing = Hearing(court_id=court_id, channels=[], video=True, **facts)
    session.add(hearing)
    session.flush()
    hearings.concern(session, hearing.id, [court_id])
    hearings.name_parties(session, hearing.id, matter.urns, _parties(matter))
    _record(session, ctx, EventKind.HEARING_LISTED, hearing, ())
    return hearing.id


def edit(session: Session, ctx: Context, hearing_id: UUID, matter: Matter, *, version: int) -> int:
    """Change what was typed; answers the new version. Bookings stay as they are, and nothing of them moves.

    A later age or restriction takes effect at once, everywhere. Raises Stale, Invalid, WrongState once the
    hearing is over.
    """
    ctx.require(Permission.BOOK)
    hearing = hearings.of_court(session, ctx, hearing_id, version=version)
    if hearing.state in FINISHED:
        raise WrongState("This hearing is over, so what was listed cannot be changed.")
    facts = _facts(session, ctx, matter, hearing.court_id)
    changed = [name for name, value in facts.items() if getattr(hearing, name) != value]
    for name in changed:
        setattr(hearing, name, facts[name])
    hearing.version += 1
    hearings.name_parties(session, hearing.id, matter.urns, _parties(matter))
    screens.put_up(session, ctx, hearing)
    _record(session, ctx, EventKind.HEARING_CHANGED, hearing, changed)
    return hearing.version


def _facts(session: Session, ctx: Context, matter: Matter, court_id: UUID) -> dict[str, Any]:
    """The columns of a matter, checked. A search warrant's existence is always withheld."""
    kind = matter.hearing_type.strip()
    minutes = matter.minutes or practice.usual_minutes(session, ctx, court_id, kind)
    errors = list(_wrong(ctx, matter, minutes))
    room = calendar.places(session, [matter.courtroom_id]) if matter.courtroom_id else {}
    courtroom = room.get(matter.courtroom_id) if matter.courtroom_id else None
    own = courtroom is not None and courtroom.organisation_id == court_id
    if matter.courtroom_id and not (own and courtroom and courtroom.kind is ResourceKind.COURTROOM):
        errors.append(FieldError("courtroom_id", "Choose one of your courtrooms."))
    if errors:
        raise Invalid(errors=errors)
    withheld = "search warrant" in kind.lower()
    return {
        "title": matter.title.strip(),
        "hearing_type": kind,
        "listed_day": matter.day,
        "listed_at": listed_at(matter),
        "listed_room_id": courtroom.id if courtroom else None,
        "listed_room": courtroom.name if courtroom else "",
        "minutes": minutes,
        "youth": matter.youth or any(party.under_18 for party in matter.parties),
        "visibility": Visibility.WITHHELD if withheld else matter.visibility,
        "family": matter.family,
        "restrictions": matter.restrictions,
        "detained": matter.detained,
        "remand_expires": matter.remand_expires,
        "custody_limit": matter.custody_limit,
        "recording_power": matter.recording_power.strip(),
        "recording_ordered_by": matter.recording_ordered_by.strip(),
        "measures": measures.documents(matter.measures),
    }


def listed_at(matter: Matter) -> datetime:
    """The listed moment. Raises LocalTimeMissing or LocalTimeRepeated in the hour that the clocks change."""
    return from_london(matter.day, matter.at, field="at")


def _wrong(ctx: Context, matter: Matter, minutes: int | None) -> Iterable[FieldError]:
    if not 1 <= len(matter.title.strip()) <= 200:
        yield FieldError("title", "Enter the title, in 200 characters or fewer.")
    if not 1 <= len(matter.hearing_type.strip()) <= 100:
        yield FieldError("hearing_type", "Enter the hearing type, in 100 characters or fewer.")
    if minutes is None:
        trial = recipe(matter.hearing_type).trial
        yield FieldError(
            "minutes",
            "Enter an estimate in minutes: a trial has no usual length."
            if trial
            else "Enter an estimate in minutes: this type of hearing has no usual length.",
        )
    elif not 1 <= minutes <= LONGEST_MINUTES:
        yield FieldError("minutes", f"The estimate must be between 1 and {LONGEST_MINUTES} minutes.")
    if matter.day > london_day(ctx.now) + FURTHEST:
        yield FieldError("day", "The day must be within 2 years.")
    yield from _wrong_dates(ctx, matter)
    yield from _wrong_recording(matter)
    if len(matter.measures) > MOST or any(len(each.whom) > LONGEST_NAME for each in matter.measures):
        yield FieldError(
            "measures", f"Enter up to {MOST} special measures, each name in {LONGEST_NAME} characters."
        )
    if any(len(urn) > 50 for urn in matter.urns):
        yield FieldError("urns", "Each reference must be 50 characters or fewer.")
    if any(not 1 <= len(party.name.strip()) <= 200 for party in matter.parties):
        yield FieldError("parties", "Enter the name of each party, in 200 characters or fewer.")


def _wrong_dates(ctx: Context, matter: Matter) -> Iterable[FieldError]:
    """A hard date may have passed already, which is told wherever times are looked for."""
    for name in ("remand_expires", "custody_limit"):
        day: date | None = getattr(matter, name)
        if day is not None and abs(day - london_day(ctx.now)) > FURTHEST:
            yield FieldError(name, "The day must be within 2 years.")


def _wrong_recording(matter: Matter) -> Iterable[FieldError]:
    """Recording is off unless both the power and the person who ordered it are written down."""
    power, ordered_by = matter.recording_power.strip(), matter.recording_ordered_by.strip()
    if ordered_by and not power:
        yield FieldError("recording_power", "Enter the power under which it is recorded.")
    if power and not ordered_by:
        yield FieldError("recording_ordered_by", "Enter who ordered the recording.")
    if len(power) > 200:
        yield FieldError("recording_power", "The power must be 200 characters or fewer.")
    if len(ordered_by) > 200:
        yield FieldError("recording_ordered_by", "The name must be 200 characters or fewer.")


def _parties(matter: Matter) -> list[tuple[str, str, bool]]:
    return [(party.role, party.name.strip(), party.under_18) for party in matter.parties]


def _record(
    session: Session, ctx: Context, kind: EventKind, hearing: Hearing, changed: Iterable[str]
) -> None:
    events.record(
        session,
        ctx,
        kind,
        hearing_id=hearing.id,
        organisation_id=hearing.court_id,
        subject_id=hearing.id,
        data={"changed": sorted(changed)},
    )
