"""OPUS' extract: depth, sentinels, traps of hours and addresses, and refusal of what is cut or foreign."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkassist.domain.errors import Refused
from kkassist.domain.person import Employment
from kkassist.remote import opus_extract

AT = datetime(2026, 11, 22, 21, 40, tzinfo=UTC)

UNIT = """<orgUnit id="7" client="101" lastChanged="{changed}"><startDate>1900-01-01</startDate>
<endDate>9999-12-31</endDate><parentOrgUnit>1</parentOrgUnit><shortName>KS</shortName><longName>Løn &amp; HR</longName>
<eanNr>9999999999999</eanNr><pNr>0000000000</pNr><costCenter>1234567890</costCenter></orgUnit>"""
EMPLOYEE = """<employee id="{id}" client="101" lastChanged="2026-01-01"><entryDate>2020-08-01</entryDate><leaveDate/>
<cpr suppId="2">6101991234</cpr><firstName>Mette</firstName><lastName>Sørensen</lastName>
<address{protected}>{address}</address><postalCode>2200</postalCode><city>København N</city>
<position>{position}</position><orgUnit>7</orgUnit><numerator>{numerator}</numerator><denominator>37 </denominator>
</employee>"""


def extract(*elements: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?><kmd>{"".join(elements)}</kmd>'.encode()


def employee(**changes: str) -> str:
    return EMPLOYEE.format(
        **{
            "id": "100200",
            "protected": "",
            "address": "Vej 1",
            "position": "Pædagog",
            "numerator": "30 ",
            **changes,
        }
    )


def read_employee(xml: str) -> Employment:
    (element,) = opus_extract.elements(extract(xml))
    return opus_extract.employment(element, AT, {"7": "1234567890"})


def test_the_unit_inside_an_employee_is_no_unit() -> None:
    kinds = [one.kind for one in opus_extract.elements(extract(UNIT.format(changed="x"), employee()))]

    assert kinds == ["orgUnit", "employee"]


def test_sentinels_mean_nothing() -> None:
    (element,) = opus_extract.elements(extract(UNIT.format(changed="x")))
    unit = opus_extract.unit(element, AT)

    assert (unit.start, unit.end, unit.ean, unit.p_nr) == (None, None, "", "")
    assert (unit.name, unit.parent_id, unit.cost_center) == ("Løn & HR", "1", "1234567890")


def test_an_employment_is_read() -> None:
    one = read_employee(employee())

    assert (one.tjenestenr, one.cpr, one.supp_id, one.name) == ("100200", "6101991234", "2", "Mette Sørensen")
    assert (one.entry_date, one.leave_date) == (date(2020, 8, 1), None)
    assert one.weekly_hours == Decimal("30.00")
    assert one.address == "Vej 1, 2200 København N"
    assert one.cost_center == "1234567890"


@pytest.mark.parametrize(
    "marked",
    [{"protected": ' protected="true"'}, {"address": "*B* Vej 1"}, {"address": "** ADRESSEBESKYTTET **"}],
)
def test_a_protected_address_never_enters(marked: dict[str, str]) -> None:
    one = read_employee(employee(**marked))

    assert one.protected
    assert one.address == ""
    assert "Vej 1" not in repr(one)


def test_a_payment_after_the_employment_is_none() -> None:
    (element,) = opus_extract.elements(extract(employee(position="Efterindtægt")))

    assert not opus_extract.is_employment(element)


def test_only_the_date_of_change_leaves_the_hash_alone() -> None:
    (one,) = opus_extract.elements(extract(UNIT.format(changed="2026-01-01")))
    (same,) = opus_extract.elements(extract(UNIT.format(changed="2026-11-11")))
    (other,) = opus_extract.elements(extract(UNIT.format(changed="2026-01-01").replace("KS", "KX")))

    assert one.hash == same.hash != other.hash


@pytest.mark.parametrize(
    ("numerator", "denominator", "hours"),
    [
        ("30", "37", "30.00"),
        ("1 ", "1 ", "37.00"),
        ("80", "100", "29.60"),
        ("3700", "3700", "37.00"),
        ("18,5", "37", "18.50"),
        ("0", "37", "0.00"),
    ],
)
def test_hours_with_their_traps(numerator: str, denominator: str, hours: str) -> None:
    assert opus_extract.weekly_hours(numerator, denominator) == Decimal(hours)


@pytest.mark.parametrize(
    ("numerator", "denominator"), [("", "37"), ("30", "0"), ("x", "37"), ("30", ""), ("NaN", "1")]
)
def test_hours_that_opus_does_not_tell(numerator: str, denominator: str) -> None:
    assert opus_extract.weekly_hours(numerator, denominator) is None


@pytest.mark.parametrize(
    "data",
    [
        extract(employee())[:-20],
        b"",
        b"<html></html>",
        b'<!DOCTYPE kmd [<!ENTITY a "b">]><kmd><orgUnit id="&a;"/></kmd>',
        b"PK\x03\x04",
    ],
)
def test_cut_or_foreign_files_give_nothing(data: bytes) -> None:
    with pytest.raises(Refused, match="udtræk"):
        list(opus_extract.elements(data))


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fall(data: bytes) -> None:
    try:
        list(opus_extract.elements(data))
    except Refused as refusal:
        assert str(refusal)


def test_another_declared_encoding_is_read() -> None:
    data = extract(employee()).decode().replace('encoding="utf-8"', 'encoding="iso-8859-1"').encode("latin-1")
    (element,) = opus_extract.elements(data)

    assert opus_extract.employment(element, AT, {}).name == "Mette Sørensen"


def test_files_are_read_oldest_first_by_the_time_in_their_name(tmp_path: Path) -> None:
    for name in (
        "ZLPE20261122224000_delta.xml",
        "ZLPE20260101224000_delta.xml",
        "ZLPE2026_delta.xml",
        "noter.txt",
    ):
        (tmp_path / name).write_text("", encoding="utf-8")

    files = opus_extract.extract_files(tmp_path)

    assert [file.path.name[4:12] for file in files] == ["20260101", "20261122"]
    assert files[1].made_at == datetime(2026, 11, 22, 21, 40, tzinfo=UTC)


def test_a_folder_that_is_away_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="Mappen"):
        opus_extract.extract_files(tmp_path / "væk")
