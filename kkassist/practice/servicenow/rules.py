"""The business rules of the instance: what follows from a change, and what is refused."""

from collections.abc import Mapping
from datetime import timedelta

from kkassist.practice.servicenow.clock import duration, duration_seconds, parse_stamp, stamp
from kkassist.practice.servicenow.schema import closed_states, is_kind_of
from kkassist.practice.servicenow.tables import Row, Tables, root

_RULE_ID = "b5f3c1d0a7e94d2c8f60"
_SYSTEM = "system"
_HR_ON_HOLD = "24"
_HR_WORKING = "18"
_HR_READY = frozenset({"1", "10"})
_FINANCE_WAITING = "250"


class Refused(Exception):
    """A business rule turns a write down; `detail` is what the user is to read."""

    def __init__(self, table: str, rule: str, sentence: str) -> None:
        self.detail = (
            f"{sentence} Operation against file '{table}' was aborted by Business Rule "
            f"'{rule}^{_RULE_ID}'. Business Rule Stack:{rule}"
        )
        super().__init__(self.detail)


def refuse_update(table: str, old: Row, changes: Mapping[str, str]) -> None:
    """The rules that run before an update; raises Refused."""
    if not is_kind_of(table, "sn_hr_core_case"):
        return
    state = changes.get("state", old.get("state", ""))
    if old.get("active") != "true" and ("assigned_to" in changes or "assignment_group" in changes):
        raise Refused(table, "KS Lukkede sager", "Sagen er afsluttet og kan ikke tildeles på ny.")
    if "assignment_group" in changes and old.get("state") not in _HR_READY and state not in _HR_READY:
        raise Refused(
            table, "KS Flyt kun klare sager", "Tildelingsgruppen kan kun ændres, når sagen er i status Klar."
        )
    leaves = {**old, **changes}
    if is_kind_of(table, "sn_hr_le_case") and changes.get("state") == "3" and not leaves.get("u_initiativ"):
        raise Refused(
            table, "KS Fratrædelse kræver initiativ", "Sagen kan ikke afsluttes, før initiativ er udfyldt."
        )


def complete_update(table: str, old: Row, changes: dict[str, str], user_id: str, now: str) -> None:
    """The rules that add to an update: `active` follows the state, closing leaves its trace."""
    if root(table) != "task":
        return
    if "state" in changes:
        closed = changes["state"] in closed_states(table)
        changes["active"] = "" if closed else "true"
        changes["closed_at"] = (old.get("closed_at") or now) if closed else ""
        changes["closed_by"] = (old.get("closed_by") or user_id) if closed else ""
    if changes.get("assigned_to") and old.get("assigned_to"):
        changes["reassignment_count"] = str(int(old.get("reassignment_count", "0")) + 1)


def follow_update(tables: Tables, table: str, old: Row, new: Row) -> None:
    """The rules that run after an update, under the system's own name: the echo is not the final state."""
    if root(table) == "sysapproval_approver":
        _roll_up_approval(tables, new)
        return
    if root(table) != "task" or old.get("state") == new.get("state"):
        return
    _follow_slas(tables, table, new)
    if is_kind_of(table, "sn_hr_core_case") and new.get("state") == _HR_WORKING and "work_start" not in new:
        tables.change(table, new["sys_id"], {"work_start": new["sys_updated_on"]}, by=_SYSTEM)


def _follow_slas(tables: Tables, table: str, case: Row) -> None:
    """A case on hold stops its clocks, a closed one ends them, otherwise they run (again)."""
    state = case.get("state", "")
    held = _HR_ON_HOLD if is_kind_of(table, "sn_hr_core_case") else _FINANCE_WAITING
    for sla in tables.where("task_sla", "task", case["sys_id"]):
        if state in closed_states(table):
            changes = _ended(tables, sla)
        elif state == held:
            changes = _paused(tables, sla)
        else:
            changes = _resumed(tables, sla)
        if changes:
            tables.change("task_sla", sla["sys_id"], changes, by=_SYSTEM)


def _ended(tables: Tables, sla: Row) -> dict[str, str]:
    if sla.get("stage") not in {"in_progress", "paused"}:
        return {}
    return {"stage": "completed", "active": "", "end_time": tables.clock.stamp()}


def _paused(tables: Tables, sla: Row) -> dict[str, str]:
    if sla.get("stage") != "in_progress":
        return {}
    return {"stage": "paused", "pause_time": tables.clock.stamp()}


def _resumed(tables: Tables, sla: Row) -> dict[str, str]:
    """The breach moves by as long as the clock stood still."""
    began = parse_stamp(sla.get("pause_time", ""))
    due = parse_stamp(sla.get("planned_end_time", ""))
    if sla.get("stage") != "paused" or began is None or due is None:
        return {}
    stood = int((tables.clock.now() - began).total_seconds())
    return {
        "stage": "in_progress",
        "pause_time": "",
        "pause_duration": duration(duration_seconds(sla.get("pause_duration", "")) + stood),
        "planned_end_time": stamp(due + timedelta(seconds=stood)),
    }


def _roll_up_approval(tables: Tables, approver: Row) -> None:
    """One rejection rejects the task; it is approved when nobody is still asked."""
    case = tables.get("task", approver.get("sysapproval", ""))
    if case is None:
        return
    states = [row.get("state", "") for row in tables.where("sysapproval_approver", "sysapproval", case["sys_id"])]
    approval = "rejected" if "rejected" in states else "requested" if "requested" in states else "approved"
    if case.get("approval") != approval:
        tables.change(case["sys_class_name"], case["sys_id"], {"approval": approval}, by=_SYSTEM)
