"""Checks an upload or a case form by its declaration: every error at its own cell, none invented.

Uploads are read column by column, each distinct value once, so that a clean file costs little more than looking
each value up; only rows with something wrong in them are looked at one by one.

Row checks meet every row. A row with an unreadable cell meets only the checks that do not ask for that cell, so
that one typing error brings no others with it. Counts are rows: `ok + warnings + errors == rows`.
"""

import gc
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from operator import itemgetter

from kkassist.domain.batch import Finding, Severity, Totals
from kkassist.domain.cpr import parse_cpr, without_cpr
from kkassist.domain.errors import Unreadable
from kkassist.domain.language import say
from kkassist.processes import kinds
from kkassist.processes.cells import CellValue, Odd, Table
from kkassist.processes.letters import render_letter
from kkassist.processes.words import (
    CaseCheck,
    CaseFacts,
    Column,
    FileCheck,
    Kind,
    Option,
    Process,
    Register,
    RowCheck,
    Told,
    Upload,
)

__all__ = [
    "CaseFinding",
    "Checked",
    "Previous",
    "check",
    "check_case",
    "content_hash",
    "options_of",
    "render_letter",
]

Values = dict[str, str]
_BIGGEST = 10
_ANSWERED_BY_OPUS = frozenset({"V-FX-03", "V-FX-04"})


@dataclass(frozen=True, slots=True)
class Previous:
    """The last batch of the same process that was sent."""

    batch: str
    rows: int
    amount: Decimal
    people: frozenset[str]
    """Its tjenestenumre."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A file, checked. `rows` holds all of them in stored form; an unreadable cell keeps its text."""

    findings: tuple[Finding, ...]
    """By row, then column; those of the whole file (row 0) first."""
    rows: tuple[tuple[int, Values], ...]
    ok: int
    """Rows without error and warning."""
    warnings: int
    """Rows with warnings but no error."""
    errors: int
    """Rows with an error."""
    totals: Totals
    content_hash: str

    @property
    def blocked(self) -> bool:
        """Whether any error, of a row or of the whole file, stops the batch."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True)
class CaseFinding:
    """One thing found in a case form, at its field."""

    field: str
    rule: str
    severity: Severity
    message: str
    source: str
    """Law, agreement or system the rule comes from; "" for our own."""


class _UnreadableCell(Exception):
    """A check asked for a cell that could not be read: it has nothing to say about this row."""


class _Row(dict[str, str]):
    """The readable values of a row that has unreadable ones."""

    def __missing__(self, column: str) -> str:
        raise _UnreadableCell(column)


@dataclass(slots=True)
class _Read:
    """The whole table in stored form, with what was found while reading it."""

    rows: list[tuple[int, Values]]
    """All rows whole."""
    checkable: list[tuple[int, Values]]
    """The same; rows with unreadable cells as `_Row` without them."""
    findings: list[Finding]


def check(process: Process, table: Table, register: Register, previous: Previous | None = None) -> Checked:
    """Everything there is to say about an upload before a person decides. `process` must have an upload."""
    assert process.upload is not None
    with _no_collecting():
        return _check(process.upload, table, register, previous)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Reading makes a dict for each row and no cycles: looking for some again and again costs a third more time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _check(upload: Upload, table: Table, register: Register, previous: Previous | None) -> Checked:
    read = _read_table(upload, table, register)
    place = _Places(upload, table)
    findings = [*table.findings, *read.findings]
    if not read.rows:
        findings.append(place.finding(0, "", "", _no_rows()))
    for row_check in upload.row_checks:
        findings.extend(_checked_rows(row_check, read.checkable, register, place))
    cover = _read_cover(upload, table, register, findings, place)
    for file_check in upload.file_checks:
        findings.extend(_checked_file(file_check, read, cover, register, place))
    findings.sort(key=lambda one: (one.row, place.order(one.column)))
    worst = _worst_by_row(findings)
    errors = sum(worst.get(number) is Severity.ERROR for number, _ in read.rows)
    warnings = sum(worst.get(number) is Severity.WARNING for number, _ in read.rows)
    return Checked(
        findings=tuple(findings),
        rows=tuple(read.rows),
        ok=len(read.rows) - errors - warnings,
        warnings=warnings,
        errors=errors,
        totals=_totals(upload, read.checkable, register, previous),
        content_hash=content_hash(read.rows, upload),
    )


def content_hash(rows: Iterable[tuple[int, Mapping[str, str]]], upload: Upload) -> str:
    """SHA-256 over each row's number and values in the declaration's column order. Approval binds to it."""
    ids = [column.id for column in upload.columns]
    digest = hashlib.sha256()
    for number, values in rows:
        parts = "\x1f".join([values.get(one, "") for one in ids])
        digest.update(f"{number}\x1f{parts}\x1e".encode())
    return digest.hexdigest()


def options_of(what: object, setting: Callable[[str], Mapping[str, Mapping[str, str]]]) -> tuple[Option, ...]:
    """The options of a column or field: its own, or the rows of its settings table (column "navn" as label)."""
    own: tuple[Option, ...] = getattr(what, "options", ())
    name: str = getattr(what, "options_from", "")
    if own or not name:
        return own
    return tuple(Option(key, columns.get("navn", key)) for key, columns in setting(name).items())


def check_case(process: Process, facts: CaseFacts) -> tuple[CaseFinding, ...]:
    """What stands in the way of the case, field by field in the form's order. An error blocks sending."""
    found = [*_faults_of_fields(process, facts)]
    unreadable = {one.field for one in found if one.severity is Severity.ERROR and one.rule != "K-01"}
    for one in process.case_checks:
        if one.field not in unreadable and (told := _ask_case(one, facts, unreadable)) is not None:
            message = say(one.text, **told.values) if told.values else say(one.text)
            found.append(CaseFinding(told.at or one.field, one.rule, one.severity, message, one.source))
    order = {field.id: index for index, field in enumerate(process.fields)}
    return tuple(sorted(found, key=lambda one: order.get(one.field, len(order))))


