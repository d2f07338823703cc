"""The practice extract is the ZLPE file as its public readers know it."""

import xml.etree.ElementTree as ET
from datetime import date, datetime

import pytest

from kkassist.practice.opus_folder import CLOSED_UNIT_ID, hours_as_written, write_extract
from kkassist.practice.population import build_city
from kkassist.practice.tomorrow import next_day, next_day_with_changes

TODAY = date(2026, 11, 20)
AT = datetime(2026, 11, 19, 22, 40, 3)
UNIT_TEXT = (
    "startDate endDate parentOrgUnit shortName longName street addressSupplement zipCode city phoneNumber cvrNr "
    "eanNr seNr pNr costCenter orgType orgTypeTxt"
)
EMPLOYEE_TEXT = (
    "entryDate leaveDate cpr firstName lastName address addressSupplement postalCode city country workPhone "
    "workContract workContractText positionId position positionShort jobId job jobShort itUser invoiceRecipient "
    "invoiceLevel1 invoiceLevel1Text invoiceLevel2 invoiceLevel2Text productionNumber isManager superiorLevel "
    "subordinateLevel orgUnit email userId payGrade payGradeText wageStep numerator denominator initialEntry "
    "entryIntoGroup function"
)
UNIT_ORDER = UNIT_TEXT.split()
EMPLOYEE_ORDER = EMPLOYEE_TEXT.split()
SELDOM = {"addressSupplement", "invoiceLevel2", "invoiceLevel2Text"}


@pytest.fixture(scope="module")
def city():
    return build_city(seed=3, employees=2000, today=TODAY)


@pytest.fixture(scope="module")
def kmd(city, tmp_path_factory):
    path = write_extract(city, tmp_path_factory.mktemp("opus"), AT)
    return ET.parse(path).getroot()


def test_the_file_carries_its_time_in_its_name_and_leaves_nothing_beside_it(city, tmp_path):
    path = write_extract(city, tmp_path, AT)
    assert path.name == "ZLPE20261119224003_delta.xml"
    assert list(tmp_path.iterdir()) == [path]


def test_the_elements_stand_in_kmds_order(kmd):
    seen = set()
    for tag, order in (("orgUnit", UNIT_ORDER), ("employee", EMPLOYEE_ORDER)):
        for one in kmd.findall(tag):
            names = [child.tag for child in one]
            assert names == sorted(names, key=order.index)
            seen.update(names)
    assert (set(UNIT_ORDER) | set(EMPLOYEE_ORDER)) - seen == SELDOM


def test_units_come_first_and_hold_together(kmd, city):
    assert [child.tag for child in kmd] == sorted((child.tag for child in kmd), key=["orgUnit", "employee"].index)
    ids = {unit.get("id") for unit in kmd.findall("orgUnit")}
    assert ids == {unit.opus_id for unit in city.units} | {CLOSED_UNIT_ID}
    assert all(unit.findtext("parentOrgUnit") in ids | {""} for unit in kmd.findall("orgUnit"))
    closed = next(unit for unit in kmd.findall("orgUnit") if unit.get("id") == CLOSED_UNIT_ID)
    assert [child.tag for child in closed] == UNIT_ORDER[:5]
    assert "#" in closed.findtext("longName")


def test_every_employment_is_written_with_its_own_number(kmd, city):
    written = {one.get("id"): one for one in kmd.iter("employee") if one.get("action") is None}
    assert set(written) == {one.tjenestenr for one in (*city.employments, *city.pensioners)}
    for employment in city.employments:
        one = written[employment.tjenestenr]
        assert one.findtext("cpr") == employment.cpr
        assert one.find("cpr").get("suppId") == employment.supp_id
        assert one.findtext("entryDate") == employment.entry_date.isoformat()
        assert one.findtext("orgUnit") == employment.unit_opus_id
        assert one.findtext("position") == employment.position


def test_pensioners_have_no_entry_date_and_leavers_nothing_at_all(kmd, city):
    pensioners = [one for one in kmd.iter("employee") if one.findtext("workContract") == "08"]
    assert len(pensioners) == len(city.pensioners) - 1
    assert [one.findtext("entryDate") != "" for one in kmd if one.findtext("position") == "Efterindtægt"] == [True]
    assert all(one.findtext("entryDate") == "" for one in pensioners)
    leavers = [one for one in kmd.iter("employee") if one.get("action") == "leave"]
    assert {one.get("id") for one in leavers} == set(city.left)
    assert all(len(one) == 0 for one in leavers)


def test_weekly_hours_come_in_the_shapes_readers_stumble_over(city):
    shapes = {hours_as_written(one) for one in city.employments}
    assert any(denominator == "100" for _, denominator in shapes), "percent"
    assert any(numerator.endswith(" ") for numerator, _ in shapes), "trailing blanks"
    assert ("160.33", "160.33") in shapes, "hours a month"
    assert ("37.00", "37.00") in shapes
    assert ("37", "37") in shapes


def test_protected_addresses_are_marked_in_three_ways(tmp_path):
    city = build_city(seed=1, employees=6000, today=TODAY)
    root = ET.parse(write_extract(city, tmp_path, AT)).getroot()
    protected = {one.tjenestenr for one in city.employments if one.protected_address}
    ways = set()
    for one in root.iter("employee"):
        address = one.find("address")
        if one.get("id") not in protected:
            assert address is None or (address.get("protected") is None and "*" not in address.text)
            continue
        ways.add((address.get("protected"), address.text[:2] if "*" in address.text else ""))
    assert ways == {("true", ""), (None, "*B"), (None, "**")}


def test_the_next_day_has_every_kind_of_change(city):
    tomorrow, changes = next_day_with_changes(city, seed=3)
    before, after = city.employments_by_tjenestenr, tomorrow.employments_by_tjenestenr
    assert tomorrow.today == date(2026, 11, 23), "Friday is followed by Monday"
    assert all(number in after and number not in before for number in changes.hired)
    assert all(number in before and number not in after for number in changes.left + changes.annulled)
    assert set(changes.left) <= set(tomorrow.left)
    assert not set(changes.annulled) & set(tomorrow.left)
    assert all(after[number].unit_opus_id != before[number].unit_opus_id for number in changes.moved)
    assert all(after[number].numerator != before[number].numerator for number in changes.hours)
    assert all(after[number].leave_date and not before[number].leave_date for number in changes.leaving)
    assert all((changes.hired, changes.left, changes.annulled, changes.moved, changes.hours, changes.leaving))


def test_the_next_day_touches_nobody_else(city):
    tomorrow, changes = next_day_with_changes(city, seed=3)
    touched = {*changes.left, *changes.annulled, *changes.moved, *changes.hours, *changes.leaving}
    rest = [one for one in city.employments if one.tjenestenr not in touched]
    assert all(tomorrow.employments_by_tjenestenr[one.tjenestenr] == one for one in rest)
    assert {one.cpr for one in rest}.isdisjoint(
        tomorrow.employments_by_tjenestenr[number].cpr for number in changes.hired
    )


def test_days_are_the_same_every_time(city):
    assert next_day(city, 3) == next_day(city, 3)
    assert next_day(next_day(city, 3), 3) != next_day(city, 3)
