"""Private consultations: who is called into one, who leaves, and how each comes to its end.

An advocate calls the clients they act for; the bench and court staff send people in, and are never inside.
Whoever was in one returns to where they were: the lobby, or the hearing. Nothing of what goes on inside is
told to anybody outside but that a person is in private consultation. Practice rules 9 and 11 of this service.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from court_link.domain import rooms as rules
from court_link.domain.context import ActorKind, Context
from court_link.domain.errors import Conflict, Forbidden, NotFound
from court_link.domain.events import EventKind
from court_link.domain.hearing import HearingState
from court_link.domain.link import HEARING, LOBBY, Admission, Link
from court_link.domain.roles import Part
from court_link.domain.rooms import RECALL_AFTER, consultation_of
from court_link.domain.standing import Consultation, Standing
from court_link.media.moving import move, settled
from court_link.store import Session, events, hearings, links, rooms
from court_link.store.tables import Consultation as ConsultationRow
from court_link.store.tables import Hearing
from court_link.store.tables import Link as LinkRow


class NoConsultationNow(Conflict):
    """There can be no private consultation now: the lobby is not open."""


class NotHere(Conflict):
    """This person is not here yet, so they cannot go into a private consultation."""


class NotKnown(Conflict):
    """The court has not confirmed who this person is yet. Ask the court to do so."""


class Elsewhere(Conflict):
    """This person is in another private consultation."""


class InSession(Conflict):
    """The hearing is in session. Ask the court for a private consultation."""


def consult(session: Session, ctx: Context, hearing_id: UUID, asked: Collection[UUID]) -> Consultation:
    """Call people into a private consultation, or into the one where somebody of them already is.

    By an advocate, who goes with their clients, or by the bench or court staff, who do not go. Interpreters
    go with those whom they interpret for. Raises NoConsultationNow, NotHere, NotKnown, Elsewhere, InSession
    and what `rules.check_consultation` does; NotFound for somebody who is not of this hearing.
    """
    by = _asker(session, ctx, hearing_id)
    close_due(session, ctx, hearing_id)
    standing = rooms.standing(session, ctx, hearings.row(session, hearing_id))
    going, room = plan(standing, standing.link(by.id) if by else None, asked)
    if room is None:
        row = ConsultationRow(hearing_id=hearing_id, opened_at=ctx.now, opened_by=ctx.actor.id)
        session.add(row)
        session.flush()
        room = rooms.consultation(row)
        _record(session, ctx, EventKind.CONSULTATION_OPENED, room, by=str(ctx.actor.id or ""))
    for link in sorted(going, key=lambda link: link.id):
        _enter(session, ctx, links.row(session, link.id), room)
    return room


def plan(
    standing: Standing, by: Link | None, asked: Collection[UUID]
) -> tuple[tuple[Link, ...], Consultation | None]:
    """Who would go, and into which consultation (None: a new one); raises why they may not.

    `by` is the advocate who asks, None for the court.
    """
    if not standing.private:
        raise NoConsultationNow
    wanted = frozenset(asked) | ({by.id} if by else frozenset())
    named = [standing.link(each) for each in wanted]
    people = [link for link in named if link is not None]
    if len(people) < len(named):
        raise NotFound
    rooms_named = {link.place for link in people if consultation_of(link.place)}
    if len(rooms_named) > 1:
        raise Elsewhere
    room = standing.of(next(link for link in people if link.place in rooms_named)) if rooms_named else None
    inside = standing.inside(room.place) if room else ()
    paired = rules.with_pairs(wanted, standing.links, standing.ties)
    going = [
        link
        for link in standing.links
        if link.id in paired
        and link not in inside
        and (link.id in wanted or (_refusal(link) is None and consultation_of(link.place) is None))
    ]
    rules.check_consultation(by, going, (*inside, *going), standing.acts_for, standing.agreed)
    rules.check_interpreters((*inside, *going), standing.ties)
    for link in going:
        refused = _refusal(link)
        if refused is not None:
            raise refused
        if by is not None and link.place == HEARING and standing.state is HearingState.IN_SESSION:
            raise InSession
    return tuple(going), room


def _refusal(link: Link) -> Conflict | None:
    """Why a person may not go into any consultation now."""
    if link.admission not in {Admission.WAITING, Admission.ADMITTED} or link.left_at is not None:
        return NotHere(f"{link.label} is not here yet, so they cannot go into a private consultation.")
    if link.identified_at is None:
        return NotKnown(f"The court has not confirmed who {link.label} is yet. Ask the court to do so.")
    return None


def callable_by(standing: Standing, advocate: Link) -> tuple[Link, ...]:
    """The clients whom an advocate may call into a private room at this moment."""
    found = []
    for link in standing.links:
        together = link.place == advocate.place and consultation_of(link.place) is not None
        if link.part is not Part.DEFENDANT or together:
            continue
        try:
            plan(standing, advocate, [link.id])
        except (Conflict, Forbidden, NotFound):
            continue
        found.append(link)
    return tuple(found)


def leave(session: Session, ctx: Context, consultation_id: UUID | None = None) -> Link:
    """The participant leaves their consultation, and is back where they were.

    When the last advocate leaves, everybody does. Raises NotFound outside of it.
    """
    row, hearing = links.own(session, ctx)
    close_due(session, ctx, hearing.id)
    found = consultation_of(row.place)
    if found is None or consultation_id not in {None, found}:
        raise NotFound
    depart(session, ctx, row)
    return links.value(row)


def settle(session: Session, ctx: Context, number: int) -> Link:
    """The participant's device has stopped sending for this move. An older one than the last is nothing."""
    row, hearing = links.own(session, ctx)
    close_due(session, ctx, hearing.id)  # a move that time has made is told before any tick writes it down
    if number == row.moves:
        settled(session, ctx, row)
    return links.value(row)


