"""What calamine does not tell of a sheet: hidden rows and columns, error cells, formulas without a value.

The sheet's XML is unpacked in pieces and searched as bytes, which costs a sixth of reading the cells. That only
holds for XML in the shape Excel, LibreOffice and the usual writers give it; any other shape is walked with lxml.
Source: ECMA-376 part 1, § 18.3.1 (worksheets), § 18.2 (workbook).
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.etree.ElementTree import Element

from lxml import etree

from kkassist.processes.cells import Odd
from kkassist.sheets.letters import number

_PIECE = 1 << 20
_ROW = re.compile(rb'<row r="(\d+)"')
_HIDDEN_ROW = re.compile(rb'<row r="(\d+)"[^>]*? hidden="(?:1|true)"')
_ERROR_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"[^>]*? t="e"')
_NO_VALUE = re.compile(rb'<c r="([A-Z]+)(\d+)"[^>]*>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)(?:<v ?/>|<v></v>)?</c>')
_WIDE = re.compile(rb' r="([A-Z]{2,3})\d')
_FAR_DOWN = re.compile(rb'<c r="[A-Z](\d{7,})"')
_FAR_OR_WIDE = re.compile(rb'<c r="[A-Z](?:[A-Z]|\d{7})')
"""Most sheets have neither, and one search is cheaper than two."""
_COL = re.compile(rb"<col [^>]*>")
_ATTRIBUTE = re.compile(rb'(\w+)="([^"]*)"')
_NAMESPACE_ROW = re.compile(rb"<\w+:row[ >]")


class UnsafeXml(Exception):
    """A part declares a document type: no spreadsheet program writes one, entity bombs need one."""


@dataclass(slots=True)
class Peek:
    """What was seen in one sheet. Rows and columns are Excel's, 1-based."""

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    odd: dict[tuple[int, int], Odd] = field(default_factory=dict)
    last_row: int = 0
    last_column: int = 26
    """At least 26; only wider sheets are measured."""
    exact: bool = False
    """Whether the two above count only cells that hold something, wherever their row says they are."""


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A worksheet of an .xlsx file: its name, its part in the zip, and whether Excel hides it."""

    name: str
    part: str
    hidden: bool


_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION_ID = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


def safe_xml(content: bytes) -> Element:
    """Parse a small part; a document type is refused, so that no entity can grow."""
    if b"<!DOCTYPE" in content[:_PIECE] or b"<!ENTITY" in content[:_PIECE]:
        raise UnsafeXml
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root: Element = etree.fromstring(content, parser)
    return root


def sheet_parts(archive: zipfile.ZipFile) -> list[SheetPart]:
    """The worksheets in the workbook's order; chart and dialog sheets are left out."""
    targets = {
        relation.get("Id", ""): relation.get("Target", "")
        for relation in safe_xml(archive.read("xl/_rels/workbook.xml.rels"))
        if relation.get("Type", "").endswith("/worksheet")
    }
    workbook = safe_xml(archive.read("xl/workbook.xml"))
    found = []
    for sheet in workbook.iterfind("{*}sheets/{*}sheet"):
        target = targets.get(sheet.get(_RELATION_ID) or sheet.get(_STRICT_RELATION_ID) or "")
        if target:
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            found.append(SheetPart(sheet.get("name", ""), part, sheet.get("state", "visible") != "visible"))
    return found


def peek(archive: zipfile.ZipFile, part: str) -> Peek:
    """Look through the sheet's XML once. Raises `UnsafeXml`, `zipfile.BadZipFile` or `etree.XMLSyntaxError`."""
    with archive.open(part) as stream:
        first = stream.read(_PIECE)
        if b"<!DOCTYPE" in first or b"<!ENTITY" in first:
            raise UnsafeXml
        if _usual_shape(first):
            return _search(first, stream)
    with archive.open(part) as stream:
        return _walk(stream)


_FILLED_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"(?:[^>]*[^/>])?>')


def filled_corner(archive: zipfile.ZipFile, part: str) -> tuple[int, int]:
    """(last row, last column) that hold a value, told from cells that are only formatted. Slower than `peek`."""
    last_row = last_column = 0
    with archive.open(part) as stream:
        for piece in _whole_rows(stream.read(_PIECE), stream):
            for found in _FILLED_CELL.finditer(piece):
                last_row = max(last_row, int(found[2]))
                last_column = max(last_column, number(found[1].decode()))
    return last_row, last_column


def _usual_shape(piece: bytes) -> bool:
    return (
        piece.count(b"<row") == piece.count(b'<row r="')
        and piece.count(b"<c ") == piece.count(b'<c r="')
        and not _NAMESPACE_ROW.search(piece)
        and not piece.startswith((b"\xff\xfe", b"\xfe\xff"))
    )


def _search(first: bytes, stream: IO[bytes]) -> Peek:
    seen = Peek()
    for column in _COL.finditer(first[: first.find(b"<sheetData")]):
        values = dict(_ATTRIBUTE.findall(column[0]))
        if values.get(b"hidden") in (b"1", b"true"):
            last = min(int(values[b"max"]), 16_384)
            seen.hidden_columns.update(range(int(values[b"min"]), last + 1))
    for piece in _whole_rows(first, stream):
        _search_piece(piece, seen)
    return seen


