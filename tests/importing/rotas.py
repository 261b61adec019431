"""Small rotas made for tests, and the court house that they are of."""

from __future__ import annotations

from uuid import UUID

from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.places import SiteKind
from court_link.importing import register
from court_link.store import Session, places

PROFILE = """
<courtListingProfile id="{id}" linkedSessionId="{id}">
<sessionDate>{day}</sessionDate><session>{half}</session>
<panel>{panel}</panel><business>{business}</business><venueId>{venue}</venueId><locationId>67</locationId>
<welshSpeaking>false</welshSpeaking><updatedDate>2026-01-01T10:00:00.000Z</updatedDate></courtListingProfile>"""
FRAME = """<?xml version="1.0" encoding="utf-8"?>
<rotaSchedule xmlns="http://com.moj.mcr.rota/v1/">
<rotaPeriod><justiceAreaType>LJA</justiceAreaType><justiceAreaName>Bedfordshire</justiceAreaName>
<startDate>{start}</startDate><endDate>{end}</endDate></rotaPeriod><magistrates/><districtJudges/>
<locations><location><locationId>67</locationId><name>Luton MC</name></location></locations>
<venues><venue><venueId>1</venueId><name>Luton 1</name></venue>
<venue><venueId>2</venueId><name>Luton 2</name></venue>
<venue><venueId>9</venueId><name>01 Reserve</name></venue></venues>
<courtListingProfiles>{profiles}</courtListingProfiles><schedules/></rotaSchedule>"""


def profile(
    key: str,
    day: str = "2026-12-01",
    half: str = "AM",
    business: str = "REM",
    venue: str = "1",
    panel: str = "ADULT",
) -> str:
    return PROFILE.format(id=key, day=day, half=half, business=business, venue=venue, panel=panel)


def a_rota(*profiles: str, start: str = "2026-12-01", end: str = "2027-04-30") -> bytes:
    return FRAME.format(start=start, end=end, profiles="".join(profiles)).encode()


def luton(session: Session, ctx: Context, court_id: UUID) -> dict[str, UUID]:
    """Luton's court house with the rooms of the register, and its rooms by name."""
    known = register.court_houses()["B40IM00"]
    site = places.add_site(
        session,
        organisation_id=court_id,
        kind=SiteKind.COURT_HOUSE,
        code=known.code,
        name=known.name,
        area=known.area,
    )
    places.add_rooms(session, site, ResourceKind.COURTROOM, known.rooms)
    return {room.name: room.id for room in places.rooms(session, [site.id])}
