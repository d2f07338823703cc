"""Which process a case belongs to, and whom it is about: read off the record by the instance's own field names."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from kkassist.domain.case import ServerRow
from kkassist.domain.settings import ServiceNowSettings

_ANY = "*"


@dataclass(frozen=True, slots=True)
class About:
    """What the queue shows and search finds beside ServiceNow's own columns. Unknown parts are ""."""

    process: str
    person: str
    cpr: str
    """Ten digits, or ""."""
    tjenestenr: str


def about(row: ServerRow, settings: ServiceNowSettings, titles: Mapping[str, str]) -> About:
    """`titles` maps process id → title, for instances whose map is not written yet."""
    names = settings.fields
    cpr = re.sub(r"\D", "", row.fields.get(names.cpr, ""))
    return About(
        process=process_of(row, settings, titles),
        person=_text(row, names.person),
        cpr=cpr if len(cpr) == 10 else "",
        tjenestenr=row.fields.get(names.tjenestenr, "").strip(),
    )


def process_of(row: ServerRow, settings: ServiceNowSettings, titles: Mapping[str, str]) -> str:
    """The process id: the closest line of the process map, else the process whose title is the service's name."""
    service = _text(row, settings.fields.category)
    category = _text(row, "category")
    told = [
        (_closeness(pattern), process)
        for pattern, process in settings.process_map.items()
        if _fits(pattern, (row.table, service, category))
    ]
    if told:
        return max(told)[1]
    for process, title in titles.items():
        if _plain(title) in (_plain(service), _plain(category)):
            return process
    return ""


def _text(row: ServerRow, field: str) -> str:
    return (row.labels.get(field) or row.fields.get(field, "")).strip()


def _fits(pattern: str, said: tuple[str, ...]) -> bool:
    parts = [part.strip() for part in pattern.split("|")]
    return all(part in ("", _ANY) or _plain(part) == _plain(word) for part, word in zip(parts, said, strict=False))


def _closeness(pattern: str) -> int:
    return sum(part.strip() not in ("", _ANY) for part in pattern.split("|"))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()
