"""Mass uploads: the rows of a file, what was found in them, and who approved them.

Approval is another person's, and binds to the content hash: a row mended afterwards takes it away.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import text

from kkassist.domain.batch import Batch, BatchRow, BatchState, Finding, RowState, Severity
from kkassist.domain.errors import Refused
from kkassist.domain.ids import new_id
from kkassist.domain.language import say
from kkassist.store.codec import encode, encode_texts, instant, micros, must_instant, must_micros, texts
from kkassist.store.moves import BATCH_MOVES, ROW_MOVES, IllegalMove, demand
from kkassist.store.sql import Tx, insert, one_of

_finding = msgspec.json.Decoder(Finding).decode
_IN_FLIGHT = (RowState.QUEUED, RowState.RUNNING, RowState.UNKNOWN)
_SENT = "'sending', 'running', 'finished'"
LEDGER_COLUMNS = (
    "owner", "row", "reference", "run", "state", "handed", "message", "tries", "robot", "external_id", "evidence",
    "queued_at", "finished_at", "values",
)  # fmt: skip
SELECT_ROWS = 'SELECT "' + '", "'.join(LEDGER_COLUMNS) + '" FROM ledger'  # noqa: S608 - our own column names


def content_hash(rows: Iterable[tuple[int, Mapping[str, str]]]) -> str:
    """SHA-256 (hex) over (Excel row, canonical values) in the order of the rows."""
    digest = hashlib.sha256()
    for row, values in rows:
        line = encode([row, dict(values)])
        digest.update(len(line).to_bytes(4, "big") + line)
    return digest.hexdigest()


def create(tx: Tx, batch: Batch, rows: Sequence[BatchRow], findings: Sequence[Finding]) -> Batch:
    """Keep a checked file. A row without a reference gets one, once and for life; the hash is worked out here."""
    digest = content_hash((one.row, one.values) for one in sorted(rows, key=lambda one: one.row))
    insert(
        tx,
        "batches",
        ("id", "process", "file_name", "state", "content_hash", "total", "made_by", "made_at", "submitted_at",
         "decided_by", "decided_at", "decided_hash", "reason"),
        [
            (batch.id, batch.process, batch.file_name, batch.state.value, digest, str(batch.total), batch.made_by,
             must_micros(batch.made_at), None, "", None, "", "")
        ],
    )  # fmt: skip
    insert(
        tx,
        "ledger",
        LEDGER_COLUMNS,
        [
            (batch.id, one.row, one.reference or new_id(), "", one.state.value, 0, one.message, 0, "", "", "",
             None, None, encode_texts(one.values))
            for one in rows
        ],
    )  # fmt: skip
    _store_findings(tx, batch.id, findings)
    return must(tx, batch.id)


def batch(tx: Tx, batch_id: str) -> Batch | None:
    """One batch with its counts."""
    return next(iter(_batches(tx, "WHERE id = :key", batch_id)), None)


def must(tx: Tx, batch_id: str) -> Batch:
    """The batch, which is known to be there."""
    found = batch(tx, batch_id)
    if found is None:
        raise Refused(say("Uploaden {id} findes ikke.", id=batch_id))
    return found


def all(tx: Tx) -> list[Batch]:
    """Every batch, newest first."""
    return _batches(tx, "", "")


def rows(tx: Tx, batch_id: str, states: Collection[RowState] | None = None) -> list[BatchRow]:
    """The rows of a batch in the file's order; only those in `states` when given."""
    bound: dict[str, str] = {}
    only = ""
    if states is not None:
        names, bound = one_of("state", [state.value for state in states])
        only = f" AND state IN ({names})"
    found = tx.execute(
        text(f'{SELECT_ROWS} WHERE owner = :batch{only} ORDER BY "row"'),
        {"batch": batch_id, **bound},
    )
    return [batch_row(row) for row in found]


