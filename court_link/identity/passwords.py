"""Passwords: what may be chosen, and argon2id, at most two at once.

Rules after NIST SP 800-63B (5.1.1.2) and the NCSC's password guidance: long, not common, no composition
rules, pasting allowed, never expiring.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from court_link.domain.errors import FieldError, Invalid

R = TypeVar("R")

SHORTEST, LONGEST = 12, 256
#: Words that the commonest passwords are made of; digits, signs and repeats around them change nothing.
_WORDS = """
abc abcd abcdef abcdefg abcdefghijkl access admin administrator arsenal asdf asdfgh asdfghjkl asdfghjklqwerty
baseball changeme chelsea computer correcthorsebatterystaple court courtlink default dragon england football
freedom hello hertfordshire iloveyou justice letmein letmeinplease liverpool login manchester master michael
monkey pass passphrase passwd password police pokemon princess qazwsx qazwsxedc qwer qwert qwerty qwertyuiop
qwertyuiopasdfghjkl secret shadow spring summer autumn winter sunshine superman temp temporary test testing
thisismypassword trustno unitedkingdom user videolink welcome welcomehome whatever zaq zaqxsw zxcvbn zxcvbnm
"""
COMMON = frozenset(_WORDS.split())
_LEET = str.maketrans("@4310$5!7", "aaeiossit")


class WeakPassword(Invalid):
    """Choose a different password."""


def check_choice(password: str, email: str = "", *, field: str = "password") -> None:
    """Raises WeakPassword, naming `field`, for one that is too short, too long or easily guessed."""
    if len(password) < SHORTEST:
        said = f"Password must be {SHORTEST} characters or more"
    elif len(password) > LONGEST:
        said = f"Password must be {LONGEST} characters or fewer"
    elif _guessable(password, email):
        said = "Choose a password that is harder to guess. Three random words work well"
    else:
        return
    raise WeakPassword(errors=[FieldError(field, said)])


def _guessable(password: str, email: str) -> bool:
    plain = password.casefold()
    if len(set(plain)) < 5:
        return True
    words = {"".join(filter(str.isalpha, text)) for text in (plain, plain.translate(_LEET))}
    names = {part for part in email.casefold().replace("@", ".").split(".") if len(part) > 3}
    return any(_made_of(word, COMMON | names) for word in words)


def _made_of(word: str, known: frozenset[str]) -> bool:
    """Whether nothing but known words, end to end, make up `word`; no letters at all count as nothing."""
    reached = {0}
    for end in range(1, len(word) + 1):
        if any(word[start:end] in known for start in reached):
            reached.add(end)
    return len(word) in reached


class Hasher:
    """argon2id in threads, two at once: each takes 19 MiB and tens of milliseconds (OWASP's parameters)."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._turn = asyncio.Semaphore(2)

    async def hash(self, password: str) -> str:
        return await self._in_turn(lambda: self._argon2.hash(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether this is the password. Without a stored hash the same work is done, for nothing."""
        right = await self._in_turn(lambda: self._right(stored or self._nobody, password[:LONGEST]))
        return right and stored is not None

    async def _in_turn(self, work: Callable[[], R]) -> R:
        async with self._turn:
            return await asyncio.to_thread(work)

    def _right(self, stored: str, password: str) -> bool:
        try:
            return self._argon2.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _nobody(self) -> str:
        return self._argon2.hash("the password of nobody")
