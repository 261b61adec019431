"""Signing in: by password, within limits, in cookies that cannot be forged or fixed."""

from datetime import timedelta

import pytest

from court_link.domain.roles import OrganisationKind, Role
from court_link.identity.people import Account
from tests.api.apps import PASSWORD, Browser, World, csrf_of, started


@pytest.fixture
async def officer(world: World) -> Account:
    force = await world.organisation(OrganisationKind.FORCE, "Example Constabulary")
    return await world.person(force, Role.OFFICER, email="officer@force.example", name="PC 1187 Example")


async def is_signed_in(browser: Browser) -> bool:
    return (await browser.get("/account")).status_code == 200


async def test_the_right_password_signs_in_and_leads_to_the_page_asked_for(world, officer):
    browser = world.browser()
    asked = await browser.get("/account")
    assert asked.headers["location"] == "/sign-in?next=/account"
    done = await browser.sign_in("Officer@Force.Example ", next="/account")
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    page = await browser.get("/account")
    assert page.status_code == 200
    assert "PC 1187 Example" in page.text


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb"]
)
async def test_signing_in_never_leads_to_another_site(world, officer, elsewhere):
    done = await world.browser().sign_in(officer.email, next=elsewhere)
    assert (done.status_code, done.headers["location"]) == (303, "/")


@pytest.mark.parametrize("email", ["officer@force.example", "nobody@force.example"])
async def test_wrong_password_and_unknown_address_get_one_answer(world, officer, email):
    refused = await world.browser().sign_in(email, "not the password")
    assert refused.status_code == 422
    assert "Check your email address and password" in refused.text
    assert f'value="{email}"' in refused.text  # what was typed is kept
    assert "not the password" not in refused.text


async def test_unknown_locked_and_disabled_accounts_take_the_path_of_a_wrong_password(
    world, officer, monkeypatch
):
    """One verification and one write, whoever it is: the same code, so the same time."""
    gate = world.app.state.gate
    steps: list[str] = []
    verify, write = gate.hasher._argon2.verify, world.db.write

    def counted_verify(stored, password):
        steps.append("verify")
        return verify(stored, password)

    async def counted_write(use_case, *rest):
        steps.append(use_case.__name__)
        return await write(use_case, *rest)

    gate.hasher._argon2 = type(
        "Counting", (), {"verify": staticmethod(counted_verify), "hash": gate.hasher._argon2.hash}
    )
    monkeypatch.setattr(world.db, "write", counted_write)

    async def path(email: str, password: str) -> list[str]:
        steps.clear()
        assert (await world.browser().sign_in(email, password)).status_code == 422
        return list(steps)

    usual = await path(officer.email, "wrong password one")
    assert usual == ["verify", "decide"]
    assert await path("nobody@example.com", "wrong password two") == usual
    for _ in range(world.settings.lockout_failures):
        await path(officer.email, "wrong password three")
    assert await path(officer.email, PASSWORD) == usual  # locked


async def test_too_many_wrong_passwords_lock_the_account_for_a_while(world, officer):
    browser = world.browser()
    for _ in range(world.settings.lockout_failures):
        assert (await browser.sign_in(officer.email, "wrong password")).status_code == 422
    assert (await browser.sign_in(officer.email)).status_code == 422  # the right one, too
    world.wall.set(world.wall.now() + timedelta(minutes=world.settings.lockout_minutes))
    assert (await browser.sign_in(officer.email)).status_code == 303


async def test_one_right_password_forgets_the_wrong_ones_before_it(world, officer):
    for _ in range(3):
        for _ in range(world.settings.lockout_failures - 1):
            await world.browser().sign_in(officer.email, "wrong password")
        assert (await world.browser().sign_in(officer.email)).status_code == 303


async def test_an_address_that_keeps_failing_is_told_to_wait(world):
    browser = world.browser("203.0.113.7")
    throttle = world.app.state.gate.by_address
    for _ in range(40):
        throttle.failed("203.0.113.7")
    refused = await browser.sign_in("somebody@example.com", "any password")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    other = await world.browser("203.0.113.8").sign_in("somebody@example.com", "any password")
    assert other.status_code == 422


async def test_a_cookie_chosen_by_an_attacker_is_not_taken_over(world, officer):
    """Session fixation: whatever token was in the browser before, another one is in it after."""
    browser = world.browser()
    browser.client.cookies.set("court-link", "chosen-by-an-attacker", domain="127.0.0.1")
    await browser.sign_in(officer.email)
    thief = world.browser()
    thief.client.cookies.set("court-link", "chosen-by-an-attacker", domain="127.0.0.1")
    assert not await is_signed_in(thief)
    new = {cookie.value for cookie in browser.client.cookies.jar if cookie.name == "court-link"}
    assert any(value != "chosen-by-an-attacker" for value in new)


