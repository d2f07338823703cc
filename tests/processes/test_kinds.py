"""Each kind of value: what people write becomes its stored form, and back."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkassist.domain.batch import Severity
from kkassist.processes.cells import CellValue
from kkassist.processes.kinds import Reading, edit, normalised, read, reader, show, stored_faults
from kkassist.processes.own_rules import OWN_RULES
from kkassist.processes.words import Column, Field, Kind, Option

OPTIONS = (Option("ENG-RES", "Resultatløn, engangsbeløb"), Option("ENG-VED", "Engangsvederlag (lokal løn)"))


def reading(kind: Kind, cell: CellValue, options: tuple[Option, ...] = ()) -> Reading:
    return reader(kind, label="Kolonnen", options=options, today=date(2026, 11, 23))(cell)


def rules(found: Reading) -> list[str]:
    return [fault.rule for fault in found.faults]


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        (Kind.CPR, "070761-4285", "0707614285"),
        (Kind.CPR, "0707614285 ", "0707614285"),
        (Kind.CPR, 1111111118.0, "1111111118"),
        (Kind.TJENESTENR, 123456.0, "123456"),
        (Kind.TJENESTENR, " 12 34 56\u00a0", "123456"),
        (Kind.DATE, datetime(2026, 3, 1, 0, 0), "2026-03-01"),
        (Kind.DATE, date(2026, 3, 1), "2026-03-01"),
        (Kind.DATE, 46082.0, "2026-03-01"),
        (Kind.DATE, "46082", "2026-03-01"),
        (Kind.DATE, "1/3-2026", "2026-03-01"),
        (Kind.DATE, 1032026.0, "2026-03-01"),
        (Kind.MONTH, "2026-11", "2026-11"),
        (Kind.MONTH, "nov 2026", "2026-11"),
        (Kind.MONTH, datetime(2026, 11, 1), "2026-11"),
        (Kind.MONTH, 202611.0, "2026-11"),
        (Kind.AMOUNT, "12.500,75", "12500.75"),
        (Kind.AMOUNT, 12500.75, "12500.75"),
        (Kind.AMOUNT, 1150.0000000000002, "1150.00"),
        (Kind.AMOUNT, 12500, "12500.00"),
        (Kind.HOURS, "37,5", "37.5"),
        (Kind.HOURS, "7:24", "7.4"),
        (Kind.HOURS, time(7, 30), "7.5"),
        (Kind.HOURS, timedelta(hours=37), "37"),
        (Kind.HOURS, 27.75, "27.75"),
        (Kind.NUMBER, "1.200", "1200"),
        (Kind.NUMBER, 3.0, "3"),
        (Kind.COST_CENTER, 1234567890.0, "1234567890"),
        (Kind.TEXT, "  to\u00a0 ord\n her ", "to ord her"),
        (Kind.TEXT, 12.0, "12"),
        (Kind.LONG_TEXT, "en\r\nto  ", "en\nto"),
    ],
)
def test_reads_what_people_and_excel_write(kind: Kind, cell: CellValue, value: str) -> None:
    assert reading(kind, cell) == Reading(value)


@pytest.mark.parametrize("cell", ["j", "J", "ja", "Ja ", "x", "X", "1", 1, 1.0, True, "true", "SAND", "yes"])
def test_yes_in_all_the_ways_people_write_it(cell: CellValue) -> None:
    assert reading(Kind.YES_NO, cell).value == "J"


@pytest.mark.parametrize("cell", ["n", "Nej", "0", 0, 0.0, False, "FALSK", "no", "-"])
def test_no_in_all_the_ways_people_write_it(cell: CellValue) -> None:
    assert reading(Kind.YES_NO, cell).value == "N"


@pytest.mark.parametrize(
    "cell", ["ENG-RES", "eng-res", "Resultatløn, engangsbeløb", "ENG-RES resultatløn engangsbeløb"]
)
def test_a_choice_by_value_or_label(cell: str) -> None:
    assert reading(Kind.CHOICE, cell, OPTIONS).value == "ENG-RES"
    assert reading(Kind.TEXT, cell, OPTIONS).value == "ENG-RES"


def test_a_text_with_suggestions_lets_others_through_to_the_rules() -> None:
    assert reading(Kind.TEXT, "ENG-XX", OPTIONS) == Reading("ENG-XX")
    assert rules(reading(Kind.CHOICE, "ENG-XX", OPTIONS)) == ["K-06"]


@pytest.mark.parametrize("cell", [101901234.0, 101901234, "101901234", "010190-1234"[1:]])
def test_a_lost_leading_zero_is_put_back_with_a_warning(cell: CellValue) -> None:
    found = reading(Kind.CPR, cell)
    assert found.value == "0101901234"
    assert found.readable
    assert rules(found) == ["K-05"]
    assert found.faults[0].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("kind", "cell", "rule"),
    [
        (Kind.CPR, "61019012", "V-FX-01"),
        (Kind.CPR, 999999999.0, "V-FX-01"),
        (Kind.CPR, "3113901234", "V-FX-02"),
        (Kind.CPR, "0101304123", "V-FX-02"),
        (Kind.AMOUNT, "12,500.75", "V-FX-10"),
        (Kind.AMOUNT, 12.345, "V-FX-10"),
        (Kind.AMOUNT, True, "V-FX-10"),
        (Kind.AMOUNT, float("nan"), "V-FX-10"),
        (Kind.AMOUNT, date(2026, 1, 1), "V-FX-10"),
        (Kind.DATE, "31-02-2026", "V-FX-11"),
        (Kind.DATE, time(0, 0), "V-FX-11"),
        (Kind.DATE, True, "V-FX-11"),
        (Kind.DATE, 12.5, "V-FX-11"),
        (Kind.DATE, float("nan"), "V-FX-11"),
        (Kind.DATE, float("inf"), "V-FX-11"),
        (Kind.MONTH, float("inf"), "K-09"),
        (Kind.DATE, datetime(206, 3, 1), "V-FX-11"),
        (Kind.MONTH, "hest", "K-09"),
        (Kind.YES_NO, "måske", "K-07"),
        (Kind.HOURS, "mange", "K-08"),
        (Kind.NUMBER, "1,2,3", "K-08"),
        (Kind.TJENESTENR, "A1234", "K-10"),
        (Kind.COST_CENTER, "12 & 13", "K-11"),
        (Kind.TEXT, "#REF!", "K-02"),
        (Kind.TJENESTENR, 1234567890123456789.0, "K-04"),
    ],
)
def test_what_cannot_be_read_is_an_error_by_rule_that_tells_what_to_do(
    kind: Kind, cell: CellValue, rule: str
) -> None:
    found = reading(kind, cell)
    assert rules(found) == [rule]
    assert not found.readable
    assert found.faults[0].message.endswith(".")
    assert rule.startswith("V-") or rule in OWN_RULES


def test_a_replacement_number_and_an_unusual_check_digit_are_warnings() -> None:
    assert rules(reading(Kind.CPR, "6107614285")) == ["V-FX-04"]
    assert rules(reading(Kind.CPR, "0707614286")) == ["V-FX-03"]


def test_empty_is_an_error_only_where_it_is_required() -> None:
    must = Column("navn", "Navn")
    may = Column("psp", "PSP", required=False)
    for blank in (None, "", " \u00a0"):
        assert rules(read(blank, must)) == ["K-01"]
        assert read(blank, must).faults[0].message == "Navn mangler. Udfyld cellen."
        assert read(blank, may) == Reading("")


def test_shows_stored_values_as_danes_read_them() -> None:
    assert show("2026-11-23", Kind.DATE) == "23-11-2026"
    assert show("2026-11", Kind.MONTH) == "november 2026"
    assert show("12500.75", Kind.AMOUNT) == "12.500,75"
    assert show("37.50", Kind.HOURS) == "37,5"
    assert show("J", Kind.YES_NO) == "Ja"
    assert show("ENG-RES", Kind.CHOICE, OPTIONS) == "Resultatløn, engangsbeløb"
    assert show("0101901234", Kind.CPR) == "010190-••••"
    assert show("010190 1234 x", Kind.CPR) == "[CPR] x"
    assert show("ikke en dato", Kind.DATE) == "ikke en dato"
    assert show("", Kind.AMOUNT) == ""


STORED = st.one_of(
    st.tuples(st.just(Kind.DATE), st.dates(date(1970, 1, 1), date(2069, 12, 31)).map(date.isoformat)),
    st.tuples(st.just(Kind.AMOUNT), st.decimals("-9999999", "9999999", places=2).map(lambda d: f"{d:f}")),
    st.tuples(st.just(Kind.NUMBER), st.integers(-(10**9), 10**9).map(str)),
    st.tuples(st.just(Kind.HOURS), st.integers(0, 400).map(lambda n: f"{(Decimal(n) / 4).normalize():f}")),
    st.tuples(st.just(Kind.MONTH), st.dates(date(1970, 1, 1), date(2069, 1, 1)).map(lambda d: f"{d:%Y-%m}")),
    st.tuples(st.just(Kind.YES_NO), st.sampled_from(["J", "N"])),
    st.tuples(st.just(Kind.CPR), st.just("0707614285")),
)


@given(STORED)
def test_what_an_editor_shows_is_read_back_unchanged(stored: tuple[Kind, str]) -> None:
    kind, value = stored
    assert reading(kind, edit(value, kind)).value.replace("-0.00", "0.00") == value.replace("-0.00", "0.00")
    assert stored_faults(value, kind) == ()


@given(
    st.sampled_from(list(Kind)),
    st.one_of(st.text(), st.floats(), st.integers(), st.dates(), st.times(), st.booleans()),
)
def test_nothing_in_a_cell_is_a_bug(kind: Kind, cell: CellValue) -> None:
    found = reading(kind, cell)
    assert found.faults or kind is Kind.CHOICE or stored_faults(found.value, kind) == ()


def test_stored_values_are_checked_as_stored() -> None:
    assert [one.rule for one in stored_faults("31-12-2026", Kind.DATE)] == ["V-FX-11"]
    assert [one.rule for one in stored_faults("12.500,75", Kind.AMOUNT)] == ["V-FX-10"]
    assert [one.rule for one in stored_faults("Q", Kind.CHOICE, OPTIONS)] == ["K-06"]
    assert stored_faults("ENG-RES", Kind.CHOICE, OPTIONS) == ()


def test_a_sources_own_text_becomes_stored_form_where_it_can() -> None:
    assert normalised("1. marts 2026", Field("d", "Dato", Kind.DATE)) == "2026-03-01"
    assert normalised("2026-03-01", Field("d", "Dato", Kind.DATE)) == "2026-03-01"
    assert normalised("ukendt", Field("d", "Dato", Kind.DATE)) == "ukendt"
