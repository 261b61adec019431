"""A started application in a county, with a listing officer of its court."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.api.apps import World, started
from tests.county import SYSTEM_CONTEXT, County, add_shift
from tests.stores import MONDAY


@pytest.fixture
async def world(sqlite_store: str) -> AsyncIterator[World]:
    async with started(sqlite_store) as running:
        yield running


@pytest.fixture
async def settled(world: World) -> County:
    """A county whose custody suite is staffed by two all day."""
    county = await County.settle(world.db)
    whole_day = (MONDAY - timedelta(hours=1), MONDAY + timedelta(hours=12))
    await world.db.write(add_shift, SYSTEM_CONTEXT, county.suite, *whole_day)
    return county
