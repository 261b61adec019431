"""`court-link import FILE` of a rota: the same as the page, in one transaction."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from court_link.domain.clock import Clock
from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import CourtLinkError, NotFound
from court_link.domain.wording import plural
from court_link.importing import courts, rota, rota_runs
from court_link.importing.exits import FAILED, IMPORTED, REFUSED
from court_link.importing.reports import Report
from court_link.importing.rota_venues import house_name
from court_link.store import imports, migrate, open_db


class NoCourtYet(NotFound):
    """There is no court to import a rota for. Add one with its court houses first."""


def command(
    url: str, clock: Clock, file: Path, *, court: str = "", dry_run: bool = False, as_json: bool = False
) -> int:
    """Imports a rota into the store at `url`; answers the exit status, as `importing.command` does."""
    with file.open("rb") as source:
        reading = rota.read(source)
    report = Report(imports.ROTA, warnings=reading.warnings, errors=reading.faults)
    if not reading.refused:
        try:
            report = asyncio.run(_import(url, clock, file.name, reading, court, dry_run=dry_run))
        except CourtLinkError as stopped:
            sys.stderr.write(f"{stopped.message}\n")
            return FAILED
    _print(report, as_json=as_json, dry_run=dry_run)
    return REFUSED if report.refused else IMPORTED


async def _import(
    url: str, clock: Clock, name: str, reading: rota.Reading, court: str, *, dry_run: bool
) -> Report:
    ctx = Context(SYSTEM, request_id="import")
    if not await asyncio.to_thread(migrate.is_migrated, url):
        raise NoCourtYet
    db = await open_db(url, clock)
    try:
        houses = {(house_name(each.venue.location), "") for each in reading.sessions}
        organisation_id = await db.read(courts.importing, ctx, court, houses)
        if organisation_id is None:
            raise NoCourtYet
        if dry_run:
            report, _ = await db.read(rota_runs.foretell, ctx, organisation_id, reading)
            return report
        run = await db.write(rota_runs.stage, ctx, organisation_id, name, reading)
        return (await db.write(rota_runs.confirm, ctx, run.id)).report
    finally:
        await db.close()


def _print(report: Report, *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        json.dump(report.document(), sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    sys.stdout.write("Rota\n")
    if report.refused:
        sys.stdout.write("Refused. Nothing was imported.\n")
        sys.stdout.writelines(f"  {fault.path}: {fault.message}\n" for fault in report.errors)
        return
    sys.stdout.write(
        f"{plural(report.sittings, 'session')} in {plural(report.court_rooms, 'venue')}\n"
        f"{'Would be ' if dry_run else ''}{report.created:,} created, {report.updated:,} updated, "
        f"{report.unchanged:,} unchanged, {report.no_longer_listed:,} taken out\n"
    )
    sys.stdout.writelines(f"  Warning: {warning}\n" for warning in report.warnings)
