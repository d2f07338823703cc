"""A process' template with rows already in it, as a caseworker would send it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from openpyxl import load_workbook

from kkassist.processes.words import Option, Process
from kkassist.sheets.template import write_template
from kkassist.sheets.whole import written_whole


def write_filled(
    process: Process,
    path: Path,
    rows: Sequence[Mapping[str, str]],
    options: Mapping[str, Sequence[Option]],
    *,
    practice: bool = False,
) -> None:
    """Write the template of `process` with `rows` (heading → text as a person types it) below its header."""
    write_template(process, path, options, practice=practice)
    book = load_workbook(path)
    columns = process.upload.columns if process.upload is not None else ()
    plain = {_plain(column.header) for column in columns}
    sheet, header = next(
        (sheet, number)
        for sheet in book.worksheets
        for number, cells in enumerate(sheet.iter_rows(max_row=20, values_only=True), start=1)
        if sum(_plain(cell) in plain for cell in cells) > len(plain) // 2
    )
    headings = next(sheet.iter_rows(min_row=header, max_row=header, values_only=True))
    places = {_plain(cell): number for number, cell in enumerate(headings, start=1)}
    for number, values in enumerate(rows, start=header + 1):
        for heading, text in values.items():
            if text:
                sheet.cell(row=number, column=places[heading], value=text)
    with written_whole(path) as beside:
        book.save(beside)


def _plain(heading: object) -> str:
    return str(heading or "").rstrip(" *")
