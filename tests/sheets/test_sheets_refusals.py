"""Files that cannot be read are refused in one sentence that says what to do."""

import io
import zipfile

import msoffcrypto
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile
from sheet_samples import HEADERS, UPLOAD, row

from kkassist.domain.errors import Refused
from kkassist.sheets.container import Limits
from kkassist.sheets.read import read_upload


@pytest.fixture
def good(tmp_path):
    book = openpyxl.Workbook()
    for values in (HEADERS, row(1)):
        book.active.append(values)
    book.save(tmp_path / "god.xlsx")
    return tmp_path / "god.xlsx"


def refusal(path, **limits):
    with pytest.raises(Refused) as refused:
        read_upload(path, UPLOAD, limits=Limits(**limits))
    sentence = str(refused.value)
    assert path.name in sentence
    assert sentence.endswith(".")
    return sentence


def rewritten(source, target, changes):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, changes[name](content) if name in changes else content)
    return target


def test_a_password_is_named(good, tmp_path):
    assert msoffcrypto
    with good.open("rb") as plain, (tmp_path / "laast.xlsx").open("wb") as locked:
        OOXMLFile(plain).encrypt("hemmelig", locked)
    assert "adgangskode" in refusal(tmp_path / "laast.xlsx")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"<html><table><tr><td>CPR-nr.</td></tr></table></html>", "webside"),
        (b"\xef\xbb\xbf<!DOCTYPE html>\n<html>", "webside"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related", "MHTML"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "XML"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "billede"),
        (b"\x00\x01\x02\x03" * 50, "ukendt"),
        (b"{\\rtf1 hej}", "RTF"),
    ],
)
def test_another_kind_of_file_is_named_with_what_to_do(tmp_path, content, word):
    path = tmp_path / "rapport.xls"
    path.write_bytes(content)
    sentence = refusal(path)
    assert word in sentence
    assert ".xlsx" in sentence


def test_missing_empty_and_folder(tmp_path):
    (tmp_path / "tom.xlsx").touch()
    assert "findes ikke" in refusal(tmp_path / "vaek.xlsx")
    assert "tom" in refusal(tmp_path / "tom.xlsx")
    with pytest.raises(Refused, match="mappe"):
        read_upload(tmp_path, UPLOAD)


def test_a_locked_file_is_told_as_such(good, monkeypatch):
    """Windows refuses to open a file that Excel holds; here the operating system is made to say so."""

    def locked(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", locked)
    assert "Luk den i Excel" in refusal(good)


def test_a_workbook_without_rows_or_headers(tmp_path):
    for name, rows, word in (
        ("blank.xlsx", [], "tom"),
        ("kun.xlsx", [HEADERS], "ingen rækker"),
        ("brev.xlsx", [["Kære Bente"], ["Her er filen"]], "ingen række med overskrifter"),
    ):
        book = openpyxl.Workbook()
        for values in rows:
            book.active.append(values)
        book.save(tmp_path / name)
        assert word in refusal(tmp_path / name)


def test_a_word_document_and_a_zip(tmp_path):
    for name, inside, word in (("a.xlsx", "word/document.xml", "Word"), ("b.xlsx", "a.txt", "zip")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(inside, "x")
        assert word in refusal(tmp_path / name)


def test_too_many_bytes_or_rows(good):
    assert "grænsen" in refusal(good, file_bytes=1000)
    assert "1 rækker" in refusal(good, rows=0)


def test_a_zip_bomb_is_told_from_its_directory(good, tmp_path):
    bomb = rewritten(
        good, tmp_path / "bombe.xlsx", {"xl/worksheets/sheet1.xml": lambda xml: xml + b" " * 80_000_000}
    )
    assert bomb.stat().st_size < 200_000
    assert "pakker ud til" in refusal(bomb)


def test_an_entity_bomb_is_not_grown(good, tmp_path):
    doctype = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    for part in ("xl/worksheets/sheet1.xml", "xl/workbook.xml"):
        bomb = rewritten(good, tmp_path / "entitet.xlsx", {part: lambda xml: doctype + xml.partition(b"?>")[2]})
        assert "beskadiget" in refusal(bomb)


@pytest.mark.parametrize(
    "far",
    [
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
        b'<row r="3"><c r="A1048576"><v>1</v></c><c r="XFD3"><v>1</v></c></row></sheetData>',
        b"<row r='3'><c r='A1048576'><v>1</v></c><c r='XFD3'><v>1</v></c></row></sheetData>",
    ],
)
def test_a_cell_far_away_does_not_fill_the_memory(good, tmp_path, far):
    path = rewritten(
        good, tmp_path / "fjern.xlsx", {"xl/worksheets/sheet1.xml": lambda xml: xml.replace(b"</sheetData>", far)}
    )
    with pytest.raises(Refused, match="række 1048576"):
        read_upload(path, UPLOAD)


def test_a_sheet_formatted_to_its_end_is_read_all_the_same(good, tmp_path):
    styled = b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
    path = rewritten(
        good,
        tmp_path / "pyntet.xlsx",
        {"xl/worksheets/sheet1.xml": lambda xml: xml.replace(b"</sheetData>", styled)},
    )
    assert list(read_upload(path, UPLOAD).numbers) == [2]


def test_a_quotation_mark_that_never_ends(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(";".join(HEADERS) + '\n"0101901234;' + "x;y\n" * 50_000, encoding="utf-8")
    assert "anførselstegn" in refusal(path)


def test_a_cut_file_is_damaged_wherever_it_is_cut(good, tmp_path):
    content = good.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.999):
        path = tmp_path / "afkortet.xlsx"
        path.write_bytes(content[: int(len(content) * share)])
        assert "beskadiget" in refusal(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_flipped_bytes_end_in_a_table_or_a_refusal_never_in_a_bug(good, tmp_path, data):
    content = bytearray(good.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "roerig.xlsx"
    path.write_bytes(content)
    try:
        read_upload(path, UPLOAD)
    except Refused as refused:
        assert str(refused)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: text.encode())))
def test_any_bytes_end_in_a_table_or_a_refusal(tmp_path, content):
    path = tmp_path / "hvad.csv"
    path.write_bytes(io.BytesIO(content).getvalue())
    try:
        read_upload(path, UPLOAD)
    except Refused as refused:
        assert str(refused)
