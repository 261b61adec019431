"""Who may hear and see whom: the desired room, for every hearing that can be."""

from __future__ import annotations

from itertools import product
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from court_link.domain.direction import Medium
from court_link.domain.hearing import HearingState as H
from court_link.domain.link import HEARING, LOBBY, Admission, Link
from court_link.domain.roles import Part
from court_link.domain.rooms import CONSULTS, WITNESSES, Grant, consultation, consultation_of
from court_link.domain.standing import Consultation, Exhibit, Recording, Screen, Standing
from court_link.media.arrangement import SEATS, arrange
from court_link.media.engine import DesiredLink, DesiredRoom, Kind, may_receive
from tests.media.people import HEARD, link, stands
from tests.stores import MONDAY


def arranged(state: H, *links: Link, **facts) -> DesiredRoom:
    return arrange(stands(state, *links, **facts))


def by_id(room: DesiredRoom, one: Link) -> DesiredLink:
    return next(each for each in room.links if each.link == str(one.id))


def exhibit(source: Link, *to: Link, media_type: str = "") -> Exhibit:
    shown = frozenset(each.id for each in to)
    return Exhibit(uuid4(), HEARD, source.id, "Exhibit 1", media_type, True, shown, False, MONDAY, 1)


@pytest.mark.parametrize("state", list(H))
def test_only_a_live_hearing_has_anybody_in_its_hearing_room(state: H):
    room = arranged(state, link(Part.BENCH), link(Part.DEFENDANT))
    assert bool(room.links) is (state in {H.LOBBY_OPEN, H.IN_SESSION, H.PAUSED})
    sending = [each for each in room.links if each.publish or each.receive]
    assert bool(sending) is (state is H.IN_SESSION)


@pytest.mark.parametrize("admission", list(Admission))
def test_whoever_is_not_admitted_is_not_in_the_room_at_all(admission: Admission):
    place = HEARING if admission is Admission.ADMITTED else LOBBY
    room = arranged(H.IN_SESSION, link(Part.BENCH), link(Part.OFFICER, admission, place))
    assert len(room.links) == (2 if admission is Admission.ADMITTED else 1)


def test_a_remote_person_without_a_direction_is_not_in_the_room():
    bench, officer = link(Part.BENCH, remote=False), link(Part.OFFICER)
    assert len(arranged(H.IN_SESSION, bench, officer, directed={}).links) == 1
    assert len(arranged(H.IN_SESSION, bench, officer, directed={officer.id: Medium.VIDEO}).links) == 2


def test_a_direction_for_sound_alone_sends_no_picture():
    defendant = link(Part.DEFENDANT)
    room = arranged(H.IN_SESSION, defendant, directed={defendant.id: Medium.AUDIO})
    assert room.links[0].publish == {Kind.AUDIO}


def test_an_observer_receives_and_never_sends():
    room = arranged(H.IN_SESSION, link(Part.BENCH), link(Part.OBSERVER))
    bench, observer = room.links
    assert observer.publish == frozenset()
    assert observer.receive
    assert all(seat.source != observer.link for seat in bench.seats)


@pytest.mark.parametrize("part", sorted(WITNESSES))
def test_a_witness_hears_and_is_heard_from_the_call_to_the_release(part: Part):
    bench = link(Part.BENCH)
    for called, released in product((None, MONDAY), repeat=2):
        witness = link(part, called_at=called, released_at=released)
        room = arranged(H.IN_SESSION, bench, witness)
        theirs, courts = by_id(room, witness), by_id(room, bench)
        takes_part = called is not None and released is None
        assert bool(theirs.publish) is takes_part
        assert theirs.receive is takes_part
        assert any(seat.source for seat in theirs.seats) is takes_part  # nor are they told who is there
        assert any(seat.source for seat in courts.seats) is takes_part
        assert may_receive(courts, theirs, Kind.AUDIO) is takes_part


def test_who_has_moved_sends_nothing_until_their_device_has_stopped():
    bench, moving = link(Part.BENCH), link(Part.DEFENDANT, moves=3, settled=2)
    theirs = by_id(arranged(H.IN_SESSION, bench, moving), moving)
    assert (theirs.publish, theirs.receive, theirs.epoch) == (frozenset(), True, 3)
    settled = link(Part.DEFENDANT, moves=3, settled=3)
    assert by_id(arranged(H.IN_SESSION, settled), settled).publish == {Kind.AUDIO, Kind.VIDEO}


@pytest.mark.parametrize("state", list(H))
def test_a_consultation_goes_on_whatever_the_hearing_does(state: H):
    room = Consultation(uuid4(), HEARD, MONDAY)
    waiting = link(Part.DEFENDANT, Admission.WAITING, room.place)
    advocate = link(Part.ADVOCATE, Admission.ADMITTED, room.place, back_to=HEARING)
    inside = arranged(state, link(Part.BENCH), waiting, advocate, directed={}, consultations=(room,))
    theirs, other = by_id(inside, waiting), by_id(inside, advocate)
    assert may_receive(theirs, other, Kind.VIDEO)
    assert may_receive(other, theirs, Kind.AUDIO)
    # One that has come to its end is no room at all.
    assert all(each.place == HEARING for each in arranged(state, link(Part.BENCH), waiting, advocate).links)


