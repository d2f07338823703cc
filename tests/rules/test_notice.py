"""Notice periods, severance pay and efterløn, against the law's own words."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkassist.domain.dates import add_months, end_of_month
from kkassist.domain.errors import Refused
from kkassist.rules import notice
from kkassist.rules.notice import Group, Initiative

HIRED = st.dates(date(1985, 1, 1), date(2026, 1, 1))
DAYS_EMPLOYED = st.integers(0, 15000)


@pytest.mark.parametrize(
    ("hired", "given_", "months", "leave"),
    [
        (date(2020, 8, 1), date(2026, 3, 31), 4, date(2026, 7, 31)),
        (date(2020, 8, 1), date(2026, 4, 1), 5, date(2026, 9, 30)),
        (date(2015, 4, 1), date(2026, 10, 5), 6, date(2027, 4, 30)),  # moved inside the city 2026-09-01
        (date(2026, 1, 1), date(2026, 5, 31), 1, date(2026, 6, 30)),
        (date(2026, 1, 1), date(2026, 6, 1), 3, date(2026, 9, 30)),
        (date(2024, 2, 1), date(2026, 10, 31), 3, date(2027, 1, 31)),
        (date(2024, 2, 1), date(2026, 11, 1), 4, date(2027, 3, 31)),
        (date(2018, 4, 1), date(2026, 10, 31), 5, date(2027, 3, 31)),
        (date(2018, 4, 1), date(2026, 11, 1), 6, date(2027, 5, 31)),
    ],
)
def test_v_fr_01_employers_notice(hired: date, given_: date, months: int, leave: date) -> None:
    worked = notice.employer_notice(hired, given_)
    assert (worked.months, worked.leave, worked.differs) == (months, leave, False)
    assert worked.source == "funktionærloven § 2, stk. 2-3"
    assert len(worked.steps) == 3


def test_the_reason_names_the_band_and_the_dates() -> None:
    steps = notice.employer_notice(date(2020, 8, 1), date(2026, 3, 31)).steps
    assert "inden for 6 år (før 01-08-2026): 4 måneders varsel" in steps[1]
    assert "31-07-2026" in steps[2]


def test_v_fr_02_a_start_in_mid_month_takes_the_longest_and_says_so() -> None:
    worked = notice.employer_notice(date(2020, 2, 15), date(2020, 7, 10))
    assert (worked.months, worked.differs, worked.leave) == (3, True, date(2020, 10, 31))
    assert "tabellen giver 1 mdr. og lovens ord 3" in worked.steps[2]


def test_v_fr_02_one_start_on_the_fifteenth_differs_on_56_dates() -> None:
    hired = date(2016, 2, 15)
    days = (hired + timedelta(days=offset) for offset in range(365 * 10))
    assert sum(notice.band_by_table(hired, day) != notice.band_by_law(hired, day) for day in days) == 56


@given(HIRED.map(lambda day: day.replace(day=1)), DAYS_EMPLOYED)
def test_table_and_law_agree_for_everybody_who_began_on_the_first(hired: date, days: int) -> None:
    given_ = hired + timedelta(days=days)
    assert notice.band_by_table(hired, given_) == notice.band_by_law(hired, given_)


@given(HIRED, DAYS_EMPLOYED)
def test_leaving_is_at_a_months_end_inside_the_band_of_the_notice(hired: date, days: int) -> None:
    given_ = hired + timedelta(days=days)
    worked = notice.employer_notice(hired, given_)
    assert worked.leave == end_of_month(worked.leave)
    assert worked.leave > add_months(given_, worked.months) - timedelta(days=1)
    band = next(one for one in notice.BANDS if one.months == worked.months)
    assert band.leave_within is None or worked.leave < add_months(hired, band.leave_within)


@given(HIRED, DAYS_EMPLOYED, st.integers(0, 400))
def test_waiting_never_gives_an_earlier_leave_date(hired: date, days: int, wait: int) -> None:
    given_ = hired + timedelta(days=days)
    earlier, later = (
        notice.employer_notice(hired, given_),
        notice.employer_notice(hired, given_ + timedelta(days=wait)),
    )
    assert earlier.leave <= later.leave
    assert earlier.months <= later.months


@pytest.mark.parametrize(
    ("given_", "leave"), [(date(2026, 11, 30), date(2026, 12, 31)), (date(2026, 12, 1), date(2027, 1, 31))]
)
def test_an_employee_leaves_after_a_month_at_a_months_end(given_: date, leave: date) -> None:
    worked = notice.employee_notice(date(2020, 1, 1), given_)
    assert (worked.months, worked.leave, worked.source) == (1, leave, "funktionærloven § 2, stk. 6")


def test_in_the_proevetid_the_employer_gives_14_days_inside_it() -> None:
    hired, until = date(2026, 9, 1), date(2026, 11, 30)
    inside = notice.employer_notice(hired, date(2026, 11, 16), until)
    assert (inside.days, inside.leave, inside.length) == (14, date(2026, 11, 30), "14 dage")
    too_late = notice.employer_notice(hired, date(2026, 11, 17), until)
    assert (too_late.months, too_late.leave) == (1, date(2026, 12, 31))
    assert "efter at prøvetiden udløber 30-11-2026" in too_late.steps[1]


def test_a_proevetid_lasts_at_most_three_months() -> None:
    worked = notice.employer_notice(date(2026, 9, 1), date(2026, 12, 5), date(2027, 2, 28))
    assert worked.months == 1


def test_in_the_proevetid_the_employee_leaves_from_day_to_day() -> None:
    worked = notice.employee_notice(date(2026, 9, 1), date(2026, 11, 16), date(2026, 11, 30))
    assert (worked.leave, worked.length) == (date(2026, 11, 16), "dags varsel")


def test_a_tjenestemand_has_three_months_both_ways() -> None:
    for initiative in (Initiative.MEDARBEJDER, Initiative.ARBEJDSGIVER):
        worked = notice.notice(Group.TJENESTEMAND, initiative, date(2000, 1, 1), date(2026, 3, 10))
        assert (worked.months, worked.leave) == (3, date(2026, 6, 30))
    on_trial = notice.civil_servant_notice(date(2026, 1, 1), date(2026, 3, 20))
    assert (on_trial.days, on_trial.leave) == (14, date(2026, 4, 30))


def test_what_has_no_known_notice_is_refused_with_what_to_do() -> None:
    with pytest.raises(Refused, match="overenskomsten"):
        notice.notice(Group.TIMELOENNET, Initiative.MEDARBEJDER, date(2020, 1, 1), date(2026, 1, 1))
    for initiative in (Initiative.DOEDSFALD, Initiative.TIDSBEGRAENSET):
        with pytest.raises(Refused, match="intet varsel"):
            notice.notice(Group.FUNKTIONAER, initiative, date(2020, 1, 1), date(2026, 1, 1))
    with pytest.raises(Refused, match="før ansættelsen"):
        notice.employer_notice(date(2026, 1, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
    ("hired", "leave", "months"),
    [
        (date(2014, 6, 1), date(2026, 5, 31), 1),
        (date(2014, 6, 1), date(2026, 4, 30), 0),
        (date(2009, 6, 1), date(2026, 5, 31), 3),
        (date(2009, 6, 2), date(2026, 5, 31), 1),
    ],
)
def test_v_fr_04_severance_is_measured_on_the_day_of_leaving(hired: date, leave: date, months: int) -> None:
    assert notice.severance(hired, leave, Initiative.ARBEJDSGIVER).months == months
    assert notice.severance(hired, leave, Initiative.MEDARBEJDER).months == 0


@pytest.mark.parametrize(("years", "months"), [(0, 0), (1, 1), (2, 2), (3, 3), (20, 3)])
def test_v_fr_10_survivors_pay_grows_with_the_years_to_three_months(years: int, months: int) -> None:
    hired = date(2000, 3, 1)
    death = add_months(hired, 12 * years) + timedelta(days=20)
    assert notice.survivors_pay(hired, death, spouse_or_child_under_18=True).months == months
    assert notice.survivors_pay(hired, death, spouse_or_child_under_18=False).months == 0


def test_a_move_inside_the_city_keeps_seniority_unless_a_jurist_decides() -> None:
    entry, first = date(2026, 9, 1), date(2015, 4, 1)
    assert notice.seniority_start(entry, first) == first
    assert notice.seniority_start(entry, first, keep=False) == entry
    assert notice.seniority_start(entry, None) == entry
