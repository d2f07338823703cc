"""The real process' template goes round: written, filled in, read, checked cover and all."""

from datetime import date

import openpyxl

from kkassist.processes.resultatloen import PROCESS
from kkassist.processes.words import Kind, Option
from kkassist.sheets.read import read_upload
from kkassist.sheets.template import write_template

EXAMPLES = {Kind.DATE: date(2026, 1, 1), Kind.AMOUNT: 12500.75, Kind.CPR: "0101901234", Kind.YES_NO: "J"}


def test_what_the_template_produces_is_read_without_findings(tmp_path):
    upload = PROCESS.upload
    path = tmp_path / "resultatløn.xlsx"
    tables = {column.options_from: (Option("ENG-RES", "Resultatløn"),) for column in upload.columns}
    write_template(PROCESS, path, tables)
    book = openpyxl.load_workbook(path)
    for number in range(2, 7):
        for at, column in enumerate(upload.columns, 1):
            value = EXAMPLES.get(column.kind, f"{number:08d}")
            book["Data"].cell(number, at).value = value
    labels = {str(cell.value).removesuffix(" *"): cell.row for cell in book["Forside"]["A"]}
    for column in upload.cover:
        book["Forside"].cell(labels[column.header], 2).value = f"værdi af {column.id}"
    book.save(path)
    table = read_upload(path, upload)
    assert table.findings == ()
    assert list(table.numbers) == [2, 3, 4, 5, 6]
    assert list(table.columns) == [column.id for column in upload.columns]
    assert table.cover == {column.id: f"værdi af {column.id}" for column in upload.cover}
    assert {row[table.columns["cpr"]] for row in table.rows} == {"0101901234"}
