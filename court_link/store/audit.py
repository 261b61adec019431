"""Proving that the record of events is whole, and erasing personal text without breaking it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import RowMapping, Text, delete, exists, select, type_coerce
from sqlmodel import Session

from court_link.domain.context import SYSTEM, Context
from court_link.domain.events import GENESIS, EventKind, chained, detail_digest
from court_link.store import checkpoints, events
from court_link.store.checkpoints import Checkpoint, CheckpointForged
from court_link.store.db import Db
from court_link.store.events import PERSONAL, SALT
from court_link.store.sealer import EVENT, SEAL, UNSEALED, body
from court_link.store.tables import EventDetail

DETAIL = EventDetail.__table__  # type: ignore[attr-defined]

#: Entries in memory at a time.
_STRIDE = 1000
#: Seconds of real time between checkpoints.
CHECKPOINT_SECONDS = 3600.0

# As it was written, whatever is there: a kind that nobody knows is a finding, not an error.
_ENTRIES = select(
    SEAL.c.seq,
    SEAL.c.event_id,
    SEAL.c.hash,
    *(type_coerce(column, Text).label("kind") if column.name == "kind" else column for column in EVENT.c),
).select_from(SEAL.outerjoin(EVENT, EVENT.c.id == SEAL.c.event_id))


@dataclass(frozen=True, slots=True)
class Finding:
    """The first entry that is not as it was written, and what is wrong with it."""

    seq: int | None
    event_id: UUID | None
    fault: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many entries were found sound, and the first that is not."""

    entries: int
    finding: Finding | None


class _Found(Exception):
    def __init__(self, seq: int | None, event_id: UUID | None, fault: str) -> None:
        super().__init__(fault)
        self.finding = Finding(seq, event_id, fault)


async def verify_audit(db: Db, file: Path | None, secret: str) -> Verdict:
    """Check the whole chain, every personal text that still stands, and the checkpoints in `file`, if any."""
    try:
        points = await asyncio.to_thread(checkpoints.read, file, secret) if file else ()
    except CheckpointForged as forged:
        return Verdict(0, Finding(None, None, str(forged)))
    return await db.read(verify, Context(SYSTEM), points)


async def keep_checkpoints(db: Db, file: Path, secret: str) -> None:
    """Append a checkpoint now and every hour, when there is something new, until cancelled."""
    marked = 0
    while True:
        point = await db.read(newest_checkpoint, Context(SYSTEM))
        if point is not None and point.seq > marked:
            await asyncio.to_thread(checkpoints.append, file, secret, point)
            marked = point.seq
        await asyncio.sleep(CHECKPOINT_SECONDS)


def newest_checkpoint(session: Session, ctx: Context) -> Checkpoint | None:
    """Where the chain stands; None before the first event."""
    row = session.execute(select(SEAL.c.seq, SEAL.c.hash).order_by(SEAL.c.seq.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return Checkpoint(row.seq, row.hash, datetime.now(UTC).isoformat(timespec="seconds"))


def verify(session: Session, ctx: Context, points: Sequence[Checkpoint] = ()) -> Verdict:
    """Recompute the chain in order, a stride at a time; compare it with checkpoints by the way."""
    marks = {point.seq: point.hash for point in points}
    seq, hash_ = 0, GENESIS
    try:
        while rows := _stride(session, seq):
            texts = _texts(session, rows)
            for row in rows:
                hash_ = _check(row, seq + 1, hash_, marks)
                _check_texts(row, texts.get(row["event_id"], {}))
                seq += 1
        _check_end(session, seq, marks)
    except _Found as found:
        return Verdict(seq, found.finding)
    return Verdict(seq, None)


def erase(session: Session, ctx: Context, subject_id: UUID) -> None:
    """Destroy every personal text about a subject, and the salt that ties them to the chain."""
    session.execute(delete(DETAIL).where(DETAIL.c.subject_id == subject_id))
    session.execute(delete(SALT).where(SALT.c.subject_id == subject_id))
    events.record(session, ctx, EventKind.SUBJECT_ERASED, subject_id=subject_id)


def _stride(session: Session, after: int, entries: int = _STRIDE) -> Sequence[RowMapping]:
    query = _ENTRIES.where(SEAL.c.seq > after).order_by(SEAL.c.seq).limit(entries)
    try:
        return session.execute(query).mappings().all()
    except (ValueError, TypeError):  # a moment, id or document that cannot be one
        if entries == 1:
            raise _Found(after + 1, None, "a column cannot be read") from None
        return _stride(session, after, 1)


def _check(row: RowMapping, seq: int, previous: str, marks: Mapping[int, str]) -> str:
    """The entry's hash, when it is what it should be."""
    if row["seq"] != seq:
        raise _Found(seq, None, "the entry is missing")
    if row["id"] is None:
        raise _Found(seq, row["event_id"], "the event is missing")
    computed = chained(previous, seq, body(row))
    if computed != row["hash"]:
        raise _Found(seq, row["id"], "the event or its seal has been changed")
    if marks.get(seq, computed) != computed:
        raise _Found(seq, row["id"], "the chain differs from the signed checkpoint")
    return computed


def _texts(session: Session, rows: Sequence[RowMapping]) -> dict[UUID, dict[str, str]]:
    """By event and name, the digest of each personal text that still stands."""
    standing = session.execute(
        select(DETAIL.c.event_id, DETAIL.c.name, DETAIL.c.text, SALT.c.salt)
        .outerjoin(SALT, SALT.c.subject_id == DETAIL.c.subject_id)
        .where(DETAIL.c.event_id.in_([row["event_id"] for row in rows]))
    )
    texts: dict[UUID, dict[str, str]] = {}
    for row in standing:
        texts.setdefault(row.event_id, {})[row.name] = detail_digest(row.salt or b"", row.text)
    return texts


def _check_texts(row: RowMapping, texts: Mapping[str, str]) -> None:
    told = row["data"].get(PERSONAL, {})
    for name, digest in texts.items():
        if told.get(name) != digest:
            raise _Found(row["seq"], row["id"], f"the personal text {name!r} has been changed")


def _check_end(session: Session, last: int, marks: Mapping[int, str]) -> None:
    if any(seq > last for seq in marks):
        raise _Found(last + 1, None, "the chain ends before a signed checkpoint")
    stray = session.execute(
        select(EVENT.c.id)
        .where(~exists().where(SEAL.c.event_id == EVENT.c.id))
        .where(~exists().where(UNSEALED.c.event_id == EVENT.c.id))
        .limit(1)
    ).scalar()
    if stray is not None:
        raise _Found(None, stray, "the event is in no chain and awaits no seal")
