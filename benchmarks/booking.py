"""Bookings a second at a million reservations, beside other ways of booking, on both engines.

    python -m benchmarks.booking [--json] [--quick] [--rows 1000000]

A booking takes five resources (a courtroom, a custody room with consultation and turnaround, two officers and
a judge), the counted pools, the links of who comes, what is due, its events and its idempotency key. Ours is
`booking.book` under `idempotency.once`, as the API has them. The others are those of `benchmarks.shapes`,
through the same `db.write` with the same durable commit, their events sealed as ours are:

- *raw* puts copies of every row that one booking of ours wrote into the same tables, with their indexes,
  foreign keys and guards. It reads, locks and checks nothing, leaves the hearing's row as it is, and shares
  no counted pool with anybody. Making its rows counts, as it does in ours.
- *naive* does the same, but its reservations go to tables of its own, and it asks afterwards what overlaps.
  Nothing keeps two that ask at once from both finding nothing.
- *exclude alone* is raw for five resources that everybody wants: the database's guard is all that refuses. It
  knows no order, so each attempt inserts its reservations in the order in which somebody happened to name
  them; *in order* is the same with ours, which is half of the cure. As anybody who relies on it must, it is
  tried again after a deadlock, by the same rule as ours; what has not come through after six tries, or waits
  longer than the store allows, has failed. SQLite has no exclusion constraint; there it is the trigger, under
  a connection for each writer that begins with BEGIN IMMEDIATE and tries again while the file is busy, in as
  many processes as on PostgreSQL: a service that leaves it all to the database runs in several.

Sixteen writers: on PostgreSQL in four processes of four transactions each, on SQLite in the one process that
writes a file. Rounds of all shapes alternate, so that none has the quieter machine. Then all sixteen want the
same five resources, and each the first free hour of theirs: hour after hour one of them has it, and the
others are refused and want the next, so that there is always something to fight for. Ours stands beside the
exclusion alone. After every phase one window query over the whole table counts overlaps. `cpu_ms` is the
processor time of the writing processes for each booking: on SQLite that is all of it, on PostgreSQL the
server's is not in it. Latencies are of every attempt, refused ones and all tries of one attempt included,
from when it is asked for, so that waiting for one of the writers' threads counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import multiprocessing
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from benchmarks import docket, shapes
from benchmarks.docket import NOW, Desk
from court_link.domain.clock import SetClock
from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import SlotTaken
from court_link.domain.ids import new_id
from court_link.domain.requirements import Rules
from court_link.scheduling import booking
from court_link.store import Db, idempotency, open_db, postgresql, sqlite
from court_link.store.migrate import upgrade
from tests.postgresql import server
from tests.promises.overlaps import overlaps

WRITERS = 16
PROCESSES = {"postgresql": 4, "sqlite": 1}
RULES = Rules(media_capacity=10_000)
#: More than any machine does: so many matters are listed for every second of a writer that is timed.
MOST_A_SECOND = 60
#: Each phase has days of its own.
DAYS_A_PHASE = 60
SYSTEM_CONTEXT = Context(SYSTEM)


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of work: `shape` is "ours" or the name of one of `shapes`."""

    url: str
    shape: str
    number: int  # which phase of the run
    seconds: float
    rows: shapes.Rows  # of the booking that the other shapes copy
    contended: bool = False
    writers: tuple[int, ...] = ()  # of this process
    begins: float = 0  # when all processes begin, in seconds of the wall clock


