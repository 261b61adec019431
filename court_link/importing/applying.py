"""Writing a list's matters into the store, some at a time; each function is one short transaction's work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from court_link.domain import measures, wording
from court_link.domain.context import Context
from court_link.domain.events import EventKind
from court_link.domain.hearing import Visibility
from court_link.domain.ids import new_id
from court_link.domain.recipes import recipe
from court_link.importing import identity
from court_link.importing.comparing import Change, Comparison, Gone, KnownMatter, Step, compare, step_for
from court_link.importing.matters import ListedParty, Matter
from court_link.store import Session
from court_link.store import imports as store
from court_link.store.events import record
from court_link.store.tables import Case, Hearing, HearingOrganisation, Party

#: Minutes for a hearing type that nobody has a figure for.
_OTHERWISE = 20


def sheet(
    session: Session, ctx: Context, court_id: UUID, site_id: UUID | None, day: date, series: str
) -> list[KnownMatter]:
    """What lists of one series have made known of one court house's day."""
    if site_id is None:
        return []
    every = (_as_matter(known) for known in store.sheet(session, court_id, site_id, day))
    return [known for known in every if identity.series_of(known.list_key) == series]


def compare_sheet(
    session: Session, ctx: Context, court_id: UUID, site_id: UUID | None, day: date, listed: Sequence[Matter]
) -> Comparison:
    """What a list would change on one court house's day."""
    return compare(sheet(session, ctx, court_id, site_id, day, listed[0].series), listed)


def create(
    session: Session,
    ctx: Context,
    court_id: UUID,
    named: Sequence[tuple[str, Matter]],
    rooms: Mapping[str, UUID],
) -> None:
    """Lists new matters: (list key, matter) each; `rooms` are ids by the room's name in the list."""
    parts: list[HearingOrganisation | Case | Party] = []
    for key, matter in named:
        hearing = Hearing(
            id=new_id(),
            court_id=court_id,
            list_key=key,
            **{"minutes": minutes_for(matter), **_facts(matter, rooms)},
            measures=_measures((), matter),
        )
        session.add(hearing)
        parts.append(HearingOrganisation(hearing_id=hearing.id, organisation_id=court_id))
        parts += [*_cases(hearing.id, matter), *_parties(hearing.id, matter)]
        record(session, ctx, EventKind.HEARING_LISTED, hearing_id=hearing.id, organisation_id=court_id)
    session.flush()
    session.add_all(parts)
    session.flush()


def update(
    session: Session, ctx: Context, court_id: UUID, steps: Sequence[Step], rooms: Mapping[str, UUID]
) -> list[Change]:
    """Writes what a list changes in matters known, each looked at again under its lock; what came of it."""
    known = store.locked(session, [step.hearing_id for step in steps if step.hearing_id])
    came_to = []
    for step in steps:
        row = known[step.hearing_id] if step.hearing_id else None
        if row is None:
            continue
        again = step_for(_as_matter(row), step.matter)
        came_to.append(again.change)
        if again.change is not Change.UPDATED:
            continue
        hearing, facts = row.hearing, _facts(again.matter, rooms)
        facts["measures"] = _measures(hearing.measures, again.matter)
        changed = sorted(name for name, value in facts.items() if getattr(hearing, name) != value)
        for name, value in facts.items():
            setattr(hearing, name, value)
        hearing.no_longer_listed = False
        hearing.version += 1
        store.replace_parts(
            session, hearing.id, _cases(hearing.id, again.matter), _parties(hearing.id, again.matter)
        )
        record(
            session,
            ctx,
            EventKind.HEARING_CHANGED,
            hearing_id=hearing.id,
            organisation_id=court_id,
            data={"by": "list", "changed": changed},
        )
    session.flush()
    return came_to


def unlist(session: Session, ctx: Context, court_id: UUID, gone: Sequence[Gone]) -> int:
    """Marks matters as no longer listed; how many were not already so. Their bookings stand."""
    marked = 0
    for known in store.locked(session, [each.hearing_id for each in gone]).values():
        if known.hearing.no_longer_listed:
            continue
        known.hearing.no_longer_listed = True
        known.hearing.version += 1
        marked += 1
        record(
            session, ctx, EventKind.HEARING_UNLISTED, hearing_id=known.hearing.id, organisation_id=court_id
        )
    session.flush()
    return marked


def minutes_for(matter: Matter) -> int:
    """What the list gives it, or what is usual; 0 for a trial, which has none: booking needs an estimate."""
    if matter.minutes is not None:
        return matter.minutes
    kind = recipe(matter.hearing_type)
    return kind.minutes or (0 if kind.trial else _OTHERWISE)


def _facts(matter: Matter, rooms: Mapping[str, UUID]) -> dict[str, Any]:
    """The columns of a hearing that its list decides. A list withholds; it never makes public again."""
    kept: dict[str, Any] = {}
    if matter.withheld or matter.family:
        kept["visibility"] = Visibility.WITHHELD if matter.withheld else Visibility.PRIVATE
    if matter.minutes is not None:
        kept["minutes"] = matter.minutes
    if matter.in_custody is not None:
        kept["in_custody"] = matter.in_custody
    return kept | {
        "title": matter.title,
        "hearing_type": matter.hearing_type,
        "panel": matter.panel,
        "listed_day": matter.day,
        "listed_at": matter.starts_at,
        "listed_room_id": rooms[matter.room],
        "listed_room": matter.room,
        "sequence": matter.sequence,
        "channels": list(matter.channels),
        "video": matter.video,
        "youth": matter.youth,
        "family": matter.family,
        "restrictions": matter.restrictions,
    }


def _measures(standing: Iterable[Mapping[str, str]], matter: Matter) -> list[dict[str, str]]:
    return measures.documents(measures.with_named(measures.read(standing), matter.helps))


def _cases(hearing_id: UUID, matter: Matter) -> list[Case]:
    return [Case(hearing_id=hearing_id, position=n, urn=each) for n, each in enumerate(matter.references)]


def _parties(hearing_id: UUID, matter: Matter) -> list[Party]:
    return [
        Party(hearing_id=hearing_id, position=n, role=each.role, name=each.name, under_18=each.under_18)
        for n, each in enumerate(matter.parties)
    ]


def _as_matter(known: store.Known) -> KnownMatter:
    hearing, standing = known.hearing, known.standing
    return KnownMatter(
        hearing_id=hearing.id,
        state=hearing.state,
        matter=Matter(
            path="",
            house="",
            postcode="",
            room=hearing.listed_room,
            starts_at=hearing.listed_at,
            title=hearing.title,
            hearing_type=hearing.hearing_type,
            panel=hearing.panel,
            sequence=hearing.sequence,
            channels=tuple(hearing.channels),
            video=hearing.video,
            youth=hearing.youth,
            withheld=hearing.visibility is Visibility.WITHHELD,
            restrictions=hearing.restrictions,
            cases=len(known.cases),
            references=known.cases,
            parties=tuple(ListedParty(party.role, party.name, party.under_18) for party in known.parties),
            family=hearing.family,
            minutes=hearing.minutes,
            in_custody=hearing.in_custody,
            helps=tuple(each.help for each in measures.read(hearing.measures)),
        ),
        no_longer_listed=hearing.no_longer_listed,
        booked=f"for {wording.moment(standing.starts_at)} in {standing.room}" if standing else None,
        list_key=hearing.list_key or "",
    )


def keys_for(site_id: UUID, day: date, known: Sequence[KnownMatter]) -> identity.Keys:
    return identity.Keys(site_id, day, (each.list_key for each in known if each.list_key))
