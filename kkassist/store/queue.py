"""The queue: which cases, in what order, grouped how. Ids first, rows on demand; sorting and counting in SQL."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from kkassist.domain.case import QueueRow, View
from kkassist.domain.change import OPEN_STATES, ChangeState
from kkassist.domain.colleague import Me
from kkassist.store import search as search_room
from kkassist.store.codec import instant, must_instant, must_micros
from kkassist.store.folding import danish_key
from kkassist.store.sql import Tx, on_sqlite, one_of, rows_in
from kkassist.store.tables import SOONEST

AT_RISK = timedelta(hours=4)
DUE_GROUPS = ("overdue", "today", "tomorrow", "this_week", "later", "none")
"""Group keys of `group_by="due"` in order, by days in Copenhagen; the week ends on Sunday."""

_PLACE = ZoneInfo("Europe/Copenhagen")
_WAITING = ("afvent", "await", "suspend")
_FEW = 400
_SORTS = {
    "breach": ("breach_at", "due"),
    "due": ("due", "breach_at"),
    "updated": ("updated",),
    "opened": ("opened",),
    "number": ("number",),
    "person": ("person_key",),
    "priority": ("priority",),
}
_LAST_WHEN_EMPTY = {"number": "''", "person_key": "''", "priority": "0"}
_GROUPED = {"process": "process", "state": "state_label", "assigned_to": "assigned_label"}
_OPEN = ", ".join(f"'{state.value}'" for state in OPEN_STATES)
_FOR_THE_USER = (ChangeState.REFUSED, ChangeState.CONFLICT)
_LINES = (
    "SELECT sys_id, number, table_name, title, process, state, state_label, priority, group_label, assigned_label, "
    "person, due, breach_at, breach_paused, opened, updated, unread, active FROM cases WHERE sys_id IN "
)
_DIMENSIONS = "assigned_id, group_id, process, state, state_label, breach_paused"
_ALIKE = (
    f"SELECT {_DIMENSIONS}, 1 AS active, 0 AS unread, count(*) AS cases, "  # noqa: S608 - our own column names
    "sum(CASE WHEN breach_at <= :risk THEN 1 ELSE 0 END) AS risky "
    f"FROM cases WHERE active = 1 GROUP BY {_DIMENSIONS} "
    f"UNION ALL SELECT {_DIMENSIONS}, 0, 1, count(*), 0 FROM cases WHERE unread = 1 GROUP BY {_DIMENSIONS}"
)
"""How many cases are alike in all that a view asks of them: the active ones, then the unread ones."""


@dataclass(frozen=True, slots=True)
class Load:
    """One line of the workload: cases that share group, caseworker, process, state and activity."""

    group: str
    assigned_to: str
    process: str
    state: str
    active: bool
    cases: int
    breached: int
    """Active cases whose running clock has passed `end`."""
    oldest: datetime | None
    """When the oldest of them was opened."""


def ids(tx: Tx, view: View, search: str, me: Me, now: datetime) -> list[str]:
    """sys_ids of the view's cases in the order shown: group by group, each sorted; narrowed by what is searched."""
    return [sys_id for _, several in _grouped(tx, view, search, me, now) for sys_id in several]


def groups(tx: Tx, view: View, search: str, me: Me, now: datetime) -> list[tuple[str, int]]:
    """(group key, how many) in the order of `ids`. Keys: of `DUE_GROUPS`, process ids, labels; "" for no grouping."""
    return [(key, len(several)) for key, several in _grouped(tx, view, search, me, now)]


def counts(tx: Tx, views: Sequence[View], me: Me, now: datetime) -> dict[str, int]:
    """How many cases each view holds, by view id. Equal cases are put together once; the views share that walk."""
    if not views:
        return {}
    bound: dict[str, str | int] = {}
    sums = []
    for place, view in enumerate(views):
        where, values = _where(view, me, f"view{place}_")
        bound.update(values)
        weight = "risky" if view.scope == "at_risk" else "cases"
        sums.append(f"coalesce(sum(CASE WHEN {where} THEN {weight} ELSE 0 END), 0)")
    line = tx.execute(
        text(f"SELECT {', '.join(sums)} FROM ({_ALIKE}) AS alike"),  # noqa: S608
        {**bound, "risk": must_micros(now + AT_RISK)},
    ).one()
    return {view.id: int(many) for view, many in zip(views, line, strict=True)}


