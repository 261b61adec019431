"""When a person may be asked for: in their shifts, and never on leave, on a rest day or off sick.

Why somebody is away is for their own organisation alone: a court that looks for an officer's time reads that
the officer is not available, and until when (UK GDPR art. 5(1)(c); that of health is art. 9 data).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from court_link.domain.context import Actor
from court_link.domain.opening import Closed, Opening, without
from court_link.domain.places import DutyKind
from court_link.domain.requirements import Place
from court_link.domain.times import Interval, day_interval, union
from court_link.store import Session, duties
from court_link.store.duties import DutyStretch
from court_link.store.prepared import Later

#: How a person who is away is spoken of in their own organisation.
AWAY = {
    DutyKind.LEAVE: "is on leave",
    DutyKind.REST_DAY: "is on a rest day",
    DutyKind.SICK: "is off sick",
}
NOT_AVAILABLE = "is not available"
NOT_ON_SHIFT = "is not on shift"


def openings_of(
    session: Session, people: Iterable[Place], days: Sequence[date], reader: Actor | None = None
) -> dict[UUID, Opening]:
    """When these people may be asked for on these London days, in one query however many days.

    With any shift on a day, a person is free in their shifts alone; a shift over midnight counts for both
    days, so that nobody comes to court straight from a night. Without one they are free all day. Leave, rest
    days and sickness take away whole stretches. A person whose rota says nothing of these days is not in the
    answer: always open. `reader` is who will read why; None is somebody of another organisation.
    """
    return asked(session, people, days, reader)()


def asked(
    session: Session, people: Iterable[Place], days: Sequence[date], reader: Actor | None
) -> Later[dict[UUID, Opening]]:
    """Ask for what `openings_of` answers."""
    known = {place.id: place for place in people}
    if not known or not days:
        return dict
    whole = Interval(day_interval(min(days)).start, day_interval(max(days)).end)
    rota = duties.asked(session, known.keys(), whole)
    return lambda: {
        person_id: opening_of(stretches, days, may_know_why(reader, known[person_id].organisation_id))
        for person_id, stretches in rota().items()
    }


def may_know_why(reader: Actor | None, organisation_id: UUID) -> bool:
    """Whether a reader may know why somebody of this organisation is away."""
    return reader is not None and (reader.everywhere or organisation_id in reader.scope)


def free(stretches: Iterable[DutyStretch], day: date) -> tuple[Interval, ...]:
    """When a person with this rota may be asked for on a London day: disjoint, in order."""
    whole, stretches = day_interval(day), list(stretches)
    on = [part for each in stretches if not each.kind.away and (part := each.interval.clipped(whole))]
    return without(on or [whole], [each.interval for each in stretches if each.kind.away])


def opening_of(stretches: Sequence[DutyStretch], days: Sequence[date], knows: bool) -> Opening:
    """When a person with this rota may be asked for; `knows`: the reader may know why not."""
    times = [time for day in sorted(set(days)) for time in free(stretches, day)]
    away = [
        Closed(each.interval, AWAY[each.kind] if knows else NOT_AVAILABLE)
        for each in stretches
        if each.kind.away
    ]
    return Opening(tuple(union(times)), {day: _why(away, day) for day in days}, tuple(away))


def _why(away: Sequence[Closed], day: date) -> str:
    """Why a person cannot be had outside their times on a day: what keeps them away longest."""
    whole = day_interval(day)
    met = [(part.minutes, each.why) for each in away if (part := each.during.clipped(whole))]
    return max(met)[1] if met else NOT_ON_SHIFT
