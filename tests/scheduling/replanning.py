"""A court in a county with hearings to re-plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import select

from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.ids import new_id
from court_link.domain.places import PersonKind
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import Part
from court_link.scheduling import booking, replanning
from court_link.scheduling.affected import Consequence, Preview
from court_link.scheduling.replanning import What
from court_link.store import Db, Session, links
from court_link.store.bookings import Booking, of_hearings
from court_link.store.tables import EventRow, Hearing, Link, Person, Resource
from tests.county import SYSTEM_CONTEXT, County, add_hearing, add_shift
from tests.stores import MONDAY

RULES = Rules()
TEN = MONDAY + timedelta(hours=1)
DAY = timedelta(days=1)


class Court:
    """A county, its listing officer, and verbs of re-planning by short names."""

    def __init__(self, db: Db, county: County) -> None:
        self.db, self.county, self.clerk = db, county, county.listing_officer

    @classmethod
    async def settle(cls, db: Db) -> Court:
        county = await County.settle(db)
        staffed = (MONDAY - timedelta(hours=1), MONDAY + timedelta(days=14))
        await db.write(add_shift, SYSTEM_CONTEXT, county.suite, *staffed)
        return cls(db, county)

    async def person(self, name: str, kind: PersonKind) -> UUID:
        """Another bookable person of the court."""

        def write(session: Session, ctx: Context) -> UUID:
            id_ = new_id()
            session.add(
                Resource(id=id_, kind=ResourceKind.PERSON, organisation_id=self.county.court, name=name)
            )
            session.flush()
            session.add(Person(id=id_, kind=kind))
            return id_

        return await self.db.write(write, SYSTEM_CONTEXT)

    async def matter(self, title: str = "R v Example", **facts: Any) -> UUID:
        return await self.db.write(
            lambda s, c: add_hearing(s, c, self.county, TEN, title=title, **facts), SYSTEM_CONTEXT
        )

    def needs(self, **facts: Any) -> Needs:
        county = self.county
        usual: dict[str, Any] = {
            "courtroom_id": county.courtroom,
            "minutes": 30,
            "custody": (CustodyNeed(county.cell),),
            "attending": (county.officer,),
        }
        return Needs(**usual | facts)

    async def booked(self, title: str = "R v Example", start: Any = TEN, **facts: Any) -> UUID:
        """A matter that is booked; `facts` are of what it needs."""
        hearing = await self.matter(title)
        await self.db.write(booking.book, self.clerk, hearing, self.needs(**facts), start, rules=RULES)
        return hearing

    async def alone(self, title: str, start: Any, minutes: int = 30, **facts: Any) -> UUID:
        """A booked matter that needs a courtroom and nothing else."""
        return await self.booked(title, start, minutes=minutes, custody=(), attending=(), **facts)

    async def make(self, hearing: UUID, what: What, ctx: Context | None = None, **more: Any) -> Any:
        made: tuple[Consequence, ...] = await self.db.write(
            replanning.make, ctx or self.clerk, hearing, what, rules=RULES, **more
        )
        return made

    async def preview(self, hearing: UUID, what: What, **more: Any) -> Preview:
        return await self.db.write(replanning.preview, self.clerk, hearing, what, rules=RULES, **more)

    async def standing(self, *hearings: UUID) -> list[Booking]:
        found = await self.db.read(
            lambda session, ctx: of_hearings(session, hearings, ctx.now), SYSTEM_CONTEXT
        )
        return [found[each] for each in hearings]

    async def row(self, hearing: UUID) -> Hearing:
        return await self.db.read(lambda session, ctx: session.get_one(Hearing, hearing), SYSTEM_CONTEXT)

    async def change(self, hearing: UUID, **facts: Any) -> None:
        """Set columns of a hearing, as what happened to it would have."""

        def write(session: Session, ctx: Context) -> None:
            row = session.get_one(Hearing, hearing)
            for name, value in facts.items():
                setattr(row, name, value)

        await self.db.write(write, SYSTEM_CONTEXT)

    async def link(self, hearing: UUID, part: Part, label: str = "Ms Example", **facts: Any) -> UUID:
        """A link that the court gave out by hand."""
        made = await self.db.write(
            lambda s, c: links.ensure(s, c, hearing, part, label, **facts), SYSTEM_CONTEXT
        )
        return made.id

    async def links(self, hearing: UUID) -> list[Link]:
        def read(session: Session, ctx: Context) -> list[Link]:
            return list(session.exec(select(Link).where(Link.hearing_id == hearing)))

        return await self.db.read(read, SYSTEM_CONTEXT)

    async def events(self, kind: str) -> list[EventRow]:
        def read(session: Session, ctx: Context) -> list[EventRow]:
            query = select(EventRow).where(EventRow.kind == kind).order_by(EventRow.id)  # type: ignore[arg-type]
            return list(session.exec(query))

        return await self.db.read(read, SYSTEM_CONTEXT)

    async def count(self, table: Any) -> int:
        return await self.db.read(lambda session, ctx: len(session.exec(select(table)).all()), SYSTEM_CONTEXT)


def said(consequence: Consequence) -> dict[str, str]:
    return {each.name: each.said for each in consequence.affected}
