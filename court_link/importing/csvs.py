"""Files of values between commas: read with every fault named by line and column, written safely.

One header line, then one record a line (RFC 4180), in UTF-8 with or without a byte order mark, separated by
commas, or by semicolons as spreadsheets of other countries do. Columns are known by their names, in any order
and with any capitals. Everything is read before anything is done, so a faulty file changes nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from court_link.importing.faults import MOST_FAULTS, Fault
from court_link.importing.text import fault_of, tidy

MOST_BYTES = 8 * 1024 * 1024
#: What is applied in one transaction, while bookings wait.
MOST_LINES = 20_000
#: Characters in one value.
LONGEST = 200
#: What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection).
_FORMULA = "=+-@\t\r"


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a file: its number, as an editor counts it, and its values by column."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds. With any fault there is nothing more to be done with it."""

    columns: tuple[str, ...]
    records: tuple[Record, ...]
    faults: tuple[Fault, ...]


class Faulty:
    """Faults found so far, by line and column."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, line: int, column: str, message: str) -> None:
        if len(self.found) < MOST_FAULTS:
            where = f"Line {line}, {column}" if column else f"Line {line}"
            self.found.append(Fault(where, message))


def read(content: bytes, known: Sequence[Sequence[str]]) -> Sheet:
    """Reads a file whose header is one of the `known` ones. Never raises for what the file holds."""
    if len(content) > MOST_BYTES:
        return _refused(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return _refused("The file is not text in UTF-8. Save it as “CSV UTF-8”.", line)
    if "\0" in text:
        return _refused("The file is not a CSV file.")
    return _parsed(text, known)


def written(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A file that a spreadsheet opens safely, with a byte order mark so that it knows the encoding.

    An apostrophe goes before a value that would begin a formula; `read` takes it away again.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_safe(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _parsed(text: str, known: Sequence[Sequence[str]]) -> Sheet:
    faults = Faulty()
    first = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=";" if first.count(";") > first.count(",") else ",",
        strict=True,
    )
    records: list[Record] = []
    columns: tuple[str, ...] | None = None
    line = 0
    try:
        for values in reader:
            line, began = reader.line_num, line + 1
            if not any(value.strip() for value in values):
                continue
            if columns is None:
                columns = _header(values, known)
                if columns is None:
                    return _refused(_unknown(values, known), began)
                continue
            if len(records) >= MOST_LINES:
                return _refused(f"The file has more than {MOST_LINES:,} lines.", began)
            records.append(_record(began, columns, values, faults))
    except csv.Error:
        return _refused(
            "This line cannot be read: a quotation mark is not closed, or stands alone.", line + 1
        )
    if columns is None:
        return _refused("The file is empty.")
    if not records:
        faults.add(1, "", "The file has its columns and nothing below them.")
    return Sheet(columns, tuple(records), tuple(faults.found))


def _header(values: Sequence[str], known: Sequence[Sequence[str]]) -> tuple[str, ...] | None:
    given = [tidy(value).casefold() for value in values]
    while given and not given[-1]:
        given.pop()
    for columns in known:
        if sorted(given) == sorted(columns):
            return tuple(given)
    return None


def _unknown(values: Sequence[str], known: Sequence[Sequence[str]]) -> str:
    given = {tidy(value).casefold() for value in values}
    nearest = max(known, key=lambda columns: len(given & set(columns)))
    lacking = [name for name in nearest if name not in given]
    strange = sorted(name for name in given if name and name not in nearest)
    said = [f"The columns must be {', '.join(nearest)}."]
    if lacking and len(lacking) < len(nearest):
        said.append(f"Missing: {', '.join(lacking)}.")
    if strange and len(lacking) < len(nearest):
        said.append(f"Not known: {', '.join(name[:40] for name in strange[:10])}.")
    return " ".join(said)


def _record(line: int, columns: Sequence[str], values: Sequence[str], faults: Faulty) -> Record:
    if len(values) > len(columns) and any(value.strip() for value in values[len(columns) :]):
        faults.add(line, "", f"There are {len(values)} values for {len(columns)} columns.")
    found: dict[str, str] = {}
    for column, value in zip(columns, [*values, *[""] * len(columns)], strict=False):
        if message := fault_of(value, LONGEST):
            faults.add(line, column, message)
        found[column] = tidy(_unquoted(value))
    return Record(line, found)


def _refused(message: str, line: int = 1) -> Sheet:
    return Sheet((), (), (Fault(f"Line {line}", message),))


def _safe(value: str) -> str:
    return f"'{value}" if value[:1] and value[0] in _FORMULA else value


def _unquoted(value: str) -> str:
    return value[1:] if value[:1] == "'" and value[1:2] and value[1] in _FORMULA else value
