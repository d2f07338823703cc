"""Writes the practice city's nightly OPUS extract (ZLPE), with every element and every trap that consumers report.

The element names and their order follow KMD's extract as public readers of it know it. Deliberately in here:
weekly hours in four shapes, trailing blanks, three ways to mark a protected address, units with the five
mandatory elements alone, a closed unit ("#"), pensioners without entry date, employees with `action="leave"`.
"""

import zlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from kkassist.practice.city import City, Employment, Unit

CLIENT = "101"
CVR = "64942212"
CLOSED_UNIT_ID = "19999999"
"""A unit that was closed long ago: marked by "#" in its name, with nothing but the mandatory elements."""

_ORG_TYPES = ("Organisation", "Forvaltning", "Område", "Institution", "Afdeling")
_FUNCTIONS = (
    ("03", "Tillidsrepræsentant", "TR"),
    ("05", "Arbejdsmiljørepræsentant", "AMR"),
    ("07", "MED-medlem", "MED"),
)
_HUNDRED = Decimal(100)
_FULL_TIME = Decimal(37)
_HOURS_A_MONTH = "160.33"


def write_extract(city: City, folder: Path, at: datetime) -> Path:
    """Writes the whole city as `ZLPE<at>_delta.xml` into `folder` and returns its path.

    The file appears at once: a reader never meets half of it.
    """
    target = folder / f"ZLPE{at:%Y%m%d%H%M%S}_delta.xml"
    part = folder / f".{target.name}.part"
    with part.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(_extract(city))
    part.replace(target)
    return target


def hours_as_written(employment: Employment) -> tuple[str, str]:
    """Numerator and denominator in the shape this employment's extract lines have.

    Hours over 37, the same with trailing blanks or decimals, percent over 100, or full time as hours a month.
    """
    numerator, denominator = employment.numerator, employment.denominator
    shape = int(employment.tjenestenr) % 10
    percent = numerator / denominator * _HUNDRED
    if shape == 0 and percent == percent.to_integral_value():
        return f"{percent:.0f}", "100"
    if shape == 1:
        return f"{numerator.normalize():f} ", f"{denominator:f} "
    if shape == 2 and numerator == denominator == _FULL_TIME:
        return _HOURS_A_MONTH, _HOURS_A_MONTH
    if shape == 3:
        return f"{numerator:.2f}", f"{denominator:.2f}"
    return f"{numerator.normalize():f}", f"{denominator:f}"


def _extract(city: City) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>\n<kmd>\n'
    levels = _levels(city)
    for unit in city.units:
        yield _unit(unit, levels[unit.opus_id])
    yield _closed_unit()
    for employment in (*city.employments, *city.pensioners):
        yield _employee(employment, city)
    for tjenestenr in city.left:
        yield f' <employee id="{tjenestenr}" client="{CLIENT}" action="leave"/>\n'
    yield "</kmd>\n"


def _levels(city: City) -> dict[str, int]:
    levels: dict[str, int] = {}
    for unit in city.units:
        levels[unit.opus_id] = levels[unit.parent_opus_id] + 1 if unit.parent_opus_id else 1
    return levels


def _unit(unit: Unit, level: int) -> str:
    sub_unit = level >= len(_ORG_TYPES)
    elements = (
        ("startDate", unit.start.isoformat()),
        ("endDate", (unit.end or date(9999, 12, 31)).isoformat()),
        ("parentOrgUnit", unit.parent_opus_id or ""),
        ("shortName", unit.short_name),
        ("longName", unit.name),
        ("street", unit.street),
        ("zipCode", unit.postal_code),
        ("city", unit.city),
        ("phoneNumber", f"33{int(unit.opus_id) % 10**6:06d}"),
        ("cvrNr", CVR),
        ("eanNr", "9999999999999" if sub_unit else unit.ean),
        ("seNr", CVR),
        ("pNr", "0000000000" if level == 1 else unit.p_nr),
        ("costCenter", unit.cost_center),
        ("orgType", f"{level - 1:05d}"),
        ("orgTypeTxt", _ORG_TYPES[min(level, len(_ORG_TYPES)) - 1]),
    )
    changed = max(unit.start, date(2015, 1, 16))
    return _org_unit(unit.opus_id, changed, elements)


def _closed_unit() -> str:
    elements = (
        ("startDate", "1900-01-01"),
        ("endDate", "9999-12-31"),
        ("parentOrgUnit", "10000001"),
        ("shortName", "#LUKKET"),
        ("longName", "# Nedlagt enhed"),
    )
    return _org_unit(CLOSED_UNIT_ID, date(2012, 6, 30), elements)


