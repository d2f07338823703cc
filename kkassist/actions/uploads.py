"""Mass uploads: template, check, submit, approve, reject, repair. Nothing leaves the machine here.

A batch is all or nothing: while a row has an error the batch cannot be submitted. Approval comes from a person who
neither made, submitted nor repaired it, and binds to the hash of the content she was shown. The roles that may
submit and approve are ours until the municipality says otherwise.
"""

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from math import ceil
from pathlib import Path
from zoneinfo import ZoneInfo

from kkassist.actions.desk import Desk
from kkassist.actions.paid_before import Earlier, paid_before
from kkassist.actions.register import StoredRegister
from kkassist.domain.batch import Batch, BatchRow, BatchState, Finding, RowState, Severity, Totals
from kkassist.domain.errors import Refused
from kkassist.domain.ids import new_id
from kkassist.domain.language import say
from kkassist.processes import checking, kinds
from kkassist.processes.catalogue import catalogue
from kkassist.processes.cells import Table
from kkassist.processes.checking import Checked, Previous, options_of
from kkassist.processes.words import Kind, Process, Upload
from kkassist.store import audit, batches, facts
from kkassist.store.engine import Tx
from kkassist.sync import handing_over

MAY_SUBMIT = frozenset({"sagsbehandler", "godkender", "teamleder", "leder"})
MAY_APPROVE = frozenset({"sagsbehandler", "godkender", "teamleder", "leder"})
"""A colleague of the same role may approve: what is barred is approving the work of one's own hands."""
ALREADY_DONE = "K-90"
"""Rule id of the guard against doing the same twice."""
_PLACE = ZoneInfo("Europe/Copenhagen")
_SAMPLE = Decimal("0.05")
_BIGGEST = 10
_LISTED = 5
_OPEN = (BatchState.DRAFT, BatchState.CHECKED)
_GONE = (BatchState.REJECTED, BatchState.CANCELLED)


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file as it was checked. Counts are rows."""

    batch: Batch
    ok: int
    warnings: int
    errors: int
    findings: tuple[Finding, ...]
    totals: Totals
    table: Table
    """The file's raw cells, for a marked copy."""


@dataclass(frozen=True, slots=True)
class ToApprove:
    """What the approver looks at before she decides."""

    batch: Batch
    totals: Totals
    biggest: Sequence[BatchRow]
    """The ten rows with the highest amounts."""
    sample: Sequence[BatchRow]
    """Five per cent of the rows, drawn by the content hash: the same for everyone who looks, and not to be chosen."""
    warnings: Sequence[Finding]


# Files


def template(desk: Desk, process_id: str, path: Path) -> Path:
    """Write the Excel template of a process, with the options of its settings."""
    from kkassist.sheets.template import write_template  # noqa: PLC0415 - the workbook library costs start-up time

    process, upload = _with_upload(process_id)
    with desk.workspace.read() as tx:
        register = _register(desk, tx, process)
        names = {column.options_from for column in upload.columns if column.options_from}
        options = {
            column.options_from: options_of(column, register.setting)
            for column in upload.columns
            if column.options_from in names
        }
    write_template(process, path, options, practice=desk.settings.practice)
    return path


def check_file(desk: Desk, process_id: str, path: Path) -> CheckedFile:
    """Read and check a file and keep it as a batch: CHECKED without errors, else DRAFT.

    A file that was checked before with the same result is the same batch. `Refused` where its content has been
    submitted already (the sentence names the batch), or where the file cannot be read.
    """
    from kkassist.sheets.read import read_upload  # noqa: PLC0415 - the workbook library costs start-up time

    process, upload = _with_upload(process_id)
    table = read_upload(path, upload)
    batch_id = new_id()
    with desk.workspace.read() as tx:
        found = _check(desk, tx, process, table, but="")
        same = _same_content(tx, process, found)
    if same is not None:
        _refuse_if_submitted(same)
        with desk.workspace.read() as tx:
            unchanged = set(batches.findings(tx, same.id)) == set(found.findings)
        if unchanged:
            return _checked_file(same, found, table)
    rows = _new_rows(process, batch_id, found)
    batch = Batch(
        id=batch_id,
        process=process.id,
        file_name=path.name,
        state=BatchState.DRAFT if found.blocked else BatchState.CHECKED,
        content_hash=found.content_hash,
        rows=len(rows),
        total=found.totals.amount,
        made_by=desk.user,
        made_at=desk.clock(),
        submitted_at=None,
        decided_by="",
        decided_at=None,
        decided_hash="",
        reason="",
        counts={},
        errors=found.errors,
        warnings=found.warnings,
    )
    with desk.workspace.write() as tx:
        stored = batches.create(tx, batch, rows, found.findings)
        facts.put(tx, f"batch:{batch_id}:file", _shape(table))
        told = f"{found.errors} fejl, {found.warnings} advarsler, {len(rows)} rækker"
        _audit(desk, tx, "kontrollér fil", batch_id, told, after=stored.content_hash)
    desk.events.publish("batches", batch_id)
    return _checked_file(stored, found, table)


