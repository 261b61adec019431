"""How long hearings take here: a court's own figures, its history, or what the service assumes.

Each figure says where it comes from. Whatever a person typed or the list gave comes first; a trial has no
usual length, so for one nothing else is ever suggested.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from statistics import median
from uuid import UUID

from court_link.domain import wording
from court_link.domain.capacity import in_session
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, NotFound, Stale
from court_link.domain.events import EventKind
from court_link.domain.harddates import HardDate, limit
from court_link.domain.places import PersonKind
from court_link.domain.recipes import NAMES, YOUTH_PARTS, Recipe, lengthened, recipe, taking_part, types
from court_link.domain.requirements import LONGEST_MINUTES, Needs, Place
from court_link.domain.roles import Part, Permission
from court_link.domain.times import london_day
from court_link.store import Session, events, hearings
from court_link.store import practice as store
from court_link.store.tables import Hearing
from court_link.store.tables import Practice as Row

#: A court's history speaks from so many hearings on, and of the last year.
ENOUGH = 5
_SINCE = timedelta(days=365)
_NEWEST = 100
#: The longest private time around a hearing, in minutes.
_LONGEST_AROUND = 240


class Source(StrEnum):
    """Where a number of minutes comes from."""

    LIST = "list"  # the list, or whoever typed it
    PRACTICE = "practice"  # what the court has set for the type
    HISTORY = "history"  # the median of what such hearings took there
    ASSUMPTION = "assumption"  # of the service
    NOBODY = "nobody"  # somebody must estimate it


@dataclass(frozen=True, slots=True)
class Figures:
    """A court's own minutes for a hearing type; None is as the service assumes."""

    minutes: int | None = None
    consultation: int | None = None
    afterwards: int | None = None
    turnaround: int | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What hearings of a type took: the median of their minutes in session, and how many they were."""

    minutes: int
    hearings: int


@dataclass(frozen=True, slots=True)
class Usual:
    """A hearing type as a court uses it: what it has set, what its history and the service say.

    `version` is that of what it has set, 0 while it has set nothing.
    """

    recipe: Recipe
    own: Figures
    history: History | None
    version: int

    @property
    def estimate(self) -> tuple[int | None, Source]:
        """The minutes that a hearing of the type gets here, and where they come from."""
        if self.recipe.trial:
            return None, Source.NOBODY
        if self.own.minutes is not None:
            return self.own.minutes, Source.PRACTICE
        if self.history is not None:
            return self.history.minutes, Source.HISTORY
        assumed = self.recipe.minutes
        return assumed, Source.NOBODY if assumed is None else Source.ASSUMPTION

    @property
    def consultation(self) -> int:
        return _first(self.own.consultation, self.recipe.consultation)

    @property
    def afterwards(self) -> int:
        return _first(self.own.afterwards, self.recipe.afterwards)

    @property
    def turnaround(self) -> int:
        return _first(self.own.turnaround, self.recipe.turnaround)

    def said(self, source: Source) -> str:
        """Where the minutes come from, as a sentence."""
        if source is Source.HISTORY and self.history is not None:
            count = wording.plural(self.history.hearings, "hearing")
            return f"The median of your last {count} of this type."
        if source is Source.NOBODY and self.recipe.trial:
            return "A trial has no usual length: enter an estimate."
        return _SAID[source]


_SAID = {
    Source.LIST: "From the list, or as it was typed.",
    Source.PRACTICE: "Your court's own time for this type.",
    Source.HISTORY: "The median of your court's hearings of this type.",
    Source.ASSUMPTION: "The service's assumption for this type.",
    Source.NOBODY: "This type has no usual length: enter an estimate.",
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a hearing is likely to need, for a form to begin with; times in minutes.

    `parts` must be taken by somebody (a defendant is under 18), `expected` usually are. `bench` are the ids
    of those whom a part-heard hearing returns to. `detained` follows from the list: in custody, at a first
    appearance, is taken for charged and detained until a person says otherwise; `why_detained` says so.
    """

    minutes: int | None
    source: Source
    minutes_from: str
    consecutive: int | None  # the estimate when an interpreter works consecutively
    consultation: int
    afterwards: int
    turnaround: int
    parts: tuple[Part, ...]
    expected: tuple[Part, ...]
    bench: tuple[UUID, ...]
    detained: bool
    why_detained: str
    in_custody: bool
    recording: bool
    hard_date: HardDate | None


