"""The ledger of runs, and the truth about them: one row per thing to do, one reference for life, tries kept for ever.

A row is marked before it is sent (`handing_over`) and confirmed when the platform is known to have it
(`handed_over`): killed in between, it stays marked and is looked up, never sent blindly again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from kkassist.domain.batch import FINAL_ROW_STATES, BatchRow, BatchState, RowState
from kkassist.domain.errors import Refused
from kkassist.domain.ids import new_id
from kkassist.domain.language import say
from kkassist.domain.run import Run, RunState
from kkassist.store import batches
from kkassist.store.codec import encode_texts, instant, micros, must_instant, must_micros
from kkassist.store.moves import ROW_MOVES, RUN_MOVES, IllegalMove, demand
from kkassist.store.sql import Tx, insert

_ENDED_RUNS = "'finished', 'cancelled'"
_EARLIER = (RowState.QUEUED, RowState.RUNNING, RowState.UNKNOWN)
_RETRIED = (RowState.REFUSED, RowState.FAILED, RowState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a row. It is written when its run starts and filled in as the answer comes."""

    reference: str
    number: int
    """1 for the first."""
    run: str
    state: RowState
    external_id: str
    robot: str
    message: str
    evidence: str
    queued_at: datetime | None
    finished_at: datetime | None


def start(
    tx: Tx,
    *,
    process: str,
    user: str,
    at: datetime,
    batch: str = "",
    case_id: str = "",
    values: Mapping[str, str] | None = None,
    reference: str = "",
) -> Run:
    """Begin a run of a batch's approved rows, or of one case with `values`.

    Raises `Refused` when the batch is not approved as it stands, runs already, or has no approved row.
    """
    run_id = new_id()
    if batch:
        rows = _approved_rows(tx, batch)
        batches.move_batch(tx, batch, BatchState.SENDING)
    else:
        insert(
            tx,
            "ledger",
            batches.LEDGER_COLUMNS,
            [
                (run_id, 1, reference or new_id(), "", RowState.APPROVED.value, 0, "", 0, "", "", "", None, None,
                 encode_texts(values or {}))
            ],
        )  # fmt: skip
        rows = batches.rows(tx, run_id)
    insert(
        tx,
        "runs",
        (
            "id",
            "process",
            "batch",
            "case_id",
            "state",
            "job_key",
            "started_by",
            "started_at",
            "finished_at",
            "detail",
        ),
        [(run_id, process, batch, case_id, RunState.HANDING_OVER.value, "", user, must_micros(at), None, "")],
    )
    tx.execute(
        text(
            "UPDATE ledger SET run = :run, tries = tries + 1, handed = 0, message = '', robot = '', external_id = '', "
            "evidence = '', queued_at = NULL, finished_at = NULL WHERE owner = :owner AND state = 'approved'"
        ),
        {"run": run_id, "owner": batch or run_id},
    )
    insert(
        tx,
        "attempts",
        ("reference", "try", "run", "state", "external_id", "robot", "message", "evidence", "queued_at",
         "finished_at"),
        [
            (one.reference, one.tries + 1, run_id, RowState.APPROVED.value, "", "", "", "", None, None)
            for one in rows
        ],
    )  # fmt: skip
    return must(tx, run_id)


def run(tx: Tx, run_id: str) -> Run | None:
    """One run with its counts."""
    return next(iter(_runs(tx, "WHERE r.id = :key", run_id)), None)


def must(tx: Tx, run_id: str) -> Run:
    """The run, which is known to be there."""
    found = run(tx, run_id)
    if found is None:
        raise Refused(say("Kørslen {id} findes ikke.", id=run_id))
    return found


def runs(tx: Tx, open_only: bool = False) -> list[Run]:
    """Runs, newest first; open ones oldest first, which is the order they are worked on in."""
    if open_only:
        return list(reversed(_runs(tx, f"WHERE r.state NOT IN ({_ENDED_RUNS})", "")))
    return _runs(tx, "", "")


def rows(tx: Tx, run_id: str) -> list[BatchRow]:
    """The rows that this run was the last to take, in the file's order."""
    return _rows(tx, "run = :run", run_id)


def row(tx: Tx, reference: str) -> BatchRow | None:
    """One row by its reference."""
    found = tx.execute(
        text(f"{batches.SELECT_ROWS} WHERE reference = :reference"), {"reference": reference}
    ).first()
    return batches.batch_row(found) if found else None


