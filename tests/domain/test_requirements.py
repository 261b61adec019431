"""What a hearing needs, and what that takes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from court_link.domain.booking import PoolKind, Purpose, ResourceKind
from court_link.domain.errors import Invalid
from court_link.domain.ids import new_id
from court_link.domain.places import PersonKind
from court_link.domain.requirements import (
    CustodyNeed,
    Needs,
    Place,
    demands,
    quarter_of,
    quarters,
    takings,
)
from court_link.domain.times import Interval

TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
ROOM, CELL, OFFICER, VAN = (new_id() for _ in range(4))
COURT_HOUSE, SUITE = new_id(), new_id()


def place(
    id_: UUID, kind: ResourceKind, site: UUID | None, streams: int = 0, person: PersonKind | None = None
) -> Place:
    return Place(id_, kind, "A place", new_id(), site_id=site, link_streams=streams, person=person)


PLACES = {
    ROOM: place(ROOM, ResourceKind.COURTROOM, COURT_HOUSE, 4),
    CELL: place(CELL, ResourceKind.CUSTODY_ROOM, SUITE),
    OFFICER: place(OFFICER, ResourceKind.PERSON, None, person=PersonKind.OFFICER),
    VAN: place(VAN, ResourceKind.VEHICLE, COURT_HOUSE, 4),
}


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def test_a_custody_room_is_taken_for_consultation_hearing_and_turnaround() -> None:
    needs = Needs(ROOM, 20, (CustodyNeed(CELL, 15, 10),))
    taken = [(each.interval, each.purpose) for each in takings(needs, TEN) if each.resource_id == CELL]
    assert taken == [
        (Interval(TEN - minutes(15), TEN), Purpose.CONSULTATION),
        (Interval(TEN, TEN + minutes(20)), Purpose.HEARING),
        (Interval(TEN + minutes(20), TEN + minutes(30)), Purpose.TURNAROUND),
    ]


def test_without_consultation_and_turnaround_it_is_taken_for_the_hearing_alone() -> None:
    taken = list(takings(Needs(ROOM, 20, (CustodyNeed(CELL, 0, 0),)), TEN))
    assert [each.purpose for each in taken] == [Purpose.HEARING, Purpose.HEARING]


def test_resources_are_taken_in_the_order_of_their_ids() -> None:
    taken = [each.resource_id for each in takings(Needs(ROOM, 20, (CustodyNeed(CELL),), (OFFICER,)), TEN)]
    assert taken == sorted(taken)


def test_pools_count_participants_streams_and_staff() -> None:
    found = demands(Needs(ROOM, 20, (CustodyNeed(CELL),), (OFFICER, VAN), others=2), PLACES)
    counted = {(each.pool.kind, each.pool.site_id): (each.units, each.before, each.after) for each in found}
    nothing = timedelta(0)
    assert counted == {
        # Courtroom, custody room, officer and two others; the vehicle is where the officer is.
        (PoolKind.MEDIA, None): (5, nothing, nothing),
        # The suite's line is not counted; the vehicle is on mobile data.
        (PoolKind.SITE_LINK, COURT_HOUSE): (1, nothing, nothing),
        (PoolKind.CUSTODY_STAFF, SUITE): (1, minutes(15), minutes(10)),
    }


def test_a_demand_touches_the_quarters_that_it_reaches_into() -> None:
    span = Interval(TEN + minutes(14), TEN + minutes(45))
    assert list(quarters(span)) == [TEN, TEN + minutes(15), TEN + minutes(30)]
    assert quarter_of(TEN + minutes(14)) == TEN


def test_needs_survive_being_kept_as_json() -> None:
    needs = Needs(ROOM, 20, (CustodyNeed(CELL, 5, 25),), (OFFICER,), others=3, detained=True)
    assert Needs.read(json.loads(json.dumps(needs.document()))) == needs


@pytest.mark.parametrize(
    ("needs", "field"),
    [
        ({"minutes": 0}, "minutes"),
        ({"minutes": 481}, "minutes"),
        ({"custody": (CustodyNeed(CELL, -1),)}, "custody"),
        ({"custody": (CustodyNeed(CELL, 15, 241),)}, "custody"),
        ({"attending": (OFFICER, OFFICER)}, "attending"),
        ({"custody": (CustodyNeed(CELL), CustodyNeed(CELL))}, "attending"),
        ({"others": 31}, "others"),
    ],
)
def test_needs_that_cannot_be_meant_name_their_field(needs: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        Needs(**{"courtroom_id": ROOM, "minutes": 20} | needs)  # type: ignore[arg-type]
    assert [error.field for error in refused.value.errors] == [field]
