"""Exhibits: a document, or a participant's screen, that chosen people see when the court permits it.

A participant offers a document; nobody else sees it until somebody of the court permits it and says to whom
it is shown. Content is checked by what it is, not by what it is said to be; every reading is written down;
and it is destroyed when it has been kept long enough.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from court_link.domain.context import ActorKind, Context
from court_link.domain.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Stale, WrongState
from court_link.domain.events import EventKind
from court_link.domain.link import Link
from court_link.domain.roles import Part
from court_link.domain.rooms import Grant, grants, takes_part
from court_link.domain.standing import Exhibit, Standing, shown_to
from court_link.media.arrangement import present
from court_link.store import Session, events, hearings, links, rooms
from court_link.store.tables import Exhibit as ExhibitRow

LARGEST = 5 * 1024 * 1024
TITLE_LENGTH = 80
#: Of one participant in one hearing, not withdrawn.
MOST = 20
#: An exhibit is destroyed so long after it was offered: the case file is where evidence is kept.
KEPT_FOR = timedelta(days=28)
#: How each kind of document begins (ISO 32000-2 7.5.2; PNG 5.2, W3C; JPEG, ITU T.81 B.1.1.3).
KINDS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
#: Who never offers anything: they are there to watch.
_WATCH = frozenset({Part.OBSERVER})


class NotADocument(Invalid):
    """Choose a PDF, PNG or JPEG file of 5 MB or less."""


class TooMany(Conflict):
    """You have offered as many documents as one person may. Withdraw one first."""


class NotGranted(Forbidden):
    """The court has not permitted you to share your screen."""


class AlreadyShared(Conflict):
    """Somebody else shares their screen. They must stop first."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a document is made of."""

    exhibit: Exhibit
    body: bytes


def kind_of(body: bytes) -> str:
    """The media type of a document, by its content. Raises NotADocument."""
    found = next((kind for start, kind in KINDS.items() if body.startswith(start)), None)
    if found is None or len(body) > LARGEST:
        raise NotADocument(errors=[FieldError("file", "Choose a PDF, PNG or JPEG file of 5 MB or less")])
    return found


def offer(session: Session, ctx: Context, hearing_id: UUID, title: str, body: bytes) -> Exhibit:
    """Offer a document to the court. Nobody but the court and its presenter sees it until it is permitted.

    Raises NotADocument and Invalid naming the field, TooMany, WrongState for somebody who is not let in,
    NotFound for another hearing than their own.
    """
    me = links.value(links.own(session, ctx)[0])
    if me.hearing_id != hearing_id:
        raise NotFound
    title = " ".join(title.split())
    if not title or len(title) > TITLE_LENGTH or not title.isprintable():
        raise Invalid(errors=[FieldError("title", f"Enter a title of {TITLE_LENGTH} characters or fewer")])
    media_type = kind_of(body)
    if me.part in _WATCH:
        raise Forbidden
    if not me.in_hearing:
        raise WrongState("You can offer a document once you have been let into the hearing.")
    own = [each for each in rooms.exhibits(session, me.hearing_id) if each.source == me.id]
    if len(own) >= MOST:
        raise TooMany
    return _add(session, ctx, me, title, media_type, body)


def visible(session: Session, ctx: Context, hearing_id: UUID) -> tuple[Exhibit, ...]:
    """The exhibits of a hearing that the asker may see now: all for those who run it, else those shown
    to them, and their own."""
    hearing = hearings.visible(session, ctx, hearing_id)
    standing = rooms.standing(session, ctx, hearing)
    if ctx.actor.kind is not ActorKind.LINK:
        links.check_runs(session, ctx, hearing_id, lock=False)
        return standing.exhibits
    me = standing.link(ctx.actor.link_id) if ctx.actor.link_id else None
    return seen_by(standing, me) if me else ()


def seen_by(standing: Standing, me: Link) -> tuple[Exhibit, ...]:
    """The exhibits that a participant may see now: what is shown to them, and their own; the court all.

    To whom else something is shown is for the court and its presenter to know.
    """
    if not me.in_hearing or me not in present(standing):
        return ()
    if me.moderates:
        return standing.exhibits
    return tuple(
        each if each.source == me.id else replace(each, shown_to=frozenset({me.id}))
        for each in standing.exhibits
        if each.source == me.id or shown_to(each, me)
    )


def get(session: Session, ctx: Context, exhibit_id: UUID) -> Exhibit:
    """What an exhibit is, for whoever may see it at this moment. Raises NotFound as for an absent one."""
    row = rooms.exhibit_row(session, exhibit_id, lock=False)
    found = [each for each in visible(session, ctx, row.hearing_id) if each.id == exhibit_id]
    if not found:
        raise NotFound
    return found[0]


def read(session: Session, ctx: Context, exhibit_id: UUID) -> Content:
    """A document's content, for whoever may see it at this moment; the reading is written down.

    Raises NotFound exactly as for an absent one.
    """
    exhibit = get(session, ctx, exhibit_id)
    body = rooms.exhibit_row(session, exhibit_id, lock=False).content
    if body is None:
        raise NotFound
    _record(session, ctx, EventKind.EXHIBIT_READ, exhibit)
    return Content(exhibit, body)


