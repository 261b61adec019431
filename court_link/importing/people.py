"""An organisation's people, and their shifts and absences, from CSV files: read, compared, confirmed.

Two files, told apart by their columns. The people file is the whole of what an organisation has of the kinds
of people in it: who is not in it any longer is taken out of use. The shifts file is the whole rota of the
people in it for the dates from its first to its last: what else began on those dates goes. Whoever is in
neither file, and every other date, stays as it is.

A file is read and compared whole before anything changes, staged for its sender to look at, and applied in
one transaction: killed half-way, nothing of it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from heapq import nsmallest
from typing import Any
from uuid import UUID

from court_link.domain import wording
from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import NotFound, Stale, WrongState
from court_link.domain.events import EventKind
from court_link.domain.ids import new_id
from court_link.domain.places import DutyKind
from court_link.domain.roles import OrganisationKind, Permission
from court_link.domain.rota import may_employ
from court_link.domain.rota import said as span_said
from court_link.domain.times import Interval, day_interval
from court_link.importing.csvs import Faulty
from court_link.importing.faults import Fault
from court_link.importing.people_files import (
    DUTIES,
    KINDS,
    PEOPLE,
    DutyLine,
    PersonLine,
    Reading,
)
from court_link.importing.reports import Report
from court_link.store import Session, duties, staff
from court_link.store import imports as store
from court_link.store.events import record
from court_link.store.tables import ImportRun, Person, Resource
from court_link.store.tables.imports import ImportState

#: Records of one staged row, and what is shown of a file before it is confirmed.
_TOGETHER, _SHOWN = 500, 25


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that was sent, and what came of it or would. `said` are the first of its changes, in words."""

    id: UUID
    organisation_id: UUID
    file_name: str
    format: str
    state: ImportState
    rows: int
    days: tuple[date, ...]
    added: int
    changed: int
    unchanged: int
    gone: int
    warnings: tuple[str, ...]
    errors: tuple[Fault, ...]
    created_at: datetime
    said: tuple[str, ...] = ()


@dataclass(slots=True)
class _Difference:
    """What a file changes: rows to make, change and take away, and the words for it."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    said: list[str] = field(default_factory=list)
    faults: Faulty = field(default_factory=Faulty)

    def say(self, sentence: str) -> None:
        if len(self.said) < _SHOWN:
            self.said.append(sentence)


def stage(session: Session, ctx: Context, file_name: str, reading: Reading) -> Staged:
    """Puts a file beside the store with the report of what it would change. Raises Forbidden."""
    organisation_id = own(ctx)
    faults = reading.faults
    difference = _Difference()
    if not faults:
        difference = _compare(session, organisation_id, reading)
        faults = tuple(difference.faults.found)
    report = _report(reading.format, _Difference() if faults else difference, faults)
    run = ImportRun(
        id=new_id(),
        organisation_id=organisation_id,
        file_name=file_name[:200],
        format=reading.format,
        digest=reading.digest,
        state=ImportState.REFUSED if faults else ImportState.STAGED,
        report=report.document() | {"days": [each.isoformat() for each in reading.days]},
        rows=len(reading.people) + len(reading.duties),
        created_by=ctx.actor.id,
        created_at=ctx.now,
    )
    session.add(run)
    session.flush()
    if not faults:
        store.add_rows(session, _packed(run.id, reading, difference.said))
    return _told(run, tuple(difference.said) if not faults else ())


def check(session: Session, ctx: Context, reading: Reading) -> Staged:
    """What a file would change, with nothing kept of it."""
    staged = stage(session, ctx, "", reading)
    run = session.get_one(ImportRun, staged.id)
    _forget(session, run)
    session.delete(run)
    return staged


def confirm(session: Session, ctx: Context, run_id: UUID) -> Staged:
    """Applies a staged file, all of it or nothing, compared again with what is known by now.

    Raises NotFound, WrongState, and Stale when what it leans on is gone since it was looked at.
    """
    run = _visible(session, ctx, run_id, lock=True)
    if run.state is not ImportState.STAGED:
        raise WrongState(f"This import is {run.state.value}, so it cannot be applied.")
    reading = _unpacked(session, run)
    difference = _compare(session, run.organisation_id, reading, apply=True)
    if difference.faults.found:
        raise Stale("What this file names has changed since it was read. Send it again.")
    run.report = _report(run.format, difference, ()).document() | {
        "days": [each.isoformat() for each in reading.days]
    }
    run.state, run.applied, run.version = ImportState.DONE, run.rows, run.version + 1
    _forget(session, run)
    record(
        session,
        ctx,
        EventKind.PEOPLE_IMPORTED,
        organisation_id=run.organisation_id,
        subject_id=run.id,
        data={
            "format": run.format,
            "added": difference.added,
            "changed": difference.changed,
            "gone": difference.gone,
        },
    )
    return _told(run, tuple(difference.said))


def cancel(session: Session, ctx: Context, run_id: UUID) -> Staged:
    """Lets a staged file go. Raises NotFound, WrongState."""
    run = _visible(session, ctx, run_id, lock=True)
    if run.state is not ImportState.STAGED:
        raise WrongState(f"This import is {run.state.value}, so it cannot be cancelled.")
    run.state, run.version = ImportState.CANCELLED, run.version + 1
    _forget(session, run)
    return _told(run)


def one(session: Session, ctx: Context, run_id: UUID) -> Staged:
    """One file of the asker's own organisation."""
    run = _visible(session, ctx, run_id)
    said = store.payloads(session, run.id, limit=1)[0]["said"] if run.state is ImportState.STAGED else ()
    return _told(run, tuple(said))