def suggested(session: Session, ctx: Context, hearing_id: UUID) -> Suggestion:
    """What to begin with for one hearing. Raises NotFound, Forbidden."""
    ctx.require(Permission.BOOK)
    hearing = hearings.of_court(session, ctx, hearing_id, lock=False)
    usual = _usual(session, ctx, hearing.court_id, hearing.hearing_type)
    minutes, source = usual.estimate
    if hearing.minutes and (minutes is None or hearing.minutes != usual.recipe.minutes):
        minutes, source = hearing.minutes, Source.LIST
    guessed = hearing.in_custody and usual.recipe.first
    return Suggestion(
        minutes=minutes,
        source=source,
        minutes_from=usual.said(source),
        consecutive=lengthened(minutes) if minutes else None,
        consultation=usual.consultation,
        afterwards=usual.afterwards,
        turnaround=usual.turnaround,
        parts=YOUTH_PARTS if hearing.youth else (),
        expected=usual.recipe.parts,
        bench=tuple(UUID(each) for each in hearing.same_bench),
        detained=hearing.detained or guessed,
        why_detained=_GUESSED if guessed and not hearing.detained else "",
        in_custody=_in_custody(hearing),
        recording=bool(hearing.recording_power and hearing.recording_ordered_by),
        hard_date=limit(hearing, london_day(ctx.now)),
    )


_GUESSED = "The list says in custody, and this is a first appearance: taken for charged and detained."


def missing(
    session: Session, hearing: Hearing, needs: Needs, places: Mapping[UUID, Place]
) -> tuple[str, ...]:
    """What such a hearing usually has and these needs have not, in sentences: advice, never a refusal."""
    return tuple(_missing(session, hearing, needs, places))


def _missing(session: Session, hearing: Hearing, needs: Needs, places: Mapping[UUID, Place]) -> Iterator[str]:
    there = taking_part(needs, places)
    absent = [NAMES[part] for part in recipe(hearing.hearing_type).parts if part not in there]
    if absent:
        yield f"Nobody takes part as {wording.listed(absent, 'or')}: right if they come to the courtroom."
    if _in_custody(hearing) and not needs.custody:
        yield "A defendant is in custody, and no custody room is chosen."
    defendants = sum(party.role == "DEFENDANT" for party in hearings.parties(session, hearing.id))
    if 0 < len(needs.custody) < defendants:
        yield (
            f"There are {defendants} defendants. Those in custody are kept apart, in a custody room each:"
            f" {wording.plural(len(needs.custody), 'room is', 'rooms are')} chosen."
        )
    named = {each.person_id for each in needs.interpreting}
    for each in needs.attending:
        if each in places and places[each].person is PersonKind.INTERPRETER and each not in named:
            yield f"Say which language {places[each].name} interprets, so that their break is kept."
    usual = lengthened(hearing.minutes)
    if any(each.consecutive for each in needs.interpreting) and needs.minutes < usual:
        yield f"Consecutive interpreting lengthens a hearing: {wording.minutes(usual)} would be usual."


def usual_minutes(session: Session, ctx: Context, court_id: UUID, hearing_type: str) -> int | None:
    """The minutes that a court's hearing of this type gets when nobody says; None: somebody must."""
    return _usual(session, ctx, court_id, hearing_type).estimate[0]


def listed(session: Session, ctx: Context) -> list[Usual]:
    """Every hearing type that the asker's court has set or heard often, then those that the service knows."""
    court_id = _court(ctx)
    own = {row.hearing_type: row for row in store.of_court(session, court_id)}
    heard = store.heard(session, court_id, london_day(ctx.now) - _SINCE, ENOUGH)
    names = dict.fromkeys([*own, *sorted(heard), *(made.name.casefold() for made in types())])
    return [
        _of(name, own.get(name), _history(session, ctx, court_id, name) if name in heard else None)
        for name in names
    ]


