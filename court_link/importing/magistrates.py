"""The magistrates' standard list and public list of HMCTS's publication service.

Structure as in its JSON schemas (`magistrates_standard_list.json`, `magistrates_public_list.json`, MIT, HMCTS
`pip-data-management`). The two share a spine, and a public list says less: no panel, no ages, no custody.
Hearings are read one at a time while the file streams past; the frame around them is read at its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from court_link.domain.times import london_day
from court_link.importing import channels
from court_link.importing.faults import Faults, Path, spelled
from court_link.importing.matters import ListedParty, Matter
from court_link.importing.shape import Node
from court_link.importing.text import LONGEST_KEPT

#: Where a hearing stands in either list; -1 is any index.
HEARING: Path = (
    *("courtLists", -1, "courtHouse", "courtRoom", -1, "session", -1),
    *("sittings", -1, "hearing", -1),
)

_CROWN = {"", "cps", "crown prosecution service", "director of public prosecutions"}
_STANDARD_ONLY = {
    "dateOfBirth",
    "age",
    "address",
    "inCustody",
    "gender",
    "asn",
    "pncId",
    "individualMiddleName",
}
_PLEAS = {"GUILTY", "NOT_GUILTY", "NONE"}


@dataclass(frozen=True, slots=True)
class ReadParty:
    """A party, with the birthday still beside it: who is under 18 depends on the day of the hearing."""

    role: str
    name: str
    surname: str
    organisation: bool
    subject: bool
    born: date | None
    age: int | None

    def on(self, day: date) -> ListedParty:
        return ListedParty(self.role, self.name, self._under_18(day))

    def _under_18(self, day: date) -> bool:
        """By the birthday or by the age, whichever says so: a child is never taken for an adult."""
        if self.age is not None and self.age < 18:
            return True
        if self.born is None:
            return False
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day)) < 18


@dataclass(frozen=True, slots=True)
class ReadHearing:
    """An entry of a `hearing` array, before its sitting is known."""

    path: Path
    hearing_type: str
    panel: str
    channels: tuple[str, ...]
    cases: tuple[str, ...]
    applications: tuple[str, ...]
    application_type: str
    sequence: str
    restrictions: bool
    parties: tuple[ReadParty, ...]
    standard_only: bool
    civil: bool


@dataclass(frozen=True, slots=True)
class Sitting:
    """A sitting with where it is and what is heard at it. `starts_at` is None when the file does not say."""

    house: str
    postcode: str
    room: str
    starts_at: datetime | None
    channels: tuple[str, ...]
    hearings: tuple[ReadHearing, ...]

    def matters(self) -> Iterator[Matter]:
        if self.starts_at is None:
            return
        starts_at = self.starts_at.replace(second=0)
        day = london_day(starts_at)
        for hearing in self.hearings:
            parties = tuple(party.on(day) for party in hearing.parties)
            applying = channels.nearest(hearing.channels, self.channels)
            yield Matter(
                path=spelled(hearing.path),
                house=self.house,
                postcode=self.postcode,
                room=self.room,
                starts_at=starts_at,
                title=_title(hearing),
                hearing_type=hearing.hearing_type or hearing.application_type or "Hearing",
                panel=hearing.panel,
                sequence=hearing.sequence,
                channels=applying,
                video=channels.by_video(applying),
                youth=hearing.panel.casefold() == "youth" or any(party.under_18 for party in parties),
                withheld=_of_a_search_warrant(hearing),
                restrictions=hearing.restrictions,
                cases=len(hearing.cases),
                references=(*hearing.cases, *hearing.applications),
                parties=parties,
            )


@dataclass(frozen=True, slots=True)
class Frame:
    """The whole list: its sittings, and what tells the two formats apart."""

    sittings: tuple[Sitting, ...]
    houses: int
    rooms: int
    names_area: bool
    has_public_address: bool


def read_hearing(value: Any, path: Path, faults: Faults) -> ReadHearing | Any:
    """Reads one hearing; what is no object stays as it is and becomes a fault of the frame."""
    if not isinstance(value, dict):
        return value
    node = Node(value, path, faults)
    cases = list(node.children("case"))
    applications = list(node.children("application"))
    parties = [party for holder in (*cases, *applications) for party in holder.children("party")]
    standard_only = (
        "panel" in node
        or any(
            _STANDARD_ONLY & party.value.get("individualDetails", {}).keys()
            for party in parties
            if _detailed(party)
        )
        or any("reportingRestrictionDetails" in case for case in cases)
        or any("applicationParticulars" in application for application in applications)
    )
    for application in applications:
        application.text("applicationParticulars")
    return ReadHearing(
        path=path,
        hearing_type=node.text("hearingType", longest=LONGEST_KEPT),
        panel=node.text("panel", longest=LONGEST_KEPT),
        channels=node.texts("channel"),
        cases=tuple(case.text("caseUrn", required=True, longest=LONGEST_KEPT) for case in cases),
        applications=tuple(
            application.text("applicationReference", required=True, longest=LONGEST_KEPT)
            for application in applications
        ),
        application_type=_first(
            application.text("applicationType", longest=LONGEST_KEPT) for application in applications
        ),
        sequence=_first(case.text("caseSequenceIndicator", longest=LONGEST_KEPT) for case in cases),
        restrictions=_restricted(cases),
        parties=tuple(_read_party(party) for party in parties),
        standard_only=standard_only,
        civil=any("caseUrn" not in case and ("caseName" in case or "caseType" in case) for case in cases),
    )


def read_frame(root: dict[str, Any], faults: Faults) -> Frame:
    """Reads all that stands around the hearings."""
    top = Node(root, (), faults)
    top.child("document", required=True).moment("publicationDate", required=True)
    venue = top.child("venue", required=True)
    address = venue.child("venueAddress")
    _read_address(address)
    nameless = venue.text("venueName", longest=LONGEST_KEPT) or _first(
        (*address.texts("line"), address.text("town", longest=LONGEST_KEPT))
    )
    venue_postcode = address.text("postCode", longest=LONGEST_KEPT)
    sittings: list[Sitting] = []
    houses: set[str] = set()
    rooms: set[tuple[str, str]] = set()
    named = False
    for court_list in top.children("courtLists", required=True):
        house = court_list.child("courtHouse", required=True)
        called = house.text("courtHouseName", longest=LONGEST_KEPT)
        name, postcode = called or nameless, "" if called else venue_postcode
        area = house.text("lja", longest=100)
        named = named or bool(area)
        houses.add(name.casefold())
        for room in house.children("courtRoom", required=True):
            room_name = room.text("courtRoomName", required=True, longest=LONGEST_KEPT)
            rooms.add((name.casefold(), room_name.casefold()))
            sittings += _read_sittings(room, name, postcode, room_name)
    return Frame(tuple(sittings), len(houses), len(rooms), named, "line" in address and "postCode" in address)


def _read_sittings(room: Node, house: str, postcode: str, room_name: str) -> Iterator[Sitting]:
    for session in room.children("session", required=True):
        for judge in session.children("judiciary"):
            judge.text("johKnownAs")
            judge.flag("isPresiding")
        of_session = session.texts("sessionChannel")
        for sitting in session.children("sittings", required=True):
            hearings = sitting.value.get("hearing")
            if not isinstance(hearings, list):
                list(sitting.children("hearing", required=True))  # the fault, in words
                hearings = []
            for index, hearing in enumerate(hearings):
                if not isinstance(hearing, ReadHearing):
                    room.faults.add((*sitting.path, "hearing", index), "This must be an object.")
            yield Sitting(
                house=house,
                postcode=postcode,
                room=room_name,
                starts_at=sitting.moment("sittingStart", required=True),
                channels=channels.nearest(sitting.texts("channel"), of_session),
                hearings=tuple(hearing for hearing in hearings if isinstance(hearing, ReadHearing)),
            )


def _read_party(node: Node) -> ReadParty:
    person = node.child("individualDetails")
    for name in ("gender", "asn", "pncId"):
        person.text(name)
    person.flag("inCustody")
    _read_address(person.child("address"))
    for offence in node.children("offence"):
        _read_offence(offence)
    organisation = node.child("organisationDetails")
    _read_address(organisation.child("organisationAddress"))
    company = organisation.text(
        "organisationName", required="organisationDetails" in node, longest=LONGEST_KEPT
    )
    names = [
        person.text(name, longest=LONGEST_KEPT)
        for name in ("individualForenames", "individualMiddleName", "individualSurname")
    ]
    return ReadParty(
        role=node.text("partyRole", longest=LONGEST_KEPT),
        name=" ".join(filter(None, names)) or company,
        surname=names[-1] or " ".join(filter(None, names)) or company,
        organisation=bool(company),
        subject=node.flag("subject"),
        born=person.day("dateOfBirth"),
        age=person.whole("age"),
    )


def _read_address(node: Node) -> None:
    node.texts("line")
    for name in ("town", "county", "postCode"):
        node.text(name)


def _read_offence(node: Node) -> None:
    for name in ("offenceCode", "offenceTitle", "offenceWording", "offenceMaxPen", "offenceLegislation"):
        node.text(name)
    if (plea := node.text("plea")) and plea not in _PLEAS:
        node.faults.add((*node.path, "plea"), "This must be GUILTY, NOT_GUILTY or NONE.")
    for name in ("convictionDate", "adjournedDate", "pleaDate"):
        node.moment(name, blank=True)
    node.flag("reportingRestriction")
    node.texts("reportingRestrictionDetails")


def _restricted(cases: list[Node]) -> bool:
    """Whether the list says so of the case, or of any offence in it."""
    found = False
    for case in cases:
        found |= case.flag("reportingRestriction") | bool(case.texts("reportingRestrictionDetails"))
        for party in case.value.get("party", []) if isinstance(case.value.get("party"), list) else []:
            offences = party.get("offence") if isinstance(party, dict) else None
            for offence in offences if isinstance(offences, list) else []:
                found |= isinstance(offence, dict) and offence.get("reportingRestriction") is True
    return found


def _title(hearing: ReadHearing) -> str:
    """ "R v Example", "Example Borough Council v Example" or "Application by Example"; never empty."""
    accused = [party for party in hearing.parties if party.role.casefold() == "defendant" and party.surname]
    if accused:
        by = _first(p.name for p in hearing.parties if p.role.casefold() == "prosecuting_authority")
        prosecutor = "R" if by.casefold() in _CROWN else by
        others = f" and {len(accused) - 1} more" if len(accused) > 1 else ""
        return f"{prosecutor} v {accused[0].surname}{others}"[:LONGEST_KEPT]
    applicant = _first(
        party.name
        for party in sorted(hearing.parties, key=lambda party: (not party.subject, party.role != "APPLICANT"))
    )
    if hearing.applications:
        return (
            f"Application by {applicant}"[:LONGEST_KEPT]
            if applicant
            else f"Application {hearing.applications[0]}"
        )
    return _first((applicant, *hearing.cases, hearing.hearing_type)) or "Untitled matter"


def _of_a_search_warrant(hearing: ReadHearing) -> bool:
    return "search warrant" in f"{hearing.hearing_type} / {hearing.application_type}".casefold()


def _detailed(party: Node) -> bool:
    return isinstance(party.value.get("individualDetails"), dict)


def _first(texts: Any) -> str:
    return next(filter(None, texts), "")
