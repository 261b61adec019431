"""The civil and family daily cause list of HMCTS's publication service.

As in its JSON schema `civil_and_family_daily_cause_list.json`: the spine of the magistrates' lists, but cases
have a number and a name in place of a URN, and sittings say when they end. Matters are known again by their
case numbers.

Family proceedings are heard in private (Family Procedure Rules 2010, r. 27.10), and nothing of them may be
followed. A matter is taken for family unless its cases say that they are civil: a child is never shown for
want of a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from court_link.domain.wording import plural
from court_link.importing import publication
from court_link.importing.faults import Path
from court_link.importing.listed import Frame, ReadHearing, Sitting, first, framed, of_a_search_warrant
from court_link.importing.matters import Matter
from court_link.importing.shape import Node
from court_link.importing.stream import standing_at
from court_link.importing.text import LONGEST_KEPT

CIVIL = "civil_and_family_daily_cause_list"
SERIES = "civil"
HEARING: Path = publication.HEARING

_OF_A_CASE = {"caseNumber", "caseName"}


def takes(hearing: dict[str, Any]) -> bool:
    cases = hearing.get("case")
    return isinstance(cases, list) and any(
        isinstance(case, dict) and "caseUrn" not in case and _OF_A_CASE & case.keys() for case in cases
    )


def claims(root: dict[str, Any]) -> bool:
    """Whether any of its hearings is of this list; the others are then faults."""
    return any(
        isinstance(hearing, ReadHearing) and hearing.format == CIVIL for hearing in standing_at(root, HEARING)
    )


def read_hearing(node: Node) -> ReadHearing:
    cases = list(node.children("case", required=True))
    for case in cases:
        case.text("caseType")
    hearing_type = node.text("hearingType", required=True, longest=LONGEST_KEPT)
    names = [case.text("caseName", required=True, longest=LONGEST_KEPT) for case in cases]
    numbers = tuple(case.text("caseNumber", required=True, longest=LONGEST_KEPT) for case in cases)
    courts = [case.text("caseJurisdictionET", longest=LONGEST_KEPT) for case in cases]
    restrictions = [case.texts("reportingRestrictionDetail") for case in cases]
    return ReadHearing(
        path=node.path,
        format=CIVIL,
        title=first((*names, *numbers, hearing_type)) or "Untitled matter",
        hearing_type=hearing_type,
        channels=node.texts("channel"),
        cases=numbers,
        sequence=first(case.text("caseSequenceIndicator", longest=LONGEST_KEPT) for case in cases),
        restrictions=any(restrictions),
        withheld=of_a_search_warrant(hearing_type),
        family=not all(_is_civil(court) for court in courts),
        parties=tuple(
            publication.read_party(party) for holder in (*cases, node) for party in holder.children("party")
        ),
    )


def read_frame(top: Node, told: date | None) -> Frame:
    venue = publication.read_head(top)
    venue.text("venueName", required=True)
    address = venue.child("venueAddress", required=True)
    address.texts("line", required=True)
    address.text("postCode", required=True)
    contact = venue.child("venueContact", required=True)
    for way in ("venueTelephone", "venueEmail"):
        contact.text(way, required=True)
    top.child("locationDetails").text("jurisdiction")
    sittings: list[Sitting] = []
    for house in publication.read_houses(top, venue):
        house.node.text("courtHouseName", required=True)
        publication.read_address(house.node.child("courtHouseAddress"))
        sittings += publication.read_sittings(house, ending=True)
    hearings = [hearing for sitting in sittings for hearing in sitting.hearings]
    for hearing in hearings:
        if hearing.format != CIVIL:
            top.faults.add((*hearing.path, "case"), "This must hold a case with a number, as others here do.")
    family = sum(hearing.family for hearing in hearings)
    warnings = [f"{plural(family, 'hearing')} taken for family matters: nothing of them is public."]
    return framed(CIVIL, SERIES, sittings, warnings if family else ())


def unusual(matter: Matter) -> Iterator[str]:
    """Case numbers of the civil and family courts have no one form."""
    return iter(())


def _is_civil(jurisdiction: str) -> bool:
    words = jurisdiction.casefold()
    return "civil" in words and "family" not in words
