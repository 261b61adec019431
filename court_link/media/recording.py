"""Recording a hearing: under a power, by order of somebody who is named, and with everybody told.

A recording is a row that runs until it is stopped, and desired state of the hearing's room (`arrangement`),
so a worker that starts again goes on with it in fresh files. It goes on through a pause, in which nobody is
heard or seen and nothing is written, and it ends with the hearing. Its files stay with the media node; what
the court keeps here is the list of them, whose digest stands in the audit.

Source: practice rule 13. Only the hearing's own court, its bench and its staff, may know that there are
files.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from court_link.domain.booking import PoolKind
from court_link.domain.context import Context
from court_link.domain.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
)
from court_link.domain.events import EventKind, canonical
from court_link.domain.hearing import LIVE
from court_link.domain.requirements import QUARTER, quarter_of, quarters
from court_link.domain.times import Interval
from court_link.media.engine import EngineEvent, Manifest, NoSuchRecording, RecordedFile
from court_link.store import Session, buckets, events, links, live, recordings
from court_link.store.recordings import Recorded
from court_link.store.tables import Hearing
from court_link.store.tables import Recording as Row

#: Of a power, and of the name of who ordered it.
LONGEST = 200
#: Why a recording has stalled whose worker says nothing at all.
AWAY = "the media server is away"


class NoPower(Forbidden):
    """A hearing is recorded only under a power, by order of somebody. Say which power, and who ordered it."""


class NothingToRecord(Conflict):
    """This hearing is not running, so it cannot be recorded."""


class AllRecordersBusy(Conflict):
    """As many hearings as can be recorded at once are being recorded, or are booked to be."""


@dataclass(frozen=True, slots=True)
class File:
    """One file, as the court sees it: of whom, from when, how long (milliseconds), how large (bytes)."""

    name: str
    label: str
    screen: bool
    began: datetime
    milliseconds: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One recording with its files; `sealed` says that the files are all there and will not change."""

    recording: Recorded
    files: tuple[File, ...]

    @property
    def sealed(self) -> bool:
        return bool(self.recording.manifest_digest)

    @property
    def held(self) -> bool:
        """Whether the court keeps it beyond its retention."""
        stopped = self.recording.stopped_at is not None
        return stopped and self.recording.keep_until is None and self.recording.deleted_at is None


def start(
    session: Session, ctx: Context, hearing_id: UUID, power: str = "", ordered_by: str = "", *, capacity: int
) -> Recorded:
    """Record a hearing from now on; while it is recorded, asking again changes nothing.

    What was written down with the hearing counts when neither power nor orderer is given: the bench may order
    a recording in the hearing by giving both. `capacity` is of hearings recorded at once. Raises NoPower,
    Invalid naming the field, NothingToRecord, AllRecordersBusy.
    """
    hearing = links.check_runs(session, ctx, hearing_id)
    running = recordings.running(session, hearing_id)
    if running is not None:
        return running
    power, ordered_by = _order(hearing, " ".join(power.split()), " ".join(ordered_by.split()))
    if hearing.state not in LIVE:
        raise NothingToRecord
    row = Row(
        hearing_id=hearing_id,
        power=power,
        ordered_by=ordered_by,
        started_at=ctx.now,
        counted_until=_count(session, ctx, hearing, capacity),
    )
    session.add(row)
    session.flush()
    links.bump(session, hearing_id)
    _record(session, ctx, EventKind.RECORDING_STARTED, row, personal={"power": power, "by": ordered_by})
    return recordings.value(row)


def _order(hearing: Hearing, power: str, ordered_by: str) -> tuple[str, str]:
    if not power and not ordered_by:
        power, ordered_by = hearing.recording_power.strip(), hearing.recording_ordered_by.strip()
        if not power or not ordered_by:
            raise NoPower
    wrong = []
    for field, text, missing in (
        ("power", power, "Enter the power under which the hearing is recorded"),
        ("ordered_by", ordered_by, "Enter who ordered the recording"),
    ):
        if not text:
            wrong.append(FieldError(field, missing))
        elif len(text) > LONGEST or not text.isprintable():
            wrong.append(FieldError(field, f"This must be {LONGEST} characters or fewer"))
    if wrong:
        raise Invalid(errors=wrong)
    return power, ordered_by


