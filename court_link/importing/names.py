"""Names of court houses and rooms, as different files spell the same one."""

from __future__ import annotations

import re

_WORDS = re.compile(r"[a-z]+|[0-9]+")
_OF_A_HOUSE = {"magistrates", "magistrate", "mags", "court", "courts", "courthouse", "house", "the", "s"}
_OF_A_ROOM = {"court", "courtroom", "room", "hearing", "s"}


def house_words(name: str) -> frozenset[str]:
    """What tells one court house from another: "PRESTON" and "Preston Magistrates’ Court" are one.

    "Crown", "youth" and "family" stay: they are other courts.
    """
    return _words(name, _OF_A_HOUSE)


def room_words(name: str) -> frozenset[str]:
    """What tells one room of a house from another: "Courtroom 01", "Court 1" and "1" are one."""
    return _words(name, _OF_A_ROOM)


def _words(name: str, common: set[str]) -> frozenset[str]:
    words = [word.lstrip("0") or "0" for word in _WORDS.findall(name.casefold())]
    kept = frozenset(words) - common
    return kept or frozenset(words)
