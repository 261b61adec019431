"""The Crown Court's daily list, as its document system (PDDA) makes it.

As in HMCTS's JSON schema `crown_daily_pdda_list.json` (MIT, `pip-data-management`): court lists, sittings of
a courtroom by number, hearings in sequence. The list is for the day it starts on, and its times are London's;
a hearing may be marked with a time of its own ("Not before 2pm"). Matters are known again by their case
number, and by the URNs of their defendants. Where a name is masked, only the mask is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time
from typing import Any

from court_link.domain import measures, wording
from court_link.importing import channels
from court_link.importing.faults import Path
from court_link.importing.listed import (
    Frame,
    ReadHearing,
    ReadParty,
    Sitting,
    against,
    first,
    framed,
    heard,
    of_a_search_warrant,
)
from court_link.importing.magistrates import USUAL_URN
from court_link.importing.matters import Matter
from court_link.importing.names import house_words
from court_link.importing.shape import Node
from court_link.importing.text import LONGEST_KEPT

CROWN = "crown_daily_pdda_list"
SERIES = "crown"
HEARING: Path = ("DailyList", "CourtLists", -1, "Sittings", -1, "Hearings", -1)

#: The prosecution's advocate, whom published lists name twice in one object.
UNREAD: Path = (*HEARING, "Prosecution", "Advocate")

#: A letter and eight digits, such as T20260001. Others exist: a warning only.
_USUAL = re.compile(r"[A-Z][0-9]{8}")
_HOUSES = ("Crown Court", "Magistrates Court", "Youth Court")
_AUTHORITIES = (
    *("Crown Prosecution Service", "Customs and Excise", "Department of Trade and Industry"),
    *("Inland Revenue", "Other Prosecutor"),
)
#: When a sitting is taken to begin whose time the list does not give: courts usually sit from 10am.
_USUAL_START = time(10)
_MARKED = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?\b")


def takes(hearing: dict[str, Any]) -> bool:
    return True


def claims(root: dict[str, Any]) -> bool:
    return "DailyList" in root


def read_hearing(node: Node) -> ReadHearing:
    details = node.child("HearingDetails", required=True)
    details.text("HearingType")
    hearing_type = details.text("HearingDescription", required=True, longest=LONGEST_KEPT)
    node.text("CaseNumberCaTH", required=True)
    number = node.text("CaseNumber", required=True, longest=LONGEST_KEPT)
    sequence = node.whole("HearingSequenceNumber", required=True)
    committed = node.child("CommittingCourt")
    if "CommittingCourt" in node:
        _read_house(committed)
    accused = list(node.children("Defendants"))
    defendants = [_read_defendant(each) for each in accused]
    urns = [each.text("URN", longest=LONGEST_KEPT) for each in accused]
    prosecutor = _prosecutor(node.child("Prosecution"))
    note, marking = node.text("ListNote"), node.text("TimeMarkingNote")
    return ReadHearing(
        path=node.path,
        format=CROWN,
        title=against(defendants, prosecutor) or number or "Untitled matter",
        hearing_type=hearing_type,
        cases=(number,),
        others=tuple(dict.fromkeys(filter(None, urns))),
        sequence="" if sequence is None else str(sequence),
        channels=channels.named_in(note, marking),
        helps=measures.named_in(note),
        marked=_marked(marking),
        restrictions="restrict" in note.casefold() or any(_is_masked(each) for each in accused),
        withheld=of_a_search_warrant(hearing_type),
        parties=(
            *defendants,
            *(ReadParty("PROSECUTING_AUTHORITY", name) for name in (prosecutor,) if name),
            *(ReadParty("RESPONDENT", name[:LONGEST_KEPT]) for name in node.texts("Respondent")),
        ),
    )


def read_frame(top: Node, told: date | None) -> Frame:
    daily = top.child("DailyList", required=True)
    identifier = daily.child("DocumentID", required=True)
    for name in ("UniqueID", "DocumentType"):
        identifier.text(name, required=True)
    header = daily.child("ListHeader", required=True)
    header.text("Version", required=True)
    header.text("PublishedTime", required=True)
    starts, ends = header.day("StartDate", required=True), header.day("EndDate")
    _read_house(daily.child("CrownCourt", required=True))
    warnings = []
    if starts and ends and ends != starts:
        warnings.append(
            f"The list runs to {wording.day(ends)}. It does not give each sitting's day, so all are taken "
            f"for {wording.day(starts)}."
        )
    sittings = []
    for court_list in daily.children("CourtLists", required=True):
        house = _read_house(court_list.child("CourtHouse", required=True))
        youth = court_list.child("CourtHouse").value.get("CourtHouseType") == "Youth Court"
        for node in court_list.children("Sittings", required=True):
            sitting = _read_sitting(node, house, starts, youth=youth)
            sittings.append(sitting)
            if "SittingAt" not in node:
                warnings.append(
                    f"{sitting.room} of {house} has a sitting with no time. It is taken to begin at 10am."
                )
    return framed(CROWN, SERIES, sittings, warnings)


def unusual(matter: Matter) -> Iterator[str]:
    number, *urns = matter.references
    if not _USUAL.fullmatch(number.upper()):
        yield number
    yield from (urn for urn in urns if not USUAL_URN.match(urn.upper().replace(" ", "")))


def _read_sitting(node: Node, house: str, day: date | None, *, youth: bool) -> Sitting:
    node.choice("SittingPriority", ("T", "F", "R"))
    judiciary = node.child("Judiciary", required=True)
    for judge in (judiciary.child("Judge", required=True), *judiciary.children("Justice")):
        judge.text("CitizenNameSurname", required=True)
    room = node.whole("CourtRoomNumber", required=True)
    clock = node.clock("SittingAt") if "SittingAt" in node else _USUAL_START
    return Sitting(
        house=house,
        postcode="",
        room=f"Courtroom {room}",
        starts_at=node.london("SittingAt", day, clock),
        channels=channels.named_in(node.text("SittingNote")),
        hearings=heard(node, "Hearings"),
        youth=youth,
    )


def _read_house(node: Node) -> str:
    """A court house by a name that says when it is a Crown Court, which the list gives beside it."""
    node.whole("CourtHouseCode", required=True)
    kind = node.choice("CourtHouseType", _HOUSES, required=True)
    name = node.text("CourtHouseName", required=True, longest=LONGEST_KEPT)
    named = kind != "Crown Court" or "crown" in house_words(name) or not name
    return name if named else f"{name} Crown Court"


def _read_defendant(node: Node) -> ReadParty:
    person = node.child("PersonalDetails", required=True)
    name = person.child("Name", required=True)
    names = (*name.texts("CitizenNameForename"), name.text("CitizenNameSurname", longest=LONGEST_KEPT))
    person.choice("IsMasked", ("yes", "no"), required=True)
    mask = person.text("MaskedName", longest=LONGEST_KEPT)
    for charge in node.children("Charges"):
        charge.text("OffenceStatement", required=True)
    surname = names[-1]
    if _is_masked(node):
        names = (surname,) = (mask or "Name withheld",)
    return ReadParty(
        role="DEFENDANT",
        name=" ".join(filter(None, names))[:LONGEST_KEPT],
        surname=surname,
        born=person.child("DateOfBirth").day("BirthDate"),
        age=person.whole("Age"),
    )


def _is_masked(defendant: Node) -> bool:
    person = defendant.value.get("PersonalDetails")
    return isinstance(person, dict) and person.get("IsMasked") != "no"


def _prosecutor(node: Node) -> str:
    organisation = node.child("ProsecutingOrganisation")
    named = organisation.text(
        "OrganisationName", required="ProsecutingOrganisation" in node, longest=LONGEST_KEPT
    )
    authority = node.choice("ProsecutingAuthority", _AUTHORITIES)
    return authority if authority == _AUTHORITIES[0] else first((named, authority))


def _marked(note: str) -> time | None:
    """The time in a note such as "NOT BEFORE 2.30 PM" or "At 11am", when it is one of a court's day."""
    for hour, minute, half in _MARKED.findall(note.casefold().replace(".m", "m")):
        if not (minute or half) or int(hour) > 23 or int(minute or 0) > 59:
            continue
        afternoon = half == "pm" or (not half and int(hour) < 7)
        at = time(int(hour) % 12 + 12 if afternoon and int(hour) <= 12 else int(hour), int(minute or 0))
        if time(7) <= at <= time(19):
            return at
    return None
