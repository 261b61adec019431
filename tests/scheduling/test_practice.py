"""A court's own times: set by it, learnt from its history, or assumed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from court_link.domain.context import Context
from court_link.domain.errors import Forbidden, Invalid, NotFound, Stale
from court_link.domain.events import EventKind
from court_link.domain.hearing import EndCause, HearingState, Outcome
from court_link.domain.roles import OrganisationKind, Role
from court_link.identity.organisations import Organisation
from court_link.scheduling import listing, practice
from court_link.scheduling.practice import ENOUGH, Figures, Source, Usual
from court_link.store import Db, Session
from court_link.store.tables import EventRow
from tests.api.apps import World
from tests.county import SYSTEM_CONTEXT, County, add_hearing
from tests.stores import MONDAY


@pytest.fixture
async def county(db: Db) -> County:
    return await County.settle(db)


async def heard(db: Db, county: County, *took: int, hearing_type: str = "Remand") -> None:
    """Hearings of last week that were in session for so many minutes, with a pause of five in each."""

    def write(session: Session, ctx: Context) -> None:
        for number, minutes in enumerate(took):
            start = MONDAY - timedelta(days=7, minutes=-number)
            _add(session, county, hearing_type, start, minutes)

    await db.write(write, SYSTEM_CONTEXT)


def _add(session: Session, county: County, hearing_type: str, start: datetime, minutes: int) -> UUID:
    end = start + timedelta(minutes=minutes + 5)
    hearing = add_hearing(
        session,
        SYSTEM_CONTEXT,
        county,
        start,
        hearing_type=hearing_type,
        state=HearingState.ENDED,
        outcome=Outcome.DEALT_WITH,
        end_cause=EndCause.CONCLUDED,
        started_at=start,
        ended_at=end,
    )
    pause = start + timedelta(minutes=1)
    happened = (
        (EventKind.HEARING_STARTED, start),
        (EventKind.HEARING_PAUSED, pause),
        (EventKind.HEARING_RESUMED, pause + timedelta(minutes=5)),
        (EventKind.HEARING_ENDED, end),
    )
    for kind, at in happened:
        session.add(EventRow(kind=kind, at=at, actor_kind="system", hearing_id=hearing, data={}))
    return hearing


async def usual(db: Db, county: County, hearing_type: str = "Remand") -> Usual:
    return await db.read(practice.one, county.listing_officer, hearing_type)


async def test_a_type_begins_with_what_the_service_assumes(db: Db, county: County) -> None:
    assert (await usual(db, county)).estimate == (12, Source.ASSUMPTION)


async def test_history_speaks_from_five_hearings_on_without_their_pauses(db: Db, county: County) -> None:
    await heard(db, county, 20, 22, 24, 90)
    assert (await usual(db, county)).estimate == (12, Source.ASSUMPTION)
    await heard(db, county, 26, hearing_type="REMAND")
    found = await usual(db, county)
    assert found.estimate == (24, Source.HISTORY)
    assert found.history is not None
    assert found.history.hearings == ENOUGH
    assert "last 5 hearings" in found.said(Source.HISTORY)
    listed = await db.read(practice.listed, county.listing_officer)
    assert [each.estimate for each in listed if each.recipe.name == "Remand"] == [(24, Source.HISTORY)]


async def test_what_the_court_sets_comes_before_its_history(db: Db, county: County) -> None:
    await heard(db, county, 20, 22, 24, 26, 28)
    clerk = county.listing_officer
    set_ = await db.write(practice.change, clerk, " REMAND ", Figures(15, afterwards=5), version=0)
    assert set_.estimate == (15, Source.PRACTICE)
    assert (set_.consultation, set_.afterwards, set_.turnaround, set_.version) == (15, 5, 10, 1)
    matter = listing.Matter("R v Example", "Remand", MONDAY.date())
    listed = await db.write(listing.add, clerk, matter)
    suggestion = await db.read(practice.suggested, clerk, listed)
    assert suggestion.minutes == 15
    back = await db.write(practice.change, clerk, "remand", Figures(), version=1)
    assert back.estimate == (24, Source.HISTORY)


async def test_what_the_list_gives_comes_first_in_a_suggestion(db: Db, county: County) -> None:
    hearing = await db.write(
        lambda s, c: add_hearing(s, c, county, MONDAY, 45, hearing_type="Remand"), SYSTEM_CONTEXT
    )
    suggestion = await db.read(practice.suggested, county.listing_officer, hearing)
    assert (suggestion.minutes, suggestion.source) == (45, Source.LIST)
    assert suggestion.minutes_from == "From the list, or as it was typed."


async def test_two_who_change_the_same_times_are_told(db: Db, county: County) -> None:
    clerk = county.listing_officer
    await db.write(practice.change, clerk, "Bail", Figures(25), version=0)
    with pytest.raises(Stale):
        await db.write(practice.change, clerk, "bail", Figures(30), version=0)
    assert (await usual(db, county, "Bail")).own.minutes == 25


async def test_another_court_keeps_its_own_times(db: Db, county: County) -> None:
    await db.write(practice.change, county.listing_officer, "Bail", Figures(25), version=0)
    elsewhere = await db.read(practice.one, county.foreign_listing_officer, "Bail")
    assert elsewhere.estimate == (20, Source.ASSUMPTION)


async def test_times_that_cannot_be_meant_are_refused_by_field(db: Db, county: County) -> None:
    wrong = Figures(0, consultation=-1, turnaround=241)
    with pytest.raises(Invalid) as refusal:
        await db.write(practice.change, county.listing_officer, "Bail", wrong, version=0)
    assert [error.field for error in refusal.value.errors] == ["minutes", "consultation", "turnaround"]
    with pytest.raises(NotFound):
        await db.read(practice.one, county.listing_officer, " ")


async def test_an_usher_sets_no_times(db: Db, county: County) -> None:
    with pytest.raises(Forbidden):
        await db.write(
            practice.change, county.person(county.court, Role.USHER), "Bail", Figures(25), version=0
        )


def court_of(county: County) -> Organisation:
    return Organisation(county.court, OrganisationKind.COURT, "Demo court", "Demoshire")


async def test_the_api_says_where_a_figure_comes_from_and_refuses_a_stale_change(
    world: World, settled: County
) -> None:
    clerk = await world.machine(court_of(settled), Role.LISTING_OFFICER)
    read = await clerk.get("/api/practice/Bail")
    assert (read.headers["ETag"], read.json()["minutes"], read.json()["source"]) == ('"0"', 20, "assumption")
    changed = await clerk.put("/api/practice/Bail", json={"minutes": 25}, headers={"If-Match": '"0"'})
    assert (changed.status_code, changed.headers["ETag"], changed.json()["source"]) == (
        200,
        '"1"',
        "practice",
    )
    stale = await clerk.put("/api/practice/Bail", json={"minutes": 30}, headers={"If-Match": '"0"'})
    assert stale.status_code == 412
    every = {each["hearing_type"]: each for each in (await clerk.get("/api/practice")).json()}
    assert every["Bail"]["minutes"] == 25
    assert (every["Trial"]["minutes"], every["Trial"]["source"]) == (None, "nobody")
    wrong = await clerk.put("/api/practice/Trial", json={"minutes": 150})
    assert [error["field"] for error in wrong.json()["errors"]] == ["minutes"]


async def test_the_page_keeps_what_was_typed_and_says_what_is_wrong(world: World, settled: County) -> None:
    clerk = await world.signed_in(await world.person(court_of(settled), Role.LISTING_OFFICER))
    form, typed = "/practice/edit?type=Bail", {"type": "Bail", "version": "0", "turnaround": "20"}
    wrong = await clerk.submit(form, typed | {"minutes": "soon"}, to="/practice/edit")
    assert wrong.status_code == 422
    assert "Enter a number of minutes." in wrong.text
    assert 'value="soon"' in wrong.text
    saved = await clerk.submit(form, typed | {"minutes": "25"}, to="/practice/edit")
    assert saved.status_code == 303
    shown = (await clerk.get(saved.headers["Location"])).text
    assert "Your court’s times are changed" in shown
    assert "Set by your court" in shown