def marked_copy(checked: CheckedFile, source: Path, target: Path) -> Path:
    """The user's own file with the findings in place."""
    from kkassist.sheets.mark import mark_copy  # noqa: PLC0415 - the workbook library costs start-up time

    mark_copy(source, target, checked.findings, checked.table)
    return target


# Decisions


def submit_file(desk: Desk, process_id: str, path: Path) -> Batch:
    """Check a file and submit it."""
    return submit(desk, check_file(desk, process_id, path).batch.id)


def submit(desk: Desk, batch_id: str) -> Batch:
    """Hand a batch to an approver. `Refused` while errors stand, or for a role that may not."""
    _demand_role(desk, MAY_SUBMIT, say("Din rolle må ikke indsende. Bed en sagsbehandler om det."))
    with desk.workspace.write() as tx:
        batch = _batch(tx, batch_id)
        if batch.state is BatchState.SUBMITTED:
            return batch
        if batch.state not in _OPEN:
            raise Refused(
                say("Batch {batch} er {state} og kan ikke indsendes.", batch=batch_id, state=words(batch.state))
            )
        errors = [one for one in batches.findings(tx, batch_id) if one.severity is Severity.ERROR]
        if errors:
            raise Refused(_errors_stand(errors))
        batches.submit(tx, batch_id, desk.user, desk.clock())
        told = say("{rows} rækker, {warnings} advarsler", rows=batch.rows, warnings=batch.warnings)
        _audit(desk, tx, "indsend", batch_id, told, after=batch.content_hash)
        stored = _batch(tx, batch_id)
    desk.events.publish("batches", batch_id)
    return stored


def to_approve(desk: Desk, batch_id: str) -> ToApprove:
    """What the approver is shown: sums, the ten biggest, a sample of five per cent, and the warnings."""
    with desk.workspace.read() as tx:
        batch = _batch(tx, batch_id)
        process, upload = _with_upload(batch.process)
        rows = batches.rows(tx, batch_id)
        found = _check(desk, tx, process, _table_of(tx, batch, upload, rows), but=batch_id)
        warnings = [one for one in batches.findings(tx, batch_id) if one.severity is Severity.WARNING]
    by_amount = sorted(rows, key=lambda row: _amount(row, upload), reverse=True)
    drawn = random.Random(batch.content_hash).sample(range(len(rows)), ceil(len(rows) * _SAMPLE))
    return ToApprove(batch, found.totals, by_amount[:_BIGGEST], [rows[one] for one in sorted(drawn)], warnings)


def approve(desk: Desk, batch_id: str, shown_hash: str = "") -> Batch:
    """Approve what was shown. `Refused` for one's own work, a missing right, or content that has changed since.

    `shown_hash` is the content hash of what the approver looked at; "" stands for the batch as it is now.
    """
    _demand_role(desk, MAY_APPROVE, say("Din rolle må ikke godkende. Bed en godkender om det."))
    with desk.workspace.write() as tx:
        batch = _batch(tx, batch_id)
        if batch.state is not BatchState.SUBMITTED:
            raise Refused(
                say("Batch {batch} er {state} og kan ikke godkendes.", batch=batch_id, state=words(batch.state))
            )
        if desk.user.casefold() in hands_on(tx, batch):
            raise Refused(say("Du har selv lavet, indsendt eller rettet batchen. En anden skal godkende den."))
        batches.approve(tx, batch_id, desk.user, shown_hash or batch.content_hash, desk.clock())
        _audit(desk, tx, "godkend", batch_id, say("{rows} rækker", rows=batch.rows), after=batch.content_hash)
        stored = _batch(tx, batch_id)
    desk.events.publish("batches", batch_id)
    return stored