async def test_signing_in_again_ends_the_sign_in_before(world, officer):
    browser = await world.signed_in(officer)
    before = browser.client.cookies["court-link"]
    token = csrf_of(await browser.get("/account"))
    done = await browser.sign_in(officer.email, csrf_token=token)
    assert done.status_code == 303
    thief = world.browser()
    thief.client.cookies.set("court-link", before, domain="127.0.0.1")
    assert not await is_signed_in(thief)


@pytest.mark.parametrize("forged", ["", "x", "A" * 43, "clt_" + "A" * 43, "é" * 10])
async def test_a_forged_cookie_is_nobody(world, officer, forged):
    raw = {"Cookie": f"court-link={forged}".encode()}
    answer = await world.client().get("/account", headers=raw)
    assert answer.status_code == 303


async def test_the_stored_digest_is_no_cookie(world, officer):
    from sqlmodel import select

    from court_link.domain.context import SYSTEM, Context
    from court_link.store.tables import LoginSession

    await world.signed_in(officer)
    digests = await world.db.read(
        lambda session, ctx: list(session.exec(select(LoginSession.token_digest))), Context(SYSTEM)
    )
    browser = world.browser()
    browser.client.cookies.set("court-link", digests[0], domain="127.0.0.1")
    assert not await is_signed_in(browser)


async def test_an_idle_browser_is_signed_out_and_a_busy_one_is_not(world, officer):
    browser = await world.signed_in(officer)
    for _ in range(3):
        world.wall.set(world.wall.now() + timedelta(minutes=world.settings.session_idle_minutes - 1))
        assert await is_signed_in(browser)
    world.wall.set(world.wall.now() + timedelta(minutes=world.settings.session_idle_minutes))
    assert not await is_signed_in(browser)


async def test_no_sign_in_outlives_its_hours_however_busy(world, officer):
    browser = await world.signed_in(officer)
    end = world.wall.now() + timedelta(hours=world.settings.session_hours)
    while world.wall.now() < end - timedelta(minutes=20):
        assert await is_signed_in(browser)
        world.wall.set(world.wall.now() + timedelta(minutes=20))
    world.wall.set(end)
    assert not await is_signed_in(browser)


async def test_signing_out_ends_it_on_the_server_too(world, officer):
    browser = await world.signed_in(officer)
    kept = browser.client.cookies["court-link"]
    assert (await browser.submit("/account", to="/sign-out")).status_code == 303
    browser.client.cookies.set("court-link", kept, domain="127.0.0.1")
    assert not await is_signed_in(browser)


async def test_signing_out_elsewhere_leaves_this_browser(world, officer):
    here, there = await world.signed_in(officer), await world.signed_in(officer)
    page = await here.get("/account")
    assert "Another browser" in page.text
    await here.submit("/account", to="/account/sign-out-elsewhere")
    assert await is_signed_in(here)
    assert not await is_signed_in(there)


async def test_changing_ones_password_needs_the_current_one_and_signs_out_elsewhere(world, officer):
    here, there = await world.signed_in(officer), await world.signed_in(officer)
    new = "orange kettle pebble"
    wrong = await here.submit("/account", {"current": "not it", "password": new}, to="/account/password")
    assert wrong.status_code == 422
    assert "Current password is not right" in wrong.text
    weak = await here.submit(
        "/account", {"current": PASSWORD, "password": "Password1234!"}, to="/account/password"
    )
    assert weak.status_code == 422
    assert (
        await here.submit("/account", {"current": PASSWORD, "password": new}, to="/account/password")
    ).status_code == 303
    assert await is_signed_in(here)
    assert not await is_signed_in(there)
    assert (await world.browser().sign_in(officer.email)).status_code == 422
    assert (await world.browser().sign_in(officer.email, new)).status_code == 303


async def test_the_cookie_is_bound_to_the_host_over_tls_and_hidden_from_scripts(sqlite_store):
    async with started(sqlite_store, public_url="https://court.example") as world:
        force = await world.organisation(OrganisationKind.FORCE, "Example Constabulary")
        officer = await world.person(force, Role.OFFICER)
        done = await world.client().post(
            "/sign-in",
            data={"email": officer.email, "password": PASSWORD},
            headers={"Origin": "https://court.example"},
        )
        cookie = done.headers["set-cookie"]
        assert cookie.startswith("__Host-court-link=")
        assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
