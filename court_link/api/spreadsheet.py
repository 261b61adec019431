"""Tables as CSV files that a spreadsheet opens safely."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from starlette.responses import Response


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Response:
    """A download called `name`, one row a mapping; keys outside `columns` are left out."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _not_a_formula(row[key]) for key in columns})
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=disposition)


def _not_a_formula(value: object) -> object:
    """Spreadsheets run text that begins like a formula, so an apostrophe goes before it (OWASP)."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" else value
