"""Whose live pages an event refreshes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from court_link.api.fanout import topics_of
from court_link.api.live import BadTopics, granted_topics
from court_link.domain.events import Event, EventKind
from court_link.domain.ids import new_id
from court_link.store import Db
from court_link.store.live import Concerned
from tests.media.scene import set_scene

COURT, HEARING, STAYS, LEAVES, COMES, SUITE = (new_id() for _ in range(6))
CONCERNED = Concerned(COURT, frozenset({STAYS, LEAVES}), frozenset({SUITE}))
ALWAYS = {f"court:{COURT}", f"hearing:{HEARING}"}


def topics(
    kind: EventKind = EventKind.BOOKING_CHANGED, organisation: UUID = COURT, **data: Any
) -> frozenset[str]:
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    event = Event(1, new_id(), kind, now, "user", None, organisation, HEARING, None, data)
    return topics_of(event, CONCERNED)


def test_an_event_that_says_nothing_of_it_is_for_everybody_concerned() -> None:
    assert topics() == ALWAYS | {f"person:{STAYS}", f"person:{LEAVES}", f"custody:{SUITE}"}


def test_a_change_that_says_whom_it_affects_is_for_their_pages_alone() -> None:
    told = topics(affected=[str(LEAVES), str(COMES)])
    assert f"person:{LEAVES}" in told
    assert f"person:{COMES}" in told
    assert not told & {f"person:{STAYS}", f"custody:{SUITE}"}
    assert told >= ALWAYS


def test_a_change_that_affects_nobody_reaches_the_courts_own_pages_only() -> None:
    assert topics(affected=[]) == ALWAYS


@pytest.mark.parametrize(
    "kind",
    [
        EventKind.CONSULTATION_ENTERED,
        EventKind.EXHIBIT_CHANGED,
        EventKind.LINK_CALLED,
        EventKind.LINK_WHISPERS,
        EventKind.RECORDING_STARTED,
        EventKind.SCREEN_CHANGED,
        EventKind.TIE_CHANGED,
    ],
)
def test_what_goes_on_in_a_room_is_for_its_court_and_those_inside(kind: EventKind) -> None:
    assert topics(kind, organisation=new_id()) == {f"court:{COURT}", f"room:{HEARING}"}


async def test_only_its_own_court_hears_of_a_hearings_rooms(db: Db) -> None:
    scene = await set_scene(db)
    topic, room = f"hearing:{scene.hearing}", f"room:{scene.hearing}"
    assert await db.read(granted_topics, scene.clerk, [topic]) == {topic, room}
    assert await db.read(granted_topics, scene.custody_staff, [topic]) == {topic}
    assert await db.read(granted_topics, scene.officer_user, [topic]) == {topic}
    for asked in ([room], [topic, room]):
        with pytest.raises(BadTopics):
            await db.read(granted_topics, scene.custody_staff, asked)
