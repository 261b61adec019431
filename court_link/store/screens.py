"""Screens between links: who does not see, or hear, whom in any room of a hearing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

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
    new = [pair for pair in _pairs(rows, screened) if (pair[0].id, pair[1].id) not in standing]
    session.add_all(
        Screen(source_id=source.id, receiver_id=to.id, hearing_id=hearing.id, ordered_by=ORDERED_BY)
        for source, to in new
    )
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
            data={"by": "special_measures", "count": len(new)},
        )


def _pairs(links: Sequence[Link], screened: Collection[str]) -> Iterator[tuple[Link, Link]]:
    """(whom, from whom): both ways between each screened witness and each defendant."""
    witnesses = [each for each in links if each.part in WITNESSES and each.label.casefold() in screened]
    for witness in witnesses:
        for defendant in links:
            if defendant.part is Part.DEFENDANT:
                yield witness, defendant
                yield defendant, witness
