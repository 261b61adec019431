"""Trying the kit: what a participant's page found of its devices and its connection, and what they declared.

It can be done from the moment that a link is issued, days before the hearing, and again at the door.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import Forbidden
from court_link.domain.events import EventKind
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
class Figures:
    """What a session with the media server of some seconds measured, from the participant's browser.

    Bitrates are bits a second: `up` and `down` were reached, `can_up` is what the browser reckons it could
    send (None where it does not say). Losses are 0 to 1, `jitter` and `round_trip` seconds, `frames` those of
    the returned picture each second. `sound` is whether one's own sound came back. `relay` is whether a TURN
    server was reached; None when the service has none.
    """

    connected: bool
    sound: bool = False
    up: float = 0.0
    can_up: float | None = None
    down: float = 0.0
    loss_up: float = 0.0
    loss_down: float = 0.0
    jitter: float = 0.0
    round_trip: float = 0.0
    frames: float = 0.0
    relay: bool | None = None


class Verdict(StrEnum):
    """What a try of the kit comes to."""

    EVIDENCE = "evidence"
    SOUND_ONLY = "sound_only"
    MOVE = "move"
    NO_WAY = "no_way"  # no sound and picture get through at all
    CAMERA = "camera"
    MICROPHONE = "microphone"
    UNTESTED = "untested"  # the devices work; nobody tried the connection


@dataclass(frozen=True, slots=True)
class Threshold:
    """How good one figure must be for evidence, and for sound alone: at least, or at most."""

    evidence: float
    sound: float
    bound: Literal["least", "most"]
    reason: str


#: Every limit of the verdict, by the figure that it is of.
THRESHOLDS: Mapping[str, Threshold] = {
    "up": Threshold(
        250_000, 50_000, "least", "A face at 360 lines takes VP8 about 250 kbit/s; Opus with its headers 50"
    ),
    "down": Threshold(250_000, 50_000, "least", "One's own picture comes back: the same again"),
    "loss": Threshold(
        0.05, 0.20, "most", "5% is resent before it is seen; with error correction 20% is still intelligible"
    ),
    "jitter": Threshold(0.05, 0.15, "most", "A receiver smooths 50 ms unheard; beyond 150 ms words are cut"),
    "round_trip": Threshold(
        0.4, 0.8, "most", "ITU-T G.114: 200 ms each way are felt, 400 ms are the most that talk bears"
    ),
    "frames": Threshold(
        10, 0, "least", "Below 10 pictures a second lips and hands no longer go with the words"
    ),
}

#: The words of each verdict, and what to do about it.
WORDS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.EVIDENCE: ("Good enough for evidence", "Your sound and picture are good in both directions."),
    Verdict.SOUND_ONLY: (
        "Sound only",
        "You will be heard, but your picture may freeze. Move nearer to a window or your router, or stop "
        "other use of the network, and test again.",
    ),
    Verdict.MOVE: (
        "Move and try again",
        "The connection here is too weak. Go where the signal is stronger, or use another network, and test "
        "again.",
    ),
    Verdict.NO_WAY: (
        "This network lets no sound or picture through",
        "Use another network, such as mobile data, and test again. If you cannot, tell the court.",
    ),
    Verdict.UNTESTED: ("Your connection has not been tested", "Test it now, or join without testing."),
}
#: In a vehicle the place can be changed.
IN_A_VEHICLE = (
    "Move the car and try again",
    "The signal here is too weak. Drive to where it is stronger, park, and test again.",
)
_DEVICES = {Verdict.CAMERA: "camera", Verdict.MICROPHONE: "microphone"}
_WRONG: Mapping[Found, str] = {
    Found.BLOCKED: "Choose the {name} sign beside the web address, allow it, and try again.",
    Found.MISSING: "Plug one in or switch it on, and try again.",
    Found.BUSY: "Close the other program that uses it, and try again.",
}
_FINE = frozenset({Found.WORKING, Found.TEST})
_PASSED = frozenset({Verdict.EVIDENCE, Verdict.UNTESTED})


def judge(camera: Found, microphone: Found, figures: Figures | None) -> Verdict:
    """What was found, in one word. Without a microphone nothing else matters; then comes the camera."""
    for device, found in ((Verdict.MICROPHONE, microphone), (Verdict.CAMERA, camera)):
        if found not in _FINE:
            return device
    if figures is None:
        return Verdict.UNTESTED
    if not figures.connected or not figures.sound:
        return Verdict.NO_WAY
    measured = {
        "up": max(figures.up, figures.can_up or 0.0),
        "down": figures.down,
        "loss": max(figures.loss_up, figures.loss_down),
        "jitter": figures.jitter,
        "round_trip": figures.round_trip,
        "frames": figures.frames,
    }
    limits = [(measured[name], limit) for name, limit in THRESHOLDS.items()]
    if all(_holds(value, limit.evidence, limit) for value, limit in limits):
        return Verdict.EVIDENCE
    sound = all(_holds(value, limit.sound, limit) for value, limit in limits)
    return Verdict.SOUND_ONLY if sound else Verdict.MOVE


def _holds(value: float, limit: float, threshold: Threshold) -> bool:
    return value >= limit if threshold.bound == "least" else value <= limit


@dataclass(frozen=True, slots=True)
class KitCheck:
    """One try of the kit; `figures` are None when the connection was not tested.

    `from_vehicle` with all three declarations true is an officer's word that the vehicle stands, that they do
    not drive and that nobody overhears; practice rule 8 asks for it at the door.
    """

    camera: Found
    microphone: Found
    from_vehicle: bool = False
    stationary: bool = False
    not_driving: bool = False
    not_overheard: bool = False
    figures: Figures | None = None

    @property
    def verdict(self) -> Verdict:
        return judge(self.camera, self.microphone, self.figures)

    @property
    def declared(self) -> bool:
        """Whether evidence may be given from where they are."""
        return not self.from_vehicle or (self.stationary and self.not_driving and self.not_overheard)


@dataclass(frozen=True, slots=True)
class Result:
    """What the participant is told of their kit. `passed` is whether nobody needs to do anything about it."""

    verdict: Verdict
    title: str
    advice: str
    passed: bool


def result(check: Mapping[str, Any]) -> Result:
    """What a try of the kit, as it is stored on a link, is told as."""
    verdict = Verdict(check.get("verdict", Verdict.UNTESTED))
    if verdict in _DEVICES:
        name = _DEVICES[verdict]
        found = Found(check[name])
        title = f"{name.capitalize()} {'in use' if found is Found.BUSY else found.value}"
        return Result(verdict, title, _WRONG[found].format(name=name), passed=False)
    vehicle = verdict is Verdict.MOVE and bool(check.get("from_vehicle"))
    title, advice = IN_A_VEHICLE if vehicle else WORDS[verdict]
    return Result(verdict, title, advice, passed=verdict in _PASSED)


def record(session: Session, ctx: Context, check: KitCheck) -> Result:
    """Keep the latest try of the participant's own kit; a failed one is raised to the court's staff.

    It may be days before the hearing. Whoever joins without testing again keeps what the last test found.
    """
    row = links.row(session, _own(ctx))
    kept: dict[str, Any] = {**asdict(check), "verdict": check.verdict.value, "at": ctx.now.isoformat()}
    kept["tested_at"] = kept["at"] if check.figures else None
    before = row.kit_check or {}
    if check.verdict is Verdict.UNTESTED and before.get("figures"):
        kept |= {name: before[name] for name in ("figures", "tested_at")}
        kept["verdict"] = judge(check.camera, check.microphone, Figures(**before["figures"])).value
    told = result(kept)
    row.kit_check = {**kept, "passed": told.passed}
    row.version += 1
    links.record(
        session,
        ctx,
        EventKind.LINK_CHECKED,
        row,
        camera=check.camera.value,
        microphone=check.microphone.value,
        verdict=told.verdict.value,
        passed=told.passed,
        from_vehicle=check.from_vehicle,
        declared=check.declared,
    )
    if not told.passed:
        live.report(session, ctx, row, Trouble.DEVICE_REFUSED if told.verdict in _DEVICES else CONNECTION)
    return told


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