@dataclass(slots=True)
class Done:
    """What came of a phase. Latencies are in seconds, of every attempt, refused ones included."""

    booked: int = 0
    refused: int = 0
    failed: int = 0
    seconds: float = 0
    cpu: float = 0  # seconds of the writing processes
    latencies: list[float] = field(default_factory=list)
    rss_mb: float = 0

    def __add__(self, other: Done) -> Done:
        return Done(
            self.booked + other.booked,
            self.refused + other.refused,
            self.failed + other.failed,
            max(self.seconds, other.seconds),
            self.cpu + other.cpu,
            self.latencies + other.latencies,
            max(self.rss_mb, other.rss_mb),
        )

    @property
    def rate(self) -> float:
        return self.booked / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Of the writing processes, for each booking: what a busy machine does not change."""
        return self.cpu / max(self.booked, 1) * 1000

    @property
    def p99_ms(self) -> float:
        return sorted(self.latencies)[int(len(self.latencies) * 0.99)] * 1000


def keyed(session: Session, ctx: Context, hearing: UUID, desk: Desk, start: datetime) -> dict[str, Any]:
    """One booking as the API makes it: once for its key."""

    def run() -> dict[str, Any]:
        made = booking.book(session, ctx, hearing, desk.needs, start, rules=RULES)
        return {"id": str(made.id), "starts_at": start.isoformat(), "version": made.version}

    return idempotency.once(session, ctx, "booking", str(hearing), run)


def starts(phase: Phase) -> Iterator[datetime]:
    """When a writer books, at a desk of its own or at the one that all contend for: hour after hour."""
    return docket.every_hour(1 + phase.number * DAYS_A_PHASE)


def last_day(phase: Phase) -> datetime:
    """An hour of a phase's last day, which nothing that is timed comes to."""
    return next(docket.every_hour((phase.number + 1) * DAYS_A_PHASE))


def enough(phase: Phase, writers: int) -> list[UUID]:
    """More matters than so many writers book in a phase."""
    return [new_id() for _ in range(int(phase.seconds * MOST_A_SECOND) * writers)]


def at_work(phase: Phase) -> Done:
    """A process's part of a phase."""
    return asyncio.run(_at_work(phase))


async def _at_work(phase: Phase) -> Done:
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns of every insert that is refused
    db = await open_db(phase.url, SetClock(NOW))
    done = Done()
    try:
        ids = enough(phase, len(phase.writers))
        await db.write(docket.list_matters, SYSTEM_CONTEXT, ids)
        matters = iter(ids)
        eve = last_day(phase)  # everything is compiled and connected before anything is timed
        await asyncio.gather(
            *(_one(db, phase.shape, phase.rows, Desk(each), next(matters), eve)() for each in phase.writers)
        )
        await asyncio.sleep(max(0.0, phase.begins - time.time()))
        begun, cpu = time.perf_counter(), time.process_time()

        async def write(writer: int) -> None:
            desk, matter = Desk(0 if phase.contended else writer), next(matters)
            for start in starts(phase):
                if time.perf_counter() > begun + phase.seconds:
                    return
                work = _one(db, phase.shape, phase.rows, desk, matter, start)
                attempted = time.perf_counter()
                try:
                    await work()
                    done.booked, matter = done.booked + 1, next(matters)
                except SlotTaken:
                    done.refused += 1
                except Exception:  # noqa: BLE001 - a deadlock or timeout that its caller sees is what is counted
                    done.failed += 1
                done.latencies.append(time.perf_counter() - attempted)

        await asyncio.gather(*map(write, phase.writers))
        done.seconds, done.cpu = time.perf_counter() - begun, time.process_time() - cpu
    finally:
        await db.close()
    done.rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return done


def _one(
    db: Db, shape: str, rows: shapes.Rows, desk: Desk, hearing: UUID, start: datetime
) -> Callable[[], Any]:
    """What a writer does next, its rows made beforehand."""
    ctx = docket.clerk()
    if shape == "ours":
        ctx = replace(ctx, idempotency_key=str(new_id()))
        return lambda: db.write(keyed, ctx, hearing, desk, start)
    made = shapes.copied(rows, Desk(DESK_OF_MODEL), desk, hearing, start)
    return lambda: db.write(getattr(shapes, shape), ctx, made)


#: The desk whose booking the other shapes copy; nobody else books at it.
DESK_OF_MODEL = docket.DESKS - 1


