"""A hearing takes longer: say how much, see what that pushes, approve it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Settings, Store
from court_link.api.bookings import rules
from court_link.api.pages.rendering import render
from court_link.api.pages.typed import Typed
from court_link.domain.context import Context
from court_link.domain.errors import Conflict, FieldError, Invalid, SlotTaken, Stale
from court_link.scheduling import matters, overrun
from court_link.scheduling.lengthening import Way
from court_link.scheduling.matters import Summary
from court_link.scheduling.overrun import Proposal, Unresolved
from court_link.store import Db

router = APIRouter(prefix="/hearings")

#: What the form begins with.
USUAL_MORE = 15
MORE = "Enter a number of minutes, like 15."


@router.get("/{hearing_id}/overrun")
async def ask(request: Request, store: Store, ctx: Asker, settings: Settings, hearing_id: UUID) -> Response:
    """The proposal for the minutes asked for; the choices made so far are in the address."""
    of = await store.read(matters.summary, ctx, hearing_id)
    asked = (
        request.query_params if "minutes" in request.query_params else QueryParams(minutes=str(USUAL_MORE))
    )
    try:
        found = await _proposed(store, ctx, settings, hearing_id, Typed(asked))
    except Invalid as refused:
        await store.read(overrun.allow, ctx, hearing_id)
        return _page(request, of, asked, None, refused.errors, 422)
    return _page(request, of, asked, found)


@router.post("/{hearing_id}/overrun")
async def approve(
    request: Request, store: Store, ctx: Asker, settings: Settings, hearing_id: UUID
) -> Response:
    of = await store.read(matters.summary, ctx, hearing_id)
    typed = Typed(await request.form())
    try:
        more, ways = typed.whole("minutes", 0, MORE), _ways(typed.form)
        seen = typed.text("seen")
        await store.write(overrun.approve, ctx, hearing_id, more, ways, seen=seen, rules=rules(settings))
    except (Stale, Unresolved, SlotTaken) as changed:
        found = await _proposed(store, ctx, settings, hearing_id, typed)
        said = FieldError("", f"Nothing was changed. {_WHY.get(type(changed), changed.message)}")
        return _page(request, of, typed.form, found, (said,), 409)
    return RedirectResponse(f"/hearings/{hearing_id}?done=longer", 303)


_WHY: dict[type[Conflict], str] = {
    Stale: "The day has changed since you looked. Look at what would follow now, then approve it.",
}


async def _proposed(store: Db, ctx: Context, settings: Settings, hearing_id: UUID, typed: Typed) -> Proposal:
    more, ways = typed.whole("minutes", 0, MORE), _ways(typed.form)
    typed.check()
    return await store.read(overrun.propose, ctx, hearing_id, more, ways, rules=rules(settings))


def _ways(form: FormData | QueryParams) -> dict[UUID, Way]:
    """What was chosen for each hearing that has nowhere to go: fields named way-<hearing id>."""
    found = {}
    for name, value in form.multi_items():
        if name.startswith("way-") and value in set(Way):
            try:
                found[UUID(name.removeprefix("way-"))] = Way(str(value))
            except ValueError:
                continue
    return found


def _page(
    request: Request,
    of: Summary,
    values: FormData | QueryParams,
    found: Proposal | None,
    errors: Any = (),
    status: int = 200,
) -> Response:
    return render(
        request,
        "overrun.html",
        status=status,
        errors=errors,
        values=values,
        of=of,
        found=found,
        chosen=[(f"way-{hearing}", way.value) for hearing, way in _ways(values).items()],
    )
