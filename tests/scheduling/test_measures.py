"""Special measures are the court's own to know, and screens stand between links as soon as both are made."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest
from sqlmodel import select

from court_link.domain import measures
from court_link.domain.context import PUBLIC, Context
from court_link.domain.errors import Invalid
from court_link.domain.measures import Help, Measure
from court_link.domain.roles import OrganisationKind, Part, Role
from court_link.identity.organisations import Organisation
from court_link.media import joining
from court_link.scheduling import booking, following, listing, matters
from court_link.store import Db, Session
from court_link.store.tables import Link, Screen
from tests.api.apps import World
from tests.county import SYSTEM_CONTEXT, County
from tests.scheduling.replanning import DAY, RULES, TEN, Court
from tests.scheduling.test_relisting import again, vacate

SCREENED = [Measure(Help.SCREENS, "Wren Witness"), Measure(Help.INTERPRETER)]


@pytest.fixture
async def court(db: Db) -> Court:
    return await Court.settle(db)


async def screens(court: Court, hearing: UUID) -> set[tuple[str, str]]:
    """(who is not seen, by whom), by their labels' first words."""

    def ask(session: Session, ctx: Context) -> set[tuple[str, str]]:
        labels = {row.id: row.label.split(",")[0] for row in session.exec(select(Link))}
        rows = session.exec(select(Screen).where(Screen.hearing_id == hearing)).all()
        assert all(row.picture and not row.sound for row in rows)
        return {(labels[row.source_id], labels[row.receiver_id]) for row in rows}

    return await court.db.read(ask, SYSTEM_CONTEXT)


async def matter(court: Court) -> UUID:
    return await court.matter(measures=measures.documents(SCREENED))


async def book(court: Court, hearing: UUID, start: datetime = TEN) -> UUID:
    await court.db.write(booking.book, court.clerk, hearing, court.needs(), start, rules=RULES)
    return hearing


async def issue(court: Court, hearing: UUID, label: str, part: Part = Part.WITNESS) -> None:
    await court.db.write(joining.issue, court.clerk, hearing, part, label)


BOTH_WAYS = {("Wren Witness", "Defendant"), ("Defendant", "Wren Witness")}


async def test_a_witness_with_screens_and_the_defendant_do_not_see_each_other(court: Court) -> None:
    hearing = await book(court, await matter(court))
    assert await screens(court, hearing) == set()  # the witness has no link yet
    await issue(court, hearing, "Wren Witness")
    await issue(court, hearing, "Another Witness")
    assert await screens(court, hearing) == BOTH_WAYS
    (told,) = await court.events("screen.changed")
    assert told.data == {"by": "special_measures", "count": 2}


async def test_screens_stand_when_the_defendants_link_is_made_last(court: Court) -> None:
    hearing = await matter(court)
    await issue(court, hearing, "WREN WITNESS")
    await book(court, hearing)
    assert {tuple(map(str.casefold, pair)) for pair in await screens(court, hearing)} == {
        tuple(map(str.casefold, pair)) for pair in BOTH_WAYS
    }


async def test_screens_that_are_written_down_later_are_put_up_at_once(court: Court) -> None:
    hearing = await court.booked()
    await issue(court, hearing, "Wren Witness")
    whole = await court.db.read(matters.get, court.clerk, hearing)
    changed = replace(matters.typed(whole), measures=tuple(SCREENED))
    await court.db.write(listing.edit, court.clerk, hearing, changed, version=whole.summary.version)
    assert await screens(court, hearing) == BOTH_WAYS


async def test_what_is_arranged_comes_with_a_matter_that_is_listed_again(court: Court) -> None:
    hearing = await book(court, await matter(court))
    await issue(court, hearing, "Wren Witness")
    await vacate(court, hearing)
    later = (await again(court, hearing)).hearing_id
    whole = await court.db.read(matters.get, court.clerk, later)
    assert list(whole.measures) == SCREENED
    await book(court, later, TEN + 7 * DAY)
    assert await screens(court, later) == BOTH_WAYS


