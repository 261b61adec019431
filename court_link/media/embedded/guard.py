"""How often somebody unknown may make the worker work, before anything of theirs is parsed."""

from __future__ import annotations

RATE = 20.0  # tokens a second that a network gains
BURST = 100.0  # tokens that it may save
MOST_NETWORKS = 4096  # remembered; beyond it the one that was longest quiet is forgotten

_MAPPED = bytes(10) + b"\xff\xff"  # an IPv4 address in an IPv6 one (RFC 4291, 2.5.5.2)


def network(address: bytes) -> bytes:
    """The /24 or /64 of a raw IPv4 or IPv6 sockaddr: what one attacker has at once, and one house too."""
    if len(address) == 16:
        return address[4:7]
    return address[20:23] if address[8:20] == _MAPPED else address[8:16]


class Allowance:
    """Token buckets by network, in a table that never grows beyond its bound."""

    def __init__(self, rate: float = RATE, burst: float = BURST, most: int = MOST_NETWORKS) -> None:
        self._rate, self._burst, self._most = rate, burst, most
        self._buckets: dict[bytes, tuple[float, float]] = {}  # tokens, and when they were counted

    def __len__(self) -> int:
        return len(self._buckets)

    def has(self, address: bytes, now: float) -> bool:
        """Whether this address's network has a token left; `now` in POSIX seconds."""
        return self._tokens(network(address), now) >= 1.0

    def spend(self, address: bytes, now: float) -> None:
        """Take a token of the network, for an attempt that failed."""
        key = network(address)
        tokens = self._tokens(key, now)
        self._buckets.pop(key, None)
        if len(self._buckets) >= self._most:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[key] = (max(0.0, tokens - 1.0), now)

    def _tokens(self, key: bytes, now: float) -> float:
        tokens, at = self._buckets.get(key, (self._burst, now))
        return min(self._burst, tokens + max(0.0, now - at) * self._rate)
