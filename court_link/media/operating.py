"""What an operator does with media nodes: look at them, and empty one before it is stopped."""

from __future__ import annotations

from contextlib import suppress

from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import NotFound
from court_link.media import nodes
from court_link.media.engine import Engine, EngineUnavailable
from court_link.store import Db

_SYSTEM = Context(SYSTEM)


async def listed(engine: Engine, db: Db, ctx: Context = _SYSTEM) -> tuple[nodes.Shown, ...]:
    """Every node, as it is now where it answers. Raises Forbidden."""
    shown = await db.read(nodes.listed, ctx)
    with suppress(EngineUnavailable):
        await db.write(nodes.heard, _SYSTEM, await engine.nodes())
        shown = await db.read(nodes.listed, ctx)
    return shown


async def drain(engine: Engine, db: Db, name: str, ctx: Context = _SYSTEM) -> None:
    """Give a node no new rooms for as long as its process runs; those that it has go on.

    Raises Forbidden, NotFound, and EngineUnavailable when the node does not answer.
    """
    await listed(engine, db, ctx)  # of a node that nobody asked for yet nothing is known
    await db.read(nodes.check_drained, ctx, name)
    await engine.drain(name)
    found = await engine.nodes()
    if not any(node.name == name and node.draining for node in found):
        raise NotFound
    await db.write(nodes.heard, ctx, found)
