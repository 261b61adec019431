"""The magistrates' standard list and public list of HMCTS's publication service.

As in its JSON schemas `magistrates_standard_list.json` and `magistrates_public_list.json`. The two share
their structure, and a public list says less: no panel, no ages, no custody. Matters are known again by the
URNs of their cases and the references of their applications, whichever of the two lists comes later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from court_link.importing import publication
from court_link.importing.faults import Path
from court_link.importing.listed import (
    Frame,
    ReadHearing,
    ReadParty,
    Sitting,
    against,
    first,
    framed,
    of_a_search_warrant,
)
from court_link.importing.matters import Matter
from court_link.importing.shape import Node
from court_link.importing.text import LONGEST_KEPT

STANDARD, PUBLIC = "magistrates_standard_list", "magistrates_public_list"
HEARING: Path = publication.HEARING

#: A unique reference number as most forces write it: force, unit, serial, year. Others exist: a warning only.
USUAL_URN = re.compile(r"[0-9]{2}[A-Z0-9]{2}[0-9]{5,7}")

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
_PLEAS = ("GUILTY", "NOT_GUILTY", "NONE")


def takes(hearing: dict[str, Any]) -> bool:
    return True


def claims(root: dict[str, Any]) -> bool:
    return bool(root.keys() & {"document", "venue", "courtLists"})


def read_hearing(node: Node) -> ReadHearing:
    cases = list(node.children("case"))
    applications = list(node.children("application"))
    parties = [party for holder in (*cases, *applications) for party in holder.children("party")]
    standard_only = (
        "panel" in node
        or any(
            _STANDARD_ONLY & party.value.get("individualDetails", {}).keys()
            for party in parties
            if isinstance(party.value.get("individualDetails"), dict)
        )
        or any("reportingRestrictionDetails" in case for case in cases)
        or any("applicationParticulars" in application for application in applications)
    )
    for application in applications:
        application.text("applicationParticulars")
    panel = node.text("panel", longest=LONGEST_KEPT)
    hearing_type = node.text("hearingType", longest=LONGEST_KEPT)
    application_type = first(each.text("applicationType", longest=LONGEST_KEPT) for each in applications)
    urns = tuple(case.text("caseUrn", required=True, longest=LONGEST_KEPT) for case in cases)
    references = tuple(
        each.text("applicationReference", required=True, longest=LONGEST_KEPT) for each in applications
    )
    read = tuple(_read_party(party) for party in parties)
    return ReadHearing(
        path=node.path,
        format=STANDARD if standard_only else PUBLIC,
        title=_title(read, urns, references, hearing_type),
        hearing_type=hearing_type or application_type,
        panel=panel,
        channels=node.texts("channel"),
        cases=urns,
        others=references,
        sequence=first(case.text("caseSequenceIndicator", longest=LONGEST_KEPT) for case in cases),
        restrictions=_restricted(cases),
        withheld=of_a_search_warrant(hearing_type, application_type),
        youth=panel.casefold() == "youth",
        parties=read,
        in_custody=_in_custody(parties),
    )


def read_frame(top: Node, told: date | None) -> Frame:
    venue = publication.read_head(top)
    address = venue.child("venueAddress")
    sittings: list[Sitting] = []
    names_area = False
    for house in publication.read_houses(top, venue):
        names_area |= bool(house.node.text("lja", longest=100))
        sittings += publication.read_sittings(house)
    standard = (
        names_area
        or not ("line" in address and "postCode" in address)
        or any(hearing.format == STANDARD for sitting in sittings for hearing in sitting.hearings)
    )
    return framed(STANDARD if standard else PUBLIC, "", sittings)


def unusual(matter: Matter) -> Iterator[str]:
    return (
        urn for urn in matter.references[: matter.cases] if not USUAL_URN.match(urn.upper().replace(" ", ""))
    )


def _read_party(node: Node) -> ReadParty:
    person = node.child("individualDetails")
    for name in ("gender", "asn", "pncId"):
        person.text(name)
    person.flag("inCustody")
    publication.read_address(person.child("address"))
    publication.read_address(node.child("organisationDetails").child("organisationAddress"))
    for offence in node.children("offence"):
        _read_offence(offence)
    return publication.read_party(node)


def _in_custody(parties: list[Node]) -> bool | None:
    """Whether the list says that a party is in custody. On remand, or charged and detained, it never says."""
    persons = (party.value.get("individualDetails") for party in parties)
    said = [person.get("inCustody") for person in persons if isinstance(person, dict)]
    return any(each is True for each in said) if any(isinstance(each, bool) for each in said) else None


def _read_offence(node: Node) -> None:
    for name in ("offenceCode", "offenceTitle", "offenceWording", "offenceMaxPen", "offenceLegislation"):
        node.text(name)
    node.choice("plea", _PLEAS)
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


def _title(
    parties: tuple[ReadParty, ...],
    urns: tuple[str, ...],
    applications: tuple[str, ...],
    hearing_type: str,
) -> str:
    """ "R v Example", "Example Borough Council v Example" or "Application by Example"; never empty."""
    accused = [party for party in parties if party.role.casefold() == "defendant"]
    prosecutor = first(p.name for p in parties if p.role.casefold() == "prosecuting_authority")
    if title := against(accused, prosecutor):
        return title
    applicant = first(
        party.name
        for party in sorted(parties, key=lambda party: (not party.subject, party.role != "APPLICANT"))
    )
    if applications:
        return f"Application by {applicant}"[:LONGEST_KEPT] if applicant else f"Application {applications[0]}"
    return first((applicant, *urns, hearing_type)) or "Untitled matter"
