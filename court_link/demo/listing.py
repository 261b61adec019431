"""The demonstration's court lists, as the publication service would publish them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Entry:
    """One hearing of a list to be."""

    house: str
    room: str
    at: datetime
    hearing_type: str
    offence: str
    urn: str
    forename: str
    surname: str
    custody: bool
    panel: str = "ADULT"


def document(day: date, listed: Sequence[Entry]) -> bytes:
    """The entries as a magistrates' standard list, published the evening before."""
    in_order = sorted(listed, key=lambda entry: (entry.house, entry.room, entry.at))
    published = datetime(day.year, day.month, day.day, 18, tzinfo=UTC) - timedelta(days=1)
    lists = [
        {"courtHouse": {"courtHouseName": house, "lja": "Hertfordshire", "courtRoom": _rooms(list(of_house))}}
        for house, of_house in groupby(in_order, key=lambda entry: entry.house)
    ]
    content = {
        "document": {"publicationDate": _utc(published)},
        "venue": {"venueAddress": {"line": ["Made up for a demonstration"], "postCode": "AL1 3LB"}},
        "courtLists": lists,
    }
    return json.dumps(content).encode()


def _rooms(listed: Sequence[Entry]) -> list[object]:
    return [
        {"courtRoomName": room, "session": [{"sittings": [_sitting(entry) for entry in of_room]}]}
        for room, of_room in groupby(listed, key=lambda entry: entry.room)
    ]


def _sitting(entry: Entry) -> object:
    defendant = {
        "partyRole": "DEFENDANT",
        "individualDetails": {
            "individualForenames": entry.forename,
            "individualSurname": entry.surname,
            "inCustody": entry.custody,
        },
        "offence": [{"offenceTitle": entry.offence}],
    }
    prosecutor = {
        "partyRole": "PROSECUTING_AUTHORITY",
        "organisationDetails": {"organisationName": "Crown Prosecution Service"},
    }
    hearing = {
        "hearingType": entry.hearing_type,
        "panel": entry.panel,
        "channel": ["VIDEO HEARING"],
        "case": [{"caseUrn": entry.urn, "party": [defendant, prosecutor]}],
    }
    return {"sittingStart": _utc(entry.at), "hearing": [hearing]}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
