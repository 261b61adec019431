"""Processes that book over each other.

`python -m tests.promises.booking_process serve URL PORT` is one server process on a store;
`... book ADDRESS TOKEN COUNTY SEED ATTEMPTS` is a client of servers, by HTTP;
`... write URL COUNTY SEED ATTEMPTS` writes the store itself, with no server. The last two print a tally.
`... group URL COUNTY HEARINGS` moves three hearings together for ever, and says each move that was made;
`... apart URL COUNTY HEARINGS` moves them one by one, and waits after the first.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any, Protocol
from uuid import UUID

import httpx
import uvicorn

from court_link.app import create_app
from court_link.domain.clock import SetClock
from court_link.domain.errors import Conflict, Unavailable
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import Role
from court_link.media.fake import FakeEngine
from court_link.scheduling import booking, listing, vacating
from court_link.scheduling.booking import Change
from court_link.scheduling.listing import Matter
from court_link.scheduling.vacating import VacateReason
from court_link.settings import Settings
from court_link.store import Db, bookings, open_db
from tests.county import County
from tests.stores import MONDAY

#: Each process has so many people at work at once.
AT_ONCE = 4
TEN = MONDAY + timedelta(hours=1)


@dataclass
class Tally:
    """What came of the attempts: answers by status, and bookings that were acknowledged and not undone."""

    answers: Counter[int] = field(default_factory=Counter)
    standing: dict[str, str] = field(default_factory=dict)  # hearing -> booking
    unsure: set[str] = field(default_factory=set)  # hearings with a request that was never answered
    wishes: dict[str, Wish] = field(default_factory=dict)  # hearing -> what it was booked with
    left: list[str] = field(default_factory=list)  # hearings that nobody here has in hand
    busy_without_retry_after: int = 0

    def document(self) -> dict[str, Any]:
        return {
            "answers": dict(self.answers),
            "standing": self.standing,
            "unsure": sorted(self.unsure),
            "busy_without_retry_after": self.busy_without_retry_after,
        }


@dataclass(frozen=True)
class Wish:
    """A start and what is needed, in the way of everybody else's."""

    minute: int
    courtroom: UUID
    cell: UUID
    officer: UUID

    @staticmethod
    def any(county: County, rng: random.Random) -> Wish:
        return Wish(
            5 * rng.randrange(36),
            rng.choice((county.courtroom, county.second_courtroom)),
            rng.choice((county.cell, county.second_cell)),
            rng.choice((county.officer, county.second_officer)),
        )

    @property
    def needs(self) -> Needs:
        return Needs(self.courtroom, 20, (CustodyNeed(self.cell),), (self.officer,))


#: Hearings, what each is to be booked with, and the booking that stands for it.
Moves = list[tuple[str, Wish, str]]


class Desk(Protocol):
    """A way to the service. Each verb answers an HTTP status, and an id where there is one."""

    async def list_matter(self) -> tuple[int, str]: ...
    async def book(self, hearing: str, wish: Wish, replacing: str | None) -> tuple[int, str]: ...
    async def rebook(self, moves: Moves) -> tuple[int, list[str]]: ...
    async def release(self, booking_id: str) -> int: ...
    async def vacate(self, hearing: str) -> int: ...


