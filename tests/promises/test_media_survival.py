"""Hearings survive their machines: workers killed, stopped and emptied, the service killed. Real processes.

What is held to is order and state: everybody hears again, in their own room, on the admission they had. How
long that takes is `python -m benchmarks.survival`'s to say.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from court_link.domain.context import SYSTEM, Context
from court_link.domain.node import NodeState
from court_link.media import joining
from court_link.media.cutting import NOT_CUT_OFF
from court_link.media.engine import EngineUnavailable
from court_link.store import Db, live, nodes
from tests.media.attendee import Attendee, attending
from tests.media.court import Court, court
from tests.media.rig import until
from tests.media.scene import Scene

WITHIN = 60.0  # seconds: a deadline for a machine that does much else, and no promise


@pytest.fixture
def one_worker(migrated_sqlite: Callable[[], str], tmp_path: Path) -> Iterator[Court]:
    with court(migrated_sqlite(), tmp_path) as running:
        yield running


@pytest.fixture
def two_workers(migrated_sqlite: Callable[[], str], tmp_path: Path) -> Iterator[Court]:
    with court(migrated_sqlite(), tmp_path, workers=2) as running:
        yield running


@pytest.fixture
def two_services(migrated_postgresql: Callable[[], str], tmp_path: Path) -> Iterator[Court]:
    with court(migrated_postgresql(), tmp_path, services=2) as running:
        yield running


@asynccontextmanager
async def opened(running: Court) -> AsyncIterator[Db]:
    db = await running.open()
    try:
        yield db
    finally:
        await db.close()


async def everybody_hears(*attendees: Attendee) -> None:
    """Everybody hears somebody, again and again."""
    for each in attendees:
        before = each.packets

        async def heard(each: Attendee = each, before: int = before) -> bool:
            return each.hears and each.packets > before + 5

        await until(heard, WITHIN, f"sound for {each.link}")


def kept_their_place(*attendees: Attendee) -> None:
    """Nobody was let in a second time, and nobody ever heard another room."""
    for each in attendees:
        assert each.admissions == ["admitted"]
        assert each.closed is None
        assert each.strangers == 0


async def node_of(db: Db, scene: Scene) -> str | None:
    return await db.read(lambda session, ctx: live.room(session, scene.hearing).node, Context(SYSTEM))


async def state_of(db: Db, name: str) -> NodeState | None:
    def read(session, ctx):
        return next((node.state for node in nodes.every(session) if node.name == name), None)

    return await db.read(read, Context(SYSTEM))


async def test_a_killed_worker_brings_everybody_back_to_their_own_room(one_worker: Court):
    async with opened(one_worker) as db:
        scenes = [await one_worker.hearing(db) for _ in range(2)]
        people = [each for scene in scenes for each in await one_worker.everybody(db, scene)]
        async with attending(*people):
            await everybody_hears(*people)
            before = {each.epochs[-1] for each in people}
            assert len(before) == 1
            os.kill(one_worker.worker(0), signal.SIGKILL)
            for each in people:

                async def anew(each: Attendee = each) -> bool:
                    return each.epochs[-1] not in before

                await until(anew, WITHIN, "a connection to the new process")
            await everybody_hears(*people)
            kept_their_place(*people)


async def test_of_two_workers_the_rooms_of_the_killed_one_alone_are_disturbed(two_workers: Court):
    async with opened(two_workers) as db:
        scenes = [await two_workers.hearing(db) for _ in range(2)]
        groups = [await two_workers.everybody(db, scene) for scene in scenes]
        async with attending(*(each for group in groups for each in group)):
            for group in groups:
                await everybody_hears(*group)
            # The least loaded takes the next one, so each has one of two.
            placed = [await node_of(db, scene) for scene in scenes]
            assert sorted(filter(None, placed)) == ["media-1", "media-2"]

            victim = placed.index("media-1")
            (lost,), (spared,) = [groups[victim]], [groups[1 - victim]]
            before = {each.epochs[-1] for each in lost}
            os.kill(two_workers.worker(0), signal.SIGKILL)
            for each in lost:

                async def anew(each: Attendee = each) -> bool:
                    return each.epochs[-1] not in before

                await until(anew, WITHIN, "a connection to another process")
            await everybody_hears(*lost, *spared)
            kept_their_place(*lost, *spared)
            assert [each.connections for each in spared] == [1, 1, 1]
            assert not any(each.banners for each in spared)
            assert [len(each.epochs) for each in spared] == [1, 1, 1]


async def test_a_drained_worker_keeps_its_rooms_and_gets_no_new_ones(two_workers: Court):
    async with opened(two_workers) as db:
        first = await two_workers.hearing(db)
        people = await two_workers.everybody(db, first)
        async with attending(*people):
            await everybody_hears(*people)
            full = await node_of(db, first)
            assert full
            assert two_workers.command("drain", full).returncode == 0

            async def draining() -> bool:
                return await state_of(db, full) is NodeState.DRAINING

            await until(draining, WITHIN, "the drain")
            later = [await two_workers.hearing(db) for _ in range(3)]
            more = [each for scene in later for each in await two_workers.everybody(db, scene)]
            async with attending(*more):
                await everybody_hears(*more, *people)
                assert {await node_of(db, scene) for scene in later} == {"media-1", "media-2"} - {full}
                assert await node_of(db, first) == full
                assert [each.connections for each in people] == [1, 1, 1]
                kept_their_place(*people, *more)
            shown = json.loads(two_workers.command("nodes", "--json").stdout)
            assert {each["name"]: each["state"] for each in shown}[full] == "draining"


async def test_a_hung_worker_is_lost_and_its_rooms_go_on_elsewhere(two_workers: Court):
    async with opened(two_workers) as db:
        scene = await two_workers.hearing(db)
        people = await two_workers.everybody(db, scene)
        officer = people[2]
        async with attending(*people):
            await everybody_hears(*people)
            before = await node_of(db, scene)
            assert before
            # A supervisor that is stopped too cannot help: the service must see it by itself.
            os.kill(two_workers.media.pid, signal.SIGSTOP)
            os.kill(two_workers.worker(int(before[-1]) - 1), signal.SIGSTOP)
            await db.write(joining.remove, scene.clerk, officer.link)

            async def warned() -> bool:
                return NOT_CUT_OFF in await problems(db, scene)

            async def moved() -> bool:
                return await node_of(db, scene) not in (None, before)

            await until(moved, WITHIN, "the room's move")
            await everybody_hears(*people[:2])
            kept_their_place(*people[:2])
            assert officer.closed == 4401

            # What staff were told of the removal, if anything, is settled now that the room is elsewhere.
            async def settled() -> bool:
                return not await warned()

            await until(settled, WITHIN, "the removal")

            # The one that hung wakes up with a room that is not its any more, and gives it up.
            os.kill(two_workers.worker(int(before[-1]) - 1), signal.SIGCONT)

            async def given_up() -> bool:
                with suppress(EngineUnavailable):
                    return str(scene.hearing) not in await two_workers.rooms(int(before[-1]) - 1)
                return False

            await until(given_up, WITHIN, "the end of the old room")
            os.kill(two_workers.media.pid, signal.SIGCONT)
            assert [len(each.epochs) for each in people[:2]] == [2, 2]
            await everybody_hears(*people[:2])


async def problems(db: Db, scene: Scene) -> list[str]:
    def read(session, ctx):
        return [each.kind for each in live.open_problems(session, scene.hearing)]

    return await db.read(read, Context(SYSTEM))


async def test_a_removal_that_no_worker_heard_is_told_to_staff_and_done_when_one_does(one_worker: Court):
    async with opened(one_worker) as db:
        scene = await one_worker.hearing(db)
        people = await one_worker.everybody(db, scene)
        officer = people[2]
        async with attending(*people):
            await everybody_hears(*people)
            os.kill(one_worker.media.pid, signal.SIGSTOP)
            os.kill(one_worker.worker(0), signal.SIGSTOP)
            await db.write(joining.remove, scene.clerk, officer.link)

            async def told() -> bool:
                shown = people[0].state.get("problems", [])
                return any("not confirmed" in each["words"] for each in shown)

            await until(told, WITHIN, "the warning")
            os.kill(one_worker.worker(0), signal.SIGCONT)
            os.kill(one_worker.media.pid, signal.SIGCONT)

            async def done() -> bool:
                return not await problems(db, scene)

            await until(done, WITHIN, "the removal")
            heard = officer.packets
            await everybody_hears(*people[:2])
            assert officer.packets == heard
            assert officer.closed == 4401


async def test_media_goes_on_while_a_process_of_the_service_dies(two_services: Court):
    async with opened(two_services) as db:
        scene = await two_services.hearing(db)
        people = await two_services.everybody(db, scene)
        async with attending(*people):
            await everybody_hears(*people)
            told = [each.signalled_at for each in people]
            two_services.kill_service(0)
            for each, before in zip(people, told, strict=True):

                async def again(each: Attendee = each, before: float = before) -> bool:
                    return each.signalled_at > before

                await until(again, WITHIN, "signalling through the other process")
            await everybody_hears(*people)
            two_services.serve(0)
            await everybody_hears(*people)
            kept_their_place(*people)
            assert [each.connections for each in people] == [1, 1, 1]

            # The same link opened again, at the other process: the older page makes way.
            bench = people[0]
            newer = Attendee(
                [two_services.urls[0]], two_services.urls[0], scene.hearing, bench.link, bench.token
            )
            async with attending(newer):

                async def replaced() -> bool:
                    return bench.closed == 4409

                await until(replaced, WITHIN, "the older page's end")
                await everybody_hears(newer)
                assert newer.closed is None
