"""Telling handlers what happened: each event at least once to each handler that wants its kind.

A handler takes a batch under a lease, does it, and marks it. A process that dies leaves leases that run
out; a delivery that fails is due again later, each time later still. Handlers are idempotent, and one that
is new to the database begins at the first event. Leases are in real time, which the caller passes as `now`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session

from court_link.domain.context import SYSTEM, Context
from court_link.domain.events import Event, EventKind
from court_link.store import feed
from court_link.store.db import Db
from court_link.store.tables import Delivery, DeliveryCursor
from court_link.store.upsert import insert_if_absent

Handler = Callable[[Event], Awaitable[None]]
#: By name: the kinds of event that a handler wants, and what it does.
Handlers = Mapping[str, tuple[Collection[EventKind], Handler]]

DELIVERY = Delivery.__table__  # type: ignore[attr-defined]
CURSOR = DeliveryCursor.__table__  # type: ignore[attr-defined]

#: How long a batch may take before others may take it over; the last part is for marking it.
LEASE, MARKING = timedelta(seconds=60), timedelta(seconds=10)
BATCH = 32
#: A failed delivery is due again after 1 s, then 2 s, 4 s ... up to five minutes.
LONGEST_BACKOFF = timedelta(minutes=5)
#: How long a runner sleeps at most, and after finding the store unavailable, in seconds.
DOZE, REST = 5.0, 1.0

log = logging.getLogger(__name__)
_CTX = Context(SYSTEM)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whether something is due; if not, when the next delivery will be, and how far the feed was seen."""

    due: bool
    next_due: datetime | None
    seen: int


@dataclass(slots=True)
class Outcome:
    """What became of a batch: done, failed (with the error's name), or put back untouched."""

    done: list[int] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)
    put_back: list[int] = field(default_factory=list)


async def deliver(db: Db, handlers: Handlers) -> None:
    """Serve every handler until cancelled. Any number of processes may do so at once."""
    async with asyncio.TaskGroup() as tasks:
        for name, (kinds, handler) in handlers.items():
            tasks.create_task(_serve(db, name, kinds, handler), name=f"deliver-{name}")


async def _serve(db: Db, name: str, kinds: Collection[EventKind], handler: Handler) -> None:
    seen = 0
    while True:
        try:
            view = await db.read(outlook, _CTX, name, kinds, seen, _now())
            if view.due:
                await _hand_over(db, name, await db.write(take, _CTX, name, kinds, _now()), handler)
            else:
                seen = view.seen
                await db.sealed(seen, _seconds_until(view.next_due))
        except Exception as error:  # noqa: BLE001 - one failure must not end every delivery
            log.warning("%s begins again: %s", name, type(error).__name__)
            await asyncio.sleep(REST)


async def _hand_over(db: Db, name: str, events: list[Event], handler: Handler) -> None:
    """Call the handler for each event in turn, within the lease, and mark what became of them."""
    outcome = Outcome(put_back=[event.seq for event in events])
    deadline = time.monotonic() + (LEASE - MARKING).total_seconds()
    try:
        for event in events:
            if (left := deadline - time.monotonic()) <= 0:
                break
            try:
                async with asyncio.timeout(left):
                    await handler(event)
            except Exception as error:  # noqa: BLE001 - whatever it is, the delivery is tried again
                outcome.failed[event.seq] = type(error).__name__
                log.warning("%s failed on event %d: %s", name, event.seq, type(error).__name__)
            else:
                outcome.done.append(event.seq)
            outcome.put_back.remove(event.seq)
    finally:  # cancelled in the middle, the rest is at once free for others
        await db.write(mark, _CTX, name, outcome, _now())