def depart(session: Session, ctx: Context, row: LinkRow, to: str | None = None) -> None:
    """Take a link, locked with its hearing, out of the consultation that it is in, if it is in one.

    It goes to the place `to`, or else back to where it was; interpreters who are there for nobody else go
    with it, and everybody does when the consultation has come to its end.
    """
    found = consultation_of(row.place)
    if found is None:
        return
    room = rooms.consultation_row(session, found)
    before = rooms.written_inside(session, found)
    leaver = links.value(row)
    _return(session, ctx, row, room, to)
    stay = [each for each in before if each.id != row.id and not each.revoked]
    if rules.ends_without(leaver, [links.value(each) for each in stay]):
        _close(session, ctx, room)
        return
    standing = rooms.standing(session, ctx, hearings.row(session, row.hearing_id))
    staying = {each.id for each in stay}
    for each in stay:
        served = standing.ties.get(each.id, frozenset())
        if each.part is Part.INTERPRETER and row.id in served and not served & staying:
            _return(session, ctx, each, room, None)


def recall(
    session: Session, ctx: Context, consultation_id: UUID, *, after: timedelta = RECALL_AFTER
) -> Consultation:
    """Call everybody in a consultation back: they are warned, and it ends after this time.

    By the bench or court staff. Calling them back again changes nothing. Raises NotFound when it has ended.
    """
    hearing = links.check_runs(session, ctx, rooms.hearing_of(session, consultation_id))
    row = rooms.consultation_row(session, consultation_id)
    standing = rooms.standing(session, ctx, hearing)
    if all(each.id != consultation_id for each in standing.consultations):
        raise NotFound
    if row.closes_at is None:
        row.closes_at, row.recalled_by = ctx.now + after, ctx.actor.id
        links.bump(session, row.hearing_id)
        closes = row.closes_at.isoformat()
        _record(session, ctx, EventKind.CONSULTATION_RECALLED, rooms.consultation(row), closes_at=closes)
    return rooms.consultation(row)


def of_hearing(session: Session, ctx: Context, hearing_id: UUID) -> Standing:
    """The hearing as it stands, for those who run it: which consultations, and who is in each."""
    hearing = links.check_runs(session, ctx, hearing_id, lock=False)
    return rooms.standing(session, ctx, hearing)


def due(session: Session, ctx: Context) -> tuple[UUID, ...]:
    """The hearings with a consultation whose end has come."""
    return tuple(
        hearing_id
        for hearing_id in rooms.with_open_consultations(session)
        if _ended(session, ctx, hearings.row(session, hearing_id))
    )


def close_due(session: Session, ctx: Context, hearing_id: UUID) -> tuple[UUID, ...]:
    """End every consultation of a hearing whose end has come; says which. Doing it again is nothing."""
    hearing = _locked(session, ctx, hearing_id)
    ended = _ended(session, ctx, hearing)
    for consultation_id in ended:
        _close(session, ctx, rooms.consultation_row(session, consultation_id))
    return ended


def _ended(session: Session, ctx: Context, hearing: Hearing) -> tuple[UUID, ...]:
    """The consultations that nobody has closed and that stand no more."""
    stand = {each.id for each in rooms.standing(session, ctx, hearing).consultations}
    return tuple(each for each in rooms.open_consultations(session, hearing.id) if each not in stand)


def _asker(session: Session, ctx: Context, hearing_id: UUID) -> Link | None:
    """The participant who asks for a consultation of their own; None for those who run the hearing."""
    if ctx.actor.kind is ActorKind.LINK and ctx.actor.link_id is not None:
        own = links.get(session, ctx, ctx.actor.link_id)
        if own.hearing_id != hearing_id or own.revoked:
            raise NotFound
        if not own.moderates:
            return own
    links.check_runs(session, ctx, hearing_id)
    return None


def _locked(session: Session, ctx: Context, hearing_id: UUID) -> Hearing:
    return hearings.visible(session, ctx, hearing_id, lock=True)


def _enter(session: Session, ctx: Context, row: LinkRow, room: Consultation) -> None:
    row.back_to = row.place
    move(session, ctx, row, room.place)
    links.record(session, ctx, EventKind.CONSULTATION_ENTERED, row, consultation=str(room.id))


def _return(session: Session, ctx: Context, row: LinkRow, room: ConsultationRow, to: str | None) -> None:
    if to is None:
        rooms.write_moved(session, row, rules.returned(links.value(row), ctx.now))
        links.bump(session, row.hearing_id)
    else:
        move(session, ctx, row, to)
        row.back_to = LOBBY
    links.record(session, ctx, EventKind.CONSULTATION_LEFT, row, consultation=str(room.id))


def _close(session: Session, ctx: Context, room: ConsultationRow) -> None:
    """Everybody returns to where they were, together."""
    for row in rooms.written_inside(session, room.id):
        _return(session, ctx, row, room, None)
    room.closed_at = ctx.now
    links.bump(session, room.hearing_id)
    _record(session, ctx, EventKind.CONSULTATION_CLOSED, rooms.consultation(room))


def _record(session: Session, ctx: Context, kind: EventKind, room: Consultation, **data: str) -> None:
    events.record(
        session,
        ctx,
        kind,
        hearing_id=room.hearing_id,
        subject_id=room.hearing_id,
        data={"consultation": str(room.id), **data},
    )
