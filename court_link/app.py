"""`create_app`: wiring, nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from functools import partial

import structlog
from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

from court_link import api
from court_link.api import csrf, describing, pages, problems
from court_link.api.bookings import rules
from court_link.api.fanout import Fanout
from court_link.api.headers import SecurityHeaders
from court_link.api.importer import Importer
from court_link.api.limits import BodyLimits
from court_link.api.media_figures import MediaFigures
from court_link.api.observing import Metrics, Observing
from court_link.api.pages.home import framed
from court_link.api.pages.static import VersionedFiles
from court_link.domain.clock import Clock
from court_link.domain.context import SYSTEM, Context
from court_link.identity.signing_in import Gate
from court_link.media import due, exhibits, fleet
from court_link.media.archive import Archive
from court_link.media.engine import Engine
from court_link.media.rooms import Rooms
from court_link.media.trying import Trying
from court_link.reactions import reactions
from court_link.scheduling.scheduler import Chore, ticking
from court_link.settings import Settings
from court_link.store import migrate, open_db
from court_link.store.audit import keep_checkpoints
from court_link.store.delivery import deliver
from court_link.wall import WallClock

log = structlog.get_logger(__name__)


class OutOfDate(RuntimeError):
    """The database is not at this version's tables. Run `court-link migrate`, then start again."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class _CourtLink(FastAPI):
    """FastAPI with the security headers outside even its own answer to a failure."""

    https: bool

    def build_middleware_stack(self) -> ASGIApp:
        return SecurityHeaders(super().build_middleware_stack(), https=self.https)


def create_app(settings: Settings, *, clock: Clock | None = None, engine: Engine | None = None) -> FastAPI:
    """The application. It opens the store and begins its background work when it is started.

    `clock` tells court time (real time when None); `engine` carries media (the embedded worker when None).
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(_check_schema, settings)
        async with AsyncExitStack() as ends:
            app.state.db = await open_db(settings.database_url, court_time, write_queue=settings.write_queue)
            ends.push_async_callback(app.state.db.close)
            app.state.engine = engine or fleet.of(settings, app.state.db)
            ends.push_async_callback(app.state.engine.aclose)
            app.state.importer = Importer(app.state.db)
            ends.push_async_callback(app.state.importer.close)
            await app.state.importer.take_up()
            app.state.fanout = Fanout(app.state.db)
            app.state.rooms = Rooms(app.state.db, app.state.engine, app.state.fanout.touch)
            app.state.metrics.registry.register(MediaFigures(app.state.rooms))
            app.state.trying = Trying(app.state.engine)
            offer = timedelta(minutes=settings.waitlist_offer_minutes)
            handlers = reactions(app.state.db, app.state.rooms, rules(settings), offer)
            settings.checkpoints.parent.mkdir(parents=True, exist_ok=True)
            archive = Archive(app.state.db, app.state.engine, app.state.rooms, settings.recording_keep)
            for work in (
                app.state.fanout.run,
                app.state.rooms.run,
                partial(due.run, app.state.db, app.state.rooms),
                archive.run,
                partial(deliver, app.state.db, handlers),
                partial(keep_checkpoints, app.state.db, settings.checkpoints, secret),
            ):
                ends.push_async_callback(_ended, asyncio.create_task(_kept_running(work)))
            await ends.enter_async_context(ticking(app.state.db, chores=_chores(app)))
            yield

    court_time = clock or WallClock()
    secret = settings.secret_key.get_secret_value()
    app = _CourtLink(
        title="Court Link",
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=describing.ADDRESS,
        dependencies=[Depends(framed), Depends(csrf.check)],
    )
    app.https = settings.https
    app.state.settings = settings
    app.state.wall = WallClock()
    app.state.gate = Gate(settings)
    app.state.metrics = Metrics()
    problems.install(app)
    for router in api.ROUTERS:
        app.include_router(router)
    for router in pages.ROUTERS:
        app.include_router(router, include_in_schema=False)
    app.mount("/static", VersionedFiles(), name="static")
    app.add_middleware(BodyLimits)
    app.add_middleware(Observing, metrics=app.state.metrics)
    app.openapi = lambda: describing.describe(app)  # type: ignore[method-assign]
    return app


def _chores(app: FastAPI) -> list[Chore]:
    """What is forgotten by and by beside what scheduling keeps."""
    ctx = Context(SYSTEM, request_id="tidy")
    return [app.state.importer.forget_left, partial(app.state.db.write, exhibits.destroy_old, ctx)]


async def _kept_running(work: Callable[[], Awaitable[None]]) -> None:
    """Background work is begun again after whatever went wrong with it."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("background work failed")
        await asyncio.sleep(1)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _check_schema(settings: Settings) -> None:
    if settings.mode in {"demo", "test"}:
        migrate.upgrade(settings.database_url)
    elif migrate.current(settings.database_url) != migrate.newest():
        raise OutOfDate()
