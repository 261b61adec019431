"""A process that books or tells, several calls at a time, and says on its standard output what was answered.

`python -m tests.promises.store_process URL book|boast|tell NUMBER...`
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from court_link.domain.clock import SetClock
from court_link.domain.errors import Unavailable
from court_link.domain.events import EventKind
from court_link.store import Db, Session, events, open_db
from tests.store.rows import CTX, add_booking, add_room
from tests.stores import MONDAY

AT_ONCE = 8


def say(*words: object) -> None:
    print(*words, flush=True)


async def book(db: Db, rooms: int) -> None:
    """Book without end in so many rooms; say each booking's id once it is acknowledged."""

    async def fill(room: UUID) -> None:
        start = MONDAY
        while True:
            end = start + timedelta(minutes=20)
            say(await db.write(add_booking, CTX, room, start, end))
            start = end

    await asyncio.gather(*[fill(await db.write(add_room, CTX)) for _ in range(rooms)])


async def boast(db: Db) -> None:
    """The control: say that it is booked before it is committed, and then take for ever to commit."""

    def book_and_wait(session: Session, ctx, room: UUID) -> None:
        say(add_booking(session, ctx, room, MONDAY, MONDAY + timedelta(minutes=20)))
        sys.stdin.read()

    await db.write(book_and_wait, CTX, await db.write(add_room, CTX))


async def tell(db: Db, name: int, number: int) -> None:
    """Tell `number` events, some in pairs; say each one's name."""

    def tell_pair(session: Session, ctx, count: int) -> None:
        for half in range(1 + count % 2):
            events.record(
                session, ctx, EventKind.REPORT_READ, data={"process": name, "n": count, "half": half}
            )

    async def some(first: int) -> None:
        for count in range(first, number, AT_ONCE):
            while True:
                try:
                    await db.write(tell_pair, CTX, count)
                    break
                except Unavailable:
                    await asyncio.sleep(0.05)

    await asyncio.gather(*(some(first) for first in range(AT_ONCE)))


async def main(url: str, what: str, *numbers: int) -> None:
    db = await open_db(url, SetClock(MONDAY))
    say("ready")
    doings: dict[str, Callable[..., Awaitable[None]]] = {"book": book, "boast": boast, "tell": tell}
    await doings[what](db, *numbers)
    await db.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
