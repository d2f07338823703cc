"""export workload, export audit."""

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from kkassist.actions import exports as verbs
from kkassist.cli.app import Context
from kkassist.cli.outcome import Outcome
from kkassist.domain.dates import parse_date
from kkassist.domain.errors import Misused, Unreadable
from kkassist.domain.language import say

if TYPE_CHECKING:
    from kkassist.cli.commands import Several


def add(several: "Several") -> None:
    export = several.add_parser("export", help="workbooks and files for others")
    inner = export.add_subparsers(dest="what", required=True)
    workload = inner.add_parser("workload", help="a group's queue: per caseworker, process, age and SLA")
    workload.add_argument("out", type=Path)
    workload.add_argument("--team", default="")
    workload.add_argument("--from", dest="start", default="")
    workload.add_argument("--to", dest="end", default="")
    workload.set_defaults(run=_workload)
    audit = inner.add_parser("audit", help="the append-only log of acts, a JSON object a line")
    audit.add_argument("out", type=Path)
    audit.set_defaults(run=_audit)


def _workload(context: Context, arguments: argparse.Namespace) -> Outcome:
    exported = verbs.workload(
        context.desk(), arguments.out, team=arguments.team, start=_day(arguments.start), end=_day(arguments.end)
    )
    totals = exported.totals
    data = {
        "path": exported.path,
        "team": exported.team,
        "cases": totals.cases,
        "unassigned": totals.unassigned,
        "breached": totals.breached,
        "at_risk": totals.at_risk,
        "caseworkers": totals.caseworkers,
    }
    line = say(
        "{cases} sager for {team} ligger i {path}.", cases=totals.cases, team=exported.team, path=exported.path
    )
    return Outcome(data, [line])


def _day(text: str) -> date | None:
    try:
        return parse_date(text) if text else None
    except Unreadable as error:
        raise Misused(str(error)) from error


def _audit(context: Context, arguments: argparse.Namespace) -> Outcome:
    entries = verbs.audit_log(context.desk(), arguments.out)
    return Outcome(
        {"entries": entries, "path": arguments.out}, [say("{entries} poster skrevet.", entries=entries)]
    )