def findings(tx: Tx, batch_id: str) -> list[Finding]:
    """What was found in the file, by row."""
    found = tx.execute(
        text('SELECT body FROM findings WHERE batch = :batch ORDER BY "row", seq'), {"batch": batch_id}
    )
    return [_finding(body) for body in found.scalars()]


def submit(tx: Tx, batch_id: str, user: str, at: datetime) -> Batch:
    """Ask for approval. Raises `Refused` while a row has errors or there is nothing left to send."""
    known = must(tx, batch_id)
    if known.errors:
        raise Refused(
            say("Filen har {count} fejl. Ret dem, og kontrollér filen igen, før du sender.", count=known.errors)
        )
    if not known.counts.get(RowState.CHECKED):
        raise Refused(say("Der er ingen kontrollerede rækker at sende til godkendelse."))
    _move(tx, known, BatchState.SUBMITTED)
    tx.execute(
        text(
            "UPDATE batches SET submitted_at = :at, decided_by = '', decided_at = NULL, decided_hash = '', "
            "reason = '' WHERE id = :id"
        ),
        {"at": must_micros(at), "id": batch_id},
    )
    _write_down(tx, known, "submit", user, "", at)
    return must(tx, batch_id)


def approve(tx: Tx, batch_id: str, user: str, content_hash: str, at: datetime) -> Batch:
    """Another person approves exactly this content. Raises `Refused` for one's own batch or another content."""
    known = must(tx, batch_id)
    if user.casefold() == known.made_by.casefold():
        raise Refused(say("Du har selv lavet uploaden og kan derfor ikke godkende den. Bed en kollega om det."))
    if known.state is not BatchState.SUBMITTED:
        raise Refused(say("Uploaden venter ikke på godkendelse."))
    actual = _hash_of(tx, batch_id)
    if content_hash != known.content_hash or actual != known.content_hash:
        raise Refused(say("Indholdet er ændret, siden du så det. Se uploaden igennem igen."))
    _move(tx, known, BatchState.APPROVED)
    tx.execute(
        text("UPDATE batches SET decided_by = :user, decided_at = :at, decided_hash = :hash WHERE id = :id"),
        {"user": user, "at": must_micros(at), "hash": actual, "id": batch_id},
    )
    move_rows(tx, rows(tx, batch_id, (RowState.CHECKED,)), RowState.APPROVED, at)
    _write_down(tx, known, "approve", user, "", at)
    return must(tx, batch_id)


def reject(tx: Tx, batch_id: str, user: str, reason: str, at: datetime) -> Batch:
    """Another person sends it back, and says why."""
    known = must(tx, batch_id)
    if known.state is not BatchState.SUBMITTED:
        raise Refused(say("Uploaden venter ikke på godkendelse."))
    if not reason.strip():
        raise Refused(say("Skriv, hvorfor du afviser uploaden."))
    _move(tx, known, BatchState.REJECTED)
    tx.execute(
        text("UPDATE batches SET decided_by = :user, decided_at = :at, reason = :reason WHERE id = :id"),
        {"user": user, "at": must_micros(at), "reason": reason.strip(), "id": batch_id},
    )
    _write_down(tx, known, "reject", user, reason.strip(), at)
    return must(tx, batch_id)


