"""A court that imports, on each engine in turn."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from court_link.domain.context import SYSTEM, Context
from court_link.domain.hearing import HearingState
from court_link.domain.requirements import Needs, Rules
from court_link.domain.roles import OrganisationKind
from court_link.identity import organisations
from court_link.importing import lists, reading, runs
from court_link.importing.reports import Report
from court_link.importing.runs import Run
from court_link.scheduling import booking
from court_link.store import Db
from court_link.store.tables import Case, Hearing, Party, Resource, Site

SYSTEM_CTX = Context(SYSTEM)


@dataclass
class Court:
    """One court on one store, and what tests do with it."""

    db: Db
    id: UUID

    async def staged(self, content: bytes, name: str = "list.json") -> Run:
        what = reading.read_bytes(content)
        run_id = await self.db.write(runs.start, SYSTEM_CTX, self.id, name)
        return await lists.stage(self.db, SYSTEM_CTX, run_id, what)

    async def imported(self, content: bytes) -> Report:
        """Imports a list; its report, which the forecast must have told."""
        run = await self.staged(content)
        assert not run.report.refused, run.report.errors
        done = await lists.apply(self.db, SYSTEM_CTX, run.id)
        assert counts(run.report) == counts(done.report)
        assert done.applied == done.rows
        return done.report

    async def hearings(self) -> list[Hearing]:
        return await self.db.read(_hearings, SYSTEM_CTX, self.id)

    async def hearing(self, urn: str) -> Hearing:
        return await self.db.read(_hearing, SYSTEM_CTX, self.id, urn)

    async def parts(self, hearing_id: UUID) -> tuple[list[str], list[tuple[str, str, bool]]]:
        return await self.db.read(_parts, SYSTEM_CTX, hearing_id)

    async def book(self, hearing: Hearing) -> None:
        """Books a hearing where and when it is listed."""
        assert hearing.listed_room_id is not None
        needs = Needs(courtroom_id=hearing.listed_room_id, minutes=15)
        await self.db.write(booking.book, SYSTEM_CTX, hearing.id, needs, hearing.listed_at, rules=Rules())


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.no_longer_listed


@pytest.fixture
async def court(db: Db) -> Court:
    made = await db.write(
        organisations.create, SYSTEM_CTX, OrganisationKind.COURT, "Exampleton court", "Exampleshire"
    )
    return Court(db, made.id)


def _hearings(session: Session, ctx: Context, court_id: UUID) -> list[Hearing]:
    found = session.exec(
        select(Hearing).where(Hearing.court_id == court_id).order_by(col(Hearing.listed_at))
    ).all()
    session.expunge_all()
    return list(found)


def _hearing(session: Session, ctx: Context, court_id: UUID, urn: str) -> Hearing:
    found = session.exec(
        select(Hearing)
        .join(Case, col(Case.hearing_id) == col(Hearing.id))
        .where(Hearing.court_id == court_id, Case.urn == urn)
    ).one()
    session.expunge_all()
    return found


def _parts(session: Session, ctx: Context, hearing_id: UUID) -> tuple[list[str], list[tuple[str, str, bool]]]:
    cases = session.exec(
        select(Case.urn).where(Case.hearing_id == hearing_id).order_by(col(Case.position))
    ).all()
    parties = session.exec(
        select(Party).where(Party.hearing_id == hearing_id).order_by(col(Party.position))
    ).all()
    return list(cases), [(party.role, party.name, party.under_18) for party in parties]


def set_state(session: Session, ctx: Context, hearing_id: UUID, state: HearingState) -> None:
    """Puts a hearing into a state without the way there."""
    session.get_one(Hearing, hearing_id).state = state


def sites(session: Session, ctx: Context) -> list[tuple[str, str | None, list[str]]]:
    """Every site by name, with its code and the names of its rooms."""
    rooms = session.exec(select(Resource).order_by(col(Resource.name))).all()
    return [
        (site.name, site.code, [room.name for room in rooms if room.site_id == site.id])
        for site in session.exec(select(Site).order_by(col(Site.name)))
    ]
