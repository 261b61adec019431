"""The report of an import, as the command line prints it and a run keeps it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from court_link.importing.comparing import Change, Comparison
from court_link.importing.faults import Fault
from court_link.importing.reading import Reading, bounded


@dataclass(frozen=True, slots=True)
class Report:
    """What a file holds (`hearings` counts the entries of its `hearing` arrays, `cases` those of its `case`
    arrays), what came of it or would, and what was wrong with it."""

    format: str
    court_houses: int = 0
    court_rooms: int = 0
    sittings: int = 0
    hearings: int = 0
    video_hearings: int = 0
    cases: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    no_longer_listed: int = 0
    warnings: tuple[str, ...] = ()
    errors: tuple[Fault, ...] = ()

    @property
    def refused(self) -> bool:
        return bool(self.errors)

    def document(self) -> dict[str, Any]:
        """As JSON; `read` is its inverse."""
        return asdict(self) | {
            "warnings": list(self.warnings),
            "errors": [asdict(fault) for fault in self.errors],
        }

    @staticmethod
    def read(document: dict[str, Any]) -> Report:
        return Report(
            **document
            | {
                "warnings": tuple(document["warnings"]),
                "errors": tuple(Fault(**fault) for fault in document["errors"]),
            }
        )

    def uncounted(self) -> Report:
        """As before it was compared with anything, for counting what is really done."""
        return replace(self, created=0, updated=0, unchanged=0, no_longer_listed=0)

    def plus(self, warnings: tuple[str, ...] = (), **counts: int) -> Report:
        """With more counted, and more warned of."""
        added = {name: getattr(self, name) + count for name, count in counts.items()}
        return replace(self, **added, warnings=bounded(iter((*self.warnings, *warnings))))

    def compared(self, comparison: Comparison) -> Report:
        """With what a comparison foretells."""
        return self.plus(
            tuple(comparison.warnings),
            created=comparison.count(Change.CREATED),
            updated=comparison.count(Change.UPDATED),
            unchanged=comparison.count(Change.UNCHANGED),
            no_longer_listed=len(comparison.gone),
        )


def of(reading: Reading) -> Report:
    """The report of a file by itself, before it is compared with anything."""
    return Report(
        format=reading.format,
        court_houses=reading.court_houses,
        court_rooms=reading.court_rooms,
        sittings=reading.sittings,
        hearings=reading.hearings,
        video_hearings=reading.video_hearings,
        cases=reading.cases,
        warnings=reading.warnings,
        errors=reading.faults,
    )
