"""The first ten free times for five resources in thirty days, as a store grows, on both engines.

    python -m benchmarks.search [--json] [--quick]

Asked through `scheduling.finding.find`, the function of the page and of the API, in a read of the store: with
who may ask, opening hours, staff on shift, counted pools, reasons and ranking. Beside it two others' shapes
over the same data (`benchmarks.peers`), which do none of that; cal.com's in its older and its newer form.
The whole HTTP answer is that of `GET /api/hearings/{id}/slots`, asked of the application in this process over
ASGI, with all its middleware.

The keys of `--json` are PostgreSQL's; the same of SQLite, and of each size, stand under `engines`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, Table, insert, make_url, text
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlmodel import Session, SQLModel

from benchmarks import diaries, peers
from benchmarks.diaries import NOW, Country
from court_link.domain.clock import SetClock
from court_link.domain.context import SYSTEM, Context
from court_link.domain.requirements import Rules
from court_link.domain.roles import OrganisationKind, Role
from court_link.identity.organisations import Organisation
from court_link.scheduling import finding
from court_link.scheduling.finding import Found, Wish
from court_link.store import open_db
from court_link.store import postgresql as on_postgresql
from court_link.store import sqlite as on_sqlite
from court_link.store.constraints import OVERLAP, establish
from court_link.store.migrate import upgrade
from tests.api.apps import started
from tests.postgresql import server

DAYS, COUNT = 30, 10
ROUNDS = 4
RULES = Rules()
#: Reservations, and how they come about: the diaries of so many busy rooms and people over so many days.
SIZES = {10_000: (32, 60), 100_000: (102, 182), 1_000_000: (508, 364)}
#: Of these days so many lie ahead; the rest is history.
AHEAD = 36
_AT_ONCE = 20_000
_TABLES = ("hearing", "booking", "reservation")


@dataclass(frozen=True, slots=True)
class Sample:
    """Milliseconds at the median on one engine at one size, and how many reservations it really has."""

    reservations: int
    ours: float
    by_day: float
    by_slot: float
    by_range: float
    http: float


def filled(engine: Engine, country: Country, had: tuple[int, int], size: tuple[int, int]) -> None:
    """Fill the store up to a size: what it had is there already."""
    first, last = NOW.date() - timedelta(days=size[1] - AHEAD), NOW.date() + timedelta(days=AHEAD)
    before = NOW.date() - timedelta(days=had[1] - AHEAD) if had[1] else last

    def days_of(number: int) -> tuple[date, date]:
        return (first, before) if number < had[0] else (first, last)

    made = chain.from_iterable(diaries.diary(country, each, *days_of(each)) for each in range(size[0]))
    with engine.begin() as connection, _unguarded(connection), Session(connection) as session:
        diaries.add_resources(session, Context(SYSTEM), country, max(had[0], 5), size[0])
        session.flush()
        while batch := list(islice(made, _AT_ONCE // 5)):
            for name in _TABLES:
                rows = [row for booking in batch for row in booking[name]]
                _write(connection, SQLModel.metadata.tables[name], rows)
        peers.fill(session)
    settle = "VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(settle))  # or else PostgreSQL tidies up after the rows while it is measured


@contextmanager
def _unguarded(connection: Connection) -> Iterator[None]:
    """Without the refusal of overlaps and the keys of others: a million rows at once, and sound ones."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(f"ALTER TABLE reservation DROP CONSTRAINT {OVERLAP}"))
    else:
        connection.execute(text(f"DROP TRIGGER {OVERLAP}_insert"))
    yield
    establish(connection)


def _write(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), rows)
        return
    filled = _with_defaults(table, rows)
    driver: Any = connection.connection.driver_connection
    names = ", ".join(filled[0])
    with driver.cursor().copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in filled:
            copy.write_row([_plain(value) for value in row.values()])


