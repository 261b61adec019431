"""Each noun's table, walked: no state is a dead end by accident, and refusals are sentences."""

import itertools
from enum import StrEnum

import pytest

from court_link.domain import booking, hearing, link, node
from court_link.domain.errors import WrongState

NOUNS = [
    (hearing, hearing.HearingState, hearing.HearingEvent, hearing.HearingState.LISTED, {"vacated"}),
    (
        booking,
        booking.BookingState,
        booking.BookingEvent,
        booking.BookingState.PROVISIONAL,
        {"lapsed", "released"},
    ),
    (link, link.Admission, link.LinkEvent, link.Admission.EXPECTED, set()),
    (node, node.NodeState, node.NodeEvent, node.NodeState.JOINING, {"gone"}),
]


@pytest.mark.parametrize(("noun", "states", "events", "first", "final"), NOUNS)
def test_every_state_can_be_reached_and_only_final_ones_are_ends(noun, states, events, first, final):
    reached, frontier = {first}, [first]
    while frontier:
        state = frontier.pop()
        for (before, _event), after in noun.TRANSITIONS.items():
            if before is state and after not in reached:
                reached.add(after)
                frontier.append(after)
    assert reached == set(states)
    ends = {state.value for state in states if not any(before is state for before, _ in noun.TRANSITIONS)}
    assert ends == final
    assert {event for _, event in noun.TRANSITIONS} == set(events)


@pytest.mark.parametrize(("noun", "states", "events", "first", "final"), NOUNS)
def test_what_the_table_does_not_allow_is_refused_in_a_sentence(noun, states, events, first, final):
    pairs: itertools.product[tuple[StrEnum, StrEnum]] = itertools.product(states, events)
    for state, event in pairs:
        if (state, event) in noun.TRANSITIONS:
            assert noun.after(state, event) is noun.TRANSITIONS[(state, event)]
        else:
            with pytest.raises(WrongState, match=r"^This .* cannot be .*\.$"):
                noun.after(state, event)


def test_nobody_is_admitted_without_having_waited():
    admitted_from = {
        before for (before, _), after in link.TRANSITIONS.items() if after is link.Admission.ADMITTED
    }
    assert admitted_from == {link.Admission.WAITING, link.Admission.ADMITTED}


def test_a_removed_person_comes_back_to_the_lobby_and_no_further():
    assert link.after(link.Admission.REMOVED, link.LinkEvent.ARRIVE) is link.Admission.WAITING
