"""An organisation's people, and their shifts and absences, as files that can be imported again."""

from __future__ import annotations

from datetime import date

from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.rota import whole_days
from court_link.importing import csvs
from court_link.importing.people import own
from court_link.importing.people_files import COLUMNS, DUTIES, MOST_DAYS, PEOPLE, duty_written
from court_link.store import Session, duties, staff


def people(session: Session, ctx: Context) -> bytes:
    """The people of the asker's own organisation, as a file that can be imported again."""
    every: list[staff.Employed] = []
    while some := staff.people(session, [own(ctx)], after=every[-1].id if every else None, limit=1000):
        every += some
    rows = (
        [
            each.number,
            each.name,
            each.kind.value.replace("_", " "),
            each.email,
            each.station,
            "; ".join(each.languages),
        ]
        for each in every
    )
    return csvs.written(COLUMNS[PEOPLE], rows)


def shifts(session: Session, ctx: Context, first: date, last: date) -> bytes:
    """What began on these dates in the rota of the asker's own organisation, as a file to import again."""
    if (last - first).days >= MOST_DAYS:
        raise Invalid(errors=[FieldError("last", f"One file covers at most {MOST_DAYS} days.")])
    numbers = {person.id: person.number for person, _ in staff.person_rows(session, own(ctx))}
    within = whole_days(first, last)
    found = duties.of(session, list(numbers), within)
    rows = [
        [numbers[person], *duty_written(each)]
        for person in sorted(found, key=lambda known: numbers[known])
        for each in found[person]
        if within.holds(each.interval.start)
    ]
    return csvs.written(COLUMNS[DUTIES], rows)
