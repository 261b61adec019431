"""The command line. Each command is thin: it reads the settings and calls its part."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Concatenate, ParamSpec, TypeVar

import typer
from pydantic import ValidationError

from court_link import logs
from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import CourtLinkError, Invalid
from court_link.domain.roles import OrganisationKind
from court_link.settings import AuditSettings, Settings, StoreSettings

if TYPE_CHECKING:
    from court_link.media.fleet import Fleet
    from court_link.store import Db

P = ParamSpec("P")
R = TypeVar("R")

# Parts are imported where they are called: a media worker loads no web framework, a migration no media.
# ruff: noqa: PLC0415

cli = typer.Typer(
    name="court-link",
    help="Video hearings for courts, police and custody.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address, instead of COURT_LINK_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port, instead of COURT_LINK_PORT.")] = None,
) -> None:
    """Serve the pages and the API."""
    from court_link.app import OutOfDate, create_app
    from court_link.demo.clock import court_clock
    from court_link.serving import server

    settings = _settings(host=host, port=port)
    clock = court_clock(settings) if settings.mode == "demo" else None
    try:
        server(create_app(settings, clock=clock), settings).run()
    except OutOfDate as refused:
        raise _stop(str(refused)) from None


@cli.command()
def media(
    workers: Annotated[
        int | None,
        typer.Option(
            min=0, max=64, help="Processes, instead of COURT_LINK_MEDIA_WORKERS; 0 is one for each core."
        ),
    ] = None,
) -> None:
    """Carry sound and picture: workers in processes of their own, watched and started again."""
    from court_link.media.embedded.supervisor import Supervisor
    from court_link.media.embedded.worker import of_machine

    raise typer.Exit(Supervisor(of_machine(_settings(media_workers=workers))).run())


@cli.command()
def nodes(as_json: AsJson = False) -> None:
    """List the media workers: their state, who is connected, and what hearings have reserved on them."""
    from court_link.media import operating

    shown = _operated(operating.listed)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in shown], default=str))
        return
    for each in shown:
        said = f"{each.load} of {each.capacity} connected, {each.reserved} reserved, {each.rooms} rooms"
        typer.echo(f"{each.name}  {each.state.value}  {said}")


@cli.command()
def drain(node: Annotated[str, typer.Argument(help="Its name, as `court-link nodes` has it.")]) -> None:
    """Give a media worker no new rooms; those that it has go on, until the worker is started again."""
    from court_link.media import operating

    try:
        _operated(operating.drain, node)
    except CourtLinkError as refused:
        raise _stop(refused.message) from None
    typer.echo(f"{node} takes no new rooms. `court-link nodes` says when nobody is connected to it any more.")


@cli.command()
def demo(
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw its data away first.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the pages.")] = 8000,
    beyond_loopback: Annotated[
        bool, typer.Option("--beyond-loopback", help="Allow an address that other machines can reach.")
    ] = False,
) -> None:
    """Run the demonstration: a Hertfordshire day on which it is always now."""
    from court_link.demo import running

    raise typer.Exit(running.run(fresh=fresh, host=host, port=port, beyond_loopback=beyond_loopback))


@cli.command()
def migrate() -> None:
    """Bring the database up to this version's tables."""
    from court_link.store import migrate as migrations

    settings = StoreSettings()
    migrations.upgrade(settings.database_url)
    typer.echo(f"The database is at {migrations.current(settings.database_url)}.")


@cli.command()
def bootstrap(
    organisation: Annotated[str, typer.Option(help='Its name, such as "Example Magistrates\' Court".')],
    email: Annotated[str, typer.Option(help="Email address of its first administrator.")],
    kind: Annotated[OrganisationKind, typer.Option(help="What it is.")] = OrganisationKind.COURT,
    area: Annotated[str, typer.Option(help="County or force area, such as Hertfordshire.")] = "",
    name: Annotated[str, typer.Option(help="The administrator's name.")] = "Administrator",
) -> None:
    """Add an organisation with its first administrator, and print their one-use link, once."""
    from court_link.identity import invitations, organisations
    from court_link.store import migrate as migrations
    from court_link.store import open_db
    from court_link.wall import WallClock

    settings, clock = _settings(), WallClock()
    if migrations.current(settings.database_url) != migrations.newest():
        raise _stop("Run `court-link migrate` first.")

    async def run() -> str:
        db = await open_db(settings.database_url, clock)
        try:
            return await db.write(
                organisations.bootstrap, Context(SYSTEM), organisation, kind, area, email, name, clock.now()
            )
        finally:
            await db.close()

    try:
        secret = asyncio.run(run())
    except Invalid as refused:
        raise _stop("\n".join(error.message for error in refused.errors)) from None
    typer.echo(f"Open this link within {invitations.LASTS.days} days to choose a password. It works once:")
    typer.echo(invitations.link(settings.public_url, secret))


