"""No other site may act with somebody's cookie. Each attack is shown to work with the guard taken out."""

import pytest

from court_link.api import csrf
from court_link.domain.roles import OrganisationKind, Role
from tests.api.apps import ORIGIN, Browser, World, csrf_of

NEW = {"name": "Mallory Example", "email": "mallory@court.example", "roles": "administrator"}


@pytest.fixture
async def admin(world: World) -> Browser:
    court = await world.organisation(OrganisationKind.COURT, "Example Magistrates' Court")
    return await world.signed_in(await world.person(court, Role.ADMINISTRATOR))


@pytest.fixture
def unguarded(world: World) -> None:
    """The positive control: the same application without its check."""

    async def nothing() -> None:
        return None

    world.app.dependency_overrides[csrf.check] = nothing


ATTACKS = {
    "no origin": {},
    "another site": {"Origin": "https://evil.example"},
    "an opaque origin": {"Origin": "null"},
    "a sub-domain": {"Origin": "http://evil.127.0.0.1:8000"},
    "another port": {"Origin": "http://127.0.0.1:8001"},
    "another scheme": {"Origin": "https://127.0.0.1:8000"},
}


@pytest.mark.parametrize("headers", ATTACKS.values(), ids=ATTACKS)
async def test_a_form_of_another_site_is_refused_even_with_the_token(world, admin, headers):
    token = csrf_of(await admin.get("/people/new"))
    answer = await admin.client.post("/people/new", data={**NEW, "csrf_token": token}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "é"])
async def test_a_form_without_this_sign_ins_token_is_refused(world, admin, token):
    assert (await admin.post("/people/new", {**NEW, "csrf_token": token})).status_code == 403


async def test_the_token_of_another_sign_in_is_refused(world, admin):
    court = await world.organisation(OrganisationKind.COURT, "Other Court")
    other = await world.signed_in(await world.person(court, Role.ADMINISTRATOR))
    token = csrf_of(await other.get("/people/new"))
    assert (await admin.post("/people/new", {**NEW, "csrf_token": token})).status_code == 403


async def test_our_own_form_is_taken(world, admin):
    assert (await admin.submit("/people/new", NEW)).status_code == 200


async def test_the_api_asks_a_cookie_for_the_token_in_a_header(world, admin):
    body = {"name": "Ada Example", "email": "ada@court.example", "roles": ["usher"]}
    headers = {"Origin": ORIGIN}
    assert (await admin.client.post("/api/users", json=body, headers=headers)).status_code == 403
    headers["X-CSRF-Token"] = csrf_of(await admin.get("/people/new"))
    assert (await admin.client.post("/api/users", json=body, headers=headers)).status_code == 201


async def test_a_machines_token_needs_neither(world):
    court = await world.organisation(OrganisationKind.COURT, "Example Magistrates' Court")
    machine = await world.machine(court, Role.ADMINISTRATOR)
    body = {"name": "Ada Example", "email": "ada@court.example", "roles": ["usher"]}
    assert (await machine.post("/api/users", json=body)).status_code == 201


async def test_a_bearer_that_is_no_token_does_not_let_a_cookie_through_unchecked(world, admin):
    headers = {"Authorization": "Bearer clt_nothing"}
    assert (await admin.client.post("/people/new", data=NEW, headers=headers)).status_code in {303, 401}
    assert "mallory" not in (await admin.get("/people")).text.lower()


async def test_signing_somebody_in_from_another_site_is_refused(world, admin):
    answer = await world.client().post(
        "/sign-in",
        data={"email": "x@example.com", "password": "y"},
        headers={"Origin": "https://evil.example"},
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("headers", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.usefixtures("unguarded")
async def test_positive_control_without_the_guard_the_attack_adds_an_administrator(world, admin, headers):
    answer = await admin.client.post("/people/new", data=NEW, headers=headers)
    assert answer.status_code == 200
    assert "Mallory Example" in (await admin.get("/people")).text
