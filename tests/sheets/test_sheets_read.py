"""Files as people really fill them in."""

import csv
from datetime import date, datetime

import openpyxl
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table as OdfTable
from odf.table import TableCell, TableRow
from odf.text import P
from sheet_samples import HEADERS, ROW, UPLOAD, row, rules

from kkassist.domain.batch import Severity
from kkassist.processes.cells import Odd
from kkassist.sheets.read import read_upload


def workbook(path, rows, title="Data", prepare=None):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for values in rows:
        sheet.append(values)
    if prepare:
        prepare(book, sheet)
    book.save(path)
    return path


def values(table, column):
    return [cells[table.columns[column]] for cells in table.rows]


def test_a_clean_file_is_read_without_findings(tmp_path):
    table = read_upload(workbook(tmp_path / "ren.xlsx", [HEADERS, row(1), row(2)]), UPLOAD)
    assert table.findings == ()
    assert (table.sheet, table.header_row, list(table.numbers)) == ("Data", 1, [2, 3])
    assert values(table, "cpr") == ["0101901234", "0101901234"]
    assert values(table, "beloeb") == [12500.75, 12500.75]
    assert table.letters["beloeb"] == "E"
    assert table.headers["pension"] == "Pensionsgivende J/N"


def test_title_rows_and_blank_rows_are_passed_over_and_rows_keep_excels_numbers(tmp_path):
    rows = [
        ["Resultatløn i Børne- og Ungdomsforvaltningen"],
        [],
        ["Udfyldt af", "BH"],
        HEADERS,
        row(1),
        [],
        [None],
        row(2),
    ]
    table = read_upload(workbook(tmp_path / "a.xlsx", rows), UPLOAD)
    assert table.header_row == 4
    assert list(table.numbers) == [5, 8]


def test_headers_may_be_reordered_renamed_and_spelled_anyhow(tmp_path):
    header = [
        "BELOEB *",
        "medarbejdernummer",
        "personnummer\n(10 cifre)",
        "lonart",
        "Pensionsgivende",
        "optjeningsperiode  FRA:",
        "Navn",
    ]
    table = read_upload(
        workbook(tmp_path / "a.xlsx", [header, [100, "00012345", "0101901234", "4711", "J", "x", "Åse"]]), UPLOAD
    )
    assert table.findings == ()
    assert dict(table.columns) == {
        "beloeb": 0, "tjenestenr": 1, "cpr": 2, "loenart": 3, "pension": 4, "fra": 5, "navn": 6,
    }  # fmt: skip


def test_a_header_over_two_rows_is_read_as_one(tmp_path):
    def merge(book, sheet):
        sheet.merge_cells("G1:H1")

    top = ["", "", "", "", "", "", "Optjeningsperiode", None]
    below = [*HEADERS[:6], "fra", "til"]
    table = read_upload(workbook(tmp_path / "a.xlsx", [top, below, [*row(1), "x"]], prepare=merge), UPLOAD)
    assert table.columns["fra"] == 6
    assert table.header_row == 2


def test_missing_columns_are_named_with_the_nearest_header(tmp_path):
    header = ["CPR-nr.", "Tjenestenr.", "Navn", "Lønart", "Beløb i kroner", "Pensionsgivende J/N"]
    table = read_upload(workbook(tmp_path / "a.xlsx", [header, ROW[:6]]), UPLOAD)
    errors = {finding.column: finding.message for finding in table.findings if finding.severity is Severity.ERROR}
    assert errors == {
        "Beløb": "Kolonnen Beløb mangler. Kolonne E hedder Beløb i kroner: ret overskriften, hvis det er den.",
        "Optjeningsperiode fra": "Kolonnen Optjeningsperiode fra mangler. "
        "Tilføj den, og udfyld den for alle rækker.",
    }


def test_a_doubled_header_is_an_error_unless_the_second_is_empty(tmp_path):
    full = read_upload(workbook(tmp_path / "a.xlsx", [[*HEADERS, "Beløb"], [*row(1), 7]]), UPLOAD)
    empty = read_upload(workbook(tmp_path / "b.xlsx", [[*HEADERS, "Beløb"], [*row(1), None]]), UPLOAD)
    alias = read_upload(workbook(tmp_path / "c.xlsx", [["Kr", *HEADERS], [7, *row(1)]]), UPLOAD)
    told = [(one.findings[0].rule, one.findings[0].severity, one.findings[0].cell) for one in (full, empty, alias)]
    assert told == [
        ("V-FIL-02", Severity.ERROR, "H1"),
        ("V-FIL-02", Severity.INFO, "H1"),
        ("V-FIL-03", Severity.WARNING, "A1"),
    ]
    assert values(alias, "beloeb") == [12500.75]


def test_unknown_columns_are_told_and_left_alone(tmp_path):
    table = read_upload(
        workbook(tmp_path / "a.xlsx", [[*HEADERS, "Leders note"], [*row(1), "ok", "løst"]]), UPLOAD
    )
    assert [finding.message for finding in table.findings] == [
        "Disse kolonner bruges ikke: Leders note.",
        "Disse kolonner har ingen overskrift og er ikke læst: I.",
    ]


