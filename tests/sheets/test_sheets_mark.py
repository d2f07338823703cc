"""A marked copy is the user's own file, with every finding where she will look for it."""

import zipfile
from datetime import datetime
from itertools import pairwise

import openpyxl
import pytest
import python_calamine
import xlsxwriter
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation
from sheet_samples import HEADERS, UPLOAD, row

from kkassist.domain.batch import Finding, Severity
from kkassist.domain.errors import Refused
from kkassist.sheets.letters import letter, number
from kkassist.sheets.mark import mark_copy
from kkassist.sheets.read import read_upload

RED, AMBER = "FFFFC7CE", "FFFFEB9C"


def finding(
    row, column="Beløb", cell="", severity=Severity.ERROR, message="Beløbet kan ikke læses. Skriv fx 12.500,75."
):
    return Finding(row, column, cell, "x", "V-FX-10", severity, message, "Data")


def handmade(path):
    """A file with everything that must survive: formats, a hidden sheet, a validation, a formula, widths."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    sheet.append(["Resultatløn"])
    sheet.append(HEADERS)
    for at in range(6):
        sheet.append(row(at, fra=datetime(2026, 1, at + 1)))
    sheet["E3"].font = Font(bold=True, color="FF0000FF")
    sheet["E3"].number_format = "#,##0.00"
    sheet["I2"] = "Note"
    sheet["I4"] = "=E3*2"
    sheet["C5"] = None
    sheet.row_dimensions[6].hidden = True
    sheet.column_dimensions["C"].width = 33
    sheet.freeze_panes = "A3"
    sheet.add_data_validation(DataValidation(type="list", formula1='"J,N"', sqref="F3:F100"))
    hidden = book.create_sheet("Satser")
    hidden["A1"] = "4711"
    hidden.sheet_state = "hidden"
    book.save(path)
    return path


def assert_sound(path):
    """What Excel demands of a sheet: rows and cells in order, references right, styles that exist."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        styles = len(etree.fromstring(archive.read("xl/styles.xml")).find("{*}cellXfs"))
        for name in archive.namelist():
            if not name.startswith("xl/worksheets/sheet"):
                continue
            root = etree.fromstring(archive.read(name))
            order = [etree.QName(child).localname for child in root]
            known = ["sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData"]
            assert [part for part in order if part in known] == [part for part in known if part in order]
            rows = [int(line.get("r")) for line in root.iterfind("{*}sheetData/{*}row")]
            assert all(one < two for one, two in pairwise(rows))
            for line in root.iterfind("{*}sheetData/{*}row"):
                columns = [number(cell.get("r").rstrip("0123456789")) for cell in line]
                assert all(one < two for one, two in pairwise(columns))
                assert all(cell.get("r").endswith(line.get("r")) for cell in line)
                assert all(int(cell.get("s", 0)) < styles for cell in line)
            spans = [(int(col.get("min")), int(col.get("max"))) for col in root.iterfind("{*}cols/{*}col")]
            assert all(one[1] < two[0] for one, two in pairwise(spans))


def test_findings_stand_in_their_cells_and_rows(tmp_path):
    source, target = handmade(tmp_path / "min fil.xlsx"), tmp_path / "min fil med fund.xlsx"
    told = [
        finding(3, cell="E3"),
        finding(3, "Pensionsgivende J/N", "F3", Severity.WARNING, "Aftalen siger N & ikke <J>."),
        finding(5, "Navn", "C5", Severity.WARNING, "Navnet mangler."),
        finding(40, "", "", Severity.ERROR, "Rækken findes ikke."),
        finding(0, "", "", Severity.WARNING, "Filen har 6 rækker, men forsiden siger 7."),
        finding(8, "Beløb", "E8", Severity.INFO, "Beløbet er det største."),
    ]
    mark_copy(source, target, told, read_upload(source, UPLOAD))
    assert_sound(target)
    sheet = openpyxl.load_workbook(target)["Data"]
    assert sheet["J2"].value.splitlines() == ["Fund", "Advarsel – Filen har 6 rækker, men forsiden siger 7."]
    assert sheet["J3"].value == (
        "Fejl – Beløb: Beløbet kan ikke læses. Skriv fx 12.500,75. · "
        "Advarsel – Pensionsgivende J/N: Aftalen siger N & ikke <J>."
    )
    fills = {cell: sheet[cell].fill.fgColor.rgb for cell in ("E3", "F3", "C5", "E8", "E4")}
    assert fills == {"E3": RED, "F3": AMBER, "C5": AMBER, "E8": "00000000", "E4": "00000000"}
    assert sheet["J8"].value == "Oplysning – Beløb: Beløbet er det største."
    assert sheet["J40"].value == "Fejl – Rækken findes ikke."
    assert sheet["J4"].value is None