def rows(tx: Tx, ids: Sequence[str], me: Me | None = None) -> list[QueueRow]:  # noqa: ARG001 - part of the promise
    """The lines of these cases in the order asked for; cases that are gone are left out."""
    own = _own(tx, ids)
    found = {line[0]: _row(line, *own.get(line[0], (0, 0))) for line in rows_in(tx, _LINES, ids)}
    return [found[sys_id] for sys_id in ids if sys_id in found]


def totals(tx: Tx, groups: Collection[str], start: datetime, end: datetime) -> list[Load]:
    """The workload of groups (sys_ids; none = all): cases active now, and those closed in `[start, end)`."""
    names, bound = one_of("group", groups)
    theirs = f"group_id IN ({names})" if groups else "1 = 1"
    found = tx.execute(
        text(
            "SELECT group_label, assigned_label, process, state_label, active, count(*) AS cases, "  # noqa: S608
            "sum(CASE WHEN active = 1 AND breach_paused = 0 AND breach_at < :end THEN 1 ELSE 0 END) AS breached, "
            f"min(opened) AS oldest FROM cases WHERE {theirs} "
            "AND (active = 1 OR (closed >= :start AND closed < :end)) "
            "GROUP BY group_label, assigned_label, process, state_label, active"
        ),
        {**bound, "start": must_micros(start), "end": must_micros(end)},
    )
    loads = [
        Load(row.group_label, row.assigned_label, row.process, row.state_label, bool(row.active), row.cases,
             int(row.breached), instant(row.oldest))
        for row in found
    ]  # fmt: skip
    return sorted(
        loads, key=lambda one: (danish_key(one.group), danish_key(one.assigned_to), one.process, one.state)
    )


def workload_ids(tx: Tx, groups: Collection[str], start: datetime, end: datetime) -> list[str]:
    """sys_ids of the cases that `totals` counts, by number."""
    names, bound = one_of("group", groups)
    theirs = f"group_id IN ({names})" if groups else "1 = 1"
    found = tx.execute(
        text(
            f"SELECT sys_id FROM cases WHERE {theirs} "  # noqa: S608
            "AND (active = 1 OR (closed >= :start AND closed < :end)) ORDER BY number, sys_id"
        ),
        {**bound, "start": must_micros(start), "end": must_micros(end)},
    )
    return list(found.scalars())