def history(
    session: Session, ctx: Context, before: UUID | None = None, limit: int = 25
) -> tuple[Staged, ...]:
    """The newest files of the asker's own organisation."""
    found = store.runs(session, [own(ctx)], before=before, limit=limit, staff=True)
    return tuple(_told(run) for run in found)


def allow(ctx: Context) -> None:
    """Raises Forbidden unless the asker imports people for some organisation."""
    own(ctx)


def _compare(
    session: Session, organisation_id: UUID, reading: Reading, *, apply: bool = False
) -> _Difference:
    """What a file changes for an organisation; `apply` makes the changes, under the people's locks."""
    if reading.format == PEOPLE:
        return _compare_people(session, organisation_id, reading.people, apply)
    return _compare_duties(session, organisation_id, reading, apply)


def _compare_people(
    session: Session, organisation_id: UUID, lines: Sequence[PersonLine], apply: bool
) -> _Difference:
    difference = _Difference()
    organisation = staff.organisation(session, organisation_id)
    stations = {name.casefold(): id_ for id_, name in staff.stations(session, [organisation_id])}
    known = {
        person.number.casefold(): (person, resource)
        for person, resource in staff.person_rows(session, organisation_id, lock=apply)
    }
    kinds = {KINDS[line.kind] for line in lines}
    fresh: list[tuple[str, Mapping[str, Any]]] = []
    for line in lines:
        facts = _facts(line, stations, organisation.kind, difference.faults)
        there = known.pop(line.number.casefold(), None)
        if there is None:
            difference.added += 1
            difference.say(f"{line.name}, {line.number}, is added.")
            fresh.append((line.name, facts))
            continue
        changed = _changed(*there, line.name, facts)
        if not changed:
            difference.unchanged += 1
            continue
        difference.changed += 1
        difference.say(f"{line.name}, {line.number}: {wording.listed(changed)} changed.")
        if apply:
            _change_person(*there, line.name, facts)
    if apply:
        _add_people(session, organisation_id, fresh)
    for person, resource in known.values():
        if person.kind in kinds and resource.active:
            difference.gone += 1
            difference.say(f"{resource.name}, {person.number}, is no longer in use.")
            if apply:
                resource.active, resource.version = False, resource.version + 1
    session.flush()
    return difference


def _facts(
    line: PersonLine, stations: Mapping[str, UUID], organisation: OrganisationKind, faults: Faulty
) -> dict[str, Any]:
    kind = KINDS[line.kind]
    if not may_employ(organisation, kind):
        faults.add(line.line, "kind", f"Your organisation has no {line.kind}s.")
    if line.station and line.station.casefold() not in stations:
        faults.add(line.line, "station", f"{line.station} is not one of your places.")
    return {
        "number": line.number,
        "kind": kind,
        "email": line.email,
        "station_id": stations.get(line.station.casefold()),
        "languages": list(line.languages),
    }


#: What each fact of a person is called.
_CALLED = {
    "number": "number",
    "kind": "kind",
    "email": "e-mail address",
    "station_id": "station",
    "languages": "languages",
}


def _changed(person: Person, resource: Resource, name: str, facts: Mapping[str, Any]) -> list[str]:
    """What differs, as people call it."""
    found = ["name"] if resource.name != name else []
    found += [_CALLED[fact] for fact, value in facts.items() if getattr(person, fact) != value]
    return found if resource.active else [*found, "being in use"]


def _add_people(
    session: Session, organisation_id: UUID, fresh: Sequence[tuple[str, Mapping[str, Any]]]
) -> None:
    """Adds people by name and facts: their resources first, which they refer to."""
    made = [
        (
            Resource(id=new_id(), kind=ResourceKind.PERSON, organisation_id=organisation_id, name=name),
            facts,
        )
        for name, facts in fresh
    ]
    session.add_all(resource for resource, _ in made)
    session.flush()
    session.add_all(Person(id=resource.id, **facts) for resource, facts in made)


