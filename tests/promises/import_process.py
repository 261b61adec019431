"""Imports of every family, and a process that is killed in the middle of one.

`python -m tests.promises.import_process URL FAMILY COUNTY TABLE NUMBER` imports, and kills itself without
warning just after the NUMBER-th statement that inserts into TABLE, before that transaction is committed.
"""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Engine, event

from court_link.domain.clock import SetClock
from court_link.domain.context import SYSTEM, Context
from court_link.domain.places import SiteKind
from court_link.domain.roles import Role
from court_link.importing import lists, people, people_files, reading, rota, rota_runs, runs, sites
from court_link.importing.sites import Details
from court_link.store import Db, open_db
from tests.county import County
from tests.importing.made import case, hearing, of_one_room
from tests.importing.rotas import a_rota, profile
from tests.promises.booking_process import county_of
from tests.stores import MONDAY

CTX = Context(SYSTEM, request_id="import")
MATTERS, SESSIONS, DUTIES = 10, 8, 6


async def a_list(db: Db, county: County) -> None:
    """A list of ten matters, three in a transaction; one that was stopped half-way is taken up again."""
    lists.AT_ONCE = 3
    content = of_one_room([hearing(case(f"41HA{number:05d}26")) for number in range(MATTERS)])
    what = reading.read_bytes(content)
    run_id = await db.read(runs.stopped_half_way, CTX, county.court, what.digest)
    if run_id is None:
        run_id = await db.write(runs.start, CTX, county.court, "list.json")
        await lists.stage(db, CTX, run_id, what)
    await lists.apply(db, CTX, run_id)


async def a_rota_file(db: Db, county: County) -> None:
    days = [profile(f"CS{day}", f"2026-12-{day:02d}") for day in range(1, SESSIONS + 1)]
    read = rota.read(io.BytesIO(a_rota(*days)))
    run = await db.write(rota_runs.stage, CTX, county.court, "rota.xml", read)
    await db.write(rota_runs.confirm, CTX, run.id)


async def duties(db: Db, county: County) -> None:
    lines = [f"1187,{day}/12/2026,09:00,17:00,shift" for day in range(1, DUTIES + 1)]
    read = people_files.read("\n".join(["person number,date,from,to,kind", *lines, ""]).encode())
    keeper = county.person(county.force, Role.ADMINISTRATOR)
    staged = await db.write(people.stage, keeper, "staff.csv", read)
    await db.write(people.confirm, keeper, staged.id)


async def a_court_house(db: Db, county: County) -> None:
    """A court house that the register knows comes with its rooms."""
    details = Details("Luton Magistrates’ Court")
    administrator = county.person(county.court, Role.ADMINISTRATOR)
    await db.write(sites.add, administrator, SiteKind.COURT_HOUSE, details)


IMPORTS: dict[str, Callable[[Db, County], Awaitable[None]]] = {
    "list": a_list,
    "rota": a_rota_file,
    "people": duties,
    "register": a_court_house,
}


def killed_after(table: str, number: int) -> None:
    """Kill this process once so many statements have inserted into a table."""
    left = number

    def count(connection: Any, cursor: Any, statement: str, *given: Any) -> None:
        nonlocal left
        left -= statement.replace('"', "").startswith(f"INSERT INTO {table} ")
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "after_cursor_execute", count)


async def main(url: str, family: str, county: str, table: str, number: str) -> None:
    db = await open_db(url, SetClock(MONDAY))
    killed_after(table, int(number))
    await IMPORTS[family](db, county_of(county))
    await db.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
