"""Rotas: send one, look at the difference that it makes, confirm it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.rendering import render
from court_link.api.pages.typed import Typed
from court_link.api.rota import changed, staged
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Stale
from court_link.importing import rota_runs
from court_link.importing.rota_comparing import Change
from court_link.store import Db
from court_link.store.tables.imports import ImportState

router = APIRouter(prefix="/sittings/rota")

PAGE = 25
#: Steps of a difference on one page.
_STEPS = 100


@router.get("")
async def listed(request: Request, store: Store, ctx: Asker, before: UUID | None = None) -> Response:
    return await _listed(request, store, ctx, before)


@router.post("")
async def send(request: Request, store: Store, ctx: Asker) -> Response:
    await store.read(rota_runs.allow, ctx)
    async with request.form() as form:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return await _listed(request, store, ctx, error="Select a rota")
        run = await staged(store, ctx, file.file, file.filename)
    return RedirectResponse(f"/sittings/rota/{run.id}", 303)


@router.get("/{rota_id}")
async def one(request: Request, store: Store, ctx: Asker, rota_id: UUID, page: int = 1) -> Response:
    return await _one(request, store, ctx, rota_id, page)


@router.post("/{rota_id}/confirm")
async def confirm(request: Request, store: Store, ctx: Asker, rota_id: UUID) -> Response:
    """Applies what the person saw; when that has changed since, shows it anew."""
    typed = Typed(await request.form())
    try:
        await store.write(rota_runs.confirm, ctx, rota_id, typed.text("shown") or None)
    except Stale:
        return await _one(request, store, ctx, rota_id, 1, moved=True)
    return RedirectResponse(f"/sittings/rota/{rota_id}", 303)


@router.post("/{rota_id}/cancel")
async def cancel(store: Store, ctx: Asker, rota_id: UUID) -> Response:
    await store.write(rota_runs.cancel, ctx, rota_id)
    return RedirectResponse("/sittings/rota", 303)


async def _listed(
    request: Request, store: Db, ctx: Context, before: UUID | None = None, error: str = ""
) -> Response:
    found = await store.read(rota_runs.history, ctx, before, PAGE + 1)
    return render(
        request,
        "rotas.html",
        status=422 if error else 200,
        runs=found[:PAGE],
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        errors=[FieldError("file", error)] if error else (),
    )


async def _one(
    request: Request, store: Db, ctx: Context, rota_id: UUID, page: int, *, moved: bool = False
) -> Response:
    run = await store.read(rota_runs.one, ctx, rota_id)
    difference = (
        await store.read(rota_runs.difference, ctx, rota_id) if run.state is ImportState.STAGED else None
    )
    steps = changed(difference) if difference else ()
    pages = max(1, -(-len(steps) // _STEPS))
    page = min(max(page, 1), pages)
    return render(
        request,
        "rota.html",
        status=409 if moved else 200,
        run=run,
        report=run.report,
        difference=difference,
        changes=Change,
        steps=steps[(page - 1) * _STEPS : page * _STEPS],
        total=len(steps),
        page=page,
        pages=pages,
        moved=moved,
    )