class ByHttp:
    """Through any of several servers."""

    def __init__(self, addresses: list[str], token: str, rng: random.Random, tally: Tally) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._clients = [httpx.AsyncClient(base_url=each, headers=headers, timeout=60) for each in addresses]
        self._rng, self._tally = rng, tally

    async def __aenter__(self) -> ByHttp:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            await client.aclose()

    async def _post(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
        answer = await self._rng.choice(self._clients).post(path, json=body)
        if answer.status_code == 503 and "Retry-After" not in answer.headers:
            self._tally.busy_without_retry_after += 1
        ok = answer.status_code < 300
        return answer.status_code, answer.json()["id"] if ok else ""

    async def list_matter(self) -> tuple[int, str]:
        matter = {"title": "R v Example", "hearing_type": "Remand", "day": str(MONDAY.date())}
        return await self._post("/api/hearings", matter)

    async def book(self, hearing: str, wish: Wish, replacing: str | None) -> tuple[int, str]:
        needs = {
            "courtroom_id": str(wish.courtroom),
            "minutes": 20,
            "custody": [{"room_id": str(wish.cell)}],
            "attending": [str(wish.officer)],
        }
        start = (TEN + timedelta(minutes=wish.minute)).isoformat()
        body = {"starts_at": start, "needs": needs, "replacing": replacing}
        return await self._post(f"/api/hearings/{hearing}/bookings", body)

    async def rebook(self, moves: Moves) -> tuple[int, list[str]]:
        """One after the other: the API has no one request for what this asks."""
        status, made = 200, []
        for hearing, wish, standing in moves:
            status, booked = await self.book(hearing, wish, standing)
            made.append(booked or standing)
        return status, made

    async def release(self, booking_id: str) -> int:
        return (await self._post(f"/api/bookings/{booking_id}/release"))[0]

    async def vacate(self, hearing: str) -> int:
        return (await self._post(f"/api/hearings/{hearing}/vacate", {"reason": "resolved"}))[0]


class Directly:
    """Through the use cases, in this process. Refusals become the statuses that the API has for them."""

    def __init__(self, db: Db, county: County) -> None:
        self._db, self._clerk = db, county.person(county.court, Role.LISTING_OFFICER)

    async def _status(self, done: Awaitable[object]) -> tuple[int, str]:
        try:
            made = await done
        except Conflict:
            return 409, ""
        except Unavailable:
            return 503, ""
        return 200, str(getattr(made, "id", made))

    async def list_matter(self) -> tuple[int, str]:
        matter = Matter("R v Example", "Remand", MONDAY.date())
        return await self._status(self._db.write(listing.add, self._clerk, matter))

    async def book(self, hearing: str, wish: Wish, replacing: str | None) -> tuple[int, str]:
        old = UUID(replacing) if replacing else None
        start = TEN + timedelta(minutes=wish.minute)
        booked = self._db.write(
            booking.book, self._clerk, UUID(hearing), wish.needs, start, rules=Rules(), replacing=old
        )
        return await self._status(booked)

    async def rebook(self, moves: Moves) -> tuple[int, list[str]]:
        changes = [
            Change(UUID(hearing), wish.needs, TEN + timedelta(minutes=wish.minute), UUID(standing))
            for hearing, wish, standing in moves
        ]
        try:
            made = await self._db.write(booking.rebook, self._clerk, changes, rules=Rules())
        except Conflict:
            return 409, [standing for _, _, standing in moves]
        except Unavailable:
            return 503, [standing for _, _, standing in moves]
        return 200, [str(each.id) for each in made]

    async def release(self, booking_id: str) -> int:
        return (await self._status(self._db.write(booking.release, self._clerk, UUID(booking_id))))[0]

    async def vacate(self, hearing: str) -> int:
        resolved = VacateReason.RESOLVED
        return (await self._status(self._db.write(vacating.vacate, self._clerk, UUID(hearing), resolved)))[0]


async def attempt(desk: Desk, county: County, rng: random.Random, attempts: int, tally: Tally) -> None:
    """Create, move, swap, release and vacate at random, several people at once, so many attempts in all.

    A server that is killed meanwhile ends it; what it had not answered is left as unsure.
    """
    left = iter(range(attempts))

    async def person() -> None:
        hearing = ""
        with suppress(httpx.TransportError):
            for _ in left:
                hearing = await step(desk, hearing, county, rng, tally)

    await asyncio.gather(*(person() for _ in range(AT_ONCE)))


async def step(desk: Desk, hearing: str, county: County, rng: random.Random, tally: Tally) -> str:
    """One attempt upon a hearing, or upon a new one; answers the hearing to go on with, if any."""
    if not hearing:
        status, hearing = await desk.list_matter()
        tally.answers[status] += 1
        return hearing
    standing = tally.standing.get(hearing)
    if standing is not None and tally.left and rng.random() < 0.25:
        await swap(desk, hearing, tally)
        return hearing
    tally.unsure.add(hearing)
    if standing is None or rng.random() < 0.5:
        wish = Wish.any(county, rng)
        status, made = await desk.book(hearing, wish, standing)
        if made:
            tally.standing[hearing], tally.wishes[hearing] = made, wish
    else:
        status = await (desk.release(standing) if rng.random() < 0.5 else desk.vacate(hearing))
        if status == 200:
            del tally.standing[hearing]
    tally.unsure.discard(hearing)
    tally.answers[status] += 1
    # Some bookings are left to stand, so that the day fills up.
    over = status == 200 and hearing not in tally.standing
    if over or rng.random() >= 0.1:
        return "" if over else hearing
    if hearing in tally.standing:
        tally.left.append(hearing)
    return ""


async def swap(desk: Desk, hearing: str, tally: Tally) -> None:
    """A hearing and one that was left to stand each take the other's time and places, both or neither."""
    pair = (hearing, tally.left.pop(0))
    tally.unsure.update(pair)
    wishes = [tally.wishes[each] for each in reversed(pair)]
    moves = [(each, wish, tally.standing[each]) for each, wish in zip(pair, wishes, strict=True)]
    status, made = await desk.rebook(moves)
    tally.standing.update(zip(pair, made, strict=True))
    if status == 200:
        tally.wishes.update(zip(pair, wishes, strict=True))
    tally.unsure.difference_update(pair)
    tally.answers[status] += 1
    tally.left.append(pair[1])


async def serve(url: str, port: str) -> None:
    # Whoever started it holds its standard input: when they die, however they die, it goes with them.
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(1)), daemon=True).start()
    settings = Settings(
        mode="test",
        database_url=url,
        secret_key="a key of the tests, long enough for any of them",  # type: ignore[arg-type]
        public_url=f"http://127.0.0.1:{port}",
        port=int(port),
    )
    app = create_app(settings, clock=SetClock(MONDAY), engine=FakeEngine())
    config = uvicorn.Config(app, port=int(port), log_level="error", loop="uvloop")
    await uvicorn.Server(config).serve()