async def test_no_more_is_kept_than_can_be_meant(court: Court) -> None:
    hearing = await court.matter()
    whole = await court.db.read(matters.get, court.clerk, hearing)
    for wrong in ([Measure(Help.AIDS)] * 21, [Measure(Help.AIDS, "x" * 201)]):
        changed = replace(matters.typed(whole), measures=tuple(wrong))
        with pytest.raises(Invalid) as refused:
            await court.db.write(listing.edit, court.clerk, hearing, changed, version=whole.summary.version)
        assert [each.field for each in refused.value.errors] == ["measures"]


async def test_only_its_own_court_is_told_what_is_arranged(world: World, settled: County) -> None:
    court = Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")
    suite = Organisation(settled.custody, OrganisationKind.CUSTODY, "Demo custody", "Demoshire")
    clerk = await world.machine(court, Role.LISTING_OFFICER)
    given = [{"help": "screens", "whom": "Wren Witness"}]
    typed = {"title": "R v Example", "hearing_type": "Bail", "day": "2026-11-23", "measures": given}
    made = await clerk.post("/api/hearings", json=typed)
    assert made.status_code == 201, made.text
    address = f"/api/hearings/{made.json()['id']}"
    assert made.json()["measures"] == given
    needs = {
        "courtroom_id": str(settled.courtroom),
        "minutes": 20,
        "custody": [{"room_id": str(settled.cell)}],
    }
    held = await clerk.post(f"{address}/bookings", json={"needs": needs, "starts_at": TEN.isoformat()})
    assert held.is_success, held.text
    custody = await world.machine(suite, Role.CUSTODY_OFFICER)
    assert (await custody.get(address)).json()["measures"] == []
    kept = await clerk.patch(address, json={"minutes": 25})
    assert kept.json()["measures"] == given


async def test_special_measures_are_typed_and_shown_on_the_hearings_pages(
    world: World, settled: County
) -> None:
    court = Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")
    clerk = await world.signed_in(await world.person(court, Role.LISTING_OFFICER))
    typed = {"title": "R v Example", "hearing_type": "Bail", "day": "24/11/2026", "visibility": "public"}
    refused = await clerk.submit("/hearings/new", typed | {"measures": "Curtains: Wren Witness"})
    assert refused.status_code == 422
    assert "Begin each special measure with Screens" in refused.text
    assert "Curtains: Wren Witness" in refused.text
    listed = await clerk.submit("/hearings/new", typed | {"measures": "screens: Wren Witness\nIntermediary"})
    address = listed.headers["Location"].partition("?")[0]
    shown = (await clerk.get(address)).text
    assert "Screens for Wren Witness<br>Intermediary" in shown
    assert "Screens: Wren Witness\nIntermediary" in (await clerk.get(f"{address}/edit")).text


async def test_the_public_is_told_of_no_measure(court: Court) -> None:
    hearing = await matter(court)
    reference = await court.db.write(following.issue, court.clerk, hearing, b"k" * 32)
    seen = await court.db.read(following.follow, Context(PUBLIC), reference, b"k" * 32)
    assert seen.courtroom
    assert not {"wren", "screen", "interpreter"} & set(re.findall(r"[a-z]+", repr(seen).casefold()))


def test_a_note_of_a_list_names_what_is_arranged_and_for_nobody() -> None:
    note = "Screens for Wren Witness; intermediary booked; s.28 hearing, evidence by live link"
    assert set(measures.named_in(note)) == {
        Help.SCREENS,
        Help.INTERMEDIARY,
        Help.RECORDED,
        Help.LIVE_LINK,
    }
    assert measures.named_in("Screen off. Interpreters' lounge closed") == ()
    standing = (Measure(Help.SCREENS, "Wren Witness"),)
    assert measures.with_named(standing, [Help.SCREENS, Help.AIDS]) == (*standing, Measure(Help.AIDS))
