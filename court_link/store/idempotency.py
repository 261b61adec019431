"""One answer for one request, however often it is sent (`Idempotency-Key`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import Session

from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.store.prepared import Prepared
from court_link.store.tables import Idempotency

KEPT = Idempotency.__table__  # type: ignore[attr-defined]


class KeyReused(Invalid):
    """This Idempotency-Key has been used for a different request. Send a new key."""


def once(
    session: Session, ctx: Context, use_case: str, request_digest: str, run: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Answer what `run` answered the first time this actor sent this key; run it when this is the first.

    The answer is kept in the transaction of what it tells of; a refusal is not kept, for it changed nothing.
    Two transactions with one key run one after the other. Without a key, or an actor to keep it for, it
    simply runs. Raises KeyReused when the key came with another request.
    """
    if ctx.idempotency_key is None or ctx.actor.id is None:
        return run()
    mine = (KEPT.c.actor_id == ctx.actor.id) & (KEPT.c.key == ctx.idempotency_key)
    # Claimed before running, so that a concurrent twin waits here until this transaction has ended.
    claim = {
        "actor_id": ctx.actor.id,
        "key": ctx.idempotency_key,
        "use_case": use_case,
        "request_digest": request_digest,
        "response": {},
        "created_at": ctx.now,
    }
    if not _CLAIM.rows(session, claim):
        kept = session.execute(select(KEPT).where(mine)).one()
        if (kept.use_case, kept.request_digest) != (use_case, request_digest):
            raise KeyReused(errors=[FieldError("Idempotency-Key", KeyReused.__doc__ or "")])
        response: dict[str, Any] = kept.response
        return response
    answer = run()
    _ANSWER.run(session, [{"by": ctx.actor.id, "of": ctx.idempotency_key, "answer": answer}])
    return answer


def _claimed(insert: Any) -> Any:
    values: dict[str, Any] = {name: bindparam(name) for name in KEPT.columns.keys()}  # noqa: SIM118 - a collection of columns
    return insert(KEPT).values(values).on_conflict_do_nothing().returning(KEPT.c.key)


_CLAIM = Prepared(_claimed)
_ANSWER = Prepared(
    update(KEPT)
    .where(
        KEPT.c.actor_id == bindparam("by", type_=KEPT.c.actor_id.type),
        KEPT.c.key == bindparam("of", type_=KEPT.c.key.type),
    )
    .values(response=bindparam("answer", type_=KEPT.c.response.type))
)


def forget(session: Session, ctx: Context, before: datetime) -> int:
    """Drop the keys used before a moment of court time; answers how many."""
    return session.connection().execute(delete(KEPT).where(KEPT.c.created_at < before)).rowcount
