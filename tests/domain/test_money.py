"""Amounts as Danes write and read them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkassist.domain.errors import Unreadable
from kkassist.domain.money import kroner, parse_amount, plain, to_oere


@pytest.mark.parametrize(
    ("written", "kroner_"),
    [
        ("12.500,75", "12500.75"),
        ("12500,75", "12500.75"),
        ("12 500,75", "12500.75"),
        ("12\u00a0500", "12500"),
        ("12.500", "12500"),
        ("12.500,-", "12500"),
        ("kr. 12.500,75", "12500.75"),
        ("12.500,75 kr.", "12500.75"),
        ("0,5", "0.5"),
        ("-1.300,00", "-1300"),
        ("\u2212200", "-200"),
        ("1.234.567,89", "1234567.89"),
    ],
)
def test_reads_what_danes_write(written: str, kroner_: str) -> None:
    assert parse_amount(written) == Decimal(kroner_)


@pytest.mark.parametrize(
    "written", ["12,500.75", "12500.75", "12.50", "1.2345", "12,500,75", "", "tolv", "12e3", "1.500.75", "٣"]
)
def test_refuses_what_could_mean_two_amounts_or_none(written: str) -> None:
    with pytest.raises(Unreadable, match=r"Skriv fx 12\.500,75") as refused:
        parse_amount(written)
    assert refused.value.rule == "V-FX-10"


def test_says_that_there_are_too_many_decimals() -> None:
    with pytest.raises(Unreadable, match="mere end to decimaler"):
        parse_amount("12,500")


@given(st.decimals(min_value="-99999999", max_value="99999999", places=2))
def test_what_is_shown_is_read_back(amount: Decimal) -> None:
    assert parse_amount(kroner(amount)) == amount


def test_rounds_half_up_to_oere() -> None:
    assert to_oere(Decimal("0.125")) == Decimal("0.13")
    assert to_oere(Decimal("-0.125")) == Decimal("-0.13")
    assert plain(Decimal("12500.755")) == "12500.76"