def _count(session: Session, ctx: Context, hearing: Hearing, capacity: int) -> datetime | None:
    """Take a recorder until the end of the slot, unless one was booked; answers until when."""
    if recordings.booked(session, hearing.id):
        return None
    until = max(live.slot(session, hearing).end, ctx.now + QUARTER)
    wanted = {(PoolKind.RECORDING.value, at): 1 for at in quarters(Interval(ctx.now, until))}
    if buckets.change(session, wanted, dict.fromkeys(wanted, capacity)):
        raise AllRecordersBusy
    return until


def stop(session: Session, ctx: Context, recording_id: UUID, *, keep: timedelta) -> Recorded:
    """End a recording; it is kept for so long. Stopping it again changes nothing. Raises NotFound."""
    links.check_runs(session, ctx, recordings.get(session, recording_id).hearing_id)
    return _stop(session, ctx, recordings.row(session, recording_id), keep)


def end_over(session: Session, ctx: Context, recording_id: UUID, *, keep: timedelta) -> Recorded:
    """End a recording whose hearing has ended."""
    links.check_runs(session, ctx, recordings.get(session, recording_id).hearing_id)
    row = recordings.row(session, recording_id)
    over = recording_id in recordings.over(session, ctx)
    return _stop(session, ctx, row, keep) if over else recordings.value(row)


def _stop(session: Session, ctx: Context, row: Row, keep: timedelta) -> Recorded:
    if row.stopped_at is None:
        row.stopped_at, row.keep_until = ctx.now, ctx.now + keep
        row.stalled_at, row.stalled_why = None, ""
        if row.counted_until is not None and row.counted_until > ctx.now:
            next_quarter = quarter_of(ctx.now) + QUARTER  # the one that runs was used
            ahead = Interval(next_quarter, max(row.counted_until, next_quarter))
            buckets.give_back(session, {(PoolKind.RECORDING.value, at): 1 for at in quarters(ahead)})
        links.bump(session, row.hearing_id)
        _record(session, ctx, EventKind.RECORDING_STOPPED, row)
    return recordings.value(row)


def take(session: Session, ctx: Context, event: EngineEvent) -> bool:
    """Write down what an engine says of a recording; says whether anything known has changed.

    Nothing written for a while is told to the court as a problem that a named person has to deal with.
    """
    row = _told(session, str(event.data.get("id", "")))
    at = datetime.fromtimestamp(event.at, UTC)
    if row is None or row.stopped_at is not None or (row.told_at is not None and row.told_at >= at):
        return False
    row.told_at = at
    match event.data.get("state"):
        case "stalled":
            return _stall(session, ctx, row, str(event.data.get("reason", "")))
        case "started" | "resumed":
            return _resume(session, ctx, row)
    return False


def _told(session: Session, recording: str) -> Row | None:
    try:
        return recordings.row(session, UUID(recording))
    except (ValueError, NotFound):
        return None


def away(session: Session, ctx: Context, recording_id: UUID, *, gone: bool) -> bool:
    """The hearing's media server does not answer, or does again; says whether that is news."""
    row = recordings.row(session, recording_id)
    if row.stopped_at is not None:
        return False
    if gone:
        return _stall(session, ctx, row, AWAY)
    return row.stalled_why == AWAY and _resume(session, ctx, row)


def _stall(session: Session, ctx: Context, row: Row, why: str) -> bool:
    if row.stalled_at is not None:
        return False
    row.stalled_at, row.stalled_why = ctx.now, why
    links.bump(session, row.hearing_id)
    _record(session, ctx, EventKind.RECORDING_STALLED, row, reason=why)
    recordings.stalled(session, ctx, row.hearing_id, row.id)
    return True


def _resume(session: Session, ctx: Context, row: Row) -> bool:
    if row.stalled_at is None:
        return False
    row.stalled_at, row.stalled_why = None, ""
    links.bump(session, row.hearing_id)
    _record(session, ctx, EventKind.RECORDING_RESUMED, row)
    return True