def _whole_rows(first: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    carried = first
    while True:
        fresh = stream.read(_PIECE)
        if not fresh:
            yield carried
            return
        carried += fresh
        cut = carried.rfind(b"<row ")
        if cut > 0:
            yield carried[:cut]
            carried = carried[cut:]


def _search_piece(piece: bytes, seen: Peek) -> None:
    last = piece.rfind(b'<row r="')
    if last >= 0:
        found = _ROW.match(piece, last)
        if found:
            seen.last_row = max(seen.last_row, int(found[1]))
    if _FAR_OR_WIDE.search(piece):
        for wide in _WIDE.finditer(piece):
            seen.last_column = max(seen.last_column, number(wide[1].decode()))
        for far in _FAR_DOWN.finditer(piece):
            seen.last_row = max(seen.last_row, int(far[1]))
    if b' hidden="' in piece:
        seen.hidden_rows.update(int(found[1]) for found in _HIDDEN_ROW.finditer(piece))
    if b't="e"' in piece:
        for found in _ERROR_CELL.finditer(piece):
            seen.odd[int(found[2]), number(found[1].decode())] = Odd.ERROR
    if b"<f" in piece:
        for found in _NO_VALUE.finditer(piece):
            seen.odd[int(found[2]), number(found[1].decode())] = Odd.FORMULA_WITHOUT_VALUE


_REFERENCE = re.compile(r"([A-Z]+)(\d+)$")


def _walk(stream: IO[bytes]) -> Peek:
    """The slow road for XML with prefixes, other quotes or cells without references."""
    seen = Peek(exact=True)
    row = column = 0
    events = etree.iterparse(
        stream, events=("start", "end"), tag=("{*}row", "{*}c", "{*}col"), resolve_entities=False, no_network=True
    )
    for event, element in events:
        tag = etree.QName(element).localname
        if event == "start" and tag == "row":
            row, column = int(element.get("r") or row + 1), 0
            if element.get("hidden") in ("1", "true"):
                seen.hidden_rows.add(row)
        elif event == "end":
            if tag == "c":
                reference = _REFERENCE.match(element.get("r") or "")
                column = number(reference[1]) if reference else column + 1
                if len(element):
                    seen.last_column = max(seen.last_column, column)
                    seen.last_row = max(seen.last_row, int(reference[2]) if reference else row)
                odd = _oddness(element)
                if odd:
                    seen.odd[row, column] = odd
            elif tag == "col" and element.get("hidden") in ("1", "true"):
                last = min(int(element.get("max")), 16_384)
                seen.hidden_columns.update(range(int(element.get("min")), last + 1))
            element.clear()
    return seen


def _oddness(cell: Element) -> Odd | None:
    if cell.get("t") == "e":
        return Odd.ERROR
    value = cell.find("{*}v")
    if cell.find("{*}f") is not None and (value is None or not value.text):
        return Odd.FORMULA_WITHOUT_VALUE
    return None


_ODS = {
    "table": "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}",
    "office": "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}",
    "calcext": "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}",
}


def peek_ods(archive: zipfile.ZipFile) -> dict[str, Peek]:
    """The same for every sheet of an .ods file, by name. Repeated rows and cells count as often as they stand.

    Source: OpenDocument 1.3 part 3, § 9.1 (tables).
    """
    sheets: dict[str, Peek] = {}
    seen = Peek()
    row = column = 0
    table, office = _ODS["table"], _ODS["office"]
    tags = tuple(table + tag for tag in ("table", "table-row", "table-cell", "covered-table-cell", "table-column"))
    with archive.open("content.xml") as stream:
        if b"<!DOCTYPE" in stream.read(_PIECE):
            raise UnsafeXml
    with archive.open("content.xml") as stream:
        events = etree.iterparse(stream, events=("start", "end"), tag=tags, resolve_entities=False)
        for event, element in events:
            if event == "start" and element.tag == table + "table":
                seen = sheets[element.get(table + "name", "")] = Peek()
                row = column = 0
            elif event == "start" and element.tag == table + "table-row":
                column = 0
            elif event == "end" and element.tag == table + "table-column":
                times = int(element.get(table + "number-columns-repeated", "1"))
                if element.get(table + "visibility", "visible") != "visible":
                    seen.hidden_columns.update(range(column + 1, min(column + times, 16_384) + 1))
                column += times
            elif event == "end" and element.tag in (table + "table-cell", table + "covered-table-cell"):
                times = int(element.get(table + "number-columns-repeated", "1"))
                if len(element) or element.get(office + "value-type"):
                    seen.last_column = max(seen.last_column, column + times)
                    seen.last_row = max(seen.last_row, row + 1)
                if element.get(_ODS["calcext"] + "value-type") == "error":
                    seen.odd[row + 1, column + 1] = Odd.ERROR
                column += times
            elif event == "end" and element.tag == table + "table-row":
                times = int(element.get(table + "number-rows-repeated", "1"))
                if seen.last_row == row + 1:
                    seen.last_row = row + times
                    if element.get(table + "visibility", "visible") != "visible":
                        seen.hidden_rows.update(range(row + 1, min(row + times, 1_048_576) + 1))
                row += times
                element.clear()
    return sheets