def _ask_case(one: CaseCheck, facts: CaseFacts, unreadable: set[str]) -> Told | None:
    """The check's answer; None when it asks for a field whose text cannot be read (that is told already)."""
    if not unreadable:
        return one.test(facts)
    values = _Row({field: value for field, value in facts.values.items() if field not in unreadable})
    shown = CaseFacts(values, facts.employment, facts.employments, facts.today, facts.settings)
    try:
        return one.test(shown)
    except _UnreadableCell:
        return None


def _faults_of_fields(process: Process, facts: CaseFacts) -> Iterable[CaseFinding]:
    for field in process.fields:
        value = facts.values.get(field.id, "")
        if field.required and not value:
            message = say("{label} mangler. Udfyld feltet.", label=field.label)
            yield CaseFinding(field.id, "K-01", Severity.ERROR, message, "")
        options = options_of(field, lambda name: facts.settings.get(name, {}))
        for fault in kinds.stored_faults(value, field.kind, options, facts.today):
            if fault.rule in _ANSWERED_BY_OPUS and any(one.cpr == value for one in facts.employments):
                continue
            yield CaseFinding(field.id, fault.rule, fault.severity, fault.message, "")


class _Places:
    """Where findings point: the template's headers, Excel's letters, the file's sheet."""

    def __init__(self, upload: Upload, table: Table) -> None:
        self._headers = {column.id: column.header for column in (*upload.columns, *upload.cover)}
        self._cpr_columns = {column.id for column in upload.columns if column.kind is Kind.CPR}
        self._table = table
        self._order = {column.header: index for index, column in enumerate(upload.columns, start=1)}
        self._rows = dict(zip(table.numbers, range(len(table.numbers)), strict=True))

    def order(self, header: str) -> int:
        return self._order.get(header, 0)

    def finding(self, row: int, column: str, value: str, fault: kinds.Fault) -> Finding:
        letter = self._table.letters.get(column, "") if row else ""
        return Finding(
            row=row,
            column=self._headers.get(column, ""),
            cell=f"{letter}{row}" if letter else "",
            value=_masked(value) if column in self._cpr_columns else value,
            rule=fault.rule,
            severity=fault.severity,
            message=fault.message,
            sheet=self._table.sheet,
        )

    def raw(self, row: int, column: str) -> str:
        """The cell's text as it stands in the file; "" for columns the file lacks."""
        at, index = self._table.columns.get(column), self._rows.get(row)
        if at is None or index is None:
            return ""
        cells = self._table.rows[index]
        return kinds.text_of(cells[at]) if at < len(cells) else ""


def _masked(text: str) -> str:
    """A CPR number that could be read is shown masked; what could not be read must be seen to be mended."""
    try:
        return parse_cpr(text.zfill(10) if len(text) == 9 else text).masked()
    except Unreadable:
        return text


