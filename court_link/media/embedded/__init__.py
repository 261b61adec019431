"""The embedded engine: a selective forwarder in a process of its own, built on parts of aiortc and aioice."""