def test_grants_decide_what_is_sent_in_the_hearing_and_not_in_a_consultation():
    muted = (Grant.CAMERA.value, Grant.RECEIVE.value)
    one = link(Part.DEFENDANT, grants=muted)
    assert by_id(arranged(H.IN_SESSION, one), one).publish == {Kind.VIDEO}
    deaf = link(Part.DEFENDANT, grants=(Grant.MICROPHONE.value,))
    theirs = by_id(arranged(H.IN_SESSION, deaf), deaf)
    assert theirs.publish == {Kind.AUDIO}
    assert not theirs.receive
    room = Consultation(uuid4(), HEARD, MONDAY)
    private = link(Part.DEFENDANT, place=room.place, grants=muted)
    inside = arranged(H.IN_SESSION, private, link(Part.ADVOCATE, place=room.place), consultations=(room,))
    assert by_id(inside, private).publish == {Kind.AUDIO, Kind.VIDEO}


def test_a_special_measure_holds_in_the_hearing_and_in_a_consultation():
    for place in (HEARING, consultation(uuid4())):
        seen, kept = link(Part.DEFENDANT, place=place), link(Part.ADVOCATE, place=place)
        rooms = () if place == HEARING else (Consultation(_id(place), HEARD, MONDAY),)
        screens = (Screen(seen.id, kept.id, picture=True, sound=False, ordered_by="Bench"),)
        room = arranged(H.IN_SESSION, seen, kept, screens=screens, consultations=rooms)
        source, receiver = by_id(room, seen), by_id(room, kept)
        assert not may_receive(source, receiver, Kind.VIDEO)
        assert may_receive(source, receiver, Kind.AUDIO)
        assert may_receive(receiver, source, Kind.VIDEO)  # it keeps one from the other, not both


def _id(place: str) -> UUID:
    found = consultation_of(place)
    assert found is not None
    return found


def test_who_is_neither_seen_nor_heard_has_an_empty_seat():
    seen, kept = link(Part.DEFENDANT), link(Part.ADVOCATE)
    screens = (Screen(seen.id, kept.id, picture=True, sound=True, ordered_by="Bench"),)
    room = arranged(H.IN_SESSION, seen, kept, screens=screens)
    assert not any(seat.source for seat in by_id(room, kept).seats)
    assert any(seat.source for seat in by_id(room, seen).seats)


def test_a_whisper_is_heard_by_one():
    bench, defendant = link(Part.BENCH), link(Part.DEFENDANT)
    interpreter = link(Part.INTERPRETER, whisper_to=defendant.id)
    room = arranged(H.IN_SESSION, bench, defendant, interpreter)
    source = by_id(room, interpreter)
    assert may_receive(source, by_id(room, defendant), Kind.AUDIO)
    assert not may_receive(source, by_id(room, bench), Kind.AUDIO)
    assert may_receive(source, by_id(room, bench), Kind.VIDEO)


def test_a_shared_screen_is_seen_by_those_to_whom_it_is_shown():
    prosecutor = link(Part.PROSECUTOR, grants=tuple(sorted(each.value for each in Grant)))
    bench, defendant = link(Part.BENCH), link(Part.DEFENDANT)
    people = (bench, defendant, prosecutor)
    room = arranged(H.IN_SESSION, *people, exhibits=(exhibit(prosecutor, bench),))
    assert Kind.SCREEN in by_id(room, prosecutor).publish
    assert by_id(room, bench).screen == str(prosecutor.id)
    assert by_id(room, defendant).screen is None
    assert may_receive(by_id(room, prosecutor), by_id(room, bench), Kind.SCREEN)
    assert not may_receive(by_id(room, prosecutor), by_id(room, defendant), Kind.SCREEN)
    # A document is no screen, and without the court's grant there is none.
    document = exhibit(prosecutor, bench, media_type="application/pdf")
    assert by_id(arranged(H.IN_SESSION, *people, exhibits=(document,)), bench).screen is None
    ungranted = link(Part.PROSECUTOR)
    room = arranged(H.IN_SESSION, bench, ungranted, exhibits=(exhibit(ungranted, bench),))
    assert Kind.SCREEN not in by_id(room, ungranted).publish


def test_a_recording_that_runs_is_of_a_live_hearing():
    recording = Recording(uuid4(), "Courts Act 2003 s.85A", "District Judge Example", MONDAY, False)
    assert arranged(H.IN_SESSION, link(Part.BENCH), recording=recording).recording == str(recording.id)
    assert arranged(H.ENDED, link(Part.BENCH), recording=recording).recording is None
    assert arranged(H.IN_SESSION, link(Part.BENCH)).recording is None


