"""The pages. Each module exports `router`; add yours to ROUTERS."""

from __future__ import annotations

from fastapi import APIRouter

from court_link.api.pages import audit, follow, home, imports, people, report, room, sign_in, tokens

ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    sign_in.router,
    people.router,
    tokens.router,
    audit.router,
    imports.router,
    report.router,
    follow.router,
    room.router,
)
