"""Reads KMD's nightly OPUS extract, `ZLPE<YYYYMMDDHHMMSS>_delta.xml`: a full snapshot despite its name.

Format and traps: the public description of the extract and its two public fixtures. An element is known by the
hash of its bytes without `lastChanged`, so that only elements whose content changed are parsed at all.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Literal
from xml.parsers import expat
from zoneinfo import ZoneInfo

from lxml import etree

from kkassist.domain.errors import Refused
from kkassist.domain.language import say
from kkassist.domain.person import Employment
from kkassist.domain.unit import OpusUnit

FILE_NAME = re.compile(r"^ZLPE(?P<made>\d{14})_delta\.xml$", re.IGNORECASE)
FULL_TIME = Decimal(37)
"""Hours of a full week: numerator over denominator is a share of it."""

_PLACE = ZoneInfo("Europe/Copenhagen")
_LAST_CHANGED = re.compile(rb"""\slastChanged\s*=\s*("[^"]*"|'[^']*')""")
_NEVER = (date(1900, 1, 1), date(9999, 12, 31))
_NO_NUMBER = {"9999999999999", "0000000000"}
_NO_EMPLOYMENT_POSITION = "efterindtægt"
"""A line of this position pays out after the employment and is none itself."""

ElementKind = Literal["orgUnit", "employee"]


@dataclass(frozen=True, slots=True)
class Element:
    """One unit or employee of the extract, not parsed yet."""

    kind: ElementKind
    id: str
    client: str
    left: bool
    """`action="leave"`: terminated, and the element holds no more."""
    hash: bytes
    """BLAKE2b-128 of the element's bytes without `lastChanged`."""
    xml: bytes


@dataclass(frozen=True, slots=True)
class ExtractFile:
    """A file of the extract's folder; `made_at` is read from its name (Copenhagen time) and kept in UTC."""

    path: Path
    made_at: datetime


def extract_files(folder: Path) -> list[ExtractFile]:
    """The folder's extracts, oldest first. Raises `Refused` when the folder cannot be read."""
    try:
        names = [path for path in folder.iterdir() if FILE_NAME.match(path.name)]
    except OSError as error:
        sentence = say(
            "Mappen med OPUS-udtræk kan ikke læses. Kontrollér stien i indstillingerne, og at drevet er på."
        )
        raise Refused(sentence, log_detail=repr(error)) from error
    dated = [(path, made) for path in names if (made := _made_at(path.name)) is not None]
    return [ExtractFile(path, made) for path, made in sorted(dated, key=lambda one: (one[1], one[0].name))]


def elements(data: bytes) -> Iterator[Element]:
    """Every unit and employee of one extract's bytes, in file order.

    The whole file is checked first, so a cut or foreign file gives nothing. Raises `Refused`.
    """
    data = _utf8(data)
    for start, end, kind, attributes in _spans(data):
        xml = data[start:end]
        head_end = xml.index(b">")
        content = _LAST_CHANGED.sub(b"", xml[:head_end], count=1) + xml[head_end:]
        yield Element(
            kind=kind,
            id=attributes.get("id", "").strip(),
            client=attributes.get("client", "").strip(),
            left=attributes.get("action") == "leave",
            hash=hashlib.blake2b(content, digest_size=16).digest(),
            xml=xml,
        )


def unit(element: Element, as_of: datetime) -> OpusUnit:
    """The unit an `orgUnit` element describes; sentinels (1900, 9999, all nines) become None or ""."""
    node = etree.fromstring(element.xml, _parser())
    text = _texts(node)
    return OpusUnit(
        id=element.id,
        parent_id=text.get("parentOrgUnit", ""),
        short_name=text.get("shortName", ""),
        name=text.get("longName", ""),
        start=_day(text.get("startDate", "")),
        end=_day(text.get("endDate", "")),
        cost_center=text.get("costCenter", ""),
        ean=_number(text.get("eanNr", "")),
        p_nr=_number(text.get("pNr", "")),
        street=text.get("street", ""),
        postal_code=text.get("zipCode", ""),
        city=text.get("city", ""),
        org_type=text.get("orgType", ""),
        org_type_text=text.get("orgTypeTxt", ""),
        as_of=as_of,
    )


