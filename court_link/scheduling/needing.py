"""Whether what a hearing is said to need can be booked by who asks, and by when.

Every rule of practice that refuses needs, rather than times, stands here; those that only advise are in
`scheduling.practice`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from court_link.domain import wording
from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, Refusal
from court_link.domain.harddates import limit
from court_link.domain.hearing import LIVE
from court_link.domain.places import PersonKind
from court_link.domain.recipes import NAMES, YOUTH_PARTS, taking_part
from court_link.domain.requirements import Needs, Place, Side
from court_link.domain.times import london_day
from court_link.store import Session, bookings, calendar, groups
from court_link.store.tables import Hearing

#: What `Needs.attending` names: whoever and whatever is needed for the hearing's own time.
_ATTENDING = (ResourceKind.PERSON, ResourceKind.EVIDENCE_ROOM, ResourceKind.VEHICLE)


def check_bookable(
    session: Session, ctx: Context, hearing: Hearing, needs: Needs, places: Mapping[UUID, Place]
) -> None:
    """Raises Invalid, naming the fields, unless each thing needed is of its kind and the court may book it.

    A court books its own courtrooms, and the custody rooms, people and vehicles of its own area. What is
    elsewhere is refused exactly as what does not exist. Everyone named is reserved for the hearing's own
    time: an advocate may hold many matters of a session, and being called in two at once is the clash.
    """
    near = _near(ctx, hearing, needs, places)
    errors = [
        *_places(ctx, hearing, needs, near),
        *_in_use(hearing, needs, near),
        *_interpreters(needs, near),
        *_sides(session, ctx, hearing, needs, near),
        *_young(hearing, needs, places),
        *_bench(session, hearing, needs),
        *_recording(hearing, needs),
    ]
    if errors:
        raise Invalid(errors=list(dict.fromkeys(errors)))


def check_in_time(hearing: Hearing, start: datetime) -> Refusal | None:
    """Why a start is later than the hearing's hard date allows (`domain.harddates`), or None."""
    day = london_day(start)
    bound = limit(hearing, day)
    return Refusal("This time", bound.refusal) if bound and day > bound.day else None


def _near(ctx: Context, hearing: Hearing, needs: Needs, places: Mapping[UUID, Place]) -> Mapping[UUID, Place]:
    """Those of these places that may be booked for this hearing: of no other is anything said."""
    courtroom = places.get(needs.courtroom_id)
    area = courtroom.area if courtroom and _own(ctx, hearing, courtroom) else ""
    return {
        id_: place
        for id_, place in places.items()
        if _own(ctx, hearing, place) or (bool(area) and place.area == area)
    }


def _places(ctx: Context, hearing: Hearing, needs: Needs, near: Mapping[UUID, Place]) -> Iterator[FieldError]:
    courtroom = near.get(needs.courtroom_id)
    if courtroom is None or courtroom.kind is not ResourceKind.COURTROOM or not _own(ctx, hearing, courtroom):
        yield FieldError("courtroom_id", "Choose one of your courtrooms.")

    def kind(resource_id: UUID) -> ResourceKind | None:
        place = near.get(resource_id)
        return place.kind if place else None

    if any(kind(need.room_id) is not ResourceKind.CUSTODY_ROOM for need in needs.custody):
        yield FieldError("custody", "Choose a custody room of your area.")
    if any(kind(each) not in _ATTENDING for each in needs.attending):
        yield FieldError("attending", "Choose people, evidence rooms and vehicles of your area.")


def _in_use(hearing: Hearing, needs: Needs, near: Mapping[UUID, Place]) -> Iterator[FieldError]:
    """Whoever has left is booked no more, but for a bench that must return, and a hearing that goes on."""
    for each in needs.attending if hearing.state not in LIVE else ():
        place = near.get(each)
        if place and place.person and not place.active and str(each) not in hearing.same_bench:
            yield FieldError("attending", f"{place.name} is no longer in use. Choose somebody else.")


def _interpreters(needs: Needs, near: Mapping[UUID, Place]) -> Iterator[FieldError]:
    """Who interprets is an interpreter, of that language."""
    for each in needs.interpreting:
        person = near.get(each.person_id)
        if person is None:
            continue  # refused already, as what does not exist
        if person.person is not PersonKind.INTERPRETER:
            yield FieldError("interpreting", f"{person.name} is not an interpreter.")
        elif each.language.casefold() not in map(str.casefold, person.languages):
            yield FieldError("interpreting", f"{person.name} does not list {each.language or 'a language'}.")


def _sides(
    session: Session, ctx: Context, hearing: Hearing, needs: Needs, near: Mapping[UUID, Place]
) -> Iterator[FieldError]:
    """Nobody interprets for one side in a booking of this case and for the other in this one."""
    wanted = {each.person_id: each.side for each in needs.interpreting if each.side in _OPPOSED}
    if not wanted:
        return
    others = bookings.of_hearings(session, groups.same_case(session, hearing), ctx.now).values()
    standing = {(each.person_id, each.side) for other in others for each in other.needs.interpreting}
    for person_id, side in wanted.items():
        against = _OPPOSED[side]
        if (person_id, against) in standing and person_id in near:
            already = f"{near[person_id].name} already interprets for the {against} in another hearing"
            message = f"{already} of this case: choose somebody else for the {side}."
            yield FieldError("interpreting", message)


_OPPOSED = {Side.DEFENCE: Side.PROSECUTION, Side.PROSECUTION: Side.DEFENCE}


def _young(hearing: Hearing, needs: Needs, places: Mapping[UUID, Place]) -> Iterator[FieldError]:
    """A defendant under 18 has an appropriate adult, and the youth offending team takes part."""
    if hearing.youth:
        there = taking_part(needs, places)
        for part in YOUTH_PARTS:
            if part not in there:
                yield FieldError("parts", f"A defendant is under 18: add the {NAMES[part]}.")


def _bench(session: Session, hearing: Hearing, needs: Needs) -> Iterator[FieldError]:
    """Part-heard returns to the same bench."""
    bench = [UUID(each) for each in hearing.same_bench]
    if absent := [each for each in bench if each not in needs.attending]:
        found = calendar.places(session, absent)
        names = [found[each].name for each in absent if each in found]
        who = wording.listed(names) or "those who began it"
        yield FieldError("attending", f"This hearing is part-heard and returns to the same bench: add {who}.")


def _recording(hearing: Hearing, needs: Needs) -> Iterator[FieldError]:
    """Recording is off unless a power and the person who ordered it are written down."""
    if needs.recording and not (hearing.recording_power.strip() and hearing.recording_ordered_by.strip()):
        message = "Record the power to record, and who ordered it, on the hearing before it is recorded."
        yield FieldError("recording", message)


def _own(ctx: Context, hearing: Hearing, place: Place) -> bool:
    return ctx.actor.everywhere or place.organisation_id in {hearing.court_id, *ctx.actor.scope}