def reject(desk: Desk, batch_id: str, reason: str) -> Batch:
    """Send a submitted batch back with a reason."""
    _demand_role(desk, MAY_APPROVE, say("Din rolle må ikke afvise. Bed en godkender om det."))
    if not reason.strip():
        raise Refused(say("Skriv, hvorfor batchen afvises."))
    with desk.workspace.write() as tx:
        batch = _batch(tx, batch_id)
        if batch.state is not BatchState.SUBMITTED:
            raise Refused(
                say("Batch {batch} er {state} og kan ikke afvises.", batch=batch_id, state=words(batch.state))
            )
        batches.reject(tx, batch_id, desk.user, reason, desk.clock())
        _audit(desk, tx, "afvis", batch_id, reason.strip(), after=batch.content_hash)
        stored = _batch(tx, batch_id)
    desk.events.publish("batches", batch_id)
    return stored


def repair_row(desk: Desk, batch_id: str, row: int, texts: Mapping[str, str]) -> Sequence[Finding]:
    """Mend cells of one row as a user types them; the batch is checked again whole.

    Before it is sent, the batch goes back to where it can be submitted. Of a finished run, only a row that was
    refused or failed can be mended, and it needs a new approval before it is sent again.
    Returns the row's findings now. `Refused` where a text cannot be read or the row is on its way.
    """
    with desk.workspace.write() as tx:
        batch = _batch(tx, batch_id)
        process, upload = _with_upload(batch.process)
        rows = batches.rows(tx, batch_id)
        one = next((candidate for candidate in rows if candidate.row == row), None)
        if one is None:
            raise Refused(say("Batch {batch} har ingen række {row}.", batch=batch_id, row=row))
        _demand_mendable(batch, one)
        register = _register(desk, tx, process)
        values = {**one.values, **_typed(upload, texts, register)}
        mended = [replace(candidate, values=values) if candidate.row == row else candidate for candidate in rows]
        found = _check(desk, tx, process, _table_of(tx, batch, upload, mended), but=batch_id)
        _store_mended(desk, tx, batch_id, row, mended, found)
        before = json.dumps(
            {name: one.values.get(name, "") for name in texts if name != "cpr"}, ensure_ascii=False
        )
        after = json.dumps({name: values[name] for name in texts if name != "cpr"}, ensure_ascii=False)
        _audit(desk, tx, "ret række", batch_id, one.reference, before=before, after=after)
    desk.events.publish("batches", batch_id)
    return [finding for finding in found.findings if finding.row == row]


# Reads


def all_batches(desk: Desk) -> list[Batch]:
    """Every batch, newest first."""
    with desk.workspace.read() as tx:
        return sorted(batches.all(tx), key=lambda one: one.id, reverse=True)


def batch(desk: Desk, batch_id: str) -> Batch:
    """One batch; `Refused` where there is none."""
    with desk.workspace.read() as tx:
        return _batch(tx, batch_id)


def findings(desk: Desk, batch_id: str) -> list[Finding]:
    """What was found in the batch, as it stands now."""
    with desk.workspace.read() as tx:
        return list(batches.findings(tx, batch_id))


def why_not_approve(desk: Desk, batch_id: str) -> str:
    """Why this user cannot approve the batch, in words for her; "" where she can."""
    if desk.role not in MAY_APPROVE:
        return say("Din rolle må ikke godkende. Bed en godkender om det.")
    with desk.workspace.read() as tx:
        own = desk.user.casefold() in hands_on(tx, _batch(tx, batch_id))
    return say("Du har selv lavet, indsendt eller rettet batchen. En anden skal godkende den.") if own else ""


def hands_on(tx: Tx, batch: Batch) -> frozenset[str]:
    """Who made, submitted or mended the batch: none of them may approve it."""
    submitted = {user for act, user, *_ in batches.decisions(tx, batch.id) if act == "submit"}
    menders = json.loads(facts.get(tx, _menders(batch.id)) or "[]")
    return frozenset(one.casefold() for one in {batch.made_by, *submitted, *menders})


def words(state: BatchState) -> str:
    """A batch's state as a user reads it."""
    return {
        BatchState.DRAFT: say("en kladde med fejl"),
        BatchState.CHECKED: say("kontrolleret"),
        BatchState.SUBMITTED: say("indsendt"),
        BatchState.APPROVED: say("godkendt"),
        BatchState.REJECTED: say("afvist"),
        BatchState.SENDING: say("ved at blive sendt"),
        BatchState.RUNNING: say("hos robotten"),
        BatchState.FINISHED: say("afsluttet"),
        BatchState.CANCELLED: say("annulleret"),
    }[state]


# Inner parts


def _with_upload(process_id: str) -> tuple[Process, Upload]:
    process = catalogue().get(process_id)
    if process is None:
        raise Refused(
            say("Processen {process} findes ikke. Se listen med kkassist processes.", process=process_id)
        )
    if process.upload is None:
        raise Refused(say("Processen {process} har ingen masseindberetning.", process=process.title))
    return process, process.upload