def rows_to_hand_over(tx: Tx, run_id: str, limit: int | None) -> list[BatchRow]:
    """Rows that have not been sent at all."""
    return _rows(tx, "run = :run AND state = 'approved'", run_id)[:limit]


def rows_being_handed_over(tx: Tx, run_id: str) -> list[BatchRow]:
    """Rows that were marked and never confirmed: the platform may have them or not."""
    return _rows(tx, "run = :run AND state = 'queued' AND handed = 0", run_id)


def handing_over(tx: Tx, run_id: str, numbers: Sequence[int], *, at: datetime) -> list[BatchRow]:
    """Mark rows (by Excel row) before they are sent. Only rows of this run that wait are marked and returned."""
    wanted = set(numbers)
    marked = [one for one in rows_to_hand_over(tx, run_id, None) if one.row in wanted]
    for one in marked:
        _set(tx, one, RowState.QUEUED, at, queued_at=micros(at), handed=0)
    references = {one.reference for one in marked}
    return [one for one in rows_being_handed_over(tx, run_id) if one.reference in references]


def handed_over(tx: Tx, reference: str, *, at: datetime, external_id: str = "") -> bool:
    """The platform has the row. False when that was known."""
    changed = tx.execute(
        text(
            "UPDATE ledger SET handed = 1, "
            "external_id = CASE WHEN :external <> '' THEN :external ELSE external_id END, "
            "queued_at = coalesce(queued_at, :at) WHERE reference = :reference AND handed = 0 AND state = 'queued'"
        ),
        {"reference": reference, "external": external_id, "at": must_micros(at)},
    )
    return bool(changed.rowcount)


def not_handed_over(tx: Tx, reference: str, *, at: datetime) -> bool:
    """The platform certainly has not got the row: it waits again. False when it was confirmed or answered."""
    one = row(tx, reference)
    if one is None or reference not in {each.reference for each in _unconfirmed(tx, reference)}:
        return False
    _set(tx, one, RowState.APPROVED, at, queued_at=None, handed=0)
    return True


def row_result(
    tx: Tx,
    reference: str,
    state: RowState,
    message: str,
    *,
    at: datetime,
    robot: str = "",
    external_id: str = "",
    evidence: str = "",
) -> bool:
    """What the platform says of a row. False when it tells nothing new.

    Late news never turn an answer back: a row that has its answer is not made queued or running again, and one that
    is done stays done. A move that the ledger does not have is a bug (`IllegalMove`).
    """
    one = row(tx, reference)
    if one is None:
        raise IllegalMove(f"row {reference} does not exist")
    same = one.state is state and (not message or one.message == message) and (not robot or one.robot == robot)
    stale = one.state is RowState.DONE or (one.state in FINAL_ROW_STATES and state in (*_EARLIER, *_RETRIED))
    if same or stale:
        if one.state is state is RowState.QUEUED:
            return handed_over(tx, reference, at=at, external_id=external_id)
        return False
    final = state in FINAL_ROW_STATES
    _set(
        tx,
        one,
        state,
        at,
        handed=int(state is not RowState.CANCELLED or one.queued_at is not None),
        message=message,
        robot=robot or one.robot,
        external_id=external_id or one.external_id,
        evidence=evidence or one.evidence,
        finished_at=micros(at) if final else None,
    )
    return True


def requeue(tx: Tx, references: Sequence[str], *, at: datetime, verified_not_done: bool = False) -> list[BatchRow]:
    """Make rows ready for another run under the same approval: refused, failed and cancelled ones.

    An unknown row only with `verified_not_done`: somebody has looked in OPUS. Raises `Refused` otherwise.
    """
    allowed = (*_RETRIED, RowState.UNKNOWN) if verified_not_done else _RETRIED
    ready = []
    for reference in references:
        one = row(tx, reference)
        if one is None or one.state not in allowed:
            raise Refused(say("Rækken {reference} kan ikke køres igen, som den står nu.", reference=reference))
        _set(tx, one, RowState.APPROVED, at, handed=0)
        ready.append(reference)
    return [one for reference in ready if (one := row(tx, reference)) is not None]


