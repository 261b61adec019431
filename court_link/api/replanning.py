"""Re-planning over HTTP: one address for every change of a booking, with a preview; listing again, a copy."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query
from fastapi.openapi.models import Example
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from court_link.api.asking import Asker, Settings, Store
from court_link.api.bookings import NeedsIn, rules
from court_link.api.hearings import HearingOut, WholeOut, shown, whole
from court_link.api.once import written_once
from court_link.api.versions import IfMatch, etag
from court_link.domain.affected import Arrangement, Effect
from court_link.domain.context import Context
from court_link.domain.errors import Refusal, SlotTaken
from court_link.domain.requirements import Rules
from court_link.scheduling import groups, listing, matters, relisting, replanning, vacating
from court_link.scheduling.affected import Consequence, Preview
from court_link.scheduling.groups import Days
from court_link.scheduling.relisting import Again, Listed, Listing
from court_link.scheduling.replanning import Length, Move, Reassign, Split, Swap
from court_link.scheduling.vacating import VacateReason
from court_link.store import Session

router = APIRouter(prefix="/api/hearings", tags=["Re-planning"])


class MoveIn(BaseModel):
    """Another time, and other needs where given; `days` says which days of the matter move along."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["move"]
    starts_at: AwareDatetime
    needs: NeedsIn | None = None
    days: Days = Days.THIS

    def what(self) -> Move:
        return Move(self.starts_at, self.needs.needs() if self.needs else None, self.days)


class LengthIn(BaseModel):
    """So many minutes from the same start. The only change of a hearing that goes on."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["length"]
    minutes: int

    def what(self) -> Length:
        return Length(self.minutes)


class ReassignIn(BaseModel):
    """`into` in the place of `out`: a room, a person booked, or one who takes part by a link alone (their own
    id, or the link's). Without `into` nobody takes their place; without `out` they come besides.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["reassign"]
    out: UUID | None = None
    into: UUID | None = None

    def what(self) -> Reassign:
        return Reassign(self.out, self.into)


class SwapIn(BaseModel):
    """Each takes the other's time and courtroom."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["swap"]
    other: UUID

    def what(self) -> Swap:
        return Swap(self.other)


class SplitIn(BaseModel):
    """Several days, all or none, each from a start of its own. The first day is this hearing itself."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["split"]
    starts: Annotated[list[AwareDatetime], Field(max_length=replanning.MOST_DAYS)]
    minutes: int | None = None
    needs: NeedsIn | None = None

    def what(self) -> Split:
        return Split(tuple(self.starts), self.minutes, self.needs.needs() if self.needs else None)


class VacateIn(BaseModel):
    """Taken out, with a reason; `days` says which days of the matter."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["vacate"]
    reason: VacateReason
    words: Annotated[str, Field(max_length=1000)] = ""
    days: Days = Days.THIS


_ID = "0197a1c0-0000-7000-8000-000000000001"
_EXAMPLES: dict[str, dict[str, Any]] = {
    "Move to another time": {"kind": "move", "starts_at": "2026-11-24T10:15:00Z"},
    "Make longer or shorter": {"kind": "length", "minutes": 45},
    "Another officer": {"kind": "reassign", "out": _ID, "into": _ID[:-1] + "2"},
    "Swap with another hearing": {"kind": "swap", "other": _ID},
    "Split over two days": {
        "kind": "split",
        "starts": ["2026-11-24T10:00:00Z", "2026-11-25T10:00:00Z"],
        "minutes": 300,
    },
    "Vacate every day": {"kind": "vacate", "reason": "defence_not_ready", "days": "all"},
}

ChangeIn = Annotated[
    MoveIn | LengthIn | ReassignIn | SwapIn | SplitIn | VacateIn,
    Body(
        discriminator="kind",
        openapi_examples={name: Example(value=value) for name, value in _EXAMPLES.items()},
    ),
]


class AffectedOut(BaseModel):
    """One room or person whose facts change, and what changes for them. Who only follows has no id."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID | None
    name: str
    organisation_id: UUID | None
    effect: Effect
    said: str


class ArrangementOut(BaseModel):
    """What is booked, or would be. Times are UTC."""

    starts_at: datetime
    ends_at: datetime
    needs: NeedsIn


class ConsequenceOut(BaseModel):
    """What becomes of one hearing. In a preview a day that does not exist yet has no id."""

    hearing_id: UUID | None
    title: str
    before: ArrangementOut | None
    after: ArrangementOut | None
    affected: list[AffectedOut]


class RefusalOut(BaseModel):
    """What cannot be had, why, and until when as far as you may know."""

    model_config = ConfigDict(from_attributes=True)

    resource: str
    reason: str
    until: datetime | None


class RefusedOut(BaseModel):
    """Why the change cannot be made."""

    detail: str
    refusals: list[RefusalOut]


class ChangeOut(BaseModel):
    """What a change did, or would do when it is a preview: each hearing, and whom that affects."""

    preview: bool
    version: int
    consequences: list[ConsequenceOut]
    refused: RefusedOut | None = None


class ListingIn(BaseModel):
    """When, where and for how long it is listed. Minutes left out are as they were."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"day": "2026-11-30", "at": "10:00", "minutes": 20}]}
    )

    day: date
    at: time = listing.USUAL_START
    minutes: int | None = None
    courtroom_id: UUID | None = None

    def listing(self) -> Listing:
        return Listing(self.day, self.at, self.minutes, self.courtroom_id)


class AgainIn(ListingIn):
    """How it is listed again. Hard dates are typed afresh; `released` says that nobody is in custody now."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"day": "2026-11-30", "at": "10:00", "remand_expires": "2026-12-01"}]
        },
    )

    remand_expires: date | None = None
    custody_limit: date | None = None
    released: bool = False

    def again(self) -> Again:
        return Again(self.listing(), self.remand_expires, self.custody_limit, self.released)


