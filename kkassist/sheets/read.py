"""Reads an upload the way people really fill it in, and says what it had to leave out or could not find.

Nothing is interpreted here: cells stay raw, rows keep Excel's own numbers. The checks meet them next.
"""

from collections.abc import Sequence
from pathlib import Path

from kkassist.domain.batch import Finding
from kkassist.domain.errors import Refused
from kkassist.domain.language import say
from kkassist.processes.cells import CellValue, Odd, Table
from kkassist.processes.words import Column, Upload
from kkassist.sheets.container import Limits, identify
from kkassist.sheets.cover import read_cover
from kkassist.sheets.headers import COVER_SHEET, GUIDE_SHEET, LISTS_SHEET, Header, find_header, folded
from kkassist.sheets.letters import letter
from kkassist.sheets.opened import Sheet, open_sheets
from kkassist.sheets.people_rows import people_rows
from kkassist.sheets.told import Candidate, about_headers, about_hidden, about_merges, about_sheets, listed

_DEFAULT_LIMITS = Limits()
_OTHER_SHEETS = frozenset(map(folded, (COVER_SHEET, GUIDE_SHEET, LISTS_SHEET)))
_LARGEST_EXACT = 1e15
"""Excel keeps 15 digits; longer numbers end in zeros that nobody typed."""


def read_upload(path: Path, upload: Upload, *, limits: Limits = _DEFAULT_LIMITS) -> Table:
    """The rows of the file at `path` (.xlsx, .xlsm, .xls, .ods or text), found by content.

    Raises `Refused` with one Danish sentence for a file that cannot be read at all; what can be mended row by row
    or header by header is in the table's findings.
    """
    kind = identify(path, limits)
    sheets = open_sheets(path, kind, upload.columns, limits)
    chosen, findings = _choose(path, sheets, upload)
    if len(chosen.kept) > limits.rows:
        raise Refused(
            say(
                "Filen {name} har {rows} rækker, og grænsen er {limit}. Del den i flere filer.",
                name=path.name,
                rows=len(chosen.kept),
                limit=limits.rows,
            )
        )
    return _table(path, chosen, sheets, upload, findings)


def _candidate(sheet: Sheet, header: Header, upload: Upload) -> Candidate:
    rows = sheet.rows()
    numbers, kept, left_out = people_rows(rows, header, upload)
    findings = tuple(
        Finding(
            row=one.row,
            column="",
            cell="",
            value="",
            rule=one.rule,
            severity=one.severity,
            message=one.message,
            sheet=sheet.name,
        )
        for one in left_out
    )
    return Candidate(sheet, header, rows, numbers, kept, findings)


def _choose(path: Path, sheets: Sequence[Sheet], upload: Upload) -> tuple[Candidate, list[Finding]]:
    """The sheet whose header fits best and that has rows; hidden sheets only when no other has any."""
    if not sheets:
        raise Refused(say("Filen {name} er tom. Udfyld skabelonen, og prøv igen.", name=path.name))
    fitting = [
        (sheet, header) for sheet in sheets if (header := find_header(sheet.head, upload.columns, sheet.merges))
    ]
    if not fitting:
        raise Refused(_no_header(path, upload))
    fitting = [one for one in fitting if folded(one[0].name) not in _OTHER_SHEETS] or fitting
    candidates = [_candidate(sheet, header, upload) for sheet, header in fitting]
    with_rows = [one for one in candidates if one.kept]
    if not with_rows:
        raise Refused(
            say(
                "Filen {name} har overskrifter i række {row}, men ingen rækker under dem. Udfyld rækkerne.",
                name=path.name,
                row=candidates[0].header.row,
            )
        )
    visible = [one for one in with_rows if not one.sheet.hidden] or with_rows
    best = max(visible, key=lambda one: (one.header.score, len(one.kept)))
    return best, list(about_sheets(best, with_rows))


def _no_header(path: Path, upload: Upload) -> str:
    return say(
        "Filen {name} har ingen række med overskrifter. Den skal blandt andet have kolonnerne {columns}.",
        name=path.name,
        columns=listed([column.header for column in upload.columns if column.required][:4]),
    )


def _table(
    path: Path, chosen: Candidate, sheets: Sequence[Sheet], upload: Upload, findings: list[Finding]
) -> Table:
    header, sheet = chosen.header, chosen.sheet
    numbers = frozenset(chosen.numbers)
    hidden = frozenset(sheet.seen.hidden_rows & numbers)
    findings += about_headers(chosen, upload)
    findings += about_hidden(sheet, hidden, header, upload)
    findings += about_merges(sheet, header, chosen.numbers, upload)
    findings += chosen.findings
    return Table(
        file_name=path.name,
        sheet=sheet.name,
        header_row=header.row,
        columns=dict(header.columns),
        letters={column: letter(index + 1) for column, index in header.columns.items()},
        headers=dict(header.texts),
        numbers=chosen.numbers,
        rows=chosen.kept,
        odd=_odd(chosen, numbers),
        hidden_rows=hidden,
        cover=_cover(chosen, sheets, upload.cover),
        findings=tuple(findings),
    )


def _odd(chosen: Candidate, numbers: frozenset[int]) -> dict[tuple[int, str], Odd]:
    column_at = {index + 1: column for column, index in chosen.header.columns.items()}
    odd = {
        (row, column_at[column]): what
        for (row, column), what in chosen.sheet.seen.odd.items()
        if column in column_at and row in numbers
    }
    for column, index in chosen.header.columns.items():
        cells = [row[index] for row in chosen.kept]
        floats = [cell for cell in cells if cell.__class__ is float]
        if floats and max(map(abs, floats)) >= _LARGEST_EXACT:
            for number, cell in zip(chosen.numbers, cells, strict=True):
                if isinstance(cell, float) and abs(cell) >= _LARGEST_EXACT:
                    odd.setdefault((number, column), Odd.TOO_LONG_NUMBER)
    return odd


def _cover(chosen: Candidate, sheets: Sequence[Sheet], columns: Sequence[Column]) -> dict[str, CellValue]:
    """From the sheet "Forside"; a file without one may have the same labels above its header or on another sheet."""
    if not columns:
        return {}
    for sheet in sheets:
        if folded(sheet.name) == folded(COVER_SHEET) and sheet is not chosen.sheet:
            return read_cover(sheet.head, columns)
    found = read_cover(chosen.rows[: chosen.header.row - 1], columns)
    for sheet in sheets:
        if sheet is not chosen.sheet and not sheet.hidden and folded(sheet.name) not in _OTHER_SHEETS:
            found = read_cover(sheet.head, columns) | found
    return found
