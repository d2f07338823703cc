"""Runs: send an approved batch or a case to the robot, watch the answers, try again, stop, settle, keep the receipt.

Sending only writes the ledger; `follow` hands the rows over and reads the answers, in the window's background loop
and in the commands that wait. So nothing is lost wherever the program ends, and nothing is sent twice.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from kkassist.actions.case import open_case
from kkassist.actions.desk import Desk
from kkassist.actions.paid_before import paid_before
from kkassist.actions.sources import note_state
from kkassist.domain.batch import FINAL_ROW_STATES, Batch, BatchRow, BatchState, RowState, Severity
from kkassist.domain.errors import Refused
from kkassist.domain.ids import new_id
from kkassist.domain.language import say
from kkassist.domain.run import Run
from kkassist.processes.catalogue import catalogue
from kkassist.processes.words import Process
from kkassist.remote.robots.port import Item, Robots
from kkassist.store import audit, batches, ledger
from kkassist.store.engine import Tx
from kkassist.store.ledger import Attempt
from kkassist.sync import follow as following
from kkassist.sync import handing_over
from kkassist.sync.handing_over import Plan
from kkassist.sync.lease import lease

MAY_SEND = frozenset({"sagsbehandler", "godkender", "teamleder", "leder"})
_TRIED_AGAIN = (RowState.REFUSED, RowState.FAILED)
_NOT_APPROVED_YET = (BatchState.DRAFT, BatchState.CHECKED, BatchState.SUBMITTED)
SETTLED_AS = (RowState.DONE, RowState.FAILED)


@dataclass(frozen=True, slots=True)
class DryRun:
    """Exactly what would be sent, and where."""

    platform: str
    queue: str
    release: str
    items: Sequence[Item]


# Verbs


def send(desk: Desk, batch_id: str) -> Run:
    """Begin the run of an approved batch. `Refused` where it is not approved as it stands, or a row is done already."""
    _demand_role(desk)
    with desk.workspace.read() as tx:
        plan = _plan(desk, batches.must(tx, batch_id).process)
    _demand_queue(desk, plan)
    with desk.workspace.write() as tx:
        approved = batches.rows(tx, batch_id, (RowState.APPROVED,))
        _demand_not_done(tx, plan, approved, but=batch_id)
        run = ledger.start(tx, process=plan.process, user=desk.user, at=desk.clock(), batch=batch_id)
        hashed = batches.must(tx, batch_id).decided_hash
        _audit(desk, tx, "send til robot", batch_id, say("{rows} rækker", rows=run.total), after=hashed)
    _tell(desk, run)
    return run


def retry(desk: Desk, batch_id: str) -> Run:
    """Run the refused and failed rows again, and no others; mended rows only after a new approval."""
    _demand_role(desk)
    with desk.workspace.read() as tx:
        plan = _plan(desk, batches.must(tx, batch_id).process)
    _demand_queue(desk, plan)
    with desk.workspace.write() as tx:
        again = batches.rows(tx, batch_id, _TRIED_AGAIN)
        if not again and not batches.rows(tx, batch_id, (RowState.APPROVED,)):
            mended = batches.must(tx, batch_id).state in _NOT_APPROVED_YET
            raise Refused(
                say("Rettede rækker skal godkendes igen, før de kan køres. Send uploaden til godkendelse.")
                if mended
                else say("Der er ingen afviste eller fejlede rækker at køre igen.")
            )
        _demand_not_done(tx, plan, again, but=batch_id)
        ledger.requeue(tx, [row.reference for row in again], at=desk.clock())
        run = ledger.start(tx, process=plan.process, user=desk.user, at=desk.clock(), batch=batch_id)
        _audit(desk, tx, "kør igen", batch_id, say("{rows} rækker", rows=run.total))
    _tell(desk, run)
    return run


def run_case(desk: Desk, process_id: str, sys_id: str) -> Run:
    """Hand the open case to its robot with the form as it stands. `Refused` while a check of the form forbids it."""
    return hand_over_case(desk, process_id, sys_id, _form(desk, process_id, sys_id))


def dry_run_case(desk: Desk, process_id: str, sys_id: str) -> DryRun:
    """What `run_case` would send; nothing is sent or stored."""
    return _dry_case(desk, process_id, _form(desk, process_id, sys_id))


def hand_over_case(desk: Desk, process_id: str, case_id: str, values: Mapping[str, str]) -> Run:
    """Hand one case to its robot. `values` are the filled form's, in stored form.

    `Refused` where the process has no robot, or the same effect is done or under way.
    """
    _demand_role(desk)
    plan = _plan(desk, process_id)
    _demand_queue(desk, plan)
    reference = handing_over.reference(process_id, new_id(), 1)
    with desk.workspace.write() as tx:
        _demand_case_not_done(tx, plan, values)
        run = ledger.start(
            tx,
            process=process_id,
            user=desk.user,
            at=desk.clock(),
            case_id=case_id,
            values=values,
            reference=reference,
        )
        audit.append(tx, user=desk.user, role=desk.role, act="send til robot", case=case_id, detail=reference)
    _tell(desk, run)
    return run


def dry_run(desk: Desk, batch_id: str) -> DryRun:
    """What `send` would send; nothing is sent or stored."""
    with desk.workspace.read() as tx:
        plan = _plan(desk, batches.must(tx, batch_id).process)
        approved = batches.rows(tx, batch_id, (RowState.APPROVED,))
    items = [handing_over.item(plan, row.reference, row.tries + 1, row.values) for row in approved]
    return _dry(desk, plan, items)


def cancel(desk: Desk, run_id: str) -> Run:
    """Stop a run: rows no robot has begun on are taken back; those it holds are finished."""
    _demand_role(desk)
    with desk.workspace.write() as tx:
        run = ledger.cancel(tx, run_id)
        _audit(desk, tx, "stop kørsel", run.batch or run.case_id, run_id)
    _tell(desk, run)
    return run


def settle_unknown(desk: Desk, reference: str, outcome: RowState, reason: str) -> BatchRow:
    """A person has looked in OPUS: the unknown row is DONE, or FAILED and may be run again."""
    _demand_role(desk)
    if outcome not in SETTLED_AS:
        raise Refused(say("Vælg, om rækken er udført eller ikke udført i OPUS."))
    if not reason.strip():
        raise Refused(say("Skriv, hvad du så i OPUS."))
    with desk.workspace.write() as tx:
        row = ledger.row(tx, reference)
        if row is None or row.state is not RowState.UNKNOWN:
            raise Refused(say("Rækken {reference} er ikke ukendt.", reference=reference))
        message = say("Afgjort af {user}: {reason}", user=desk.user, reason=reason.strip())
        ledger.row_result(tx, reference, outcome, message, at=desk.clock())
        _audit(desk, tx, "afgør ukendt række", row.batch, f"{reference}: {reason.strip()}", after=outcome.value)
        settled = ledger.row(tx, reference)
    assert settled is not None
    desk.events.publish("batches", row.batch)
    return settled


def look_up_unknown(desk: Desk, batch_id: str) -> int:
    """Ask the platform once more for rows whose outcome is unknown. Returns how many have an answer now."""
    robots = _robots(desk)
    with desk.workspace.read() as tx:
        plan = _plan(desk, batches.must(tx, batch_id).process)
        unknown = batches.rows(tx, batch_id, (RowState.UNKNOWN,))
    if not unknown:
        return 0
    travelled = {handing_over.wire(row.reference, row.tries): row for row in unknown}
    found = robots.find(plan.queue, list(travelled))
    answered = 0
    with desk.workspace.write() as tx:
        for wire, update in found.items():
            if update.state in FINAL_ROW_STATES:
                answered += ledger.row_result(
                    tx,
                    travelled[wire].reference,
                    update.state,
                    update.message,
                    at=update.finished_at or desk.clock(),
                    robot=update.robot,
                    external_id=update.external_id,
                    evidence=update.evidence,
                )
    if answered:
        desk.events.publish("batches", batch_id)
    return answered


def receipt(desk: Desk, batch_id: str, path: Path) -> Path:
    """Write the receipt of a batch: hash, approver, times, every row's reference and answer."""
    from kkassist.sheets.receipt import Receipt, write_receipt  # noqa: PLC0415 - the workbook library costs start-up time

    with desk.workspace.read() as tx:
        batch = batches.must(tx, batch_id)
        rows_now = batches.rows(tx, batch_id)
        of_batch = [run for run in ledger.runs(tx) if run.batch == batch_id]
    started = min(of_batch, key=lambda run: run.started_at, default=None)
    ended = [run.finished_at for run in of_batch]
    whole = Receipt(
        process=_process(batch.process),
        batch=batch,
        rows=rows_now,
        started_by=started.started_by if started else "",
        started_at=started.started_at if started else None,
        finished_at=max((one for one in ended if one is not None), default=None) if all(ended) else None,
        written_by=desk.user,
        written_at=desk.clock(),
        orchestrator=desk.settings.robots.folder if desk.settings.robots else "",
        practice=desk.settings.practice,
    )
    write_receipt(path, whole)
    return path


