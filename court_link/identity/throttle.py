"""Failed tries by key (an address, an account), in bounded memory and real time."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from court_link.domain.errors import Unavailable


class TooManyTries(Unavailable):
    """You have tried too many times. Wait a few minutes, then try again."""


class Throttle:
    """At most `tries` failures within `seconds` by one key; the least recent of `keys` keys is forgotten."""

    def __init__(
        self, *, tries: int, seconds: float, keys: int = 10_000, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._tries, self._seconds, self._keys, self._timer = tries, seconds, keys, timer
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, key: str) -> None:
        """Raises TooManyTries, saying after how many seconds to come back."""
        failures = self._recent(key)
        if len(failures) >= self._tries:
            raise TooManyTries(retry_after=max(1, round(failures[0] + self._seconds - self._timer())))

    def attempt(self, key: str) -> None:
        """Count a try as failed until it is `forgiven`, so that tries at one moment count too.

        Raises TooManyTries, as `check` does.
        """
        self.check(key)
        self.failed(key)

    def forgive(self, key: str) -> None:
        """Take back one try that did not fail after all."""
        if failures := self._recent(key):
            failures.pop()

    def failed(self, key: str) -> None:
        failures = self._recent(key)
        failures.append(self._timer())
        self._failures[key] = failures
        self._failures.move_to_end(key)
        while len(self._failures) > self._keys:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        self._failures.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        failures = self._failures.get(key) or deque(maxlen=self._tries)
        while failures and failures[0] <= self._timer() - self._seconds:
            failures.popleft()
        return failures


def address_key(host: str) -> str:
    """One key for an IPv4 address, or for an IPv6 network of 64 bits, which one person has whole."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)