def seal(session: Session, ctx: Context, recording_id: UUID, manifest: Manifest) -> Recorded:
    """Keep the list of a stopped recording's files; the digest of it stands in the audit."""
    row = recordings.row(session, recording_id)
    if row.stopped_at is not None and not row.manifest_digest:
        row.manifest = asdict(manifest) | {"files": [asdict(file) for file in manifest.files]}
        row.manifest_digest = hashlib.sha256(canonical(row.manifest)).hexdigest()
        total = sum(file.bytes for file in manifest.files)
        _record(
            session,
            ctx,
            EventKind.RECORDING_SEALED,
            row,
            digest=row.manifest_digest,
            files=len(manifest.files),
            bytes=total,
        )
    return recordings.value(row)


def of_hearing(session: Session, ctx: Context, hearing_id: UUID) -> tuple[Listed, ...]:
    """Every recording of a hearing, oldest first. Raises NotFound for anybody but its own court."""
    _own_court(session, ctx, hearing_id)
    labels = recordings.labels(session, hearing_id)
    return tuple(
        Listed(each, tuple(_shown(file, labels) for file in _files(each)))
        for each in recordings.of_hearing(session, hearing_id)
    )


def read(session: Session, ctx: Context, recording_id: UUID, name: str) -> RecordedFile:
    """One file, for somebody of the court who is about to have it; that they read it is written down.

    Raises NotFound, for what is no longer kept too.
    """
    found = recordings.get(session, recording_id)
    _own_court(session, ctx, found.hearing_id)
    file = next((file for file in _files(found) if file.name == name), None)
    if file is None or found.deleted_at is not None:
        raise NoSuchRecording
    _record(session, ctx, EventKind.RECORDING_READ, recordings.row(session, recording_id), file=name)
    return file


def hold(session: Session, ctx: Context, recording_id: UUID, *, held: bool, keep: timedelta) -> Recorded:
    """Keep a recording until further notice, or from now on for as long as any other. Raises NotFound."""
    found = recordings.get(session, recording_id)
    _own_court(session, ctx, found.hearing_id, lock=True)
    row = recordings.row(session, recording_id)
    if row.stopped_at is None or row.deleted_at is not None:
        raise Conflict("Only a recording that has ended, and is still kept, can be held.")
    if held is not (row.keep_until is None):
        row.keep_until = None if held else ctx.now + keep
        _record(session, ctx, EventKind.RECORDING_KEPT, row, held=held)
    return recordings.value(row)


def destroyed(session: Session, ctx: Context, recording_id: UUID) -> None:
    """The files are gone; what was in the list stays."""
    row = recordings.row(session, recording_id)
    if row.deleted_at is None:
        row.deleted_at = ctx.now
        _record(session, ctx, EventKind.RECORDING_DELETED, row)


def _own_court(session: Session, ctx: Context, hearing_id: UUID, *, lock: bool = False) -> Hearing:
    """The hearing, for its own court; to everybody else there is no such thing."""
    try:
        return links.check_runs(session, ctx, hearing_id, lock=lock)
    except Forbidden:
        raise NotFound from None


def _files(found: Recorded) -> tuple[RecordedFile, ...]:
    return tuple(RecordedFile(**file) for file in (found.manifest or {}).get("files", ()))


def _shown(file: RecordedFile, labels: dict[str, str]) -> File:
    return File(
        file.name,
        labels.get(file.link, "Somebody whose link is gone"),
        file.screen,
        datetime.fromisoformat(file.began),
        file.milliseconds,
        file.bytes,
        file.sha256,
    )


def _record(
    session: Session,
    ctx: Context,
    kind: EventKind,
    row: Row,
    *,
    personal: dict[str, str] | None = None,
    **data: str | int | bool,
) -> None:
    said = {"recording": str(row.id), **data}
    events.record(
        session, ctx, kind, hearing_id=row.hearing_id, subject_id=row.id, data=said, personal=personal
    )
