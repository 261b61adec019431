"""Re-planning over HTTP: previews, one address for every change, stale edits, retries, listing again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from court_link.domain.hearing import HearingState, Outcome
from court_link.domain.roles import OrganisationKind, Role
from court_link.identity.organisations import Organisation
from court_link.store.tables import Booking, EventRow, Hearing
from tests.api.apps import World
from tests.county import SYSTEM_CONTEXT, County, add_shift
from tests.scheduling.replanning import TEN, Court


@pytest.fixture
async def court(world: World, settled: County) -> Court:
    tomorrow = (TEN + timedelta(hours=13), TEN + timedelta(days=2))
    await world.db.write(add_shift, SYSTEM_CONTEXT, settled.suite, *tomorrow)
    return Court(world.db, settled)


@pytest.fixture
async def clerk(world: World, settled: County) -> httpx.AsyncClient:
    organisation = Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")
    return await world.machine(organisation, Role.LISTING_OFFICER)


async def changed(
    clerk: httpx.AsyncClient, hearing: Any, body: dict[str, Any], preview: bool = False, headers: Any = None
) -> httpx.Response:
    address = f"/api/hearings/{hearing}/changes" + ("?preview=true" if preview else "")
    return await clerk.post(address, json=body, headers=headers)


async def test_a_preview_says_whom_a_change_affects_and_writes_nothing(
    court: Court, clerk: httpx.AsyncClient
) -> None:
    hearing = await court.booked()
    before = [await court.count(table) for table in (Booking, EventRow, Hearing)]
    bodies: list[dict[str, Any]] = [
        {"kind": "move", "starts_at": "2026-11-23T11:00:00Z"},
        {"kind": "length", "minutes": 45},
        {"kind": "reassign", "out": str(court.county.officer), "into": str(court.county.second_officer)},
        {"kind": "split", "starts": ["2026-11-23T10:00:00Z", "2026-11-24T10:00:00Z"], "minutes": 60},
        {"kind": "vacate", "reason": "resolved"},
    ]
    for body in bodies:
        answer = await changed(clerk, hearing, body, preview=True)
        seen = answer.json()
        assert (answer.status_code, seen["preview"], seen["refused"]) == (200, True, None), body
        assert any(each["name"] == "PC 1187 Demo" for each in seen["consequences"][0]["affected"])
    assert [await court.count(table) for table in (Booking, EventRow, Hearing)] == before


async def test_a_preview_says_why_a_change_cannot_be_made(court: Court, clerk: httpx.AsyncClient) -> None:
    hearing = await court.booked()
    await court.alone("R v Next", TEN + timedelta(minutes=30))
    seen = (await changed(clerk, hearing, {"kind": "length", "minutes": 40}, preview=True)).json()
    assert "R v Next" in seen["refused"]["detail"]
    assert seen["refused"]["refusals"][0]["resource"] == "Courtroom 1, Demo Court House"
    refused = await changed(clerk, hearing, {"kind": "length", "minutes": 40})
    assert refused.status_code == 409
    assert refused.json()["refusals"][0]["reason"] == seen["refused"]["refusals"][0]["reason"]


async def test_a_retry_with_the_same_key_changes_nothing_twice(
    court: Court, clerk: httpx.AsyncClient
) -> None:
    hearing = await court.booked()
    body = {"kind": "length", "minutes": 45}
    first = await changed(clerk, hearing, body, headers={"Idempotency-Key": "once"})
    again = await changed(clerk, hearing, body, headers={"Idempotency-Key": "once"})
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert len(await court.events("booking.changed")) == 1


async def test_a_stale_change_is_a_412_that_shows_the_difference(
    court: Court, clerk: httpx.AsyncClient
) -> None:
    hearing = await court.booked()
    etag = (await clerk.get(f"/api/hearings/{hearing}")).headers["ETag"]
    done = await changed(clerk, hearing, {"kind": "length", "minutes": 45}, headers={"If-Match": etag})
    assert done.headers["ETag"] != etag
    stale = await changed(clerk, hearing, {"kind": "length", "minutes": 60}, headers={"If-Match": etag})
    assert stale.status_code == 412
    body = stale.json()
    assert (body["now"]["minutes"], body["sent"]) == (45, {"minutes": 60})
    assert f'"{body["version"]}"' == done.headers["ETag"]
    fresh = await changed(
        clerk, hearing, {"kind": "length", "minutes": 60}, headers={"If-Match": done.headers["ETag"]}
    )
    assert fresh.status_code == 200


async def test_what_is_wrong_is_named(court: Court, clerk: httpx.AsyncClient) -> None:
    hearing = await court.booked()
    wrong: dict[str, dict[str, Any]] = {
        "minutes": {"kind": "length", "minutes": 30},
        "starts": {"kind": "split", "starts": ["2026-11-23T10:00:00Z"]},
        "other": {"kind": "swap", "other": str(hearing)},
        "out": {"kind": "reassign"},
    }
    for field, body in wrong.items():
        refused = await changed(clerk, hearing, body)
        assert refused.status_code == 422, body
        assert [each["field"] for each in refused.json()["errors"]] == [field]
    assert (await changed(clerk, hearing, {"kind": "explode"})).status_code == 422


async def test_every_day_of_a_matter_is_vacated_at_once(court: Court, clerk: httpx.AsyncClient) -> None:
    hearing = await court.alone("R v Trial", TEN, 60)
    starts = [f"2026-11-{day}T10:00:00Z" for day in (23, 24, 25)]
    split = (await changed(clerk, hearing, {"kind": "split", "starts": starts})).json()
    days = [each["hearing_id"] for each in split["consequences"]]
    related = (await clerk.get(f"/api/hearings/{days[1]}/related")).json()
    assert ([each["id"] for each in related["days"]], related["day"]) == (days, 2)
    body = {"kind": "vacate", "reason": "resolved", "days": "later"}
    seen = (await changed(clerk, days[1], body, preview=True)).json()
    assert [each["hearing_id"] for each in seen["consequences"]] == days[1:]
    assert (await changed(clerk, days[1], body)).status_code == 200
    states = [(await clerk.get(f"/api/hearings/{day}")).json()["state"] for day in days]
    assert states == ["booked", "vacated", "vacated"]


async def test_a_matter_is_listed_again_and_copied(court: Court, clerk: httpx.AsyncClient) -> None:
    hearing = await court.booked()
    early = await clerk.post(f"/api/hearings/{hearing}/relist", json={"day": "2026-11-30"})
    assert early.status_code == 409
    await court.change(hearing, state=HearingState.ENDED, outcome=Outcome.ADJOURNED)
    body: dict[str, Any] = {"day": "2026-11-30", "minutes": 25}
    refused = await clerk.post(f"/api/hearings/{hearing}/relist", json=body)
    assert [each["field"] for each in refused.json()["errors"]] == ["remand_expires"]
    key = {"Idempotency-Key": "again"}
    body |= {"remand_expires": "2026-12-01"}
    made = await clerk.post(f"/api/hearings/{hearing}/relist", json=body, headers=key)
    assert made.status_code == 201
    assert made.json()["needs"]["custody"][0]["room_id"] == str(court.county.cell)
    again = await clerk.post(f"/api/hearings/{hearing}/relist", json=body, headers=key)
    assert again.json() == made.json()
    new = made.json()["hearing"]["id"]
    assert made.headers["Location"] == f"/api/hearings/{new}"
    related = (await clerk.get(f"/api/hearings/{hearing}/related")).json()
    assert related["listed_again_as"]["id"] == new
    twice = await clerk.post(f"/api/hearings/{hearing}/relist", json=body)
    assert twice.json()["type"] == "urn:court-link:problem:listed-again-already"
    copied = await clerk.post(f"/api/hearings/{hearing}/clone", json={"day": "2026-11-30"})
    assert copied.json()["hearing"]["state"] == "listed"


async def test_a_strangers_hearing_is_absent(world: World, court: Court, clerk: httpx.AsyncClient) -> None:
    elsewhere = await world.organisation(OrganisationKind.COURT, "Elsewhere Magistrates", "Elsewhere")
    stranger = await world.machine(elsewhere, Role.LISTING_OFFICER)
    hearing = await court.booked()
    absent = "0197a1c0-0000-7000-8000-00000000dead"
    for preview in (True, False):
        body = {"kind": "length", "minutes": 45}
        foreign = await changed(stranger, hearing, body, preview)
        assert foreign.status_code == 404
        assert foreign.content == (await changed(stranger, absent, body, preview)).content
    for verb in ("relist", "clone"):
        answer = await stranger.post(f"/api/hearings/{hearing}/{verb}", json={"day": "2026-11-30"})
        assert answer.status_code == 404
