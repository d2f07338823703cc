"""A copy of the user's own file with every finding in place: red and amber cells, and a last column of texts."""

import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import openpyxl
import xlsxwriter
from lxml import etree
from openpyxl.cell.cell import MergedCell
from openpyxl.styles import PatternFill

from kkassist.domain.batch import Finding, Severity
from kkassist.domain.errors import Refused
from kkassist.domain.language import say
from kkassist.processes.cells import CellValue, Table
from kkassist.processes.words import Column
from kkassist.sheets.container import DAMAGE, Format, Limits, damaged, identify, plain_words
from kkassist.sheets.headers import FOUND_HEADER, is_found_column
from kkassist.sheets.letters import letter, number
from kkassist.sheets.opened import open_sheets
from kkassist.sheets.peek import SheetPart, UnsafeXml, sheet_parts
from kkassist.sheets.splice import RowMarks, UnknownShape, spliced
from kkassist.sheets.styles import FILLS, Restyled
from kkassist.sheets.whole import written_whole

_FOUND_WIDTH = 70.0
_DEFLATE_LEVEL = 2
"""Level 6 takes four times as long for a file fifteen percent smaller."""
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
_ADDRESS = re.compile(r"([A-Z]{1,3})(\d+)$")


def mark_copy(source: Path, target: Path, findings: Sequence[Finding], table: Table) -> None:
    """Write `source` with `findings` laid in to `target` (.xlsx, or .xlsm for a source with macros).

    `table` is what `read_upload` gave for the same file. An .xls, .ods or text file becomes a new .xlsx whose rows
    stand where they stood. Raises `Refused` when the source has gone or target is the source, `DiskFull`.
    """
    if target.exists() and source.exists() and target.samefile(source):
        raise Refused(say("Kopien kan ikke lægges oven i din egen fil. Vælg et andet navn."))
    kind = identify(source, Limits())
    marks = _marks(findings, table)
    with written_whole(target) as beside:
        if kind is not Format.XLSX:
            _write_anew(kind, source, beside, marks, table)
            return
        try:
            _splice(source, beside, marks, table)
        except (UnknownShape, KeyError, etree.XMLSyntaxError):
            _edit_whole(source, beside, marks, table)
        except (UnsafeXml, *DAMAGE) as error:
            raise damaged(source, type(error).__name__) from error


def _marks(findings: Sequence[Finding], table: Table) -> dict[int, RowMarks]:
    """By Excel row; what concerns the whole file stands with the header."""
    fills: dict[int, dict[int, str]] = {table.header_row: {}}
    texts: dict[int, list[str]] = {table.header_row: [FOUND_HEADER]}
    for finding in findings:
        elsewhere = bool(table.sheet) and finding.sheet not in ("", table.sheet)
        row = table.header_row if elsewhere else finding.row or table.header_row
        texts.setdefault(row, []).append(_told(finding))
        cells = fills.setdefault(row, {})
        address = _ADDRESS.match(finding.cell)
        if address and not elsewhere and int(address[2]) == row and finding.severity is not Severity.INFO:
            column = number(address[1])
            if cells.get(column) != "error":
                cells[column] = finding.severity.value
    return {
        row: RowMarks(fills[row], ("\n" if row == table.header_row else " · ").join(texts[row])) for row in texts
    }


def _told(finding: Finding) -> str:
    kind = {
        Severity.ERROR: say("Fejl"),
        Severity.WARNING: say("Advarsel"),
        Severity.INFO: say("Oplysning"),
    }[finding.severity]
    where = f"{finding.column}: " if finding.column else ""
    return f"{kind} – {where}{finding.message}"


def _found_column(table: Table) -> int:
    """Right of everything that is filled in."""
    return max(len(table.rows[0]) if table.rows else 0, *(index + 1 for index in table.columns.values()), 1) + 1


def _splice(source: Path, target: Path, marks: Mapping[int, RowMarks], table: Table) -> None:
    with plain_words(source), zipfile.ZipFile(source) as archive:
        part = _part_of(archive, table.sheet)
        restyle = Restyled(archive.read("xl/styles.xml"))
        sheet = archive.read(part.part)
        column, sheet, marks = _over_earlier_copy(archive, sheet, marks, table, restyle)
        changed = {part.part: spliced(sheet, marks, column, restyle, _FOUND_WIDTH)}
        changed["xl/styles.xml"] = restyle.xml()
        entries = archive.infolist()
        if target.suffix.lower() == ".xlsx":
            changed |= _without_macros(archive)
            entries = [entry for entry in entries if not entry.filename.startswith(_MACRO_PARTS)]
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_DEFLATE_LEVEL) as copy:
            for entry in entries:
                content = changed.get(entry.filename)
                if content is None:
                    content = archive.read(entry)
                copy.writestr(entry, content, zipfile.ZIP_DEFLATED, _DEFLATE_LEVEL)


_MACRO_PARTS = "xl/vba"
_MACRO_WORKBOOK = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_PLAIN_WORKBOOK = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_MACRO_MENTION = re.compile(rb"<(?:Relationship|Override|Default) [^>]*(?:vbaProject|/vbaData)[^>]*/>")