class ListedOut(BaseModel):
    """The new hearing, and what its like needed when it was booked last: a start for finding its time."""

    hearing: WholeOut
    needs: NeedsIn | None


class RelatedOut(BaseModel):
    """The days of a matter that takes several (`day` is this one's number), and what it was listed again
    from and as.
    """

    days: list[HearingOut]
    day: int
    listed_again_from: HearingOut | None
    listed_again_as: HearingOut | None


@router.post("/{hearing_id}/changes", response_model=ChangeOut)
async def change(
    store: Store,
    ctx: Asker,
    settings: Settings,
    hearing_id: UUID,
    asked: ChangeIn,
    expected: IfMatch,
    preview: Annotated[bool, Query(description="Try it and write nothing")] = False,
) -> Response:
    """Change what is booked: all of it, or nothing. Takes an `Idempotency-Key`.

    With `preview=true` nothing is written: the answer says whom the change would affect and, in `refused`,
    why it cannot be made. Otherwise what cannot be had is a 409 whose `refusals` say what, and until when. A
    stale `If-Match` is a 412 that shows what the booking is `now` beside what was `sent`.
    """
    limits = rules(settings)

    def run(session: Session, ctx: Context) -> ChangeOut:
        if preview:
            found = _tried(session, ctx, hearing_id, asked, expected, limits)
            return _shown(session, ctx, hearing_id, found, preview=True)
        made = _made(session, ctx, hearing_id, asked, expected, limits)
        return _shown(session, ctx, hearing_id, Preview(made), preview=False)

    def allow(session: Session, ctx: Context) -> None:
        replanning.allow(session, ctx, hearing_id)

    if preview:
        body = (await store.write(run, ctx)).model_dump(mode="json")
    else:
        body = await written_once(store, ctx, "change", hearing_id, asked, allow, run)
    return JSONResponse(body, headers=etag(body["version"]))


@router.post("/{hearing_id}/relist", status_code=201, response_model=ListedOut)
async def relist(store: Store, ctx: Asker, hearing_id: UUID, asked: AgainIn, expected: IfMatch) -> Response:
    """List a matter again that was vacated, adjourned or part-heard. Takes an `Idempotency-Key`.

    Its directions and the people who take part by a link of their own come with it; part-heard, it goes back
    to the bench that sat. It is listed: find and book its time as for any other.
    """

    def run(session: Session, ctx: Context) -> ListedOut:
        return _listed(
            session, ctx, relisting.again(session, ctx, hearing_id, asked.again(), version=expected)
        )

    return await _created(store, ctx, "relist", hearing_id, asked, run)