async def book(addresses: str, token: str, county: str, seed: str, attempts: str) -> None:
    rng, tally = random.Random(seed), Tally()
    async with ByHttp(addresses.split(","), token, rng, tally) as desk:
        await attempt(desk, county_of(county), rng, int(attempts), tally)
    print(json.dumps(tally.document()))


async def write(url: str, county: str, seed: str, attempts: str) -> None:
    rng, tally = random.Random(seed), Tally()
    db = await open_db(url, SetClock(MONDAY))
    try:
        there = county_of(county)
        await attempt(Directly(db, there), there, rng, int(attempts), tally)
    finally:
        await db.close()
    print(json.dumps(tally.document()))


async def group(url: str, county: str, hearings: str) -> None:
    """Move three hearings together, ten minutes on and back, until killed; each move that is made is said."""
    await _move_on(url, county, [UUID(each) for each in hearings.split(",")], together=True)


async def apart(url: str, county: str, hearings: str) -> None:
    """What a group must not be: one hearing after another. Says the first, and waits to be killed."""
    await _move_on(url, county, [UUID(each) for each in hearings.split(",")], together=False)


async def _move_on(url: str, county: str, hearings: list[UUID], *, together: bool) -> None:
    there = county_of(county)
    clerk = there.person(there.court, Role.LISTING_OFFICER)
    db = await open_db(url, SetClock(MONDAY))
    for turn in count(1):
        start = TEN + timedelta(minutes=10 * (turn % 2))
        standing = await db.read(lambda s, c: bookings.of_hearings(s, hearings, c.now), clerk)
        changes = [
            Change(each, standing[each].needs, start + i * timedelta(hours=1), standing[each].id)
            for i, each in enumerate(hearings)
        ]
        for some in [changes] if together else [[change] for change in changes]:
            await db.write(booking.rebook, clerk, some, rules=Rules())
            print(turn, flush=True)
            if not together:
                await asyncio.to_thread(sys.stdin.read)


def county_of(document: str) -> County:
    """The county that another process settled."""
    return County(**{name: UUID(id_) for name, id_ in json.loads(document).items()})


def document_of(county: County) -> str:
    return json.dumps({name: str(id_) for name, id_ in asdict(county).items()})


_MODES: dict[str, Callable[..., Awaitable[None]]] = {
    "serve": serve,
    "book": book,
    "write": write,
    "group": group,
    "apart": apart,
}

if __name__ == "__main__":
    mode, *words = sys.argv[1:]
    asyncio.run(_MODES[mode](*words))  # type: ignore[arg-type]
