"""Dates, amounts and hours as caseworkers write them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.widgets.notation import (
    amount_text,
    date_text,
    decimal_text,
    due_text,
    long_date_text,
    mask_cpr,
    moment_text,
    read_date,
    read_decimal,
    read_hours,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@given(st.dates(date(1000, 1, 1)))
def test_a_written_date_is_read_back(day):
    assert read_date(date_text(day)) == day


@given(st.decimals(-(10**9), 10**9, places=2))
def test_a_written_amount_is_read_back(kroner):
    assert read_decimal(amount_text(kroner)) == kroner


@given(st.text())
def test_no_text_breaks_a_reader(text):
    for read in (read_date, read_decimal, read_hours):
        read(text)


@pytest.mark.parametrize("text", ["23-11-2026", "23.11.26", "23112026", "231126", " 23-11-2026 "])
def test_a_date_may_be_typed_in_many_ways(text):

    assert read_date(text) == date(2026, 11, 23)


@pytest.mark.parametrize("text", ["31-02-2026", "32-01-2026", "i dag", ""])
def test_what_is_no_date_is_not_guessed(text):
    assert read_date(text) is None


@pytest.mark.parametrize(("text", "value"), [("12.500,75", "12500.75"), ("12500", "12500"), ("-7,5 kr.", "-7.5")])
def test_amounts_have_danish_separators(text, value):
    assert read_decimal(text) == Decimal(value)


@pytest.mark.parametrize("text", ["12,500.75", "1.25", "12.5000", "1,2,3", "kr."])
def test_foreign_or_broken_amounts_are_refused(text):
    assert read_decimal(text) is None


def test_hours_may_be_a_clock():
    assert read_hours("7:30") == Decimal("7.5")
    assert read_hours("7,5") == Decimal("7.5")


def test_the_screen_writes_as_danes_do():
    assert decimal_text(Decimal("12500.75")) == "12.500,75"
    assert long_date_text(date(2026, 11, 23)) == "ma. 23-11-2026"
    assert moment_text(NOON) == "ma. 23-11-2026 13:00"
    assert mask_cpr("010199-1234") == "010199-••••"


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(hours=2, minutes=10), "om 2 t 10 min"),
        (timedelta(seconds=30), "om 30 s"),
        (timedelta(days=3, hours=5), "om 3 dage"),
        (timedelta(hours=-3), "overskredet 3 t"),
        (timedelta(days=-1), "overskredet 1 dag"),
    ],
)
def test_a_deadline_says_what_is_left(ahead, words):
    assert due_text(NOON + ahead, NOON) == words


def test_a_paused_deadline_says_so():
    assert due_text(NOON, NOON, paused=True) == "på pause"
