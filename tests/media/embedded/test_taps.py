"""What a recorder is given: every uplink of the recorded place as it comes, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from court_link.media.embedded.forwarder import Forwarder
from court_link.media.engine import DesiredRoom, Kind
from tests.media.rig import BOTH, everyone_sees_everyone
from tests.media.table import Table, within


class Tape:
    """A tap that remembers."""

    def __init__(self) -> None:
        self.heard: list[tuple[Kind, bytes, int, int]] = []
        self.closed = False

    def packet(
        self, kind: Kind, payload: bytes, timestamp: int, sequence: int, marker: bool, at: float
    ) -> bool:
        self.heard.append((kind, payload, timestamp, sequence))
        return False

    def close(self) -> None:
        self.closed = True


class Tapes:
    """A recorder of tapes, by recording, link and kind."""

    def __init__(self, forwarder: Forwarder) -> None:
        self.of: dict[tuple[str, str, Kind], Tape] = {}
        forwarder.recorder = self.make

    def make(self, room: str, recording: str, link: str, kind: Kind, codec: str) -> Tape:
        assert room == "room"
        made = self.of[recording, link, kind] = Tape()
        return made


def recorded(version: int, recording: str | None, *links: str) -> DesiredRoom:
    return replace(everyone_sees_everyone("room", version, *links), recording=recording)


async def test_a_recorder_gets_every_packet_of_the_recorded_place_as_it_came(table: Table) -> None:
    tapes = Tapes(table.forwarder)
    table.forwarder.apply(recorded(1, "first", "a", "b"))
    await table.join("a")
    await table.join("b")
    await table.talk("a")
    sound, picture = (tapes.of["first", "a", kind] for kind in (Kind.AUDIO, Kind.VIDEO))
    await within(lambda: len(sound.heard) == len(picture.heard) == 10, "everything on tape")
    assert sound.heard == [(Kind.AUDIO, b"a", i * 960, i) for i in range(10)]
    assert picture.heard == [(Kind.VIDEO, b"\x10\x00a", i * 3000, i) for i in range(10)]
    assert not tapes.of["first", "b", Kind.AUDIO].heard


async def test_nothing_is_taped_before_or_after_or_from_elsewhere_or_of_the_muted(table: Table) -> None:
    tapes = Tapes(table.forwarder)
    table.forwarder.apply(recorded(1, None, "a", "b", "c"))
    for link in "abc":
        await table.join(link)
    assert not tapes.of
    everyone = recorded(2, "one", "a", "b", "c").links
    table.forwarder.apply(
        DesiredRoom(
            "room",
            2,
            (
                replace(everyone[0], publish=frozenset({Kind.AUDIO})),
                replace(everyone[1], place="consultation:1", epoch=1),
                everyone[2],
            ),
            "one",
        )
    )
    assert set(tapes.of) == {("one", "a", Kind.AUDIO)} | {("one", "c", kind) for kind in BOTH}
    table.forwarder.apply(recorded(3, "two", "a", "b", "c"))
    assert all(tape.closed == (name[0] == "one") for name, tape in tapes.of.items())
    table.forwarder.apply(recorded(4, "two", "a", "c"))
    table.forwarder.apply(recorded(5, None, "a", "c"))
    assert all(tape.closed for tape in tapes.of.values())
    await table.talk("a")
    assert not any(tape.heard for tape in tapes.of.values())


async def test_a_recording_ends_with_its_room(table: Table) -> None:
    tapes = Tapes(table.forwarder)
    table.forwarder.apply(recorded(1, "one", "a"))
    await table.join("a")
    table.forwarder.close_room("room")
    assert len(tapes.of) == 2
    assert all(tape.closed for tape in tapes.of.values())


async def test_what_is_whispered_to_one_is_not_taped(table: Table) -> None:
    tapes = Tapes(table.forwarder)
    table.forwarder.apply(recorded(1, "one", "a", "b"))
    await table.join("a")
    await table.join("b")
    aloud = tapes.of["one", "a", Kind.AUDIO]
    everyone = recorded(2, "one", "a", "b")
    whispers = replace(everyone.links[0], audio_to=frozenset({"b"}))
    table.forwarder.apply(replace(everyone, links=(whispers, *everyone.links[1:])))
    assert aloud.closed
    assert not tapes.of["one", "a", Kind.VIDEO].closed
    await table.talk("a")
    await within(lambda: len(tapes.of["one", "a", Kind.VIDEO].heard) == 10, "the picture on tape")
    assert not any(tape.heard for name, tape in tapes.of.items() if name[2] is Kind.AUDIO)
    table.forwarder.apply(recorded(3, "one", "a", "b"))
    again = tapes.of["one", "a", Kind.AUDIO]
    assert again is not aloud
    assert not again.closed
