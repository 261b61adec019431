"""Trying the kit: what a participant's page found of its devices, and what they declared at the door."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import Forbidden
from court_link.domain.events import EventKind
from court_link.domain.link import Link
from court_link.store import Session, links, live


#: What staff are told of a connection that a try of the kit found wanting.
CONNECTION = "kit_connection"


class Found(StrEnum):
    """What the page found of one device."""

    WORKING = "working"
    BLOCKED = "blocked"  # the person or the browser's settings refused it
    MISSING = "missing"
    BUSY = "busy"  # another program holds it
    TEST = "test"  # the demonstration's test picture or tone stands in


class Trouble(StrEnum):
    """What a participant reports from the hearing."""

    NO_SOUND = "no_sound"
    NO_PICTURE = "no_picture"
    ECHO = "echo"
    DROPPED = "dropped"
    DEVICE_REFUSED = "device_refused"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class KitCheck:
    """One try of the kit.

    `from_vehicle` with all three declarations true is an officer's word that the vehicle stands, that they do
    not drive and that nobody overhears; practice rule 8 asks for it at the door.
    """

    camera: Found
    microphone: Found
    from_vehicle: bool = False
    stationary: bool = False
    not_driving: bool = False
    not_overheard: bool = False

    @property
    def passed(self) -> bool:
        fine = (Found.WORKING, Found.TEST)
        return self.camera in fine and self.microphone in fine

    @property
    def declared(self) -> bool:
        """Whether evidence may be given from where they are."""
        return not self.from_vehicle or (self.stationary and self.not_driving and self.not_overheard)


def record(session: Session, ctx: Context, check: KitCheck) -> Link:
    """Keep the latest try of the participant's own kit; a failed one is raised to the court's staff."""
    row = links.row(session, _own(ctx))
    row.kit_check = {**asdict(check), "passed": check.passed, "at": ctx.now.isoformat()}
    row.version += 1
    links.record(
        session,
        ctx,
        EventKind.LINK_CHECKED,
        row,
        camera=check.camera.value,
        microphone=check.microphone.value,
        passed=check.passed,
        from_vehicle=check.from_vehicle,
        declared=check.declared,
    )
    if not check.passed:
        live.report(session, ctx, row, Trouble.DEVICE_REFUSED.value)
    return links.value(row)


def report(session: Session, ctx: Context, kind: Trouble) -> None:
    """A participant says that something does not work."""
    live.report(session, ctx, links.row(session, _own(ctx)), kind.value)


def resolve(session: Session, ctx: Context, problem_id: UUID) -> None:
    """Somebody of the court has dealt with a problem; it is written down who. Raises NotFound."""
    problem = live.problem(session, problem_id)
    links.check_runs(session, ctx, problem.hearing_id)
    if problem.resolved_at is None:
        live.resolve(session, ctx, problem)


def _own(ctx: Context) -> UUID:
    if ctx.actor.link_id is None:
        raise Forbidden
    return ctx.actor.link_id
