"""What is wrong with a file: every fault with its JSON path, and a bound on how many are kept."""

from __future__ import annotations

from dataclasses import dataclass, field

#: A person mends a file a few faults at a time, and a hostile one must not fill the memory.
MOST_FAULTS = 200

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    path: str
    message: str


@dataclass(slots=True)
class Faults:
    """The faults found so far, in the order found; `total` goes on counting beyond those kept."""

    found: list[Fault] = field(default_factory=list)
    total: int = 0

    def add(self, path: Path, message: str) -> None:
        self.total += 1
        if len(self.found) < MOST_FAULTS:
            self.found.append(Fault(spelled(path), message))


def spelled(path: Path) -> str:
    """`$.courtLists[0].courtHouse`; a name that is no plain word is quoted and cut to 60 characters."""
    return "$" + "".join(_step(step) for step in path)


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if step.isascii() and step.isidentifier():
        return f".{step[:60]}"
    return f"[{step[:60]!r}]"