def test_nobody_moves_seat_when_another_comes():
    people = [link(Part.BENCH), link(Part.DEFENDANT), link(Part.PROBATION), link(Part.ADVOCATE)]
    waiting = link(Part.DEFENDANT, Admission.WAITING, LOBBY)
    before = arranged(H.IN_SESSION, people[0], waiting, *people[2:]).links[0]
    people[1] = link(Part.DEFENDANT)
    after = arranged(H.IN_SESSION, *people).links[0]
    at = {seat.source: seat.index for seat in after.seats if seat.source}
    assert all(at[seat.source] == seat.index for seat in before.seats if seat.source)
    assert len(after.seats) == SEATS


def test_sixteen_see_one_another_and_a_larger_crowd_is_seated_by_part():
    for crowd in (15, 20):
        people = [link(Part.BENCH), *(link(Part.ADVOCATE) for _ in range(crowd))]
        for one in arranged(H.IN_SESSION, *people).links:
            sources = [seat.source for seat in one.seats]
            assert len(set(sources)) == SEATS
            assert one.link not in sources


PLACES = (LOBBY, HEARING, consultation(uuid4()), consultation(uuid4()))


@st.composite
def hearings(draw: st.DrawFn) -> Standing:
    """Any hearing whatever, sound or not: whatever the rows say, the room keeps people apart."""
    grants = st.none() | st.lists(st.sampled_from(Grant), unique=True).map(tuple)
    moment = st.sampled_from((None, MONDAY))
    people = [
        link(
            draw(st.sampled_from(Part)),
            draw(st.sampled_from(Admission)),
            draw(st.sampled_from(PLACES)),
            remote=draw(st.booleans()),
            grants=draw(grants),
            called_at=draw(moment),
            released_at=draw(moment),
            settled=draw(st.integers(0, 1)),
            moves=1,
        )
        for _ in range(draw(st.integers(2, 7)))
    ]
    one = st.sampled_from([each.id for each in people])
    screens = draw(st.lists(st.builds(Screen, one, one, st.booleans(), st.booleans()), max_size=4))
    presenter = draw(st.sampled_from(people))
    shown = exhibit(presenter, *draw(st.lists(st.sampled_from(people), max_size=4)))
    consulting = [Consultation(_id(place), HEARD, MONDAY) for place in PLACES[2:]]
    return stands(
        draw(st.sampled_from(H)),
        *people,
        directed=draw(st.dictionaries(one, st.sampled_from(Medium))),
        screens=tuple(screens),
        consultations=tuple(draw(st.lists(st.sampled_from(consulting), unique=True))),
        exhibits=(shown,) * draw(st.integers(0, 1)),
    )


@given(hearings())
def test_nobody_is_in_a_room_who_may_not_be_and_nobody_sends_who_may_not(standing: Standing):
    people = {str(each.id): each for each in standing.links}
    open_places = {each.place for each in standing.consultations}
    for one in arrange(standing).links:
        who = people[one.link]
        if who.place == HEARING:
            assert who.admission is Admission.ADMITTED
            assert standing.state in {H.LOBBY_OPEN, H.IN_SESSION, H.PAUSED}
            assert standing.state is H.IN_SESSION or not (one.publish or one.receive)
        else:
            assert who.place in open_places
            assert who.part in CONSULTS
        if who.settled != who.moves or who.part is Part.OBSERVER:
            assert one.publish == frozenset()
        if who.part in WITNESSES and (who.called_at is None or who.released_at is not None):
            assert (one.publish, one.receive, one.screen) == (frozenset(), False, None)
            assert not any(seat.source for seat in one.seats)
        assert all(people[seat.source].place == who.place for seat in one.seats if seat.source)


@given(hearings())
def test_nothing_goes_where_it_may_not(standing: Standing):
    links = arrange(standing).links
    people = {str(each.id): each for each in standing.links}
    shared = standing.sharing
    for source, receiver, kind in product(links, links, Kind):
        if source.link == receiver.link or not may_receive(source, receiver, kind):
            continue
        one, other = people[source.link], people[receiver.link]
        assert one.place == other.place
        assert not any(
            (screen.source, screen.receiver) == (one.id, other.id)
            and (screen.sound if kind is Kind.AUDIO else screen.picture)
            for screen in standing.screens
        )
        assert kind is not Kind.SCREEN or (shared is not None and other.id in shared.shown_to)


def test_positive_control_without_the_check_of_places_the_property_sees_the_leak():
    room = Consultation(uuid4(), HEARD, MONDAY)
    bench, client = link(Part.BENCH), link(Part.DEFENDANT, place=room.place)
    advocate = link(Part.ADVOCATE, place=room.place)
    arrangement = arranged(H.IN_SESSION, bench, client, advocate, consultations=(room,))
    outside, inside = by_id(arrangement, bench), by_id(arrangement, client)
    assert not may_receive(inside, outside, Kind.AUDIO)
    moved = DesiredLink(inside.link, outside.place, inside.publish)
    assert may_receive(moved, outside, Kind.AUDIO)
