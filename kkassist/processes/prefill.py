"""Fills a case form from what the sources say. The first source with a value counts; the others stand beside it."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from kkassist.domain.case import ServerRow
from kkassist.domain.person import Employment
from kkassist.domain.sourced import FilledField, Said, Source
from kkassist.domain.unit import KkorgEngagement, KkorgUnit, OpusUnit
from kkassist.processes.words import CaseFacts, Field, From, Kind, Process

_PLACE = ZoneInfo("Europe/Copenhagen")
_INSTANT = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")


@dataclass(frozen=True, slots=True)
class Known:
    """All that the sources say about one case. Parts that are not known are None."""

    record: ServerRow
    record_as_of: datetime
    employment: Employment | None
    employments: Sequence[Employment]
    opus_unit: OpusUnit | None
    engagement: KkorgEngagement | None
    unit: KkorgUnit | None
    """KKorg's unit of the engagement; without one, the unit that OPUS' unit is mapped to."""
    draft: Mapping[str, str]
    today: date
    settings: Mapping[str, Mapping[str, Mapping[str, str]]]


def fill(process: Process, known: Known) -> tuple[FilledField, ...]:
    """Every field of the form in the declaration's order. What the caseworker typed wins, and is compared too."""
    filled: dict[str, FilledField] = {}
    for field in process.fields:
        filled[field.id] = _filled(field, [*_drafted(field, known), *_said(field, known)])
    for field in process.fields:
        rule = next((source.key for source in field.sources if source.source is Source.RULE), None)
        if rule is not None and rule in process.rules:
            worked = process.rules[rule](facts(filled.values(), known))
            if worked is not None:
                said = Said(Source.RULE, worked.value, None)
                everyone = [*_drafted(field, known), *_in_order(field, known, said)]
                filled[field.id] = replace(_filled(field, everyone), reason=worked.reason)
    return tuple(filled.values())


def facts(filled: Iterable[FilledField], known: Known) -> CaseFacts:
    """What checks, rules and letters may know of the filled form."""
    return CaseFacts(
        values={field.id: field.value for field in filled},
        employment=known.employment,
        employments=known.employments,
        today=known.today,
        settings=known.settings,
    )


def _drafted(field: Field, known: Known) -> list[Said]:
    return [Said(Source.USER, known.draft[field.id], None)] if field.id in known.draft else []


def _said(field: Field, known: Known) -> list[Said]:
    return [said for source in field.sources if (said := _ask(source, field.kind, known)) is not None]


def _in_order(field: Field, known: Known, worked: Said) -> list[Said]:
    """What the sources say with the rule's value in the place the declaration gives it."""
    said = (worked if one.source is Source.RULE else _ask(one, field.kind, known) for one in field.sources)
    return [one for one in said if one is not None]


def _filled(field: Field, everyone: Sequence[Said]) -> FilledField:
    first = next(iter(everyone), None)
    if first is None:
        return FilledField(field.id, field.label, "", None)
    differing = tuple(one for one in everyone[1:] if one.value and not agree(field.kind, first.value, one.value))
    return FilledField(field.id, field.label, first.value, first.source, first.as_of, differing)


def agree(kind: Kind, one: str, other: str) -> bool:
    """Whether two sources say the same: spelling of spaces, case and zeros apart."""
    if kind in (Kind.AMOUNT, Kind.HOURS, Kind.NUMBER):
        try:
            return Decimal(one) == Decimal(other)
        except InvalidOperation:
            return one.strip() == other.strip()
    if kind in (Kind.TJENESTENR, Kind.COST_CENTER):
        return one.strip().lstrip("0") == other.strip().lstrip("0")
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _ask(source: From, kind: Kind, known: Known) -> Said | None:
    match source.source:
        case Source.SERVICENOW:
            return _made(source.source, _of_record(source.key, kind, known.record), known.record_as_of)
        case Source.OPUS if known.employment is not None:
            return _made(source.source, _of_opus(source.key, known), known.employment.as_of)
        case Source.KKORG:
            return _of_kkorg(source.key, known)
        case _:
            return None


def _made(source: Source, value: str, as_of: datetime | None) -> Said | None:
    return Said(source, value, as_of) if value else None


def _of_record(key: str, kind: Kind, record: ServerRow) -> str:
    raw = record.fields.get(key, "").strip()
    if kind is Kind.DATE and _INSTANT.match(raw):
        return datetime.fromisoformat(f"{raw}+00:00").astimezone(_PLACE).date().isoformat()
    if kind is Kind.CPR:
        return re.sub(r"\D", "", raw)
    if kind in (Kind.CHOICE, Kind.DATE, Kind.AMOUNT, Kind.HOURS, Kind.NUMBER, Kind.TJENESTENR):
        return raw
    if kind is Kind.YES_NO:
        return {"true": "J", "1": "J", "false": "N", "0": "N"}.get(raw.lower(), raw)
    return record.labels.get(key, "").strip() or raw


def _of_opus(key: str, known: Known) -> str:
    if key == "unit_name":
        return known.opus_unit.name if known.opus_unit else ""
    return _text(getattr(known.employment, key))


def _of_kkorg(key: str, known: Known) -> Said | None:
    engagement, unit = known.engagement, known.unit
    if engagement is not None and key in ("unit_name", "kkorgnr", "job_function", "person_name", "start", "end"):
        value = getattr(engagement, key)
        if key == "end" and value is not None:
            value -= timedelta(days=1)  # half-open inside, the last day on the screen
        return _made(Source.KKORG, _text(value), engagement.as_of)
    if unit is not None and key in ("leader_name", "forvaltning", "kkorgnr"):
        return _made(Source.KKORG, _text(getattr(unit, key)), unit.as_of)
    if unit is not None and key == "unit_name":
        return _made(Source.KKORG, unit.name, unit.as_of)
    return None


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "J" if value else "N"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
