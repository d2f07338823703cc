"""upload …, bot, runs: a file to an approved batch, a batch to the robot, and what became of each row."""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from kkassist.actions import queue as queue_verbs
from kkassist.actions import runs as run_verbs
from kkassist.actions import uploads as verbs
from kkassist.actions.desk import Desk
from kkassist.cli.app import Context
from kkassist.cli.outcome import Outcome
from kkassist.domain.batch import Batch, BatchRow, Finding, Severity
from kkassist.domain.errors import Refused
from kkassist.domain.language import say
from kkassist.domain.run import Run, RunState

if TYPE_CHECKING:
    from kkassist.cli.commands import Several

_OPEN_RUNS = (RunState.HANDING_OVER, RunState.FOLLOWING, RunState.CANCELLING, RunState.STOPPED)
_WATCH_S = 1.0
_LINES_SHOWN = 40


def add(several: "Several") -> None:
    upload = several.add_parser("upload", help="mass uploads: template, check, submit, approve, send, follow")
    inner = upload.add_subparsers(dest="act", required=True)
    template = inner.add_parser("template", help="the Excel template of a process")
    template.add_argument("process")
    template.add_argument("out", type=Path)
    template.set_defaults(run=_template)
    check = inner.add_parser("check", help="check a file row by row")
    check.add_argument("process")
    check.add_argument("file", type=Path)
    check.add_argument(
        "--errors", type=Path, metavar="OUT.xlsx", help="a copy of the file with the findings in place"
    )
    check.set_defaults(run=_check)
    submit = inner.add_parser("submit", help="check a file and hand it to an approver")
    submit.add_argument("process")
    submit.add_argument("file", type=Path)
    submit.set_defaults(run=_submit)
    for name, run in (("approve", _approve), ("send", _send), ("status", _status), ("retry", _retry)):
        act = inner.add_parser(name)
        act.add_argument("batch")
        act.set_defaults(run=run)
    reject = inner.add_parser("reject")
    reject.add_argument("batch")
    reject.add_argument("--reason", required=True)
    reject.set_defaults(run=_reject)
    receipt = inner.add_parser("receipt", help="the receipt as a workbook")
    receipt.add_argument("batch")
    receipt.add_argument("out", type=Path)
    receipt.set_defaults(run=_receipt)
    _add_runs(several)


def _add_runs(several: "Several") -> None:
    bot = several.add_parser("bot", help="trigger a process' robot for one case")
    bot.add_argument("process")
    bot.add_argument("number")
    bot.add_argument("--dry-run", action="store_true", help="show exactly what would be sent")
    bot.set_defaults(run=_bot)
    runs = several.add_parser("runs", help="the robot runs")
    runs.add_argument("--watch", action="store_true", help="follow the open runs until they are done")
    inner = runs.add_subparsers(dest="act")
    cancel = inner.add_parser("cancel", help="take back what no robot has begun on")
    cancel.add_argument("run_id", metavar="RUN")
    cancel.set_defaults(run=_cancel)
    runs.set_defaults(run=_runs)


def _template(context: Context, arguments: argparse.Namespace) -> Outcome:
    path = verbs.template(context.desk(), arguments.process, arguments.out)
    return Outcome({"path": path}, [say("Skabelonen ligger i {path}.", path=path)])


def _check(context: Context, arguments: argparse.Namespace) -> Outcome:
    checked = verbs.check_file(context.desk(), arguments.process, arguments.file)
    if arguments.errors is not None:
        verbs.marked_copy(checked, arguments.file, arguments.errors)
    data = {
        "batch": checked.batch.id,
        "rows": checked.batch.rows,
        "ok": checked.ok,
        "warnings": checked.warnings,
        "errors": checked.errors,
        "findings": [finding_data(one) for one in checked.findings],
        "totals": checked.totals,
        "errors_file": arguments.errors,
    }
    lines = [_line(one) for one in checked.findings]
    counts = say(
        "{rows} rækker: {ok} i orden, {warnings} med advarsler, {errors} med fejl. Batch {batch}.",
        rows=checked.batch.rows,
        ok=checked.ok,
        warnings=checked.warnings,
        errors=checked.errors,
        batch=checked.batch.id,
    )
    wrong = any(one.severity is Severity.ERROR for one in checked.findings)
    return Outcome(data, [*lines, counts], exit_code=Refused.exit_code if wrong else 0)


def finding_data(one: Finding) -> dict[str, object]:
    """A finding in the contract's words."""
    return {
        "row": one.row,
        "column": one.column,
        "cell": one.cell,
        "sheet": one.sheet,
        "value": one.value,
        "rule": one.rule,
        "severity": one.severity,
        "message": one.message,
    }


def _line(one: Finding) -> str:
    place = (
        say("Række {row} · {column}", row=one.row, column=one.column) if one.row else one.column or say("Filen")
    )
    return f"{one.severity.value:<8} {place}: {one.message} ({one.rule})"


def _submit(context: Context, arguments: argparse.Namespace) -> Outcome:
    return _batch(verbs.submit_file(context.desk(), arguments.process, arguments.file))


def _approve(context: Context, arguments: argparse.Namespace) -> Outcome:
    return _batch(verbs.approve(context.desk(), arguments.batch))


def _reject(context: Context, arguments: argparse.Namespace) -> Outcome:
    return _batch(verbs.reject(context.desk(), arguments.batch, arguments.reason))


def _batch(batch: Batch) -> Outcome:
    data = {
        "batch": batch.id,
        "process": batch.process,
        "file_name": batch.file_name,
        "state": batch.state,
        "content_hash": batch.content_hash,
        "rows": batch.rows,
        "total": batch.total,
        "made_by": batch.made_by,
        "submitted_at": batch.submitted_at,
        "decided_by": batch.decided_by,
        "decided_at": batch.decided_at,
        "reason": batch.reason,
        "errors": batch.errors,
        "warnings": batch.warnings,
    }
    return Outcome(data, [say("Batch {batch} er {state}.", batch=batch.id, state=verbs.words(batch.state))])


