"""The receipt of a run: which batch, approved by whom, sent when, and what became of every single row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from kkassist.domain.batch import Batch, BatchRow, RowState
from kkassist.domain.cpr import masked, without_cpr
from kkassist.domain.language import say
from kkassist.processes.words import Column, Kind, Process
from kkassist.sheets.dressing import Book, local, practice_words
from kkassist.sheets.whole import written_whole

_ROWS = "Rækker"
_HEADER_ROW = 3
"""0-based; the rows follow."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt tells. `rows` are all rows of the batch, whatever became of them; instants are UTC."""

    process: Process
    batch: Batch
    rows: Sequence[BatchRow]
    started_by: str
    started_at: datetime | None
    finished_at: datetime | None
    written_by: str
    written_at: datetime
    orchestrator: str = ""
    """Where the robot runs, e.g. the name of the folder; no URL with secrets."""
    practice: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    state: str
    rows: int
    amount: Decimal


def write_receipt(path: Path, receipt: Receipt) -> None:
    """Write `receipt` to `path` (.xlsx): the sheets "Kvittering" and "Rækker".

    CPR numbers are masked, also inside the robot's own words. Raises `ValueError` when the rows are not the
    batch's, `Refused` or `DiskFull` when the file cannot be written.
    """
    if len(receipt.rows) != receipt.batch.rows:
        raise ValueError("a receipt needs every row of its batch")
    with written_whole(path) as beside:
        book = Book(str(beside), practice=receipt.practice)
        facts = book.sheet("Kvittering")
        rows = book.sheet(_ROWS)
        columns = _write_rows(book, rows, receipt)
        _write_facts(book, facts, receipt, columns)
        book.book.set_properties({"title": say("Kvittering"), "subject": receipt.batch.id})
        book.book.close()


def state_words(state: RowState) -> str:
    """A row's state as a user reads it."""
    return {
        RowState.DRAFT: say("kladde"),
        RowState.CHECKED: say("kontrolleret"),
        RowState.APPROVED: say("godkendt, ikke sendt"),
        RowState.QUEUED: say("i kø"),
        RowState.RUNNING: say("i gang"),
        RowState.DONE: say("udført"),
        RowState.REFUSED: say("afvist"),
        RowState.FAILED: say("fejlet"),
        RowState.UNKNOWN: say("ukendt"),
        RowState.CANCELLED: say("annulleret"),
    }[state]


def _lines(receipt: Receipt) -> list[_Line]:
    lines = []
    for state in RowState:
        rows = [row for row in receipt.rows if row.state is state]
        if rows:
            amount = sum((_amount(row, receipt.process) for row in rows), Decimal(0))
            lines.append(_Line(state_words(state), len(rows), amount))
    return lines


def _amount(row: BatchRow, process: Process) -> Decimal:
    upload = process.upload
    text = row.values.get(upload.amount, "") if upload and upload.amount else ""
    try:
        return Decimal(text) if text else Decimal(0)
    except InvalidOperation:
        return Decimal(0)


def _write_facts(book: Book, sheet: Worksheet, receipt: Receipt, columns: Mapping[str, int]) -> None:
    batch = receipt.batch
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 18)
    sheet.set_column(2, 2, 48)
    row = book.top(sheet, say("Kvittering: {process}", process=receipt.process.title))
    facts: list[tuple[str, str | int | Decimal | datetime | None]] = [
        (say("Indberetning"), batch.id),
        (say("Fil"), batch.file_name),
        (say("Kontrolsum af indholdet (SHA-256)"), batch.content_hash),
        (say("Rækker"), batch.rows),
        (say("Beløb i alt (kr.)"), batch.total),
        (say("Oprettet af"), batch.made_by),
        (say("Oprettet"), batch.made_at),
        (say("Sendt til godkendelse"), batch.submitted_at),
        (say("Godkendt af"), batch.decided_by),
        (say("Godkendt"), batch.decided_at),
        (say("Godkendt indhold (SHA-256)"), batch.decided_hash),
        (say("Kørsel startet af"), receipt.started_by),
        (say("Kørsel startet"), receipt.started_at),
        (say("Kørsel slut"), receipt.finished_at),
        (say("Robotplatform"), receipt.orchestrator),
        (say("Kvittering skrevet af"), receipt.written_by),
        (say("Kvittering skrevet"), receipt.written_at),
    ]
    for label, value in facts:
        sheet.write_string(row, 0, label, book.look("label"))
        _fact(book, sheet, row, value)
        row += 1
    row = _write_sums(book, sheet, row + 1, receipt, columns)
    sheet.merge_range(row, 0, row, 2, _statement(receipt), book.look("value"))
    sheet.set_row(row, 64)
    sheet.fit_to_pages(1, 1)


