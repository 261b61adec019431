"""JSON over HTTP. Each module exports `router` (its own prefix under `/api`); add yours to ROUTERS."""

from __future__ import annotations

from fastapi import APIRouter

from court_link.api import (
    audit,
    following,
    health,
    links,
    live,
    media,
    reports,
    running,
    signalling,
    tokens,
    users,
)

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    users.router,
    tokens.router,
    audit.router,
    running.router,
    links.router,
    media.router,
    signalling.router,
    live.router,
    following.router,
    reports.router,
)
