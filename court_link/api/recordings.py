"""Recordings of a hearing: for its own court, its bench and staff, and for nobody else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response, StreamingResponse

from court_link.api.asking import Settings, Store
from court_link.api.participant import LiveRooms, Moderator
from court_link.domain.context import Context
from court_link.media import recording
from court_link.media.engine import Engine, RecordedFile
from court_link.media.recording import Listed
from court_link.media.rooms import Rooms
from court_link.settings import Settings as AllSettings
from court_link.store import Db
from court_link.store.recordings import Recorded

router = APIRouter(prefix="/api", tags=["Recordings"])

MEDIA_TYPES = {"webm": "video/webm", "mkv": "video/x-matroska"}
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def _engine(conn: HTTPConnection) -> Engine:
    return cast(Engine, conn.app.state.engine)


Media = Annotated[Engine, Depends(_engine)]


class Order(BaseModel):
    """Under which power, and who ordered it. With neither, what was written down with the hearing counts."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"power": "Example power to record", "ordered_by": "District Judge (MC) Example"}]
        },
    )

    power: Annotated[str, Field(max_length=400)] = ""
    ordered_by: Annotated[str, Field(max_length=400)] = ""


class FileOut(BaseModel):
    """One file: what one participant sent, or (`screen`) shared, as received: WebM, or Matroska for H.264."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    label: str
    screen: bool
    began: datetime
    milliseconds: int
    bytes: int
    sha256: str


class RecordingOut(BaseModel):
    """One recording. `files` are there once it is `sealed`; the audit has the digest of their list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    hearing_id: UUID
    power: str
    ordered_by: str
    started_at: datetime
    stopped_at: datetime | None
    stalled_at: datetime | None
    stalled_why: str
    sealed: bool
    manifest_digest: str
    keep_until: datetime | None
    deleted_at: datetime | None
    files: list[FileOut]


def _shown(listed: Listed) -> RecordingOut:
    facts = asdict(listed.recording)
    del facts["manifest"]
    files = [FileOut.model_validate(file) for file in listed.files]
    return RecordingOut(**facts, sealed=listed.sealed, files=files)


async def order(
    db: Db, rooms: Rooms, ctx: Context, settings: AllSettings, hearing_id: UUID, power: str, ordered_by: str
) -> Recorded:
    """Begin to record; the room follows before this answers."""
    begun = await db.write(
        recording.start, ctx, hearing_id, power, ordered_by, capacity=settings.recording_capacity
    )
    await rooms.push(hearing_id)
    return begun


async def end(db: Db, rooms: Rooms, ctx: Context, settings: AllSettings, recording_id: UUID) -> Recorded:
    """End a recording; the room follows before this answers."""
    ended = await db.write(recording.stop, ctx, recording_id, keep=settings.recording_keep)
    await rooms.push(ended.hearing_id)
    return ended


@router.get("/hearings/{hearing_id}/recordings")
async def listed(hearing_id: UUID, store: Store, ctx: Moderator) -> list[RecordingOut]:
    """Every recording of a hearing, oldest first."""
    return [_shown(each) for each in await store.read(recording.of_hearing, ctx, hearing_id)]


@router.post("/hearings/{hearing_id}/recordings", status_code=201)
async def start(
    hearing_id: UUID, asked: Order, store: Store, ctx: Moderator, rooms: LiveRooms, settings: Settings
) -> RecordingOut:
    """Record the hearing from now on. Everybody in it is told. While it is recorded, this changes nothing."""
    begun = await order(store, rooms, ctx, settings, hearing_id, asked.power, asked.ordered_by)
    return _shown(Listed(begun, ()))


@router.post("/recordings/{recording_id}/stop")
async def stop(
    recording_id: UUID, store: Store, ctx: Moderator, rooms: LiveRooms, settings: Settings
) -> RecordingOut:
    """End a recording. Its files are listed and sealed in a moment."""
    return _shown(Listed(await end(store, rooms, ctx, settings, recording_id), ()))


@router.post("/recordings/{recording_id}/hold", status_code=204)
async def hold(recording_id: UUID, store: Store, ctx: Moderator, settings: Settings) -> None:
    """Keep a recording until further notice, whatever its retention."""
    await store.write(recording.hold, ctx, recording_id, held=True, keep=settings.recording_keep)


@router.post("/recordings/{recording_id}/release", status_code=204)
async def release(recording_id: UUID, store: Store, ctx: Moderator, settings: Settings) -> None:
    """Hold a recording no longer: it is kept from now on for as long as any other."""
    await store.write(recording.hold, ctx, recording_id, held=False, keep=settings.recording_keep)


@router.get("/recordings/{recording_id}/files/{name}", response_class=Response)
async def file(
    recording_id: UUID, name: str, request: Request, store: Store, ctx: Moderator, media: Media
) -> Response:
    """One file, or the range of bytes asked for. That you read it is recorded."""
    return await served(request, store, ctx, media, recording_id, name)


async def served(
    request: Request, db: Db, ctx: Context, media: Engine, recording_id: UUID, name: str
) -> Response:
    """A file of a recording as an answer, one range of it when that is asked for (RFC 9110, 14)."""
    found = await db.write(recording.read, ctx, recording_id, name)
    tag = f'"{found.sha256}"'
    start, end = _wanted(request, found, tag)
    chunks = media.recorded(str(recording_id), name, start, end)
    first = await anext(chunks) if end else b""  # here, so that a refusal is still an answer

    async def body() -> AsyncIterator[bytes]:
        async with aclosing(chunks):
            if end:
                yield first
                async for chunk in chunks:
                    yield chunk

    headers = {
        "Content-Length": str(end - start),
        "Content-Disposition": f'attachment; filename="{found.name}"',
        "Accept-Ranges": "bytes",
        "ETag": tag,
    }
    whole = (start, end) == (0, found.bytes)
    if not whole:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.bytes}"
    return StreamingResponse(
        body(), 200 if whole else 206, headers, MEDIA_TYPES[found.name.rpartition(".")[2]]
    )


def _wanted(request: Request, found: RecordedFile, tag: str) -> tuple[int, int]:
    """The first byte wanted and the one after the last; anything but one plain range means all of it."""
    asked = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if asked is None or not any(asked.groups()) or request.headers.get("if-range", tag) != tag:
        return 0, found.bytes
    first, last = asked.groups()
    if not first:
        start, end = max(0, found.bytes - int(last)), found.bytes
    else:
        start, end = int(first), min(found.bytes, int(last) + 1) if last else found.bytes
    if start >= end:
        raise HTTPException(416, headers={"Content-Range": f"bytes */{found.bytes}"})
    return start, end
