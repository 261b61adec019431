"""A file from beginning to end: read apart from the store, staged, compared, applied."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import BinaryIO, TypeVar
from uuid import UUID

from court_link.domain.context import Context
from court_link.importing import applying, comparing, reading, reports, runs, siting
from court_link.importing.comparing import Change
from court_link.importing.matters import Matter
from court_link.importing.reading import Reading
from court_link.importing.reports import Report
from court_link.importing.runs import Run
from court_link.store import Db
from court_link.store.tables.imports import ImportState

#: Matters written in one transaction: a booking waits for no more than this.
AT_ONCE = 100
#: Rows staged in one transaction; they are plain inserts.
_STAGED_AT_ONCE = 500

T = TypeVar("T")


async def read(source: BinaryIO, told: date | None = None) -> Reading:
    """Reads a file on another thread; nothing else waits. `told` is the day of a list that says none."""
    return await asyncio.to_thread(reading.read, source, told)


async def foretell(db: Db, ctx: Context, organisation_id: UUID, what: Reading) -> Report:
    """The report of a file, with what it would change for this court. Writes nothing."""
    report = reports.of(what)
    if what.refused:
        return report
    houses = {siting.house_of(matter) for matter in what.matters}
    sites = await db.read(siting.known, ctx, organisation_id, houses)
    report = report.plus(tuple(siting.missing(houses, sites)))
    for site_id, day, listed in _sheets(what.matters, sites):
        report = report.compared(
            await db.read(applying.compare_sheet, ctx, organisation_id, site_id, day, listed)
        )
    return report


def all_new(what: Reading) -> Report:
    """The report of a file where there is no court yet: everything in it would be created."""
    return reports.of(what).plus(created=len(what.matters))


async def stage(db: Db, ctx: Context, run_id: UUID, what: Reading) -> Run:
    """Stages a file that has been read into a run that was started for it; foretells what it would change."""
    organisation_id = (await db.read(runs.one, ctx, run_id)).organisation_id
    report = await foretell(db, ctx, organisation_id, what)
    for first in range(0, len(what.matters), _STAGED_AT_ONCE):
        await db.write(runs.stage, ctx, run_id, first, what.matters[first : first + _STAGED_AT_ONCE])
    days = tuple(sorted({matter.day for matter in what.matters}))
    return await db.write(runs.staged, ctx, run_id, what.digest, report, len(what.matters), days)


async def apply(db: Db, ctx: Context, run_id: UUID, progress: Callable[[Run], None] = lambda _: None) -> Run:
    """Applies a run from where it stands to its end, telling `progress` after each transaction.

    Raises Superseded when it is cancelled, or applied by another process, meanwhile.
    """
    run = await db.write(runs.begin, ctx, run_id)
    every = await _matters(db, ctx, run_id)
    wanted = sorted({(siting.house_of(matter), matter.room) for matter in every})
    found = await db.write(runs.settle, ctx, run_id, wanted)
    position = 0
    for site_id, day, listed in _sheets(every, found.sites):
        if site_id is None:
            raise LookupError("every house has been settled")
        known = await db.read(applying.sheet, ctx, run.organisation_id, site_id, day, listed[0].series)
        comparison = await asyncio.to_thread(comparing.compare, known, listed)
        keys = applying.keys_for(site_id, day, known)
        steps = [
            (step, keys.new(step.matter) if step.change is Change.CREATED else None)
            for step in comparison.steps
        ]
        rooms = {
            room: room_id for (house, room), room_id in found.rooms.items() if found.sites[house] == site_id
        }
        for some in _chunks(steps[max(0, run.applied - position) :]):
            run = await db.write(runs.apply, ctx, run, some, rooms)
            progress(run)
        position += len(listed)
        for gone in _chunks(comparison.gone):
            run = await db.write(runs.unlist, ctx, run, gone)
    run = await db.write(runs.finish, ctx, run_id)
    await forget(db, ctx, run_id)
    return run


async def ended(db: Db, ctx: Context, run_id: UUID) -> Run:
    """The run, once whoever applies it is done with it."""
    seq = 0
    while (run := await db.read(runs.one, ctx, run_id)).state is ImportState.APPLYING:
        seq = await db.sealed(seq, timeout=1)
    return run


async def forget(db: Db, ctx: Context, run_id: UUID) -> None:
    """Deletes the staged rows of a run that is over."""
    while await db.write(runs.forget, ctx, run_id):
        pass


async def forget_left(db: Db, ctx: Context) -> None:
    """Cancels the runs that nobody confirmed in time, and deletes every row that is needed no longer."""
    for run_id in await db.write(runs.cancel_left, ctx):
        await forget(db, ctx, run_id)


async def _matters(db: Db, ctx: Context, run_id: UUID) -> list[Matter]:
    every: list[Matter] = []
    while some := await db.read(runs.matters, ctx, run_id, len(every) - 1):
        every += some
    return every


def _sheets(
    matters: Sequence[Matter], sites: Mapping[siting.House, UUID]
) -> Iterator[tuple[UUID | None, date, list[Matter]]]:
    """Matters by court house and day; the same order each time, so that a run can be taken up again."""

    def sheet(matter: Matter) -> tuple[str, date]:
        house = siting.house_of(matter)
        return str(sites.get(house, house)), matter.day

    for (_, day), listed in groupby(sorted(matters, key=sheet), key=sheet):
        found = list(listed)
        yield sites.get(siting.house_of(found[0])), day, found


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))