def _batch(tx: Tx, batch_id: str) -> Batch:
    found = batches.batch(tx, batch_id)
    if found is None:
        raise Refused(say("Der er ingen batch {batch}. Se listen over indberetninger.", batch=batch_id))
    return found


def _register(desk: Desk, tx: Tx, process: Process) -> StoredRegister:
    return StoredRegister(tx, process, desk.settings, _today(desk))


def _today(desk: Desk) -> date:
    return desk.clock().astimezone(_PLACE).date()


def _check(desk: Desk, tx: Tx, process: Process, table: Table, *, but: str) -> Checked:
    """The declaration's checks, and the guard that no row is done in another batch."""
    found = checking.check(process, table, _register(desk, tx, process), _previous(tx, process, but))
    if process.robot is None:
        return found
    again = paid_before(tx, handing_over.plan(process, desk.settings), found.rows, but=but)
    if not again:
        return found
    more = [_done_already(row, earlier, table) for row, earlier in again.items()]
    marked = {one.row for one in found.findings if one.severity is Severity.ERROR}
    warned = {one.row for one in found.findings if one.severity is Severity.WARNING} - marked
    fresh = set(again) - marked
    return replace(
        found,
        findings=tuple(sorted((*found.findings, *more), key=lambda one: one.row)),
        errors=found.errors + len(fresh),
        warnings=found.warnings - len(fresh & warned),
        ok=found.ok - len(fresh - warned),
    )


def _done_already(row: int, earlier: Earlier, table: Table) -> Finding:
    if earlier.state is RowState.DONE:
        message = say(
            "Det samme er allerede udført i batch {batch}, række {row}. Slet rækken.",
            batch=earlier.batch,
            row=earlier.row,
        )
    else:
        message = say(
            "Det samme er på vej i batch {batch}, række {row}. Slet rækken, eller vent på svaret.",
            batch=earlier.batch,
            row=earlier.row,
        )
    return Finding(row, "", "", "", ALREADY_DONE, Severity.ERROR, message, table.sheet)


def _previous(tx: Tx, process: Process, but: str) -> Previous | None:
    found = batches.previous(tx, process.id, but)
    if found is None or process.upload is None:
        return None
    person = process.upload.person
    people = frozenset(row.values.get(person, "") for row in batches.rows(tx, found.id))
    return Previous(found.id, found.rows, found.total, people)


def _same_content(tx: Tx, process: Process, found: Checked) -> Batch | None:
    """The live batch with this very content, submitted ones first."""
    digest = batches.content_hash(found.rows)
    same = [one for one in batches.all(tx) if one.process == process.id and one.content_hash == digest]
    live = [one for one in same if one.state not in _GONE]
    return next((one for one in live if one.state not in _OPEN), live[-1] if live else None)


def _refuse_if_submitted(same: Batch) -> None:
    if same.state not in _OPEN:
        raise Refused(
            say(
                "Filens indhold er allerede i batch {batch}, som er {state}. Brug den, eller ret filen.",
                batch=same.id,
                state=words(same.state),
            )
        )


def _new_rows(process: Process, batch_id: str, found: Checked) -> list[BatchRow]:
    wrong = {one.row for one in found.findings if one.severity is Severity.ERROR}
    return [
        BatchRow(
            batch=batch_id,
            row=number,
            reference=handing_over.reference(process.id, batch_id, number),
            values=values,
            state=RowState.DRAFT if number in wrong else RowState.CHECKED,
            message="",
            tries=0,
            robot="",
            external_id="",
            evidence="",
            queued_at=None,
            finished_at=None,
        )
        for number, values in found.rows
    ]


def _checked_file(batch: Batch, found: Checked, table: Table) -> CheckedFile:
    return CheckedFile(batch, found.ok, found.warnings, found.errors, found.findings, found.totals, table)


def _shape(table: Table) -> str:
    """Where the file had what, so that a later check points at the same cells."""
    cover = {name: kinds.text_of(cell) for name, cell in table.cover.items()}
    shape = {"sheet": table.sheet, "letters": dict(table.letters), "headers": dict(table.headers), "cover": cover}
    return json.dumps({**shape, "header_row": table.header_row}, ensure_ascii=False)


