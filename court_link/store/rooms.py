"""Rooms that keep people apart: consultations, ties, screens, exhibits, and all of them as they stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import defer
from sqlmodel import col, delete, select

from court_link.domain import rooms as rules
from court_link.domain.context import Context
from court_link.domain.link import Link
from court_link.domain.rooms import SETTLES_WITHIN, may_be_private
from court_link.domain.standing import (
    Consultation,
    Exhibit,
    Recording,
    Screen,
    Standing,
    acts_for,
    standing_ones,
    tied,
    where_they_are,
)
from court_link.store import Session, links, live
from court_link.store.rows import locked, present
from court_link.store.tables import Consultation as ConsultationRow
from court_link.store.tables import Exhibit as ExhibitRow
from court_link.store.tables import Hearing, JoinSession, Tie
from court_link.store.tables import Link as LinkRow
from court_link.store.tables import Recording as RecordingRow
from court_link.store.tables import Screen as ScreenRow

#: Moves older than this are of devices that never come back to say that they have stopped.
_FORGOTTEN = timedelta(days=1)


def standing(session: Session, ctx: Context, hearing: Hearing) -> Standing:
    """A hearing as it stands at `ctx.now`."""
    written = links.of_hearing(session, ctx, hearing.id)
    said, agreed = _ties(session, hearing.id)
    private = may_be_private(hearing.state, live.slot(session, hearing), hearing.ended_at, ctx.now)
    ties = tied(written, said)
    consultations = standing_ones(
        _open(session, hearing.id),
        written,
        ctx.now,
        private=private,
        acting=acts_for(written, ties),
        agreed=agreed,
    )
    people = where_they_are(written, consultations, ctx.now)
    return Standing(
        hearing_id=hearing.id,
        version=live.room(session, hearing.id).version,
        state=hearing.state,
        links=people,
        directions=links.directed(session, hearing.id),
        ties=ties,
        agreed=agreed,
        screens=screens(session, hearing.id),
        consultations=consultations,
        private=private,
        exhibits=exhibits(session, hearing.id),
        recording=recording(session, hearing.id),
    )


def _open(session: Session, hearing_id: UUID) -> tuple[Consultation, ...]:
    rows = session.exec(
        select(ConsultationRow)
        .where(ConsultationRow.hearing_id == hearing_id, col(ConsultationRow.closed_at).is_(None))
        .order_by(col(ConsultationRow.id))
    )
    return tuple(map(consultation, rows))


def open_consultations(session: Session, hearing_id: UUID) -> tuple[UUID, ...]:
    """The consultations of a hearing that nobody has closed, oldest first."""
    return tuple(each.id for each in _open(session, hearing_id))


def consultation(row: ConsultationRow) -> Consultation:
    """The frozen value of a row."""
    return Consultation(row.id, row.hearing_id, row.opened_at, row.closes_at, row.closed_at)


def consultation_row(session: Session, consultation_id: UUID) -> ConsultationRow:
    """One consultation, locked. Raises NotFound. The caller has locked its hearing."""
    return locked(session, ConsultationRow, consultation_id)


def hearing_of(session: Session, consultation_id: UUID) -> UUID:
    """The hearing that a consultation is of. Raises NotFound."""
    return present(session, ConsultationRow, consultation_id).hearing_id


def with_open_consultations(session: Session) -> tuple[UUID, ...]:
    """The hearings that have a consultation which nobody has closed."""
    rows = session.exec(
        select(ConsultationRow.hearing_id).where(col(ConsultationRow.closed_at).is_(None)).distinct()
    )
    return tuple(rows)


def written_inside(session: Session, consultation_id: UUID) -> tuple[LinkRow, ...]:
    """The links written down as in a consultation, locked, revoked ones too, in the order of their ids."""
    rows = session.exec(
        select(LinkRow)
        .where(LinkRow.place == rules.consultation(consultation_id))
        .where(
            LinkRow.hearing_id
            == select(ConsultationRow.hearing_id)
            .where(ConsultationRow.id == consultation_id)
            .scalar_subquery()
        )
        .order_by(col(LinkRow.id))
        .with_for_update()
    )
    return tuple(rows)


def unsettled(session: Session, now: datetime) -> tuple[UUID, ...]:
    """The links that moved long enough ago and have no page that could say that their device has stopped.

    An encoder never opens the hearing's socket, which is what a page does.
    """
    paged = (
        select(JoinSession.id)
        .where(JoinSession.link_id == LinkRow.id, col(JoinSession.revoked_at).is_(None))
        .where(col(JoinSession.page).is_not(None))
    )
    rows = session.exec(
        select(LinkRow.id)
        .where(col(LinkRow.settled) < col(LinkRow.moves), col(LinkRow.revoked).is_(False))
        .where(col(LinkRow.moved_at) <= now - SETTLES_WITHIN, col(LinkRow.moved_at) > now - _FORGOTTEN)
        .where(~paged.exists())
    )
    return tuple(rows)


def write_moved(session: Session, row: LinkRow, link: Link) -> None:
    """Write down where a link is, as `domain.rooms.moved` or `returned` made it."""
    row.place, row.back_to, row.moves, row.settled = link.place, link.back_to, link.moves, link.settled
    row.moved_at, row.whisper_to, row.version = link.moved_at, link.whisper_to, link.version


def _ties(
    session: Session, hearing_id: UUID
) -> tuple[Mapping[UUID, frozenset[UUID]], frozenset[tuple[UUID, UUID]]]:
    said: dict[UUID, frozenset[UUID]] = {}
    agreed = set()
    for row in session.exec(select(Tie).where(Tie.hearing_id == hearing_id)):
        said[row.link_id] = said.get(row.link_id, frozenset()) | {row.for_id}
        if row.agrees:
            agreed.add((row.link_id, row.for_id))
    return said, frozenset(agreed)


def tie_row(session: Session, link_id: UUID, for_id: UUID) -> Tie | None:
    """One tie that the court has said, locked."""
    return session.get(Tie, (link_id, for_id), with_for_update=True, populate_existing=True)


def set_ties(session: Session, link: LinkRow, served: Collection[UUID]) -> None:
    """Say for whom a link is in the hearing; what they agreed to for those who stay stands."""
    known = {row.for_id: row for row in session.exec(select(Tie).where(Tie.link_id == link.id))}
    for for_id in sorted(known.keys() - set(served)):
        session.delete(known[for_id])
    for for_id in sorted(set(served) - known.keys()):
        session.add(Tie(link_id=link.id, for_id=for_id, hearing_id=link.hearing_id))
    session.flush()


def screens(session: Session, hearing_id: UUID) -> tuple[Screen, ...]:
    """The special measures of a hearing that keep one from seeing or hearing another."""
    rows = session.exec(
        select(ScreenRow)
        .where(ScreenRow.hearing_id == hearing_id)
        .order_by(col(ScreenRow.source_id), col(ScreenRow.receiver_id))
    )
    return tuple(
        Screen(row.source_id, row.receiver_id, row.picture, row.sound, row.ordered_by) for row in rows
    )


def set_screens(session: Session, hearing_id: UUID, wanted: Collection[Screen]) -> None:
    """Write down all the special measures of a hearing."""
    session.exec(delete(ScreenRow).where(col(ScreenRow.hearing_id) == hearing_id))
    for each in wanted:
        session.add(
            ScreenRow(
                source_id=each.source,
                receiver_id=each.receiver,
                hearing_id=hearing_id,
                picture=each.picture,
                sound=each.sound,
                ordered_by=each.ordered_by,
            )
        )
    session.flush()


def exhibits(session: Session, hearing_id: UUID) -> tuple[Exhibit, ...]:
    """What is offered or shown in a hearing and not withdrawn, oldest first; without any content."""
    rows = session.exec(
        select(ExhibitRow)
        .options(defer(ExhibitRow.content))  # type: ignore[arg-type]
        .where(ExhibitRow.hearing_id == hearing_id, col(ExhibitRow.withdrawn_at).is_(None))
        .order_by(col(ExhibitRow.id))
    )
    return tuple(map(exhibit, rows))


def exhibit(row: ExhibitRow) -> Exhibit:
    """The frozen value of a row, without the content."""
    return Exhibit(
        id=row.id,
        hearing_id=row.hearing_id,
        source=row.source_id,
        title=row.title,
        media_type=row.media_type,
        permitted=row.permitted_at is not None,
        shown_to=frozenset(map(UUID, row.shown_to)),
        withdrawn=row.withdrawn_at is not None,
        made_at=row.made_at,
        version=row.version,
    )


def exhibit_row(session: Session, exhibit_id: UUID, *, lock: bool = True) -> ExhibitRow:
    """One exhibit, locked for a change (its hearing first, by the caller). Raises NotFound."""
    return (locked if lock else present)(session, ExhibitRow, exhibit_id)


def exhibits_before(session: Session, when: datetime, limit: int) -> tuple[ExhibitRow, ...]:
    """The oldest exhibits made before a time of which anything personal is still kept, its title at least."""
    return tuple(
        session.exec(
            select(ExhibitRow)
            .where(ExhibitRow.made_at < when, ExhibitRow.title != "")
            .order_by(col(ExhibitRow.made_at))
            .limit(limit)
        )
    )


def recording(session: Session, hearing_id: UUID) -> Recording | None:
    """The recording that runs in a hearing."""
    row = session.exec(
        select(RecordingRow)
        .where(RecordingRow.hearing_id == hearing_id, col(RecordingRow.stopped_at).is_(None))
        .order_by(col(RecordingRow.started_at).desc())
    ).first()
    if row is None:
        return None
    return Recording(row.id, row.power, row.ordered_by, row.started_at, row.stalled_at is not None)
