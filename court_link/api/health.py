"""Whether the service lives, whether it can work, and its figures."""

from __future__ import annotations

import ipaddress
from typing import cast

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from court_link.api.asking import NotSignedIn, Store, recognise
from court_link.api.observing import Metrics
from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import Forbidden, Unavailable
from court_link.domain.roles import Permission
from court_link.media.engine import Engine
from court_link.store.health import answers

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """Each part that was asked, and whether it answered."""

    status: str
    parts: dict[str, bool] = {}


@router.get("/healthz")
async def healthz() -> Health:
    """The process lives."""
    return Health(status="ok")


@router.get("/readyz", responses={503: {"model": Health}})
async def readyz(request: Request, store: Store) -> JSONResponse:
    """The process can do its work: the database answers and some media server does."""
    parts = {"database": await _database(store), "media": await _media(request.app.state.engine)}
    ready = all(parts.values())
    answer = Health(status="ok" if ready else "unavailable", parts=parts)
    return JSONResponse(answer.model_dump(), 200 if ready else 503, {} if ready else {"Retry-After": "2"})


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Figures for Prometheus: from this machine, or with an API token of an administrator."""
    if not _local(request):
        who = await recognise(request)
        if who is None:
            raise NotSignedIn()
        if not who.actor.may(Permission.SEE_AUDIT):
            raise Forbidden()
    figures = cast(Metrics, request.app.state.metrics)
    return Response(generate_latest(figures.registry), media_type=CONTENT_TYPE_LATEST)


async def _database(store: Store) -> bool:
    try:
        return await store.read(answers, Context(SYSTEM))
    except Unavailable:
        return False


async def _media(engine: Engine) -> bool:
    try:
        return bool(await engine.nodes())
    except Unavailable:
        return False


def _local(request: Request) -> bool:
    """Asked from this machine itself, not by a proxy on it for somebody else."""
    if request.client is None or "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
