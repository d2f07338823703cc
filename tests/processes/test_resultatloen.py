"""The upload of resultatløn as a specification: a clean file of forty people, and one thing wrong at a time."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from registers import MemoryRegister, employment

from kkassist.domain.batch import Severity
from kkassist.processes.cells import CellValue, Odd, Table
from kkassist.processes.checking import Checked, Previous, check
from kkassist.processes.own_rules import OWN_RULES
from kkassist.processes.resultatloen import COLUMNS, PROCESS

PEOPLE = [employment(f"1000{n:02d}", f"6101{n:02d}1234", f"Anna Maria Eksempel{n}") for n in range(40)]
DOUBLE = employment("200000", PEOPLE[3].cpr, PEOPLE[3].name)
GONE = employment("300000", "6105801234", "Bo Fratrådt", leave_date=date(2026, 3, 31))
SOON = employment("300001", "6105801235", "Bo Kommende", entry_date=date(2027, 1, 1))
REGISTER = MemoryRegister([*PEOPLE, DOUBLE, GONE, SOON], closed=frozenset({"9999999999"}))
FIRST = 5
"""Excel's row of the first person."""


def clean_rows() -> list[dict[str, CellValue]]:
    return [
        {
            "cpr": f"{one.cpr[:6]}-{one.cpr[6:]}",
            "tjenestenr": one.tjenestenr,
            "navn": one.name,
            "loenart": "ENG-RES",
            "beloeb": 10000.0 + number * 100.5,
            "pensionsgivende": "J",
            "optjening_fra": datetime(2026, 1, 1),
            "optjening_til": datetime(2026, 10, 31),
            "udbetalingsmaaned": "2026-12",
            "aftale": "RL-2026-001",
            "begrundelse": "Mål opfyldt",
            "omkostningssted": None,
            "psp": None,
        }
        for number, one in enumerate(PEOPLE)
    ]


def table(rows: list[dict[str, CellValue]], cover: Mapping[str, CellValue] | None = None) -> Table:
    ids = [column.id for column in COLUMNS]
    return Table(
        file_name="fil.xlsx",
        sheet="Data",
        header_row=FIRST - 1,
        columns={one: index for index, one in enumerate(ids)},
        letters={one: chr(ord("A") + index) for index, one in enumerate(ids)},
        headers={column.id: column.header for column in COLUMNS},
        numbers=list(range(FIRST, FIRST + len(rows))),
        rows=[[row[one] for one in ids] for row in rows],
        cover=cover or {},
    )


def checked(changes: Mapping[str, CellValue], cover: Mapping[str, CellValue] | None = None) -> Checked:
    """The clean file with `changes` in the eighth person's row (Excel row 12)."""
    rows = clean_rows()
    rows[7] |= changes
    return check(PROCESS, table(rows, cover), REGISTER)


def told(result: Checked) -> list[tuple[str, str, str, Severity]]:
    return [(one.rule, one.cell, one.column, one.severity) for one in result.findings]


def test_a_clean_file_has_no_findings() -> None:
    result = checked({})
    assert result.findings == ()
    assert (result.ok, result.warnings, result.errors, result.blocked) == (40, 0, 0, False)


def test_rows_come_back_in_stored_form_with_excels_row_numbers() -> None:
    number, values = checked({}).rows[0]
    assert number == FIRST
    assert values["cpr"] == PEOPLE[0].cpr
    assert values["beloeb"] == "10000.00"
    assert values["optjening_til"] == "2026-10-31"
    assert values["omkostningssted"] == ""


ERRORS: list[tuple[str, dict[str, CellValue], str, str]] = [
    ("V-FX-01", {"cpr": "6101071"}, "A12", "CPR-nr."),
    ("V-FX-02", {"cpr": "3213901234"}, "A12", "CPR-nr."),
    ("K-01", {"cpr": None}, "A12", "CPR-nr."),
    ("V-FX-05", {"tjenestenr": "100008"}, "B12", "Tjenestenr."),
    ("V-FX-05", {"tjenestenr": 987654.0}, "B12", "Tjenestenr."),
    ("K-10", {"tjenestenr": "ukendt"}, "B12", "Tjenestenr."),
    ("V-RL-02", {"loenart": "ENG-XX"}, "D12", "Lønart"),
    ("V-RL-02", {"loenart": "TRK-TIL"}, "D12", "Lønart"),
    ("V-FX-10", {"beloeb": "12,500.75"}, "E12", "Beløb"),
    ("V-RL-03", {"beloeb": 0}, "E12", "Beløb"),
    ("V-RL-03", {"beloeb": "-500,00"}, "E12", "Beløb"),
    ("V-RL-03", {"beloeb": "60.000,01"}, "E12", "Beløb"),
    ("V-RL-04", {"pensionsgivende": "nej"}, "F12", "Pensionsgivende J/N"),
    ("K-07", {"pensionsgivende": "måske"}, "F12", "Pensionsgivende J/N"),
    ("V-FX-11", {"optjening_fra": "31-02-2026"}, "G12", "Optjeningsperiode fra"),
    ("K-RL-03", {"optjening_fra": "01-11-2026"}, "H12", "Optjeningsperiode til"),
    ("K-09", {"udbetalingsmaaned": "snart"}, "I12", "Udbetalingsmåned ÅÅÅÅ-MM"),
    ("V-RL-01", {"aftale": "RL-2019-001"}, "J12", "Aftale-id"),
    ("V-RL-01", {"optjening_fra": "01-01-2025"}, "J12", "Aftale-id"),
    ("K-01", {"begrundelse": " "}, "K12", "Begrundelse"),
    ("V-RL-08", {"omkostningssted": 9999999999.0}, "L12", "Omkostningssted"),
    ("K-RL-06", {"navn": "I alt"}, "C12", "Navn"),
]


