"""Made-up links, and hearings as they stand, for what is decided purely."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from court_link.domain.direction import Medium
from court_link.domain.hearing import HearingState
from court_link.domain.link import HEARING, Admission, Link
from court_link.domain.roles import Part
from court_link.domain.standing import Standing, tied
from tests.stores import MONDAY

HEARD = uuid4()


def link(
    part: Part,
    admission: Admission = Admission.ADMITTED,
    place: str = HEARING,
    *,
    remote: bool = True,
    **facts: Any,
) -> Link:
    """Somebody of the hearing `HEARD`, let in and identified unless said otherwise."""
    made = Link(
        id=uuid4(),
        hearing_id=HEARD,
        part=part,
        label=part.value,
        person_id=None,
        room_id=None,
        organisation_id=None,
        remote=remote,
        admission=admission,
        place=place,
        credential_version=1,
        revoked=False,
        identified_by=None,
        identified_at=MONDAY,
        arrived_at=None,
        admitted_at=None,
        left_at=None,
        kit_check=None,
        version=1,
    )
    return replace(made, **facts)


def stands(
    state: HearingState, *links: Link, directed: dict[UUID, Medium] | None = None, **facts: Any
) -> Standing:
    """A hearing of these people; everybody has a direction unless `directed` says who."""
    directions = {each.id: Medium.VIDEO for each in links} if directed is None else directed
    facts.setdefault("ties", tied(links, {}))
    return Standing(HEARD, 1, state, links, directions, private=True, **facts)
