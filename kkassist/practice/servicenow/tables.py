"""The rows of the instance, in memory: one dict per record, replaced (never changed) by each update.

A row holds only its non-empty raw values, as strings. Every task lives under `task`, whatever its class.
Callers hold `lock` around what must be seen together.
"""

import gc
import hashlib
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from threading import RLock
from typing import Final

from kkassist.practice.servicenow.clock import Clock
from kkassist.practice.servicenow.schema import TABLES, clock_field, fields_of, is_kind_of, lineage

Row = dict[str, str]
Key = tuple[str, str]
"""(`sys_updated_on`, `sys_id`): the order a reader can page in."""

HASHED: Final[dict[str, tuple[str, ...]]] = {
    "sys_user": ("user_name",),
    "sys_user_group": ("name",),
    "sys_user_grmember": ("user", "group"),
    "sys_user_has_role": ("user",),
    "sys_journal_field": ("element_id",),
    "sys_attachment": ("table_sys_id",),
    "task_sla": ("task",),
    "sysapproval_approver": ("sysapproval",),
    "sys_choice": ("name",),
    "task": ("number", "correlation_id"),
}
"""Fields of a root table that are looked up by value."""


class Tables:
    """Every record of the instance, in the order of its last change, and found by its id."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self.lock = RLock()
        self.clock = clock
        self._seed = seed
        self._made = 0
        self._numbers: dict[str, int] = {}
        self._rows: dict[str, dict[str, Row]] = {root(name): {} for name in TABLES}
        self._keys: dict[str, list[Key]] = {name: [] for name in TABLES}
        self._sorted: dict[str, bool] = dict.fromkeys(TABLES, True)
        self._hashed: dict[tuple[str, str], dict[str, list[str]]] = {
            (table, field): {} for table, fields in HASHED.items() for field in fields
        }
        self._late: list[tuple[float, Callable[[], None]]] = []
        self._seeding = False

    @contextmanager
    def seeding(self) -> Iterator[None]:
        """Many inserts in any order: sorted once, when they are first read; none of them is garbage."""
        self._seeding = True
        collecting = gc.isenabled()
        gc.disable()
        yield
        if collecting:
            gc.enable()
        self._seeding = False

    def new_id(self) -> str:
        """A fresh sys_id: 32 hexadecimal digits, the same ones for the same seed and order."""
        self._made += 1
        text = f"{self._seed}:{self._made}"
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    def new_number(self, table: str) -> str:
        """The next record number of the table, such as FIN0001001."""
        prefix = TABLES[table].prefix
        self._numbers[prefix] = self._numbers.get(prefix, 1000) + 1
        return f"{prefix}{self._numbers[prefix]:07}"

    def get(self, table: str, sys_id: str) -> Row | None:
        """The record, or None where the table has none with that id."""
        row = self._rows[root(table)].get(sys_id)
        if row is None or table == root(table):
            return row
        return row if is_kind_of(row["sys_class_name"], table) else None

    def rows(self, table: str, since: str = "") -> Iterator[Row]:
        """The records in the order of (last change, sys_id), from the raw instant `since` on."""
        keys = self._ordered(table)
        found = self._rows[root(table)]
        start = bisect_left(keys, (since, "")) if since else 0
        if start == 0:
            return (found[sys_id] for _, sys_id in keys)
        return (found[sys_id] for _, sys_id in islice(keys, start, None))

    def count(self, table: str) -> int:
        """How many records the table has."""
        return len(self._keys[table])

    def where(self, table: str, field: str, value: str) -> list[Row]:
        """The records of the table whose looked-up field has exactly this (non-empty) value."""
        found = self._rows[root(table)]
        ids = self._hashed[(root(table), field)].get(value, ())
        return [
            found[sys_id]
            for sys_id in ids
            if table == root(table) or is_kind_of(found[sys_id]["sys_class_name"], table)
        ]

    def is_hashed(self, table: str, field: str) -> bool:
        """Whether `where` can be asked about the field."""
        return (root(table), field) in self._hashed

    def add(self, table: str, values: Mapping[str, str], *, by: str = "system", at: str = "") -> Row:
        """Insert a record as it is, with its trace (created, updated, count of changes) filled in."""
        moment = at or self.clock.stamp()
        row = {name: value for name, value in values.items() if value}
        row.setdefault("sys_id", self.new_id())
        row.setdefault("sys_created_on", moment)
        row.setdefault("sys_created_by", by)
        if clock_field(table) == "sys_updated_on":
            row.setdefault("sys_updated_on", row["sys_created_on"])
            row.setdefault("sys_updated_by", by)
            row.setdefault("sys_mod_count", "0")
        if root(table) == "task":
            row["sys_class_name"] = table
            row.setdefault("sys_domain", "global")
            if "active" not in values:
                row["active"] = "true"
            if "number" not in row:
                row["number"] = self.new_number(table)
        self._put(table, row)
        return row

    def change(self, table: str, sys_id: str, changes: Mapping[str, str], *, by: str, at: str = "") -> Row:
        """Replace some raw values and count one change; the caller has seen that something differs."""
        old = self._rows[root(table)][sys_id]
        row = {name: value for name, value in {**old, **changes}.items() if value}
        row["sys_updated_on"] = at or self.clock.stamp()
        row["sys_updated_by"] = by
        row["sys_mod_count"] = str(int(old.get("sys_mod_count", "0")) + 1)
        self._drop(old.get("sys_class_name", table) if root(table) == "task" else table, old)
        self._put(row.get("sys_class_name", table) if root(table) == "task" else table, row)
        return row

    def remove(self, table: str, sys_id: str, *, by: str) -> None:
        """Delete a record; tasks leave a line in sys_audit_delete."""
        row = self._rows[root(table)][sys_id]
        concrete = row["sys_class_name"] if root(table) == "task" else table
        self._drop(concrete, row)
        if root(table) == "task":
            self.add("sys_audit_delete", {"tablename": concrete, "documentkey": sys_id}, by=by)

    def commit_late(self, due: float, act: Callable[[], None]) -> None:
        """Keep a write of another transaction back until the instant `due` (seconds since 1970)."""
        self._late.append((due, act))

    def settle(self) -> None:
        """Make the kept-back writes visible whose time has come."""
        if not self._late:
            return
        now = self.clock.now().timestamp()
        ready = [act for due, act in self._late if due <= now]
        self._late = [(due, act) for due, act in self._late if due > now]
        for act in ready:
            act()

    @property
    def kept_back(self) -> int:
        """How many writes of others are not visible yet."""
        return len(self._late)

    def _ordered(self, table: str) -> list[Key]:
        keys = self._keys[table]
        if not self._sorted[table]:
            keys.sort()
            self._sorted[table] = True
        return keys

    def _put(self, table: str, row: Row) -> None:
        base = root(table)
        self._rows[base][row["sys_id"]] = row
        key = (row[clock_field(table)], row["sys_id"])
        for name in lineage(table):
            keys = self._keys[name]
            if not keys or key >= keys[-1]:
                keys.append(key)
            elif self._seeding:
                keys.append(key)
                self._sorted[name] = False
            else:
                insort(self._ordered(name), key)
        for field in HASHED.get(base, ()):
            if field in row:
                self._hashed[(base, field)].setdefault(row[field], []).append(row["sys_id"])

    def _drop(self, table: str, row: Row) -> None:
        base = root(table)
        del self._rows[base][row["sys_id"]]
        key = (row[clock_field(table)], row["sys_id"])
        for name in lineage(table):
            keys = self._ordered(name)
            del keys[bisect_left(keys, key)]
        for field in HASHED.get(base, ()):
            if field in row:
                self._hashed[(base, field)][row[field]].remove(row["sys_id"])


def root(table: str) -> str:
    """The table at the top of the inheritance, where the rows are kept."""
    return lineage(table)[-1]


def display_of(tables: Tables, table: str, sys_id: str) -> str:
    """What the screen shows for a reference: the number of a task, the name of a user; "" if it is gone."""
    row = tables.get(table, sys_id)
    return row.get(TABLES[table].display, "") if row else ""


def has_field(table: str, path: str) -> bool:
    """Whether the (dot-walked) field exists, seen from the table."""
    name, _, rest = path.partition(".")
    field = fields_of(table).get(name)
    if field is None:
        return False
    return not rest or (field.type == "reference" and has_field(field.reference, rest))
