"""Whether what a hearing is said to need can be booked by who asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, Refusal
from court_link.domain.harddates import limit
from court_link.domain.places import PersonKind
from court_link.domain.requirements import Needs, Place
from court_link.domain.times import london_day
from court_link.store.tables import Hearing

#: People whose time is reserved. A duty solicitor or prosecutor holds many matters in a session: being booked
#: in several is normal, so they get a link and no reservation.
RESERVED = frozenset({PersonKind.OFFICER, PersonKind.JUDICIARY, PersonKind.INTERPRETER})


def check_bookable(ctx: Context, hearing: Hearing, needs: Needs, places: Mapping[UUID, Place]) -> None:
    """Raises Invalid, naming the fields, unless each thing needed is of its kind and the court may book it.

    A court books its own courtrooms, and the custody rooms, people and vehicles of its own area. What is
    elsewhere is refused exactly as what does not exist.
    """
    courtroom = places.get(needs.courtroom_id)
    errors = []
    if courtroom is None or courtroom.kind is not ResourceKind.COURTROOM or not _own(ctx, hearing, courtroom):
        errors.append(FieldError("courtroom_id", "Choose one of your courtrooms."))
    area = courtroom.area if courtroom else ""

    def near(resource_id: UUID) -> Place | None:
        place = places.get(resource_id)
        reachable = place is not None and (_own(ctx, hearing, place) or (bool(area) and place.area == area))
        return place if reachable else None

    for need in needs.custody:
        room = near(need.room_id)
        if room is None or room.kind is not ResourceKind.CUSTODY_ROOM:
            errors.append(FieldError("custody", "Choose a custody room of your area."))
    for resource_id in needs.attending:
        place = near(resource_id)
        if place is None or place.kind in (ResourceKind.COURTROOM, ResourceKind.CUSTODY_ROOM):
            errors.append(FieldError("attending", "Choose people, evidence rooms and vehicles of your area."))
        elif place.kind is ResourceKind.PERSON and place.person not in RESERVED:
            message = f"{place.name} may hold several matters at once: give them a link instead."
            errors.append(FieldError("attending", message))
    if errors:
        raise Invalid(errors=list(dict.fromkeys(errors)))


def check_in_time(hearing: Hearing, start: datetime) -> Refusal | None:
    """Why a start is later than the hearing's hard date allows (`domain.harddates`), or None."""
    day = london_day(start)
    bound = limit(hearing, day)
    return Refusal("This time", bound.refusal) if bound and day > bound.day else None


def _own(ctx: Context, hearing: Hearing, place: Place) -> bool:
    return ctx.actor.everywhere or place.organisation_id in {hearing.court_id, *ctx.actor.scope}
