"""A retry with the same key gets the same answer, and nothing happens twice."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from court_link.domain.context import PUBLIC, Actor, ActorKind, Context
from court_link.domain.errors import Conflict
from court_link.domain.events import EventKind
from court_link.domain.ids import new_id
from court_link.store import Db, events
from court_link.store.idempotency import KeyReused, forget, once
from tests.store.rows import CTX
from tests.stores import MONDAY

CLERK = Context(Actor(ActorKind.USER, id=new_id()), idempotency_key="k1")


def note(session, ctx, digest: str = "d", use_case: str = "note"):
    """Do a thing once; its answer names the doing."""
    return once(
        session,
        ctx,
        use_case,
        digest,
        lambda: {"event": str(events.record(session, ctx, EventKind.REPORT_READ)), "lines": [1, None, "é"]},
    )


def count_events(session, ctx) -> int:
    return int(session.execute(text("SELECT count(*) FROM event")).scalar_one())


async def times_done(db: Db) -> int:
    return await db.read(count_events, CTX)


async def test_a_retry_gets_the_first_answer(db: Db) -> None:
    first = await db.write(note, CLERK)
    assert await db.write(note, CLERK) == first
    assert await times_done(db) == 1


async def test_a_hundred_at_once_are_done_once(db: Db) -> None:
    answers = await asyncio.gather(*(db.write(note, CLERK) for _ in range(100)))
    assert len({answer["event"] for answer in answers}) == 1
    assert await times_done(db) == 1


@pytest.mark.parametrize("other", [{"digest": "other"}, {"use_case": "other"}])
async def test_a_key_used_for_another_request_is_refused(db: Db, other: dict[str, str]) -> None:
    await db.write(note, CLERK)
    with pytest.raises(KeyReused):
        await db.write(note, CLERK, **other)
    assert await times_done(db) == 1


async def test_keys_are_each_actors_own(db: Db) -> None:
    await db.write(note, CLERK)
    await db.write(note, replace(CLERK, actor=Actor(ActorKind.USER, id=new_id())))
    assert await times_done(db) == 2


async def test_without_a_key_or_an_actor_each_request_is_its_own(db: Db) -> None:
    for ctx in (replace(CLERK, idempotency_key=None), replace(CLERK, actor=PUBLIC)):
        await db.write(note, ctx)
        await db.write(note, ctx)
    assert await times_done(db) == 4


async def test_a_refusal_is_not_remembered(db: Db) -> None:
    def refuse(session, ctx):
        def run():
            raise Conflict("Not now.")

        return once(session, ctx, "note", "d", run)

    with pytest.raises(Conflict):
        await db.write(refuse, CLERK)
    await db.write(note, CLERK)
    assert await times_done(db) == 1


async def test_old_keys_are_forgotten(db: Db) -> None:
    await db.write(note, CLERK)
    assert await db.write(forget, CTX, MONDAY) == 0
    assert await db.write(forget, CTX, MONDAY + timedelta(seconds=1)) == 1
    await db.write(note, CLERK)
    assert await times_done(db) == 2
