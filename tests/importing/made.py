"""Lists made for tests, of the shapes that the publication service uses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

SAMPLES = Path(__file__).parent.parent / "data" / "court-lists" / "samples"
STANDARD = SAMPLES / "magistratesStandardList.json"
INVALID = SAMPLES / "magistratesStandardListWithInvalidData.json"

TEN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def party(surname: str = "Example", role: str = "DEFENDANT", **details: Any) -> dict[str, Any]:
    return {"partyRole": role, "individualDetails": {"individualSurname": surname, **details}}


def case(urn: str = "41HA0000126", *parties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"caseUrn": urn, "party": list(parties or [party()]), **more}


def hearing(*cases: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"hearingType": "First appearance", "panel": "ADULT", "case": list(cases or [case()]), **more}


def sitting(*hearings: dict[str, Any], at: datetime = TEN, **more: Any) -> dict[str, Any]:
    start = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"sittingStart": start, "hearing": list(hearings), **more}


def room(name: str, *sittings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"courtRoomName": name, "session": [{"sittings": list(sittings), **more}]}


def standard(*rooms: dict[str, Any], house: str = "Exampleton Magistrates' Court") -> dict[str, Any]:
    return {
        "document": {"publicationDate": "2026-11-23T18:00:00Z"},
        "venue": {"venueAddress": {"line": ["1 Example Street"], "postCode": "AA1 1AA"}},
        "courtLists": [
            {"courtHouse": {"courtHouseName": house, "lja": "Exampleshire", "courtRoom": list(rooms)}}
        ],
    }


def public(*rooms: dict[str, Any], postcode: str = "AA1 1AA") -> dict[str, Any]:
    """A public list: no court house's name, no panel, no ages."""
    return {
        "document": {"publicationDate": "2026-11-23T18:00:00Z"},
        "venue": {"venueAddress": {"line": ["Exampleton Court House"], "postCode": postcode}},
        "courtLists": [{"courtHouse": {"courtRoom": list(rooms)}}],
    }


def published(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode()


def of_one_room(hearings: Sequence[dict[str, Any]], name: str = "Courtroom 1") -> bytes:
    return published(standard(room(name, sitting(*hearings))))


def write_long(out: BinaryIO, count: int) -> None:
    """A list of so many hearings, as fat as the published samples, in two courtrooms."""
    sample = json.loads(STANDARD.read_bytes())
    house = sample["courtLists"][0]["courtHouse"]
    [fat] = house["courtRoom"][0]["session"][0]["sittings"][0]["hearing"]
    frame = json.dumps({"document": sample["document"], "venue": sample["venue"]})[:-1]
    out.write(
        f'{frame}, "courtLists": [{{"courtHouse": {{"courtHouseName": "Exampleton", "lja": "E", '.encode()
    )
    out.write(b'"courtRoom": [{"courtRoomName": "1", "session": [{"sittings": [')
    for number, text in enumerate(_fat_hearings(fat, count)):
        start = TEN.replace(hour=9 + number % 8, minute=number % 60).strftime("%Y-%m-%dT%H:%M:%SZ")
        comma = ", " if number else ""
        out.write(f'{comma}{{"sittingStart": "{start}", "hearing": [{text}]}}'.encode())
    out.write(b"]}]}]}}]}")


def _fat_hearings(fat: dict[str, Any], count: int) -> Iterator[str]:
    for number in range(count):
        fat["case"][0]["caseUrn"] = f"41HA{number:05d}26"
        yield json.dumps(fat, indent=4)
