"""The template is what `read_upload` reads without a word, and it keeps what people type."""

import zipfile
from datetime import date

import openpyxl
import pytest
from sheet_samples import PROCESS, REGISTER, UPLOAD, row

from kkassist.domain.errors import Refused
from kkassist.processes.words import Process
from kkassist.sheets.read import read_upload
from kkassist.sheets.template import ROWS_PREPARED, template_version, write_template


@pytest.fixture(scope="module", params=[False, True], ids=["real", "practice"])
def template(tmp_path_factory, request):
    path = tmp_path_factory.mktemp("skabelon") / "skabelon.xlsx"
    write_template(PROCESS, path, REGISTER, practice=request.param)
    return path, request.param


def filled(template, tmp_path, rows):
    path, practice = template
    book = openpyxl.load_workbook(path)
    front, data = book["Forside"], book["Data"]
    for cell in front["A"]:
        if cell.value in ("Titel *", "Antal rækker *", "Kontrolsum *"):
            front.cell(cell.row, 2).value = {"T": "Resultatløn", "A": len(rows), "K": 25001.5}[cell.value[0]]
    for number, values in enumerate(rows, 3 if practice else 2):
        for at, value in enumerate(values, 1):
            data.cell(number, at).value = value
    book.save(tmp_path / "udfyldt.xlsx")
    return tmp_path / "udfyldt.xlsx"


def test_a_filled_template_is_read_without_findings(template, tmp_path):
    rows = [row(1, fra=date(2026, 1, 1)), row(2, fra=date(2026, 2, 1))]
    table = read_upload(filled(template, tmp_path, rows), UPLOAD)
    assert table.findings == ()
    assert table.sheet == "Data"
    assert set(table.columns) == {column.id for column in UPLOAD.columns}
    assert [list(cells[:7]) for cells in table.rows] == rows
    assert table.cover == {"titel": "Resultatløn", "antal": 2.0, "kontrolsum": 25001.5}


def test_the_empty_template_says_that_it_has_no_rows(template):
    with pytest.raises(Refused, match="ingen rækker"):
        read_upload(template[0], UPLOAD)


def test_columns_hold_what_is_typed(template):
    path, practice = template
    sheet = openpyxl.load_workbook(path)["Data"]
    first, last = 2 + practice, 1 + practice + ROWS_PREPARED
    headers = {cell.value.removesuffix(" *"): cell for cell in sheet[1 + practice]}
    assert [headers[column.header].value.endswith("*") for column in UPLOAD.columns] == [
        c.required for c in UPLOAD.columns
    ]
    formats = {
        name: {sheet.cell(number, cell.column).number_format for number in (first, 2500, last)}
        for name, cell in headers.items()
    }
    assert formats["CPR-nr."] == formats["Tjenestenr."] == formats["Omkostningssted"] == {"@"}
    assert formats["Udbetalingsmåned ÅÅÅÅ-MM"] == {"@"}
    assert formats["Beløb"] == {"#,##0.00"}
    assert formats["Optjeningsperiode fra"] == {"dd-mm-yyyy"}
    assert sheet.freeze_panes == f"A{first}"
    assert "Eksempel: 12.500,75" in headers["Beløb"].comment.text


def test_choices_are_lists_and_dates_are_bounded(template):
    path, _ = template
    book = openpyxl.load_workbook(path)
    rules = {str(rule.sqref)[0]: rule for rule in book["Data"].data_validations.dataValidation}
    lists = {
        letter: [cell[0].value for cell in book["Lister"][rules[letter].formula1.split("!")[1].replace("$", "")]]
        for letter in "DF"
    }
    assert lists == {"D": ["4711", "4712"], "F": ["J", "N"]}
    assert book["Lister"].sheet_state == "hidden"
    assert (rules["D"].errorStyle, rules["F"].errorStyle) == ("warning", None), "the register may lag behind"
    assert (rules["G"].type, rules["G"].operator) == ("date", None)
    assert len(str(rules["G"].sqref).split(":")) == 2


def test_the_guide_explains_each_column_and_value(template):
    sheet = openpyxl.load_workbook(template[0])["Vejledning"]
    texts = {cell.value for line in sheet for cell in line}
    assert {column.header for column in UPLOAD.columns} <= texts
    assert {"Resultatløn", "Engangsvederlag", "Hele beløbet"} <= texts


def test_process_and_version_stand_in_the_properties(template):
    book = openpyxl.load_workbook(template[0])
    assert (book.properties.title, book.properties.subject) == (PROCESS.title, PROCESS.id)
    custom = {item.name: item.value for item in book.custom_doc_props}
    assert custom["kkassist.template_version"] == template_version(PROCESS)
    changed = Process("proeve", "x", "", "", upload=type(UPLOAD)(columns=UPLOAD.columns[:3]))
    assert template_version(changed) != template_version(PROCESS)


def test_practice_is_said_on_every_sheet_and_only_then(template):
    path, practice = template
    book = openpyxl.load_workbook(path)
    said = [
        any("ØVELSE" in str(cell.value) for line in sheet.iter_rows(max_row=5) for cell in line) for sheet in book
    ]
    assert said == [practice] * len(book.sheetnames)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None


def test_a_process_without_upload_has_no_template(tmp_path):
    with pytest.raises(ValueError, match="sag"):
        write_template(Process("sag", "Sag", "", ""), tmp_path / "x.xlsx", {})
    assert list(tmp_path.iterdir()) == []
