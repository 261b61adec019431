"""Writes that may be sent again: `Idempotency-Key` on a POST answers what it answered the first time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from court_link.domain.context import Context
from court_link.domain.events import canonical
from court_link.store import Db, Session, idempotency


async def written_once(
    store: Db,
    ctx: Context,
    use_case: str,
    subject: UUID | None,
    asked: BaseModel,
    allow: Callable[[Session, Context], object],
    run: Callable[[Session, Context], BaseModel],
) -> dict[str, Any]:
    """What `run` answers, as JSON; the same again when this asker's key has been seen with this request.

    `allow` raises unless the asker may do this now: a kept answer is shown to nobody else. Raises KeyReused
    when the key came with another request, and whatever `allow` and `run` raise.
    """
    whole = {"subject": str(subject), "asked": asked.model_dump(mode="json")}
    digest = hashlib.sha256(canonical(whole)).hexdigest()

    def once(session: Session, ctx: Context) -> dict[str, Any]:
        allow(session, ctx)
        return idempotency.once(
            session, ctx, use_case, digest, lambda: run(session, ctx).model_dump(mode="json")
        )

    return await store.write(once, ctx)
