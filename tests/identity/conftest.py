"""A started application on SQLite: what the store promises on both engines, its own tests show."""

from collections.abc import AsyncIterator

import pytest

from tests.api.apps import World, started


@pytest.fixture
async def world(sqlite_store: str) -> AsyncIterator[World]:
    async with started(sqlite_store) as running:
        yield running
