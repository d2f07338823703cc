"""Working days and public holidays."""

from datetime import date

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkassist.domain.errors import Refused
from kkassist.rules.calendar import (
    Calendar,
    add_working_days,
    closed_because,
    is_working_day,
    known_years,
    working_days_between,
)
from kkassist.rules.calendar import holidays as our_table

DAYS = st.dates(date(2022, 1, 1), date(2030, 6, 30))


@pytest.mark.parametrize("year", range(2022, 2031))
def test_our_table_agrees_with_an_independent_one(year: int) -> None:
    theirs = set(holidays.country_holidays("DK", years=year))
    assert {day for day in our_table() if day.year == year} == theirs


@pytest.mark.parametrize(
    ("received", "calendar", "deadline"),
    [
        (date(2026, 3, 27), Calendar.LOV, date(2026, 4, 10)),
        (date(2023, 5, 2), Calendar.LOV, date(2023, 5, 12)),
        (date(2024, 4, 23), Calendar.LOV, date(2024, 5, 2)),
        (date(2026, 12, 21), Calendar.LOV, date(2026, 12, 31)),
        (date(2026, 12, 21), Calendar.LOV_UDVIDET, date(2027, 1, 5)),
    ],
)
def test_seven_working_days_as_in_the_worked_examples(received: date, calendar: Calendar, deadline: date) -> None:
    assert add_working_days(received, 7, calendar) == deadline


def test_each_calendar_closes_its_own_days() -> None:
    assert closed_because(date(2026, 6, 5), Calendar.LOV) == ""
    assert closed_because(date(2026, 6, 5), Calendar.LOV_UDVIDET) == "Grundlovsdag"
    assert is_working_day(date(2026, 6, 5), Calendar.KK_TJENESTE)
    assert closed_because(date(2026, 5, 1), Calendar.KK_TJENESTE) == "1. maj"
    assert is_working_day(date(2026, 5, 1), Calendar.LOV_UDVIDET)
    assert is_working_day(date(2026, 12, 24), Calendar.KK_TJENESTE)
    assert not is_working_day(date(2026, 12, 24), Calendar.LOV_UDVIDET)
    assert closed_because(date(2023, 5, 5)) == "Store bededag"
    assert is_working_day(date(2024, 4, 26))
    assert closed_because(date(2026, 11, 22)) == "søndag"


def test_a_year_without_a_table_is_an_error_that_names_it() -> None:
    assert 2031 not in known_years()
    with pytest.raises(Refused, match="2031"):
        add_working_days(date(2030, 12, 30), 3)
    with pytest.raises(Refused, match="2021"):
        is_working_day(date(2021, 5, 5))


@given(DAYS, st.integers(1, 40), st.sampled_from(list(Calendar)))
def test_a_deadline_is_an_open_day_with_that_many_open_days_up_to_it(
    start: date, count: int, calendar: Calendar
) -> None:
    deadline = add_working_days(start, count, calendar)
    assert is_working_day(deadline, calendar)
    assert working_days_between(start, deadline, calendar) == count


@given(DAYS, st.integers(0, 40))
def test_the_widened_calendar_is_never_earlier(start: date, count: int) -> None:
    assert add_working_days(start, count, Calendar.LOV) <= add_working_days(start, count, Calendar.LOV_UDVIDET)
