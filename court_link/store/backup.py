"""A copy of the database, taken while the service runs.

SQLite's own online backup, in one read transaction: the copy is of one moment, and writers go on. The copy
is checked before it gets its name, so a file of that name is always a whole database. On PostgreSQL use
`pg_dump`, which does the same.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url


class NotCopied(Exception):
    """The database was not copied."""


def copy(url: str, file: Path) -> None:
    """Copy the SQLite database at `url` to `file`, which must not exist. Raises NotCopied, saying why."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or not address.database:
        raise NotCopied("Only SQLite is copied so. For PostgreSQL run: pg_dump --format=custom")
    if file.exists():
        raise NotCopied(f"{file} exists already.")
    source = Path(address.database)
    if not source.exists():
        raise NotCopied(f"There is no database at {source}.")
    partial = file.with_name(f"{file.name}.partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(partial)) as made:
        live.backup(made)
        made.execute("PRAGMA journal_mode = DELETE")
        found = made.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        partial.unlink()
        raise NotCopied(f"The copy is not sound: {found}")
    _make_durable(partial)
    partial.replace(file)
    _make_durable(file.parent)


def _make_durable(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
