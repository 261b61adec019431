"""How people attend, from the free text of a list ("VIDEO HEARING", "Teams", "Attended")."""

from __future__ import annotations

from collections.abc import Sequence

_VIDEO = (
    "video",
    "remote",
    "teams",
    "cvp",
    "virtual",
    "live link",
    "livelink",
    "skype",
    "zoom",
    "kinly",
    "hybrid",
)


def by_video(channels: Sequence[str]) -> bool:
    """Whether anybody attends by video. A telephone hearing, or one that is only attended, is not one."""
    return any(word in channel.casefold() for channel in channels for word in _VIDEO)


def nearest(*levels: tuple[str, ...]) -> tuple[str, ...]:
    """The channels that apply: a hearing's own before its sitting's before its session's."""
    return next(filter(None, levels), ())


def named_in(*notes: str) -> tuple[str, ...]:
    """The ways of attending by video that free notes name: of a note that may name people, no more."""
    return tuple(word for word in _VIDEO if any(word in note.casefold() for note in notes))
