"""JSON over HTTP. Each module exports `router` (its own prefix under `/api`); add yours to ROUTERS."""

from __future__ import annotations

from fastapi import APIRouter

from court_link.api import (
    audit,
    availability,
    bookings,
    days,
    diary,
    directions,
    following,
    health,
    hearings,
    imports,
    links,
    live,
    media,
    places,
    reports,
    running,
    signalling,
    tokens,
    users,
    waitlist,
)

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    users.router,
    tokens.router,
    audit.router,
    hearings.router,
    availability.router,
    bookings.router,
    waitlist.router,
    directions.router,
    days.router,
    diary.router,
    imports.router,
    places.router,
    running.router,
    links.router,
    media.router,
    signalling.router,
    live.router,
    following.router,
    reports.router,
)
