"""Names: UUIDv7 inside (RFC 9562), references a person can read out outside."""

from __future__ import annotations

import secrets
import time
from uuid import UUID

#: Consonants and digits that cannot be taken for one another, and spell no words. Exactly 28.
ALPHABET = "23456789BCDFGHJKLMNPQRSTVWXZ"
#: 19 random symbols (19 x log2 28 = 91 bits) and one check symbol.
_RANDOM_SYMBOLS = 19


def new_id() -> UUID:
    """A UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def _check_symbol(symbols: str) -> str:
    """Weighted sum modulo 29 would need a 29th symbol; Luhn modulo N (ISO/IEC 7812 generalised) does not."""
    total = 0
    for position, symbol in enumerate(reversed(symbols)):
        code = ALPHABET.index(symbol)
        if position % 2 == 0:
            code *= 2
            code = code // len(ALPHABET) + code % len(ALPHABET)
        total += code
    return ALPHABET[-total % len(ALPHABET)]


def new_reference() -> str:
    """A reference to read out: 20 symbols in fives, such as `7KDWR-...`; the last is a check symbol."""
    symbols = "".join(secrets.choice(ALPHABET) for _ in range(_RANDOM_SYMBOLS))
    symbols += _check_symbol(symbols)
    return "-".join(symbols[i : i + 5] for i in range(0, 20, 5))


def normal_reference(text: str) -> str | None:
    """The canonical form of a reference as typed (case, spaces and dashes do not matter), or None."""
    symbols = "".join(text.upper().replace("-", " ").split())
    if len(symbols) != _RANDOM_SYMBOLS + 1 or any(symbol not in ALPHABET for symbol in symbols):
        return None
    if _check_symbol(symbols[:-1]) != symbols[-1]:
        return None
    return "-".join(symbols[i : i + 5] for i in range(0, 20, 5))
