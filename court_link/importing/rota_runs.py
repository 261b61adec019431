"""A rota staged, compared, and applied in one transaction: all of it, or none.

A run is kept where the court lists' are (`store.imports`): staged with its report, then done or cancelled; a
refused file has a run too, which says what was wrong. Row 0 of a run is the rota itself, the others its
sessions. A later file of the same area changes what the earlier one made, within its own period;
sessions made by hand, and those of other periods, stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, NotFound, Stale, WrongState
from court_link.domain.events import EventKind
from court_link.domain.ids import new_id
from court_link.domain.roles import OrganisationKind, Permission
from court_link.domain.sittings import Capacity, Half, sitting
from court_link.domain.times import Interval
from court_link.importing import rota, rota_venues
from court_link.importing.reports import Report
from court_link.importing.rota import Listed, Venue
from court_link.importing.rota_comparing import Change, Difference, compare, unmatched
from court_link.importing.rota_comparing import Session as Sitting
from court_link.store import Session, bookings, calendar
from court_link.store import imports as store
from court_link.store import sittings as sessions
from court_link.store.events import record
from court_link.store.tables import ImportRun, Organisation, Resource, SittingSession
from court_link.store.tables.imports import ImportState


@dataclass(frozen=True, slots=True)
class Run:
    """A rota that was sent, as its reader sees it."""

    id: UUID
    organisation_id: UUID
    file_name: str
    state: ImportState
    report: Report
    days: tuple[date, ...]  # the first and the last of its period
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Rota:
    """What is kept of a staged rota."""

    area: str
    period: Interval
    sessions: tuple[Listed, ...]

    @property
    def source(self) -> str:
        """Where its sessions say that they came from."""
        return f"{self.area} rota"

    def key(self, organisation_id: UUID, listed: Listed) -> str:
        """The identity of one of its sessions in the store."""
        return f"{organisation_id}/{self.area}/{listed.key}"


def allow(session: Session, ctx: Context) -> UUID:
    """The court that the actor plans for; raises Forbidden, and Invalid when it is none."""
    ctx.require(Permission.PLAN_SITTINGS)
    mine = ctx.actor.organisation_id
    organisation = session.get(Organisation, mine) if mine else None
    if organisation is None or organisation.kind is not OrganisationKind.COURT:
        raise Invalid(errors=[FieldError("file", "A rota is imported by a court")])
    return organisation.id


def stage(
    session: Session, ctx: Context, organisation_id: UUID, file_name: str, reading: rota.Reading
) -> Run:
    """Keeps a rota that has been read, with the report of what it would change; or why it is refused."""
    _allow(ctx, organisation_id)
    run = ImportRun(
        id=new_id(),
        organisation_id=organisation_id,
        file_name=file_name[:200],
        format=store.ROTA,
        digest=reading.digest,
        state=ImportState.REFUSED if reading.refused else ImportState.STAGED,
        report={},
        rows=len(reading.sessions),
        created_by=ctx.actor.id,
        created_at=ctx.now,
    )
    report = Report(format=store.ROTA, warnings=reading.warnings, errors=reading.faults)
    days: tuple[date, ...] = ()
    if not reading.refused:
        what = Rota(reading.area, reading.period, reading.sessions)
        changes = _difference(session, ctx, organisation_id, what)
        report = _counted(report, what, changes).plus(changes.warnings())
        days = (reading.first, reading.last)
    run.report = report.document() | {"days": [day.isoformat() for day in days]}
    session.add(run)
    session.flush()
    if not reading.refused:
        store.add_rows(session, _packed(run.id, reading))
    return _told(run)


def foretell(
    session: Session, ctx: Context, organisation_id: UUID, reading: rota.Reading
) -> tuple[Report, Difference | None]:
    """What a rota would change. Writes nothing."""
    _allow(ctx, organisation_id)
    report = Report(format=store.ROTA, warnings=reading.warnings, errors=reading.faults)
    if reading.refused:
        return report, None
    what = Rota(reading.area, reading.period, reading.sessions)
    difference = _difference(session, ctx, organisation_id, what)
    return _counted(report, what, difference).plus(difference.warnings()), difference


def one(session: Session, ctx: Context, run_id: UUID) -> Run:
    """A run of the reader's own organisations."""
    return _told(_visible(session, ctx, run_id))


def history(session: Session, ctx: Context, before: UUID | None = None, limit: int = 50) -> tuple[Run, ...]:
    """The newest rotas of the reader's own organisations."""
    ctx.require(Permission.PLAN_SITTINGS)
    rows = store.runs(session, ctx.actor.scope, before=before, limit=limit, rotas=True)
    return tuple(map(_told, rows))