def follow(desk: Desk, *, stop: threading.Event | None = None) -> bool:
    """One step of every open run. Returns whether another step has work at once. Raises `OutOfReach`."""
    with desk.workspace.read() as tx:
        if not ledger.runs(tx, open_only=True):
            return False
    if stop is not None and stop.is_set():
        return False
    robots = _robots(desk)
    with lease(desk.lease_folder):
        stepped = following.step(desk.workspace, robots, lambda process: _plan(desk, process), desk.clock())
        _write_minutes(desk, stepped.ended)
    if stepped.changed:
        # Not "batches", which wakes the follower itself: answers must not make it ask faster than its rhythm.
        desk.events.publish("runs", *stepped.changed, *stepped.batches)
    note_state(desk, "robots", stepped.trouble)
    if stepped.trouble is not None:
        raise stepped.trouble
    return stepped.more


# Reads


def all_runs(desk: Desk) -> list[Run]:
    """Every run, newest first."""
    with desk.workspace.read() as tx:
        return ledger.runs(tx)


def run(desk: Desk, run_id: str) -> Run:
    """One run; `Refused` where there is none."""
    with desk.workspace.read() as tx:
        return ledger.must(tx, run_id)


def rows(desk: Desk, batch_id: str, states: Sequence[RowState] | None = None) -> list[BatchRow]:
    """The rows of a batch (or of a case's run) with their answers, in the file's order."""
    with desk.workspace.read() as tx:
        return batches.rows(tx, batch_id, states)


