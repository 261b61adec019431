"""Named queries of import runs, and of the hearings that a list has made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, insert, update
from sqlmodel import Session, col, select

from court_link.domain.booking import BookingState
from court_link.domain.roles import OrganisationKind
from court_link.store.tables import (
    Booking,
    Case,
    Hearing,
    ImportRow,
    ImportRun,
    Organisation,
    Party,
    Resource,
)
from court_link.store.tables.imports import ImportState

#: The format of the runs that are of rotas, and not of court lists.
ROTA = "rota"
#: The states in which a run's rows, which hold names, are needed no longer.
OVER = frozenset({ImportState.DONE, ImportState.CANCELLED, ImportState.REFUSED})
#: Runs of these formats are no court lists: their own use cases name them.
STAFF_FORMATS = frozenset({"people", "duties"})
#: Bound variables of one statement; SQLite's smallest limit is 32,766.
_AT_ONCE = 5000


def run_of(
    session: Session,
    organisations: Collection[UUID] | None,
    run_id: UUID,
    *,
    lock: bool = False,
    staff: bool = False,
) -> ImportRun | None:
    """A run of one of these organisations, of files about `staff` or of others; None is any run at all."""
    query = select(ImportRun).where(ImportRun.id == run_id)
    if organisations is not None:
        query = query.where(col(ImportRun.organisation_id).in_(organisations), _of_staff(staff))
    return session.exec(query.with_for_update() if lock else query).one_or_none()


def runs(
    session: Session,
    organisations: Collection[UUID],
    *,
    before: UUID | None,
    limit: int,
    rotas: bool = False,
    staff: bool = False,
) -> Sequence[ImportRun]:
    """The newest runs of these organisations: of court lists, or of `rotas`, or of files about `staff`.

    `before` is the last one already shown.
    """
    kind = col(ImportRun.format) == ROTA if rotas else _of_staff(staff)
    if not (rotas or staff):
        kind = kind & (col(ImportRun.format) != ROTA)
    query = select(ImportRun).where(col(ImportRun.organisation_id).in_(organisations), kind)
    if before is not None:
        query = query.where(col(ImportRun.id) < before)
    return session.exec(query.order_by(col(ImportRun.id).desc()).limit(limit)).all()


def _of_staff(staff: bool) -> ColumnElement[bool]:
    formats = col(ImportRun.format)
    return formats.in_(STAFF_FORMATS) if staff else formats.not_in(STAFF_FORMATS)


def in_state(session: Session, organisation_id: UUID, state: ImportState) -> Sequence[ImportRun]:
    return session.exec(
        select(ImportRun).where(ImportRun.organisation_id == organisation_id, ImportRun.state == state)
    ).all()


def applying(session: Session) -> Sequence[UUID]:
    return session.exec(select(ImportRun.id).where(ImportRun.state == ImportState.APPLYING)).all()


def unconfirmed(session: Session, before: datetime) -> Sequence[UUID]:
    """The runs begun before a moment of court time and not confirmed since, locked in id order."""
    waiting = [ImportState.STAGING, ImportState.STAGED]
    return session.exec(
        select(ImportRun.id)
        .where(col(ImportRun.state).in_(waiting), ImportRun.created_at < before)
        .order_by(col(ImportRun.id))
        .with_for_update()
    ).all()


def unforgotten(session: Session) -> Sequence[UUID]:
    """The runs that are over and still have staged rows."""
    rows = exists().where(col(ImportRow.run_id) == ImportRun.id)
    return session.exec(select(ImportRun.id).where(col(ImportRun.state).in_(OVER), rows)).all()


def unfinished(session: Session, organisation_id: UUID, digest: str) -> ImportRun | None:
    """A run of the same file that was stopped half-way."""
    return session.exec(
        select(ImportRun).where(
            ImportRun.organisation_id == organisation_id,
            ImportRun.digest == digest,
            ImportRun.state == ImportState.APPLYING,
        )
    ).first()


def courts(session: Session) -> Sequence[Organisation]:
    """Every court, by name."""
    return session.exec(
        select(Organisation)
        .where(Organisation.kind == OrganisationKind.COURT)
        .order_by(col(Organisation.name))
    ).all()


def add_rows(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    session.execute(insert(ImportRow), list(rows))


def payloads(session: Session, run_id: UUID, *, after: int = -1, limit: int = 1000) -> list[dict[str, Any]]:
    """Staged matters in order, from the one after position `after`."""
    found = session.exec(
        select(ImportRow.payload)
        .where(ImportRow.run_id == run_id, ImportRow.position > after)
        .order_by(col(ImportRow.position))
        .limit(limit)
    )
    return [dict(each) for each in found]


def forget_rows(session: Session, run_id: UUID, limit: int = 1000) -> int:
    """Deletes some staged rows of a run, which hold names; how many."""
    positions = session.exec(
        select(ImportRow.position)
        .where(ImportRow.run_id == run_id)
        .order_by(col(ImportRow.position))
        .limit(limit)
    ).all()
    if positions:
        session.execute(
            delete(ImportRow).where(col(ImportRow.run_id) == run_id, col(ImportRow.position) <= positions[-1])
        )
    return len(positions)


def advance(session: Session, run_id: UUID, applied: int, to: int, report: dict[str, Any]) -> bool:
    """Moves a run on from `applied` rows to `to`; False when it is no longer there, or no longer applying."""
    moved = session.execute(
        update(ImportRun)
        .where(
            col(ImportRun.id) == run_id,
            col(ImportRun.applied) == applied,
            col(ImportRun.state) == ImportState.APPLYING,
        )
        .values(applied=to, report=report)
    )
    return bool(getattr(moved, "rowcount", 0))


@dataclass(frozen=True, slots=True)
class Standing:
    """The booking that a hearing has."""

    starts_at: datetime
    room_id: UUID
    room: str


@dataclass(frozen=True, slots=True)
class Known:
    """A hearing that a list has made, with its cases and parties in order."""

    hearing: Hearing
    cases: tuple[str, ...]
    parties: tuple[Party, ...]
    standing: Standing | None


def sheet(session: Session, court_id: UUID, site_id: UUID, day: date) -> list[Known]:
    """The imported hearings of one court house and one London day."""
    hearings = session.exec(
        select(Hearing)
        .join(Resource, col(Resource.id) == col(Hearing.listed_room_id))
        .where(
            Hearing.court_id == court_id,
            Hearing.listed_day == day,
            col(Hearing.list_key).is_not(None),
            Resource.site_id == site_id,
        )
        .order_by(col(Hearing.id))
    ).all()
    return _with_their_parts(session, hearings)


def locked(session: Session, ids: Collection[UUID]) -> dict[UUID, Known]:
    """These hearings, locked in the order of their ids, with their parts as they stand."""
    hearings = session.exec(
        select(Hearing).where(col(Hearing.id).in_(ids)).order_by(col(Hearing.id)).with_for_update()
    ).all()
    return {known.hearing.id: known for known in _with_their_parts(session, hearings)}


def replace_parts(
    session: Session, hearing_id: UUID, cases: Sequence[Case], parties: Sequence[Party]
) -> None:
    """Puts these cases and parties in the place of those that a hearing has."""
    session.execute(delete(Case).where(col(Case.hearing_id) == hearing_id))
    session.execute(delete(Party).where(col(Party.hearing_id) == hearing_id))
    session.add_all([*cases, *parties])


def _with_their_parts(session: Session, hearings: Sequence[Hearing]) -> list[Known]:
    cases: dict[UUID, list[str]] = {hearing.id: [] for hearing in hearings}
    parties: dict[UUID, list[Party]] = {hearing.id: [] for hearing in hearings}
    standing: dict[UUID, Standing] = {}
    for ids in _chunks(list(cases)):
        for case in session.exec(
            select(Case).where(col(Case.hearing_id).in_(ids)).order_by(col(Case.position))
        ):
            cases[case.hearing_id].append(case.urn)
        for party in session.exec(
            select(Party).where(col(Party.hearing_id).in_(ids)).order_by(col(Party.position))
        ):
            parties[party.hearing_id].append(party)
        booked = session.exec(
            select(Booking, Resource)
            .join(Resource, col(Resource.id) == col(Booking.courtroom_id))
            .where(
                col(Booking.hearing_id).in_(ids),
                col(Booking.state).in_([BookingState.PROVISIONAL, BookingState.CONFIRMED]),
            )
        )
        for booking, room in booked:
            standing[booking.hearing_id] = Standing(booking.starts_at, room.id, room.name)
    return [
        Known(hearing, tuple(cases[hearing.id]), tuple(parties[hearing.id]), standing.get(hearing.id))
        for hearing in hearings
    ]


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