def _fact(book: Book, sheet: Worksheet, row: int, value: str | int | Decimal | datetime | None) -> None:
    if isinstance(value, datetime):
        sheet.write_datetime(row, 1, local(value), book.look("instant"))
    elif isinstance(value, Decimal):
        sheet.write_number(row, 1, float(value), book.look("amount_left"))
    elif isinstance(value, int):
        sheet.write_number(row, 1, value, book.look("count_left"))
    else:
        sheet.write_string(row, 1, value or "–")


def _write_sums(book: Book, sheet: Worksheet, row: int, receipt: Receipt, columns: Mapping[str, int]) -> int:
    """Rows and kroner by state, counted by Excel itself in the sheet of rows; returns the next free row."""
    for at, head in enumerate((say("Hvad der skete"), say("Rækker"), say("Beløb (kr.)"))):
        sheet.write_string(row, at, head, book.look("header"))
    lines = _lines(receipt)
    states = _range(columns["state"], len(receipt.rows))
    amounts = _range(columns["amount"], len(receipt.rows)) if "amount" in columns else ""
    first = row + 1
    for number, line in enumerate(lines, first):
        sheet.write_string(number, 0, line.state)
        criterion = f"$A${number + 1}"
        sheet.write_formula(number, 1, f"=COUNTIF({states},{criterion})", book.look("count"), line.rows)
        if amounts:
            sheet.write_formula(
                number, 2, f"=SUMIF({states},{criterion},{amounts})", book.look("amount"), float(line.amount)
            )
    last = first + len(lines)
    sheet.write_string(last, 0, say("I alt"), book.look("total_label"))
    total_rows, total = sum(line.rows for line in lines), sum((line.amount for line in lines), Decimal(0))
    sheet.write_formula(last, 1, f"=SUM(B{first + 1}:B{last})", book.look("total"), total_rows)
    if amounts:
        sheet.write_formula(last, 2, f"=SUM(C{first + 1}:C{last})", book.look("total_amount"), float(total))
    return last + 2


def _range(column: int, rows: int) -> str:
    name = xl_col_to_name(column, col_abs=True)
    return f"'{_ROWS}'!{name}${_HEADER_ROW + 2}:{name}${_HEADER_ROW + 1 + max(rows, 1)}"


def _statement(receipt: Receipt) -> str:
    batch = receipt.batch
    if not batch.decided_hash:
        approval = say("Indberetningen er ikke godkendt.")
    elif batch.decided_hash == batch.content_hash:
        approval = say("{name} godkendte netop dette indhold.", name=batch.decided_by)
    else:
        approval = say("Indholdet er ikke det, der blev godkendt. Spørg den, der sendte det.")
    open_rows = sum(1 for row in receipt.rows if row.state is RowState.UNKNOWN)
    unknown = say("{count} rækker har et ukendt udfald og skal slås op.", count=open_rows) if open_rows else ""
    every = say("Alle {count} rækker i indberetningen står på arket Rækker.", count=len(receipt.rows))
    hidden = say("CPR-numre er skjult. Tider er dansk tid.")
    return " ".join(part for part in (approval, every, unknown, hidden) if part)


