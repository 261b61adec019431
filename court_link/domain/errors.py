"""What can be wrong, in four kinds; every refusal in the product is a named child of one of them.

The class docstring of a child is the sentence its reader sees when no other is given.
`api/problems.py` alone maps the four kinds to HTTP: NotFound 404, Forbidden 403, Conflict 409,
Invalid 422, and Unavailable (not a refusal: try again later) 503.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one named input; `field` is the form field or JSON path."""

    field: str
    message: str


class CourtLinkError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.details: Mapping[str, Any] = details
        super().__init__(self.message)


class NotFound(CourtLinkError):
    """There is nothing here, or it is not yours to see."""


class Forbidden(CourtLinkError):
    """You are not allowed to do this."""


class Conflict(CourtLinkError):
    """Something else has changed, so this cannot be done as asked."""


class Invalid(CourtLinkError):
    """Something in what you entered needs changing."""

    def __init__(self, message: str | None = None, errors: Sequence[FieldError] = (), **details: Any) -> None:
        super().__init__(message, **details)
        self.errors = tuple(errors)


class Unavailable(CourtLinkError):
    """The service is busy. Try again in a few seconds."""

    def __init__(self, message: str | None = None, retry_after: int = 2, **details: Any) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after


class Stale(Conflict):
    """Someone changed this after you opened it. Look at it again, then make your change."""


class WrongState(Conflict):
    """This cannot be done at this stage."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a time cannot be had: which resource, why, and until when (UTC) as far as the reader may know."""

    resource: str
    reason: str
    until: datetime | None = None


class SlotTaken(Conflict):
    """That time has just been taken."""

    def __init__(self, message: str | None = None, refusals: Sequence[Refusal] = (), **details: Any) -> None:
        super().__init__(message, **details)
        self.refusals = tuple(refusals)