def employment(element: Element, as_of: datetime, cost_centers: Mapping[str, str]) -> Employment:
    """The employment an `employee` element describes. `cost_centers` maps OPUS unit id → cost center.

    A protected address is never read into the program.
    """
    node = etree.fromstring(element.xml, _parser())
    text = _texts(node)
    protected = _is_protected(node, text)
    unit_id = text.get("orgUnit", "")
    cpr_node = node.find("cpr")
    return Employment(
        tjenestenr=element.id,
        cpr=re.sub(r"\D", "", text.get("cpr", "")).rjust(10, "0") if text.get("cpr") else "",
        supp_id="" if cpr_node is None else cpr_node.get("suppId", ""),
        first_name=text.get("firstName", ""),
        last_name=text.get("lastName", ""),
        address="" if protected else _address(text),
        protected=protected,
        entry_date=_day(text.get("entryDate", "")),
        leave_date=_day(text.get("leaveDate", "")),
        initial_entry=_day(text.get("initialEntry", "")),
        unit_id=unit_id,
        position_id=text.get("positionId", ""),
        position=text.get("position", ""),
        work_contract=text.get("workContract", ""),
        work_contract_text=text.get("workContractText", ""),
        weekly_hours=weekly_hours(text.get("numerator", ""), text.get("denominator", "")),
        is_manager=text.get("isManager", "").lower() == "true",
        superior_level=text.get("superiorLevel", ""),
        email=text.get("email", ""),
        user_id=text.get("userId", ""),
        phone=_phone(text.get("workPhone", "")),
        pay_grade_text=text.get("payGradeText", ""),
        wage_step=text.get("wageStep", ""),
        production_number=text.get("productionNumber", ""),
        cost_center=cost_centers.get(unit_id, ""),
        as_of=as_of,
    )


def is_employment(element: Element) -> bool:
    """Whether the element is an employment at all: payments after an employment are not."""
    if element.kind != "employee":
        return False
    found = re.search(rb"<position>([^<]*)</position>", element.xml)
    return found is None or found.group(1).decode().strip().lower() != _NO_EMPLOYMENT_POSITION


def weekly_hours(numerator: str, denominator: str) -> Decimal | None:
    """Hours a week, to two decimals, or None when OPUS does not tell.

    The extract gives a fraction of 37 hours. Traps of the public description: trailing blanks; a denominator
    above 99 with a numerator of at most 100 means percent; both above means full time.
    """
    above, below = _decimal(numerator), _decimal(denominator)
    if above is None or below is None or below <= 0 or above < 0:
        return None
    hours = (above * FULL_TIME / 100 if above <= 100 else FULL_TIME) if below > 99 else above * FULL_TIME / below
    return hours.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _made_at(name: str) -> datetime | None:
    match = FILE_NAME.match(name)
    if match is None:
        return None
    try:
        local = datetime.strptime(match["made"], "%Y%m%d%H%M%S").replace(tzinfo=_PLACE)
    except ValueError:
        return None
    return local.astimezone(UTC)


def _utf8(data: bytes) -> bytes:
    """The bytes as UTF-8 without a byte-order mark; another declared encoding is translated first."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    declared = re.match(rb"""\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>""", data)
    encoding = declared.group(1).decode() if declared else "utf-8"
    if encoding.lower() in ("utf-8", "utf8"):
        return data
    try:
        text = data.decode(encoding)
    except (LookupError, UnicodeDecodeError) as error:
        raise _broken(repr(error)) from error
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1).encode()


def _spans(data: bytes) -> list[tuple[int, int, ElementKind, dict[str, str]]]:
    """(start, end, kind, attributes) of every child of the root. Depth counts: an employee holds an orgUnit."""
    spans: list[tuple[int, int, ElementKind, dict[str, str]]] = []
    parser = expat.ParserCreate()
    depth = 0
    opened: tuple[int, ElementKind, dict[str, str]] | None = None

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, opened
        depth += 1
        if depth == 1 and name != "kmd":
            raise _broken(f"root is {name}")
        if depth == 2 and name in ("orgUnit", "employee"):
            opened = (parser.CurrentByteIndex, "orgUnit" if name == "orgUnit" else "employee", attributes)

    def end(_name: str) -> None:
        nonlocal depth, opened
        if depth == 2 and opened is not None:
            spans.append((opened[0], data.index(b">", parser.CurrentByteIndex) + 1, opened[1], opened[2]))
            opened = None
        depth -= 1

    def doctype(*_: object) -> None:
        raise _broken("doctype")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise _broken(repr(error)) from error
    return spans


def _broken(detail: str) -> Refused:
    sentence = say("OPUS-udtrækket er ufuldstændigt eller beskadiget og er ikke læst ind. Bed om et nyt udtræk.")
    return Refused(sentence, log_detail=detail)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


def _texts(node: "etree._Element") -> dict[str, str]:
    return {
        child.tag: (child.text or "").strip() for child in node if isinstance(child.tag, str) and len(child) == 0
    }


def _is_protected(node: "etree._Element", text: Mapping[str, str]) -> bool:
    address = node.find("address")
    flag = "" if address is None else (address.get("protected") or "").strip().lower()
    written = " ".join(text.get(name, "") for name in ("address", "addressSupplement", "city"))
    marked = "**" in written or written.strip().startswith("*B*") or "ADRESSEBESKYT" in written.upper()
    return marked or flag not in ("", "0", "false", "nej", "no")


def _address(text: Mapping[str, str]) -> str:
    place = f"{text.get('postalCode', '')} {text.get('city', '')}".strip()
    return ", ".join(part for part in (text.get("address", ""), text.get("addressSupplement", ""), place) if part)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return None if day in _NEVER else day


def _number(text: str) -> str:
    return "" if text in _NO_NUMBER else text


def _phone(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    if len(digits) == 10 and digits.startswith("45"):
        digits = digits[2:]
    return digits if len(digits) in (4, 5, 8, 9, 11) else text.strip()


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