def one(session: Session, ctx: Context, hearing_type: str) -> Usual:
    """One hearing type, whether or not anything is set for it. Raises NotFound for no name at all."""
    return _usual(session, ctx, _court(ctx), _named(hearing_type))


def allow(session: Session, ctx: Context) -> None:
    """Raises Forbidden unless the asker may set their court's figures."""
    _court(ctx)


def change(session: Session, ctx: Context, hearing_type: str, figures: Figures, *, version: int) -> Usual:
    """Set a court's own figures; all None goes back to the service's. Raises Stale, Invalid, Forbidden.

    `version` is that of what stands, 0 for nothing yet. Bookings that stand keep what they were made with.
    """
    court_id, name = _court(ctx), _named(hearing_type)
    _check(name, figures)
    row = store.locked(session, court_id, name)
    if version != row.version:
        raise Stale
    before = _figures(row)
    changed = [each for each in Figures.__slots__ if getattr(figures, each) != getattr(before, each)]
    for each in changed:
        setattr(row, each, getattr(figures, each))
    row.version += 1
    session.flush()
    events.record(
        session,
        ctx,
        EventKind.PRACTICE_CHANGED,
        organisation_id=court_id,
        data={"hearing_type": name, "changed": changed},
    )
    return _usual(session, ctx, court_id, name)


def _usual(session: Session, ctx: Context, court_id: UUID, hearing_type: str) -> Usual:
    name = hearing_type.strip().casefold()
    return _of(hearing_type, store.one(session, court_id, name), _history(session, ctx, court_id, name))


def _of(hearing_type: str, row: Row | None, history: History | None) -> Usual:
    known = recipe(hearing_type)
    return Usual(known, _figures(row), None if known.trial else history, row.version if row else 0)


def _history(session: Session, ctx: Context, court_id: UUID, hearing_type: str) -> History | None:
    ids = store.ended(session, court_id, hearing_type, london_day(ctx.now) - _SINCE, _NEWEST)
    if len(ids) < ENOUGH:
        return None
    ran = store.ran(session, ids)
    took = [sum(each.minutes for each in in_session(of, ctx.now)) for of in ran.values()]
    counted = [minutes for minutes in took if minutes > 0]
    return History(max(1, round(median(counted))), len(counted)) if len(counted) >= ENOUGH else None


def _figures(row: Row | None) -> Figures:
    if row is None:
        return Figures()
    return Figures(row.minutes, row.consultation, row.afterwards, row.turnaround)


def _court(ctx: Context) -> UUID:
    ctx.require(Permission.PLAN_SITTINGS)
    if ctx.actor.organisation_id is None:
        raise Invalid("Only a person or machine of a court can set its times.")
    return ctx.actor.organisation_id


def _named(hearing_type: str) -> str:
    name = hearing_type.strip().casefold()
    if not 1 <= len(name) <= 100:
        raise NotFound
    return name


def _check(hearing_type: str, figures: Figures) -> None:
    errors = []
    if figures.minutes is not None:
        if recipe(hearing_type).trial:
            errors.append(FieldError("minutes", "A trial has no usual length: each needs its own estimate."))
        elif not 1 <= figures.minutes <= LONGEST_MINUTES:
            message = f"The estimate must be between 1 and {LONGEST_MINUTES} minutes."
            errors.append(FieldError("minutes", message))
    for name in ("consultation", "afterwards", "turnaround"):
        value = getattr(figures, name)
        if value is not None and not 0 <= value <= _LONGEST_AROUND:
            errors.append(FieldError(name, f"Enter between 0 and {_LONGEST_AROUND} minutes."))
    if errors:
        raise Invalid(errors=errors)


def _in_custody(hearing: Hearing) -> bool:
    return hearing.in_custody or hearing.detained or hearing.remand_expires is not None


def _first(own: int | None, assumed: int) -> int:
    return assumed if own is None else own
