"""Import runs: a file staged whole, looked at, then applied in short transactions.

    staging -> staged -> applying -> done
       |          |          |
    refused   cancelled  cancelled

A run's rows are its matters in the order of their sheets (a court house's day). Each transaction applies some
rows and moves `applied` on by as many, or does neither: a run that is killed half-way goes on from there, no
matter is ever half there, and two processes that apply the same run do not apply a row twice. One run of an
organisation is applied at a time. Bookings go on between the transactions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import Conflict, FieldError, Invalid, NotFound, WrongState
from court_link.domain.events import EventKind
from court_link.domain.ids import new_id
from court_link.domain.roles import OrganisationKind, Permission
from court_link.importing import applying, siting
from court_link.importing.comparing import Change, Gone, Step
from court_link.importing.matters import Matter, packed, unpacked
from court_link.importing.reports import Report
from court_link.store import Session
from court_link.store import imports as store
from court_link.store.events import record
from court_link.store.tables import ImportRun, Organisation
from court_link.store.tables.imports import ImportState

#: A file that was staged and never confirmed is forgotten after this long of court time: it holds names.
_KEPT = timedelta(days=1)


class AnotherImport(Conflict):
    """Another list is being imported for this court. Wait for it to end, or cancel it."""


class Superseded(Conflict):
    """This import was cancelled, or is being applied elsewhere."""


class NotACourt(Invalid):
    """Lists are imported by a court. Choose the court that the list is of."""


@dataclass(frozen=True, slots=True)
class Run:
    """An import run as its reader sees it. `applied` of `rows` matters are in."""

    id: UUID
    organisation_id: UUID
    file_name: str
    state: ImportState
    report: Report
    rows: int
    applied: int
    created_at: datetime
    created_by: UUID | None
    days: tuple[date, ...]  # that the list is for

    def document(self) -> dict[str, Any]:
        """What is kept of the run as JSON: its report, and its days."""
        return self.report.document() | {"days": [day.isoformat() for day in self.days]}


def start(session: Session, ctx: Context, organisation_id: UUID, file_name: str) -> UUID:
    """Makes a run that a file is about to be read into."""
    court(session, ctx, organisation_id)
    run = ImportRun(
        id=new_id(),
        organisation_id=organisation_id,
        file_name=file_name[:200],
        format="",
        digest="",
        state=ImportState.STAGING,
        report=Report("").document(),
        created_by=ctx.actor.id,
        created_at=ctx.now,
    )
    session.add(run)
    session.flush()
    return run.id


def stage(session: Session, ctx: Context, run_id: UUID, first: int, matters: Sequence[Matter]) -> None:
    """Puts some matters beside a run, from position `first`."""
    _in(session, ctx, run_id, ImportState.STAGING)
    store.add_rows(
        session,
        [
            {"run_id": run_id, "position": position, "key": matter.day.isoformat(), "payload": packed(matter)}
            for position, matter in enumerate(matters, first)
        ],
    )


def staged(
    session: Session,
    ctx: Context,
    run_id: UUID,
    digest: str,
    report: Report,
    rows: int,
    days: tuple[date, ...],
) -> Run:
    """The file is read: staged, with the report of what it would change, or refused."""
    run = _in(session, ctx, run_id, ImportState.STAGING)
    run.format, run.digest, run.rows = report.format, digest, rows
    run.state = ImportState.REFUSED if report.refused else ImportState.STAGED
    told = replace(_told(run), report=report, days=days)
    run.report = told.document()
    return told


def begin(session: Session, ctx: Context, run_id: UUID) -> Run:
    """Confirms a staged run, or takes up one that was stopped half-way. Raises AnotherImport."""
    ctx.require(Permission.IMPORT_LISTS)
    run = _visible(session, ctx, run_id, lock=True)
    # The organisation's row is the lock that keeps two runs of one court from beginning at once.
    session.get_one(Organisation, run.organisation_id, with_for_update=True)
    if any(
        other.id != run.id for other in store.in_state(session, run.organisation_id, ImportState.APPLYING)
    ):
        raise AnotherImport()
    if run.state is ImportState.STAGED:
        told = _told(run)
        run.report = replace(told, report=told.report.uncounted()).document()
        run.state = ImportState.APPLYING
        run.version += 1
    elif run.state is not ImportState.APPLYING:
        raise WrongState(f"This import is {run.state.value}, so it cannot be applied.")
    return _told(run)


def settle(
    session: Session, ctx: Context, run_id: UUID, wanted: Sequence[tuple[siting.House, str]]
) -> siting.Siting:
    """Finds, or adds, the sites and rooms of a run that is being applied."""
    run = _in(session, ctx, run_id, ImportState.APPLYING)
    return siting.settle(session, ctx, run.organisation_id, wanted)


def apply(
    session: Session,
    ctx: Context,
    run: Run,
    steps: Sequence[tuple[Step, str | None]],
    rooms: dict[str, UUID],
) -> Run:
    """Applies the next steps of a run, a new matter with its list key; Superseded when they are not next."""
    fresh = [(key, step.matter) for step, key in steps if key is not None]
    applying.create(session, ctx, run.organisation_id, fresh, rooms)
    came_to = applying.update(
        session, ctx, run.organisation_id, [step for step, key in steps if key is None], rooms
    )
    report = run.report.plus(
        tuple(warning for step, _ in steps for warning in step.warnings),
        created=len(fresh),
        updated=came_to.count(Change.UPDATED),
        unchanged=came_to.count(Change.UNCHANGED),
    )
    return _advanced(session, run, len(steps), report)


def unlist(session: Session, ctx: Context, run: Run, gone: Sequence[Gone]) -> Run:
    """Marks what a list no longer has, and goes on with the run."""
    marked = applying.unlist(session, ctx, run.organisation_id, gone)
    warnings = tuple(warning for each in gone for warning in each.warnings)
    return _advanced(session, run, 0, run.report.plus(warnings, no_longer_listed=marked))


def finish(session: Session, ctx: Context, run_id: UUID) -> Run:
    """Everything is applied: the run is done."""
    run = _in(session, ctx, run_id, ImportState.APPLYING)
    report = _told(run).report
    run.state = ImportState.DONE
    run.version += 1
    record(
        session,
        ctx,
        EventKind.LIST_IMPORTED,
        organisation_id=run.organisation_id,
        subject_id=run.id,
        data={
            "format": report.format,
            "created": report.created,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "no_longer_listed": report.no_longer_listed,
        },
    )
    return _told(run)


def cancel(session: Session, ctx: Context, run_id: UUID) -> Run:
    """Stops a run before it ends; what it has applied stays, each matter whole."""
    ctx.require(Permission.IMPORT_LISTS)
    run = _visible(session, ctx, run_id, lock=True)
    if run.state not in {ImportState.STAGING, ImportState.STAGED, ImportState.APPLYING}:
        raise WrongState(f"This import is {run.state.value}, so it cannot be cancelled.")
    run.state = ImportState.CANCELLED
    run.version += 1
    return _told(run)


def cancel_left(session: Session, ctx: Context) -> tuple[UUID, ...]:
    """Cancels every run that nobody confirmed within a day; for the system.

    Answers all the runs that are over and have rows still, these and what a process left when it ended.
    """
    for run_id in store.unconfirmed(session, ctx.now - _KEPT):
        cancel(session, ctx, run_id)
    session.flush()
    return tuple(store.unforgotten(session))


def forget(session: Session, ctx: Context, run_id: UUID) -> bool:
    """Deletes some of a finished run's rows, which hold names; whether there may be more."""
    run = store.run_of(session, None, run_id)
    over = run is not None and run.state in store.OVER
    return over and store.forget_rows(session, run_id) > 0


