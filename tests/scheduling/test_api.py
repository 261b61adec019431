"""Listing, finding, booking and directing over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import select

from court_link.domain.events import EventKind
from court_link.domain.places import PersonKind
from court_link.domain.roles import OrganisationKind, Role
from court_link.identity.organisations import Organisation
from court_link.store.tables import ApiToken, EventRow
from tests.api.apps import World
from tests.county import SYSTEM_CONTEXT, County, add_person

MATTER = {
    "title": "R v Example",
    "hearing_type": "First appearance",
    "day": "2026-11-23",
    "at": "10:00",
    "urns": ["41XX0000126"],
    "parties": [{"role": "DEFENDANT", "name": "Alex Example"}],
}


def court_of(settled: County) -> Organisation:
    return Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")


@pytest.fixture
async def clerk(world: World, settled: County) -> httpx.AsyncClient:
    return await world.machine(court_of(settled), Role.LISTING_OFFICER)


@pytest.fixture
async def stranger(world: World) -> httpx.AsyncClient:
    elsewhere = await world.organisation(OrganisationKind.COURT, "Elsewhere Magistrates", "Elsewhere")
    return await world.machine(elsewhere, Role.LISTING_OFFICER)


async def listed(clerk: httpx.AsyncClient, **facts: Any) -> dict[str, Any]:
    answer = await clerk.post("/api/hearings", json=MATTER | facts)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def wanted(settled: County, at: str = "2026-11-23T10:00:00Z", **more: Any) -> dict[str, Any]:
    needs = {
        "courtroom_id": str(settled.courtroom),
        "minutes": 30,
        "custody": [{"room_id": str(settled.cell)}],
        "attending": [str(settled.officer)],
    }
    return {"starts_at": at, "needs": needs | more.pop("needs", {}), **more}


async def test_a_matter_is_listed_with_the_usual_length_of_its_type(clerk: httpx.AsyncClient) -> None:
    made = await clerk.post("/api/hearings", json=MATTER)
    body = made.json()
    assert (made.status_code, body["minutes"], body["state"]) == (201, 12, "listed")
    assert body["listed_at"] == "2026-11-23T10:00:00Z"
    assert body["urns"] == ["41XX0000126"]
    read = await clerk.get(made.headers["Location"])
    assert read.json() == body
    assert read.headers["ETag"] == made.headers["ETag"] == '"1"'


async def test_a_trial_needs_an_estimate(clerk: httpx.AsyncClient) -> None:
    refused = await clerk.post("/api/hearings", json=MATTER | {"hearing_type": "Trial"})
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["minutes"]


async def test_a_search_warrant_is_always_withheld(clerk: httpx.AsyncClient) -> None:
    made = await listed(clerk, hearing_type="Search warrant application", minutes=10, visibility="public")
    assert made["visibility"] == "withheld"


async def test_free_times_come_with_reasons_for_the_rest(clerk: httpx.AsyncClient, settled: County) -> None:
    first, second = await listed(clerk, title="R v First"), await listed(clerk)
    booked = await clerk.post(f"/api/hearings/{first['id']}/bookings", json=wanted(settled))
    assert booked.status_code == 201, booked.text
    answer = await clerk.get(
        f"/api/hearings/{second['id']}/availability",
        params={
            "courtroom_id": str(settled.courtroom),
            "custody": [str(settled.cell)],
            "attending": [str(settled.officer)],
            "minutes": 30,
            "day": "2026-11-23",
            "step": 15,
        },
    )
    starts = {start["at"]: start for start in answer.json()["starts"]}
    assert [at for at, start in starts.items() if start["free"]][:2] == [
        "2026-11-23T11:00:00Z",
        "2026-11-23T11:15:00Z",
    ]
    refusals = starts["2026-11-23T10:15:00Z"]["refusals"]
    assert refusals[0] == {
        "resource": "Courtroom 1, Demo Court House",
        "reason": "is booked for R v First",
        "until": "2026-11-23T10:30:00Z",
    }
    # At a quarter to, the courtroom is free and the custody room is not.
    assert [each["resource"] for each in starts["2026-11-23T10:45:00Z"]["refusals"]] == [
        "Video room 1, Demo Custody Suite"
    ]


async def test_a_hold_is_confirmed_and_a_taken_time_is_a_conflict(
    clerk: httpx.AsyncClient, settled: County
) -> None:
    first, second = await listed(clerk), await listed(clerk)
    held = await clerk.post(f"/api/hearings/{first['id']}/bookings", json=wanted(settled, hold=True))
    assert (held.status_code, held.json()["state"]) == (201, "provisional")
    confirmed = await clerk.post(f"{held.headers['Location']}/confirm", headers={"If-Match": '"1"'})
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "confirmed")
    stale = await clerk.post(f"{held.headers['Location']}/release", headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    taken = await clerk.post(f"/api/hearings/{second['id']}/bookings", json=wanted(settled))
    assert taken.status_code == 409
    assert len(taken.json()["refusals"]) == 3
    released = await clerk.post(f"{held.headers['Location']}/release")
    assert released.json()["state"] == "released"


async def test_a_retry_with_the_same_key_books_once(clerk: httpx.AsyncClient, settled: County) -> None:
    hearing = await listed(clerk)
    address, key = f"/api/hearings/{hearing['id']}/bookings", {"Idempotency-Key": "one"}
    first = await clerk.post(address, json=wanted(settled), headers=key)
    again = await clerk.post(address, json=wanted(settled), headers=key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    other = await clerk.post(address, json=wanted(settled, "2026-11-23T12:00:00Z"), headers=key)
    assert other.status_code == 422


async def test_a_kept_answer_is_shown_only_to_who_may_still_ask(
    world: World, clerk: httpx.AsyncClient, settled: County
) -> None:
    first, second = {"Idempotency-Key": "one"}, {"Idempotency-Key": "two"}
    hearing = await clerk.post("/api/hearings", json=MATTER, headers=first)
    bookings = f"{hearing.headers['Location']}/bookings"
    assert (await clerk.post(bookings, json=wanted(settled), headers=second)).status_code == 201
    await world.db.write(_make_ushers, SYSTEM_CONTEXT)
    assert (await clerk.post("/api/hearings", json=MATTER, headers=first)).status_code == 403
    assert (await clerk.post(bookings, json=wanted(settled), headers=second)).status_code == 403


def _make_ushers(session: Any, ctx: Any) -> None:
    """Every machine has from now on a role that lists and books nothing."""
    for token in session.exec(select(ApiToken)):
        token.roles = [Role.USHER.value]


async def test_a_change_needs_the_version_that_was_read(clerk: httpx.AsyncClient) -> None:
    hearing = await listed(clerk)
    address = f"/api/hearings/{hearing['id']}"
    changed = await clerk.patch(address, json={"minutes": 25}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["minutes"]) == (200, 25)
    assert changed.json()["parties"] == hearing["parties"]
    stale = await clerk.patch(address, json={"minutes": 30}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_vacating_frees_everything_and_keeps_the_words_apart(
    world: World, clerk: httpx.AsyncClient, settled: County
) -> None:
    hearing = await listed(clerk)
    await clerk.post(f"/api/hearings/{hearing['id']}/bookings", json=wanted(settled))
    said = {"reason": "other", "words": "Alex Example is in hospital"}
    vacated = await clerk.post(f"/api/hearings/{hearing['id']}/vacate", json=said)
    assert (vacated.status_code, vacated.json()["state"]) == (200, "vacated")
    second = await listed(clerk)
    booked = await clerk.post(f"/api/hearings/{second['id']}/bookings", json=wanted(settled))
    assert booked.status_code == 201
    nothing_said = await clerk.post(f"/api/hearings/{second['id']}/vacate", json={"reason": "other"})
    assert nothing_said.status_code == 422


async def test_a_direction_is_recorded_varied_and_rescinded(
    clerk: httpx.AsyncClient, settled: County, world: World
) -> None:
    hearing = await listed(clerk)
    await clerk.post(f"/api/hearings/{hearing['id']}/bookings", json=wanted(settled))
    links = await world.db.read(_links, settled.listing_officer, UUID(hearing["id"]))
    address = f"/api/hearings/{hearing['id']}/directions"
    said = {
        "link_id": links["officer"],
        "medium": "video",
        "force": "permit",
        "maker": "District Judge Example",
        "representations": "None made.",
    }
    first = await clerk.post(address, json=said)
    assert (first.status_code, first.json()["status"]) == (201, "in_force")
    await clerk.post(address, json=said | {"medium": "audio"})
    states = [(each["medium"], each["status"]) for each in (await clerk.get(address)).json()]
    assert states == [("video", "rescinded"), ("audio", "in_force")]
    second = (await clerk.get(address)).json()[1]["id"]
    assert (await clerk.post(f"{address}/{second}/rescind")).json()["status"] == "rescinded"
    assert (await clerk.post(f"{address}/{second}/rescind")).status_code == 404
    bench = await clerk.post(address, json=said | {"link_id": links["bench"]})
    assert bench.status_code == 422


async def test_for_under_18s_the_youth_offending_team_must_be_heard(
    clerk: httpx.AsyncClient, settled: County, world: World
) -> None:
    hearing = await listed(clerk, youth=True)
    asked = wanted(settled)
    asked["needs"] |= {"parts": ["appropriate_adult", "youth_offending_team"]}
    await clerk.post(f"/api/hearings/{hearing['id']}/bookings", json=asked)
    links = await world.db.read(_links, settled.listing_officer, UUID(hearing["id"]))
    said = {
        "link_id": links["defendant"],
        "medium": "video",
        "force": "require",
        "maker": "District Judge Example",
        "representations": "None made.",
    }
    address = f"/api/hearings/{hearing['id']}/directions"
    refused = await clerk.post(address, json=said)
    assert [error["field"] for error in refused.json()["errors"]] == ["youth_team_heard"]
    assert (await clerk.post(address, json=said | {"youth_team_heard": True})).status_code == 201


def _links(session: Any, ctx: Any, hearing_id: UUID) -> dict[str, str]:
    from court_link.store import links

    return {link.part.value: str(link.id) for link in links.of_hearing(session, ctx, hearing_id)}


async def test_the_list_pages_and_filters(clerk: httpx.AsyncClient) -> None:
    for number in range(5):
        await listed(clerk, title=f"R v Number {number}")
    first = (await clerk.get("/api/hearings", params={"limit": 2})).json()
    second = (await clerk.get("/api/hearings", params={"limit": 3, "after": first["next"]})).json()
    assert [each["title"] for each in first["items"] + second["items"]] == [
        f"R v Number {number}" for number in range(5)
    ]
    assert second["next"] is None
    found = (await clerk.get("/api/hearings", params={"q": "number 3"})).json()
    assert [each["title"] for each in found["items"]] == ["R v Number 3"]
    assert (await clerk.get("/api/hearings", params={"q": "%"})).json()["items"] == []
    assert (await clerk.get("/api/hearings", params={"day": "2026-11-24"})).json()["items"] == []


async def test_another_court_s_hearing_is_exactly_like_none(
    clerk: httpx.AsyncClient, stranger: httpx.AsyncClient, settled: County
) -> None:
    hearing = (await listed(clerk))["id"]
    absent = str(settled.cell)
    for method, address, body in (
        ("GET", "/api/hearings/{}", None),
        ("PATCH", "/api/hearings/{}", {"minutes": 5}),
        ("POST", "/api/hearings/{}/vacate", {"reason": "resolved"}),
        ("POST", "/api/hearings/{}/bookings", wanted(settled)),
        ("GET", "/api/hearings/{}/directions", None),
    ):
        foreign = await stranger.request(method, address.format(hearing), json=body)
        none = await stranger.request(method, address.format(absent), json=body)
        assert foreign.status_code == none.status_code == 404, address
        assert foreign.content == none.content
    assert (await stranger.get("/api/hearings")).json()["items"] == []


async def test_all_that_a_booking_needs_is_shown_as_it_was_asked(
    clerk: httpx.AsyncClient, settled: County, world: World
) -> None:
    interpreter = await world.db.write(
        lambda s, c: add_person(s, c, settled.court, PersonKind.INTERPRETER, "Ms Tongue", ("Polish",)),
        SYSTEM_CONTEXT,
    )
    needs = {
        "attending": [str(settled.officer), str(interpreter)],
        "custody": [
            {
                "room_id": str(settled.cell),
                "consultation": 20,
                "turnaround": 5,
                "afterwards": 10,
                "escorts": 1,
                "observed": True,
            }
        ],
        "travel": [{"person_id": str(settled.officer), "minutes": 30}],
        "interpreting": [
            {
                "person_id": str(interpreter),
                "language": "Polish",
                "side": "defence",
                "consecutive": False,
                "rest": 15,
            }
        ],
        "parts": ["probation"],
        "recording": True,
    }
    hearing = await listed(clerk, recording_power="A power", recording_ordered_by="District Judge Example")
    asked = wanted(settled, needs=needs)
    made = await clerk.post(f"/api/hearings/{hearing['id']}/bookings", json=asked)
    assert made.status_code == 201, made.text
    shown = (await clerk.get(made.headers["Location"])).json()["needs"]
    assert shown == asked["needs"] | {"others": 0, "detained": False}


async def test_hard_dates_and_recording_are_changed_like_what_else_was_typed(
    clerk: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    hearing = await listed(clerk, remand_expires="2026-12-01", detained=True)
    address = f"/api/hearings/{hearing['id']}"
    half = await clerk.patch(address, json={"recording_power": "A power"})
    assert [error["field"] for error in half.json()["errors"]] == ["recording_ordered_by"]
    both = {"recording_power": "A power", "recording_ordered_by": "District Judge Example"}
    changed = (
        await clerk.patch(address, json=both | {"custody_limit": "2026-12-05", "detained": False})
    ).json()
    assert changed | both == changed
    assert (changed["remand_expires"], changed["custody_limit"]) == ("2026-12-01", "2026-12-05")
    assert (changed["detained"], changed["in_custody"]) == (False, False)
    far = await clerk.patch(address, json={"remand_expires": "2036-12-01"})
    assert [error["field"] for error in far.json()["errors"]] == ["remand_expires"]
    assert (await stranger.get(address)).status_code == 404


async def test_looking_for_a_time_writes_nothing_and_asking_tells_once_that_none_is_left(
    clerk: httpx.AsyncClient, settled: County, world: World
) -> None:
    def told(session: Any, ctx: Any) -> int:
        rows = session.exec(select(EventRow).where(EventRow.kind == EventKind.SLOT_NONE_LEFT))
        return len(rows.all())

    hearing = await listed(clerk, remand_expires="2026-11-20")
    asked = {"from": "2026-11-23", "minutes": "20", "courtroom_id": str(settled.courtroom)}
    address = f"/api/hearings/{hearing['id']}/slots"
    for method, count in (("GET", 0), ("POST", 1), ("POST", 1)):
        found = await clerk.request(method, address, params=asked)
        assert found.status_code == 200, found.text
        assert any("No sitting is left" in warning for warning in found.json()["warnings"])
        assert await world.db.read(told, SYSTEM_CONTEXT) == count


async def test_a_direction_has_a_scope_and_is_discharged_when_it_has_done_its_work(
    clerk: httpx.AsyncClient, settled: County, world: World
) -> None:
    hearing = await listed(clerk)
    await clerk.post(f"/api/hearings/{hearing['id']}/bookings", json=wanted(settled))
    links = await world.db.read(_links, settled.listing_officer, UUID(hearing["id"]))
    address = f"/api/hearings/{hearing['id']}/directions"
    said = {
        "link_id": links["defendant"],
        "medium": "video",
        "force": "require",
        "maker": "District Judge Example",
        "representations": "None made.",
        "scope": "Every hearing",
    }
    made = (await clerk.post(address, json=said)).json()
    assert made["scope"] == "Every hearing"
    ended = await clerk.post(f"{address}/{made['id']}/discharge")
    assert (ended.status_code, ended.json()["status"]) == (200, "discharged")
    assert (await clerk.post(f"{address}/{made['id']}/discharge")).status_code == 404
