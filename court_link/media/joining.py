"""Joining: how a person gets from a link in their hand to a place in the hearing, and out of it again.

Nobody is admitted by arriving. A device redeems a credential (or a signed-in person's own link) for a join
session, arrives in the lobby, is identified and admitted by the bench or court staff, and only then does the
room's desired state name it. The court itself is let in by its own authority, once it has signed in.
Every rule is asked again inside the transaction that acts on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from court_link.domain import link as rules
from court_link.domain.context import Actor, ActorKind, Context
from court_link.domain.direction import NoDirection
from court_link.domain.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, WrongState
from court_link.domain.events import EventKind
from court_link.domain.hearing import FINISHED, LIVE
from court_link.domain.link import HEARING, LOBBY, Admission, Link, LinkEvent, lobby_is_open
from court_link.domain.places import PersonKind
from court_link.domain.requirements import Place
from court_link.domain.roles import MODERATORS, Part, Permission
from court_link.domain.rooms import consultation_of
from court_link.media import consulting
from court_link.media.credentials import BadCredential, Keys, Redeemed, digest
from court_link.media.moving import move
from court_link.store import Session, calendar, hearings, join_sessions, links, live, screens
from court_link.store.tables import Hearing
from court_link.store.tables import Link as LinkRow

#: Parts for which court staff make links by hand; the others come from bookings or from signing in.
ISSUED = (
    Part.PROSECUTOR,
    Part.ADVOCATE,
    Part.INTERPRETER,
    Part.WITNESS,
    Part.PROBATION,
    Part.APPROPRIATE_ADULT,
    Part.OBSERVER,
    Part.OFFICER,
)
LABEL_LENGTH = 80
#: People who hold many matters at once are not reserved: the court names them, and they see their queue.
PART_OF = {PersonKind.ADVOCATE: Part.ADVOCATE, PersonKind.PROSECUTOR: Part.PROSECUTOR}


class SecondDevice(Conflict):
    """This link has already been used on another device. Ask the court for a new link."""


class NotIdentified(Conflict):
    """Confirm who this person is before you let them in."""


class NotOpen(Conflict):
    """The lobby of this hearing is not open."""


class NotAWord(Invalid):
    """Say who this link is for."""


@dataclass(frozen=True, slots=True)
class Joined:
    """One device's way in. `token` is None when another device holds this credential."""

    link: Link
    token: str | None


def redeem(session: Session, ctx: Context, redeemed: Redeemed, keys: Keys, device: str) -> Joined:
    """Exchange a credential whose seal is true for this device's join session; the same one every time.

    Another device than the first gets none, and the court is alerted (the route then raises SecondDevice,
    after the alert is committed). Raises BadCredential for a credential that was revoked.
    """
    try:
        row = links.row(session, redeemed.link_id)
    except NotFound:
        raise BadCredential from None
    if row.revoked or row.credential_version != redeemed.version or _is_over(session, ctx, row.hearing_id):
        raise BadCredential
    token = keys.token(row.id, row.credential_version, device)
    if join_sessions.others(session, row.id, digest(token)):
        _alert_second_device(session, ctx, row)
        return Joined(links.value(row), None)
    join_sessions.open_one(session, ctx, row, digest(token), digest(device))
    return Joined(links.value(row), token)


def sign_in(session: Session, ctx: Context, link_id: UUID, keys: Keys, device: str) -> Joined:
    """A signed-in person takes the link that is theirs, on this device.

    Coming on a second device moves them: the first one's session ends, and they wait in the lobby to be
    identified again, with an alert. The bench and clerk are identified by having signed in. Raises NotFound
    for a link that is not theirs.
    """
    hearing = hearings.visible(session, ctx, links.get(session, ctx, link_id).hearing_id, lock=True)
    row = links.row(session, link_id)
    if row.revoked or not _is_theirs(session, ctx, hearing, row):
        raise NotFound
    if join_sessions.others(session, row.id, digest(keys.token(row.id, row.credential_version, device))):
        _alert_second_device(session, ctx, row)
        _shut_out(session, ctx, row, EventKind.LINK_SECOND_DEVICE, LinkEvent.LEAVE)
    token = keys.token(row.id, row.credential_version, device)
    join_sessions.open_one(session, ctx, row, digest(token), digest(device))
    if row.part in MODERATORS:
        row.identified_by, row.identified_at = ctx.actor.id, row.identified_at or ctx.now
    if lobby_is_open(hearing.state, live.slot(session, hearing), ctx.now):
        _arrive(session, ctx, row)
    return Joined(links.value(row), token)


