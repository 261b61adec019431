"""The spine of the publication service's own lists: magistrates' and civil and family ones have it alike.

`courtLists[].courtHouse.courtRoom[].session[].sittings[].hearing[]`, as in its JSON schemas (MIT, HMCTS
`pip-data-management`). Times are UTC with `Z`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from court_link.importing import channels
from court_link.importing.faults import Path
from court_link.importing.listed import ReadParty, Sitting, first, heard
from court_link.importing.shape import Node
from court_link.importing.text import LONGEST_KEPT

#: Where a hearing stands.
HEARING: Path = (
    *("courtLists", -1, "courtHouse", "courtRoom", -1, "session", -1),
    *("sittings", -1, "hearing", -1),
)


@dataclass(frozen=True, slots=True)
class CourtHouse:
    """A court house of the list, and where in the file it stands. `name` may be the venue's."""

    node: Node
    name: str
    postcode: str  # of the venue, for a list that does not name its court house


def read_head(top: Node) -> Node:
    """Reads what stands before the court lists; the venue."""
    top.child("document", required=True).moment("publicationDate", required=True)
    venue = top.child("venue", required=True)
    read_address(venue.child("venueAddress"))
    return venue


def read_houses(top: Node, venue: Node) -> Iterator[CourtHouse]:
    """The court houses; one that is not named is the venue."""
    address = venue.child("venueAddress")
    nameless = venue.text("venueName", longest=LONGEST_KEPT) or first(
        (*address.texts("line"), address.text("town", longest=LONGEST_KEPT))
    )
    postcode = address.text("postCode", longest=LONGEST_KEPT)
    for court_list in top.children("courtLists", required=True):
        house = court_list.child("courtHouse", required=True)
        called = house.text("courtHouseName", longest=LONGEST_KEPT)
        yield CourtHouse(house, called or nameless, "" if called else postcode)


def read_sittings(house: CourtHouse, *, ending: bool = False) -> Iterator[Sitting]:
    """The sittings of a court house; `ending`, those that must say when they end."""
    for room in house.node.children("courtRoom", required=True):
        name = room.text("courtRoomName", required=True, longest=LONGEST_KEPT)
        for session in room.children("session", required=True):
            for judge in session.children("judiciary"):
                judge.text("johKnownAs")
                judge.flag("isPresiding")
            of_session = session.texts("sessionChannel")
            for sitting in session.children("sittings", required=True):
                starts_at = sitting.moment("sittingStart", required=True)
                ends_at = sitting.moment("sittingEnd", required=True) if ending else None
                if starts_at and ends_at and ends_at <= starts_at:
                    sitting.faults.add((*sitting.path, "sittingEnd"), "This must be after sittingStart.")
                yield Sitting(
                    house=house.name,
                    postcode=house.postcode,
                    room=name,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    channels=channels.nearest(sitting.texts("channel"), of_session),
                    hearings=heard(sitting, "hearing", required=True),
                )


def read_party(node: Node) -> ReadParty:
    """A party by name, and what tells its age."""
    person = node.child("individualDetails")
    names = [
        person.text(name, longest=LONGEST_KEPT)
        for name in ("individualForenames", "individualMiddleName", "individualSurname")
    ]
    company = node.child("organisationDetails").text(
        "organisationName", required="organisationDetails" in node, longest=LONGEST_KEPT
    )
    whole = " ".join(filter(None, names)) or company
    return ReadParty(
        role=node.text("partyRole", longest=LONGEST_KEPT),
        name=whole,
        surname=names[-1] or whole,
        subject=node.flag("subject"),
        born=person.day("dateOfBirth"),
        age=person.whole("age"),
    )


def read_address(node: Node) -> None:
    node.texts("line")
    for name in ("town", "county", "postCode"):
        node.text(name)
