"""The demonstration's court lists, as the publication service would publish them; the names are made up."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from court_link.domain.times import from_london

_FORENAMES = (
    *(
        "Basil",
        "Primrose",
        "Fergus",
        "Odette",
        "Humphrey",
        "Lavinia",
        "Cosmo",
        "Delphine",
        "Rufus",
        "Winifred",
    ),
    *("Ignatius", "Ottilie", "Barnabas", "Clementine", "Lysander", "Philippa", "Thaddeus", "Hyacinth"),
)
_SURNAMES = (
    *("Applejack", "Bumblecroft", "Cloudsley-Tarn", "Dandelion", "Eiderdown", "Fiddlestick", "Gooseberry"),
    *("Hollyhock", "Inkpenny", "Jellicoe-Moss", "Kettleworth", "Lanternjack", "Mulberry", "Nettlefold-Pye"),
    *("Oddments", "Peppercorn", "Quincewood", "Rumbelow-Fig", "Snapdragon", "Tumbleweed"),
)
#: Hearing types with what is charged and the minutes that they usually take, median and spread.
_TYPES = (
    ("First appearance", "Theft from a shop", True),
    ("Remand", "Burglary of a shed", True),
    ("Sending", "Robbery of a bicycle", True),
    ("Bail", "Breach of bail", True),
    ("Guilty anticipated plea", "Driving without insurance", False),
    ("Not guilty anticipated plea", "Criminal damage to a scarecrow", False),
    ("Sentence", "Theft from a shop", False),
    ("Officer's evidence", "Assault by beating", False),
)


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


def entries(day: date, rooms: Sequence[tuple[str, str]], times: Sequence[time], seed: int) -> list[Entry]:
    """A day's entries: one in each room at each time, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - it makes a story, not a secret
    made = []
    for house, room in rooms:
        for at in times:
            hearing_type, offence, custody = chance.choice(_TYPES)
            made.append(
                Entry(
                    house=house,
                    room=room,
                    at=from_london(day, at),
                    hearing_type=hearing_type,
                    offence=offence,
                    urn=urn(chance, day),
                    forename=chance.choice(_FORENAMES),
                    surname=chance.choice(_SURNAMES),
                    custody=custody,
                )
            )
    return made


def urn(chance: random.Random, day: date) -> str:
    """A reference in the usual form: force 41, a unit, a serial and the year."""
    return f"41{chance.choice(('HA', 'SA', 'ST'))}{chance.randrange(10_000, 99_999)}{day:%y}"


def document(day: date, listed: Sequence[Entry]) -> bytes:
    """The entries as a magistrates' standard list, published the evening before."""
    in_order = sorted(listed, key=lambda entry: (entry.house, entry.room, entry.at))
    published = datetime.combine(day - timedelta(days=1), time(18), tzinfo=UTC)
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
        "panel": "ADULT",
        "channel": ["VIDEO HEARING"],
        "case": [{"caseUrn": entry.urn, "party": [defendant, prosecutor]}],
    }
    return {"sittingStart": _utc(entry.at), "hearing": [hearing]}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
