"""What is said in one place is heard there alone: races of moves, screens, witnesses who wait to be called.

Every packet carries who sent it, in which stay in which place; every receiver decrypts what comes to it. A
stay may be heard by those who were in the same place during it, and by nobody else, ever: what was under way
when somebody moved included, and whatever is asked for again.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from court_link.media.embedded import room as room_module
from court_link.media.embedded import rtcp, uplink
from court_link.media.embedded.forwarder import Forwarder
from court_link.media.embedded.link import Link
from court_link.media.engine import DesiredLink, DesiredRoom, EventKind, Kind, Seat
from tests.media.peer import AUDIO, Peer, seat_ssrcs
from tests.media.rig import BOTH
from tests.media.table import within

LINKS = "abcdef"
EVERYTHING = BOTH | {Kind.SCREEN}
RACES = 200
FEW = 20  # races of a control, which ends as soon as it has seen what it looks for

Said = tuple[str, str, Kind]  # receiver, what the packet says, kind


@dataclass
class House:
    """Six links in one room, and everything that anybody heard."""

    forwarder: Forwarder
    rng: random.Random
    version: int = 0
    number: int = 0
    peers: dict[str, Peer] = field(default_factory=dict)
    seats: dict[str, list[int]] = field(default_factory=dict)
    heard: Counter[Said] = field(default_factory=Counter)
    newest: dict[tuple[str, int], int] = field(default_factory=dict)
    desired: dict[str, DesiredLink] = field(default_factory=dict)

    async def fill(self) -> None:
        """Everybody in the hearing, connected, with everybody else in their seats."""
        for link in LINKS:
            others = tuple(Seat(i, other) for i, other in enumerate(o for o in LINKS if o != link))
            screen = LINKS[LINKS.index(link) - 1]
            self.desired[link] = DesiredLink(link, "hearing", EVERYTHING, True, others, 0, screen)
        self.apply()
        for link in LINKS:
            self.peers[link] = peer = Peer(partial(self._hear, link))
            session = self.forwarder.negotiate("room", link, peer.offer(5, screen=True))
            await peer.connect(session.answer)
            self.seats[link] = seat_ssrcs(session.answer)
        await within(lambda: all(link.connected for link in self.forwarder.sessions.values()), "joining")

    def change(self, link: str, **to: Any) -> None:
        self.desired[link] = replace(self.desired[link], **to)

    def move(self, link: str, place: str) -> None:
        self.change(link, place=place, epoch=self.desired[link].epoch + 1)

    def apply(self) -> None:
        self.version += 1
        self.forwarder.apply(DesiredRoom("room", self.version, tuple(self.desired.values())))

    def says(self, link: str) -> str:
        """What this link's packets say during its stay."""
        return f"{link} in {self.desired[link].place} {self.desired[link].epoch}"

    def talk(self) -> None:
        """One packet of everything from everybody, now in the sockets, and not yet looked at by anybody."""
        self.number += 1
        for link, peer in self.peers.items():
            words = self.says(link).encode()
            peer.sound(self.number, self.number * 960, body=words)
            peer.picture(self.number, self.number * 3000, keyframe=True, body=words)
            peer.screen(self.number, self.number * 3000, keyframe=True, body=words + b" screen")

    def ask_again(self, link: str) -> None:
        """The link asks for what came to its seats, and for what came before."""
        for ssrc in self.seats[link]:
            newest = self.newest.get((link, ssrc))
            if newest is not None:
                wanted = [(newest - back) & 0xFFFF for back in range(12, -1, -1)]
                self.peers[link].send_rtcp(rtcp.nack(1, ssrc, wanted))

    def _hear(self, link: str, view: memoryview, length: int, at: float) -> None:
        plain = self.peers[link].plain(bytes(view[:length]))
        assert plain is not None
        self.newest[link, int.from_bytes(plain[8:12], "big")] = int.from_bytes(plain[2:4], "big")
        said = plain[plain.rindex(b" in ") - 1 :].decode()
        words = said.removesuffix(" screen")
        kind = Kind.AUDIO if plain[1] & 0x7F == AUDIO else Kind.VIDEO if words == said else Kind.SCREEN
        self.heard[link, words, kind] += 1

    async def all_hear_all(self) -> None:
        """Everybody has heard everybody's present stay; so nothing said before is still under way."""

        for _ in range(1500):
            self.talk()
            await asyncio.sleep(0.02)
            if all(
                self.heard[receiver, self.says(source), Kind.AUDIO]
                for receiver in LINKS
                for source in LINKS
                if receiver != source
            ):
                return
        raise AssertionError("not everybody heard everybody at last")


