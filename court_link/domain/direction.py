"""Live-link directions: nobody remote is admitted without one.

Source: Criminal Justice Act 2003 s.51 as substituted by the Police, Crime, Sentencing and Courts
Act 2022 s.200: a court may by direction require or permit a person to take part through a live audio
or live video link, having given the parties (and for under-18s the youth offending team) the
opportunity to make representations, and may vary or rescind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from court_link.domain.errors import Conflict


class Medium(StrEnum):
    AUDIO = "audio"
    VIDEO = "video"


class Force(StrEnum):
    PERMIT = "permit"
    REQUIRE = "require"


class DirectionStatus(StrEnum):
    IN_FORCE = "in_force"
    RESCINDED = "rescinded"
    DISCHARGED = "discharged"


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction for one link. It survives relisting until rescinded or discharged."""

    id: UUID
    hearing_id: UUID
    link_id: UUID
    medium: Medium
    force: Force
    status: DirectionStatus
    made_at: datetime
    maker: str
    representations: str
    youth_team_heard: bool
    scope: str = ""  # what it is for, as the court said


class NoDirection(Conflict):
    """There is no live-link direction in force for this person. The bench can make one now."""


def in_force(directions: Sequence[Direction], link_id: UUID) -> Direction | None:
    """The latest direction in force for a link, or None."""
    standing = [d for d in directions if d.link_id == link_id and d.status is DirectionStatus.IN_FORCE]
    return max(standing, key=lambda d: d.made_at, default=None)