def repair(
    tx: Tx,
    batch_id: str,
    row: int,
    values: Mapping[str, str],
    findings: Sequence[Finding],
    *,
    total: Decimal | None = None,
    at: datetime | None = None,
) -> Batch:
    """Mend one row in place; `findings` replace what was known of it, `total` is the batch's new sum.

    The approval falls: the batch goes back to checked, and so do rows that were approved and not sent. Raises
    `Refused` for a row that is done or on its way.
    """
    when = at or datetime.now(UTC)
    known = must(tx, batch_id)
    one = next((each for each in rows(tx, batch_id) if each.row == row), None)
    if one is None:
        raise Refused(say("Række {row} findes ikke i uploaden.", row=row))
    if known.state in (BatchState.SENDING, BatchState.RUNNING) or one.state in (RowState.DONE, *_IN_FLIGHT):
        raise Refused(say("Række {row} er sendt eller på vej og kan ikke rettes nu.", row=row))
    broken = any(found.severity is Severity.ERROR for found in findings)
    move_rows(tx, rows(tx, batch_id, (RowState.APPROVED,)), RowState.CHECKED, when)
    fresh = next(each for each in rows(tx, batch_id) if each.row == row)
    after = RowState.DRAFT if broken else RowState.CHECKED
    if fresh.state is not after:
        move_rows(tx, [fresh], after, when)
    tx.execute(
        text('UPDATE ledger SET "values" = :values, message = \'\' WHERE owner = :owner AND "row" = :row'),
        {"values": encode_texts(values), "owner": batch_id, "row": row},
    )
    tx.execute(text('DELETE FROM findings WHERE batch = :batch AND "row" = :row'), {"batch": batch_id, "row": row})
    _store_findings(tx, batch_id, findings)
    _move(tx, known, BatchState.CHECKED)
    tx.execute(
        text(
            "UPDATE batches SET content_hash = :hash, total = :total, submitted_at = NULL, decided_by = '', "
            "decided_at = NULL, decided_hash = '', reason = '' WHERE id = :id"
        ),
        {"hash": _hash_of(tx, batch_id), "total": str(known.total if total is None else total), "id": batch_id},
    )
    return must(tx, batch_id)


def replace_file_findings(tx: Tx, batch_id: str, findings: Sequence[Finding]) -> None:
    """Put what is now known of the file as a whole (row 0) in place of what was."""
    tx.execute(text('DELETE FROM findings WHERE batch = :batch AND "row" = 0'), {"batch": batch_id})
    _store_findings(tx, batch_id, findings)


def previous(tx: Tx, process: str, but: str = "") -> Batch | None:
    """The last batch of the process that was sent, other than `but`."""
    found = tx.execute(
        text(
            "SELECT id FROM batches WHERE process = :process AND id <> :but "  # noqa: S608 - our own states
            f"AND state IN ({_SENT}) ORDER BY made_at DESC, id DESC LIMIT 1"
        ),
        {"process": process, "but": but},
    ).scalar()
    return batch(tx, found) if found else None


def discard(tx: Tx, batch_id: str) -> Batch:
    """Give a batch up that was never sent."""
    known = must(tx, batch_id)
    if known.state in (BatchState.SENDING, BatchState.RUNNING, BatchState.FINISHED, BatchState.CANCELLED):
        raise Refused(say("Uploaden er sendt og kan ikke kasseres."))
    _move(tx, known, BatchState.CANCELLED)
    return must(tx, batch_id)


def decisions(tx: Tx, batch_id: str) -> list[tuple[str, str, str, str, datetime]]:
    """Every (act, user, content hash, reason, when) on the batch, oldest first: acts submit, approve, reject."""
    found = tx.execute(
        text('SELECT act, user_name, content_hash, reason, "at" FROM approvals WHERE batch = :batch ORDER BY seq'),
        {"batch": batch_id},
    )
    return [(row[0], row[1], row[2], row[3], must_instant(row[4])) for row in found]


def move_rows(tx: Tx, several: Sequence[BatchRow], state: RowState, at: datetime, message: str = "") -> None:
    """Move rows to a state, each from where it stands now, and write the moves down."""
    for one in several:
        demand(ROW_MOVES, one.state, state, f"row {one.reference}")
    if not several:
        return
    changed = 0
    for one in several:
        changed += tx.execute(
            text("UPDATE ledger SET state = :state WHERE reference = :reference AND state = :before"),
            {"state": state.value, "reference": one.reference, "before": one.state.value},
        ).rowcount
    if changed != len(several):
        raise IllegalMove("rows had moved before they were moved")
    insert(
        tx,
        "ledger_moves",
        ("reference", "run", "from_state", "to_state", "message", "at"),
        [(one.reference, "", one.state.value, state.value, message, must_micros(at)) for one in several],
    )