def test_everything_else_is_kept(tmp_path):
    source, target = handmade(tmp_path / "a.xlsx"), tmp_path / "b.xlsx"
    mark_copy(source, target, [finding(3, cell="E3")], read_upload(source, UPLOAD))
    before, after = openpyxl.load_workbook(source), openpyxl.load_workbook(target)
    sheet = after["Data"]
    assert (sheet["E3"].font.b, sheet["E3"].font.color.rgb, sheet["E3"].number_format) == (
        True,
        "FF0000FF",
        "#,##0.00",
    )
    assert sheet["E3"].value == 12500.75
    assert sheet["I4"].value == "=E3*2"
    assert sheet["G3"].number_format == before["Data"]["G3"].number_format
    assert sheet.row_dimensions[6].hidden
    assert (sheet.column_dimensions["C"].width, sheet.freeze_panes) == (33, "A3")
    assert (
        sheet.data_validations.dataValidation[0].sqref == before["Data"].data_validations.dataValidation[0].sqref
    )
    assert (after["Satser"].sheet_state, after["Satser"]["A1"].value) == ("hidden", "4711")
    kept = [line[:9] for line in python_calamine.load_workbook(target).get_sheet_by_name("Data").to_python()]
    assert kept == python_calamine.load_workbook(source).get_sheet_by_name("Data").to_python()


def test_a_mended_copy_comes_back_and_is_marked_anew(tmp_path):
    source, first, second = handmade(tmp_path / "a.xlsx"), tmp_path / "b.xlsx", tmp_path / "c.xlsx"
    table = read_upload(source, UPLOAD)
    mark_copy(
        source,
        first,
        [finding(3, cell="E3"), finding(4, cell="E4"), finding(0, message="Summen passer ikke.")],
        table,
    )
    again = read_upload(first, UPLOAD)
    assert [one.rule for one in again.findings] == [one.rule for one in table.findings], (
        "Fund is no unknown column"
    )
    mark_copy(first, second, [finding(4, cell="D4", message="Ukendt lønart.")], again)
    assert_sound(second)
    sheet = openpyxl.load_workbook(second)["Data"]
    assert [sheet[cell].fill.fgColor.rgb for cell in ("E3", "E4", "D4")] == ["00000000", "00000000", RED]
    assert (sheet["E3"].font.b, sheet["E3"].number_format) == (True, "#,##0.00")
    assert [sheet[f"J{at}"].value or "" for at in (2, 3, 4)] == ["Fund", "", "Fejl – Beløb: Ukendt lønart."]
    assert sheet["K2"].value is None


def test_excels_shared_texts_and_column_ranges(tmp_path):
    """XlsxWriter writes as Excel does: shared strings, spans, columns in ranges to the sheet's end, native tables."""
    source, target = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    book = xlsxwriter.Workbook(str(source))
    sheet = book.add_worksheet("Data")
    sheet.set_column("A:XFD", 14)
    sheet.add_table(
        0, 0, 3, 6, {"columns": [{"header": name} for name in HEADERS], "data": [row(n) for n in range(3)]}
    )
    sheet.set_row(5, 30, book.add_format({"italic": True}))
    book.close()
    table = read_upload(source, UPLOAD)
    mark_copy(source, target, [finding(2, cell="E2"), finding(3, cell="A3"), finding(6, cell="B6")], table)
    assert_sound(target)
    marked = openpyxl.load_workbook(target)["Data"]
    assert marked["H1"].value == "Fund"
    assert marked.column_dimensions["H"].width == 70
    assert marked["B6"].fill.fgColor.rgb == RED
    assert marked["B6"].font.i
    assert list(marked.tables) == ["Table1"]
    back = read_upload(target, UPLOAD)
    assert [list(cells[:7]) for cells in back.rows[:3]] == [list(cells) for cells in table.rows]


def test_an_unusual_shape_takes_the_slow_road(tmp_path):
    plain, odd, target = handmade(tmp_path / "a.xlsx"), tmp_path / "b.xlsx", tmp_path / "c.xlsx"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(odd, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b'<row r="', b'<row  r="')
            copy.writestr(name, content)
    mark_copy(odd, target, [finding(3, cell="E3")], read_upload(odd, UPLOAD))
    sheet = openpyxl.load_workbook(target)["Data"]
    assert (sheet["E3"].fill.fgColor.rgb, sheet["J2"].value) == (RED, "Fund")
    assert sheet["J3"].value.startswith("Fejl – Beløb")


def test_a_text_file_becomes_a_workbook_with_its_rows_in_place(tmp_path):
    source, target = tmp_path / "a.csv", tmp_path / "b.xlsx"
    lines = [["Titel"], [*HEADERS, "Note"], row(1), [], [*row(2, navn="=HYPERLINK(0)"), "haster"]]
    source.write_text("\n".join(";".join(map(str, line)) for line in lines), encoding="utf-8")
    mark_copy(source, target, [finding(5, cell="E5")], read_upload(source, UPLOAD))
    assert_sound(target)
    sheet = openpyxl.load_workbook(target).active
    assert [sheet[cell].value for cell in ("A2", "A3", "A5", "C5")] == [
        "CPR-nr.",
        "0101901234",
        "0101901234",
        "=HYPERLINK(0)",
    ]
    assert sheet["C5"].data_type == "s", "a text never becomes a formula"
    assert (sheet["E5"].fill.fgColor.rgb, sheet["I2"].value) == (RED, "Fund")
    assert [sheet[cell].value for cell in ("A1", "H2", "H5")] == ["Titel", "Note", "haster"]


