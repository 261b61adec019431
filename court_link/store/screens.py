"""Screens between links: who does not see, or hear, whom in any room of a hearing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import product

from sqlmodel import col, select

from court_link.domain import measures
from court_link.domain.context import Context
from court_link.domain.events import EventKind
from court_link.domain.measures import Help
from court_link.domain.roles import Part
from court_link.domain.rooms import WITNESSES
from court_link.store import Session, events, links
from court_link.store.tables import Hearing, Link, Screen

ORDERED_BY = "Special measures"


def put_up(session: Session, ctx: Context, hearing: Hearing) -> None:
    """Put up the screens of a hearing's special measures, as far as its links are made.

    A witness with screens and each defendant do not see each other (Youth Justice and Criminal Evidence Act
    1999 s.23); they go on hearing each other. A measure and a link are of the same person when they have the
    same name. A screen that stands already stays as it is.
    """
    screened = {
        each.whom.casefold()
        for each in measures.read(hearing.measures)
        if each.help is Help.SCREENS and each.whom
    }
    if not screened:
        return
    session.flush()
    rows = session.exec(
        select(Link).where(Link.hearing_id == hearing.id, col(Link.revoked).is_(False)).order_by(col(Link.id))
    ).all()
    standing = set(
        session.exec(select(Screen.source_id, Screen.receiver_id).where(Screen.hearing_id == hearing.id))
    )
    _add(
        session,
        ctx,
        hearing,
        [
            Screen(source_id=source.id, receiver_id=to.id, hearing_id=hearing.id, ordered_by=ORDERED_BY)
            for source, to in _pairs(rows, screened)
            if (source.id, to.id) not in standing
        ],
        by="special_measures",
    )


def follow(session: Session, ctx: Context, hearing: Hearing) -> None:
    """Screens of a link that is revoked become those of whoever has come in its place.

    They are of the person, and not of the link: a defendant who is moved to another custody room is screened
    there too. Where it cannot be told which of several it is, all of them are screened until the court lifts
    what is too much.
    """
    session.flush()
    stood = session.exec(select(Screen).where(Screen.hearing_id == hearing.id)).all()
    if not stood:
        return
    rows = session.exec(select(Link).where(Link.hearing_id == hearing.id).order_by(col(Link.id))).all()
    by_id = {row.id: row for row in rows}
    pairs = {(each.source_id, each.receiver_id) for each in stood}
    new = []
    for each in stood:
        sources, receivers = (_now(by_id[party], rows) for party in (each.source_id, each.receiver_id))
        for pair in product((row.id for row in sources), (row.id for row in receivers)):
            if pair not in pairs:
                pairs.add(pair)
                facts = each.model_dump(exclude={"source_id", "receiver_id"})
                new.append(Screen(source_id=pair[0], receiver_id=pair[1], **facts))
    _add(session, ctx, hearing, new, by="moved")


def _now(link: Link, every: Sequence[Link]) -> list[Link]:
    """The link while it stands, else those of later ones that may be of the same person."""
    if not link.revoked:
        return [link]
    later = [each for each in every if each.id > link.id and not each.revoked and each.part is link.part]
    return [
        each
        for each in later
        if each.person_id == link.person_id
        and (each.label == link.label or (each.room_id is not None and link.room_id is not None))
    ]


def _add(session: Session, ctx: Context, hearing: Hearing, new: Sequence[Screen], *, by: str) -> None:
    session.add_all(new)
    session.flush()
    if new:
        links.bump(session, hearing.id)
        events.record(
            session,
            ctx,
            EventKind.SCREEN_CHANGED,
            hearing_id=hearing.id,
            organisation_id=hearing.court_id,
            subject_id=hearing.id,
            data={"by": by, "count": len(new)},
        )


def _pairs(links: Sequence[Link], screened: Collection[str]) -> Iterator[tuple[Link, Link]]:
    """(whom, from whom): both ways between each screened witness and each defendant."""
    witnesses = [each for each in links if each.part in WITNESSES and each.label.casefold() in screened]
    for witness in witnesses:
        for defendant in links:
            if defendant.part is Part.DEFENDANT:
                yield witness, defendant
                yield defendant, witness