def _own(tx: Tx, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Own changes by case: how many are not confirmed, and how many of these wait for the user."""
    anything = tx.execute(text(f"SELECT 1 FROM changes WHERE state IN ({_OPEN}) LIMIT 1")).first()  # noqa: S608
    if anything is None:
        return {}
    found: dict[str, tuple[int, int]] = {}
    asked = f"SELECT case_id, state FROM changes WHERE state IN ({_OPEN}) AND case_id IN "  # noqa: S608
    for case_id, state in rows_in(tx, asked, ids):
        pending, refused = found.get(case_id, (0, 0))
        found[case_id] = (pending + 1, refused + int(state in _FOR_THE_USER))
    return found


def _grouped(tx: Tx, view: View, search: str, me: Me, now: datetime) -> list[tuple[str, list[str]]]:
    where, bound = _where(view, me)
    if view.scope == "at_risk":
        where += " AND breach_at <= :risk"
        bound["risk"] = must_micros(now + AT_RISK)
    hits: set[int] | None = None
    if search.strip():
        found = search_room.matching(tx, "case", search)
        if len(found) <= _FEW:
            where += f" AND seq IN ({', '.join(map(str, found)) or 'NULL'})"
        else:
            hits = set(found)
    if not _in_the_index(view):
        where = where.replace(
            "active = 1", "active + 0 = 1"
        )  # the rows lie closer together than by way of an index
    buckets = _buckets(tx, view, _group_column(view, now), (where, bound), hits)
    if view.group_by == "due":
        return [(name, buckets[name]) for name in DUE_GROUPS if name in buckets]
    return [(name, buckets[name]) for name in sorted(buckets, key=lambda name: (name == "", danish_key(name)))]


def _buckets(
    tx: Tx, view: View, key: str, condition: tuple[str, dict[str, str | int]], hits: set[int] | None
) -> Mapping[str, list[str]]:
    """sys_ids in order by group key. Without hits to compare with, the database hands over each group in one text:
    a hundred thousand rows would cost more to receive than to sort."""
    where, bound = condition
    if hits is None:
        joined = "group_concat" if on_sqlite(tx) else "string_agg"
        several = tx.execute(
            text(
                f"SELECT {key} AS bucket, {joined}(sys_id, ' ' ORDER BY {_order(view)}) FROM cases "  # noqa: S608
                f"WHERE {where} GROUP BY 1"
            ),
            bound,
        )
        return {bucket: sys_ids.split(" ") for bucket, sys_ids in several}
    buckets: defaultdict[str, list[str]] = defaultdict(list)
    lines = tx.execute(
        text(f"SELECT {key} AS bucket, sys_id, seq FROM cases WHERE {where} ORDER BY {_order(view)}"),  # noqa: S608
        bound,
    )
    for bucket, sys_id, seq in lines.all():
        if seq in hits:
            buckets[bucket].append(sys_id)
    return buckets


def _where(view: View, me: Me, tag: str = "") -> tuple[str, dict[str, str | int]]:
    """The condition of a view, but for the deadline of `at_risk`; `tag` keeps the names of several views apart."""
    names, theirs = one_of("group", sorted(me.groups))
    mine, ours = "(assigned_id = :me AND assigned_id <> '')", f"group_id IN ({names})"
    scopes = {
        "queue": f"active = 1 AND ({mine} OR {ours})",
        "mine": f"active = 1 AND {mine}",
        "unassigned": f"active = 1 AND assigned_id = '' AND {ours}",
        "changed": f"unread = 1 AND ({mine} OR {ours})",
        "waiting": f"active = 1 AND ({mine} OR {ours}) AND "
        f"({' OR '.join(f'lower(state_label) LIKE {chr(39)}%{word}%{chr(39)}' for word in _WAITING)})",
        "at_risk": f"active = 1 AND ({mine} OR {ours}) AND breach_paused = 0",
        "all": "active = 1",
    }
    where = scopes.get(view.scope, scopes["queue"])
    bound: dict[str, str | int] = {"me": me.sys_id} if ":me" in where else {}
    if ":group" in where:
        bound.update(theirs)
    for name, column, wanted in (("process", "process", view.processes), ("state", "state", view.states)):
        if wanted:
            listed, values = one_of(f"{tag}{name}", wanted)
            either = f" OR state_label IN ({listed})" if column == "state" else ""
            where += f" AND ({column} IN ({listed}){either})"
            bound.update(values)
    return where, bound


def _in_the_index(view: View) -> bool:
    """Whether the index `cases_in_order` answers the view by itself."""
    usual = view.sort not in _SORTS or view.sort == "breach"
    return usual and not view.descending and view.group_by != "assigned_to" and view.scope != "changed"


def _order(view: View) -> str:
    """Sorted by the view's column, empty ones last whichever way; ties by number, then sys_id: always one order."""
    columns = _SORTS.get(view.sort, _SORTS["breach"])
    if _in_the_index(view):
        return ", ".join((*(SOONEST.format(column) for column in columns), "number", "sys_id"))
    way = "DESC" if view.descending else "ASC"
    terms = []
    for column in columns:
        empty = _LAST_WHEN_EMPTY.get(column)
        missing = f"{column} = {empty}" if empty else f"{column} IS NULL"
        terms.append(f"CASE WHEN {missing} THEN 1 ELSE 0 END, {column} {way}")
    return ", ".join((*terms, "number", "sys_id"))


def _group_column(view: View, now: datetime) -> str:
    if view.group_by in _GROUPED:
        return _GROUPED[view.group_by]
    if view.group_by != "due":
        return "''"
    today = now.astimezone(_PLACE).date()
    week_end = today + timedelta(days=7 - today.weekday())
    limits = [
        ("overdue", must_micros(now)),
        ("today", _midnight(today + timedelta(days=1))),
        ("tomorrow", _midnight(today + timedelta(days=2))),
        ("this_week", _midnight(max(week_end, today + timedelta(days=2)))),
    ]
    deadline = "coalesce(breach_at, due)"
    whens = " ".join(f"WHEN {deadline} < {limit} THEN '{name}'" for name, limit in limits)
    return f"CASE WHEN {deadline} IS NULL THEN 'none' {whens} ELSE 'later' END"


def _midnight(day: date) -> int:
    return must_micros(datetime.combine(day, time(), tzinfo=_PLACE).astimezone(UTC))


def _row(line: Sequence[Any], pending: int, refused: int) -> QueueRow:
    (
        sys_id, number, table, title, process, state, state_label, priority, group, assigned_to, person,
        due, breach_at, breach_paused, opened, updated, unread, active,
    ) = line  # fmt: skip
    return QueueRow(
        sys_id, number, table, title, process, state, state_label, priority, group, assigned_to, person,
        instant(due), instant(breach_at), bool(breach_paused), instant(opened), must_instant(updated),
        bool(unread), pending, refused, bool(active),
    )  # fmt: skip
