"""One room or person of a hearing in the place of another: what is needed, and whose link leads in.

Links of those who stay stand as they are. Whoever leaves has no way in any more: their link is revoked, and
where a link stays with the part (the bench, a defendant who moves to another room) its credential is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from court_link.domain.affected import Affected, Effect
from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.events import EventKind
from court_link.domain.link import LOBBY, Admission, Link
from court_link.domain.places import PersonKind
from court_link.domain.requirements import Needs, Place
from court_link.domain.roles import Part
from court_link.store import Session, hearings, links
from court_link.store.tables import Hearing

#: The part that a person of each kind takes by a link of their own, with no time reserved.
BY_LINK = {
    PersonKind.ADVOCATE: Part.ADVOCATE,
    PersonKind.PROSECUTOR: Part.PROSECUTOR,
    PersonKind.PROBATION: Part.PROBATION,
    PersonKind.APPROPRIATE_ADULT: Part.APPROPRIATE_ADULT,
    PersonKind.YOUTH_OFFENDING_TEAM: Part.YOUTH_OFFENDING_TEAM,
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """`into` takes the place of `out`. Without `into` nobody does; without `out`, they come besides."""

    out: Place | None
    into: Place | None

    def __post_init__(self) -> None:
        out, into = self.out, self.into
        if out is None and into is None:
            raise Invalid(errors=[FieldError("out", "Choose who or what is to change.")])
        if out and into and out.id == into.id:
            raise Invalid(errors=[FieldError("into", f"{into.label} takes part already.")])
        if out and into and (out.kind, out.person) != (into.kind, into.person):
            raise Invalid(errors=[FieldError("into", f"Choose one of the same kind as {out.label}.")])

    def needs(self, needs: Needs) -> Needs:
        """What is needed after the exchange. Raises Invalid."""
        out, into = self.out, self.into
        if into and into.id in needs.resource_ids:
            raise Invalid(errors=[FieldError("into", f"{into.label} takes part already.")])
        if out is None:
            assert into is not None  # noqa: S101 - an exchange has one of them
            if into.kind in (ResourceKind.COURTROOM, ResourceKind.CUSTODY_ROOM):
                message = "Say in place of which room: further rooms are added when a time is found."
                raise Invalid(errors=[FieldError("out", message)])
            return replace(needs, attending=(*needs.attending, into.id))
        if out.kind is ResourceKind.COURTROOM:
            if into is None:
                raise Invalid(errors=[FieldError("into", "A hearing needs a courtroom.")])
            return replace(needs, courtroom_id=into.id)
        if into is None:
            return replace(
                needs,
                custody=tuple(need for need in needs.custody if need.room_id != out.id),
                attending=tuple(each for each in needs.attending if each != out.id),
                travel=tuple(trip for trip in needs.travel if trip.person_id != out.id),
                interpreting=tuple(each for each in needs.interpreting if each.person_id != out.id),
            )
        new = into.id
        return replace(
            needs,
            custody=tuple(
                replace(need, room_id=new) if need.room_id == out.id else need for need in needs.custody
            ),
            attending=tuple(new if each == out.id else each for each in needs.attending),
            travel=tuple(
                replace(trip, person_id=new) if trip.person_id == out.id else trip for trip in needs.travel
            ),
            interpreting=tuple(
                replace(each, person_id=new) if each.person_id == out.id else each
                for each in needs.interpreting
            ),
        )


def relieve(session: Session, ctx: Context, hearing_id: UUID, exchange: Exchange) -> None:
    """Before the exchange is booked: whoever leaves a part that stays has no way in any more.

    A defendant's link goes with them to the other room, and their directions with it. The bench keeps its
    link, and what the bench before was given leads nowhere.
    """
    out, into = exchange.out, exchange.into
    changed = {place.person for place in (out, into) if place}
    for link in links.of_hearing(session, ctx, hearing_id):
        if link.part is Part.BENCH and PersonKind.JUDICIARY in changed:
            links.revoke(session, ctx, links.row(session, link.id), EventKind.LINK_REVOKED)
        elif link.part is Part.DEFENDANT and out and into and link.room_id == out.id:
            row = links.row(session, link.id)
            links.revoke(session, ctx, row, EventKind.LINK_REVOKED)
            row.room_id, row.organisation_id = into.id, into.organisation_id
            row.admission, row.place, row.kit_check = Admission.EXPECTED, LOBBY, None
            row.identified_by = row.identified_at = None
    session.flush()


def by_link(session: Session, ctx: Context, hearing_id: UUID, out: UUID) -> Link | None:
    """The link of somebody whose time is not reserved, by their own id or by its id."""
    for link in links.of_hearing(session, ctx, hearing_id):
        if out in (link.id, link.person_id) and link.part is not Part.BENCH:
            return link
    return None


def relink(
    session: Session, ctx: Context, hearing: Hearing, link: Link, into: Place | None
) -> tuple[Affected, ...]:
    """Somebody else in the place of one who takes part by a link alone; answers whom that affects.

    A live-link direction is for a person, so the newcomer needs one of their own. Raises Invalid.
    """
    if into is not None and (into.person is None or BY_LINK.get(into.person) is not link.part):
        raise Invalid(errors=[FieldError("into", f"Choose one who can take the place of {link.label}.")])
    row = links.row(session, link.id)
    links.revoke(session, ctx, row, EventKind.LINK_REVOKED)
    row.revoked = True
    gone = Affected(
        link.label,
        Effect.RELEASED,
        "no longer needed",
        link.person_id or link.id,
        link.organisation_id,
    )
    session.flush()
    hearing.version += 1
    come: tuple[Affected, ...] = ()
    if into is not None:
        hearings.concern(session, hearing.id, [into.organisation_id])
        links.ensure(
            session,
            ctx,
            hearing.id,
            link.part,
            into.name,
            person_id=into.id,
            organisation_id=into.organisation_id,
            remote=link.remote,
        )
        come = (Affected(into.name, Effect.NEEDED, "now needed", into.id, into.organisation_id),)
    if link.organisation_id is not None:
        hearings.unconcern(session, hearing, [link.organisation_id])
    return (gone, *come)