def test_the_users_own_file_is_never_overwritten_and_a_failure_leaves_nothing(tmp_path):
    source = handmade(tmp_path / "a.xlsx")
    before = source.read_bytes()
    table = read_upload(source, UPLOAD)
    with pytest.raises(Refused, match="ikke lægges oven i"):
        mark_copy(source, source, [finding(3)], table)
    with pytest.raises(Refused, match="findes ikke"):
        mark_copy(source, tmp_path / "ingen" / "b.xlsx", [finding(3)], table)
    assert source.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


def test_macros_are_kept_in_xlsm_and_left_out_of_xlsx(tmp_path):
    plain, source = handmade(tmp_path / "a.xlsx"), tmp_path / "b.xlsm"
    macro = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    normal = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    override = (
        b'<Override PartName="/xl/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    )
    relation = (
        b'<Relationship Id="rId99" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" '
        b'Target="vbaProject.bin"/></Relationships>'
    )
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(source, "w") as new:
        for name in old.namelist():
            content = old.read(name).replace(normal, macro).replace(b"</Types>", override)
            if name == "xl/_rels/workbook.xml.rels":
                content = content.replace(b"</Relationships>", relation)
            new.writestr(name, content)
        new.writestr("xl/vbaProject.bin", b"makro")
    table = read_upload(source, UPLOAD)
    mark_copy(source, tmp_path / "c.xlsm", [finding(3, cell="E3")], table)
    mark_copy(source, tmp_path / "c.xlsx", [finding(3, cell="E3")], table)
    with zipfile.ZipFile(tmp_path / "c.xlsm") as kept, zipfile.ZipFile(tmp_path / "c.xlsx") as bare:
        assert kept.read("xl/vbaProject.bin") == b"makro"
        assert macro in kept.read("[Content_Types].xml")
        everything = b"".join(bare.read(name) for name in bare.namelist())
        assert b"vbaProject" not in everything
        assert macro not in everything
        assert "xl/vbaProject.bin" not in bare.namelist()
    assert_sound(tmp_path / "c.xlsx")
    assert openpyxl.load_workbook(tmp_path / "c.xlsx")["Data"]["J2"].value == "Fund"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(
        st.tuples(st.integers(1, 30), st.integers(1, 12), st.sampled_from(Severity), st.text(max_size=40)),
        max_size=12,
    )
)
def test_any_findings_anywhere_give_a_sound_copy(tmp_path, places):
    """Cells and rows that are not there are made, in order; any text is written so that Excel can read it."""
    source, target = handmade(tmp_path / "a.xlsx"), tmp_path / "b.xlsx"
    told = [finding(at, "", f"{letter(column)}{at}", severity, text) for at, column, severity, text in places]
    mark_copy(source, target, told, read_upload(source, UPLOAD))
    assert_sound(target)
    sheet = openpyxl.load_workbook(target)["Data"]
    worst = {}
    for at, column, severity, _ in places:
        if severity is not Severity.INFO:
            worst[at, column] = (
                RED if RED in (worst.get((at, column)), severity is Severity.ERROR and RED) else AMBER
            )
    # The last column holds the texts: what is marked there is not shown.
    shown = {place: sheet.cell(*place).fill.fgColor.rgb for place in worst if place[1] != 10}
    assert shown == {place: color for place, color in worst.items() if place[1] != 10}
    assert {at for at, *_ in places} <= {cell.row for cell in sheet["J"] if cell.value}


def test_a_finding_on_another_sheet_stands_with_the_files_own(tmp_path):
    source, target = handmade(tmp_path / "a.xlsx"), tmp_path / "b.xlsx"
    cover = Finding(3, "Kontrolsum", "B3", "x", "V-RL-07", Severity.ERROR, "Summen passer ikke.", "Forside")
    mark_copy(source, target, [cover], read_upload(source, UPLOAD))
    sheet = openpyxl.load_workbook(target)["Data"]
    assert sheet["J2"].value.splitlines()[1] == "Fejl – Kontrolsum: Summen passer ikke."
    assert sheet["B3"].fill.fgColor.rgb == "00000000"


def test_an_old_workbook_becomes_a_new_one_with_its_dates(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    dated = xlwt.easyxf(num_format_str="DD-MM-YYYY")
    for at_row, cells in enumerate([HEADERS, row(1, fra=datetime(2026, 5, 4)), ["I alt", "", "", "", 12500.75]]):
        for at, cell in enumerate(cells):
            sheet.write(at_row, at, cell, *([dated] if isinstance(cell, datetime) else []))
    source, target = tmp_path / "a.xls", tmp_path / "b.xlsx"
    book.save(str(source))
    mark_copy(
        source,
        target,
        [finding(2, cell="E2"), finding(2, "", "", Severity.INFO, "Set.")],
        read_upload(source, UPLOAD),
    )
    assert_sound(target)
    sheet = openpyxl.load_workbook(target)["Data"]
    assert (sheet["G2"].value, sheet["A3"].value, sheet["E2"].fill.fgColor.rgb) == (
        datetime(2026, 5, 4),
        "I alt",
        RED,
    )
