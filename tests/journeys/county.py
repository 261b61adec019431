"""Hertfordshire as journeys find it: its places, its people with a password, custody staff on shift."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from court_link.demo import people, seeding
from court_link.domain.context import SYSTEM, Context
from court_link.domain.direction import Force, Medium
from court_link.domain.hearing import HearingState
from court_link.domain.link import Link
from court_link.domain.places import SiteKind
from court_link.identity import sessions
from court_link.identity.passwords import Hasher
from court_link.scheduling import directions
from court_link.scheduling.directions import Made
from court_link.settings import Settings
from court_link.store import Db, Session, links, open_db
from court_link.store.tables import Booking, Hearing, Shift, Site, User
from tests.journeys.service import Service
from tests.journeys.visiting import Visitor

#: Everybody's password.
PASSWORD = "purple teapot gravel"
CONTEXT = Context(SYSTEM, request_id="journeys")


async def settle(db: Db, service: Service) -> None:
    """The county with nothing listed and nothing booked."""
    await db.write(people.found, CONTEXT, datetime.now(UTC))
    await db.write(_open_up, CONTEXT, await Hasher().hash(PASSWORD))


async def settle_a_day(db: Db, service: Service) -> None:
    """The county as the demonstration shows it: days past, a day going on, everybody with a password."""
    await seeding.seed(service.settings.database_url, service.clock, datetime.now(UTC), past=3, ahead=2)
    await db.write(_give_passwords, CONTEXT, await Hasher().hash(PASSWORD))


def _open_up(session: Session, ctx: Context, password_hash: str) -> None:
    _give_passwords(session, ctx, password_hash)
    midnight = ctx.now.replace(hour=0, minute=0, second=0, microsecond=0)
    for site in session.exec(select(Site).where(Site.kind == SiteKind.CUSTODY_SUITE)):
        session.add(Shift(site_id=site.id, starts_at=midnight, ends_at=midnight + timedelta(days=7), staff=4))


def _give_passwords(session: Session, ctx: Context, password_hash: str) -> None:
    for account in session.exec(select(User)):
        account.password_hash = password_hash


def email(key: str) -> str:
    return people.BY_KEY[key].email


def name(key: str) -> str:
    return people.BY_KEY[key].name


@asynccontextmanager
async def store(service: Service) -> AsyncIterator[Db]:
    """The service's own store, opened beside it."""
    db = await open_db(service.settings.database_url, service.clock)
    try:
        yield db
    finally:
        await db.close()


async def as_(db: Db, key: str) -> Context:
    """One of the county's people, as they would act when signed in."""
    return Context(await db.read(people.actor, CONTEXT, key), request_id="journeys")


async def sign_in(service: Service, key: str) -> str:
    """The cookie's value of one of the county's people, signed in."""
    async with store(service) as db:
        return await db.write(_sign_in, CONTEXT, email(key), service.settings)


async def signed_in(service: Service, visitor: Visitor, key: str) -> Visitor:
    """Gives the visitor the cookie of a sign-in, without the password's slow check."""
    cookie = {"name": "court-link", "value": await sign_in(service, key), "url": service.url}
    await visitor.page.context.add_cookies([cookie])  # type: ignore[list-item]
    return visitor


def _sign_in(session: Session, ctx: Context, address: str, settings: Settings) -> str:
    account = session.exec(select(User).where(User.email == address)).one()
    id_: UUID = account.id
    return sessions.open_for(session, ctx, id_, datetime.now(UTC), settings).token


def about_to_begin(session: Session, ctx: Context) -> UUID:
    """The first hearing of a settled day whose lobby is open."""
    open_now = select(Hearing.id).where(
        Hearing.id == Booking.hearing_id, Hearing.state == HearingState.LOBBY_OPEN
    )
    return session.exec(open_now.order_by(col(Booking.starts_at))).all()[0]


def direct(session: Session, ctx: Context) -> tuple[Link, ...]:
    """Records directions for everybody remote in the hearing about to begin; answers its links."""
    found = links.of_hearing(session, ctx, about_to_begin(session, ctx))
    for link in found:
        if link.remote:
            made = Made(link.id, Medium.VIDEO, Force.PERMIT, "District Judge", "Nobody wished to be heard")
            directions.record(session, ctx, link.hearing_id, made)
    return found
