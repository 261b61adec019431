"""Which node carries which room: properties that hold for any fleet."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from court_link.domain.times import Interval
from court_link.media.placement import Candidate, Reserved, by_name, choose, most_at_once

MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

counts = st.integers(0, 80)
fleets = st.lists(
    st.builds(Candidate, st.text("abcdef", min_size=1, max_size=3), st.integers(2, 80), counts, counts),
    max_size=6,
    unique_by=lambda node: node.name,
)
slots = st.builds(
    lambda start, length: Interval(
        MORNING + timedelta(minutes=start), MORNING + timedelta(minutes=start + length)
    ),
    st.integers(0, 300),
    st.integers(1, 120),
)
reservations = st.lists(st.builds(Reserved, slots, st.integers(1, 16)), max_size=12)


@given(fleets, st.integers(2, 17))
def test_a_room_goes_to_a_node_on_which_it_fits_whenever_there_is_one(fleet: list[Candidate], places: int):
    chosen = choose(fleet, places)
    fitting = {node.name for node in fleet if node.left >= places}
    assert (chosen is None) is (not fleet)
    assert not fitting or chosen in fitting


@given(fleets, st.integers(2, 17))
def test_of_the_nodes_on_which_it_fits_the_least_loaded_takes_it(fleet: list[Candidate], places: int):
    chosen = next((node for node in fleet if node.name == choose(fleet, places)), None)
    for node in fleet:
        if chosen is not None and min(node.left, chosen.left) >= places:
            assert chosen.taken / chosen.capacity <= node.taken / node.capacity


@given(fleets, st.integers(2, 17))
def test_a_booked_hearing_is_held_even_where_nothing_is_left(fleet: list[Candidate], places: int):
    chosen = next((node for node in fleet if node.name == choose(fleet, places)), None)
    if chosen is not None and chosen.left < places:
        assert chosen.left == max(node.left for node in fleet)


@given(fleets, st.integers(2, 17), st.randoms())
def test_the_choice_does_not_depend_on_the_order_in_which_nodes_are_named(
    fleet: list[Candidate], places: int, chance
):
    shuffled = list(fleet)
    chance.shuffle(shuffled)
    assert choose(fleet, places) == choose(shuffled, places)


@given(st.integers(1, 6), st.lists(st.integers(2, 17), max_size=30))
def test_rooms_placed_one_after_another_never_overfill_a_node_while_another_has_room(
    count: int, rooms: list[int]
):
    reserved = dict.fromkeys((f"media-{number}" for number in range(count)), 0)
    for places in rooms:
        fleet = [Candidate(name, 60, taken) for name, taken in reserved.items()]
        chosen = choose(fleet, places)
        assert chosen is not None
        reserved[chosen] += places
        if reserved[chosen] > 60:
            assert all(60 - taken < places for name, taken in reserved.items() if name != chosen)


@given(reservations, slots)
def test_the_most_at_once_is_what_the_fullest_minute_holds(standing: list[Reserved], within: Interval):
    minutes = int((within.end - within.start) / timedelta(minutes=1))
    at = [within.start + timedelta(minutes=number) for number in range(minutes)]
    fullest = max(sum(each.places for each in standing if each.at.holds(minute)) for minute in at)
    assert most_at_once(standing, within) == fullest


def test_back_to_back_reservations_do_not_add_up():
    half = timedelta(minutes=30)
    first = Reserved(Interval(MORNING, MORNING + half), 10)
    second = Reserved(Interval(MORNING + half, MORNING + 2 * half), 10)
    assert most_at_once([first, second], Interval(MORNING, MORNING + 2 * half)) == 10


@given(st.sets(st.text("abc", min_size=1), min_size=2, max_size=6), st.text(max_size=20))
def test_an_unbooked_room_moves_only_when_its_own_node_goes(names: set[str], room: str):
    chosen = by_name(names, room)
    for gone in names - {chosen}:
        assert by_name(names - {gone}, room) == chosen
    assert by_name(set(), room) is None
