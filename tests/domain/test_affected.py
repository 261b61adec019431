"""Whom a change affects, and whom it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from court_link.domain.affected import Affected, Arrangement, Effect, Participant, compare, told
from court_link.domain.booking import ResourceKind
from court_link.domain.ids import new_id
from court_link.domain.places import PersonKind
from court_link.domain.requirements import CustodyNeed, Interpreting, Needs, Place, Travel

TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
COURT, FORCE, CUSTODY, SUITE = (new_id() for _ in range(4))


def place(name: str, kind: ResourceKind, owner: UUID, person: PersonKind | None = None) -> Place:
    site = SUITE if kind is ResourceKind.CUSTODY_ROOM else None
    return Place(new_id(), kind, name, owner, site_id=site, person=person)


ROOM = place("Courtroom 1", ResourceKind.COURTROOM, COURT)
OTHER_ROOM = place("Courtroom 2", ResourceKind.COURTROOM, COURT)
CELL = place("Video room 1", ResourceKind.CUSTODY_ROOM, CUSTODY)
OFFICER = place("PC 1187 Demo", ResourceKind.PERSON, FORCE, PersonKind.OFFICER)
SECOND = place("PC 2043 Sample", ResourceKind.PERSON, FORCE, PersonKind.OFFICER)
STATION = place("Evidence room 3", ResourceKind.EVIDENCE_ROOM, FORCE)
PLACES = {each.id: each for each in (ROOM, OTHER_ROOM, CELL, OFFICER, SECOND, STATION)}
ADVOCATE = Participant("Ms Example, defence", new_id())
NEEDS = Needs(ROOM.id, 30, (CustodyNeed(CELL.id),), (OFFICER.id, SECOND.id))
STOOD = Arrangement(NEEDS, TEN)


def said(before: Arrangement | None, after: Arrangement | None) -> dict[str, str]:
    return {each.name: each.said for each in compare(before, after, PLACES, [ADVOCATE])}


def needing(**facts: object) -> Arrangement:
    return replace(STOOD, needs=replace(NEEDS, **facts))  # type: ignore[arg-type]


def test_nobody_is_affected_by_what_changes_nothing() -> None:
    assert said(STOOD, STOOD) == {}


def test_another_time_is_told_to_everybody_with_the_old_one_beside_it() -> None:
    later = replace(STOOD, start=TEN + timedelta(hours=1))
    told_to = said(STOOD, later)
    assert set(told_to.values()) == {"now 11am to 11:30am, was 10am to 10:30am"}
    assert set(told_to) == {"Courtroom 1", "Video room 1", OFFICER.name, SECOND.name, ADVOCATE.name}


def test_another_day_is_named() -> None:
    (first, *_) = compare(STOOD, replace(STOOD, start=TEN + timedelta(days=1)), PLACES)
    assert first.sentence == (
        "Courtroom 1: now 10am to 10:30am on Tuesday 24 November, was 10am to 10:30am on Monday 23 November"
    )


def test_another_officer_affects_the_two_of_them_alone() -> None:
    without = needing(attending=(OFFICER.id,))
    exchanged = needing(attending=(SECOND.id,))
    assert said(without, exchanged) == {
        OFFICER.name: "no longer needed, was 10am to 10:30am on Monday 23 November",
        SECOND.name: "now needed 10am to 10:30am on Monday 23 November",
    }


def test_another_courtroom_affects_both_rooms_and_whoever_is_heard_there() -> None:
    assert said(STOOD, needing(courtroom_id=OTHER_ROOM.id)) == {
        "Courtroom 1": "free again, was taken 10am to 10:30am on Monday 23 November",
        "Courtroom 2": "now taken 10am to 10:30am on Monday 23 November",
        "Video room 1": "now in Courtroom 2, was in Courtroom 1",
        OFFICER.name: "now in Courtroom 2, was in Courtroom 1",
        SECOND.name: "now in Courtroom 2, was in Courtroom 1",
        ADVOCATE.name: "now in Courtroom 2, was in Courtroom 1",
    }


def test_what_stands_around_the_hearing_affects_its_own_room_alone() -> None:
    longer = needing(custody=(CustodyNeed(CELL.id, consultation=30),))
    assert said(STOOD, longer) == {"Video room 1": "now taken 9:30am to 10:40am, was 9:45am to 10:40am"}
    observed = needing(custody=(CustodyNeed(CELL.id, escorts=2, observed=True),))
    assert said(STOOD, observed) == {
        "Video room 1": "now with 2 escorts, was 0; now under constant observation"
    }
    resting = needing(interpreting=(Interpreting(SECOND.id, "French"),))
    assert said(STOOD, resting) == {SECOND.name: "now taken 10am to 10:40am, was 10am to 10:30am"}


def test_the_room_that_an_officer_speaks_from_is_theirs_to_know() -> None:
    assert said(STOOD, needing(attending=(OFFICER.id, SECOND.id, STATION.id))) == {
        OFFICER.name: "now from Evidence room 3",
        "Evidence room 3": "now taken 10am to 10:30am on Monday 23 November",
    }
    travelling = needing(travel=(Travel(OFFICER.id, 30),))
    assert said(STOOD, travelling) == {
        OFFICER.name: "now taken 9:30am to 11am, was 10am to 10:30am; now in person, was by link"
    }


def test_what_is_taken_out_frees_rooms_and_releases_people() -> None:
    found = compare(STOOD, None, PLACES, [Participant("1 person following by reference", follows=True)])
    assert {each.effect for each in found} == {Effect.RELEASED}
    assert found[-1].said == "will see that it is off, was 10am to 10:30am on Monday 23 November"


def test_an_event_keeps_ids_of_those_affected_their_sites_and_their_organisations() -> None:
    found = compare(STOOD, needing(custody=()), PLACES)
    assert told(found) == sorted(str(each) for each in (CELL.id, CUSTODY, SUITE))
    assert told([Affected("Nobody", Effect.CHANGED, "")]) == []
