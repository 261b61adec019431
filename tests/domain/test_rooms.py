"""Who may be in which room, purely; and what every move leaves behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from court_link.domain.hearing import HearingState as H
from court_link.domain.link import HEARING, JOIN_AFTER, JOIN_BEFORE, LOBBY, Admission, Link
from court_link.domain.roles import Part
from court_link.domain.rooms import (
    CONSULTS,
    GRANTS,
    Grant,
    KeptApart,
    NeverInConsultation,
    NobodyToConsult,
    NotTheirClient,
    NotTheirInterpreter,
    check_consultation,
    check_interpreters,
    consultation,
    consultation_of,
    ends_without,
    grants,
    in_room,
    may_be_private,
    moved,
    over,
    returned,
    with_pairs,
)
from court_link.domain.standing import tied
from court_link.domain.times import Interval
from tests.media.people import link
from tests.stores import MONDAY

ROOM = consultation(link(Part.BENCH).id)
CLIENT, ADVOCATE = link(Part.DEFENDANT), link(Part.ADVOCATE)
THEIRS = {ADVOCATE.id: frozenset({CLIENT.id})}


@pytest.mark.parametrize("part", sorted(set(Part) - CONSULTS))
def test_these_are_never_in_a_consultation(part: Part):
    other = link(part)
    with pytest.raises(NeverInConsultation):
        check_consultation(None, [other], [CLIENT, ADVOCATE, other], THEIRS, ())
    assert not in_room(link(part, place=ROOM))


@pytest.mark.parametrize("part", sorted(CONSULTS))
def test_the_court_may_send_each_of_these_into_one(part: Part):
    other = link(part)
    inside = [CLIENT, ADVOCATE] if part is Part.DEFENDANT else [CLIENT, ADVOCATE, other]
    check_consultation(None, inside, inside, THEIRS, ())


def test_an_advocate_takes_their_own_clients_and_no_other_advocate():
    check_consultation(ADVOCATE, [ADVOCATE, CLIENT], [ADVOCATE, CLIENT], THEIRS, ())
    stranger, colleague = link(Part.DEFENDANT), link(Part.ADVOCATE)
    for going in ([ADVOCATE, stranger], [ADVOCATE, CLIENT, colleague], [ADVOCATE]):
        with pytest.raises(NotTheirClient):
            check_consultation(ADVOCATE, going, going, THEIRS, ())
    for asker in (link(Part.PROBATION), link(Part.PROSECUTOR), CLIENT):
        with pytest.raises((NotTheirClient, NeverInConsultation)):
            check_consultation(asker, [asker, CLIENT], [asker, CLIENT], THEIRS, ())


def test_co_defendants_need_the_word_of_every_advocate_of_each():
    other, theirs = link(Part.DEFENDANT), link(Part.ADVOCATE)
    inside = [CLIENT, ADVOCATE, other, theirs]
    acts_for = {**THEIRS, theirs.id: frozenset({other.id})}
    both = {(ADVOCATE.id, CLIENT.id), (theirs.id, other.id)}
    for agreed in ((), {(ADVOCATE.id, CLIENT.id)}, {(theirs.id, other.id)}):
        with pytest.raises(KeptApart):
            check_consultation(None, inside, inside, acts_for, agreed)
    check_consultation(None, inside, inside, acts_for, both)
    with pytest.raises(KeptApart):  # one of them has no advocate who could agree
        check_consultation(None, inside, inside, THEIRS, both)


def test_a_consultation_is_of_a_client_and_somebody_who_advises_them():
    for inside in (
        [CLIENT],
        [ADVOCATE],
        [CLIENT, link(Part.INTERPRETER)],
        [CLIENT, link(Part.APPROPRIATE_ADULT)],
    ):
        assert over(inside)
        with pytest.raises(NobodyToConsult):
            check_consultation(None, inside, inside, {}, ())
    assert not over([CLIENT, link(Part.PROBATION)])


def test_it_ends_with_its_last_advocate_whoever_else_is_there():
    probation, colleague = link(Part.PROBATION), link(Part.ADVOCATE)
    assert ends_without(ADVOCATE, [CLIENT, probation])
    assert not ends_without(ADVOCATE, [CLIENT, colleague])
    assert not ends_without(probation, [CLIENT, ADVOCATE])
    assert ends_without(CLIENT, [ADVOCATE, probation])


def test_an_interpreter_goes_with_whom_they_interpret_for_and_with_nobody_else():
    interpreter = link(Part.INTERPRETER)
    people = [CLIENT, ADVOCATE, interpreter]
    ties = tied(people, {})
    assert with_pairs({CLIENT.id}, people, ties) == {CLIENT.id, interpreter.id}
    check_interpreters(people, ties)
    with pytest.raises(NotTheirInterpreter):
        check_interpreters(people, {interpreter.id: frozenset({link(Part.OFFICER).id})})


def test_with_one_defendant_everybody_is_there_for_them_and_with_two_the_court_says():
    interpreter, other = link(Part.INTERPRETER), link(Part.DEFENDANT)
    people = [CLIENT, ADVOCATE, interpreter]
    assert tied(people, {}) == {each.id: {CLIENT.id} for each in (ADVOCATE, interpreter)}
    said = {interpreter.id: frozenset({ADVOCATE.id})}
    assert tied(people, said) == {interpreter.id: {ADVOCATE.id}, ADVOCATE.id: {CLIENT.id}}
    assert tied([*people, other], said) == said
    assert tied(people, {other.id: frozenset({CLIENT.id})}).keys() == {ADVOCATE.id, interpreter.id}


def test_an_observer_is_granted_nothing_to_send():
    given = tuple(each.value for each in Grant)
    assert grants(link(Part.OBSERVER, grants=given)) == {Grant.RECEIVE}
    assert grants(link(Part.DEFENDANT, grants=given)) == set(Grant)
    assert grants(link(Part.DEFENDANT, grants=(), place=ROOM)) == GRANTS[Part.DEFENDANT]


@pytest.mark.parametrize("state", list(H))
def test_when_there_are_consultations(state: H):
    slot = Interval(MONDAY, MONDAY + timedelta(minutes=30))
    around = {
        H.BOOKED: (slot.start - JOIN_BEFORE, slot.end + JOIN_AFTER),
        H.ENDED: (slot.start, slot.end + JOIN_AFTER),
    }
    if state in around:
        first, after = around[state]
        assert may_be_private(state, slot, slot.end, first)
        assert not may_be_private(state, slot, slot.end, after)
    live = state in {H.LOBBY_OPEN, H.IN_SESSION, H.PAUSED}
    late = slot.end + 10 * JOIN_AFTER
    assert may_be_private(state, slot, None, late) is live


moves = st.lists(st.sampled_from([LOBBY, HEARING, ROOM, consultation(CLIENT.id)]), max_size=12)


@given(moves, st.lists(st.booleans(), min_size=12, max_size=12))
def test_a_device_that_has_been_in_a_room_is_heard_in_another_only_after_it_settles(
    places: list[str], settles: list[bool]
):
    one: Link = link(Part.DEFENDANT, Admission.ADMITTED, LOBBY)
    was_in_a_room = False  # since it last said that it had stopped
    for place, settled in zip(places, settles, strict=False):
        if place == one.place:
            continue
        was_in_a_room = was_in_a_room or one.place != LOBBY
        one = moved(one, place, MONDAY)
        assert (one.settled == one.moves) is not was_in_a_room
        if settled and was_in_a_room:
            one = replace(one, settled=one.moves)
            was_in_a_room = False


@pytest.mark.parametrize("admission", list(Admission))
@pytest.mark.parametrize("back_to", [LOBBY, HEARING])
def test_who_comes_back_is_where_they_were_if_they_are_still_let_in(admission: Admission, back_to: str):
    back = returned(link(Part.DEFENDANT, admission, ROOM, back_to=back_to, moves=4), MONDAY)
    stays = back_to == HEARING and admission is Admission.ADMITTED
    assert back.place == (HEARING if stays else LOBBY)
    assert (back.moves, back.settled, back.back_to, back.moved_at) == (5, 0, LOBBY, MONDAY)


def test_a_place_is_a_consultation_or_none():
    assert consultation_of(ROOM) is not None
    assert consultation_of(LOBBY) is consultation_of(HEARING) is None
