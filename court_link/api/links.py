"""Links: making, showing, renewing and revoking them, and coming in by one."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from court_link.api.asking import Anyone, Asker, Settings, Store
from court_link.api.participant import JoinKeys, LiveRooms, Participant
from court_link.api.running import Participation, participation
from court_link.domain.context import Context
from court_link.domain.link import Link
from court_link.domain.roles import Part, Permission
from court_link.domain.sight import Sight
from court_link.media import joining, kit, signalling
from court_link.media.credentials import Keys
from court_link.media.joining import Joined, SecondDevice
from court_link.media.kit import Trouble
from court_link.settings import Settings as AllSettings
from court_link.store import Session, hearings
from court_link.store import links as stored

router = APIRouter(prefix="/api", tags=["links"])

Device = Annotated[str, Field(max_length=128, description="A random secret that this device keeps")]


class Redemption(BaseModel):
    """A credential from a link's fragment, and the device that redeems it."""

    credential: Annotated[str, Field(max_length=200)]
    device: Device


class SignedInHere(BaseModel):
    """The device on which a signed-in person takes their own link."""

    device: Device


class JoinedOut(BaseModel):
    """A join session: `token` is the bearer of everything that follows, `room` the page of the hearing."""

    token: str
    link: UUID
    room: str


class NewLink(BaseModel):
    """Somebody who is to take part. `label` is what the others will see."""

    part: Part
    label: Annotated[str, Field(max_length=200)]


class Shown(BaseModel):
    """The address that lets somebody in. Give it to them alone."""

    url: str


class Reported(BaseModel):
    """What does not work."""

    kind: Trouble


def joined_out(joined: Joined) -> JoinedOut:
    """The join session, or SecondDevice now that the alert about it is committed."""
    if joined.token is None:
        raise SecondDevice
    return JoinedOut(token=joined.token, link=joined.link.id, room=f"/room/{joined.link.id}")


def join_url(settings: AllSettings, keys: Keys, link: Link) -> str:
    """The address that a person opens: the credential stands in its fragment, which no server sees."""
    return f"{settings.public_url.rstrip('/')}/join#{keys.credential(link.id, link.credential_version)}"


@router.post("/join")
async def redeem(asked: Redemption, store: Store, ctx: Anyone, keys: JoinKeys) -> JoinedOut:
    """Redeem a link's credential on this device; asking again gives the same join session."""
    return joined_out(await store.write(joining.redeem, ctx, keys.read(asked.credential), keys, asked.device))


@router.get("/join")
async def introduce(store: Store, ctx: Participant) -> dict[str, Any]:
    """Which hearing the join session is for, and as whom, before asking to be let in."""
    return dict(await store.read(signalling.introduction, ctx))


@router.post("/links/{link_id}/join")
async def sign_in(
    link_id: UUID, asked: SignedInHere, store: Store, ctx: Asker, keys: JoinKeys, rooms: LiveRooms
) -> JoinedOut:
    """Take one's own link as a signed-in person, without a credential."""
    joined = await store.write(joining.sign_in, ctx, link_id, keys, asked.device)
    await rooms.push(joined.link.hearing_id)
    return joined_out(joined)


@router.get("/hearings/{hearing_id}/links")
async def of_hearing(hearing_id: UUID, store: Store, ctx: Asker) -> list[Participation]:
    """Everybody who may come into a hearing; to other organisations than its court, those of their own."""
    return [participation(link) for link in await store.read(_of_visible, ctx, hearing_id)]


def _of_visible(session: Session, ctx: Context, hearing_id: UUID) -> tuple[Link, ...]:
    ctx.require(Permission.SEE_HEARINGS)
    hearing = hearings.visible(session, ctx, hearing_id)
    return Sight(ctx.actor, hearing.court_id).links(stored.of_hearing(session, ctx, hearing_id))


@router.post("/hearings/{hearing_id}/links", status_code=201)
async def issue(hearing_id: UUID, asked: NewLink, store: Store, ctx: Asker) -> Participation:
    """Make a link for an advocate, prosecutor, interpreter, witness, observer or another."""
    return participation(await store.write(joining.issue, ctx, hearing_id, asked.part, asked.label))


@router.post("/hearings/{hearing_id}/clerk", status_code=201)
async def sit_as_clerk(hearing_id: UUID, store: Store, ctx: Asker) -> Participation:
    """The asker's own link as court staff in this hearing; the same one every time."""
    return participation(await store.write(joining.clerk_link, ctx, hearing_id))


@router.post("/links/{link_id}/copy")
async def copy(link_id: UUID, store: Store, ctx: Asker, settings: Settings, keys: JoinKeys) -> Shown:
    """The link's address, to hand on. Every showing is written down."""
    return Shown(url=join_url(settings, keys, await store.write(joining.copied, ctx, link_id)))


@router.post("/links/{link_id}/reissue")
async def reissue(link_id: UUID, store: Store, ctx: Asker, rooms: LiveRooms) -> Participation:
    """Replace a link by a fresh one; whoever came in by the old one waits in the lobby."""
    link = await store.write(joining.reissue, ctx, link_id)
    await rooms.push(link.hearing_id)
    return participation(link)


@router.post("/links/{link_id}/revoke")
async def revoke(link_id: UUID, store: Store, ctx: Asker, rooms: LiveRooms) -> Participation:
    """Take a link away for good."""
    link = await store.write(joining.revoke, ctx, link_id)
    await rooms.push(link.hearing_id)
    return participation(link)


@router.post("/join/problem", status_code=204)
async def problem(reported: Reported, store: Store, ctx: Participant) -> None:
    """Tell the court that something does not work."""
    await store.write(kit.report, ctx, reported.kind)
