"""Dates and instants as Danes write and read them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkassist.domain import dates
from kkassist.domain.errors import Unreadable

MARCH = date(2026, 3, 1)


@pytest.mark.parametrize(
    "written",
    [
        "01-03-2026", "1-3-2026", "1/3-2026", "1/3 2026", "1.3.26", "1. 3. 2026", "01.03.2026", "01/03/2026",
        "2026-03-01", "2026/3/1", "01032026", "010326", "20260301", "1. marts 2026", "1 mar 26", "ma. d. 1/3-2026",
        "2026-03-01 00:00:00",
        "2026-03-01T00:00:00", "01-03-2026 00:00", "søn. 01-03-2026", "søndag den 1. marts 2026",
        " 1-3-2026\u00a0",
    ],
)  # fmt: skip
def test_reads_what_people_type(written: str) -> None:
    assert dates.parse_date(written) == MARCH


@pytest.mark.parametrize(
    "written",
    ["31-02-2026", "03-13-2026", "29-02-2025", "2026-13-01", "1-3-206", "marts", "", "0", "1-3-0206", "32"],
)
def test_refuses_dates_that_do_not_exist(written: str) -> None:
    with pytest.raises(Unreadable, match="DD-MM-ÅÅÅÅ") as refused:
        dates.parse_date(written)
    assert refused.value.rule == "V-FX-11"


@given(st.dates(date(1970, 1, 1), date(2069, 12, 31)))
def test_every_way_of_writing_gives_the_same_day(day: date) -> None:
    for shape in ("%d-%m-%Y", "%d.%m.%y", "%Y-%m-%d", "%d%m%Y", "%d%m%y", "%Y%m%d"):
        assert dates.parse_date(day.strftime(shape)) == day
    assert dates.parse_date(dates.danish_day(day)) == day


@pytest.mark.parametrize(
    "written",
    ["2026-11", "11-2026", "11/2026", "nov 2026", "november 2026", "nov-26", "202611", "1-11-2026", "nov. 26"],
)
def test_reads_months(written: str) -> None:
    assert dates.parse_month(written) == date(2026, 11, 1)


@pytest.mark.parametrize("written", ["2026-13", "00-2026", "hest 2026", ""])
def test_refuses_months_that_do_not_exist(written: str) -> None:
    with pytest.raises(Unreadable):
        dates.parse_month(written)


def test_reads_excel_serials() -> None:
    assert dates.from_excel_serial(46082) == MARCH
    assert dates.from_excel_serial(46082.0) == MARCH
    for wrong in (46082.5, 12, 200_000, -1):
        with pytest.raises(Unreadable):
            dates.from_excel_serial(wrong)


def test_shows_danish_dates() -> None:
    assert dates.danish_day(date(2026, 11, 23)) == "ma. 23-11-2026"
    assert dates.danish_date(date(2026, 11, 23)) == "23-11-2026"
    assert dates.danish_month(date(2026, 11, 23)) == "november 2026"


def test_instants_are_shown_on_copenhagens_clock() -> None:
    assert dates.danish_instant(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "02-07-2026 00:30"
    assert dates.danish_instant(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "01-01-2027 00:30"
    assert dates.local_day(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == date(2027, 1, 1)
    assert dates.start_of_day(date(2026, 7, 1)) == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_half_open_and_inclusive_ends_turn_into_each_other() -> None:
    assert dates.last_day(date(2026, 4, 1)) == date(2026, 3, 31)
    assert dates.end_after(date(2026, 3, 31)) == date(2026, 4, 1)
    assert dates.last_day(None) is None
    assert dates.end_after(None) is None


def test_months_are_added_without_leaving_the_month() -> None:
    assert dates.add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert dates.add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert dates.end_of_month(date(2024, 2, 3)) == date(2024, 2, 29)
