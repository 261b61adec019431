"""JSON read event by event, so that a big file never stands whole in memory.

The tree is built as it is read, and each value that stands at one of the `reductions` is handed over as soon
as it is complete and replaced by what comes back: of ten thousand hearings one is whole at a time. Every text
and every name in the file is checked on the way, whether or not anybody asks for it later.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Protocol

import ijson

from court_link.importing.faults import Faults, Path
from court_link.importing.text import fault_of

DEEPEST = 40
#: Values standing in memory at once: far more than any list's frame, or any one hearing, has.
MOST_HELD = 400_000


Reductions = Mapping[Path, Callable[[Any, Path], Any]]
"""What becomes of the values at each of these paths, in which -1 stands for any index."""


class Source(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class Unreadable(Exception):
    """The file is not JSON, or is more than can be read; the message says which."""


def read(source: Source, faults: Faults, reductions: Reductions, unread: Collection[Path] = ()) -> Any:
    """The file's value, reduced. A name may stand twice in an object only where it is `unread`.

    Raises Unreadable when there is no value to return; all that can be told apart is put into `faults`.
    """
    tree = _Tree(faults, reductions, frozenset(unread))
    try:
        for event, value in ijson.basic_parse(source, use_float=True):
            tree.take(event, value)
    except ijson.IncompleteJSONError as error:
        raise Unreadable("The file ends too soon, or is not JSON.") from error
    except (ijson.JSONError, ValueError, OverflowError) as error:
        raise Unreadable("The file is not JSON in UTF-8.") from error
    return tree.root


def standing_at(value: Any, path: Path) -> Iterator[Any]:
    """Every value that stands at a path, -1 for any index, whatever stands around it."""
    if not path:
        yield value
    elif path[0] == -1:
        for item in value if isinstance(value, list) else ():
            yield from standing_at(item, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from standing_at(value[path[0]], path[1:])


class _Tree:
    def __init__(self, faults: Faults, reductions: Reductions, unread: frozenset[Path]) -> None:
        self.root: Any = None
        self._faults = faults
        self._unread = unread
        self._reductions = reductions
        self._depths = {len(path) for path in reductions}
        self._open: list[dict[str, Any] | list[Any]] = []
        self._held_before: list[int] = []
        self._path: list[str | int] = []
        self._held = 0

    def take(self, event: str, value: Any) -> None:
        if event == "map_key":
            self._name(value)
        elif event == "start_map":
            self._begin({})
        elif event == "start_array":
            self._begin([])
        elif event in {"end_map", "end_array"}:
            self._end()
        else:
            if event == "string" and (message := fault_of(value)):
                self._faults.add(self._here(), message)
            self._attach(value)

    def _begin(self, container: dict[str, Any] | list[Any]) -> None:
        if len(self._open) >= DEEPEST:
            raise Unreadable(f"The file nests more than {DEEPEST} levels deep.")
        if self._open and isinstance(self._open[-1], list):
            self._path.append(len(self._open[-1]))
        self._held_before.append(self._held)
        self._open.append(container)
        if isinstance(container, dict):
            self._path.append("")  # the name that follows

    def _end(self) -> None:
        container = self._open.pop()
        if isinstance(container, dict):
            self._path.pop()
        before = self._held_before.pop()
        value: Any = container
        if (reduce := self._reduction()) is not None:
            value, self._held = reduce(container, tuple(self._path)), before
        if self._open and isinstance(self._open[-1], list):
            self._path.pop()
        self._attach(value)

    def _name(self, name: str) -> None:
        container = self._open[-1]
        self._path[-1] = name
        if message := fault_of(name, longest=200):
            self._faults.add(self._here(), message)
        if name in container and self._key(self._path) not in self._unread:
            self._faults.add(self._here(), "This name stands twice in the same object.")

    def _attach(self, value: Any) -> None:
        self._held += 1
        if self._held > MOST_HELD:
            raise Unreadable("The file holds more than Court Link can read at once.")
        if not self._open:
            self.root = value
        elif isinstance(container := self._open[-1], list):
            container.append(value)
        else:
            container[str(self._path[-1])] = value

    def _here(self) -> Path:
        if self._open and isinstance(container := self._open[-1], list):
            return (*self._path, len(container))
        return tuple(self._path)

    def _reduction(self) -> Callable[[Any, Path], Any] | None:
        if len(self._path) not in self._depths:
            return None
        return self._reductions.get(self._key(self._path))

    @staticmethod
    def _key(path: Iterable[str | int]) -> Path:
        return tuple(-1 if isinstance(step, int) else step for step in path)