def _write_rows(book: Book, sheet: Worksheet, receipt: Receipt) -> dict[str, int]:
    """Returns where the columns "state" and "amount" stand."""
    upload = receipt.process.upload
    columns: Sequence[Column] = upload.columns if upload else ()
    heads = [
        (say("Række"), 8), (say("Udfald"), 20), (say("Robottens svar"), 44), (say("Kvittering fra systemet"), 24),
        (say("Reference"), 30), (say("Forsøg"), 9), (say("Robot"), 16), (say("Sendt"), 20), (say("Færdig"), 20),
    ]  # fmt: skip
    heads += [(column.header, 24 if column.kind is Kind.TEXT else 15) for column in columns]
    sheet.write_string(0, 0, say("Rækker i indberetning {batch}", batch=receipt.batch.id), book.look("title"))
    if receipt.practice:
        sheet.write_string(1, 0, practice_words(), book.look("practice"))
    for at, (head, width) in enumerate(heads):
        sheet.set_column(at, at, width)
        sheet.write_string(_HEADER_ROW, at, head, book.look("header"))
    for number, row in enumerate(receipt.rows, _HEADER_ROW + 1):
        _write_row(book, sheet, number, row, columns)
    sheet.autofilter(_HEADER_ROW, 0, _HEADER_ROW + max(1, len(receipt.rows)), len(heads) - 1)
    sheet.freeze_panes(_HEADER_ROW + 1, 2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADER_ROW)
    ids = [column.id for column in columns]
    has_amount = upload is not None and upload.amount in ids
    return {"state": 1} | ({"amount": 9 + ids.index(upload.amount)} if upload and has_amount else {})


def _write_row(book: Book, sheet: Worksheet, at: int, row: BatchRow, columns: Sequence[Column]) -> None:
    cprs = [row.values.get(column.id, "") for column in columns if column.kind is Kind.CPR]
    sheet.write_number(at, 0, row.row)
    sheet.write_string(at, 1, state_words(row.state))
    sheet.write_string(at, 2, _without_cpr(row.message, cprs))
    sheet.write_string(at, 3, _without_cpr(row.evidence, cprs))
    sheet.write_string(at, 4, row.reference)
    sheet.write_number(at, 5, row.tries)
    sheet.write_string(at, 6, row.robot)
    for place, instant in ((7, row.queued_at), (8, row.finished_at)):
        if instant is not None:
            sheet.write_datetime(at, place, local(instant), book.look("instant"))
    for place, column in enumerate(columns, 9):
        text = row.values.get(column.id, "")
        if column.kind is Kind.CPR:
            sheet.write_string(at, place, masked(text))
        elif text:
            free = column.kind in (Kind.TEXT, Kind.LONG_TEXT)
            _write_value(book, sheet, (at, place), column.kind, _without_cpr(text, cprs) if free else text)


def _write_value(book: Book, sheet: Worksheet, place: tuple[int, int], kind: Kind, text: str) -> None:
    """Stored values as Excel's own types; a text that is none stays a text."""
    try:
        if kind in (Kind.AMOUNT, Kind.HOURS, Kind.NUMBER):
            sheet.write_number(
                *place, float(Decimal(text)), book.look("amount" if kind is Kind.AMOUNT else "number")
            )
            return
        if kind is Kind.DATE:
            day = datetime.combine(date.fromisoformat(text), time.min)
            sheet.write_datetime(*place, day, book.look("date"))
            return
    except (InvalidOperation, ValueError):
        pass
    sheet.write_string(*place, text)


def _without_cpr(text: str, cprs: Sequence[str]) -> str:
    """The row's own number masked, as the other columns show it; anybody else's taken out."""
    for cpr in cprs:
        if len(cpr) == 10:
            for written in (cpr, f"{cpr[:6]}-{cpr[6:]}", f"{cpr[:6]} {cpr[6:]}"):
                text = text.replace(written, masked(cpr))
    return without_cpr(text)