@cli.command("import")
def import_list(
    file: Annotated[
        Path, typer.Argument(help="A court list (JSON) or a rota (XML).", exists=True, dir_okay=False)
    ],
    court: Annotated[str, typer.Option(help="The court that imports it, where there are several.")] = "",
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day of an adult court list, which does not say it."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import a court's list or rota. Exit status 0 when it can be imported, 2 when it is refused.

    It reads magistrates' standard, public and adult court lists, civil and family daily cause lists, and
    Crown Court daily lists, and rotas of court sessions; the kind is told by what the file holds.
    """
    from court_link.demo.clock import court_clock
    from court_link.importing.command import command

    settings = StoreSettings()
    status = command(
        settings.database_url,
        court_clock(settings),
        file,
        court=court,
        day=day.date() if day else None,
        dry_run=dry_run,
        as_json=as_json,
    )
    raise typer.Exit(status)


@cli.command("verify-audit")
def verify_audit(as_json: AsJson = False) -> None:
    """Check the chain of every event, and name the first bad entry. Exit status 1 when there is one."""
    from court_link.store import audit, open_db
    from court_link.wall import WallClock

    settings = AuditSettings()
    secret = settings.secret_key.get_secret_value()

    async def run() -> audit.Verdict:
        db = await open_db(settings.database_url, WallClock())
        try:
            return await audit.verify_audit(db, settings.checkpoints if secret else None, secret)
        finally:
            await db.close()

    verdict = asyncio.run(run())
    bad = verdict.finding
    if as_json:
        said = {"entries": verdict.entries, "checkpoints": bool(secret), "finding": bad and asdict(bad)}
        typer.echo(json.dumps(said, default=str))
    elif bad is None:
        typer.echo(f"Every entry is as it was written ({verdict.entries:,} entries).")
    else:
        typer.echo(f"Entry {bad.seq}: {bad.fault} (event {bad.event_id}).")
    if not secret and not as_json:
        typer.echo("The signed checkpoints were not checked: that needs COURT_LINK_SECRET_KEY.", err=True)
    raise typer.Exit(0 if bad is None else 1)


@cli.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to put the copy; it must not exist yet.")],
) -> None:
    """Copy the database while the service runs (SQLite; on PostgreSQL use pg_dump)."""
    from court_link.store import backup as copying

    try:
        copying.copy(StoreSettings().database_url, file)
    except copying.NotCopied as refused:
        raise _stop(str(refused)) from None
    typer.echo(f"Copied to {file}.")


def _operated(act: Callable[Concatenate[Fleet, Db, P], Awaitable[R]], *args: P.args, **more: P.kwargs) -> R:
    """An operator's act upon the media workers, with the store and the workers of the settings."""
    from court_link.media import fleet
    from court_link.store import open_db
    from court_link.wall import WallClock

    settings = _settings()

    async def run() -> R:
        db = await open_db(settings.database_url, WallClock())
        workers = fleet.of(settings, db)
        try:
            return await act(workers, db, *args, **more)
        finally:
            await workers.aclose()
            await db.close()

    return asyncio.run(run())


def _settings(**given: object) -> Settings:
    """The settings of the environment, with what the command line gave; says what is wrong with them."""
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as refused:
        said = "\n".join(
            "  ".join(filter(None, (".".join(map(str, error["loc"])), error["msg"])))
            for error in refused.errors()
        )
        raise _stop(f"The settings are not sound:\n{said}") from None
    logs.configure(settings)
    return settings


def _stop(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(2)


def main() -> None:
    """The `court-link` command."""
    cli()


if __name__ == "__main__":
    main()
