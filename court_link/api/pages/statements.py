"""What the service says of itself: how accessible it is, and what it does with personal data."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from court_link.api.asking import Anyone
from court_link.api.pages.rendering import render

router = APIRouter()


@router.get("/accessibility")
async def accessibility(request: Request, _: Anyone) -> Response:
    return render(request, "accessibility.html")


@router.get("/privacy")
async def privacy(request: Request, _: Anyone) -> Response:
    return render(request, "privacy.html")
