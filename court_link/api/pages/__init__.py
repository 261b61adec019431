"""The pages. Each module exports `router`; add yours to ROUTERS."""

from __future__ import annotations

from fastapi import APIRouter

from court_link.api.pages import home, sign_in

ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    sign_in.router,
)