@pytest.mark.parametrize(
    "label",
    ["I alt", "i alt:", "Sum", "TOTAL", "Total kr.", "Samlet sum", "I alt udbetalt 25.001,50 kr.", "Subtotal"],
)
def test_sum_rows_are_left_out_and_told(tmp_path, label):
    table = read_upload(
        workbook(tmp_path / "a.xlsx", [HEADERS, row(1), [None, None, label, None, 25001.5], [57, None, label]]),
        UPLOAD,
    )
    assert list(table.numbers) == [2]
    assert [(one.row, one.rule) for one in table.findings] == [(3, "V-FIL-07"), (4, "V-FIL-07")]


def test_a_bare_amount_below_the_rows_is_a_sum(tmp_path):
    table = read_upload(workbook(tmp_path / "a.xlsx", [HEADERS, row(1), [None] * 4 + [12500.75]]), UPLOAD)
    assert list(table.numbers) == [2]
    assert rules(table) == ["V-FIL-07"]


def test_a_person_is_never_taken_for_a_sum(tmp_path):
    suman = row(1, cpr=None, tjenestenr=None, navn="Suman Totalski")
    named_total = row(2, navn="Total")
    table = read_upload(workbook(tmp_path / "a.xlsx", [HEADERS, suman, named_total]), UPLOAD)
    assert list(table.numbers) == [2, 3]


def test_notes_examples_and_repeated_headers_are_left_out(tmp_path):
    example = [None, "00012345", "Åse Sørensen", "4711", "12.500,75"]
    rows = [HEADERS, example, row(1), HEADERS, row(2), ["Udfyldt af Bente"], [None] * 8 + ["løs note"]]
    table = read_upload(workbook(tmp_path / "a.xlsx", rows), UPLOAD)
    assert list(table.numbers) == [3, 5]
    assert [(one.row, one.rule) for one in table.findings if one.row] == [
        (2, "V-FIL-08"), (4, "V-FIL-09"), (6, "V-FIL-10"), (7, "V-FIL-14"),
    ]  # fmt: skip


def test_hidden_rows_and_columns_are_read_and_flagged(tmp_path):
    def hide(book, sheet):
        for number in (3, 4, 6):
            sheet.row_dimensions[number].hidden = True
        sheet.column_dimensions["E"].hidden = True

    table = read_upload(
        workbook(tmp_path / "a.xlsx", [HEADERS, *(row(n) for n in range(6))], prepare=hide), UPLOAD
    )
    assert table.hidden_rows == {3, 4, 6}
    assert len(table.rows) == 6
    assert [(one.row, one.column, one.rule) for one in table.findings] == [
        (3, "", "V-FIL-05"), (6, "", "V-FIL-05"), (0, "Beløb", "V-FIL-06"),
    ]  # fmt: skip
    assert "Række 3-4" in table.findings[0].message
    assert {one.severity for one in table.findings} == {Severity.WARNING}


def test_error_cells_formulas_without_value_and_too_long_numbers_are_marked_odd(tmp_path):
    rows = [HEADERS, row(1, beloeb="=A1/0"), row(2, beloeb="#N/A"), row(3, beloeb=12345678901234567890)]
    table = read_upload(workbook(tmp_path / "a.xlsx", rows), UPLOAD)
    assert table.odd == {
        (2, "beloeb"): Odd.FORMULA_WITHOUT_VALUE,
        (3, "beloeb"): Odd.ERROR,
        (4, "beloeb"): Odd.TOO_LONG_NUMBER,
    }


def test_merged_cells_among_the_rows_are_told(tmp_path):
    def merge(book, sheet):
        sheet.merge_cells("A1:G1")
        sheet.merge_cells("D3:D5")

    rows = [["Titel"], HEADERS, *(row(n) for n in range(3))]
    table = read_upload(workbook(tmp_path / "a.xlsx", rows, prepare=merge), UPLOAD)
    assert [(one.row, one.column, one.cell, one.rule) for one in table.findings] == [
        (3, "Lønart", "D3", "V-FIL-13")
    ]
    assert "D3:D5" in table.findings[0].message


def test_the_sheet_that_fits_best_is_read_and_said(tmp_path):
    def more(book, sheet):
        other = book.create_sheet("Gamle", 0)
        other.append(["CPR-nr.", "Navn"])
        other.append(["0101901234", "Åse"])
        book.create_sheet("Tom")

    table = read_upload(workbook(tmp_path / "a.xlsx", [HEADERS, row(1)], prepare=more), UPLOAD)
    assert table.sheet == "Data"
    assert [(one.severity, one.message) for one in table.findings] == [
        (Severity.INFO, "Kun arket Data er læst, ikke Gamle.")
    ]