def _send(context: Context, arguments: argparse.Namespace) -> Outcome:
    """Hand over now; what cannot be handed over goes on with `runs --watch` or the window."""
    desk = context.desk()
    run_verbs.send(desk, arguments.batch)
    return _handed_over(desk, arguments.batch)


def _retry(context: Context, arguments: argparse.Namespace) -> Outcome:
    desk = context.desk()
    run_verbs.retry(desk, arguments.batch)
    return _handed_over(desk, arguments.batch)


def _handed_over(desk: Desk, batch: str) -> Outcome:
    _go_on(desk)
    return _state_of(desk, batch)


def _status(context: Context, arguments: argparse.Namespace) -> Outcome:
    desk = context.desk()
    _follow_open(desk)
    return _state_of(desk, arguments.batch)


def _state_of(desk: Desk, batch_id: str) -> Outcome:
    batch = verbs.batch(desk, batch_id)
    rows = run_verbs.rows(desk, batch_id)
    counts = dict(sorted(Counter(row.state.value for row in rows).items()))
    runs = [one for one in run_verbs.all_runs(desk) if one.batch == batch_id]
    data = {
        **_batch(batch).data,
        "counts": counts,
        "run": runs[0].id if runs else None,
        "detail": runs[0].detail if runs else "",
        "results": [_row(row) for row in rows],
    }
    summary = ", ".join(f"{state} {count}" for state, count in counts.items())
    return Outcome(data, [*_batch(batch).lines, summary, *([runs[0].detail] if runs and runs[0].detail else [])])


def _row(row: BatchRow) -> dict[str, object]:
    return {
        "row": row.row,
        "reference": row.reference,
        "state": row.state,
        "message": row.message,
        "tries": row.tries,
        "robot": row.robot,
        "evidence": row.evidence,
        "finished": row.finished_at,
    }


def _receipt(context: Context, arguments: argparse.Namespace) -> Outcome:
    desk = context.desk()
    path = run_verbs.receipt(desk, arguments.batch, arguments.out)
    counts = Counter(row.state.value for row in run_verbs.rows(desk, arguments.batch))
    return Outcome({"path": path, "counts": dict(counts)}, [say("Kvitteringen ligger i {path}.", path=path)])


def _bot(context: Context, arguments: argparse.Namespace) -> Outcome:
    desk = context.desk()
    case = queue_verbs.find_case(desk, arguments.number)
    if arguments.dry_run:
        would = run_verbs.dry_run_case(desk, arguments.process, case.sys_id)
        lines = [f"{name}: {value}" for item in would.items for name, value in item.content.items()]
        return Outcome({"dry_run": would}, [f"{would.platform} · {would.queue} · {would.release}", *lines])
    run = run_verbs.run_case(desk, arguments.process, case.sys_id)
    _go_on(desk)
    return _run(desk, run_verbs.run(desk, run.id))


def _run(desk: Desk, run: Run) -> Outcome:
    data = _run_data(desk, run)
    line = say(
        "Kørsel {run}: {state}, {done} af {total}",
        run=run.id,
        state=run.state.value,
        done=run.done,
        total=run.total,
    )
    return Outcome({"run": data}, [line, *([run.detail] if run.detail else [])])


def _run_data(desk: Desk, run: Run) -> dict[str, object]:
    rows = sorted(run_verbs.results(desk, run.id), key=lambda row: (len(row.reference), row.reference))
    return {
        "id": run.id,
        "process": run.process,
        "batch": run.batch,
        "case": run.case_id,
        "state": run.state,
        "done": run.done,
        "total": run.total,
        "refused": run.refused,
        "failed": run.failed,
        "unknown": run.unknown,
        "started_by": run.started_by,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "detail": run.detail,
        "results": [{"reference": row.reference, "state": row.state, "message": row.message} for row in rows],
    }


def _runs(context: Context, arguments: argparse.Namespace) -> Outcome:
    desk = context.desk()
    _follow_open(desk)
    if arguments.watch:
        _watch(desk)
    runs = run_verbs.all_runs(desk)
    lines = [
        f"{one.id}  {one.process:<16} {one.state.value:<12} {one.done}/{one.total}  {one.detail}" for one in runs
    ]
    return Outcome(
        {"runs": [_run_data(desk, one) for one in runs]}, lines[:_LINES_SHOWN] or [say("Ingen kørsler endnu.")]
    )


def _watch(desk: Desk) -> None:
    """Follow until every run is done, or stands still because the platform is away."""
    while open_runs := [one for one in run_verbs.all_runs(desk) if one.state in _OPEN_RUNS]:
        sys.stderr.write("\r" + "  ".join(f"{one.done}/{one.total}" for one in open_runs) + "   ")
        sys.stderr.flush()
        time.sleep(_WATCH_S)
        _follow_open(desk)
    sys.stderr.write("\n")


def _follow_open(desk: Desk) -> None:
    """Go on with what is open, where there is a robot platform to ask."""
    if desk.settings.robots is not None and any(one.state in _OPEN_RUNS for one in run_verbs.all_runs(desk)):
        _go_on(desk)


def _go_on(desk: Desk) -> None:
    """Steps as long as there is work at once; waiting for robots is left to `--watch` and the window."""
    while run_verbs.follow(desk):
        pass


def _cancel(context: Context, arguments: argparse.Namespace) -> Outcome:
    desk = context.desk()
    run = run_verbs.cancel(desk, arguments.run_id)
    _follow_open(desk)
    return _run(desk, run_verbs.run(desk, run.id))
