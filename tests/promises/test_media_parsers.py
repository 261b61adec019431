"""Whatever arrives, nothing is raised: the short form of `python -m tests.promises.fuzz`."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from court_link.media.embedded import rtcp
from court_link.media.embedded.forwarder import Forwarder
from tests.promises.fuzz import Broken, Hearing, parse

ROUNDS = 1000  # of each parser
ATTACKS = 60


def test_every_parser_reads_or_refuses_what_is_damaged(rng: random.Random) -> None:
    read = Counter(name for _ in range(ROUNDS) for name in parse(rng))
    assert set(read.values()) == {ROUNDS}


def test_a_parser_that_raises_would_be_seen(rng: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(data: bytes) -> list[int]:
        return [data[data[3]]]

    monkeypatch.setattr(rtcp, "read", careless)
    with pytest.raises(Broken, match="reports raised IndexError"):
        Counter(name for _ in range(ROUNDS) for name in parse(rng))


async def test_a_hearing_goes_on_while_strangers_and_a_participant_send_anything_at_all(
    forwarder: Forwarder, rng: random.Random
) -> None:
    hearing = Hearing(forwarder, rng)
    await hearing.begin()
    for _ in range(ATTACKS):
        await hearing.attack()
    await hearing.end()
    hearing.leave()