@pytest.fixture
async def house(
    forwarder: Forwarder, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    # What is in the sockets when a move is applied is older than the move, however short the silence after.
    monkeypatch.setattr(uplink, "SETTLING", 0.004)
    made = House(forwarder, rng)
    await made.fill()
    yield made
    for peer in made.peers.values():
        peer.vanish()


async def race(house: House, races: int) -> tuple[int, int]:
    """Enter and leave consultations at once with speech: packets heard by outsiders, and by those inside."""
    companions: dict[str, set[str]] = {}

    def note() -> None:
        for link, desired in house.desired.items():
            together = {other for other, its in house.desired.items() if its.place == desired.place}
            companions.setdefault(house.says(link), set()).update(together)

    note()
    for number in range(races):
        house.talk()
        for link in house.rng.sample(LINKS, house.rng.randrange(1, 4)):
            leaves = house.desired[link].place != "hearing"
            house.move(link, "hearing" if leaves else f"consultation:{number}")
        house.apply()  # before anybody has looked at what was said
        note()
        await asyncio.sleep(0.006)
        house.talk()
        for link in LINKS:
            house.ask_again(link)
        await asyncio.sleep(0.002)
    for link in LINKS:
        house.move(link, "hearing")
    house.apply()
    note()
    await house.all_hear_all()
    heard = house.heard.items()
    outside = sum(count for (link, words, _), count in heard if link not in companions.get(words, ()))
    inside = sum(count for (_, words, _), count in heard if "consultation" in words)
    return outside, inside


async def test_a_consultation_is_heard_by_nobody_outside_it_over_200_races(house: House) -> None:
    outside, inside = await race(house, RACES)
    assert outside == 0
    assert inside > RACES, "those inside did hear each other"


async def test_without_the_guard_the_races_would_leak(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_module, "may_receive", lambda source, receiver, kind: True)
    outside, _ = await race(house, FEW)
    assert outside > 0


async def test_without_epochs_what_was_under_way_would_leak(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Link, "move", lambda link, now: None)
    outside, _ = await race(house, FEW)
    assert outside > 0


@dataclass(frozen=True)
class Phase:
    """What was heard while the house stood so."""

    stays: dict[str, str]
    heard: Counter[Said]

    def reached(self, receiver: str, source: str) -> set[Kind]:
        return {kind for link, words, kind in self.heard if (link, words) == (receiver, self.stays[source])}


async def phases(house: House) -> dict[str, Phase]:
    """A defendant withheld from an advocate in pictures, and a witness who is called: what was heard when."""
    found: dict[str, Phase] = {}

    async def phase(name: str, watch: str, source: str) -> None:
        house.apply()
        house.heard.clear()
        for _ in range(1500):
            house.talk()
            await asyncio.sleep(0.02)
            if house.heard[watch, house.says(source), Kind.VIDEO] > 5:
                break
        found[name] = Phase({link: house.says(link) for link in LINKS}, Counter(house.heard))

    house.change("b", publish=frozenset(), receive=False)  # a witness, not called
    house.change("c", withheld=frozenset({("a", Kind.VIDEO), ("a", Kind.SCREEN)}), screen="a")
    await phase("before", "d", "a")
    house.change("b", publish=EVERYTHING, receive=True, epoch=1)
    await phase("called", "b", "a")
    house.move("a", "consultation:1")
    house.move("c", "consultation:1")
    await phase("in private", "a", "c")
    return found


async def test_screens_and_witnesses_who_wait_hold_in_every_place(house: House) -> None:
    found = await phases(house)
    for source in LINKS:
        assert found["before"].reached("b", source) == set(), "a witness hears nothing until called"
        assert found["before"].reached(source, "b") == set()
    assert found["before"].reached("c", "a") == {Kind.AUDIO}, "heard, and not seen"
    assert found["before"].reached("d", "a") == BOTH
    assert found["before"].reached("b", "b") == set()
    assert found["called"].reached("b", "a") == EVERYTHING
    assert found["called"].reached("c", "a") == {Kind.AUDIO}
    assert found["in private"].reached("a", "c") == BOTH
    assert found["in private"].reached("c", "a") <= {Kind.AUDIO}, "a screen stands in every place"
    for outsider in "bdef":
        for source in "ac":
            assert found["in private"].reached(outsider, source) == set()


async def test_without_the_guard_screens_and_witnesses_would_leak(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_module, "may_receive", lambda source, receiver, kind: True)
    found = await phases(house)
    assert found["before"].reached("b", "a")
    assert Kind.VIDEO in found["before"].reached("c", "a")


async def test_who_speaks_is_told_to_those_who_may_hear_it_alone(house: House) -> None:
    house.move("a", "consultation:1")
    house.move("b", "consultation:1")
    house.change("c", audio_to=frozenset({"d"}))
    house.change("e", withheld=frozenset({("d", Kind.AUDIO)}))
    house.change("f", publish=frozenset())
    house.apply()
    loud = {"a": 0, "b": 127, "c": 0, "d": 20, "e": 127, "f": 0}  # -dBov: c whispers, f is muted

    def told() -> dict[str, tuple[str, tuple[str, ...]]]:
        spoken = [event for event in house.forwarder.events._events if event.kind is EventKind.SPEAKER]
        return {event.link: (event.data["place"], event.data["heard_by"]) for event in spoken}

    for number in range(1500):
        for link, level in loud.items():
            house.peers[link].sound(number, number * 960, level=level, body=house.says(link).encode())
        await asyncio.sleep(0.02)
        if {"a", "d"} <= told().keys():
            break
    assert told() == {"a": ("consultation:1", ("a", "b")), "d": ("hearing", ("c", "d", "f"))}
    levels = {each.link: each.audio_level for each in house.forwarder.statistics("room")}
    assert levels["c"] is None
    assert levels["f"] is None
