"""A listed matter as the store keeps it: only what listing and running a hearing needs.

Addresses, offences, dates of birth, ASN and PNC numbers are read to be checked and then forgotten; of an age
only "under 18" is kept.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from court_link.domain.measures import Help
from court_link.domain.times import london_day


@dataclass(frozen=True, slots=True)
class ListedParty:
    role: str
    name: str
    under_18: bool = False


@dataclass(frozen=True, slots=True)
class Matter:
    """One hearing of a list.

    `references` are those of its cases (`cases` of them), then those of its applications and of the police.
    `starts_at` is when it or its sitting starts, to the minute, UTC; `minutes` what the list gives it, if it
    does. `path` says where in the file it stands. `series` tells the lists apart that stand side by side: a
    list says nothing of the matters of another series.
    """

    path: str
    house: str
    postcode: str  # of the venue, for a list that does not name its court house
    room: str
    starts_at: datetime
    title: str
    hearing_type: str
    panel: str
    sequence: str
    channels: tuple[str, ...]
    video: bool
    youth: bool
    withheld: bool
    restrictions: bool
    cases: int
    references: tuple[str, ...]
    parties: tuple[ListedParty, ...]
    family: bool = False
    minutes: int | None = None
    in_custody: bool | None = None  # None where the list does not say
    series: str = ""
    helps: tuple[Help, ...] = ()  # the special measures that it names, for nobody yet

    @property
    def day(self) -> date:
        return london_day(self.starts_at)


def packed(matter: Matter) -> dict[str, Any]:
    """A matter as JSON, for a staged row."""
    return asdict(matter) | {"starts_at": matter.starts_at.isoformat()}


def unpacked(payload: dict[str, Any]) -> Matter:
    return Matter(
        **payload
        | {
            "starts_at": datetime.fromisoformat(payload["starts_at"]),
            "channels": tuple(payload["channels"]),
            "references": tuple(payload["references"]),
            "parties": tuple(ListedParty(**party) for party in payload["parties"]),
            "helps": tuple(map(Help, payload.get("helps", ()))),
        }
    )
