"""What the promises of media need: a forwarder in the test's own process, and peers round its table."""

from __future__ import annotations

from tests.media.embedded.conftest import forwarder, table

__all__ = ["forwarder", "table"]