def alone_on_sqlite(phase: Phase) -> Done:
    """A process's part of the trigger with nothing before it, under a connection for each writer."""
    engine = sqlite.engine(phase.url, connections=len(phase.writers))
    with Session(engine) as session:
        ids = enough(phase, len(phase.writers))
        docket.list_matters(session, SYSTEM_CONTEXT, ids)
        session.commit()
    matters = iter(ids)
    done, lock = Done(), threading.Lock()
    time.sleep(max(0.0, phase.begins - time.time()))
    begun = time.perf_counter()

    def write() -> None:
        with lock:
            matter = next(matters)
        for start in starts(phase):
            if time.perf_counter() > begun + phase.seconds:
                return
            made = shapes.copied(phase.rows, Desk(DESK_OF_MODEL), Desk(0), matter, start)
            attempted = time.perf_counter()
            came = _until_not_busy(engine, getattr(shapes, phase.shape), made)
            with lock:
                setattr(done, came, getattr(done, came) + 1)
                matter = next(matters) if came == "booked" else matter
                done.latencies.append(time.perf_counter() - attempted)

    threads = [threading.Thread(target=write) for _ in phase.writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.seconds = time.perf_counter() - begun
    engine.dispose()
    return done


def _until_not_busy(engine: Engine, shape: shapes.Shape, made: shapes.Rows) -> str:
    """What comes of one attempt, tried as often as a store tries what has lost a race."""
    for _ in range(postgresql.ATTEMPTS):
        try:
            with Session(engine) as session:
                shape(session, docket.clerk(), made)
                session.commit()
        except SlotTaken:
            return "refused"
        except OperationalError:
            continue
        return "booked"
    return "failed"


@dataclass
class Run:
    """All that is measured of one engine."""

    url: str
    engine: str
    rows: shapes.Rows
    pool: ProcessPoolExecutor
    phases: int = 0
    overlaps: int = 0

    def phase(self, shape: str, seconds: float, *, contended: bool = False) -> Done:
        """Run one, and look for overlaps after it."""
        phase = Phase(self.url, shape, self.phases, seconds, self.rows, contended)
        self.phases += 1
        trigger = shape in ("constraint", "in_order") and self.engine == "sqlite"
        count = PROCESSES["postgresql" if trigger else self.engine]
        begins = time.time() + 3 + seconds / 4
        parts = [
            replace(phase, writers=tuple(range(one, WRITERS, count)), begins=begins) for one in range(count)
        ]
        done = sum(self.pool.map(alone_on_sqlite if trigger else at_work, parts), Done())
        engine = (postgresql if self.engine == "postgresql" else sqlite).engine(self.url)
        with engine.connect() as connection:
            self.overlaps += overlaps(connection)
        engine.dispose()
        which = f"{self.engine} {shape}{' contended' if contended else ''}"
        told(
            f"{which}: {done.rate:.0f}/s, {done.cpu_ms:.1f} ms of processor each, p99 {done.p99_ms:.0f} ms,"
            f" {done.refused} refused, {done.failed} failed"
        )
        return done


async def prepare(url: str, rows: int) -> shapes.Rows:
    """A migrated store with so many reservations; answers the rows of one booking for the others to copy."""
    upgrade(url)
    db = await open_db(url, SetClock(NOW))
    try:
        await db.write(docket.settle, SYSTEM_CONTEXT)
        written = await db.write(model, SYSTEM_CONTEXT)
    finally:
        await db.close()
    begun = time.perf_counter()
    docket.load(url, docket.named("history"), rows)
    engine = (sqlite if url.startswith("sqlite") else postgresql).engine(url)
    with engine.begin() as connection:
        docket.part(connection, docket.named("history"))
        docket.guard(connection)
    with Session(engine) as session:
        shapes.fill_naive(session, SYSTEM_CONTEXT)
        session.commit()
    engine.dispose()
    told(f"{rows:,} reservations loaded in {time.perf_counter() - begun:.0f} s")
    return written


def model(session: Session, ctx: Context) -> shapes.Rows:
    """The first booking of all: its rows are what the other shapes copy. Lists the matter of those that stand
    already, too.
    """
    hearing = docket.named("model")
    docket.list_matters(session, ctx, [hearing, docket.named("history")])
    first = replace(docket.clerk(), idempotency_key="model").at(ctx.now)
    keyed(session, first, hearing, Desk(DESK_OF_MODEL), next(docket.every_hour(1)))
    session.flush()
    return shapes.written(session, ctx, hearing)


def measured(url: str, engine: str, rows: int, rounds: int, seconds: float) -> dict[str, Any]:
    """The figures of one engine."""
    written = asyncio.run(prepare(url, rows))
    with ProcessPoolExecutor(
        max(PROCESSES.values()), mp_context=multiprocessing.get_context("spawn")
    ) as pool:
        run = Run(url, engine, written, pool)
        sums = {shape: Done() for shape in ("ours", "raw", "naive")}
        rates: dict[str, float] = dict.fromkeys(sums, 0.0)
        for _ in range(rounds):
            for shape in sums:
                done = run.phase(shape, seconds)
                sums[shape] += done
                rates[shape] += done.rate / rounds
        fought = {shape: Done() for shape in ("ours", "constraint", "in_order")}
        for _ in range(rounds):
            for shape in fought:
                fought[shape] += run.phase(shape, seconds, contended=True)
        contended, alone = fought["ours"], fought["constraint"]
    return {
        "rows": rows,
        "bookings_per_s": round(rates["ours"], 1),
        "raw_per_s": round(rates["raw"], 1),
        "naive_per_s": round(rates["naive"], 1),
        "ratio_to_raw": round(rates["ours"] / rates["raw"], 3),
        "cpu_ratio_to_raw": round(sums["raw"].cpu_ms / sums["ours"].cpu_ms, 3),
        "ratio_to_naive": round(rates["ours"] / rates["naive"], 1),
        "contended_p99_ms": round(contended.p99_ms, 1),
        "exclude_alone_p99_ms": round(alone.p99_ms, 1),
        "exclude_in_order_p99_ms": round(fought["in_order"].p99_ms, 1),
        "cpu_ms": round(sums["ours"].cpu_ms, 2),
        "raw_cpu_ms": round(sums["raw"].cpu_ms, 2),
        "failed": sums["ours"].failed + contended.failed,
        "exclude_alone_failed": alone.failed,
        "overlaps": run.overlaps,
        "writer_rss_mb": round(max(sums["ours"].rss_mb, contended.rss_mb)),
    }


def told(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


@contextmanager
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="court-link-benchmark-") as directory:
        yield Path(directory)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.booking", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument(
        "--quick", action="store_true", help="10,000 reservations and a minute, for a first look"
    )
    parser.add_argument("--rows", type=int, help="reservations that stand already (1,000,000)")
    parser.add_argument("--engine", choices=sorted(PROCESSES), help="this engine alone")
    chosen = parser.parse_args(arguments)
    rounds, seconds = (1, 2.0) if chosen.quick else (3, 5.0)
    rows = chosen.rows or (10_000 if chosen.quick else 1_000_000)
    figures: dict[str, dict[str, Any]] = {}
    if chosen.engine != "postgresql":
        with scratch() as folder:
            figures["sqlite"] = measured(
                f"sqlite:///{folder}/booking.sqlite3", "sqlite", rows, rounds, seconds
            )
    if chosen.engine != "sqlite":
        with scratch() as folder, server(folder, durable=True) as url:
            figures["postgresql"] = measured(url, "postgresql", rows, rounds, seconds)
    if chosen.json:
        print(json.dumps(figures))
        return
    for engine, of in figures.items():
        print(f"\n{engine}")
        for name, value in of.items():
            print(f"  {name:24}{value:>12}")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(sys.argv[1:])
