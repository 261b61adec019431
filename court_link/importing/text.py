"""Text from outside: checked by code that looks at each character once.

The publication service's own schemas check text by patterns such as `^(?!(.|\\r|\\n)*<[^>]+>)(.|\\r|\\n)*$`,
which take exponential time on carriage returns. They are never run here.
"""

from __future__ import annotations

import html
import unicodedata

#: The longest text taken at all (offence wordings run long), and the longest of those that are kept.
LONGEST, LONGEST_KEPT = 20_000, 500

_SPACING = frozenset("\t\n\r")
#: Signs that turn the direction of what follows, so that a name reads otherwise than it is stored.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def fault_of(text: str, longest: int = LONGEST) -> str | None:
    """What is wrong with a text, in a sentence, or None."""
    if len(text) > longest:
        return f"This text is longer than {longest:,} characters."
    if not text.isprintable() and any(_forbidden(sign) for sign in text):
        return "This text holds a control character."
    if _marked_up(text) or ("&" in text and _marked_up(html.unescape(text))):
        return "Markup is not allowed in text."
    return None


def tidy(text: str) -> str:
    """One line, single spaces, composed characters: how a name is kept and compared."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _forbidden(sign: str) -> bool:
    return sign not in _SPACING and (unicodedata.category(sign) in {"Cc", "Cs"} or sign in _TURNING)


def _marked_up(text: str) -> bool:
    """Whether a `<` is closed by a later `>`, or opens a tag, a comment or a declaration."""
    first = text.find("<")
    if first < 0:
        return False
    if text.rfind(">") > first:
        return True
    return any(after.isascii() and (after.isalpha() or after in "/!?") for after in _following(text, "<"))


def _following(text: str, sign: str) -> list[str]:
    return [part[0] for part in text.split(sign)[1:] if part]