def results(desk: Desk, run_id: str) -> list[Attempt]:
    """What came of each row in this run, also where a later run took the row up again."""
    with desk.workspace.read() as tx:
        return ledger.attempts_of(tx, run_id)


def attempts(desk: Desk, reference: str) -> list[Attempt]:
    """Every try of a row, first to last."""
    with desk.workspace.read() as tx:
        return ledger.attempts(tx, reference)


def minutes_saved(batch: Batch) -> Decimal:
    """Minutes that the batch's finished rows have saved, by the process' baseline (ours until measured)."""
    minutes = _process(batch.process).minutes
    if minutes is None:
        return Decimal(0)
    return (minutes.before - minutes.after) * batch.counts.get(RowState.DONE, 0)


# Inner parts


def _process(process_id: str) -> Process:
    process = catalogue().get(process_id)
    if process is None:
        raise Refused(
            say("Processen {process} findes ikke. Se listen med kkassist processes.", process=process_id)
        )
    return process


def _plan(desk: Desk, process_id: str) -> Plan:
    return handing_over.plan(_process(process_id), desk.settings)


def _robots(desk: Desk) -> Robots:
    robots = desk.systems.robots()
    if robots is None:
        raise Refused(say("Der er ingen robotplatform i indstillingerne. Tilføj [robots]."))
    return robots


def _demand_role(desk: Desk) -> None:
    if desk.role not in MAY_SEND:
        raise Refused(say("Din rolle må ikke køre robotter. Bed en sagsbehandler om det."))


