"""Choice lists. A table without a list of its own uses its parent's, as ServiceNow does."""

from collections.abc import Sequence

from sqlalchemy import text

from kkassist.domain.case import Choice
from kkassist.store.sql import Tx, upsert
from kkassist.store.tables import choices

_PARENTS = {
    "sn_hr_core_case": "task",
    "sn_hr_le_case": "sn_hr_core_case",
    "sn_hr_core_task": "task",
    "task": "",
}
"""The documented tables; any other `sn_hr_core_case_…` extends the HR case, any other table extends task."""


def parent(table: str) -> str:
    """The table that a table extends; "" for task."""
    if table in _PARENTS:
        return _PARENTS[table]
    return "sn_hr_core_case" if table.startswith("sn_hr_core_case_") else "task"


def lineage(table: str) -> list[str]:
    """The table and its ancestors, nearest first."""
    found = [table]
    while upper := parent(found[-1]):
        found.append(upper)
    return found


def store(tx: Tx, several: Sequence[Choice]) -> None:
    """Keep choices; a known (table, element, value) is overwritten."""
    upsert(
        tx,
        choices,
        ("table_name", "element", "value", "label", "sequence", "inactive"),
        [(one.table, one.element, one.value, one.label, one.sequence, int(one.inactive)) for one in several],
    )


def of(tx: Tx, table: str, element: str) -> list[Choice]:
    """The choices of a field in their order: the nearest list in the table's lineage. Empty for no choice field."""
    for one in lineage(table):
        found = tx.execute(
            text(
                "SELECT table_name, element, value, label, sequence, inactive FROM choices "
                "WHERE table_name = :table AND element = :element ORDER BY sequence, value"
            ),
            {"table": one, "element": element},
        ).all()
        if found:
            return [
                Choice(row.table_name, row.element, row.value, row.label, row.sequence, bool(row.inactive))
                for row in found
            ]
    return []


def label(tx: Tx, table: str, element: str, value: str) -> str:
    """The label of a value, or the value itself where no list knows it."""
    return next((choice.label for choice in of(tx, table, element) if choice.value == value), value)
