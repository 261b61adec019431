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
