"""The diary of a court, a suite, a station or a person: a day on a time axis, or a week as a grid.

The day is drawn as a picture and said again as a table; the table is what is read out, printed small and
shown on a phone. Where a block stands is a class of `diary-grid.css`, a column for every five minutes, since
the page may carry no style of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Settings, Store
from court_link.api.bookings import rules
from court_link.api.diary import hearing_ids, subject_of
from court_link.api.pages.rendering import render
from court_link.api.pages.typed import Typed, day_of, typed_day
from court_link.domain.booking import Purpose
from court_link.domain.context import Actor, Context
from court_link.domain.errors import FieldError, Invalid, NotFound, SlotTaken
from court_link.domain.times import Interval, day_interval, london_day, wall
from court_link.scheduling import availability, booking, diary, readings
from court_link.scheduling.diary import Behind, Block, Diary, Kind, Move, Subject
from court_link.store import Db
from court_link.store.diary import Row

router = APIRouter(prefix="/diary")

#: What the axis shows at least, in minutes after midnight.
OPENS, CLOSES = 8 * 60, 18 * 60
STEP = timedelta(minutes=5)
#: The most columns that there are classes for: the longest day has 25 hours.
COLUMNS = 25 * 12
VIEWS = {"day": 1, "week": 7}

PURPOSES = {
    Purpose.HEARING: "Hearing",
    Purpose.CONSULTATION: "Consultation",
    Purpose.TURNAROUND: "Turnaround",
    Purpose.TRAVEL: "Travel",
    Purpose.REST: "Break",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """Something drawn on the axis: its first column from 0, how many it takes, and in which lane."""

    of: Block | Behind
    at: int
    span: int
    lane: int = 1
    parts: tuple[tuple[int, int, Purpose | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it is drawn. `lanes` are more than one only where somebody holds several matters at once."""

    row: Row
    blocks: tuple[Placed, ...]
    behind: tuple[Placed, ...]
    lanes: int