def permit(
    session: Session,
    ctx: Context,
    exhibit_id: UUID,
    to: Collection[UUID],
    *,
    version: int | None = None,
) -> Exhibit:
    """Permit an exhibit, and show it to these people of the hearing and to nobody else."""
    row = _for_the_court(session, ctx, exhibit_id, version)
    known = {link.id for link in links.of_hearing(session, ctx, row.hearing_id)}
    if not to:
        raise Invalid(errors=[FieldError("links", "Choose who is to see it")])
    if not set(to) <= known:
        raise NotFound
    shown = sorted(str(each) for each in set(to) - {row.source_id})
    return _change(session, ctx, row, shown, act="shown", to=shown)


def hide(session: Session, ctx: Context, exhibit_id: UUID, *, version: int | None = None) -> Exhibit:
    """Nobody sees the exhibit any more, until the court shows it again."""
    row = _for_the_court(session, ctx, exhibit_id, version)
    return _change(session, ctx, row, [], act="hidden")


def withdraw(session: Session, ctx: Context, exhibit_id: UUID, *, version: int | None = None) -> Exhibit:
    """Take an exhibit away for good, by its presenter or the court; its content is destroyed."""
    if ctx.actor.link_id == rooms.exhibit_row(session, exhibit_id, lock=False).source_id:
        links.own(session, ctx)
        row = rooms.exhibit_row(session, exhibit_id)
        _check(row, version)
    else:
        row = _for_the_court(session, ctx, exhibit_id, version)
    return _withdraw(session, ctx, row)


def share(session: Session, ctx: Context, *, on: bool) -> UUID:
    """Share one's own screen with the hearing, or stop.

    Everybody who takes part sees it, until the court shows it to some of them alone. Raises NotGranted
    without the court's permission, AlreadyShared while another's is shared. Answers the hearing.
    """
    row, hearing = links.own(session, ctx)
    me = links.value(row)
    if not on:
        stop_sharing(session, ctx, me)
        return me.hearing_id
    if Grant.SCREEN not in grants(me) or not (me.in_hearing and takes_part(me)):
        raise NotGranted
    standing = rooms.standing(session, ctx, hearing)
    shared = standing.sharing
    if shared is not None and shared.source != me.id:
        raise AlreadyShared
    if shared is None:
        exhibit = _add(session, ctx, me, f"Screen of {me.label}"[:TITLE_LENGTH], "", None)
        others = sorted(str(link.id) for link in standing.links if link.id != me.id)
        _change(session, ctx, rooms.exhibit_row(session, exhibit.id), others, act="shared")
    return me.hearing_id


def stop_sharing(session: Session, ctx: Context, link: Link) -> None:
    """What a link shares of its screen, if it does, is gone. The caller holds the hearing's lock."""
    for each in rooms.exhibits(session, link.hearing_id):
        if each.live and each.source == link.id:
            _withdraw(session, ctx, rooms.exhibit_row(session, each.id))


def destroy_old(session: Session, ctx: Context) -> int:
    """Destroy what has been kept long enough, some at a time; says how many."""
    rows = rooms.exhibits_before(session, ctx.now - KEPT_FOR, 50)
    for row in rows:
        row.content, row.title = None, ""
        row.withdrawn_at = row.withdrawn_at or ctx.now
        row.version += 1
        _record(session, ctx, EventKind.EXHIBIT_CHANGED, rooms.exhibit(row), act="destroyed")
    return len(rows)


def _for_the_court(session: Session, ctx: Context, exhibit_id: UUID, version: int | None) -> ExhibitRow:
    """An exhibit that is not withdrawn, locked after its hearing, for somebody who runs it."""
    links.check_runs(session, ctx, rooms.exhibit_row(session, exhibit_id, lock=False).hearing_id)
    row = rooms.exhibit_row(session, exhibit_id)
    _check(row, version)
    return row


def _check(row: ExhibitRow, version: int | None) -> None:
    if row.withdrawn_at is not None:
        raise NotFound
    if version is not None and version != row.version:
        raise Stale


def _add(
    session: Session, ctx: Context, me: Link, title: str, media_type: str, body: bytes | None
) -> Exhibit:
    row = ExhibitRow(
        hearing_id=me.hearing_id,
        source_id=me.id,
        title=title,
        media_type=media_type,
        content=body,
        made_at=ctx.now,
    )
    session.add(row)
    session.flush()
    links.bump(session, me.hearing_id)  # so that every page looks again
    exhibit = rooms.exhibit(row)
    if body is not None:
        _record(session, ctx, EventKind.EXHIBIT_CHANGED, exhibit, act="offered", media_type=media_type)
    return exhibit


def _change(
    session: Session, ctx: Context, row: ExhibitRow, shown: list[str], *, act: str, **data: list[str]
) -> Exhibit:
    if shown and row.permitted_at is None:
        row.permitted_at, row.permitted_by = ctx.now, ctx.actor.id
    row.shown_to = shown
    row.version += 1
    links.bump(session, row.hearing_id)
    _record(session, ctx, EventKind.EXHIBIT_CHANGED, rooms.exhibit(row), act=act, **data)
    return rooms.exhibit(row)


def _withdraw(session: Session, ctx: Context, row: ExhibitRow) -> Exhibit:
    row.withdrawn_at, row.content = ctx.now, None
    return _change(session, ctx, row, [], act="withdrawn")


def _record(
    session: Session, ctx: Context, kind: EventKind, exhibit: Exhibit, **data: str | list[str]
) -> None:
    events.record(
        session,
        ctx,
        kind,
        hearing_id=exhibit.hearing_id,
        subject_id=exhibit.source,
        data={"exhibit": str(exhibit.id), **data},
    )
