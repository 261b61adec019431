"""`court-link import FILE`: the same as the page, in a process of its own, while the service runs or not."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import date
from pathlib import Path
from typing import TextIO

from court_link.domain.clock import Clock
from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import CourtLinkError
from court_link.domain.wording import plural
from court_link.importing import courts, lists, reading, reports, rota, rota_command, runs, siting
from court_link.importing.exits import FAILED, IMPORTED, REFUSED
from court_link.importing.formats import FORMATS
from court_link.importing.reading import Reading
from court_link.importing.reports import Report
from court_link.importing.runs import Run
from court_link.store import migrate, open_db
from court_link.store.tables.imports import ImportState


def command(
    url: str,
    clock: Clock,
    file: Path,
    *,
    court: str = "",
    day: date | None = None,
    dry_run: bool = False,
    as_json: bool = False,
) -> int:
    """Imports a file into the store at `url`; answers the exit status.

    0 when the file can be imported (and was, unless `dry_run`), 2 when it is refused, 1 when something else
    stood in the way. `court` names the court that imports, where there are several, and `day` the day of a
    list that does not say which it is for. The report goes to standard output, progress to standard error.
    A list that was stopped half-way is taken up again. A rota (XML) is applied whole, or not at all.
    """
    with file.open("rb") as source:
        if rota.is_rota(source.peek(64)):
            return rota_command.command(url, clock, file, court=court, dry_run=dry_run, as_json=as_json)
        what = reading.read(source, day)
    report = reports.of(what)
    if not report.refused:
        try:
            report = asyncio.run(_import(url, clock, file.name, what, court, dry_run))
        except CourtLinkError as stopped:
            sys.stderr.write(f"{stopped.message}\n")
            return FAILED
    _print(report, sys.stdout, as_json=as_json, dry_run=dry_run)
    return REFUSED if report.refused else IMPORTED


async def _import(url: str, clock: Clock, name: str, what: Reading, court: str, dry_run: bool) -> Report:
    ctx = Context(SYSTEM, request_id="import")
    if not await asyncio.to_thread(migrate.is_migrated, url):
        if dry_run:
            return lists.all_new(what)
        await asyncio.to_thread(migrate.upgrade, url)
    db = await open_db(url, clock)
    try:
        organisation_id = await db.read(
            courts.importing, ctx, court, [siting.house_of(m) for m in what.matters]
        )
        if dry_run:
            return (
                await lists.foretell(db, ctx, organisation_id, what)
                if organisation_id
                else lists.all_new(what)
            )
        if organisation_id is None:
            organisation_id = await db.write(courts.found, ctx, what.matters[0].house if what.matters else "")
        run_id = await db.read(runs.stopped_half_way, ctx, organisation_id, what.digest)
        if run_id is None:
            run_id = await db.write(runs.start, ctx, organisation_id, name)
            await lists.stage(db, ctx, run_id, what)
        try:
            run = await lists.apply(db, ctx, run_id, _progress)
        except runs.Superseded:
            run = await lists.ended(db, ctx, run_id)  # the service applies it too
            if run.state is ImportState.CANCELLED:
                raise
        return run.report
    finally:
        await db.close()


def _progress(run: Run) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(
            f"\r{run.applied:,} of {plural(run.rows, 'hearing')} " + ("\n" if run.applied == run.rows else "")
        )


def _print(report: Report, out: TextIO, *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        json.dump(report.document(), out, indent=2, ensure_ascii=False)
        out.write("\n")
        return
    out.write(f"{FORMATS[report.format]}\n")
    if report.refused:
        out.write("Refused. Nothing was imported.\n")
        out.writelines(f"  {fault.path}: {fault.message}\n" for fault in report.errors)
        return
    out.write(
        f"{plural(report.court_houses, 'court house')}, {plural(report.court_rooms, 'courtroom')}, "
        f"{plural(report.sittings, 'sitting')}, {plural(report.hearings, 'hearing')} "
        f"({report.video_hearings:,} by video), {plural(report.cases, 'case')}\n"
        f"{'Would be ' if dry_run else ''}{report.created:,} created, {report.updated:,} updated, "
        f"{report.unchanged:,} unchanged, {report.no_longer_listed:,} no longer listed\n"
    )
    out.writelines(f"  Warning: {warning}\n" for warning in report.warnings)
