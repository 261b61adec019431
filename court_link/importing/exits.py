"""Exit statuses of `court-link import`."""

from __future__ import annotations

#: The file can be imported (and was); something else stood in the way; the file is refused.
IMPORTED, FAILED, REFUSED = 0, 1, 2
