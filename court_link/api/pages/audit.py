"""The audit: who changed what, and who read it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.rendering import render
from court_link.api.spreadsheet import csv_response
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.events import EventKind
from court_link.identity import trail
from court_link.identity.trail import Entry, Filter

router = APIRouter()

PAGE, CSV_ROWS = 50, 10_000


@router.get("/audit")
async def audit(
    request: Request,
    store: Store,
    ctx: Asker,
    person: str = "",
    hearing: str = "",
    kind: str = "",
    day: str = "",
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    typed = {"person": person, "hearing": hearing, "kind": kind, "day": day}
    found: tuple[Entry, ...] = ()
    errors: tuple[FieldError, ...] = ()
    try:
        wanted = Filter(person, hearing, kind, _day(day))
        found = await store.read(trail.entries, ctx, wanted, before=before, limit=PAGE + 1)
        await store.write(trail.note_read, ctx, wanted)
    except Invalid as refused:
        errors = refused.errors
    query = urlencode({name: value for name, value in typed.items() if value})
    return render(
        request,
        "audit.html",
        status=422 if errors else 200,
        errors=errors,
        values=typed,
        entries=[{"entry": entry, "what": said(entry.kind), "facts": facts(entry)} for entry in found[:PAGE]],
        kinds=[{"value": each.value, "text": said(each)} for each in EventKind],
        query=query,
        older=found[PAGE - 1].seq if len(found) > PAGE else None,
        first=before is None,
    )


@router.get("/audit.csv")
async def as_csv(
    store: Store, ctx: Asker, person: str = "", hearing: str = "", kind: str = "", day: str = ""
) -> Response:
    """The newest 10,000 entries that fit."""
    wanted = Filter(person, hearing, kind, _day(day))
    found = await store.read(trail.entries, ctx, wanted, limit=CSV_ROWS)
    await store.write(trail.note_read, ctx, wanted)
    columns = ["seq", "at", "kind", "who", "about", "hearing", "facts"]
    rows = (
        {
            "seq": entry.seq,
            "at": entry.at.isoformat(),
            "kind": entry.kind.value,
            "who": entry.actor,
            "about": entry.subject,
            "hearing": entry.hearing,
            "facts": facts(entry),
        }
        for entry in found
    )
    return csv_response("court-link-audit.csv", columns, rows)


def said(kind: EventKind) -> str:
    """An event's kind as a person reads it: "Hearing lobby opened"."""
    return kind.value.replace(".", " ").replace("_", " ").capitalize()


def facts(entry: Entry) -> str:
    """An event's codes in one line. Digests of personal text say nothing to a reader, so they stay out."""
    shown = {name.replace("_", " "): value for name, value in entry.data.items() if name != "personal"}
    return "; ".join(f"{name}: {_plain(value)}" for name, value in shown.items())


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("_", " ")


def _day(typed: str) -> date | None:
    """A day as the date field gives it, 23/11/2026."""
    if not typed.strip():
        return None
    try:
        number, month, year = map(int, typed.strip().split("/"))
        return date(year, month, number)
    except ValueError:
        raise Invalid(
            errors=[FieldError("day", "Enter a day in the correct format, like 23/11/2026")]
        ) from None
