"""Workbooks and files for others: the team's workload, the audit log."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from kkassist.actions.desk import Desk
from kkassist.actions.identity import me
from kkassist.domain.case import QueueRow
from kkassist.domain.errors import DiskFull, Refused
from kkassist.domain.language import say
from kkassist.processes.catalogue import catalogue
from kkassist.rules import calendar
from kkassist.sheets.workload import SlaStatus, Workload, WorkloadCase, WorkloadTotals, write_workload
from kkassist.store import audit, directory, queue

_PLACE = ZoneInfo("Europe/Copenhagen")
_SOON = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Exported:
    """Where a workbook lies and what it counts."""

    path: Path
    team: str
    totals: WorkloadTotals


def workload(
    desk: Desk, path: Path, *, team: str = "", start: date | None = None, end: date | None = None
) -> Exported:
    """The open cases of a group (one's own groups without `team`), limited by the day they were opened."""
    if start is not None and end is not None and end < start:
        raise Refused(say("Slutdatoen ligger før startdatoen."))
    now = desk.clock()
    with desk.workspace.read() as tx:
        groups, name = _groups(desk, team)
        found = queue.workload_ids(tx, groups, now, now)
        rows = [
            row for row in queue.rows(tx, found, me(desk, tx)) if row.active and _opened_within(row, start, end)
        ]
    cases = [_case(row, now) for row in rows]
    totals = write_workload(
        path, Workload(name, cases, start, end, desk.user, now, practice=desk.settings.practice)
    )
    return Exported(path, name, totals)


def audit_log(desk: Desk, path: Path) -> int:
    """Every act as a line of JSON; the number of lines. The file is written whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    lines = 0
    try:
        with fresh.open("w", encoding="utf-8") as file, desk.workspace.read() as tx:
            for entry in audit.export(tx):
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")
                lines += 1
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise DiskFull(say("Filen {name} kan ikke skrives.", name=path.name), log_detail=repr(error)) from error
    return lines


def _groups(desk: Desk, team: str) -> tuple[frozenset[str], str]:
    with desk.workspace.read() as tx:
        if not team:
            own = me(desk, tx).groups
            names = [group.name for group in directory.all_groups(tx) if group.sys_id in own]
            return own, ", ".join(names)
        group = directory.group_named(tx, team)
        if group is None:
            names = [one.name for one in directory.all_groups(tx)]
            raise Refused(
                say("Gruppen {name} findes ikke. Vælg en af: {names}.", name=team, names=", ".join(names))
            )
        return frozenset({group.sys_id}), group.name


def _opened_within(row: QueueRow, start: date | None, end: date | None) -> bool:
    if start is None and end is None:
        return True
    if row.opened is None:
        return False
    opened = row.opened.astimezone(_PLACE).date()
    return (start is None or opened >= start) and (end is None or opened <= end)


def _case(row: QueueRow, now: datetime) -> WorkloadCase:
    process = catalogue().get(row.process)
    opened = row.opened.astimezone(_PLACE).date() if row.opened else None
    today = now.astimezone(_PLACE).date()
    return WorkloadCase(
        number=row.number,
        process=process.title if process else "",
        caseworker=row.assigned_to,
        group=row.group,
        state=row.state_label or row.state,
        priority=row.priority,
        opened=opened,
        age_days=calendar.working_days_between(opened, today) if opened else 0,
        due=row.due.astimezone(_PLACE).date() if row.due else None,
        sla=_sla(row, now),
        breach_at=row.breach_at,
    )


def _sla(row: QueueRow, now: datetime) -> SlaStatus:
    if row.breach_paused:
        return SlaStatus.PAUSED
    if row.breach_at is None:
        return SlaStatus.NONE
    if row.breach_at < now:
        return SlaStatus.BREACHED
    return SlaStatus.AT_RISK if row.breach_at - now < _SOON else SlaStatus.ON_TIME
