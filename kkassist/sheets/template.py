"""The Excel template of a process, made from its declaration: what it produces, `read_upload` reads as it is."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from xlsxwriter.utility import xl_range_abs
from xlsxwriter.worksheet import Worksheet

from kkassist.domain.batch import Severity
from kkassist.domain.language import say
from kkassist.processes.words import Column, FileCheck, Kind, Option, Process, RowCheck, Upload
from kkassist.sheets.dressing import Book, practice_words
from kkassist.sheets.headers import COVER_SHEET, GUIDE_SHEET, LISTS_SHEET
from kkassist.sheets.whole import written_whole

ROWS_PREPARED = 5_000
_FIRST_DAY, _LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)
_LARGEST = 1_000_000_000

_LOOK_OF = {
    Kind.AMOUNT: "amount",
    Kind.HOURS: "number",
    Kind.NUMBER: "number",
    Kind.DATE: "date",
}
"""Everything else is text: a CPR, an account or a month must not lose a zero or become a date."""
_WIDTH_OF = {Kind.LONG_TEXT: 40, Kind.TEXT: 24, Kind.CHOICE: 16, Kind.UNIT: 24}


def write_template(
    process: Process,
    path: Path,
    register_options: Mapping[str, Sequence[Option]],
    *,
    practice: bool = False,
) -> None:
    """Write the template of `process` to `path` (.xlsx).

    `register_options` gives the entries of columns whose `options_from` names a table, by that name. Raises
    `ValueError` for a process without an upload, `Refused` or `DiskFull` when the file cannot be written.
    """
    upload = process.upload
    if upload is None:
        raise ValueError(process.id)
    options = {column.id: _options(column, register_options) for column in upload.columns}
    with written_whole(path) as beside:
        book = Book(str(beside), practice=practice)
        _cover(book, process, upload)
        data = book.sheet("Data")
        guide = book.sheet(GUIDE_SHEET)
        _data(book, data, upload, _lists(book, upload.columns, options))
        _guide(book, guide, process, options)
        book.book.set_properties(
            {"title": process.title, "subject": process.id, "comments": template_version(process), "company": ""}
        )
        book.book.set_custom_property("kkassist.process", process.id)
        book.book.set_custom_property("kkassist.template_version", template_version(process))
        book.book.close()


def template_version(process: Process) -> str:
    """Twelve signs that change when the template's columns do."""
    columns = (*process.upload.columns, *process.upload.cover) if process.upload else ()
    described = [(c.id, c.header, c.kind.value, c.required, [o.value for o in c.options]) for c in columns]
    return hashlib.sha256(repr(described).encode()).hexdigest()[:12]


def _options(column: Column, register_options: Mapping[str, Sequence[Option]]) -> Sequence[Option]:
    if column.options:
        return column.options
    if column.kind is Kind.YES_NO:
        return (Option("J", say("Ja")), Option("N", say("Nej")))
    return register_options.get(column.options_from, ()) if column.options_from else ()


def _marked(column: Column) -> str:
    return f"{column.header} *" if column.required else column.header


def _cover(book: Book, process: Process, upload: Upload) -> None:
    sheet = book.sheet(COVER_SHEET)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 44)
    sheet.set_column(2, 2, 50)
    row = book.top(sheet, process.title)
    sheet.merge_range(row - 1, 0, row - 1, 2, process.description, book.look("quiet"))
    sheet.set_row(row - 1, 48)
    for column in upload.cover:
        row += 1
        sheet.write_string(row, 0, _marked(column), book.look("label"))
        look = (
            "amount_field"
            if column.kind is Kind.AMOUNT
            else "field"
            if column.kind is Kind.NUMBER
            else "text_field"
        )
        sheet.write_blank(row, 1, None, book.look(look))
        if column.note:
            sheet.write_string(row, 2, column.note, book.look("quiet"))
    row += 2
    sheet.write_string(
        row, 0, say("Felter med * skal udfyldes. Rækkerne skrives på arket Data."), book.look("label")
    )
    sheet.fit_to_pages(1, 0)


def _lists(book: Book, columns: Sequence[Column], options: Mapping[str, Sequence[Option]]) -> dict[str, str]:
    """Column id → the range on the hidden sheet of lists that holds its values."""
    ranges: dict[str, str] = {}
    with_options = [column for column in columns if options[column.id]]
    if not with_options:
        return ranges
    sheet = book.sheet(LISTS_SHEET)
    sheet.hide()
    for at, column in enumerate(with_options):
        for row, option in enumerate(options[column.id]):
            sheet.write_string(row, at, option.value, book.look("text"))
        if book.practice:
            sheet.write_string(0, len(with_options) + 1, practice_words(), book.look("practice"))
        ranges[column.id] = f"={LISTS_SHEET}!{xl_range_abs(0, at, len(options[column.id]) - 1, at)}"
    return ranges