def test_two_sheets_with_data_are_an_error_that_names_them(tmp_path):
    def more(book, sheet):
        other = book.create_sheet("Marts")
        other.append(HEADERS)
        other.append(row(2))

    table = read_upload(workbook(tmp_path / "a.xlsx", [HEADERS, row(1)], prepare=more), UPLOAD)
    assert [(one.severity, one.message) for one in table.findings] == [
        (Severity.ERROR, "Filen har flere ark med data: Data og Marts. Flyt alt til ét ark, eller slet de andre.")
    ]


def test_a_hidden_sheet_is_read_only_when_no_other_has_rows(tmp_path):
    def hide(book, sheet):
        sheet.sheet_state = "hidden"
        book.create_sheet("Ark2").append(["Kig på det andet ark"])

    def hide_second(book, sheet):
        other = book.create_sheet("Arkiv")
        other.append(HEADERS)
        other.append(row(9))
        other.sheet_state = "veryHidden"

    alone = read_upload(workbook(tmp_path / "a.xlsx", [HEADERS, row(1)], prepare=hide), UPLOAD)
    beside = read_upload(workbook(tmp_path / "b.xlsx", [HEADERS, row(1)], prepare=hide_second), UPLOAD)
    assert rules(alone) == ["V-FIL-12"]
    assert (beside.sheet, [one.severity for one in beside.findings]) == ("Data", [Severity.INFO])


def test_the_cover_sheet_is_read_by_its_labels(tmp_path):
    def cover(book, sheet):
        front = book.create_sheet("Forside", 0)
        front.append(["Masseindberetning"])
        front.append(["Titel", "Resultatløn 2026"])
        front.append(["Antal rækker:", None, 1])
        front.append(["Kontrolsum: 12.500,75"])

    table = read_upload(workbook(tmp_path / "a.xlsx", [HEADERS, row(1)], prepare=cover), UPLOAD)
    assert table.cover == {"titel": "Resultatløn 2026", "antal": 1.0, "kontrolsum": "12.500,75"}
    assert table.findings == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_text_files_in_every_encoding_and_delimiter(tmp_path, encoding, delimiter):
    path = tmp_path / "a.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([HEADERS, row(1, beloeb="12.500,75"), [], row(2, navn="to\nlinjer")])
    table = read_upload(path, UPLOAD)
    assert table.findings == ()
    assert list(table.numbers) == [2, 4], "a quoted line break is inside one of Excel's rows"
    assert values(table, "navn") == ["Åse Sørensen", "to\nlinjer"]
    assert values(table, "cpr")[0] == "0101901234"


def test_a_sep_line_is_obeyed_and_not_counted(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "sep=|\n" + "\n".join("|".join(map(str, line)) for line in (HEADERS, row(1))), encoding="utf-8"
    )
    assert list(read_upload(path, UPLOAD).numbers) == [2]


def test_xls_and_ods_are_read_by_content_whatever_their_name(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    for number, cells in enumerate([HEADERS, row(1), row(2)]):
        for at, cell in enumerate(cells):
            sheet.write(number, at, cell)
    book.save(str(tmp_path / "gammel.xlsx"))
    document = OpenDocumentSpreadsheet()
    table = OdfTable(name="Data")
    for number, cells in enumerate([HEADERS, row(1), row(2)]):
        line = TableRow(visibility="collapse") if number == 2 else TableRow()
        for cell in cells:
            amount = isinstance(cell, float)
            kind = {"valuetype": "float", "value": str(cell)} if amount else {"valuetype": "string"}
            written = TableCell(**kind)
            written.addElement(P(text=str(cell)))
            line.addElement(written)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    document.save(str(tmp_path / "fri.xls"))
    old, free = (read_upload(tmp_path / name, UPLOAD) for name in ("gammel.xlsx", "fri.xls"))
    assert list(old.numbers) == list(free.numbers) == [2, 3]
    assert values(old, "beloeb") == values(free, "beloeb") == [12500.75, 12500.75]
    assert old.findings == ()
    assert free.hidden_rows == {3}


def test_dates_come_as_dates(tmp_path):
    table = read_upload(workbook(tmp_path / "a.xlsx", [HEADERS, row(1, fra=datetime(2026, 1, 31))]), UPLOAD)
    assert values(table, "fra") == [date(2026, 1, 31)]


def test_xml_in_another_shape_is_walked(tmp_path):
    """Some writers prefix every element: nothing hidden may be lost by it."""
    import re
    import zipfile

    plain = workbook(tmp_path / "a.xlsx", [HEADERS, row(1, beloeb="=1+1"), row(2)])
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.startswith("xl/worksheets/"):
                content = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", content).replace(b"xmlns=", b"xmlns:x=")
                content = content.replace(b'<x:row r="3"', b"<x:row hidden='1' r='3'")
            target.writestr(name, content)
    table = read_upload(tmp_path / "b.xlsx", UPLOAD)
    assert table.hidden_rows == {3}
    assert table.odd == {(2, "beloeb"): Odd.FORMULA_WITHOUT_VALUE}
