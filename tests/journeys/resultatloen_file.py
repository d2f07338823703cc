"""A resultatløn workbook as a budget holder fills in the template, and sixty errors of twelve kinds to plant in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl

FIRST_ROW = 3
"""Excel's number of the first row below the template's headings."""
Row = dict[str, str]
AMOUNT, PERIOD_FROM, PERIOD_TO = "Beløb", "Optjeningsperiode fra", "Optjeningsperiode til"


@dataclass(frozen=True)
class Planted:
    """An error that was put into a file: Excel's row, the column's heading, and the rule that must find it."""

    row: int
    column: str
    rule: str


@dataclass(frozen=True)
class ErrorKind:
    """A way in which people get a row wrong."""

    name: str
    column: str
    rule: str
    spoil: Callable[[Row, Sequence[Row]], Row]


def _put(column: str, text: str) -> Callable[[Row, Sequence[Row]], Row]:
    return lambda row, _: {**row, column: text}


def _other_way_round(row: Row, _: Sequence[Row]) -> Row:
    return {**row, PERIOD_FROM: row[PERIOD_TO], PERIOD_TO: row[PERIOD_FROM]}


def _pension_flipped(row: Row, _: Sequence[Row]) -> Row:
    column = "Pensionsgivende J/N"
    return {**row, column: "N" if row[column] == "J" else "J"}


def _number_of_another(row: Row, others: Sequence[Row]) -> Row:
    column = "Tjenestenr."
    return {**row, column: next(one[column] for one in others if one["CPR-nr."] != row["CPR-nr."])}


def _row_above(row: Row, others: Sequence[Row]) -> Row:
    return dict(others[others.index(row) - 1])


KINDS = (
    ErrorKind("cpr too short", "CPR-nr.", "V-FX-01", lambda row, _: {**row, "CPR-nr.": row["CPR-nr."][:7]}),
    ErrorKind(
        "cpr without a birth date",
        "CPR-nr.",
        "V-FX-02",
        lambda row, _: {**row, "CPR-nr.": "3213" + row["CPR-nr."][4:]},
    ),
    ErrorKind("another person's number", "Tjenestenr.", "V-FX-05", _number_of_another),
    ErrorKind("unknown pay code", "Lønart", "V-RL-02", _put("Lønart", "ENG-XYZ")),
    ErrorKind("the same row twice", "Tjenestenr.", "V-RL-06", _row_above),
    ErrorKind("no amount", AMOUNT, "K-01", _put(AMOUNT, "")),
    ErrorKind("amount in words", AMOUNT, "V-FX-10", _put(AMOUNT, "efter aftale")),
    ErrorKind("amount below zero", AMOUNT, "V-RL-03", _put(AMOUNT, "-2.500,00")),
    ErrorKind("amount above the ceiling", AMOUNT, "V-RL-03", _put(AMOUNT, "60.000,01")),
    ErrorKind("pension not as agreed", "Pensionsgivende J/N", "V-RL-04", _pension_flipped),
    ErrorKind("a day that is not", PERIOD_TO, "V-FX-11", _put(PERIOD_TO, "31-06-2026")),
    ErrorKind("period the other way round", PERIOD_TO, "K-RL-03", _other_way_round),
)
OF_EACH = 5


def spoilt(rows: Sequence[Row], seed_step: int = 13) -> tuple[list[Row], list[Planted]]:
    """The rows with five errors of each of the twelve kinds, spread over the file, and where they are."""
    wrong, planted = [dict(row) for row in rows], []
    for number in range(len(KINDS) * OF_EACH):
        kind, at = KINDS[number % len(KINDS)], 7 + number * seed_step
        wrong[at] = kind.spoil(rows[at], rows)
        planted.append(Planted(FIRST_ROW + at, kind.column, kind.rule))
    return wrong, planted


def write(template: Path, path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """The template filled in. Every other row holds real dates and numbers, as Excel makes them; the rest texts."""
    book = openpyxl.load_workbook(template)
    sheet = book["Data"]
    headings = [str(cell.value).removesuffix(" *") for cell in sheet[FIRST_ROW - 1]]
    for number, row in enumerate(rows, start=FIRST_ROW):
        for place, heading in enumerate(headings, start=1):
            text = row[heading]
            if text:
                sheet.cell(number, place).value = _as_excel_has_it(heading, text) if number % 2 else text
    book.save(path)
    return path


def _as_excel_has_it(heading: str, text: str) -> object:
    try:
        if heading == AMOUNT:
            return float(Decimal(text.replace(".", "").replace(",", ".")))
        if heading in {PERIOD_FROM, PERIOD_TO}:
            day, month, year = (int(part) for part in text.split("-"))
            return date(year, month, day)
    except (ArithmeticError, ValueError):
        return text
    return text
