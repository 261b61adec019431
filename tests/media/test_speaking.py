"""Which page speaks for a link, whichever process each is connected to; on both engines of the store."""

from __future__ import annotations

import pytest

from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import NotFound
from court_link.domain.events import EventKind as E
from court_link.domain.ids import new_id
from court_link.media import joining, speaking
from court_link.media.credentials import Keys
from court_link.store import Db
from tests.media.scene import DEVICE, KEYS, Scene, participant, set_scene
from tests.media.test_rooms import written


@pytest.fixture
async def scene(db: Db) -> Scene:
    return await set_scene(db)


async def joined(db: Db, scene: Scene) -> str:
    keys: Keys = KEYS
    credential = keys.read(keys.credential(scene.officer.id, scene.officer.credential_version))
    token = (await db.write(joining.redeem, Context(SYSTEM), credential, keys, DEVICE)).token
    assert token
    return token


async def test_the_page_opened_last_speaks_and_the_older_one_no_more(db: Db, scene: Scene):
    token, ctx = await joined(db, scene), participant(scene.officer)
    first, second = new_id(), new_id()
    await db.write(speaking.take_over, ctx, token, first)
    assert await db.read(speaking.speaks, ctx, token, first)
    assert E.LINK_OPENED_AGAIN not in await db.read(written, ctx, scene.hearing)

    await db.write(speaking.take_over, ctx, token, second)
    assert [await db.read(speaking.speaks, ctx, token, page) for page in (first, second)] == [False, True]
    # Which wakes the older one, wherever it is connected.
    assert (await db.read(written, ctx, scene.hearing)).count(E.LINK_OPENED_AGAIN) == 1

    await db.write(speaking.take_over, ctx, token, second)  # it says so again, and nothing changes
    assert await db.read(speaking.speaks, ctx, token, second)
    assert (await db.read(written, ctx, scene.hearing)).count(E.LINK_OPENED_AGAIN) == 1


async def test_nobody_speaks_without_a_join_session(db: Db, scene: Scene):
    with pytest.raises(NotFound):
        await db.write(speaking.take_over, participant(scene.officer), "clj_none", new_id())
    assert not await db.read(speaking.speaks, participant(scene.officer), "clj_none", new_id())
