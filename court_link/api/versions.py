"""Versions of what can be edited, as HTTP sees them: `ETag: "3"`, and `If-Match: "3"` on a change."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header

from court_link.domain.errors import Stale


def etag(version: int) -> dict[str, str]:
    """The header that names a version."""
    return {"ETag": f'"{version}"'}


def _expected(
    if_match: Annotated[str | None, Header(description="The ETag of what you read")] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    matched = re.fullmatch(r'"(\d{1,9})"', if_match.strip())
    if matched is None:  # a validator that we never gave cannot match (RFC 9110, 13.1.1)
        raise Stale()
    return int(matched[1])


#: The version that a change was made from, or None when the asker does not say.
IfMatch = Annotated[int | None, Depends(_expected)]
