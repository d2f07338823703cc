"""Which rows below the header are a person's: blank rows, sums, notes and examples are left out, and said."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from kkassist.domain.batch import Severity
from kkassist.domain.language import say
from kkassist.processes.cells import CellValue
from kkassist.processes.words import Kind, Upload
from kkassist.sheets.headers import Header, folded, is_found_column

_SUM = re.compile(
    r"^\s*(i\s?alt|sum|total|totalt|sub\s?total|samlet|hovedtotal|mellemsum|kontrolsum|grand total|slutsum)\b"
    r"[\w\s]{0,30}[:=.]*[\s\d.,]*(kr\.?|dkk)?\s*$",
    re.IGNORECASE,
)
_COUNTED = frozenset({Kind.AMOUNT, Kind.HOURS, Kind.NUMBER})
_SMALLEST_KEY = 999.0
"""A bare number this small in a key column is a count ("I alt: 57"), not a person."""


class _Row(Enum):
    PERSON = auto()
    BLANK = auto()
    SUM = auto()
    EXAMPLE = auto()
    HEADER = auto()
    NOTE = auto()
    ELSEWHERE = auto()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that is not read, with why (a rule id of the reader's, Danish text)."""

    row: int
    rule: str
    severity: Severity
    message: str


def people_rows(
    rows: Sequence[Sequence[CellValue]], header: Header, upload: Upload
) -> tuple[list[int], list[Sequence[CellValue]], list[LeftOut]]:
    """(Excel rows, their cells, what was left out) of everything below `header`."""
    kind_of = _judge(header, upload)
    key = _key_columns(header.columns, upload)[0]
    numbers: list[int] = []
    kept: list[Sequence[CellValue]] = []
    left_out: list[LeftOut] = []
    for number, row in enumerate(rows[header.row :], header.row + 1):
        cell = row[key]
        # Nearly every row has its key; only the rest is looked at closely.
        if (cell.__class__ is str and cell[:1].isdigit()) or (cell.__class__ is float and cell > _SMALLEST_KEY):
            numbers.append(number)
            kept.append(row)
            continue
        kind = kind_of(row)
        if kind is _Row.PERSON:
            numbers.append(number)
            kept.append(row)
        elif kind is not _Row.BLANK:
            left_out.append(_told(number, kind))
    return numbers, kept, left_out


def _key_columns(columns: Mapping[str, int], upload: Upload) -> list[int]:
    by_kind = [c.id for c in upload.columns if c.kind in (Kind.CPR, Kind.TJENESTENR) or c.id == upload.person]
    keys = [columns[column] for column in by_kind if column in columns]
    return keys or list(columns.values())[:1]


def _judge(header: Header, upload: Upload) -> Callable[[Sequence[CellValue]], _Row]:
    columns = header.columns
    ours_of_earlier = {index for index, text in header.others if is_found_column(text)}
    keys = _key_columns(columns, upload)
    known = tuple(columns.values())
    counted = {columns[c.id] for c in upload.columns if c.kind in _COUNTED and c.id in columns}
    headers = {columns[column]: folded(text) for column, text in header.texts.items()}
    examples = {
        columns[c.id]: {folded(c.example), folded(c.note)} - {""} for c in upload.columns if c.id in columns
    }

    def kind_of(row: Sequence[CellValue]) -> _Row:
        filled = {
            index: cell for index, cell in enumerate(row) if not _empty(cell) and index not in ours_of_earlier
        }
        if not filled:
            return _Row.BLANK
        ours = {index: cell for index, cell in filled.items() if index in known}
        words = {index: cell for index, cell in filled.items() if isinstance(cell, str)}
        has_key = any(_is_key(filled.get(key)) for key in keys)
        if not has_key and any(_SUM.match(word) for word in words.values()):
            return _Row.SUM
        if not ours:
            return _Row.ELSEWHERE
        if not has_key and set(filled) <= counted:
            return _Row.SUM
        if len(ours) > 1 and all(folded(str(cell)) == headers[index] for index, cell in ours.items()):
            return _Row.HEADER
        if len(ours) > 1 and all(folded(str(cell)) in examples.get(index, ()) for index, cell in ours.items()):
            return _Row.EXAMPLE
        if len(filled) == 1 and not has_key and words and not any(map(str.isdigit, next(iter(words.values())))):
            return _Row.NOTE
        return _Row.PERSON

    return kind_of


def _empty(cell: CellValue) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _is_key(cell: CellValue) -> bool:
    if isinstance(cell, str):
        return sum(map(str.isdigit, cell)) > 3
    return isinstance(cell, int | float) and not isinstance(cell, bool) and cell > _SMALLEST_KEY


def _told(row: int, kind: _Row) -> LeftOut:
    if kind is _Row.SUM:
        text = say("Række {row} er en sum og er ikke læst som en person.", row=row)
        return LeftOut(row, "V-FIL-07", Severity.INFO, text)
    if kind is _Row.EXAMPLE:
        return LeftOut(
            row, "V-FIL-08", Severity.INFO, say("Række {row} er skabelonens eksempel og er ikke læst.", row=row)
        )
    if kind is _Row.HEADER:
        return LeftOut(
            row, "V-FIL-09", Severity.INFO, say("Række {row} gentager overskrifterne og er ikke læst.", row=row)
        )
    if kind is _Row.NOTE:
        text = say(
            "Række {row} ligner en bemærkning og er ikke læst. Udfyld rækken, hvis den er en person.", row=row
        )
        return LeftOut(row, "V-FIL-10", Severity.WARNING, text)
    text = say("Række {row} har kun noget i kolonner, der ikke bruges, og er ikke læst.", row=row)
    return LeftOut(row, "V-FIL-14", Severity.INFO, text)