def attempts(tx: Tx, reference: str) -> list[Attempt]:
    """Every try of a row, first to last."""
    found = tx.execute(
        text('SELECT * FROM attempts WHERE reference = :reference ORDER BY "try"'), {"reference": reference}
    )
    return [_attempt(row) for row in found]


def attempts_of(tx: Tx, run_id: str) -> list[Attempt]:
    """The tries that belong to a run, also when later runs took the rows up again."""
    found = tx.execute(text("SELECT * FROM attempts WHERE run = :run ORDER BY reference"), {"run": run_id})
    return [_attempt(row) for row in found]


def history(tx: Tx, reference: str) -> list[tuple[str, str, str, datetime]]:
    """Every move of a row: from, to, the words that came with it, when."""
    found = tx.execute(
        text(
            'SELECT from_state, to_state, message, "at" FROM ledger_moves WHERE reference = :reference ORDER BY seq'
        ),
        {"reference": reference},
    )
    return [(row[0], row[1], row[2], must_instant(row[3])) for row in found]


def following(tx: Tx, run_id: str) -> None:
    """Every row is handed over: from now on the platform is asked."""
    _move_run(tx, run_id, RunState.FOLLOWING)


def stopped(tx: Tx, run_id: str, detail: str) -> None:
    """The run stands still, and why; `following` or `handing_over_again` sets it going."""
    _move_run(tx, run_id, RunState.STOPPED)
    note(tx, run_id, detail)


def handing_over_again(tx: Tx, run_id: str) -> None:
    """A run that stood still goes on handing over."""
    _move_run(tx, run_id, RunState.HANDING_OVER)


def cancel(tx: Tx, run_id: str) -> Run:
    """The user stops the run: what is not handed over stays, the rest is taken back as far as the platform can."""
    known = must(tx, run_id)
    if known.state in (RunState.FINISHED, RunState.CANCELLED):
        raise Refused(say("Kørslen er slut og kan ikke stoppes."))
    _move_run(tx, run_id, RunState.CANCELLING)
    return must(tx, run_id)


def job_started(tx: Tx, run_id: str, job_key: str) -> None:
    """The platform's job that works on the run."""
    tx.execute(text("UPDATE runs SET job_key = :key WHERE id = :id"), {"key": job_key, "id": run_id})


def note(tx: Tx, run_id: str, detail: str) -> None:
    """Why the run stands still, in words for the user; "" when it goes on."""
    tx.execute(text("UPDATE runs SET detail = :detail WHERE id = :id"), {"detail": detail, "id": run_id})


def finish(tx: Tx, run_id: str, state: RunState = RunState.FINISHED, *, at: datetime | None = None) -> Run:
    """End a run whose rows all have an answer (or are unknown, which a person settles). Its batch ends with it."""
    known = must(tx, run_id)
    if any(one.state in (RowState.APPROVED, RowState.QUEUED, RowState.RUNNING) for one in rows(tx, run_id)):
        raise IllegalMove(f"run {run_id} has rows without an answer")
    _move_run(tx, run_id, state)
    tx.execute(
        text("UPDATE runs SET finished_at = :at, detail = '' WHERE id = :id"),
        {"at": must_micros(at or datetime.now(UTC)), "id": run_id},
    )
    if known.batch:
        ended = BatchState.CANCELLED if state is RunState.CANCELLED else BatchState.FINISHED
        batches.move_batch(tx, known.batch, ended)
    return must(tx, run_id)


def _approved_rows(tx: Tx, batch_id: str) -> list[BatchRow]:
    known = batches.must(tx, batch_id)
    if known.state in (BatchState.SENDING, BatchState.RUNNING):
        raise Refused(say("Uploaden er allerede ved at blive kørt."))
    bound = known.decided_hash == known.content_hash and bool(known.decided_by)
    if known.state not in (BatchState.APPROVED, BatchState.FINISHED, BatchState.CANCELLED) or not bound:
        raise Refused(say("Uploaden er ikke godkendt, som den står nu. Send den til godkendelse."))
    approved = batches.rows(tx, batch_id, (RowState.APPROVED,))
    if not approved:
        raise Refused(say("Uploaden har ingen godkendte rækker, der mangler at blive kørt."))
    return approved


