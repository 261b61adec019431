"""What the court lets each participant send, whom it calls, and to whom an interpreter speaks.

A grant taken away is a lock: the participant cannot take it back, whatever their page says, because the
engine passes nothing on that is not granted. What a participant switches off themselves is their page's own
affair.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import Conflict, Forbidden, NotFound, WrongState
from court_link.domain.events import EventKind
from court_link.domain.link import HEARING, Admission, Link
from court_link.domain.roles import Part
from court_link.domain.rooms import GRANTS, WITNESSES, Grant
from court_link.media import exhibits
from court_link.store import Session, links, rooms
from court_link.store.tables import Link as LinkRow


class TheCourtsOwn(Conflict):
    """The court's own sound and picture are its own to switch off."""


class NotAWitness(Conflict):
    """Only witnesses and officers are called and released. Everybody else takes part from the beginning."""


class OnlyObserves(Conflict):
    """An observer never sends sound or picture."""


class NotInterpreting(Forbidden):
    """Only an interpreter can speak to one person alone, and only to somebody they interpret for."""


def mute(session: Session, ctx: Context, link_id: UUID) -> Link:
    """Their microphone is off in the hearing until the court allows it again."""
    return _give(session, ctx, link_id, without=Grant.MICROPHONE)


def unmute(session: Session, ctx: Context, link_id: UUID) -> Link:
    """They may speak in the hearing again."""
    return _give(session, ctx, link_id, Grant.MICROPHONE)


def stop_video(session: Session, ctx: Context, link_id: UUID) -> Link:
    """Their picture is off in the hearing until the court allows it again."""
    return _give(session, ctx, link_id, without=Grant.CAMERA)


def allow_video(session: Session, ctx: Context, link_id: UUID) -> Link:
    """They may be seen in the hearing again."""
    return _give(session, ctx, link_id, Grant.CAMERA)


def allow_screen(session: Session, ctx: Context, link_id: UUID) -> Link:
    """They may share their screen in the hearing."""
    return _give(session, ctx, link_id, Grant.SCREEN)


def stop_screen(session: Session, ctx: Context, link_id: UUID) -> Link:
    """They may not share their screen any more; what they share is gone at once."""
    return _give(session, ctx, link_id, without=Grant.SCREEN)


def grant(session: Session, ctx: Context, link_id: UUID, wanted: Collection[Grant]) -> Link:
    """Say the whole of what a participant may do in the hearing."""
    row, _ = links.in_charge_of(session, ctx, link_id)
    _write(session, ctx, row, frozenset(wanted))
    return links.value(row)


def mute_all(session: Session, ctx: Context, hearing_id: UUID) -> tuple[Link, ...]:
    """Nobody in the hearing but the court itself is heard until the court allows it; says who was muted."""
    links.check_runs(session, ctx, hearing_id)
    muted = []
    for link in links.of_hearing(session, ctx, hearing_id):
        if link.in_hearing and not link.moderates and Grant.MICROPHONE in _held(link):
            row = links.row(session, link.id)
            _write(session, ctx, row, _held(link) - {Grant.MICROPHONE})
            muted.append(links.value(row))
    return tuple(muted)


def call(session: Session, ctx: Context, link_id: UUID) -> Link:
    """Call a witness to give evidence: from now on they hear the hearing and are heard."""
    row, _ = _witness(session, ctx, link_id)
    if row.called_at is None or row.released_at is not None:
        row.called_at, row.released_at = ctx.now, None
        _changed(session, ctx, row, EventKind.LINK_CALLED)
    return links.value(row)


def release(session: Session, ctx: Context, link_id: UUID) -> Link:
    """Release a witness: they are needed no more, and hear and are heard no more."""
    row, _ = _witness(session, ctx, link_id)
    if row.called_at is None:
        raise WrongState("This person has not been called, so they cannot be released.")
    if row.released_at is None:
        row.released_at = ctx.now
        _changed(session, ctx, row, EventKind.LINK_RELEASED)
    return links.value(row)


def whisper(session: Session, ctx: Context, to: UUID | None) -> Link:
    """The interpreter is heard by this one person alone, or by everybody in the room again (None).

    It ends by itself when they move to another room. Raises NotInterpreting for anybody else than somebody
    they interpret for, NotFound for somebody who is not in the same room.
    """
    row, hearing = links.own(session, ctx)
    if row.part is not Part.INTERPRETER:
        raise NotInterpreting
    if to is not None:
        standing = rooms.standing(session, ctx, hearing)
        me, other = standing.link(row.id), standing.link(to)
        if me is None or other is None or other.place != me.place:
            raise NotFound("This person is not in the room with you.")
        if to not in standing.ties.get(row.id, frozenset()):
            raise NotInterpreting
    if row.whisper_to != to:
        row.whisper_to = to
        _changed(session, ctx, row, EventKind.LINK_WHISPERS, to=str(to or ""))
    return links.value(row)


def _witness(session: Session, ctx: Context, link_id: UUID) -> tuple[LinkRow, Link]:
    row, _ = links.in_charge_of(session, ctx, link_id)
    if row.part not in WITNESSES:
        raise NotAWitness
    if row.admission is not Admission.ADMITTED or row.place != HEARING:
        raise WrongState("Let this person into the hearing first.")
    return row, links.value(row)


def _held(link: Link) -> frozenset[Grant]:
    return GRANTS[link.part] if link.grants is None else frozenset(map(Grant, link.grants))


def _give(session: Session, ctx: Context, link_id: UUID, *given: Grant, without: Grant | None = None) -> Link:
    row, _ = links.in_charge_of(session, ctx, link_id)
    _write(session, ctx, row, (_held(links.value(row)) | frozenset(given)) - {without})
    return links.value(row)


def _write(session: Session, ctx: Context, row: LinkRow, wanted: frozenset[Grant]) -> None:
    link = links.value(row)
    if link.moderates:
        raise TheCourtsOwn
    if link.part is Part.OBSERVER and not wanted <= GRANTS[Part.OBSERVER]:
        raise OnlyObserves
    if wanted == _held(link):
        return
    if Grant.SCREEN not in wanted:
        exhibits.stop_sharing(session, ctx, link)
    row.grants = None if wanted == GRANTS[link.part] else sorted(wanted)
    _changed(session, ctx, row, EventKind.LINK_GRANTED, grants=sorted(wanted))


def _changed(session: Session, ctx: Context, row: LinkRow, kind: EventKind, **data: str | list[str]) -> None:
    row.version += 1
    links.bump(session, row.hearing_id)
    links.record(session, ctx, kind, row, **data)
