"""Every page, for everyone: axe finds nothing at a desk or on a phone, and nothing is wider than the screen.

The pages of a hearing itself change as it goes; they are looked at stage by stage in `test_main_job`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect
from sqlmodel import select

from court_link.api import pages
from court_link.domain.hearing import HearingState
from court_link.store import Session
from court_link.store.tables import Hearing, Link, User
from tests.journeys import county
from tests.journeys.conftest import Visit
from tests.journeys.service import Service, service
from tests.journeys.visiting import DESK, PHONE, Visitor, Watch

#: Addresses that answer something else than a page: downloads, and the feed of live pages.
NOT_PAGES = {"/audit.csv", "/follow/live"}
#: Who opens each page, and at which addresses; {names} stand for what the county holds.
PAGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "/": ("", ("/",)),
    "/account": ("clerk", ("/account",)),
    "/audit": ("administrator", ("/audit", "/audit?text=nobody-at-all")),
    "/choose-password": ("", ("/choose-password",)),
    "/follow": ("", ("/follow",)),
    "/follow/hearing": ("", ("/follow/hearing",)),
    "/hearings/{hearing_id}/following": ("clerk", ("/hearings/{booked}/following",)),
    "/join": ("", ("/join",)),
    "/people": ("administrator", ("/people", "/people?text=nobody-at-all")),
    "/people/new": ("administrator", ("/people/new",)),
    "/people/{account_id}": ("administrator", ("/people/{account}",)),
    "/people/{account_id}/disable": ("administrator", ("/people/{account}/disable",)),
    "/people/{account_id}/reset": ("administrator", ("/people/{account}/reset",)),
    "/report": ("commissioner", ("/report",)),
    "/report/assumptions": ("commissioner", ("/report/assumptions",)),
    "/room/{link_id}": ("officer", ("/room/{link}",)),
    "/sign-in": ("", ("/sign-in",)),
    "/tokens": ("administrator", ("/tokens",)),
    "/tokens/new": ("administrator", ("/tokens/new",)),
}

#: Forms that a person may send empty: who sends them, and by which button.
FORMS: Mapping[str, tuple[str, str]] = {
    "/sign-in": ("", "Sign in"),
    "/choose-password": ("", "Save password"),
    "/follow": ("", "Follow this hearing"),
    "/people/new": ("administrator", "Add and make a link"),
    "/people/{account}": ("administrator", "Save"),
    "/tokens/new": ("administrator", "Make token"),
    "/report/assumptions": ("commissioner", "Use these"),
}


def page_routes() -> set[str]:
    """The addresses of all pages, by the application's own account."""
    return {
        route.path  # type: ignore[attr-defined]
        for router in pages.ROUTERS
        for route in router.routes
        if "GET" in route.methods  # type: ignore[attr-defined]
    }


def test_every_page_of_the_application_is_looked_at() -> None:
    assert page_routes() == PAGES.keys() | NOT_PAGES


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def court(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The service with a county in the middle of its day."""
    async with service(tmp_path_factory.mktemp("day"), county.settle_a_day, mode="demo") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def samples(court: Service) -> dict[str, Any]:
    """What the county holds, by the names that PAGES uses."""
    async with county.store(court) as db:
        return await db.read(_samples, county.CONTEXT)


def _samples(session: Session, ctx: object) -> dict[str, Any]:
    hearings = {
        state.value: session.exec(select(Hearing.id).where(Hearing.state == state)).first()
        for state in HearingState
    }
    account = session.exec(select(User.id).where(User.email == county.email("usher"))).one()
    return {**hearings, "account": account, "link": session.exec(select(Link.id)).first()}


async def opened(visit: Visit, court: Service, who: str) -> Visitor:
    """A browser of one of the county's people, or of somebody who is not signed in."""
    visitor = await visit()
    return await county.signed_in(court, visitor, who) if who else visitor


async def faults(visitor: Visitor) -> list[str]:
    return [*await visitor.faults_of_page(DESK), *await visitor.faults_of_page(PHONE)]


@pytest.mark.parametrize("route", sorted(PAGES))
async def test_a_page_has_no_accessibility_violations_and_fits(
    route: str, visit: Visit, court: Service, samples: dict[str, Any]
) -> None:
    who, addresses = PAGES[route]
    visitor = await opened(visit, court, who)
    for address in addresses:
        await visitor.goes(address.format(**samples))
        assert await faults(visitor) == [], address


@pytest.mark.parametrize("address", sorted(FORMS))
async def test_a_form_sent_empty_names_what_is_missing_and_stays_accessible(
    address: str, visit: Visit, court: Service, watch: Watch, samples: dict[str, Any]
) -> None:
    # A reference that was left out is answered as an unknown one.
    watch.expected = ("422 (Unprocessable", f"404 (Not Found) ({court.url}/follow)")
    who, button = FORMS[address]
    visitor = await opened(visit, court, who)
    await visitor.goes(address.format(**samples))
    await visitor.empties_the_form()
    await visitor.presses(button)
    await expect(visitor.page).to_have_title(re.compile("^Error: "))
    await expect(visitor.page.locator(".govuk-error-summary")).to_be_focused()
    assert await faults(visitor) == []


async def test_axe_and_the_ruler_do_find_what_is_wrong(visit: Visit) -> None:
    visitor = await visit()
    await visitor.goes("/sign-in")
    await visitor.page.evaluate(
        "() => document.querySelector('main').append(document.createElement('button'))"
    )
    await visitor.page.evaluate("() => { document.querySelector('h1').textContent = 'x'.repeat(500) }")
    found = await visitor.faults_of_page(PHONE)
    assert any("button-name" in fault for fault in found)
    assert any("px wide" in fault for fault in found)