def move_batch(tx: Tx, batch_id: str, state: BatchState) -> None:
    """Move a batch along its run."""
    known = must(tx, batch_id)
    if known.state is not state:
        _move(tx, known, state)


def batch_row(row: Any) -> BatchRow:
    """A row of the ledger as a noun; `row` has `LEDGER_COLUMNS`."""
    of = row._mapping
    return BatchRow(
        batch=of["owner"],
        row=of["row"],
        reference=of["reference"],
        values=texts(of["values"]),
        state=RowState(of["state"]),
        message=of["message"],
        tries=of["tries"],
        robot=of["robot"],
        external_id=of["external_id"],
        evidence=of["evidence"],
        queued_at=instant(of["queued_at"]),
        finished_at=instant(of["finished_at"]),
    )


def _move(tx: Tx, known: Batch, state: BatchState) -> None:
    demand(BATCH_MOVES, known.state, state, f"batch {known.id}")
    tx.execute(text("UPDATE batches SET state = :state WHERE id = :id"), {"state": state.value, "id": known.id})


def _hash_of(tx: Tx, batch_id: str) -> str:
    found = tx.execute(
        text('SELECT "row", "values" FROM ledger WHERE owner = :batch ORDER BY "row"'), {"batch": batch_id}
    )
    return content_hash((row[0], texts(row[1])) for row in found)


def _store_findings(tx: Tx, batch_id: str, several: Sequence[Finding]) -> None:
    insert(
        tx,
        "findings",
        ("batch", "row", "severity", "body"),
        [(batch_id, one.row, one.severity.value, encode(one)) for one in several],
    )


def _write_down(tx: Tx, known: Batch, act: str, user: str, reason: str, at: datetime) -> None:
    insert(
        tx,
        "approvals",
        ("batch", "act", "user_name", "content_hash", "reason", "at"),
        [(known.id, act, user, known.content_hash, reason, micros(at))],
    )


def _batches(tx: Tx, where: str, key: str) -> list[Batch]:
    bound = {"key": key} if where else {}
    found = tx.execute(text(f"SELECT * FROM batches {where} ORDER BY made_at DESC, id DESC"), bound).all()  # noqa: S608
    of_rows: dict[str, dict[RowState, int]] = {}
    only = "WHERE owner = :key" if where else ""
    for row in tx.execute(
        text(f"SELECT owner, state, count(*) AS many FROM ledger {only} GROUP BY owner, state"),  # noqa: S608
        bound,
    ):
        of_rows.setdefault(row.owner, {})[RowState(row.state)] = row.many
    only = "WHERE batch = :key" if where else ""
    seen = {
        (row.batch, row.severity): row.many
        for row in tx.execute(
            text(f"SELECT batch, severity, count(*) AS many FROM findings {only} GROUP BY batch, severity"),  # noqa: S608
            bound,
        )
    }
    return [_batch(row, of_rows.get(row.id, {}), seen) for row in found]


def _batch(row: Any, counts: Mapping[RowState, int], seen: Mapping[tuple[str, str], int]) -> Batch:
    return Batch(
        id=row.id,
        process=row.process,
        file_name=row.file_name,
        state=BatchState(row.state),
        content_hash=row.content_hash,
        rows=sum(counts.values()),
        total=Decimal(row.total),
        made_by=row.made_by,
        made_at=must_instant(row.made_at),
        submitted_at=instant(row.submitted_at),
        decided_by=row.decided_by,
        decided_at=instant(row.decided_at),
        decided_hash=row.decided_hash,
        reason=row.reason,
        counts=counts,
        errors=seen.get((row.id, Severity.ERROR.value), 0),
        warnings=seen.get((row.id, Severity.WARNING.value), 0),
    )
