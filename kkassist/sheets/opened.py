"""The sheets of a file as lists of raw cells, whatever its format; every refusal happens here or before."""

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from kkassist.domain.errors import KkassistError, Refused
from kkassist.domain.language import say
from kkassist.processes.cells import CellValue
from kkassist.processes.words import Column
from kkassist.sheets.container import DAMAGE, Format, Limits, damaged, password_protected, plain_words
from kkassist.sheets.headers import Merge
from kkassist.sheets.letters import LAST_ROW
from kkassist.sheets.peek import Peek, UnsafeXml, filled_corner, peek, peek_ods, sheet_parts
from kkassist.sheets.text_tables import read_text_table

Rows = Sequence[Sequence[CellValue]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. `head` is its first rows; `rows()` all of them, both from Excel's row 1 and column A."""

    name: str
    hidden: bool
    head: Rows
    rows: Callable[[], Rows]
    merges: tuple[Merge, ...] = ()
    seen: Peek = field(default_factory=Peek)


def open_sheets(path: Path, kind: Format, columns: Sequence[Column], limits: Limits) -> list[Sheet]:
    """The sheets in the file's order, sheets without cells left out."""
    if kind is Format.CSV:
        rows = read_text_table(path, columns, limits)
        return [Sheet("", False, rows[: limits.header_search_rows], lambda: rows)] if rows else []
    with _in_words(path):
        seen = _peeks(path, kind, limits)
        workbook = _workbook(path, kind)
        sheets = [
            _sheet(workbook.get_sheet_by_name(about.name), about.visible, seen.get(about.name, Peek()), limits)
            for about in workbook.sheets_metadata
            if about.typ is SheetTypeEnum.WorkSheet
        ]
    return [sheet for sheet in sheets if sheet.head]


_NAMED = {
    Format.XLSX: (".xlsx", ".xlsm"),
    Format.XLS: (".xls",),
    Format.ODS: (".ods",),
}


def _workbook(path: Path, kind: Format) -> CalamineWorkbook:
    """calamine believes the name of a path; a file under a false name is handed over as bytes."""
    if path.suffix.lower() in _NAMED[kind]:
        return CalamineWorkbook.from_path(str(path))
    return CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))


def _sheet(sheet: CalamineSheet, visible: SheetVisibleEnum, seen: Peek, limits: Limits) -> Sheet:
    def rows() -> Rows:
        every: Rows = sheet.to_python(skip_empty_area=False)
        return every

    return Sheet(
        name=sheet.name,
        hidden=visible is not SheetVisibleEnum.Visible,
        head=sheet.to_python(skip_empty_area=False, nrows=limits.header_search_rows) if sheet.end else [],
        rows=rows,
        merges=tuple(sheet.merged_cell_ranges or ()),
        seen=seen,
    )


def _peeks(path: Path, kind: Format, limits: Limits) -> dict[str, Peek]:
    """Also guards the reader: it makes every cell between A1 and the last one, however empty."""
    if kind is Format.XLS:
        return {}
    with zipfile.ZipFile(path) as archive:
        if kind is Format.ODS:
            seen = peek_ods(archive)
            corners = {name: (one.last_row, one.last_column) for name, one in seen.items()}
        else:
            parts = sheet_parts(archive)
            seen = {part.name: peek(archive, part.part) for part in parts}
            corners = {part.name: _corner(archive, part.part, seen[part.name], limits) for part in parts}
    for name, (row, column) in corners.items():
        if row * column > limits.cells:
            raise Refused(
                say(
                    "Arket {sheet} går til række {row}, kolonne {column}. Slet det, der står langt fra rækkerne.",
                    sheet=name,
                    row=row,
                    column=column,
                )
            )
    return seen


def _corner(archive: zipfile.ZipFile, part: str, seen: Peek, limits: Limits) -> tuple[int, int]:
    """Cells may claim another row than the one they stand in, so only a narrow sheet is believed at once."""
    if seen.exact or max(seen.last_row, LAST_ROW) * seen.last_column <= limits.cells:
        return seen.last_row, seen.last_column
    return filled_corner(archive, part)


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        with plain_words(path):
            yield
    except KkassistError:
        raise
    except PasswordError as error:
        raise password_protected(path) from error
    except (*DAMAGE, CalamineError, etree.XMLSyntaxError, UnsafeXml) as error:
        raise damaged(path, type(error).__name__) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # what the Rust reader throws at nonsense it did not foresee
            raise damaged(path, "panic") from error
        raise
