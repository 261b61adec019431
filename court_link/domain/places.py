"""Kinds of site and of bookable person."""

from __future__ import annotations

from enum import StrEnum


class SiteKind(StrEnum):
    COURT_HOUSE = "court_house"
    CUSTODY_SUITE = "custody_suite"
    POLICE_STATION = "police_station"
    VEHICLE = "vehicle"  # a fleet, based somewhere
    PRISON = "prison"
    REMOTE = "remote"


class PersonKind(StrEnum):
    OFFICER = "officer"
    ADVOCATE = "advocate"
    PROSECUTOR = "prosecutor"
    INTERPRETER = "interpreter"
    JUDICIARY = "judiciary"
    PROBATION = "probation"
    YOUTH_OFFENDING_TEAM = "youth_offending_team"
    APPROPRIATE_ADULT = "appropriate_adult"


class DutyKind(StrEnum):
    """What one stretch of a person's rota says of them."""

    SHIFT = "shift"  # may be asked for; a person with any shift on a day is free in their shifts alone
    LEAVE = "leave"
    REST_DAY = "rest_day"
    SICK = "sick"

    @property
    def away(self) -> bool:
        """Whether nobody may book them in it."""
        return self is not DutyKind.SHIFT


class ClosureKind(StrEnum):
    """Why a site or a room cannot be had."""

    CLOSED = "closed"
    MAINTENANCE = "maintenance"
    BLOCKED = "blocked"  # kept for something that is not in the list