def _demand_queue(desk: Desk, plan: Plan) -> None:
    """A queue that takes the same reference twice could pay twice: only where the settings say so."""
    if not plan.without_unique_references and not _robots(desk).queue(plan.queue).unique_references:
        raise Refused(
            say(
                "Robotkøen {queue} kræver ikke unikke referencer, så en række kunne blive udført to gange. "
                "Bed robotteamet slå det til.",
                queue=plan.queue,
            )
        )


def _demand_not_done(tx: Tx, plan: Plan, wanted: Sequence[BatchRow], *, but: str) -> None:
    again = paid_before(tx, plan, [(row.row, row.values) for row in wanted], but=but)
    if again:
        row, earlier = min(again.items())
        raise Refused(
            say(
                "{count} rækker er udført eller på vej i en anden batch. Den første er række {row}, som også er "
                "række {other} i batch {batch}.",
                count=len(again),
                row=row,
                other=earlier.row,
                batch=earlier.batch,
            )
        )


def _demand_case_not_done(tx: Tx, plan: Plan, values: Mapping[str, str]) -> None:
    key = handing_over.business_key(plan, values)
    if not all(key):
        return
    counted = (RowState.APPROVED, RowState.QUEUED, RowState.RUNNING, RowState.DONE, RowState.UNKNOWN)
    for one in ledger.runs(tx):
        if one.process != plan.process or one.batch:
            continue
        for row in ledger.rows(tx, one.id):
            if row.state in counted and handing_over.business_key(plan, row.values) == key:
                raise Refused(say("Det samme er allerede udført eller på vej i kørslen {run}.", run=one.id))


def _form(desk: Desk, process_id: str, sys_id: str) -> dict[str, str]:
    """The case's form in stored form. `Refused` for another process' case, or while a check stands in the way."""
    opened = open_case(desk, sys_id)
    if opened.process is None or opened.process.id != process_id:
        raise Refused(say("Sagen hører ikke til processen {process}.", process=_process(process_id).title))
    if opened.facts is None or opened.who.must_choose:
        raise Refused(say("Vælg først, hvilken ansættelse sagen gælder."))
    errors = [one for one in opened.findings if one.severity is Severity.ERROR]
    if errors:
        lines = [say("Sagen har {count} fejl, som skal rettes først:", count=len(errors))]
        raise Refused("\n".join([*lines, *(one.message for one in errors)]))
    return dict(opened.facts.values)


def _dry_case(desk: Desk, process_id: str, values: Mapping[str, str]) -> DryRun:
    plan = _plan(desk, process_id)
    item = handing_over.item(plan, handing_over.reference(process_id, new_id(), 1), 1, values)
    return _dry(desk, plan, [item])


def _dry(desk: Desk, plan: Plan, items: Sequence[Item]) -> DryRun:
    robots = desk.systems.robots()
    return DryRun(robots.capabilities.platform if robots else "", plan.queue, plan.release, items)


def _write_minutes(desk: Desk, ended: Sequence[Run]) -> None:
    """One line of the audit log for each run that ended: what came of it and the minutes it saved."""
    for one in ended:
        minutes = _process(one.process).minutes
        with desk.workspace.write() as tx:
            done = sum(row.state is RowState.DONE for row in ledger.rows(tx, one.id))
            saved = (minutes.before - minutes.after) * done if minutes else Decimal(0)
            answers = f"{done} udført, {one.refused} afvist, {one.failed} fejlet, {one.unknown} ukendt"
            told = f"{answers}; {saved} minutter sparet"
            _audit(desk, tx, "kørsel slut", one.batch or one.case_id, told)


def _tell(desk: Desk, run: Run) -> None:
    desk.events.publish("runs", run.id)
    desk.events.publish("batches", *((run.batch,) if run.batch else ()))


def _audit(desk: Desk, tx: Tx, act: str, case: str, detail: str, *, after: str = "") -> None:
    audit.append(tx, user=desk.user, role=desk.role, act=act, case=case, detail=detail, after=after)
