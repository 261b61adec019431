"""The pages. Each module exports `router`; add yours to ROUTERS."""

from __future__ import annotations

from fastapi import APIRouter

from court_link.api.pages import follow, home, report, sign_in

ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    sign_in.router,
    report.router,
    follow.router,
)
