"""The two verbs, on both engines."""

from court_link.domain.clock import SetClock
from court_link.domain.context import SYSTEM, Context
from court_link.domain.events import EventKind
from court_link.store import Db, Session, events, feed
from court_link.store.tables import Setting

CTX = Context(SYSTEM)


def put(session: Session, ctx: Context, name: str, number: int) -> None:
    session.merge(Setting(name=name, value={"number": number, "at": ctx.now.isoformat()}))
    events.record(session, ctx, EventKind.SETTING_CHANGED, data={"name": name})


def get(session: Session, ctx: Context, name: str) -> int | None:
    row = session.get(Setting, name)
    return None if row is None else row.value["number"]


async def test_what_is_written_is_read_and_told(db: Db, clock: SetClock) -> None:
    await db.write(put, CTX, "baseline", 3)
    assert await db.read(get, CTX, "baseline") == 3
    seq = await db.sealed(0, 5)
    (event,) = await db.read(feed.after, CTX, 0)
    assert (event.seq, event.kind, event.at) == (seq, EventKind.SETTING_CHANGED, clock.now())
