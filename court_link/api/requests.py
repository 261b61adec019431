"""What a page asks for over the hearing's socket: each request by its type, done by the use case that it is.

Every one of them has an HTTP address too; `docs/protocol.md` lists both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from court_link.api import running
from court_link.domain.context import Context
from court_link.domain.errors import Invalid, NotFound
from court_link.media import consulting, exhibits, granting, joining, kit, ties
from court_link.media.kit import Trouble
from court_link.media.rooms import Rooms, hearing_of
from court_link.settings import Settings
from court_link.store import Db

#: Links that one request names, at most.
MOST = 32


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a page, by somebody who has just been recognised again."""

    db: Db
    rooms: Rooms
    ctx: Context
    settings: Settings
    said: Mapping[str, Any]

    async def hearing(self) -> UUID:
        """The hearing of the page's own link."""
        if self.ctx.actor.link_id is None:
            raise NotFound
        return await self.db.read(hearing_of, self.ctx, self.ctx.actor.link_id)

    async def write(self, use_case: Callable[..., Any], *args: Any, **named: Any) -> None:
        """Do it; the room follows before this answers."""
        await self.db.write(use_case, self.ctx, *args, **named)
        await self.rooms.push(await self.hearing())

    def id(self, name: str) -> UUID:
        """The id that the request names so. Raises NotFound for what is none."""
        return _id(self.said.get(name))

    def ids(self, name: str) -> list[UUID]:
        """The ids that the request names so."""
        named = self.said.get(name)
        if not isinstance(named, list) or len(named) > MOST:
            raise Invalid("There is no such request.")
        return [_id(each) for each in named]

    def flag(self, name: str) -> bool:
        """The yes or no that the request names so."""
        said = self.said.get(name)
        if not isinstance(said, bool):
            raise Invalid("There is no such request.")
        return said


async def perform(db: Db, rooms: Rooms, ctx: Context, settings: Settings, message: Mapping[str, Any]) -> None:
    """Do what a page asks for. Raises the use case's refusal, or Invalid for what is no request."""
    asked = Asked(db, rooms, ctx, settings, message)
    kind = message.get("type")
    if not isinstance(kind, str):
        raise Invalid("There is no such request.")
    if kind in running.UPON_LINK:
        await running.upon_link(db, rooms, ctx, kind, asked.id("link"))
    elif kind in running.UPON_HEARING:
        await running.upon_hearing(db, rooms, ctx, kind, await asked.hearing())
    elif kind in _REQUESTS:
        await _REQUESTS[kind](asked)
    else:
        raise Invalid("There is no such request.")


async def _leave(asked: Asked) -> None:
    await asked.write(joining.leave)


async def _problem(asked: Asked) -> None:
    if asked.said.get("kind") not in list(Trouble):
        raise Invalid("There is no such request.")
    await asked.db.write(kit.report, asked.ctx, Trouble(asked.said["kind"]))


async def _resolve(asked: Asked) -> None:
    await asked.db.write(kit.resolve, asked.ctx, asked.id("problem"))


async def _end(asked: Asked) -> None:
    await running.end(asked.db, asked.rooms, asked.ctx, await asked.hearing(), asked.said)


async def _settled(asked: Asked) -> None:
    move = asked.said.get("move")
    if not isinstance(move, int):
        raise Invalid("There is no such request.")
    await asked.write(consulting.settle, move)


async def _consult(asked: Asked) -> None:
    await asked.write(consulting.consult, await asked.hearing(), asked.ids("links"))


async def _leave_consultation(asked: Asked) -> None:
    await asked.write(consulting.leave)


async def _recall(asked: Asked) -> None:
    after = timedelta(seconds=asked.settings.recall_seconds)
    await asked.write(consulting.recall, asked.id("consultation"), after=after)


async def _mute_all(asked: Asked) -> None:
    await running.mute_all(asked.db, asked.rooms, asked.ctx, await asked.hearing())


async def _whisper(asked: Asked) -> None:
    await asked.write(granting.whisper, asked.id("to") if asked.said.get("to") is not None else None)


async def _agree(asked: Asked) -> None:
    await asked.write(ties.agree, asked.id("client"), agrees=asked.flag("agrees"))


async def _permit(asked: Asked) -> None:
    await asked.write(exhibits.permit, asked.id("exhibit"), asked.ids("links"))


async def _hide(asked: Asked) -> None:
    await asked.write(exhibits.hide, asked.id("exhibit"))


async def _share(asked: Asked) -> None:
    await asked.write(exhibits.share, on=asked.flag("on"))


_REQUESTS: Mapping[str, Callable[[Asked], Awaitable[None]]] = {
    "leave": _leave,
    "problem": _problem,
    "resolve": _resolve,
    "end": _end,
    "settled": _settled,
    "consult": _consult,
    "leave-consultation": _leave_consultation,
    "recall": _recall,
    "mute-all": _mute_all,
    "whisper": _whisper,
    "agree": _agree,
    "exhibit-permit": _permit,
    "exhibit-hide": _hide,
    "share": _share,
}


def _id(said: object) -> UUID:
    if not isinstance(said, str):
        raise Invalid("There is no such request.")
    try:
        return UUID(said)
    except ValueError:
        raise NotFound from None