def _read_table(upload: Upload, table: Table, register: Register) -> _Read:
    place = _Places(upload, table)
    columns = [column for column in upload.columns if column.id in table.columns]
    findings: list[Finding] = []
    unreadable: dict[int, set[str]] = {}
    texts: list[list[str]] = []
    for column in columns:
        values, faults = _read_column(column, table, register)
        texts.append(values)
        for index, fault in faults:
            number = table.numbers[index]
            raw = kinds.text_of(_cell(table.rows[index], table.columns[column.id]))
            findings.append(place.finding(number, column.id, raw, fault))
            if fault.severity is Severity.ERROR:
                unreadable.setdefault(index, set()).add(column.id)
    ids = [column.id for column in columns]
    absent = {column.id: "" for column in upload.columns if column.id not in table.columns}
    by_row = zip(*texts, strict=True) if texts else (() for _ in table.numbers)
    rows: list[tuple[int, Values]] = [
        (number, absent | dict(zip(ids, cells, strict=True)))
        for number, cells in zip(table.numbers, by_row, strict=True)
    ]
    checkable = list(rows)
    for index, without in unreadable.items():
        number, row = rows[index]
        checkable[index] = (number, _Row({one: text for one, text in row.items() if one not in without}))
    return _Read(rows, checkable, findings)


def _read_column(
    column: Column, table: Table, register: Register
) -> tuple[list[str], list[tuple[int, kinds.Fault]]]:
    """The column's values in stored form, and (index of the row, fault) for each that has one."""
    at = table.columns[column.id]
    cells = [_cell(row, at) for row in table.rows]
    read = kinds.column_reader(column, options_of(column, register.setting), register.today())
    # True == 1 == 1.0 as keys; the types tell them apart where a column has booleans at all.
    keys: Sequence[object] = [(type(cell), cell) for cell in cells] if bool in set(map(type, cells)) else cells
    stored: dict[object, str] = {}
    faulty: dict[object, tuple[kinds.Fault, ...]] = {}
    for key, cell in dict(zip(keys, cells, strict=True)).items():
        reading = read(cell)
        stored[key] = reading.value
        if reading.faults and (kept := _kept(reading, column.kind, register)):
            faulty[key] = kept
    values = [stored[key] for key in keys]
    if not faulty and not table.odd:
        return values, []
    faults = [(index, fault) for index, key in enumerate(keys) if key in faulty for fault in faulty[key]]
    odd = _odd_cells(column, table)
    if odd:
        faults = [one for one in faults if one[0] not in odd] + list(odd.items())
    return values, faults


def _no_rows() -> kinds.Fault:
    return kinds.Fault("K-12", Severity.ERROR, say("Filen har ingen rækker. Udfyld den."))


def _cell(row: Sequence[CellValue], at: int) -> CellValue:
    return row[at] if at < len(row) else None


def _kept(reading: kinds.Reading, kind: Kind, register: Register) -> tuple[kinds.Fault, ...]:
    """The faults left when OPUS has been asked: a number that OPUS knows needs no look there."""
    if kind is not Kind.CPR or not any(fault.rule in _ANSWERED_BY_OPUS for fault in reading.faults):
        return reading.faults
    if not register.employments_of(reading.value):
        return reading.faults
    return tuple(fault for fault in reading.faults if fault.rule not in _ANSWERED_BY_OPUS)


def _odd_cells(column: Column, table: Table) -> dict[int, kinds.Fault]:
    rows = {number: index for index, number in enumerate(table.numbers)} if table.odd else {}
    return {
        rows[number]: _odd_fault(odd)
        for (number, name), odd in table.odd.items()
        if name == column.id and number in rows
    }


def _odd_fault(odd: Odd) -> kinds.Fault:
    if odd is Odd.ERROR:
        return kinds.Fault("K-02", Severity.ERROR, kinds.excel_error_text())
    if odd is Odd.TOO_LONG_NUMBER:
        return kinds.Fault("K-04", Severity.ERROR, kinds.too_long_text())
    message = say("Formlen i cellen har ingen gemt værdi. Åbn filen i Excel, gem den, eller skriv værdien selv.")
    return kinds.Fault("K-03", Severity.ERROR, message)


def _checked_rows(
    one: RowCheck, rows: Sequence[tuple[int, Values]], register: Register, place: _Places
) -> list[Finding]:
    answers = _answers_by_values(one, rows, register) if one.reads else _answers_by_row(one, rows, register)
    return [_told_finding(one, number, told, place) for number, told in answers]