def _data(book: Book, sheet: Worksheet, upload: Upload, lists: Mapping[str, str]) -> None:
    sheet.hide_gridlines(0)
    top = 0
    if book.practice:
        sheet.write_string(0, 0, practice_words(), book.look("practice"))
        top = 1
    last = top + ROWS_PREPARED
    for at, column in enumerate(upload.columns):
        look = book.look(_LOOK_OF.get(column.kind, "text"))
        header = book.look("header" if column.required else "optional_header")
        sheet.set_column(at, at, _WIDTH_OF.get(column.kind, 15), look)
        sheet.write_string(top, at, _marked(column), header)
        for row in range(top + 1, last + 1):
            sheet.write_blank(row, at, None, look)
        rule = _validation(column, lists.get(column.id, ""))
        if rule:
            sheet.data_validation(top + 1, at, last, at, rule)
        note = _note(column)
        if note:
            sheet.write_comment(top, at, note, {"x_scale": 2, "author": ""})
    sheet.set_row(top, 45)
    sheet.freeze_panes(top + 1, 0)
    sheet.autofilter(top, 0, last, len(upload.columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)


def _note(column: Column) -> str:
    example = say("Eksempel: {example}", example=column.example) if column.example else ""
    return "\n".join(part for part in (column.note, example) if part)


def _validation(column: Column, list_range: str) -> dict[str, object] | None:
    told: dict[str, object] = {"error_title": column.header[:32]}
    if list_range:
        fixed = bool(column.options) or column.kind is Kind.YES_NO
        return told | {
            "validate": "list",
            "source": list_range,
            "error_type": "stop" if fixed else "warning",
            "error_message": say("Vælg en værdi fra listen."),
        }
    if column.kind is Kind.DATE:
        return told | {
            "validate": "date",
            "criteria": "between",
            "minimum": _FIRST_DAY,
            "maximum": _LAST_DAY,
            "error_message": say("Skriv en dato som DD-MM-ÅÅÅÅ."),
        }
    if column.kind in (Kind.AMOUNT, Kind.HOURS, Kind.NUMBER):
        return told | {
            "validate": "decimal",
            "criteria": "between",
            "minimum": -_LARGEST,
            "maximum": _LARGEST,
            "error_message": say("Skriv et tal, fx 12.500,75."),
        }
    return None


def _guide(book: Book, sheet: Worksheet, process: Process, options: Mapping[str, Sequence[Option]]) -> None:
    upload = process.upload
    assert upload is not None
    for at, width in enumerate((32, 18, 14, 50, 24)):
        sheet.set_column(at, at, width)
    row = book.top(sheet, say("Vejledning"))
    required = (say("kan"), say("skal"))
    columns = [(c.header, _kind_words(c.kind), required[c.required], c.note, c.example) for c in upload.columns]
    heads: tuple[str, ...] = (say("Kolonne"), say("Indhold"), say("Udfyldes"), say("Forklaring"), say("Eksempel"))
    row = _table_of(book, sheet, row, (say("Kolonner"), heads, columns))
    listed = [(c.header, option.value, "", option.label) for c in upload.columns for option in options[c.id]]
    if listed:
        heads = (say("Kolonne"), say("Skriv"), "", say("Betyder"))
        row = _table_of(book, sheet, row, (say("Værdilister"), heads, listed))
    checks = list(_check_lines(upload))
    if checks:
        heads = (say("Kolonne"), say("Regel"), say("Alvor"), say("Hvad der siges"), say("Kilde"))
        _table_of(book, sheet, row, (say("Det bliver kontrolleret"), heads, checks))
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


_Headed = tuple[str, Sequence[str], Sequence[Sequence[str]]]


def _table_of(book: Book, sheet: Worksheet, row: int, table: _Headed) -> int:
    """Writes (heading, column heads, lines) at `row`; returns the row after it and a blank one."""
    heading, headers, lines = table
    sheet.write_string(row, 0, heading, book.look("heading"))
    for at, header in enumerate(headers):
        sheet.write_string(row + 1, at, header, book.look("header"))
    for number, line in enumerate(lines, row + 2):
        for at, text in enumerate(line):
            sheet.write_string(number, at, text, book.look("wrap"))
    return row + len(lines) + 3


def _check_lines(upload: Upload) -> Iterator[tuple[str, str, str, str, str]]:
    headers = {column.id: column.header for column in upload.columns}
    severities = {
        Severity.ERROR: say("fejl"),
        Severity.WARNING: say("advarsel"),
        Severity.INFO: say("oplysning"),
    }
    checks: tuple[RowCheck | FileCheck, ...] = (*upload.row_checks, *upload.file_checks)
    for check in checks:
        # The text is shown with its {placeholders}: it is an example of what the check may say.
        yield headers.get(check.column, ""), check.rule, severities[check.severity], say(check.text), check.source


def _kind_words(kind: Kind) -> str:
    return {
        Kind.TEXT: say("tekst"),
        Kind.LONG_TEXT: say("tekst"),
        Kind.CPR: say("CPR-nummer, ti cifre"),
        Kind.TJENESTENR: say("tjenestenummer"),
        Kind.DATE: say("dato DD-MM-ÅÅÅÅ"),
        Kind.MONTH: say("måned ÅÅÅÅ-MM"),
        Kind.AMOUNT: say("beløb i kroner"),
        Kind.HOURS: say("timer"),
        Kind.NUMBER: say("tal"),
        Kind.YES_NO: say("J eller N"),
        Kind.CHOICE: say("værdi fra listen"),
        Kind.UNIT: say("enhed"),
        Kind.COST_CENTER: say("omkostningssted"),
    }[kind]