@dataclass(frozen=True, slots=True)
class Axis:
    """The hours that a day's picture shows: the usual ones, and whatever else something stands in."""

    whole: Interval

    @property
    def hours(self) -> list[datetime]:
        return [self.whole.start + timedelta(hours=count) for count in range(self.columns // 12)]

    @property
    def columns(self) -> int:
        return (self.whole.end - self.whole.start) // STEP

    def place(self, of: Block | Behind, interval: Interval) -> Placed | None:
        """Where an interval stands, to the nearest five minutes; None outside the axis."""
        shown = interval.clipped(self.whole)
        if shown is None:
            return None
        at = min(self._column(shown.start), self.columns - 1)
        return Placed(of, at, max(self._column(shown.end) - at, 1))

    def block(self, block: Block) -> Placed | None:
        placed = self.place(block, block.interval)
        if placed is None:
            return None
        parts = []
        for part in block.parts:
            shown = self.place(block, part.interval)
            if shown is not None:
                parts.append((shown.at - placed.at, shown.span, part.purpose))
        return replace(placed, parts=tuple(parts))

    def _column(self, moment: datetime) -> int:
        return round((moment - self.whole.start) / STEP)


def axis(day: date, blocks: Iterable[Block]) -> Axis:
    """From 8am to 6pm, widened by whole hours to whatever stands outside them on this day."""
    whole = day_interval(day)
    shown = [clipped for block in blocks if (clipped := block.interval.clipped(whole))]
    first = min([wall(day, OPENS), *(each.start for each in shown)])
    last = max([wall(day, CLOSES), *(each.end for each in shown)])
    hour = timedelta(hours=1)
    start = whole.start + (first - whole.start) // hour * hour
    end = whole.start - (whole.start - last) // hour * hour
    return Axis(Interval(start, min(end, whole.end)))


def laid_out(shown: Diary, on: Axis) -> list[Line]:
    """Every row with its blocks, those at one time below each other."""
    lines = []
    for row in shown.rows:
        blocks: list[Placed] = []
        ends: list[int] = []
        for block in shown.blocks:
            placed = on.block(block) if block.row_id == row.id else None
            if placed is None:
                continue
            lane = next((n for n, end in enumerate(ends) if end <= placed.at), len(ends))
            ends[lane : lane + 1] = [placed.at + placed.span]
            blocks.append(replace(placed, lane=lane + 1))
        behind = [on.place(each, each.interval) for each in shown.behind if each.row_id == row.id]
        lines.append(Line(row, tuple(blocks), tuple(each for each in behind if each), max(len(ends), 1)))
    return lines


@router.get("")
async def one(
    request: Request,
    store: Store,
    ctx: Asker,
    of: str = "",
    date: str = "",
    view: str = "day",
    q: str = "",
) -> Response:
    choices = await store.read(diary.choices, ctx, q[:100])
    today = london_day(store.clock.now())
    typed = day_of(date) if date else today
    errors = () if typed else (FieldError("date", "Enter a day, like 23/11/2026."),)
    days, day = VIEWS.get(view, 1), typed or today
    first = day - timedelta(days=day.weekday()) if days > 1 else day
    key = of or _usual(choices.subjects, choices.people, ctx.actor)
    shown = await store.read(diary.show, ctx, *_subject(key), first, days) if key else None
    if shown is not None:
        await store.write(readings.note, ctx, hearing_ids(shown))
    on = axis(first, shown.blocks) if shown and days == 1 else None
    return render(
        request,
        "diary.html",
        status=422 if errors else 200,
        errors=errors,
        values={"of": key, "date": date if errors else typed_day(day), "view": view, "q": q},
        shown=shown,
        subjects=_options(choices.subjects, shown.subject if shown else None),
        people=[(each.name, _address(each.key, day, view)) for each in choices.people],
        searched=bool(q.strip()),
        day=day,
        today=today,
        view="week" if days > 1 else "day",
        days=shown.days if shown else (),
        axis=on,
        lines=laid_out(shown, on) if shown and on else (),
        rows={row.id: row for row in shown.rows} if shown else {},
        by_time=shown.blocks if shown else (),
        grid=_week(shown) if shown and days > 1 else (),
        purposes=PURPOSES,
        may_move=any(block.movable for block in shown.blocks) if shown else False,
        before=_address(key, day - timedelta(days=days), view),
        after=_address(key, day + timedelta(days=days), view),
        now_on=_address(key, today, view),
        other_view=_address(key, day, "day" if days > 1 else "week"),
        day_of=lambda when: _address(key, when, "day"),
        live=_topics(ctx.actor, shown.subject if shown else None),
    )


@router.get("/move")
async def preview(request: Request, store: Store, ctx: Asker, settings: Settings) -> Response:
    """What putting a block elsewhere would come to, asked before it is done."""
    typed = Typed(request.query_params)
    return _preview(request, typed, await _move(store, ctx, settings, typed))


@router.post("/move")
async def make_move(request: Request, store: Store, ctx: Asker, settings: Settings) -> Response:
    typed = Typed(await request.form())
    move = await _move(store, ctx, settings, typed)
    version = typed.whole("version", 0, "Open the diary again.")
    found = move.booking
    change = booking.Change(found.hearing_id, move.needs, move.start, found.id, version)
    try:
        await store.write(booking.rebook, ctx, [change], rules=rules(settings))
    except SlotTaken as taken:
        return _preview(request, typed, move, taken)
    return RedirectResponse(_back(typed, move), 303)


async def _move(store: Db, ctx: Context, settings: Settings, typed: Typed) -> Move:
    """The move that an address or a form names. Raises NotFound when it names none."""
    booking_id, taken, instead = typed.id("booking"), typed.id("row"), typed.id("to")
    start = typed.moment("start")
    if typed.errors or booking_id is None or taken is None or instead is None or start is None:
        raise NotFound
    return await store.read(diary.move, ctx, booking_id, taken, instead, start, rules=rules(settings))


def _preview(request: Request, typed: Typed, move: Move, taken: SlotTaken | None = None) -> Response:
    against = availability.sentence(move.refused) if move.refused else taken.message if taken else ""
    return render(
        request,
        "diary-move.html",
        status=409 if taken else 200,
        errors=(FieldError("", f"That time cannot be had. {taken.message}"),) if taken else (),
        move=move,
        against=against,
        hidden={name: typed.text(name) for name in ("of", "booking", "row", "to", "start")},
        back=_back(typed, move),
    )


def _back(typed: Typed, move: Move) -> str:
    return _address(typed.text("of"), london_day(move.start), "day")


def _topics(actor: Actor, subject: Subject | None) -> list[str]:
    """What refreshes a diary: the reader's organisations, their own site, they themselves."""
    topics = [f"court:{each}" for each in sorted(actor.scope)]
    if subject and subject.kind is Kind.SITE and subject.organisation_id in actor.scope:
        topics.append(f"custody:{subject.id}")
    if subject and subject.kind is Kind.PERSON and subject.id == actor.person_id:
        topics.append(f"person:{subject.id}")
    return topics


def _usual(subjects: Sequence[Subject], people: Sequence[Subject], actor: Actor) -> str:
    """The diary shown when none was chosen: of one's own organisation first."""
    own = [each for each in subjects if each.organisation_id in actor.scope]
    return next((each.key for each in (*own, *people, *subjects)), "")


def _subject(key: str) -> tuple[Kind, UUID]:
    """A subject's key as an address carries it; one that cannot be is as one that is not there."""
    try:
        return subject_of(key)
    except Invalid:
        raise NotFound from None


def _options(subjects: Sequence[Subject], chosen: Subject | None) -> list[tuple[str, list[dict[str, str]]]]:
    """What can be chosen, under what it is; a person who is shown is there too."""
    every = [*subjects, *([chosen] if chosen and chosen.kind is Kind.PERSON else ())]
    groups: dict[str, list[dict[str, str]]] = {}
    for each in every:
        groups.setdefault(each.what, []).append({"value": each.key, "text": each.name})
    return list(groups.items())


def _address(key: str, day: date, view: str) -> str:
    return "/diary?" + urlencode({"of": key, "date": day.isoformat(), "view": view})


def _week(shown: Diary) -> list[tuple[Row, list[list[Block]]]]:
    """Each row with its blocks of each day, by when they begin there."""
    spans = [day_interval(day) for day in shown.days]

    def within(row: Row, span: Interval) -> list[Block]:
        return [each for each in shown.blocks if each.row_id == row.id and each.interval.overlaps(span)]

    return [(row, [within(row, span) for span in spans]) for row in shown.rows]