@pytest.mark.parametrize(("rule", "changes", "cell", "header"), ERRORS)
def test_one_error_is_found_at_its_cell_and_nothing_else_is_invented(
    rule: str, changes: dict[str, CellValue], cell: str, header: str
) -> None:
    result = checked(changes)
    assert (rule, cell, header, Severity.ERROR) in told(result)
    assert [one for one in told(result) if one[3] is Severity.ERROR] == [(rule, cell, header, Severity.ERROR)]
    assert {one.row for one in result.findings} == {12}
    assert (result.ok, result.errors, result.blocked) == (39, 1, True)
    assert all(one.message.endswith((".", "?")) for one in result.findings)


def test_all_errors_at_once_are_all_found() -> None:
    rows = clean_rows()
    for at, (_, changes, _, _) in enumerate(ERRORS):
        rows[at].update(changes)
    found = [one for one in check(PROCESS, table(rows), REGISTER).findings if one.severity is Severity.ERROR]
    expected = [(rule, f"{cell[0]}{FIRST + at}") for at, (rule, _, cell, _) in enumerate(ERRORS)]
    assert [(one.rule, one.cell) for one in found] == expected


@pytest.mark.parametrize(
    ("rule", "changes", "cell"),
    [
        ("K-RL-01", {"navn": "Peter Andersen"}, "C12"),
        ("K-RL-04", {"udbetalingsmaaned": "2026-10"}, "I12"),
        ("V-RL-05", {"cpr": GONE.cpr, "tjenestenr": GONE.tjenestenr, "navn": GONE.name}, "H12"),
        ("V-RL-05", {"cpr": SOON.cpr, "tjenestenr": SOON.tjenestenr, "navn": SOON.name}, "H12"),
        ("K-RL-05", {"cpr": DOUBLE.cpr, "tjenestenr": DOUBLE.tjenestenr, "navn": DOUBLE.name}, "A12"),
    ],
)
def test_a_warning_asks_for_a_look_and_stops_nothing(rule: str, changes: dict[str, CellValue], cell: str) -> None:
    result = checked(changes)
    assert [(one.rule, one.cell, one.severity) for one in result.findings] == [(rule, cell, Severity.WARNING)]
    assert (result.ok, result.warnings, result.errors, result.blocked) == (39, 1, 0, False)


def test_a_cpr_that_opus_knows_needs_no_look_in_opus_but_an_unknown_one_does() -> None:
    unknown = checked({"cpr": "6105991239"})
    assert {one.rule for one in unknown.findings} == {"V-FX-04", "V-FX-05"}


def test_a_lost_leading_zero_is_mended_and_told() -> None:
    person = employment("400000", "0707614285", "Ea Nul")
    rows = clean_rows()
    rows[7] |= {"cpr": 707614285.0, "tjenestenr": "400000", "navn": "Nul, Ea"}
    result = check(PROCESS, table(rows), MemoryRegister([*PEOPLE, person]))
    assert [(one.rule, one.cell, one.severity) for one in result.findings] == [("K-05", "A12", Severity.WARNING)]
    assert result.rows[7][1]["cpr"] == "0707614285"


def test_a_finding_shows_a_whole_cpr_masked_and_an_unreadable_one_as_it_stands() -> None:
    assert {one.value for one in checked({"cpr": "6105991239"}).findings if one.cell == "A12"} == {"610599-••••"}
    assert {one.value for one in checked({"cpr": "61059x"}).findings} == {"61059x"}


@pytest.mark.parametrize("name", ["Eksempel7, Anna Maria", "anna maria eksempel7", "Anna Eksempel7", "", None])
def test_names_may_be_written_in_the_ways_people_write_them(name: str | None) -> None:
    assert checked({"navn": name}).findings == ()


def test_a_duplicate_is_told_at_the_later_row_and_names_both() -> None:
    rows = clean_rows()
    rows[20] |= {one: rows[7][one] for one in ("cpr", "tjenestenr", "navn")}
    (found,) = check(PROCESS, table(rows), REGISTER).findings
    assert (found.rule, found.row, found.cell, found.severity) == ("V-RL-06", 25, "B25", Severity.ERROR)
    assert "række 12 og 25" in found.message


