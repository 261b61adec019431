"""The list formats that Court Link reads: a module each, told apart by what a file holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Protocol

from court_link.importing import adult, civil, crown, magistrates
from court_link.importing.faults import Faults, Path
from court_link.importing.listed import Frame, ReadHearing
from court_link.importing.matters import Matter
from court_link.importing.shape import Node
from court_link.importing.stream import Reductions

UNKNOWN = "unknown"
#: What a person calls each format.
FORMATS = {
    magistrates.STANDARD: "Magistrates’ standard list",
    magistrates.PUBLIC: "Magistrates’ public list",
    adult.ADULT: "Magistrates’ adult court list",
    civil.CIVIL: "Civil and family daily cause list",
    crown.CROWN: "Crown Court daily list",
    UNKNOWN: "Not a court list",
}
#: All of them, in the middle of a sentence.
READ = (
    "magistrates’ standard lists, public lists and adult court lists, "
    "civil and family daily cause lists, and Crown Court daily lists"
)


class Format(Protocol):
    """What a module that reads a format has."""

    @property
    def HEARING(self) -> Path:  # noqa: N802 - a module's constant
        """Where each of its hearings stands; -1 is any index."""

    def takes(self, hearing: dict[str, Any], /) -> bool:
        """Whether an entry that stands there is one of this format."""

    def read_hearing(self, node: Node, /) -> ReadHearing:
        """Reads one entry while the file streams past."""

    def claims(self, root: dict[str, Any], /) -> bool:
        """Whether a whole file, its hearings read, is of this format."""

    def read_frame(self, top: Node, told: date | None, /) -> Frame:
        """Reads all that stands around the hearings; `told` is the day of a list that does not say it."""

    def unusual(self, matter: Matter, /) -> Iterator[str]:
        """The references of a matter that are not in the usual form: they vary, so it is only warned of."""


#: The first that claims a file has it; the publication service's own lists differ by their hearings alone.
_EVERY: tuple[Format, ...] = (crown, adult, civil, magistrates)


#: What may stand twice in a file, since nobody reads it.
UNREAD: tuple[Path, ...] = (crown.UNREAD,)


def of(root: Any) -> Format | None:
    """The format of a whole file."""
    if not isinstance(root, dict):
        return None
    return next((each for each in _EVERY if each.claims(root)), None)


def reductions(faults: Faults) -> Reductions:
    """How each entry is read as it streams past, wherever it may stand."""
    return {path: _reader(path, faults) for path in {each.HEARING for each in _EVERY}}


def _reader(stands_at: Path, faults: Faults) -> Callable[[Any, Path], Any]:
    here = [each for each in _EVERY if stands_at == each.HEARING]

    def read(value: Any, path: Path) -> Any:
        """What is no object stays as it is, and becomes a fault of the frame."""
        if not isinstance(value, dict):
            return value
        format_ = next(each for each in here if each.takes(value))
        return format_.read_hearing(Node(value, path, faults))

    return read
