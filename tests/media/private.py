"""A hearing with people who consult in private: an advocate, an interpreter, probation, a co-defendant."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from court_link.domain.context import SYSTEM, Context
from court_link.domain.events import EventKind
from court_link.domain.link import Admission, Link
from court_link.domain.roles import Part
from court_link.domain.rooms import WITNESSES, consultation_of
from court_link.domain.standing import Standing
from court_link.media import consulting, granting, joining
from court_link.media.arrangement import arrange
from court_link.media.engine import Kind, may_receive
from court_link.scheduling import running
from court_link.store import Db, hearings, links, rooms
from court_link.store.tables import EventRow
from tests.media.scene import DEVICE, KEYS, Scene, direct, participant, set_scene

SYSTEMS = Context(SYSTEM)


@dataclass
class Private:
    """The scene, and everybody of it by name."""

    db: Db
    scene: Scene
    people: dict[str, Link]

    def __getitem__(self, name: str) -> Link:
        return self.people[name]

    def ctx(self, name: str) -> Context:
        return participant(self.people[name])

    async def now(self, name: str) -> Link:
        """Somebody's link as it is written down."""
        return await self.db.read(links.get, SYSTEMS, self.people[name].id)

    async def add(self, name: str, part: Part) -> Link:
        """One more who may come in."""
        made = await self.db.write(joining.issue, self.scene.clerk, self.scene.hearing, part, name)
        self.people[name] = made
        return made

    async def arrives(self, *names: str) -> None:
        """Into the lobby, and identified."""
        for name in names:
            await self.db.write(joining.arrive, self.ctx(name))
            await self.db.write(joining.identify, self.scene.clerk, self.people[name].id)

    async def comes(self, *names: str) -> None:
        """Into the hearing, and called."""
        for name in names:
            if (await self.now(name)).admission is Admission.EXPECTED:
                await self.arrives(name)
            await self.db.write(direct, SYSTEMS, self.people[name])
            await self.db.write(joining.admit, self.scene.clerk, self.people[name].id)
            if self.people[name].part in WITNESSES:
                await self.db.write(granting.call, self.scene.clerk, self.people[name].id)

    async def bench(self) -> None:
        """The bench signs in and is in the hearing."""
        await self.db.write(joining.sign_in, self.scene.bench, self.scene.bench_link.id, KEYS, DEVICE)

    async def consult(self, by: str | Context, *names: str) -> UUID:
        """A consultation called by somebody; its id."""
        asker = self.ctx(by) if isinstance(by, str) else by
        called = [self.people[name].id for name in names]
        return (await self.db.write(consulting.consult, asker, self.scene.hearing, called)).id

    async def settle(self, *names: str) -> None:
        """Their devices have stopped sending for where they were."""
        for name in names:
            await self.db.write(consulting.settle, self.ctx(name), (await self.standing_link(name)).moves)

    async def standing(self) -> Standing:
        def read(session, ctx):
            return rooms.standing(session, ctx, hearings.row(session, self.scene.hearing))

        return await self.db.read(read, SYSTEMS)

    async def standing_link(self, name: str) -> Link:
        found = (await self.standing()).link(self.people[name].id)
        assert found
        return found

    async def inside(self) -> set[str]:
        """Who is in any private consultation."""
        standing = await self.standing()
        return {
            name
            for name, link in self.people.items()
            if (found := standing.link(link.id)) and consultation_of(found.place)
        }

    async def hears(self, receiver: str, source: str) -> bool:
        """Whether one may hear another at this moment, by the engine's own rule."""
        room = {link.link: link for link in arrange(await self.standing()).links}
        one, other = room.get(str(self.people[source].id)), room.get(str(self.people[receiver].id))
        return bool(one and other and may_receive(one, other, Kind.AUDIO))

    async def told(self) -> list[EventKind]:
        """What was written down of the hearing, in order."""

        def read(session, ctx):
            return list(
                session.exec(
                    select(EventRow.kind)
                    .where(EventRow.hearing_id == self.scene.hearing)
                    .order_by(col(EventRow.at), col(EventRow.id))
                )
            )

        return await self.db.read(read, SYSTEMS)


async def set_private(db: Db, *, opened: bool = True) -> Private:
    """The scene with an advocate, an interpreter, probation and an observer, and its lobby open or not."""
    scene = await set_scene(db)
    if opened:
        await db.write(running.open_lobby, scene.clerk, scene.hearing)
    found = Private(
        db, scene, {"bench": scene.bench_link, "defendant": scene.defendant, "officer": scene.officer}
    )
    for name, part in (
        ("advocate", Part.ADVOCATE),
        ("interpreter", Part.INTERPRETER),
        ("probation", Part.PROBATION),
        ("observer", Part.OBSERVER),
    ):
        await found.add(name, part)
    return found


async def add_defendant(found: Private, name: str) -> None:
    """A co-defendant in the same hearing."""

    def made(session, ctx):
        return links.ensure(session, ctx, found.scene.hearing, Part.DEFENDANT, name)

    found.people[name] = await found.db.write(made, SYSTEMS)