def difference(session: Session, ctx: Context, run_id: UUID) -> Difference:
    """What a staged rota would change as things stand now. Raises WrongState when it is not staged."""
    run = _staged(session, ctx, run_id)
    return _difference(session, ctx, run.organisation_id, _unpacked(session, run.id))


def confirm(session: Session, ctx: Context, run_id: UUID, shown: str | None = None) -> Run:
    """Applies a staged rota whole. `shown` is the fingerprint of the difference that the person saw.

    Raises Stale when the sittings have changed so that it would do something else, WrongState, NotFound.
    """
    run = _staged(session, ctx, run_id, lock=True)
    # The organisation's row is the lock that keeps two rotas of one court apart.
    session.get_one(Organisation, run.organisation_id, with_for_update=True)
    what = _unpacked(session, run.id)
    changes = _difference(session, ctx, run.organisation_id, what)
    if shown is not None and shown != changes.fingerprint:
        raise Stale
    _apply(session, what, changes)
    told = _told(run)
    report = _counted(told.report.uncounted(), what, changes)
    run.report = report.document() | {"days": [day.isoformat() for day in told.days]}
    run.state, run.applied, run.version = ImportState.DONE, run.rows, run.version + 1
    record(
        session,
        ctx,
        EventKind.ROTA_IMPORTED,
        organisation_id=run.organisation_id,
        subject_id=run.id,
        data={change.value: changes.count(change) for change in Change},
    )
    session.flush()
    store.forget_rows(session, run.id, rota.MOST_SESSIONS + 1)
    return _told(run)


def cancel(session: Session, ctx: Context, run_id: UUID) -> Run:
    """Forgets a staged rota; nothing of it was imported."""
    run = _staged(session, ctx, run_id, lock=True)
    run.state, run.version = ImportState.CANCELLED, run.version + 1
    session.flush()
    store.forget_rows(session, run.id, rota.MOST_SESSIONS + 1)
    return _told(run)


def _difference(session: Session, ctx: Context, organisation_id: UUID, what: Rota) -> Difference:
    rooms = rota_venues.matched(session, organisation_id, {each.venue for each in what.sessions})
    hours = calendar.hours(session, {room.site_id for room in rooms.values() if room.site_id})
    keys = frozenset(what.key(organisation_id, each) for each in what.sessions)
    rows = sessions.of_rota(session, organisation_id, what.source, what.period, keys)
    every_room = {room.id for room in rooms.values()} | {row.courtroom_id for row in rows}
    span = _span([what.period, *(Interval(row.starts_at, row.ends_at) for row in rows)])
    names = {room_id: place.label for room_id, place in calendar.places(session, every_room).items()}
    booked: dict[UUID, list[Interval]] = {}
    for booking in sessions.bookings_in(session, every_room, span):
        if not bookings.lapsed(booking, ctx.now):
            booked.setdefault(booking.courtroom_id, []).append(Interval(booking.starts_at, booking.ends_at))
    by_hand: dict[UUID, list[Interval]] = {}
    for row in sessions.within(session, every_room, span):
        if not row.source:
            by_hand.setdefault(row.courtroom_id, []).append(Interval(row.starts_at, row.ends_at))
    listed = [
        _of_rota(what.key(organisation_id, each), each, rooms[each.venue], names, hours)
        for each in what.sessions
        if each.venue in rooms
    ]
    known = [_of_store(row, names[row.courtroom_id]) for row in rows]
    steps, beside = compare(listed, known, keys, booked, by_hand)
    return Difference(steps, unmatched((each.venue for each in what.sessions), rooms), beside)


def _of_rota(
    key: str,
    listed: Listed,
    room: Resource,
    names: Mapping[UUID, str],
    hours: Mapping[UUID, list[tuple[int, int, int]]],
) -> Sitting:
    weekly = hours.get(room.site_id, []) if room.site_id else []
    today = [(opens, closes) for weekday, opens, closes in weekly if weekday == listed.day.weekday()]
    return Sitting(
        key=key,
        courtroom_id=room.id,
        room=names[room.id],
        during=sitting(listed.day, listed.half, today),
        business_type=listed.business_type,
        panel=listed.panel,
    )


def _of_store(row: SittingSession, room: str) -> Sitting:
    return Sitting(
        key=row.source_key or "",
        courtroom_id=row.courtroom_id,
        room=room,
        during=Interval(row.starts_at, row.ends_at),
        business_type=row.business_type,
        panel=row.panel,
        id=row.id,
        version=row.version,
        against_rota=row.against_rota,
    )


