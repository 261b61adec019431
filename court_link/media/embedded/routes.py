"""Which session a datagram is for: by the address that it came from, once a connectivity check has shown that
whoever is there knows the session's password (RFC 8445, 7.3)."""

from __future__ import annotations

from collections.abc import Sequence

from court_link.media.embedded import ice
from court_link.media.embedded.guard import Allowance
from court_link.media.embedded.link import Link
from court_link.media.embedded.port import Port, address_of, readable_address, sockaddr

MOST_ADDRESSES = 8  # per session
#: Checks looked into in one tick, of addresses that are known and of new ones: a tenth of the worker's time
#: each at most, so that a flood of one kind starves neither the other nor media.
MOST_KNOWN_CHECKS = 20
MOST_NEW_CHECKS = 20


class Routes:
    """The sessions of one port. Nothing is ever sent to an address that is not in here."""

    def __init__(self, port: Port) -> None:
        self.by_address: dict[bytes, Link] = {}
        self.by_name: dict[bytes, tuple[Link, ice.Credentials]] = {}
        self.allowance = Allowance()
        self._port = port
        self._known_checks = self._new_checks = 0

    def tick(self) -> None:
        """Another 20 ms have passed."""
        self._known_checks = self._new_checks = 0

    def name(self, link: Link, before: Sequence[ice.Credentials] = ()) -> None:
        """Let checks under the session's names find it, and none under those that it had `before`."""
        for credentials in before:
            self.by_name.pop(credentials.ufrag.encode(), None)
        for credentials in link.credentials:
            self.by_name[credentials.ufrag.encode()] = (link, credentials)

    def forget(self, link: Link) -> None:
        """The session is over: nothing finds it any more."""
        for credentials in link.credentials:
            self.by_name.pop(credentials.ufrag.encode(), None)
        for address in link.addresses:
            self._leave(link, address)

    def check(self, slot: int, length: int, address: bytes, at: float) -> None:
        """Answer a connectivity check, once its sender has shown a session's password.

        Whoever does not even know a session's name costs a look at some bytes. Only failures are held against
        a network, so that a house with many participants joins at once.
        """
        view = self._port.views[slot]
        found = self.by_name.get(ice.named(view, length) or b"")
        if found is None:
            return
        link, credentials = found
        if not self._may_ask(link, address, at):
            return
        check = ice.read(bytes(view[:length]))
        if check is None or not check.proves(credentials):
            self.allowance.spend(address, at)
            return
        if address not in link.addresses and len(link.addresses) >= MOST_ADDRESSES:
            oldest = next(iter(link.addresses))
            del link.addresses[oldest]
            self._leave(link, oldest)
        link.checked(address, check.nominates)
        self.by_address[address] = link
        back = sockaddr(address)
        self._port.send_bytes(check.answer(credentials, readable_address(address)), address_of(back))

    def _may_ask(self, link: Link, address: bytes, at: float) -> bool:
        """Whether a check from this address for this session is to be looked into now."""
        holder = self.by_address.get(address)
        if holder is link:
            self._known_checks += 1
            return self._known_checks <= MOST_KNOWN_CHECKS
        if holder is not None and holder.connected and (holder.room, holder.name) != (link.room, link.name):
            return False  # nobody takes over the address of somebody else who is there
        self._new_checks += 1
        return self._new_checks <= MOST_NEW_CHECKS and self.allowance.has(address, at)

    def _leave(self, link: Link, address: bytes) -> None:
        if self.by_address.get(address) is link:
            del self.by_address[address]
