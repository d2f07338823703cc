"""The practice city is a believable municipality, the same one every time, in which nobody is real."""

from collections import Counter
from datetime import date

import pytest

from kkassist.practice.city import City
from kkassist.practice.population import build_city

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(seed=7, employees=3000, today=TODAY)


def test_equal_seeds_build_equal_cities(city):
    assert build_city(7, 3000, TODAY) == city
    assert build_city(8, 3000, TODAY).employments != city.employments


def test_there_are_exactly_as_many_employments_as_asked_for(city):
    assert len(city.employments) == 3000 == len(city.employments_by_tjenestenr)
    assert len(build_city(1, 60, TODAY).employments) == 60


def test_the_seven_forvaltninger_stand_under_the_municipality(city):
    root = city.units[0]
    below = {unit.forvaltning for unit in city.units if unit.parent_opus_id == root.opus_id}
    assert below == {"ØKF", "BUF", "SUF", "SOF", "BIF", "TMF", "KFF"}
    koncernservice = next(unit for unit in city.units if unit.name == "Koncernservice")
    assert city.units_by_opus_id[koncernservice.parent_opus_id].forvaltning == "ØKF"
    teams = {unit.name for unit in city.units if unit.parent_opus_id == koncernservice.opus_id}
    assert teams == set(city.groups)


def test_the_tree_is_four_to_five_deep_and_has_no_loose_ends(city):
    def depth(unit) -> int:
        return 1 + (depth(city.units_by_opus_id[unit.parent_opus_id]) if unit.parent_opus_id else 0)

    depths = Counter(depth(unit) for unit in city.units)
    assert max(depths) == 5
    assert depths[1] == 1
    assert depths[4] > depths[3]


@pytest.mark.parametrize("number", ["kkorgnr", "opus_id", "uuid", "name", "ean"])
def test_units_are_told_apart_by_each_of_their_numbers(city, number):
    assert len({getattr(unit, number) for unit in city.units}) == len(city.units)


def test_ean_numbers_have_a_valid_check_digit(city):
    for unit in city.units:
        total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(unit.ean))
        assert unit.ean.startswith("5798009")
        assert len(unit.ean) == 13
        assert total % 10 == 0


def test_no_cpr_number_can_be_anybodys(city):
    """The day is raised by 60; the rest is a date of an adult, the check digit holds, and nobody shares one."""
    people = {}
    for one in city.employments:
        day, month = int(one.cpr[:2]) - 60, int(one.cpr[2:4])
        century = 2000 if one.cpr[6] == "4" else 1900
        born = date(century + int(one.cpr[4:6]), month, day)
        assert date(1950, 1, 1) < born < TODAY.replace(year=TODAY.year - 17)
        weights = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
        assert sum(int(digit) * weight for digit, weight in zip(one.cpr, weights, strict=True)) % 11 == 0
        assert people.setdefault(one.cpr, one.name) == one.name


def test_some_people_have_several_employments_with_different_supp_ids(city):
    by_cpr = Counter(one.cpr for one in city.employments)
    several = [cpr for cpr, count in by_cpr.items() if count > 1]
    assert 0.02 < len(several) / len(by_cpr) < 0.07
    supp_ids = [one.supp_id for one in city.employments if one.cpr == several[0]]
    assert len(set(supp_ids)) == len(supp_ids)


def test_there_is_some_of_everything_that_makes_cases_hard(city):
    contracts = Counter(one.work_contract for one in city.employments)
    assert contracts["00"] > 30, "tjenestemænd"
    assert contracts["03"] > 100, "hourly paid"
    assert any(one.protected_address for one in city.employments)
    assert any(one.entry_date > TODAY for one in city.employments)
    assert any(one.leave_date and one.leave_date < TODAY for one in city.employments)
    assert any(one.leave_date and one.leave_date > TODAY for one in city.employments)
    assert any(one.numerator != one.denominator for one in city.employments)
    assert any(set("æøå") & set(one.name) for one in city.employments)
    assert any("-" in one.name for one in city.employments)
    assert city.left
    *pensioners, survivor = city.pensioners
    assert all(one.work_contract == "08" for one in pensioners)
    assert survivor.position == "Efterindtægt"


def test_most_units_have_a_leader_who_works_there(city):
    without = 0
    for unit in city.units:
        if unit.leader_tjenestenr is None:
            without += 1
            continue
        leader = city.employments_by_tjenestenr[unit.leader_tjenestenr]
        assert leader.is_manager
        assert leader.unit_opus_id == unit.opus_id
    assert 0 < without < len(city.units) / 10


def test_the_accounts_of_the_readme_are_employed_in_koncernservice(city):
    accounts = {account.user_name: account for account in city.accounts}
    employed = {one.user_id: one for one in city.employments if one.user_id in accounts}
    assert accounts["anna.holm"].role == "sagsbehandler"
    assert accounts["bent.kjaer"].role == "godkender"
    assert accounts["anna.holm"].groups == accounts["bent.kjaer"].groups == ("Løn og ansættelse",)
    assert accounts["anna.holm"].password == "oevelse-anna"
    assert employed["anna.holm"].name == "Anna Holm"
    assert set(accounts) - set(employed) == {"integration.kkassist"}
    assert all(account.password.isascii() for account in city.accounts)


def test_titles_and_position_numbers_belong_together(city):
    pairs = {(one.position, one.position_id) for one in city.employments}
    assert len(pairs) == len({title for title, _ in pairs}) == len({number for _, number in pairs})