def _answers_by_row(
    one: RowCheck, rows: Sequence[tuple[int, Values]], register: Register
) -> Iterable[tuple[int, Told]]:
    test = one.test
    for number, values in rows:
        try:
            told = test(values, register)
        except _UnreadableCell:
            continue
        if told is not None:
            yield number, told


def _answers_by_values(
    one: RowCheck, rows: Sequence[tuple[int, Values]], register: Register
) -> Iterable[tuple[int, Told]]:
    pick = itemgetter(*one.reads)
    answers: dict[object, Told | None] = {}
    for number, values in rows:
        try:
            key = pick(values)
            if key not in answers:
                answers[key] = one.test(values, register)
        except _UnreadableCell:
            continue
        told = answers[key]
        if told is not None:
            yield number, told


def _checked_file(
    one: FileCheck, read: _Read, cover: Mapping[str, str], register: Register, place: _Places
) -> list[Finding]:
    try:
        return [
            _told_finding(one, number, told, place) for number, told in one.test(read.checkable, cover, register)
        ]
    except _UnreadableCell:
        return []


def _told_finding(one: RowCheck | FileCheck, number: int, told: Told, place: _Places) -> Finding:
    column = told.at or one.column
    message = say(one.text, **told.values) if told.values else say(one.text)
    return place.finding(number, column, place.raw(number, column), kinds.Fault(one.rule, one.severity, message))


def _read_cover(
    upload: Upload, table: Table, register: Register, findings: list[Finding], place: _Places
) -> dict[str, str]:
    values = {}
    for column in upload.cover:
        if column.id not in table.cover:
            continue
        reading = kinds.column_reader(column, options_of(column, register.setting))(table.cover[column.id])
        values[column.id] = reading.value if reading.readable else ""
        for fault in reading.faults:
            message = say("Forsiden, {label}: {message}", label=column.header, message=fault.message)
            raw = without_cpr(kinds.text_of(table.cover[column.id]))
            findings.append(place.finding(0, column.id, raw, replace(fault, message=message)))
    return values


def _worst_by_row(findings: Iterable[Finding]) -> dict[int, Severity]:
    worst: dict[int, Severity] = {}
    for one in findings:
        if one.severity is Severity.ERROR or (
            one.severity is Severity.WARNING and worst.get(one.row) is not Severity.ERROR
        ):
            worst[one.row] = one.severity
    return worst


def _totals(
    upload: Upload, rows: Sequence[tuple[int, Values]], register: Register, previous: Previous | None
) -> Totals:
    amounts = [(number, values, _amount(upload, values)) for number, values in rows]
    groups: dict[str, list[Decimal]] = {}
    for _, values, amount in amounts:
        groups.setdefault(_group(upload, values, register), []).append(amount)
    by_group = sorted(
        ((group, len(sums), sum(sums, Decimal(0))) for group, sums in groups.items()),
        key=lambda one: (-one[2], one[0]),
    )
    biggest = sorted(amounts, key=lambda one: (-one[2], one[0]))[:_BIGGEST] if upload.amount else []
    people = {values.get(upload.person, "") for _, values in rows}
    before = previous.people if previous else people
    return Totals(
        rows=len(rows),
        amount=sum((amount for _, _, amount in amounts), Decimal(0)),
        by_group=tuple(by_group) if upload.group_by else (),
        biggest=tuple((number, _name(upload, values, register), amount) for number, values, amount in biggest),
        previous=(previous.batch, previous.rows, previous.amount) if previous else None,
        new_people=sum(values.get(upload.person, "") not in before for _, values in rows),
        missing_people=len(before - people),
    )


def _amount(upload: Upload, values: Mapping[str, str]) -> Decimal:
    text = values.get(upload.amount, "") if upload.amount else ""
    return Decimal(text) if text else Decimal(0)


def _group(upload: Upload, values: Mapping[str, str], register: Register) -> str:
    """The row's own group, or the cost center OPUS has for the employment."""
    if given := values.get(upload.group_by, ""):
        return given
    employment = register.employment(values.get(upload.person, ""))
    return employment.cost_center if employment else ""


def _name(upload: Upload, values: Mapping[str, str], register: Register) -> str:
    employment = register.employment(values.get(upload.person, ""))
    return employment.name if employment else values.get(upload.name, "")
