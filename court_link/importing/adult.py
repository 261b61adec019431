"""The magistrates' adult court list, as the older case system of those courts makes it.

As in HMCTS's JSON schema `magistrates_adult_court_list.json` (MIT, `pip-data-management`): sessions of a
courtroom, blocks of a session, and a case for each defendant of a block. Days are DD/MM/YYYY and times are
London's. The list does not say which day it is for, only when it was printed: whoever imports it may say.

Matters are known again by their case number and defendant: co-defendants stand under one number. Such a list
holds the older system's cases alone, so the other lists of that day are left as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from court_link.domain import wording
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
from court_link.importing.matters import Matter
from court_link.importing.shape import Node
from court_link.importing.text import LONGEST_KEPT

ADULT = "magistrates_adult_court_list"
SERIES = "adult"
HEARING: Path = (
    *("document", "data", "job", "sessions", "session", -1, "blocks", "block", -1),
    *("cases", "case", -1),
)

#: Ten digits, as that system numbers its cases. Others exist: a warning only.
_USUAL = re.compile(r"[0-9]{10}")


def takes(hearing: dict[str, Any]) -> bool:
    return True


def claims(root: dict[str, Any]) -> bool:
    document = root.get("document")
    data = document.get("data") if isinstance(document, dict) else None
    return isinstance(data, dict) and "job" in data


def read_hearing(node: Node) -> ReadHearing:
    address = node.child("def_addr")
    if "def_addr" in node:
        address.text("line1", required=True)
    for line in ("line2", "line3", "line4", "line5", "pcode"):
        address.text(line)
    node.text("inf")
    number = node.text("caseno", required=True, longest=LONGEST_KEPT)
    defendant = ReadParty(
        role="DEFENDANT",
        name=node.text("def_name", required=True, longest=200),
        born=node.written_day("def_dob"),
        age=node.whole("def_age"),
    )
    offences = [_read_offence(offence) for offence in node.child("offences").children("offence")]
    return ReadHearing(
        path=node.path,
        format=ADULT,
        title=first((against([defendant], ""), number)) or "Untitled matter",
        hearing_type="Hearing",
        panel="ADULT",
        cases=(number,),
        withheld=of_a_search_warrant(*offences),
        parties=(defendant,),
    )


def read_frame(top: Node, told: date | None) -> Frame:
    document = top.child("document", required=True)
    document.child("info").clock("start_time")
    job = document.child("data", required=True).child("job", required=True)
    printed = job.written_day("printdate", required=True)
    warnings = []
    if printed and told is None:
        warnings.append(
            f"The list does not say which day it is for. It is taken for {wording.day(printed)}, "
            "when it was printed."
        )
    return framed(ADULT, SERIES, _sittings(job, told or printed), warnings)


def unusual(matter: Matter) -> Iterator[str]:
    return (number for number in matter.references if not _USUAL.fullmatch(number))


def _sittings(job: Node, day: date | None) -> Iterator[Sitting]:
    for session in job.child("sessions").children("session"):
        session.text("lja", required=True, longest=100)
        session.clock("sstart", required=True)
        house = session.text("court", required=True, longest=LONGEST_KEPT)
        room = session.whole("room", required=True)
        for block in session.child("blocks").children("block"):
            yield Sitting(
                house=house,
                postcode="",
                room=f"Courtroom {room}",
                starts_at=block.london("bstart", day, block.clock("bstart", required=True)),
                hearings=heard(block.child("cases"), "case"),
            )


def _read_offence(node: Node) -> str:
    """The offence's title; its code and wordings are checked and forgotten."""
    for name in ("code", "sum"):
        node.text(name, required=True)
    for name in ("cy_title", "cy_sum"):
        node.text(name)
    return node.text("title", required=True)
