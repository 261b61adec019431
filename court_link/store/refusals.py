"""What an error of the database means to a person: taken, try again, or a fault of ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from court_link.domain.errors import Invalid, SlotTaken, Unavailable
from court_link.store.constraints import OVERLAP

#: SQLite's primary result codes that say: not now. https://sqlite.org/rescode.html
_SQLITE_NOT_NOW = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}
#: SQLSTATE classes: connection exception, insufficient resources, operator intervention, system error.
_POSTGRESQL_NOT_NOW = ("08", "53", "57", "58")

#: Another run of the same function may well succeed, or refuse with a better reason.
_RACES = (pg.DeadlockDetected, pg.SerializationFailure, pg.ExclusionViolation)


class NotKept(Invalid):
    """Something in what you entered cannot be kept: a control character, or a number or date out of range."""


def lost_a_race(error: Exception) -> bool:
    """Whether a concurrent transaction is the cause, so that the whole function is worth running again."""
    return isinstance(error, DBAPIError) and isinstance(error.orig, _RACES)


def meant(error: Exception) -> Exception:
    """The domain error that `error` stands for, or `error` itself."""
    if isinstance(error, PoolTimeout):
        return Unavailable()
    if not isinstance(error, DBAPIError):
        return error
    cause = error.orig
    if _overlaps(cause):
        return SlotTaken()
    if isinstance(cause, psycopg.DataError):  # such as a NUL, which no text of PostgreSQL's holds
        return NotKept()
    return Unavailable() if error.connection_invalidated or _not_now(cause) else error


@contextmanager
def said_plainly() -> Iterator[None]:
    """Raise what an error of the database means in its stead."""
    try:
        yield
    except Exception as error:
        meaning = meant(error)
        if meaning is error:
            raise
        raise meaning from error


def _overlaps(cause: BaseException | None) -> bool:
    if isinstance(cause, sqlite3.IntegrityError):
        return str(cause) == OVERLAP
    return isinstance(cause, pg.ExclusionViolation) and cause.diag.constraint_name == OVERLAP


def _not_now(cause: BaseException | None) -> bool:
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0)
        return code & 0xFF in _SQLITE_NOT_NOW or code == sqlite3.SQLITE_READONLY_DBMOVED
    if isinstance(cause, psycopg.Error):
        if isinstance(cause, (pg.LockNotAvailable, *_RACES)):
            return True
        if cause.sqlstate is None:
            return isinstance(cause, psycopg.OperationalError)
        return cause.sqlstate.startswith(_POSTGRESQL_NOT_NOW)
    return False
