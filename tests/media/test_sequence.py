"""Which events are news."""

from hypothesis import given
from hypothesis import strategies as st

from court_link.media.engine import EngineEvent, EventKind
from court_link.media.sequence import REMEMBERED, Heard, Word


def event(seq: int, epoch: str = "one", room: str = "room") -> EngineEvent:
    return EngineEvent(f"{epoch}:{seq}", seq, epoch, room, "link", EventKind.QUALITY, 0.0)


@given(st.integers(1, 50), st.data())
def test_whatever_comes_twice_or_late_is_taken_once(count: int, data: st.DataObject):
    heard = Heard()
    highest = 0
    for seq in data.draw(st.lists(st.integers(1, count), max_size=100)):
        word = heard.take(event(seq))
        if highest and seq <= highest:
            assert word is Word.REPEATED
        else:
            assert word is (Word.AFTER_A_GAP if highest and seq > highest + 1 else Word.NEW)
            highest = seq


def test_the_first_word_of_a_room_is_new_whatever_its_number():
    assert Heard().take(event(17)) is Word.NEW


def test_another_epoch_is_not_believed_until_the_process_itself_has_said_so():
    heard = Heard()
    assert heard.take(event(5)) is Word.NEW
    assert heard.take(event(1, "two")) is Word.OF_ANOTHER_EPOCH
    heard.carried("room", "two")
    assert heard.take(event(1, "two")) is Word.NEW
    assert heard.take(event(6)) is Word.OF_ANOTHER_EPOCH  # what the old one says late
    heard.carried("room", "two")  # told again, which changes nothing
    assert heard.take(event(1, "two")) is Word.REPEATED


def test_the_rooms_of_a_lost_process_are_known_and_forgotten_when_they_are_over():
    heard = Heard()
    heard.carried("a", "one")
    heard.carried("b", "one")
    heard.carried("c", "two")
    assert heard.of("one") == ("a", "b")
    heard.forget("a")
    assert heard.of("one") == ("b",)


def test_what_is_remembered_is_bounded():
    heard = Heard()
    for number in range(REMEMBERED + 10):
        heard.take(event(1, room=str(number)))
    assert len(heard.of("one")) == REMEMBERED
