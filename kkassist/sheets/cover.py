"""Reads a cover sheet: labels with their value to the right, or in one cell after a colon."""

from collections.abc import Sequence

from kkassist.processes.cells import CellValue
from kkassist.processes.words import Column
from kkassist.sheets.headers import folded, known_names


def read_cover(rows: Sequence[Sequence[CellValue]], columns: Sequence[Column]) -> dict[str, CellValue]:
    """Column id → raw value, for each label found in `rows` that has a value. The first one wins."""
    names = known_names(columns)
    found: dict[str, CellValue] = {}
    for row in rows:
        for index, cell in enumerate(row):
            if not isinstance(cell, str) or not cell.strip():
                continue
            label, colon, behind = cell.partition(":")
            hit = names.get(folded(cell)) or (names.get(folded(label)) if colon else None)
            if hit is None or hit[1] in found:
                continue
            value = behind.strip() or _right_of(row, index)
            if value not in ("", None):
                found[hit[1]] = value
    return found


def _right_of(row: Sequence[CellValue], index: int) -> CellValue:
    for cell in row[index + 1 : index + 4]:
        if cell is not None and (not isinstance(cell, str) or cell.strip()):
            return cell
    return ""
