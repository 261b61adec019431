"""The pages. Each module exports `router`; add yours to ROUTERS."""

from __future__ import annotations

from fastapi import APIRouter

from court_link.api.pages import (
    audit,
    bench,
    clients,
    custody,
    day,
    diary,
    doorway,
    evidence,
    find,
    follow,
    hearing,
    home,
    imports,
    links,
    listing,
    people,
    places,
    report,
    room,
    sign_in,
    statements,
    tokens,
    waitlist,
)

ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    doorway.router,
    statements.router,
    evidence.router,
    custody.router,
    bench.router,
    clients.router,
    sign_in.router,
    people.router,
    tokens.router,
    audit.router,
    imports.router,
    places.router,
    day.router,
    diary.router,
    waitlist.router,
    listing.router,
    hearing.router,
    find.router,
    report.router,
    follow.router,
    room.router,
    links.router,
)