def _change_person(person: Person, resource: Resource, name: str, facts: Mapping[str, Any]) -> None:
    resource.name, resource.active, resource.version = name, True, resource.version + 1
    for fact, value in facts.items():
        setattr(person, fact, value)


def _compare_duties(session: Session, organisation_id: UUID, reading: Reading, apply: bool) -> _Difference:
    difference = _Difference()
    people = {
        person.number.casefold(): (person.id, resource)
        for person, resource in staff.person_rows(session, organisation_id, lock=apply)
    }
    named: dict[UUID, Resource] = {}
    wanted: dict[tuple[UUID, Interval, str], DutyLine] = {}
    for line in reading.duties:
        there = people.get(line.number.casefold())
        if there is None:
            said = f"Nobody of yours has the number {line.number}. Import your people first."
            difference.faults.add(line.line, "person number", said)
            continue
        named[there[0]] = there[1]
        wanted[there[0], line.during, line.kind] = line
    if difference.faults.found or not reading.days:
        return difference
    covered = Interval(day_interval(reading.days[0]).start, day_interval(reading.days[1]).end)
    rota = duties.of(session, list(named), covered)
    known = {
        (person, each.interval, each.kind.value): each.id
        for person, stretches in rota.items()
        for each in stretches
        if covered.holds(each.interval.start)
    }
    fresh = [key for key in wanted if key not in known]
    gone = [key for key in known if key not in wanted]
    difference.added, difference.gone = len(fresh), len(gone)
    difference.unchanged = len(wanted) - len(fresh)
    for words, keys in (("is added", fresh), ("goes", gone)):
        for person, during, kind in nsmallest(_SHOWN, keys, key=lambda key: (key[1].start, key[0])):
            called = DutyKind(kind).value.replace("_", " ")
            difference.say(f"{named[person].name}: {called}, {span_said(during)}, {words}.")
    if apply:
        duties.remove(session, [known[key] for key in gone])
        duties.add(session, [(person, during, DutyKind(kind)) for person, during, kind in fresh])
        for person in {key[0] for key in (*fresh, *gone)}:
            named[person].version += 1
        session.flush()
    return difference


def _report(format_: str, difference: _Difference, faults: Sequence[Fault]) -> Report:
    """In the shape that every run keeps, so that who tidies runs away need not tell them apart."""
    return Report(
        format=format_,
        created=difference.added,
        updated=difference.changed,
        unchanged=difference.unchanged,
        no_longer_listed=difference.gone,
        errors=tuple(faults),
    )


def _packed(run_id: UUID, reading: Reading, said: Sequence[str]) -> Iterable[dict[str, Any]]:
    """A file's lines as staged rows, the words about it first."""
    lines: Sequence[PersonLine | DutyLine] = reading.people or reading.duties
    yield {"run_id": run_id, "position": 0, "key": "", "payload": {"said": list(said)}}
    for start in range(0, len(lines), _TOGETHER):
        payload = {"lines": [asdict(line) for line in lines[start : start + _TOGETHER]]}
        yield {"run_id": run_id, "position": start + 1, "key": "", "payload": payload}


def _unpacked(session: Session, run: ImportRun) -> Reading:
    lines = [line for payload in store.payloads(session, run.id, after=0) for line in payload["lines"]]
    if run.format == PEOPLE:
        people = tuple(PersonLine(**line | {"languages": tuple(line["languages"])}) for line in lines)
        return Reading(PEOPLE, run.digest, people=people)
    return Reading(DUTIES, run.digest, duties=tuple(DutyLine(**line) for line in lines))


def _forget(session: Session, run: ImportRun) -> None:
    """A file that is over is kept no longer: it names people."""
    while store.forget_rows(session, run.id):
        pass


def own(ctx: Context) -> UUID:
    """The organisation that the asker imports for: their own, whatever else they see."""
    ctx.require(Permission.PLAN_STAFF)
    if ctx.actor.organisation_id is None:
        raise NotFound()
    return ctx.actor.organisation_id


def _visible(session: Session, ctx: Context, run_id: UUID, *, lock: bool = False) -> ImportRun:
    run = store.run_of(session, [own(ctx)], run_id, lock=lock, staff=True)
    if run is None:
        raise NotFound()
    return run


def _told(run: ImportRun, said: tuple[str, ...] = ()) -> Staged:
    kept = dict(run.report)
    days = tuple(date.fromisoformat(day) for day in kept.pop("days", ()))
    report = Report.read(kept)
    return Staged(
        id=run.id,
        organisation_id=run.organisation_id,
        file_name=run.file_name,
        format=run.format,
        state=run.state,
        rows=run.rows,
        days=days,
        added=report.created,
        changed=report.updated,
        unchanged=report.unchanged,
        gone=report.no_longer_listed,
        warnings=report.warnings,
        errors=report.errors,
        created_at=run.created_at,
        said=said,
    )