def outlook(
    session: Session, ctx: Context, handler: str, kinds: Collection[EventKind], seen: int, now: datetime
) -> Outlook:
    """Look, without writing, for deliveries due at `now` and for wanted events beyond `seen`."""
    cursor = session.execute(select(CURSOR.c.seq).where(CURSOR.c.handler == handler)).scalar() or 0
    next_due = session.execute(
        select(func.min(DELIVERY.c.leased_until)).where(
            DELIVERY.c.handler == handler, DELIVERY.c.done_at.is_(None)
        )
    ).scalar()
    fresh = feed.after(session, ctx, max(cursor, seen), limit=1, kinds=kinds)
    return Outlook(
        due=bool(fresh) or (next_due is not None and next_due <= now),
        next_due=next_due,
        seen=feed.end(session, ctx),
    )


def take(
    session: Session, ctx: Context, handler: str, kinds: Collection[EventKind], now: datetime
) -> list[Event]:
    """Lease up to `BATCH` deliveries to the caller: those due again first, else the next of the feed."""
    insert_if_absent(session, CURSOR, {"handler": handler, "seq": 0})
    mine = CURSOR.c.handler == handler
    # The cursor's row lock makes runners of one handler take turns.
    cursor = session.execute(select(CURSOR.c.seq).where(mine).with_for_update()).scalar_one()
    again = session.execute(
        select(DELIVERY.c.seq)
        .where(DELIVERY.c.handler == handler, DELIVERY.c.done_at.is_(None), DELIVERY.c.leased_until <= now)
        .order_by(DELIVERY.c.seq)
        .limit(BATCH)
    )
    if seqs := list(again.scalars()):
        session.execute(
            update(DELIVERY)
            .where(DELIVERY.c.handler == handler, DELIVERY.c.seq.in_(seqs))
            .values(leased_until=now + LEASE, attempts=DELIVERY.c.attempts + 1)
        )
        return feed.at(session, ctx, seqs)
    end = feed.end(session, ctx)  # before looking, so that nothing up to it is overlooked
    fresh = feed.after(session, ctx, cursor, limit=BATCH, kinds=kinds)
    if fresh:
        lease = {"handler": handler, "leased_until": now + LEASE, "attempts": 1, "error": ""}
        session.execute(insert(DELIVERY), [{"seq": event.seq, **lease} for event in fresh])
    # A short batch means that nothing else up to the end was wanted; more may have been sealed since.
    last = fresh[-1].seq if fresh else cursor
    reached = last if len(fresh) == BATCH else max(end, last)
    session.execute(update(CURSOR).where(mine).values(seq=reached))
    return fresh


def mark(session: Session, ctx: Context, handler: str, outcome: Outcome, now: datetime) -> None:
    """Write down what became of a batch that this caller took."""
    mine = DELIVERY.c.handler == handler
    session.execute(
        update(DELIVERY).where(mine, DELIVERY.c.seq.in_(outcome.done)).values(done_at=now, error="")
    )
    session.execute(
        update(DELIVERY).where(mine, DELIVERY.c.seq.in_(outcome.put_back)).values(leased_until=now)
    )
    rows = session.execute(
        select(DELIVERY.c.seq, DELIVERY.c.attempts).where(mine, DELIVERY.c.seq.in_(outcome.failed))
    )
    for seq, attempts in rows.all():
        session.execute(
            update(DELIVERY)
            .where(mine, DELIVERY.c.seq == seq)
            .values(error=outcome.failed[seq], leased_until=now + backoff(attempts))
        )


def forget(session: Session, ctx: Context, before: datetime) -> int:
    """Drop the deliveries done before a moment of real time; answers how many.

    None of them is made again, for every handler's cursor is beyond them.
    """
    return session.connection().execute(delete(DELIVERY).where(DELIVERY.c.done_at < before)).rowcount


def backoff(attempts: int) -> timedelta:
    """How long to leave a delivery alone after so many attempts have failed."""
    return min(timedelta(seconds=2 ** min(attempts - 1, 16)), LONGEST_BACKOFF)


def _now() -> datetime:
    return datetime.now(UTC)


def _seconds_until(moment: datetime | None) -> float:
    return DOZE if moment is None else min(DOZE, max(0.0, (moment - _now()).total_seconds()))