def _without_macros(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Excel opens no .xlsx that carries macros: a copy under that name goes without them."""
    names = [name for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels") if name in archive.namelist()]
    if _MACRO_WORKBOOK not in archive.read("[Content_Types].xml"):
        return {}
    return {
        name: _MACRO_MENTION.sub(b"", archive.read(name)).replace(_MACRO_WORKBOOK, _PLAIN_WORKBOOK)
        for name in names
    }


def _part_of(archive: zipfile.ZipFile, name: str) -> SheetPart:
    for part in sheet_parts(archive):
        if part.name == name:
            return part
    raise UnknownShape


def _over_earlier_copy(
    archive: zipfile.ZipFile, sheet: bytes, marks: Mapping[int, RowMarks], table: Table, restyle: Restyled
) -> tuple[int, bytes, Mapping[int, RowMarks]]:
    """(column of the texts, sheet, marks): a copy that comes back has its old texts and fills replaced."""
    last = len(table.rows[0]) if table.rows else 0
    cell = re.search(
        rb'<c r="%s%d"[^>]*>(.*?)</c>' % (letter(max(last, 1)).encode(), table.header_row), sheet, re.DOTALL
    )
    text = _shared_or_inline(archive, cell[0]) if cell else ""
    if not is_found_column(text):
        return _found_column(table), sheet, marks
    earlier = [int(row) for row in re.findall(rb'<c r="%s(\d+)"' % letter(last).encode(), sheet)]
    emptied = {row: RowMarks({}, "") for row in earlier} | dict(marks)
    return last, _without_earlier_fills(sheet, restyle), emptied


def _shared_or_inline(archive: zipfile.ZipFile, cell: bytes) -> str:
    if b't="s"' not in cell:
        inline = re.search(rb"<t[^>]*>(.*?)</t>", cell, re.DOTALL)
        return inline[1].decode("utf-8", "replace") if inline else ""
    index = int((re.search(rb"<v>(\d+)</v>", cell) or [b"", b"0"])[1])
    with archive.open("xl/sharedStrings.xml") as strings:
        for at, (_, item) in enumerate(etree.iterparse(strings, tag="{*}si", resolve_entities=False)):
            if at == index:
                return "".join(item.itertext())
            item.clear()
    return ""


def _without_earlier_fills(sheet: bytes, restyle: Restyled) -> bytes:
    marked = {b"%d" % style for style in restyle.earlier_marks()}
    if not marked:
        return sheet
    pattern = re.compile(rb'(<c r="[A-Z]+\d+"[^>]*? s=")(' + b"|".join(sorted(marked)) + rb')"')
    return pattern.sub(lambda found: b'%s%d"' % (found[1], restyle.unmarked(int(found[2]))), sheet)


def _edit_whole(source: Path, target: Path, marks: Mapping[int, RowMarks], table: Table) -> None:
    """The slow road: openpyxl reads the whole workbook and writes it again."""
    book = openpyxl.load_workbook(source, keep_vba=target.suffix.lower() == ".xlsm")
    sheet = book[table.sheet]
    column = _found_column(table)
    fills = {name: PatternFill("solid", start_color=color) for name, color in FILLS.items()}
    for row, mark in marks.items():
        for at, fill in mark.fills.items():
            cell = sheet.cell(row, at)
            if not isinstance(cell, MergedCell):
                cell.fill = fills[fill]
        text = sheet.cell(row, column)
        if not isinstance(text, MergedCell):
            text.value = mark.text
            text.data_type = "s"
    sheet.column_dimensions[letter(column)].width = _FOUND_WIDTH
    book.save(target)


def _write_anew(kind: Format, source: Path, target: Path, marks: Mapping[int, RowMarks], table: Table) -> None:
    """A new workbook with each cell where it stood, for formats that cannot be written back."""
    book = xlsxwriter.Workbook(str(target), _OPTIONS)
    sheet = book.add_worksheet(table.sheet or None)
    formats = {
        (fill, dated): book.add_format(look | ({"num_format": "dd-mm-yyyy"} if dated else {}))
        for fill, look in _LOOKS.items()
        for dated in (False, True)
    }
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    empty = RowMarks({}, "")
    for row, cells in enumerate(_cells(kind, source, table), 1):
        fill_of = marks.get(row, empty).fills
        for index, cell in enumerate(cells):
            fill = fill_of.get(index + 1, "")
            if cell == "" or cell is None:
                if fill:
                    sheet.write_blank(row - 1, index, None, formats[fill, False])
            else:
                plain = bold if row == table.header_row else formats[fill, isinstance(cell, date)]
                sheet.write(row - 1, index, cell, plain)
    column = _found_column(table)
    for row, mark in marks.items():
        sheet.write_string(row - 1, column - 1, mark.text, bold if row == table.header_row else None)
    sheet.set_column(0, column - 2, 18)
    sheet.set_column(column - 1, column - 1, _FOUND_WIDTH)
    sheet.freeze_panes(table.header_row, 0)
    book.close()


_LOOKS: dict[str, dict[str, str]] = {"": {}} | {
    name: {"bg_color": f"#{color[2:]}"} for name, color in FILLS.items()
}


def _cells(kind: Format, source: Path, table: Table) -> Sequence[Sequence[CellValue]]:
    """All of the sheet that was read, with its titles, sums and columns that are not ours."""
    columns = [Column(column, header) for column, header in table.headers.items()]
    for sheet in open_sheets(source, kind, columns, Limits()):
        if sheet.name == table.sheet:
            return sheet.rows()
    raise damaged(source, "the sheet has gone since it was read")