def authenticate(session: Session, ctx: Context, token: str) -> Actor:
    """Who holds a join token. Raises NotFound for none, a revoked one, or one of a hearing long over."""
    link_id = join_sessions.holder(session, digest(token))
    if link_id is None:
        raise NotFound
    link = links.get(session, ctx, link_id)
    if _is_over(session, ctx, link.hearing_id):
        raise NotFound
    return Actor(ActorKind.LINK, id=link.id, name=link.label, link_id=link.id)


def arrive(session: Session, ctx: Context) -> Link:
    """The participant's device is at the door: into the lobby when that is open, or back to their place."""
    own = _own(session, ctx)
    hearing = hearings.visible(session, ctx, own.hearing_id, lock=True)
    row = links.row(session, own.id)
    if lobby_is_open(hearing.state, live.slot(session, hearing), ctx.now):
        _arrive(session, ctx, row)
        row.left_at = None
    return links.value(row)


def heartbeat(session: Session, ctx: Context, token: str) -> None:
    """The device is still there. Presence is derived from this and changes nothing else."""
    join_sessions.seen(session, digest(token))


def leave(session: Session, ctx: Context) -> Link:
    """The participant leaves of their own accord, and may come back to the same place within the slot."""
    row, _ = links.own(session, ctx)
    consulting.depart(session, ctx, row)
    if row.left_at is None:
        row.left_at = ctx.now
        row.version += 1
        links.record(session, ctx, EventKind.LINK_LEFT, row)
    return links.value(row)


def identify(session: Session, ctx: Context, link_id: UUID) -> Link:
    """Somebody of the court confirms who is at this device."""
    row, _ = links.in_charge_of(session, ctx, link_id)
    if row.admission not in (Admission.WAITING, Admission.ADMITTED):
        raise WrongState("This person is not in the lobby, so you cannot confirm who they are.")
    if row.identified_at is None:
        row.identified_by, row.identified_at = ctx.actor.id, ctx.now
        row.version += 1
        links.record(session, ctx, EventKind.LINK_IDENTIFIED, row)
    return links.value(row)


def admit(session: Session, ctx: Context, link_id: UUID) -> Link:
    """Let one person of the lobby into the hearing.

    Needs, at the moment it executes: a hearing whose lobby is open or which runs, an identity confirmed, and
    for a remote person a live-link direction in force (Criminal Justice Act 2003 s.51; observers s.85A of
    the Courts Act 2003). Raises NotOpen, NotIdentified, NoDirection.
    """
    row, hearing = links.in_charge_of(session, ctx, link_id)
    if hearing.state not in LIVE:
        raise NotOpen
    if row.admission is Admission.ADMITTED:
        return links.value(row)
    rules.after(row.admission, LinkEvent.ADMIT)  # whether they wait at all comes before what they lack
    if row.identified_at is None:
        raise NotIdentified
    if row.remote and row.id not in links.directed(session, row.hearing_id):
        raise NoDirection
    _admit(session, ctx, row)
    return links.value(row)


def refuse(session: Session, ctx: Context, link_id: UUID) -> Link:
    """Turn away a person who waits; they need a fresh link to come back."""
    row, _ = links.in_charge_of(session, ctx, link_id)
    _shut_out(session, ctx, row, EventKind.LINK_REFUSED, LinkEvent.REFUSE)
    return links.value(row)


def send_back(session: Session, ctx: Context, link_id: UUID) -> Link:
    """Back to the lobby: their sound and picture end at once, and they may be let in again."""
    row, _ = links.in_charge_of(session, ctx, link_id)
    if row.part in MODERATORS:
        raise Conflict("The court's own device does not wait in the lobby. Remove it instead.")
    row.admission = rules.after(row.admission, LinkEvent.LEAVE)
    _to_the_lobby(session, ctx, row)
    row.version += 1
    links.bump(session, row.hearing_id)
    links.record(session, ctx, EventKind.LINK_SENT_BACK, row)
    return links.value(row)


def remove(session: Session, ctx: Context, link_id: UUID) -> Link:
    """Out of the hearing: media, join session and credential end together."""
    row, _ = links.in_charge_of(session, ctx, link_id)
    _shut_out(session, ctx, row, EventKind.LINK_REMOVED, LinkEvent.REMOVE)
    return links.value(row)


