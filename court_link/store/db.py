"""The two verbs: `await db.read(use_case, ctx, ...)` and `await db.write(use_case, ctx, ...)`.

A use case is a plain function `verb(session, ctx, *things)` that returns frozen values, never rows.
The caller's duties: nothing slow inside (no network, files, argon2), never commit, and expect the whole
function to be run again on a deadlock or a busy database. `ctx.now` is court time, read once, inside the
transaction. A write answers only after COMMIT; it goes on when the client goes away.

Errors: whatever the use case raises (the transaction is rolled back), `Unavailable` when the queue is
full or the database is gone, locked or out of disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlmodel import Session

from court_link.domain.clock import Clock
from court_link.domain.context import Context

P = ParamSpec("P")
R = TypeVar("R")

UseCase = Callable[Concatenate[Session, Context, P], R]


class Db(Protocol):
    """A store on one engine. `open_db` makes one; `close` ends its threads and connections."""

    dialect: str
    clock: Clock

    async def read(
        self,
        use_case: Callable[Concatenate[Session, Context, P], R],
        ctx: Context,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run on a consistent snapshot that writes nothing."""
        ...

    async def write(
        self,
        use_case: Callable[Concatenate[Session, Context, P], R],
        ctx: Context,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run in a transaction of its own; the answer is durable."""
        ...

    async def sealed(self, after: int, timeout: float) -> int:  # noqa: ASYNC109 - it may end empty
        """Wait until an event beyond `after` is sealed, at most `timeout` seconds (real time).

        Answers the newest sealed `seq`, which may still be `after`.
        """
        ...

    async def close(self) -> None: ...
