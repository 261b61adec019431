"""How good a connection is, 0 to 100: above 80 excellent, above 40 good, above 20 poor."""

from __future__ import annotations

LOSS_WEIGHT = 400  # a tenth of all packets lost costs 40
DELAY_WEIGHT = 100  # each further tenth of a second one way costs 10
FREE_DELAY = 0.1  # seconds one way that nobody notices (ITU-T G.114)
MOST_DELAY = 40


def score(loss: float, round_trip: float, jitter: float) -> float:
    """One moment's score from the lost fraction, and round trip and jitter in seconds."""
    delay = round_trip / 2 + 2 * jitter
    late = min(MOST_DELAY, max(0.0, (delay - FREE_DELAY) * DELAY_WEIGHT))
    return max(0.0, 100 - late - loss * LOSS_WEIGHT)


def smooth(before: int | None, now: float) -> int:
    """Fall fast, rise slowly: a person who was just broken up does not trust one good second."""
    if before is None:
        return round(now)
    return round(before + (now - before) * (0.8 if now < before else 0.4))
