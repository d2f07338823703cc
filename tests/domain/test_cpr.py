"""CPR numbers: read in every way people write them, refused with a rule, never shown whole."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkassist.domain.cpr import FoundCpr, birth_date, find_cprs, masked, parse_cpr, without_cpr
from kkassist.domain.errors import Unreadable

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("written", ["6101901234", "610190-1234", "610190 1234", " 610190\u00a0-\u00a01234 "])
def test_reads_hyphen_and_spaces(written: str) -> None:
    found = parse_cpr(written)
    assert found.digits == "6101901234"
    assert found.birth_date == date(1990, 1, 1)
    assert found.replacement


@pytest.mark.parametrize(
    ("digits", "born"),
    [
        ("0101000000", date(1900, 1, 1)),
        ("0101993000", date(1999, 1, 1)),
        ("0101364000", date(2036, 1, 1)),
        ("0101374000", date(1937, 1, 1)),
        ("0101575000", date(2057, 1, 1)),
        ("0101588000", date(1858, 1, 1)),
        ("0101369000", date(2036, 1, 1)),
        ("0101379000", date(1937, 1, 1)),
        ("2902005000", date(2000, 2, 29)),
    ],
)
def test_the_seventh_digit_gives_the_century(digits: str, born: date) -> None:
    assert birth_date(digits) == born


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("610190123", "V-FX-01"),
        ("61019012345", "V-FX-01"),
        ("610190123x", "V-FX-01"),
        ("", "V-FX-01"),
        ("3201901234", "V-FX-02"),
        ("2902001234", "V-FX-02"),  # 1900 was no leap year
        ("9201901234", "V-FX-02"),  # day 32 of a replacement number
        ("0113901234", "V-FX-02"),
        ("0101304123", "V-FX-02"),  # 2030
    ],
)
def test_refuses_by_rule_without_repeating_the_number(written: str, rule: str) -> None:
    with pytest.raises(Unreadable) as refused:
        parse_cpr(written, today=TODAY)
    assert refused.value.rule == rule
    assert written == "" or written[:6] not in str(refused.value)


def test_modulus_11_only_informs() -> None:
    assert parse_cpr("0707614285").mod11  # published example of a number with a fitting check digit
    assert not parse_cpr("0707614286").mod11


def test_the_tenth_digit_tells_woman_from_man() -> None:
    assert parse_cpr("6101901234").woman
    assert not parse_cpr("6101901235").woman


def test_nothing_printed_holds_the_number() -> None:
    found = parse_cpr("6101901234")
    assert str(found) == "610190-••••" == masked("6101901234")
    assert "1234" not in repr(found)
    assert found.formatted() == "610190-1234"
    assert masked("") == ""


def test_finds_certain_and_suspect_numbers() -> None:
    text = "Se 610190-1234, 610190 1234 og 990190-1234; konto 9999999999 er ingen."
    assert find_cprs(text) == (FoundCpr(3, 14, True), FoundCpr(16, 27, True), FoundCpr(31, 42, False))


def test_takes_them_out_for_the_log() -> None:
    text = "fil 6101901234.xlsx for 610190-1234, /case?q=610190%2D1234, tlf. 33 66 33 66, nr. 61019012345"
    clean = without_cpr(text)
    assert clean == "fil [CPR].xlsx for [CPR], /case?q=[CPR], tlf. 33 66 33 66, nr. 61019012345"


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 999), st.sampled_from(["", "-", " "]))
def test_no_number_with_a_birth_date_gets_past_the_log(born: date, serial: int, between: str) -> None:
    digits = f"{born:%d%m%y}{between}0{serial:03d}"
    assert without_cpr(f"x {digits} y") == "x [CPR] y"
    assert parse_cpr(digits).birth_date == born


def test_only_an_unexpected_check_digit_is_worth_a_look() -> None:
    assert parse_cpr("0707614286").unusual_check_digit
    assert not parse_cpr("0707614285").unusual_check_digit
    assert not parse_cpr("0101600009").unusual_check_digit  # 1 January 1960 is known to be without
    assert not parse_cpr("6101901234").unusual_check_digit  # a replacement number has none to fit