def test_an_amount_a_hundred_times_too_big_is_told_with_what_it_may_have_been() -> None:
    result = checked({"beloeb": 1070350.0})
    assert {(one.rule, one.cell) for one in result.findings} == {("V-RL-03", "E12"), ("K-RL-02", "E12")}
    assert "10.703,50" in next(one.message for one in result.findings if one.rule == "K-RL-02")


def test_a_large_amount_inside_its_agreement_is_only_a_warning() -> None:
    agreements = {"aftaler": {"RL-2026-001": {"fra": "2026-01-01", "til": "2026-12-31"}}}
    register = replace(REGISTER, tables={**REGISTER.tables, **agreements})
    rows = clean_rows()
    rows[7]["beloeb"] = 100000.01
    (found,) = check(PROCESS, table(rows), register).findings
    assert (found.rule, found.severity) == ("V-RL-03", Severity.WARNING)


def test_an_agreement_may_cover_some_positions_only() -> None:
    agreement = {"fra": "2026-01-01", "til": "2026-12-31", "stillinger": "Kontorchef, Teamleder"}
    register = replace(REGISTER, tables={**REGISTER.tables, "aftaler": {"RL-2026-001": agreement}})
    result = check(PROCESS, table(clean_rows()), register)
    assert {one.rule for one in result.findings} == {"V-RL-01"}
    assert result.errors == 40


def test_the_cover_sheet_must_agree_with_the_rows() -> None:
    total = sum((Decimal(str(row["beloeb"])) for row in clean_rows()), Decimal(0))
    assert checked({}, {"antal": 40.0, "kontrolsum": float(total)}).findings == ()
    (found,) = checked({}, {"antal": 41, "kontrolsum": "478.390,00"}).findings
    assert (found.rule, found.row, found.severity) == ("V-RL-07", 0, Severity.ERROR)
    assert found.message.startswith("Filen har 40 rækker og 478.390,00 kr., men forsiden siger 41 og 478.390,00")


def test_an_unreadable_amount_does_not_make_the_control_sum_wrong_as_well() -> None:
    result = checked({"beloeb": "tolv"}, {"antal": 40, "kontrolsum": "478.390,00"})
    assert [one.rule for one in result.findings] == ["V-FX-10"]
    assert result.rows[7][1]["beloeb"] == "tolv"


@pytest.mark.parametrize(
    ("odd", "rule"),
    [(Odd.ERROR, "K-02"), (Odd.FORMULA_WITHOUT_VALUE, "K-03"), (Odd.TOO_LONG_NUMBER, "K-04")],
)
def test_an_odd_cell_is_told_instead_of_what_it_seems_to_hold(odd: Odd, rule: str) -> None:
    rows = clean_rows()
    rows[7]["beloeb"] = ""
    found = check(PROCESS, replace(table(rows), odd={(12, "beloeb"): odd}), REGISTER).findings
    assert [(one.rule, one.cell) for one in found] == [(rule, "E12")]


def test_totals_are_what_a_person_looks_at_before_anything_is_sent() -> None:
    people = frozenset(one.tjenestenr for one in PEOPLE[5:]) | {"999999"}
    rows = clean_rows()
    rows[0]["omkostningssted"] = "2222222222"
    result = check(PROCESS, table(rows), REGISTER, Previous("B1", 36, Decimal(1000), people))
    totals = result.totals
    assert (totals.rows, totals.amount) == (40, Decimal("478390.00"))
    assert totals.by_group == (("1111111111", 39, Decimal("468390.00")), ("2222222222", 1, Decimal("10000.00")))
    assert totals.biggest[0] == (44, "Anna Maria Eksempel39", Decimal("13919.50"))
    assert len(totals.biggest) == 10
    assert totals.previous == ("B1", 36, Decimal(1000))
    assert (totals.new_people, totals.missing_people) == (5, 1)


def test_the_content_hash_follows_every_value_and_the_order() -> None:
    clean = checked({}).content_hash
    assert clean == checked({"beloeb": "10.703,50"}).content_hash
    assert clean != checked({"beloeb": "10.703,51"}).content_hash
    assert clean != checked({"begrundelse": "Andet"}).content_hash


def test_a_file_without_rows_is_an_error_of_the_file() -> None:
    result = check(PROCESS, table([]), REGISTER)
    assert [(one.rule, one.row) for one in result.findings] == [("K-12", 0)]
    assert result.blocked


def test_every_rule_is_documented() -> None:
    assert PROCESS.upload is not None
    rules = {one.rule for one in (*PROCESS.upload.row_checks, *PROCESS.upload.file_checks)}
    assert {one for one in rules if one.startswith("K-")} <= set(OWN_RULES)
    assert {f"V-RL-0{number}" for number in range(1, 9)} | {"V-FX-05"} <= rules
