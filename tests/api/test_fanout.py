"""Whose live pages an event refreshes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from court_link.api.fanout import topics_of
from court_link.domain.events import Event, EventKind
from court_link.domain.ids import new_id
from court_link.store.live import Concerned

COURT, HEARING, STAYS, LEAVES, COMES, SUITE = (new_id() for _ in range(6))
CONCERNED = Concerned(COURT, frozenset({STAYS, LEAVES}), frozenset({SUITE}))
ALWAYS = {f"court:{COURT}", f"hearing:{HEARING}"}


def topics(**data: Any) -> frozenset[str]:
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    event = Event(1, new_id(), EventKind.BOOKING_CHANGED, now, "user", None, COURT, HEARING, None, data)
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
