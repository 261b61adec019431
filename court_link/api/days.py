"""Each role's day as JSON: the same as the pages show."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request

from court_link.api.asking import Asker, Store
from court_link.scheduling import bench, custody, days, readings
from court_link.scheduling.bench import BenchList
from court_link.scheduling.custody import Board, Suite
from court_link.scheduling.days import Clients, Evidence

router = APIRouter(prefix="/api", tags=["my day"])


@router.get("/evidence")
async def my_evidence(request: Request, store: Store, ctx: Asker) -> Evidence:
    """Where the asking officer is needed, today and in the four weeks to come."""
    day = await store.read(days.evidence, ctx)
    await store.write(readings.note, ctx, [each.matter.hearing_id for each in (*day.today, *day.later)])
    return day


@router.get("/clients")
async def my_clients(request: Request, store: Store, ctx: Asker) -> Clients:
    """The asking advocate's or prosecutor's matters today, across courts."""
    day = await store.read(days.clients, ctx)
    await store.write(readings.note, ctx, [each.matter.hearing_id for each in day.today])
    return day


@router.get("/custody")
async def my_suites(store: Store, ctx: Asker) -> tuple[Suite, ...]:
    """The custody suites whose board the asker may see."""
    return await store.read(custody.suites, ctx)


@router.get("/custody/{site_id}")
async def custody_board(request: Request, site_id: UUID, store: Store, ctx: Asker) -> Board:
    """Who is due on video in this suite today, and what each of its rooms does now."""
    board = await store.read(custody.board, ctx, site_id)
    await store.write(readings.note, ctx, board.hearing_ids)
    return board


@router.get("/bench")
async def bench_list(request: Request, store: Store, ctx: Asker) -> BenchList:
    """Today's booked hearings of the asker's courts, by courtroom and time."""
    listed = await store.read(bench.listed, ctx)
    await store.write(readings.note, ctx, listed.hearing_ids)
    return listed