@router.post("/{hearing_id}/clone", status_code=201, response_model=ListedOut)
async def clone(store: Store, ctx: Asker, hearing_id: UUID, asked: ListingIn) -> Response:
    """List a copy: the same parties, cases and needs, and nothing else of it. Takes an `Idempotency-Key`."""

    def run(session: Session, ctx: Context) -> ListedOut:
        return _listed(session, ctx, relisting.clone(session, ctx, hearing_id, asked.listing()))

    return await _created(store, ctx, "clone", hearing_id, asked, run)


@router.get("/{hearing_id}/related")
async def related(store: Store, ctx: Asker, hearing_id: UUID) -> RelatedOut:
    """The other days of the matter, and what it was listed again from and as, as far as you see them."""
    found = await store.read(groups.related, ctx, hearing_id)
    before, after = found.listed_again_from, found.listed_again_as
    return RelatedOut(
        days=[shown(day) for day in found.days],
        day=found.day,
        listed_again_from=shown(before) if before else None,
        listed_again_as=shown(after) if after else None,
    )


def _tried(
    session: Session, ctx: Context, hearing_id: UUID, asked: Any, version: int | None, limits: Rules
) -> Preview:
    if isinstance(asked, VacateIn):
        return vacating.preview(session, ctx, hearing_id, asked.days)
    return replanning.preview(session, ctx, hearing_id, asked.what(), version=version, rules=limits)


def _made(
    session: Session, ctx: Context, hearing_id: UUID, asked: Any, version: int | None, limits: Rules
) -> tuple[Consequence, ...]:
    if isinstance(asked, VacateIn):
        meant = vacating.meaning(session, ctx, hearing_id, asked.days)
        reason, words, days = asked.reason, asked.words, asked.days
        vacating.vacate(session, ctx, hearing_id, reason, words, days=days, version=version)
        return meant
    return replanning.make(session, ctx, hearing_id, asked.what(), version=version, rules=limits)


def _shown(session: Session, ctx: Context, hearing_id: UUID, found: Preview, *, preview: bool) -> ChangeOut:
    unborn = {each.hearing_id for each in found.consequences if preview and each.before is None}
    consequences = [
        ConsequenceOut(
            hearing_id=None if each.hearing_id in unborn - {hearing_id} else each.hearing_id,
            title=each.title,
            before=_arranged(each.before),
            after=_arranged(each.after),
            affected=[AffectedOut.model_validate(one) for one in each.affected],
        )
        for each in found.consequences
    ]
    version = matters.summary(session, ctx, hearing_id).version
    return ChangeOut(preview=preview, version=version, consequences=consequences, refused=_refused(found))


def _refused(found: Preview) -> RefusedOut | None:
    if found.refused is None:
        return None
    against: tuple[Refusal, ...] = found.refused.refusals if isinstance(found.refused, SlotTaken) else ()
    return RefusedOut(
        detail=found.refused.message, refusals=[RefusalOut.model_validate(each) for each in against]
    )


def _arranged(arrangement: Arrangement | None) -> ArrangementOut | None:
    if arrangement is None:
        return None
    slot, needs = arrangement.slot, NeedsIn.model_validate(arrangement.needs)
    return ArrangementOut(starts_at=slot.start, ends_at=slot.end, needs=needs)


def _listed(session: Session, ctx: Context, made: Listed) -> ListedOut:
    needs = NeedsIn.model_validate(made.needs) if made.needs else None
    return ListedOut(hearing=whole(matters.get(session, ctx, made.hearing_id)), needs=needs)


async def _created(
    store: Store, ctx: Context, use_case: str, hearing_id: UUID, asked: BaseModel, run: Any
) -> Response:
    def allow(session: Session, ctx: Context) -> None:
        replanning.allow(session, ctx, hearing_id)

    body = await written_once(store, ctx, use_case, hearing_id, asked, allow, run)
    made = body["hearing"]
    return JSONResponse(body, 201, etag(made["version"]) | {"Location": f"/api/hearings/{made['id']}"})