def being_applied(session: Session, ctx: Context) -> tuple[UUID, ...]:
    """Every run that was being applied when its process ended, or still is; for the system."""
    return tuple(store.applying(session)) if ctx.actor.everywhere else ()


def court(session: Session, ctx: Context, organisation_id: UUID) -> UUID:
    """The court that imports; raises NotACourt when it is none, or not the actor's."""
    ctx.require(Permission.IMPORT_LISTS)
    organisation = session.get(Organisation, organisation_id)
    in_scope = ctx.actor.everywhere or organisation_id in ctx.actor.scope
    if organisation is None or not in_scope or organisation.kind is not OrganisationKind.COURT:
        raise NotACourt(errors=[FieldError("court", NotACourt.__doc__ or "")])
    return organisation.id


def one(session: Session, ctx: Context, run_id: UUID) -> Run:
    """A run of the reader's own organisations."""
    ctx.require(Permission.IMPORT_LISTS)
    return _told(_visible(session, ctx, run_id))


def history(session: Session, ctx: Context, before: UUID | None = None, limit: int = 50) -> tuple[Run, ...]:
    """The newest runs of the reader's own organisations."""
    ctx.require(Permission.IMPORT_LISTS)
    return tuple(_told(run) for run in store.runs(session, ctx.actor.scope, before=before, limit=limit))


def stopped_half_way(session: Session, ctx: Context, organisation_id: UUID, digest: str) -> UUID | None:
    """The run of the same file that was being applied when its process ended, or still is."""
    ctx.require(Permission.IMPORT_LISTS)
    run = store.unfinished(session, organisation_id, digest)
    return run.id if run else None


def matters(session: Session, ctx: Context, run_id: UUID, after: int = -1, limit: int = 1000) -> list[Matter]:
    """Staged matters in order, from the one after position `after`."""
    run = _visible(session, ctx, run_id)
    return [unpacked(payload) for payload in store.payloads(session, run.id, after=after, limit=limit)]


def _advanced(session: Session, run: Run, by: int, report: Report) -> Run:
    moved = replace(run, applied=run.applied + by, report=report)
    if not store.advance(session, run.id, run.applied, moved.applied, moved.document()):
        raise Superseded()
    return moved


def _in(session: Session, ctx: Context, run_id: UUID, state: ImportState) -> ImportRun:
    run = _visible(session, ctx, run_id, lock=True)
    if run.state is not state:
        raise Superseded()
    return run


def _visible(session: Session, ctx: Context, run_id: UUID, *, lock: bool = False) -> ImportRun:
    run = store.run_of(session, None if ctx.actor.everywhere else ctx.actor.scope, run_id, lock=lock)
    # A rota is looked at and applied by `rota_runs`; the system forgets those that were left, too.
    if run is None or (run.format == store.ROTA and not ctx.actor.everywhere):
        raise NotFound()
    return run


def _told(run: ImportRun) -> Run:
    kept = dict(run.report)
    days = tuple(date.fromisoformat(day) for day in kept.pop("days", ()))
    return Run(
        id=run.id,
        organisation_id=run.organisation_id,
        file_name=run.file_name,
        state=run.state,
        report=Report.read(kept),
        rows=run.rows,
        applied=run.applied,
        created_at=run.created_at,
        created_by=run.created_by,
        days=days,
    )
