"""Statements put together once for each engine, and run on the driver's own cursor.

What a booking runs thousands of times a second spends most of its time in being put together and in results
that nobody asks for. A `Prepared` is compiled by SQLAlchemy at its first use, with the processors of its
types; from then on running it is the driver's work alone. The session's own changes are flushed first, and
errors are SQLAlchemy's, so that nobody else need know.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Dialect, Executable, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import NullType
from sqlmodel import Session

_INSERT: Mapping[str, Callable[[Any], Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_Process = Callable[[Any], Any] | None
_T = TypeVar("_T")
#: What was asked of the store and is not yet read: called once, it answers.
Later = Callable[[], _T]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement as the driver takes it."""

    text: str
    fixed: Mapping[str, Any]  # values that are part of the statement
    given: tuple[tuple[str, _Process], ...]  # in the order of the text
    answers: tuple[_Process, ...]
    names: tuple[str, ...]
    by_name: bool

    def arguments(self, values: Mapping[str, Any]) -> Any:
        """The driver's arguments: by name or in order, whichever it takes."""
        fixed, found = self.fixed, []
        for name, process in self.given:
            value = values[name] if name in values else fixed[name]
            found.append(process(value) if process else value)
        return dict(zip(self.names, found, strict=True)) if self.by_name else found

    def answer(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """A row of the driver's, in Python's own types."""
        pairs = zip(self.answers, row, strict=True)
        return tuple([process(value) if process else value for process, value in pairs])


class Prepared:
    """A statement, or what makes one of the engine's own `insert`; compiled at its first use on each engine.

    A parameter of `IN` is an expanding one, whose value is a list.
    """

    def __init__(self, of: Executable | Callable[[Callable[[Any], Any]], Executable]) -> None:
        self._of = of
        self._known: dict[tuple[object, ...], _Compiled] = {}

    def rows(self, session: Session, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run it, and answer its rows, each a tuple in the order of its columns."""
        return self.asked(session, values)()

    def asked(self, session: Session, values: Mapping[str, Any]) -> Later[list[tuple[Any, ...]]]:
        """Run it, and read its rows later: of what is asked `together` none waits for another's answer."""
        lists = {name: _padded(value) for name, value in values.items() if isinstance(value, list)}
        statement = self._compiled(session, lists)
        given = dict(values)
        for name, value in lists.items():
            given.update((f"{name}_{number}", each) for number, each in enumerate(value, start=1))
        with _errors_of(statement.text):
            cursor = _driver(session).execute(statement.text, statement.arguments(given))

        def read() -> list[tuple[Any, ...]]:
            with _errors_of(statement.text):
                found = cursor.fetchall()
            return [statement.answer(row) for row in found] if any(statement.answers) else found

        return read

    def run(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each of these rows, for its effect."""
        if not rows:
            return
        statement = self._compiled(session, {})
        arguments = [statement.arguments(row) for row in rows]
        with _errors_of(statement.text):
            cursor = _driver(session).cursor()
            if len(arguments) == 1:
                cursor.execute(statement.text, arguments[0])
            else:
                cursor.executemany(statement.text, arguments)

    def _compiled(self, session: Session, lists: Mapping[str, list[Any]]) -> _Compiled:
        session.flush()
        dialect = session.get_bind().dialect
        key = (dialect.name, *(len(value) for value in lists.values()))
        if key not in self._known:
            made = self._of(_INSERT[dialect.name]) if callable(self._of) else self._of
            self._known[key] = _compile(made, dialect, lists)
        return self._known[key]


def plain(table: Table, *columns: str) -> Prepared:
    """The insert of a row into a table: of these columns, or else of all that it has."""
    values: dict[str, Any] = {name: bindparam(name) for name in columns or table.columns.keys()}
    return Prepared(lambda insert: insert(table).values(values).inline())


def _compile(statement: Any, dialect: Dialect, lists: Mapping[str, list[Any]]) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    # A list's values are named after it, counted from 1.
    state = compiled.construct_expanded_state({**compiled.params, **lists})
    names = state.positiontup if compiled.positional else [*state.parameters]
    whole = {name: of for of, each in state.parameter_expansion.items() for name in each}
    types = {name: compiled.binds[whole.get(name, name)].type for name in names}
    if untyped := [name for name, of in types.items() if isinstance(of, NullType)]:
        raise TypeError(f"of what type are {untyped}?")  # the driver would write them in a way of its own
    columns = getattr(statement, "exported_columns", ())
    return _Compiled(
        text=state.statement,
        fixed=state.parameters,
        given=tuple((name, types[name].dialect_impl(dialect).bind_processor(dialect)) for name in names),
        answers=tuple(
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
        ),
        names=tuple(names),
        by_name=not compiled.positional,
    )


def _padded(values: list[Any]) -> list[Any]:
    """The same values, the last one repeated up to a power of two: few lengths, and so few statements."""
    count = 1 << (len(values) - 1).bit_length() if values else 0
    return values + values[-1:] * (count - len(values))


def _driver(session: Session) -> Any:
    """The driver's connection of the session's transaction, looked up once for each transaction."""
    known = session.info.get(_driver)
    transaction = session.get_transaction()
    if known is None or transaction is None or known[0] is not transaction:
        connection = session.connection()
        known = session.info[_driver] = session.get_transaction(), connection.connection.driver_connection
    return known[1]


@contextmanager
def _errors_of(text: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, psycopg.Error) as error:
        base = psycopg.Error if isinstance(error, psycopg.Error) else sqlite3.Error
        raise DBAPIError.instance(text, None, error, base, hide_parameters=True) from error


@contextmanager
def together(session: Session) -> Iterator[None]:
    """Send what is run within without waiting for each answer (PostgreSQL): one journey for all of it.

    Within, nothing but `Prepared` is run; what is `asked` within is read after it.
    """
    session.flush()
    driver = _driver(session)
    if not isinstance(driver, psycopg.Connection):
        yield
        return
    with _errors_of("(several)"), driver.pipeline():
        yield