def disconnect(session: Session, ctx: Context, link_id: UUID) -> Link:
    """Custody staff end what plays in their own room: its device is out, and must be let in again.

    Raises NotFound for a room that is not theirs.
    """
    hearing = hearings.visible(session, ctx, links.get(session, ctx, link_id).hearing_id, lock=True)
    row = links.row(session, link_id)
    if row.revoked or row.part in MODERATORS or not _is_theirs(session, ctx, hearing, row):
        raise NotFound
    _shut_out(session, ctx, row, EventKind.LINK_LEFT, LinkEvent.LEAVE)
    row.left_at = ctx.now
    return links.value(row)


def enforce_directions(session: Session, ctx: Context, hearing_id: UUID) -> tuple[UUID, ...]:
    """Send back to the lobby every remote person whose direction no longer stands; says whom."""
    standing = links.directed(session, hearing_id)
    gone = []
    for link in links.of_hearing(session, ctx, hearing_id):
        if link.remote and link.admission is Admission.ADMITTED and link.id not in standing:
            send_back(session, ctx, link.id)
            gone.append(link.id)
    return tuple(gone)


def issue(session: Session, ctx: Context, hearing_id: UUID, part: Part, label: str) -> Link:
    """Make a link for somebody who is not booked as a person or room. Raises Invalid naming the field."""
    hearing = _issuing(session, ctx, hearing_id)
    label = " ".join(label.split())
    wrong = []
    if part not in ISSUED:
        wrong.append(FieldError("part", "Choose which part they take"))
    if not label:
        wrong.append(FieldError("label", "Enter the name that others in the hearing will see"))
    elif len(label) > LABEL_LENGTH or not label.isprintable():
        wrong.append(FieldError("label", f"The name must be {LABEL_LENGTH} characters or fewer"))
    if wrong:
        raise NotAWord(errors=wrong)
    issued = links.ensure(session, ctx, hearing_id, part, label)
    screens.follow(session, ctx, hearing)
    screens.put_up(session, ctx, hearing)
    return issued


def known_people(session: Session, ctx: Context, hearing_id: UUID) -> tuple[Place, ...]:
    """Those who may be given their part by name, because they sign in here themselves."""
    hearing = _issuing(session, ctx, hearing_id, lock=False)
    near = calendar.bookable(session, ctx, hearing.court_id)
    return tuple(place for place in near if place.person in PART_OF)


def issue_to(session: Session, ctx: Context, hearing_id: UUID, person_id: UUID) -> Link:
    """The link of one of `known_people`: they find the hearing on their own page, and need no credential."""
    hearing = _issuing(session, ctx, hearing_id)
    person = next((each for each in known_people(session, ctx, hearing_id) if each.id == person_id), None)
    if person is None or person.person is None:
        raise NotAWord(errors=[FieldError("person", "Choose somebody of your area")])
    issued = links.ensure(
        session,
        ctx,
        hearing_id,
        PART_OF[person.person],
        person.name,
        person_id=person.id,
        organisation_id=person.organisation_id,
    )
    screens.follow(session, ctx, hearing)
    screens.put_up(session, ctx, hearing)
    return issued


def clerk_link(session: Session, ctx: Context, hearing_id: UUID) -> Link:
    """The link by which the asker, of the court's staff, sits in this hearing themselves."""
    links.check_runs(session, ctx, hearing_id)
    return links.ensure(session, ctx, hearing_id, Part.CLERK, ctx.actor.name or "Court staff", remote=False)


def copied(session: Session, ctx: Context, link_id: UUID) -> Link:
    """The link whose credential is about to be shown to the asker; the showing is written down."""
    row = _issued(session, ctx, link_id)
    links.record(session, ctx, EventKind.LINK_COPIED, row)
    return links.value(row)


def reissue(session: Session, ctx: Context, link_id: UUID) -> Link:
    """A fresh credential: the old one and every device that used it are out, and must be let in again."""
    row = _issued(session, ctx, link_id)
    _shut_out(session, ctx, row, EventKind.LINK_REVOKED, LinkEvent.LEAVE, reissued=True)
    return links.value(row)


def revoke(session: Session, ctx: Context, link_id: UUID) -> Link:
    """The link is no longer a way in, and never will be."""
    row = _issued(session, ctx, link_id)
    if row.part is Part.BENCH:
        raise Conflict("The bench's own link cannot be taken away.")
    _shut_out(session, ctx, row, EventKind.LINK_REVOKED, LinkEvent.REMOVE)
    row.revoked = True
    return links.value(row)