def _with_defaults(table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with what the tables would have put in themselves."""
    defaults = {
        column.name: column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else []
        for column in table.columns
        if column.default is not None and column.name not in rows[0] and not column.primary_key
    }
    return [defaults | row for row in rows]


def _plain(value: Any) -> Any:
    return psycopg.types.json.Jsonb(value) if isinstance(value, (list, dict)) else value


def medians(rounds: int, *works: tuple[int, Callable[[], object]]) -> list[float]:
    """Milliseconds of one run of each of these, at the median: so many times each in every round.

    In turns, so that whatever else the machine does meets all of them.
    """
    took: list[list[float]] = [[] for _ in works]
    for number in range(rounds + 1):
        for (times, work), of_one in zip(works, took, strict=True):
            for _ in range(times):
                started_at = time.perf_counter()
                work()
                if number:  # the first round warms caches up
                    of_one.append((time.perf_counter() - started_at) * 1000)
    return [statistics.median(each) for each in took]


def ours(session: Session, ctx: Context, country: Country) -> Found:
    """The function of the page, as the store's read runs it."""
    return finding.find(
        session, ctx, country.hearing, Wish(country.needs()), NOW.date(), days=DAYS, count=COUNT, rules=RULES
    )


def compared(engine: Engine, country: Country, times: int) -> tuple[float, float, float, float]:
    """Milliseconds at the median: ours, a condition a day, slot by slot, ranges. Raises unless they agree."""
    needs, ctx = country.needs(), country.clerk().at(NOW)

    def in_session(work: Callable[[Session], object]) -> Callable[[], object]:
        def run() -> object:
            with Session(engine) as session:
                return work(session)

        return run

    with Session(engine) as session:
        plain = peers.by_day(session, needs, DAYS)
        if not plain == peers.by_slot(session, needs, DAYS) == peers.by_range(session, needs, DAYS):
            raise SystemExit("the others do not agree")
        all_of_ours = finding.find(
            session, ctx, country.hearing, Wish(needs), NOW.date(), days=DAYS, count=50, rules=RULES
        )
        wrong = {*peers.offered(plain)} ^ {each.start for each in all_of_ours.options}
        if wrong or len(peers.offered(plain)) < COUNT:
            raise SystemExit(f"ours and theirs differ at {sorted(wrong)}")
    found = medians(
        ROUNDS,
        (times, in_session(lambda session: ours(session, ctx, country))),
        (1, in_session(lambda session: peers.by_day(session, needs, DAYS))),
        (times // 4, in_session(lambda session: peers.by_slot(session, needs, DAYS))),
        (times // 4, in_session(lambda session: peers.by_range(session, needs, DAYS))),
    )
    return found[0], found[1], found[2], found[3]


async def over_http(url: str, country: Country, times: int) -> float:
    """Milliseconds of the whole answer, at the median."""
    async with started(url) as world:
        world.clock.set(NOW)
        court = Organisation(country.court, OrganisationKind.COURT, "court", "Benchmarkshire")
        client = await world.machine(court, Role.LISTING_OFFICER)
        courtroom, cell, *attending = country.five
        asked: dict[str, Any] = {
            "courtroom_id": str(courtroom),
            "minutes": 20,
            "custody": str(cell),
            "attending": [str(each) for each in attending],
            "from": NOW.date().isoformat(),
            "days": DAYS,
            "count": COUNT,
        }
        took = []
        for number in range(times + 1):
            started_at = time.perf_counter()
            answer = await client.get(f"/api/hearings/{country.hearing}/slots", params=asked)
            answer.raise_for_status()
            if number:
                took.append((time.perf_counter() - started_at) * 1000)
            if len(answer.json()["options"]) != COUNT:
                raise SystemExit("not all the times were found")
    return statistics.median(took)


async def measured(url: str, sizes: Sequence[int], times: int) -> dict[int, Sample]:
    """The figures of one engine, as its store grows."""
    upgrade(url)
    country, had, found = Country(), (0, 0), {}
    db = await open_db(url, SetClock(NOW))
    await db.write(diaries.settle, Context(SYSTEM), country)
    await db.close()
    postgresql = make_url(url).get_backend_name() == "postgresql"
    for size in sizes:
        engine = on_postgresql.engine(url) if postgresql else on_sqlite.engine(url, begin="BEGIN")
        filled(engine, country, had, SIZES[size])
        had = SIZES[size]
        with engine.connect() as connection:
            count = connection.execute(text("SELECT count(*) FROM reservation")).scalar_one()
        figures = compared(engine, country, times)
        engine.dispose()
        found[size] = Sample(count, *figures, await over_http(url, country, times))
    return found


def summary(found: dict[int, Sample]) -> dict[str, float]:
    """The keys that are promised, of one engine."""
    smallest, largest = found[min(found)], found[max(found)]
    return {
        "growth_10k_1m": round(largest.ours / smallest.ours, 2),
        "ratio_to_indico_shape": round(largest.by_day / largest.ours, 1),
        "ratio_to_calcom_shape": round(largest.by_slot / largest.ours, 1),
        "ratio_to_calcom_ranges": round(largest.by_range / largest.ours, 1),
        "http_p50_ms": round(largest.http, 1),
    }


def both(sizes: Sequence[int], times: int) -> dict[str, dict[int, Sample]]:
    """The figures of both engines."""
    with tempfile.TemporaryDirectory(prefix="court-link-benchmark-") as folder, server(Path(folder)) as url:
        found = {"postgresql": asyncio.run(measured(url, sizes, times))}
    with tempfile.TemporaryDirectory(prefix="court-link-benchmark-") as folder:
        url = f"sqlite:///{folder}/search.sqlite3"
        return found | {"sqlite": asyncio.run(measured(url, sizes, times))}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.search", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--quick", action="store_true", help="10 and 100 thousand reservations alone")
    chosen = parser.parse_args(arguments)
    sizes = sorted(SIZES)[: 2 if chosen.quick else 3]
    times = 10 if chosen.quick else 40
    with redirect_stdout(sys.stderr):  # where the application logs; what is printed here is the figures alone
        engines = both(sizes, times)
    if chosen.json:
        figures: dict[str, Any] = dict(summary(engines["postgresql"]))
        figures["engines"] = {
            engine: summary(found)
            | {
                str(size): {
                    "reservations": of.reservations,
                    "find_ms": round(of.ours, 2),
                    "condition_a_day_ms": round(of.by_day, 1),
                    "slot_by_slot_ms": round(of.by_slot, 1),
                    "ranges_ms": round(of.by_range, 1),
                    "http_p50_ms": round(of.http, 1),
                }
                for size, of in found.items()
            }
            for engine, found in engines.items()
        }
        print(json.dumps(figures))
        return
    others = f"{'condition a day':>17}{'slot by slot':>14}{'ranges':>9}"
    print(f"{'':12}{'reservations':>14}{'find':>9}{others}{'HTTP':>9}  ms")
    for engine, found in engines.items():
        for of in found.values():
            times_taken = f"{of.ours:9.2f}{of.by_day:17.1f}{of.by_slot:14.1f}{of.by_range:9.1f}{of.http:9.1f}"
            print(f"{engine:12}{of.reservations:14,}{times_taken}")
        print(f"{engine:12}{summary(found)}")


if __name__ == "__main__":
    main(sys.argv[1:])
