"""The queue: which cases, in what order, grouped how. Ids first, rows on demand; sorting and counting in SQL."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text

from kkassist.domain.case import QueueRow, View
from kkassist.domain.change import OPEN_STATES, ChangeState
from kkassist.domain.colleague import Me
from kkassist.store import search as search_room
from kkassist.store.codec import instant, must_instant, must_micros
from kkassist.store.folding import danish_key
from kkassist.store.sql import Tx, chunks, one_of

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
    """How many cases each view holds, by view id."""
    found = {}
    for view in views:
        where, bound = _where(view, me, now)
        found[view.id] = tx.execute(text(f"SELECT count(*) FROM case_now WHERE {where}"), bound).scalar_one()  # noqa: S608
    return found


def rows(tx: Tx, ids: Sequence[str], me: Me | None = None) -> list[QueueRow]:  # noqa: ARG001 - part of the promise
    """The lines of these cases in the order asked for; cases that are gone are left out."""
    found: dict[str, QueueRow] = {}
    for some in chunks(ids):
        names, bound = one_of("id", some)
        own = {
            row.case_id: (row.pending, row.refused)
            for row in tx.execute(
                text(
                    "SELECT case_id, count(*) AS pending, "  # noqa: S608
                    f"sum(CASE WHEN state IN ('{ChangeState.REFUSED}', '{ChangeState.CONFLICT}') THEN 1 ELSE 0 END) "
                    f"AS refused FROM changes WHERE case_id IN ({names}) AND state IN ({_OPEN}) GROUP BY case_id"
                ),
                bound,
            )
        }
        lines = tx.execute(text(f"SELECT * FROM case_now WHERE sys_id IN ({names})"), bound)  # noqa: S608
        found.update((line.sys_id, _row(line, *own.get(line.sys_id, (0, 0)))) for line in lines)
    return [found[sys_id] for sys_id in ids if sys_id in found]


def totals(tx: Tx, groups: Collection[str], start: datetime, end: datetime) -> list[Load]:
    """The workload of groups (sys_ids; none = all): cases active now, and those closed in `[start, end)`."""
    names, bound = one_of("group", groups)
    theirs = f"group_id IN ({names})" if groups else "1 = 1"
    found = tx.execute(
        text(
            "SELECT group_label, assigned_label, process, state_label, active, count(*) AS cases, "  # noqa: S608
            "sum(CASE WHEN active = 1 AND breach_paused = 0 AND breach_at < :end THEN 1 ELSE 0 END) AS breached, "
            f"min(opened) AS oldest FROM case_now WHERE {theirs} "
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
            f"SELECT sys_id FROM case_now WHERE {theirs} "  # noqa: S608
            "AND (active = 1 OR (closed >= :start AND closed < :end)) ORDER BY number, sys_id"
        ),
        {**bound, "start": must_micros(start), "end": must_micros(end)},
    )
    return list(found.scalars())


def _grouped(tx: Tx, view: View, search: str, me: Me, now: datetime) -> list[tuple[str, list[str]]]:
    where, bound = _where(view, me, now)
    hits: set[int] | None = None
    if search.strip():
        found = search_room.matching(tx, "case", search)
        if len(found) <= _FEW:
            where += f" AND seq IN ({', '.join(map(str, found)) or 'NULL'})"
        else:
            hits = set(found)
    key = _group_column(view, now)
    lines = tx.execute(
        text(f"SELECT seq, sys_id, {key} AS bucket FROM case_now WHERE {where} ORDER BY {_order(view)}"),  # noqa: S608
        bound,
    )
    buckets: dict[str, list[str]] = {}
    for seq, sys_id, bucket in lines:
        if hits is None or seq in hits:
            buckets.setdefault(bucket, []).append(sys_id)
    if view.group_by == "due":
        return [(name, buckets[name]) for name in DUE_GROUPS if name in buckets]
    return [(name, buckets[name]) for name in sorted(buckets, key=lambda name: (name == "", danish_key(name)))]


def _where(view: View, me: Me, now: datetime) -> tuple[str, dict[str, str | int]]:
    names, theirs = one_of("group", sorted(me.groups))
    bound: dict[str, str | int] = {**theirs}
    mine, ours = "(assigned_id = :me AND assigned_id <> '')", f"group_id IN ({names})"
    scopes = {
        "queue": f"active = 1 AND ({mine} OR {ours})",
        "mine": f"active = 1 AND {mine}",
        "unassigned": f"active = 1 AND assigned_id = '' AND {ours}",
        "changed": f"unread = 1 AND ({mine} OR {ours})",
        "waiting": f"active = 1 AND ({mine} OR {ours}) AND "
        f"({' OR '.join(f'lower(state_label) LIKE {chr(39)}%{word}%{chr(39)}' for word in _WAITING)})",
        "at_risk": f"active = 1 AND ({mine} OR {ours}) AND breach_paused = 0 AND breach_at <= :risk",
        "all": "active = 1",
    }
    where = scopes.get(view.scope, scopes["queue"])
    if ":me" in where:
        bound["me"] = me.sys_id
    if ":risk" in where:
        bound["risk"] = must_micros(now + AT_RISK)
    if ":group" not in where:
        bound = {name: value for name, value in bound.items() if not name.startswith("group")}
    for prefix, column, wanted in (("process", "process", view.processes), ("state", "state", view.states)):
        if wanted:
            listed, values = one_of(prefix, wanted)
            either = f" OR state_label IN ({listed})" if column == "state" else ""
            where += f" AND ({column} IN ({listed}){either})"
            bound.update(values)
    return where, bound


def _order(view: View) -> str:
    """Sorted by the view's column, empty ones last whichever way; ties by number, then sys_id: always one order."""
    way = "DESC" if view.descending else "ASC"
    terms = []
    for column in _SORTS.get(view.sort, _SORTS["breach"]):
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


def _row(line: Row[tuple[object, ...]], pending: int, refused: int) -> QueueRow:
    return QueueRow(
        sys_id=line.sys_id,
        number=line.number,
        table=line.table_name,
        title=line.title,
        process=line.process,
        state=line.state,
        state_label=line.state_label,
        priority=line.priority,
        group=line.group_label,
        assigned_to=line.assigned_label,
        person=line.person,
        due=instant(line.due),
        breach_at=instant(line.breach_at),
        breach_paused=bool(line.breach_paused),
        opened=instant(line.opened),
        updated=must_instant(line.updated),
        unread=bool(line.unread),
        pending=pending,
        refused=refused,
        active=bool(line.active),
    )
