"""The few places where SQLite and PostgreSQL differ, and writing many rows at once."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table

Tx = Connection
"""A transaction of the workspace. Functions of the store take it first and never commit."""

Value = str | int | bytes | None
_BOUND_AT_ONCE = 500
_Item = TypeVar("_Item")


def on_sqlite(tx: Tx) -> bool:
    return tx.dialect.name == "sqlite"


def upsert(tx: Tx, table: Table, columns: Sequence[str], rows: Sequence[tuple[Value, ...]]) -> None:
    """Insert rows, or overwrite the given columns where the key is known. Tuples go to the driver as they are."""
    if not rows:
        return
    keys = unique_key(table)
    rest = [column for column in columns if column not in keys]
    outcome = f"UPDATE SET {', '.join(f'{q(c)} = excluded.{q(c)}' for c in rest)}" if rest else "NOTHING"
    conflict = f" ON CONFLICT ({', '.join(map(q, keys))}) DO {outcome}"
    tx.exec_driver_sql(_insert(tx, table.name, columns) + conflict, list(rows))


def insert(tx: Tx, table: str, columns: Sequence[str], rows: Sequence[tuple[Value, ...]]) -> None:
    """Insert rows; a known key is an error."""
    if rows:
        tx.exec_driver_sql(_insert(tx, table, columns), list(rows))


def delete(tx: Tx, table: str, column: str, keys: Sequence[Value]) -> None:
    """Delete the rows whose column holds one of the keys."""
    for some in chunks(keys):
        tx.exec_driver_sql(f"DELETE FROM {q(table)} WHERE {q(column)} IN {_marks(tx, len(some))}", tuple(some))  # noqa: S608


def rows_in(tx: Tx, asked: str, keys: Iterable[Value]) -> Iterator[Sequence[Any]]:
    """The rows of `asked`, which ends in IN, for any number of keys. Bound by the driver: half the cost of names."""
    for some in chunks(keys):
        yield from tx.exec_driver_sql(asked + _marks(tx, len(some)), tuple(some))


def unique_key(table: Table) -> list[str]:
    """What a row is known by: its unique column where it has one, else its primary key."""
    unique = [column.name for column in table.columns if column.unique]
    return unique[:1] or [column.name for column in table.primary_key.columns]


def chunks(several: Iterable[_Item], size: int = _BOUND_AT_ONCE) -> Iterator[list[_Item]]:
    """The items in lists that are short enough to be bound in one statement."""
    rest = iter(several)
    while chunk := list(islice(rest, size)):
        yield chunk


def one_of(prefix: str, values: Collection[str]) -> tuple[str, dict[str, str]]:
    """`:prefix0, :prefix1 …` for an IN list of a text statement, and the values; an empty list fits nothing."""
    bound = {f"{prefix}{place}": value for place, value in enumerate(values)}
    return ", ".join(f":{name}" for name in bound) or "NULL", bound


def q(name: str) -> str:
    """A quoted name: some columns bear words that SQL keeps for itself."""
    return f'"{name}"'


def _mark(tx: Tx) -> str:
    return "?" if tx.dialect.paramstyle == "qmark" else "%s"


def _marks(tx: Tx, many: int) -> str:
    return f"({', '.join([_mark(tx)] * many)})"


def _insert(tx: Tx, table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {q(table)} ({', '.join(map(q, columns))}) VALUES {_marks(tx, len(columns))}"  # noqa: S608
