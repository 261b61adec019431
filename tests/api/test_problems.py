"""Every refusal is a problem: named fields, fitting status, no traceback and nothing personal."""

import pytest
from fastapi import APIRouter

from court_link.api.asking import Store
from court_link.domain.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Refusal,
    SlotTaken,
    Stale,
    Unavailable,
)
from court_link.domain.roles import OrganisationKind, Role
from tests.api.apps import MONDAY, World

ERRORS = {
    "notfound": (NotFound(), 404, "not-found"),
    "forbidden": (Forbidden(), 403, "forbidden"),
    "conflict": (Conflict(), 409, "conflict"),
    "invalid": (Invalid(errors=[FieldError("room", "Choose a room")]), 422, "invalid"),
    "stale": (Stale(), 409, "stale"),
    "taken": (SlotTaken(refusals=[Refusal("Courtroom 1", "already booked", MONDAY)]), 409, "slot-taken"),
    "busy": (Unavailable(retry_after=7), 503, "unavailable"),
    "broken": (RuntimeError("canary of PC 1187"), 500, "error"),
}


@pytest.fixture
def failing(world: World) -> World:
    """Two routes that fail as they are told, one of the API and one a page."""
    router = APIRouter()

    @router.get("/api/failing/{how}")
    @router.get("/failing/{how}")
    async def fail(how: str, store: Store) -> None:
        raise ERRORS[how][0]

    world.app.include_router(router)
    return world


@pytest.mark.parametrize("how", ERRORS)
async def test_the_api_answers_problem_details(failing, how):
    _, status, kind = ERRORS[how]
    answer = await failing.client().get(f"/api/failing/{how}")
    body = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"urn:court-link:problem:{kind}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert "canary" not in answer.text
    assert "Traceback" not in answer.text
    if how == "invalid":
        assert body["errors"] == [{"field": "room", "message": "Choose a room"}]
    if how == "taken":
        assert body["refusals"][0]["resource"] == "Courtroom 1"
    if how == "busy":
        assert answer.headers["retry-after"] == "7"


@pytest.mark.parametrize("how", ERRORS)
async def test_a_page_answers_a_page(failing, how):
    answer = await failing.client().get(f"/failing/{how}")
    assert answer.status_code == ERRORS[how][1]
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1" in answer.text
    assert "canary" not in answer.text
    assert "content-security-policy" in answer.headers


async def test_a_stale_if_match_is_412(failing):
    answer = await failing.client().get("/api/failing/stale", headers={"If-Match": '"1"'})
    assert answer.status_code == 412


async def test_validation_names_the_field_and_never_repeats_its_value(world):
    court = await world.organisation(OrganisationKind.COURT, "Example Magistrates' Court")
    machine = await world.machine(court, Role.ADMINISTRATOR)
    body = {"name": "canary" * 30, "roles": ["canary"], "days": 0, "more": "canary"}
    answer = await machine.post("/api/tokens", json=body)
    problem = answer.json()
    assert answer.status_code == 422
    assert {each["field"] for each in problem["errors"]} == {"name", "roles[0]", "days", "more"}
    assert "canary" not in answer.text
    assert "This must be 100 characters or fewer" in answer.text


async def test_broken_json_is_a_problem(world):
    court = await world.organisation(OrganisationKind.COURT, "Example Magistrates' Court")
    machine = await world.machine(court, Role.ADMINISTRATOR)
    answer = await machine.post("/api/tokens", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"] == "This is not valid JSON"


async def test_unknown_addresses_and_methods_are_problems_too(world):
    client = world.client()
    assert (await client.get("/api/nothing")).json()["status"] == 404
    wrong = await client.delete("/api/tokens")
    assert (wrong.status_code, wrong.json()["status"]) == (405, 405)
    assert set(wrong.headers["allow"].split(", ")) >= {"GET"}
    page = await client.get("/nothing")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")


async def test_nobody_is_401_from_the_api(world):
    answer = await world.client().get("/api/me")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["type"] == "urn:court-link:problem:not-signed-in"


async def test_an_address_that_can_be_nothings_is_absent_like_any_other(world):
    court = await world.organisation(OrganisationKind.COURT, "Example Magistrates' Court")
    machine = await world.machine(court, Role.ADMINISTRATOR)
    absent = await machine.get("/api/users/00000000-0000-7000-8000-000000000000")
    malformed = await machine.get("/api/users/not-an-id")
    assert (malformed.status_code, malformed.content) == (404, absent.content)


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_beyond_the_limit_is_413(world, declared):
    async def pieces():
        for _ in range(20):
            yield b"x" * 65536

    content = b"x" * (20 * 65536) if declared else pieces()
    headers = {"Content-Type": "application/json"}
    court = await world.organisation(OrganisationKind.COURT, "Example Magistrates' Court")
    machine = await world.machine(court, Role.ADMINISTRATOR)
    answer = await machine.post("/api/tokens", content=content, headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)


async def test_a_database_that_is_gone_is_503_and_said_by_readyz(world, monkeypatch):
    async def gone(*_, **__):
        raise Unavailable(retry_after=3)

    monkeypatch.setattr(world.db, "read", gone)
    ready = await world.client().get("/readyz")
    assert (ready.status_code, ready.json()["parts"]["database"]) == (503, False)
    browser = world.browser()
    browser.client.cookies.set("court-link", "x", domain="127.0.0.1")
    page = await browser.get("/people")
    assert (page.status_code, page.headers["retry-after"]) == (503, "3")
    assert "<h1" in page.text
    assert (await world.client().get("/healthz")).status_code == 200


async def test_figures_are_by_route_and_for_this_machine_or_an_administrators_token(world):
    await world.client().get("/sign-in?secret=canary")
    await world.client().get("/canary")
    figures = (await world.client().get("/metrics")).text
    assert 'court_link_requests_total{method="GET",route="/sign-in",status="200"} 1.0' in figures
    assert "canary" not in figures
    assert (await world.client("203.0.113.7").get("/metrics")).status_code == 401
    proxied = {"X-Forwarded-For": "203.0.113.7"}
    assert (await world.client().get("/metrics", headers=proxied)).status_code == 401
    court = await world.organisation(OrganisationKind.COURT, "Example Magistrates' Court")
    usher, admin = await world.machine(court, Role.USHER), await world.machine(court, Role.ADMINISTRATOR)
    assert (await usher.get("/metrics", headers=proxied)).status_code == 403
    assert (await admin.get("/metrics", headers=proxied)).status_code == 200


async def test_every_answer_carries_a_request_id_that_events_and_logs_share(world):
    given = await world.client().get("/healthz", headers={"X-Request-ID": "abc-123"})
    assert given.headers["x-request-id"] == "abc-123"
    forged = await world.client().get("/healthz", headers={"X-Request-ID": "a b\tc"})
    assert forged.headers["x-request-id"] != "a b\tc"
