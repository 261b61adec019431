"""Lists of the further formats, made for tests from the published schemas. Every name in them is invented."""

from __future__ import annotations

from typing import Any

#: What each format is called, and the schema that it is made from.
SCHEMAS = {
    "magistrates_adult_court_list": "magistrates_adult_court_list",
    "civil_and_family_daily_cause_list": "civil_and_family_daily_cause_list",
    "crown_daily_pdda_list": "crown_daily_pdda_list",
}


def adult_case(number: str = "2600000001", name: str = "Mr Quill MARCHPANE", **more: Any) -> dict[str, Any]:
    return {
        "caseno": number,
        "def_name": name,
        "def_dob": "06/11/1985",
        "def_age": 41,
        "def_addr": {"line1": "1 Example Street", "line5": "Exampleton", "pcode": "AA1 1AA"},
        "inf": "POL01",
        "offences": {"offence": [{"code": "XX00001", "title": "Example offence", "sum": "At Exampleton."}]},
        **more,
    }


def adult(
    *blocks: tuple[str, list[dict[str, Any]]],
    printed: str = "24/11/2026",
    court: str = "Exampleton Magistrates' Court",
    room: int = 1,
) -> dict[str, Any]:
    """An adult court list of one session: (time, cases) a block."""
    session = {
        "lja": "Exampleshire",
        "court": court,
        "room": room,
        "sstart": "10:00",
        "blocks": {"block": [{"bstart": at, "cases": {"case": cases}} for at, cases in blocks]},
    }
    job = {"printdate": printed, "sessions": {"session": [session]}}
    return {"document": {"info": {"start_time": "18:00:00"}, "data": {"job": job}}}


def civil_case(number: str = "FD26P00001", name: str = "A v B", **more: Any) -> dict[str, Any]:
    party = {
        "partyRole": "APPLICANT_PETITIONER",
        "individualDetails": {"individualForenames": "Tansy", "individualSurname": "Ormerod"},
    }
    return {"caseName": name, "caseNumber": number, "caseType": "normal", "party": [party], **more}


def civil(
    *hearings: dict[str, Any],
    starts: str = "2026-11-24T10:00:00Z",
    ends: str = "2026-11-24T11:00:00Z",
    house: str = "Exampleton Magistrates' Court",
    room: str = "Courtroom 1",
) -> dict[str, Any]:
    """A civil and family list of one sitting."""
    address = {"line": ["1 Example Street"], "postCode": "AA1 1AA"}
    contact = {"venueTelephone": "01632 960000", "venueEmail": "court@example.com"}
    sitting = {"sittingStart": starts, "sittingEnd": ends, "hearing": list(hearings), "channel": ["Teams"]}
    session = {"judiciary": [{"johKnownAs": "Judge Example", "isPresiding": True}], "sittings": [sitting]}
    court_room = {"courtRoomName": room, "session": [session]}
    return {
        "document": {"publicationDate": "2026-11-23T18:00:00Z"},
        "venue": {"venueName": house, "venueAddress": address, "venueContact": contact},
        "courtLists": [
            {
                "courtHouse": {
                    "courtHouseName": house,
                    "courtHouseContact": contact,
                    "courtRoom": [court_room],
                }
            }
        ],
    }


def civil_hearing(*cases: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"hearingType": "Directions", "case": list(cases or [civil_case()]), **more}


def crown_defendant(surname: str = "Marchpane", *, urn: str = "41HA0000126", **more: Any) -> dict[str, Any]:
    name = {"CitizenNameForename": ["Quill"], "CitizenNameSurname": surname}
    return {"PersonalDetails": {"Name": name, "IsMasked": "no", **more}, "URN": urn}


def crown_hearing(
    *defendants: dict[str, Any], number: str = "T20260001", sequence: int = 1, **more: Any
) -> dict[str, Any]:
    return {
        "HearingSequenceNumber": sequence,
        "HearingDetails": {"HearingDescription": "Sentence", "HearingType": "SEN"},
        "CaseNumber": number,
        "CaseNumberCaTH": number,
        "Prosecution": {"ProsecutingAuthority": "Crown Prosecution Service"},
        "Defendants": list(defendants or [crown_defendant()]),
        **more,
    }


def crown(
    *hearings: dict[str, Any],
    day: str = "2026-11-24",
    at: str | None = "10:00:00",
    name: str = "St Albans",
    kind: str = "Crown Court",
    **sitting: Any,
) -> dict[str, Any]:
    """A Crown Court daily list of one sitting in court 1."""
    house = {"CourtHouseType": kind, "CourtHouseCode": 450, "CourtHouseName": name}
    begins = {"SittingAt": at} if at else {}
    judge = {"Judge": {"CitizenNameSurname": "Example"}, "Justice": [{"CitizenNameSurname": "Sample"}]}
    listed = {"CourtRoomNumber": 1, "Judiciary": judge, **begins, "Hearings": list(hearings), **sitting}
    return {
        "DailyList": {
            "DocumentID": {"UniqueID": "Example", "DocumentType": "DL"},
            "ListHeader": {"StartDate": day, "Version": "1.0", "PublishedTime": "2026-11-23T18:00:00"},
            "CrownCourt": house,
            "CourtLists": [{"CourtHouse": house, "Sittings": [listed]}],
        }
    }