def _org_unit(opus_id: str, changed: date, elements: tuple[tuple[str, str], ...]) -> str:
    head = f'id="{opus_id}" client="{CLIENT}" lastChanged="{changed}"'
    return f" <orgUnit {head}>\n{_lines(elements)} </orgUnit>\n"


def _employee(employment: Employment, city: City) -> str:
    changed = city.today - timedelta(days=int(employment.tjenestenr) % 300)
    head = f'id="{employment.tjenestenr}" client="{CLIENT}" lastChanged="{changed}"'
    body = "".join(
        (
            _lines(_dates(employment)),
            f'  <cpr suppId="{employment.supp_id}">{employment.cpr}</cpr>\n',
            _lines((("firstName", employment.first_name), ("lastName", employment.last_name))),
            _address(employment),
            _lines(_work(employment)),
            _lines(_pay(employment)),
            _function(employment),
        )
    )
    return f" <employee {head}>\n{body} </employee>\n"


def _dates(employment: Employment) -> tuple[tuple[str, str], ...]:
    entry = "" if employment.work_contract == "08" else employment.entry_date.isoformat()
    leave = employment.leave_date.isoformat() if employment.leave_date else ""
    return (("entryDate", entry), ("leaveDate", leave))


def _address(employment: Employment) -> str:
    """The address; protected ones are marked in one of the three ways that readers have met."""
    attribute, street = "", employment.street
    if employment.protected_address:
        way = int(employment.tjenestenr) % 3
        attribute = f" protected={quoteattr('true')}" if way == 0 else ""
        street = (street, f"*B* {street}", "** ADRESSEBESKYTTET **")[way]
    rest = (("postalCode", employment.postal_code), ("city", employment.city), ("country", "DK"))
    return f"  <address{attribute}>{escape(street)}</address>\n{_lines(rest)}"


def _work(employment: Employment) -> tuple[tuple[str, str], ...]:
    short = employment.position.upper()[:12]
    has_user = "true" if employment.user_id else "false"
    manager = employment.is_manager
    return (
        ("workPhone", employment.phone),
        ("workContract", employment.work_contract),
        ("workContractText", employment.work_contract_text),
        ("positionId", employment.position_id),
        ("position", employment.position),
        ("positionShort", short),
        ("jobId", f"6{employment.position_id[1:]}"),
        ("job", employment.position),
        ("jobShort", short),
        ("itUser", has_user),
        ("invoiceRecipient", "true" if manager else "false"),
        *((("invoiceLevel1", "01"), ("invoiceLevel1Text", "Godkender")) if manager else ()),
        ("productionNumber", f"10{zlib.crc32(employment.unit_opus_id.encode()) % 10**8:08d}"),
        ("isManager", "true" if manager else "false"),
        ("superiorLevel", employment.superior_level),
        ("subordinateLevel", employment.subordinate_level),
        ("orgUnit", employment.unit_opus_id),
        ("email", employment.email),
        ("userId", employment.user_id),
    )


def _pay(employment: Employment) -> tuple[tuple[str, str], ...]:
    numerator, denominator = hours_as_written(employment)
    grade = zlib.crc32(employment.pay_grade_text.encode())
    return (
        ("payGrade", f"1-{3000 + grade % 900}-{100 + grade % 37}"),
        ("payGradeText", employment.pay_grade_text),
        ("wageStep", employment.wage_step),
        ("numerator", numerator),
        ("denominator", denominator),
        ("initialEntry", employment.initial_entry.isoformat()),
        ("entryIntoGroup", employment.initial_entry.isoformat()),
    )


def _function(employment: Employment) -> str:
    """Elected roles of about one in a hundred."""
    if int(employment.tjenestenr) % 97:
        return ""
    art_id, role, short = _FUNCTIONS[int(employment.tjenestenr) % len(_FUNCTIONS)]
    elements = (
        ("orgDaekning", employment.unit_opus_id),
        ("artText", role),
        ("members", str(int(employment.tjenestenr) % 60)),
        ("roleId", short),
        ("roleText", role),
    )
    start = max(employment.entry_date, date(2022, 1, 1))
    head = f'artId="{art_id}" startDate="{start}" endDate="9999-12-31"'
    return f"  <function {head}>\n{_lines(elements, '   ')}  </function>\n"


def _lines(elements: tuple[tuple[str, str], ...], indent: str = "  ") -> str:
    return "".join(
        f"{indent}<{name}>{escape(value)}</{name}>\n" if value else f"{indent}<{name}/>\n"
        for name, value in elements
    )
