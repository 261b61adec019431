"""A court's usual times: how long each type of hearing takes here, where that comes from, and setting it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.rendering import render
from court_link.api.pages.typed import Typed
from court_link.domain.errors import Invalid
from court_link.scheduling import practice
from court_link.scheduling.practice import Figures, Source, Usual

router = APIRouter(prefix="/practice")

_FROM = {
    Source.PRACTICE: "Set by your court",
    Source.HISTORY: "Your court's history",
    Source.ASSUMPTION: "Assumed",
    Source.NOBODY: "Estimated each time",
}


@router.get("")
async def listed(request: Request, store: Store, ctx: Asker, done: str = "") -> Response:
    every = await store.read(practice.listed, ctx)
    rows = [(usual, *usual.estimate) for usual in every]
    return render(request, "practice.html", rows=rows, sources=_FROM, done=done, enough=practice.ENOUGH)


@router.get("/edit")
async def edit(
    request: Request, store: Store, ctx: Asker, kind: Annotated[str, Query(alias="type", max_length=100)] = ""
) -> Response:
    usual = await store.read(practice.one, ctx, kind)
    values = {name: "" if value is None else value for name, value in _own(usual).items()}
    return _form(request, kind, usual, values)


@router.post("/edit")
async def change(request: Request, store: Store, ctx: Asker) -> Response:
    typed = Typed(await request.form())
    kind = typed.text("type")
    try:
        figures = Figures(*(_minutes(typed, name) for name in Figures.__slots__))
        version = typed.whole("version", 0, "Open the page again.")
        typed.check()
        await store.write(practice.change, ctx, kind, figures, version=version)
    except Invalid as refused:
        return _form(request, kind, await store.read(practice.one, ctx, kind), typed.form, refused)
    return RedirectResponse("/practice?done=changed", 303)


def _own(usual: Usual) -> dict[str, int | None]:
    return {name: getattr(usual.own, name) for name in Figures.__slots__}


def _minutes(typed: Typed, name: str) -> int | None:
    """A number of minutes; nothing typed is as the service assumes."""
    return typed.whole(name, 0, "Enter a number of minutes.") if typed.text(name) else None


def _form(
    request: Request,
    kind: str,
    usual: Usual,
    values: Mapping[str, Any] | FormData,
    refused: Invalid | None = None,
) -> Response:
    return render(
        request,
        "practice-edit.html",
        status=422 if refused else 200,
        errors=refused.errors if refused else (),
        values=values,
        kind=kind,
        usual=usual,
    )