def _is_over(session: Session, ctx: Context, hearing_id: UUID) -> bool:
    hearing = hearings.row(session, hearing_id)
    return rules.way_is_over(hearing.state, live.slot(session, hearing), hearing.ended_at, ctx.now)


def _own(session: Session, ctx: Context) -> Link:
    if ctx.actor.link_id is None:
        raise Forbidden
    return links.get(session, ctx, ctx.actor.link_id)


def _issuing(session: Session, ctx: Context, hearing_id: UUID, *, lock: bool = True) -> Hearing:
    hearing = hearings.visible(session, ctx, hearing_id, lock=lock)
    if not (ctx.actor.everywhere or hearing.court_id in ctx.actor.scope):
        raise Forbidden
    ctx.require(Permission.ISSUE_LINKS)
    if hearing.state in FINISHED:
        raise WrongState("This hearing is over, so its links cannot be changed.")
    return hearing


def _issued(session: Session, ctx: Context, link_id: UUID) -> LinkRow:
    _issuing(session, ctx, links.get(session, ctx, link_id).hearing_id)
    row = links.row(session, link_id)
    if row.revoked:
        raise NotFound
    return row


def _is_theirs(session: Session, ctx: Context, hearing: Hearing, row: LinkRow) -> bool:
    """Whether a signed-in person may take this link without a credential."""
    actor = ctx.actor
    if actor.kind is not ActorKind.USER:
        return False
    if row.part in MODERATORS:
        return actor.may(Permission.RUN_HEARING) and hearing.court_id in actor.scope
    if row.person_id is not None:
        return row.person_id == actor.person_id
    owner = links.room_owner(session, row)
    return owner is not None and owner in actor.scope and actor.may(Permission.RUN_CUSTODY)


def _arrive(session: Session, ctx: Context, row: LinkRow) -> None:
    arrived = rules.after(row.admission, LinkEvent.ARRIVE)
    if arrived is not row.admission:
        row.admission, row.arrived_at = arrived, ctx.now
        row.version += 1
        links.record(session, ctx, EventKind.LINK_ARRIVED, row)
    # The court is not let in by anybody else: it has signed in, which is its authority.
    if row.part in MODERATORS and row.identified_at is not None and arrived is Admission.WAITING:
        _admit(session, ctx, row)


def _admit(session: Session, ctx: Context, row: LinkRow) -> None:
    """Into the hearing, or once their consultation is over. A witness waits there to be called."""
    row.admission = rules.after(row.admission, LinkEvent.ADMIT)
    row.admitted_at, row.called_at, row.released_at = ctx.now, None, None
    if consultation_of(row.place) is None:
        move(session, ctx, row, HEARING)
    else:
        row.back_to = HEARING
    row.version += 1
    links.bump(session, row.hearing_id)
    links.record(session, ctx, EventKind.LINK_ADMITTED, row)


def _shut_out(
    session: Session, ctx: Context, row: LinkRow, kind: EventKind, event: LinkEvent, **data: Any
) -> None:
    """End a link's credential and sessions, and take it out of the hearing if it stands in it.

    Refusing and removing are for people who are there; taking a link from someone who is not (a fresh
    credential, a revocation) leaves their admission as it is.
    """
    must = event is LinkEvent.REFUSE or kind is EventKind.LINK_REMOVED
    if must or (row.admission, event) in rules.TRANSITIONS:
        row.admission = rules.after(row.admission, event)
    _to_the_lobby(session, ctx, row)
    row.identified_by = row.identified_at = None
    if event in {LinkEvent.REFUSE, LinkEvent.REMOVE} and row.left_at is None:
        row.left_at = ctx.now  # their time on the link is over, not only at the hearing's end
    links.revoke(session, ctx, row, kind, **data)


def _to_the_lobby(session: Session, ctx: Context, row: LinkRow) -> None:
    """Out of any room; a consultation that cannot be without them ends."""
    consulting.depart(session, ctx, row, LOBBY)
    move(session, ctx, row, LOBBY)


def _alert_second_device(session: Session, ctx: Context, row: LinkRow) -> None:
    """Tell the court, once for as long as nobody has looked at it."""
    live.report(session, ctx, row, "second_device")