def _apply(session: Session, what: Rota, changes: Difference) -> None:
    gone = [step.session.id for step in changes.of(Change.GONE)]
    sessions.take_out(session, [sitting_id for sitting_id in gone if sitting_id])
    sessions.change_all(session, [_kept(step.before) for step in changes.of(Change.KEPT) if step.before])
    changed = [(step.before, step.after) for step in changes.of(Change.CHANGED)]
    sessions.change_all(session, [_changed(before, after) for before, after in changed if before and after])
    sessions.add_all(session, [_added(step.session, what.source) for step in changes.of(Change.ADDED)])
    session.flush()


def _added(listed: Sitting, source: str) -> dict[str, Any]:
    return _values(listed) | {
        "id": new_id(),
        "source": source,
        "source_key": listed.key,
        "against_rota": False,
        "version": 1,
    }


def _changed(before: Sitting, after: Sitting) -> dict[str, Any]:
    # What a session takes is the court's own to say: it stays, unless the session is for something else now.
    values = _values(after)
    if (before.business_type, before.during.minutes) == (after.business_type, after.during.minutes):
        del values["slots"], values["minutes"]
    return values | {"id": before.id, "against_rota": False, "version": before.version + 1}


def _kept(before: Sitting) -> dict[str, Any]:
    return {"id": before.id, "against_rota": True, "version": before.version + 1}


def _values(listed: Sitting) -> dict[str, Any]:
    capacity = Capacity.usual(listed.business_type, listed.during)
    return {
        "courtroom_id": listed.courtroom_id,
        "starts_at": listed.during.start,
        "ends_at": listed.during.end,
        "business_type": listed.business_type,
        "panel": listed.panel,
        "slots": capacity.slots,
        "minutes": capacity.minutes,
    }


def _span(intervals: Sequence[Interval]) -> Interval:
    return Interval(min(each.start for each in intervals), max(each.end for each in intervals))


def _counted(report: Report, what: Rota, changes: Difference) -> Report:
    """A report with what a rota holds and what comes of it."""
    venues = {each.venue for each in what.sessions}
    counted = replace(
        report,
        court_houses=len({venue.location_id for venue in venues}),
        court_rooms=len(venues),
        sittings=len(what.sessions),
    )
    return counted.plus(
        created=changes.count(Change.ADDED),
        updated=changes.count(Change.CHANGED),
        unchanged=changes.count(Change.UNCHANGED) + changes.count(Change.KEPT),
        no_longer_listed=changes.count(Change.GONE),
    )


def _packed(run_id: UUID, reading: rota.Reading) -> list[dict[str, Any]]:
    period = reading.period
    header = {"area": reading.area, "from": period.start.isoformat(), "to": period.end.isoformat()}
    rows: list[dict[str, Any]] = [{"run_id": run_id, "position": 0, "key": reading.area, "payload": header}]
    for position, each in enumerate(reading.sessions, 1):
        venue = [each.venue.location_id, each.venue.location, each.venue.name]
        payload = {
            "key": each.key,
            "day": each.day.isoformat(),
            "half": each.half.value,
            "panel": each.panel,
            "business": each.business_type,
            "venue": venue,
        }
        rows.append({"run_id": run_id, "position": position, "key": each.key, "payload": payload})
    return rows


def _unpacked(session: Session, run_id: UUID) -> Rota:
    header, *rows = store.payloads(session, run_id, after=-1, limit=rota.MOST_SESSIONS + 1)
    period = Interval(datetime.fromisoformat(header["from"]), datetime.fromisoformat(header["to"]))
    return Rota(
        header["area"],
        period,
        tuple(
            Listed(
                row["key"],
                date.fromisoformat(row["day"]),
                Half(row["half"]),
                row["panel"],
                row["business"],
                Venue(*row["venue"]),
            )
            for row in rows
        ),
    )


def _allow(ctx: Context, organisation_id: UUID) -> None:
    ctx.require(Permission.PLAN_SITTINGS)
    if not ctx.actor.everywhere and organisation_id not in ctx.actor.scope:
        raise NotFound


def _visible(session: Session, ctx: Context, run_id: UUID, *, lock: bool = False) -> ImportRun:
    ctx.require(Permission.PLAN_SITTINGS)
    run = store.run_of(session, None if ctx.actor.everywhere else ctx.actor.scope, run_id, lock=lock)
    if run is None or run.format != store.ROTA:
        raise NotFound
    return run


def _staged(session: Session, ctx: Context, run_id: UUID, *, lock: bool = False) -> ImportRun:
    run = _visible(session, ctx, run_id, lock=lock)
    if run.state is not ImportState.STAGED:
        raise WrongState(f"This rota is {run.state.value}.")
    return run


def _told(run: ImportRun) -> Run:
    kept = dict(run.report)
    days = tuple(date.fromisoformat(day) for day in kept.pop("days", ()))
    return Run(
        run.id,
        run.organisation_id,
        run.file_name,
        run.state,
        Report.read(kept),
        days,
        run.created_at,
        run.version,
    )
