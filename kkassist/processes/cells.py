"""What a workbook's reader hands to the checks: raw cells in Excel's own rows, nothing interpreted yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from kkassist.domain.batch import Finding

CellValue = str | int | float | bool | date | datetime | time | timedelta | None


class Odd(StrEnum):
    """A cell whose value cannot be trusted though the reader gave one."""

    ERROR = "error"  # #N/A, #REF! …
    FORMULA_WITHOUT_VALUE = "formula_without_value"
    TOO_LONG_NUMBER = "too_long_number"  # more digits than Excel keeps: 15


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one upload, found in the file: title rows, sum rows and blank rows are already out.

    `rows[i]` is Excel's row `numbers[i]`; `rows[i][columns[id]]` the raw cell of the column with that id.
    """

    file_name: str
    sheet: str
    header_row: int
    columns: Mapping[str, int]
    letters: Mapping[str, str]
    """Column id → Excel's letter."""
    headers: Mapping[str, str]
    """Column id → header as it stands in the file."""
    numbers: Sequence[int]
    rows: Sequence[Sequence[CellValue]]
    odd: Mapping[tuple[int, str], Odd] = field(default_factory=dict)
    """(Excel row, column id) → what is odd."""
    hidden_rows: frozenset[int] = frozenset()
    cover: Mapping[str, CellValue] = field(default_factory=dict)
    """Cover-sheet values by column id, where the file has a cover sheet."""
    findings: tuple[Finding, ...] = ()
    """What the reader itself found: missing columns, hidden rows, ignored sheets, sum rows left out …"""