def _table_of(tx: Tx, batch: Batch, upload: Upload, rows: Sequence[BatchRow]) -> Table:
    """The batch's rows in stored form, as a reader would hand them over."""
    shape = json.loads(facts.get(tx, f"batch:{batch.id}:file") or "{}")
    columns = upload.columns
    return Table(
        file_name=batch.file_name,
        sheet=shape.get("sheet", ""),
        header_row=shape.get("header_row", 1),
        columns={column.id: index for index, column in enumerate(columns)},
        letters=shape.get("letters", {}),
        headers=shape.get("headers", {}),
        numbers=[row.row for row in rows],
        rows=[[kinds.edit(row.values.get(one.id, ""), one.kind) or None for one in columns] for row in rows],
        cover=shape.get("cover", {}),
    )


def _store_mended(desk: Desk, tx: Tx, batch_id: str, row: int, mended: Sequence[BatchRow], found: Checked) -> None:
    """The mended row, and every other row that is not sent and of which something else is found now."""
    before, after = _by_row(batches.findings(tx, batch_id)), _by_row(found.findings)
    still_here = {RowState.DRAFT, RowState.CHECKED, RowState.APPROVED}
    for one in mended:
        changed = one.state in still_here and before.get(one.row) != after.get(one.row)
        if one.row == row or changed:
            batches.repair(
                tx,
                batch_id,
                one.row,
                one.values,
                after.get(one.row, []),
                total=found.totals.amount,
                at=desk.clock(),
            )
    if all(one.queued_at is None for one in mended):
        # The cover sheet speaks of the file as it was sent: it is not held against rows mended after a run.
        batches.replace_file_findings(tx, batch_id, after.get(0, []))
    menders = set(json.loads(facts.get(tx, _menders(batch_id)) or "[]"))
    facts.put(tx, _menders(batch_id), json.dumps(sorted({*menders, desk.user})))


def _menders(batch_id: str) -> str:
    return f"batch:{batch_id}:mended_by"


def _by_row(several: Iterable[Finding]) -> dict[int, list[Finding]]:
    by_row: dict[int, list[Finding]] = {}
    for one in several:
        by_row.setdefault(one.row, []).append(one)
    return by_row


def _typed(upload: Upload, texts: Mapping[str, str], register: StoredRegister) -> dict[str, str]:
    """What the user typed, in stored form; `Refused` with the reader's own words where it cannot be read."""
    columns = {column.id: column for column in upload.columns}
    stored: dict[str, str] = {}
    for name, text in texts.items():
        column = columns.get(name)
        if column is None:
            raise Refused(say("Der er ingen kolonne {column}.", column=name))
        reading = kinds.column_reader(column, options_of(column, register.setting), register.today())(text)
        wrong = [fault for fault in reading.faults if fault.severity is Severity.ERROR]
        if wrong:
            raise Refused(wrong[0].message)
        stored[name] = reading.value
    return stored


def _demand_mendable(batch: Batch, row: BatchRow) -> None:
    before_sending = (*_OPEN, BatchState.SUBMITTED, BatchState.APPROVED, BatchState.REJECTED)
    if batch.state in before_sending:
        return
    if batch.state is not BatchState.FINISHED or row.state not in {RowState.REFUSED, RowState.FAILED}:
        raise Refused(
            say(
                "Række {row} kan ikke rettes nu: kun afviste og fejlede rækker i en afsluttet kørsel kan.",
                row=row.row,
            )
        )


def _demand_role(desk: Desk, allowed: frozenset[str], sentence: str) -> None:
    if desk.role not in allowed:
        raise Refused(sentence)


def _errors_stand(errors: Sequence[Finding]) -> str:
    lines = [say("Filen har {count} fejl, som skal rettes først:", count=len(errors))]
    for one in errors[:_LISTED]:
        place = say("Række {row}", row=one.row) if one.row else say("Filen")
        column = f", {one.column}" if one.column else ""
        lines.append(f"{place}{column}: {one.message}")
    if len(errors) > _LISTED:
        lines.append(say("… og {count} til.", count=len(errors) - _LISTED))
    return "\n".join(lines)


def _amount(row: BatchRow, upload: Upload) -> Decimal:
    column = next((one for one in upload.columns if one.id == upload.amount and one.kind is Kind.AMOUNT), None)
    text = row.values.get(column.id, "") if column else ""
    try:
        return Decimal(text) if text else Decimal(0)
    except InvalidOperation:
        return Decimal(0)  # a cell that could not be read stands as it was typed; its finding tells


def _audit(desk: Desk, tx: Tx, act: str, batch_id: str, detail: str, *, before: str = "", after: str = "") -> None:
    audit.append(
        tx, user=desk.user, role=desk.role, act=act, case=batch_id, detail=detail, before=before, after=after
    )