def _move_run(tx: Tx, run_id: str, state: RunState) -> None:
    known = must(tx, run_id)
    if known.state is state:
        return
    demand(RUN_MOVES, known.state, state, f"run {run_id}")
    tx.execute(text("UPDATE runs SET state = :state WHERE id = :id"), {"state": state.value, "id": run_id})
    if state is RunState.FOLLOWING and known.batch:
        batches.move_batch(tx, known.batch, BatchState.RUNNING)


def _set(tx: Tx, one: BatchRow, state: RowState, at: datetime, **values: str | int | None) -> None:
    """Move a row, fenced: nothing happens to a row that has moved meanwhile but an error."""
    if one.state is not state:
        demand(ROW_MOVES, one.state, state, f"row {one.reference}")
    columns = "".join(f", {name} = :{name}" for name in values)
    changed = tx.execute(
        text(
            f"UPDATE ledger SET state = :state{columns} "  # noqa: S608 - our own column names
            "WHERE reference = :reference AND state = :before AND tries = :tries"
        ),
        {
            **values,
            "state": state.value,
            "reference": one.reference,
            "before": one.state.value,
            "tries": one.tries,
        },
    )
    if changed.rowcount != 1:
        raise IllegalMove(f"row {one.reference} had moved before it was moved")
    insert(
        tx,
        "ledger_moves",
        ("reference", "run", "from_state", "to_state", "message", "at"),
        [(one.reference, "", one.state.value, state.value, str(values.get("message") or ""), must_micros(at))],
    )
    if state is RowState.APPROVED and one.state in (*_RETRIED, RowState.UNKNOWN):
        return  # ready for a try that its run will write down; the last one keeps its answer
    kept = {name: value for name, value in values.items() if name != "handed"}
    columns = "".join(f", {name} = :{name}" for name in kept)
    tx.execute(
        text(f'UPDATE attempts SET state = :state{columns} WHERE reference = :reference AND "try" = :tries'),  # noqa: S608
        {**kept, "state": state.value, "reference": one.reference, "tries": one.tries},
    )


def _rows(tx: Tx, where: str, run_id: str) -> list[BatchRow]:
    found = tx.execute(text(f'{batches.SELECT_ROWS} WHERE {where} ORDER BY "row"'), {"run": run_id})
    return [batches.batch_row(row) for row in found]


def _unconfirmed(tx: Tx, reference: str) -> list[BatchRow]:
    return _rows(tx, "reference = :run AND state = 'queued' AND handed = 0", reference)


def _runs(tx: Tx, where: str, key: str) -> list[Run]:
    found = tx.execute(
        text(
            "SELECT r.*, count(a.reference) AS total, "  # noqa: S608 - our own states
            "coalesce(sum(CASE WHEN a.state IN ('done', 'refused', 'failed', 'cancelled') THEN 1 ELSE 0 END), 0) "
            "AS ended, "
            "coalesce(sum(CASE WHEN a.state = 'refused' THEN 1 ELSE 0 END), 0) AS refused, "
            "coalesce(sum(CASE WHEN a.state = 'failed' THEN 1 ELSE 0 END), 0) AS failed, "
            "coalesce(sum(CASE WHEN a.state = 'unknown' THEN 1 ELSE 0 END), 0) AS unknown "
            f"FROM runs r LEFT JOIN attempts a ON a.run = r.id {where} GROUP BY r.id "
            "ORDER BY r.started_at DESC, r.id DESC"
        ),
        {"key": key} if ":key" in where else {},
    )
    return [
        Run(
            id=row.id,
            process=row.process,
            batch=row.batch,
            case_id=row.case_id,
            state=RunState(row.state),
            job_key=row.job_key,
            done=int(row.ended),
            total=int(row.total),
            refused=int(row.refused),
            failed=int(row.failed),
            unknown=int(row.unknown),
            started_by=row.started_by,
            started_at=must_instant(row.started_at),
            finished_at=instant(row.finished_at),
            detail=row.detail,
        )
        for row in found
    ]


def _attempt(row: Any) -> Attempt:
    of = row._mapping
    return Attempt(
        reference=of["reference"],
        number=of["try"],
        run=of["run"],
        state=RowState(of["state"]),
        external_id=of["external_id"],
        robot=of["robot"],
        message=of["message"],
        evidence=of["evidence"],
        queued_at=instant(of["queued_at"]),
        finished_at=instant(of["finished_at"]),
    )
