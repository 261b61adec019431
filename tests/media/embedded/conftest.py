"""A forwarder in the test's own process, and peers round its table."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from court_link.media.embedded.forwarder import Forwarder
from tests.media.table import Table


@pytest.fixture
async def forwarder() -> AsyncIterator[Forwarder]:
    made = Forwarder("127.0.0.1", 0, addresses=("127.0.0.1",), node="n", capacity=20, url="")
    yield made
    await made.stop()


@pytest.fixture
async def table(forwarder: Forwarder) -> AsyncIterator[Table]:
    made = Table(forwarder)
    yield made
    for peer in made.peers.values():
        peer.vanish()
