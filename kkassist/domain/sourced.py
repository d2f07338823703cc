"""A value that says where it comes from. A disagreement is shown, never silently settled."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    """Where a value was read."""

    SERVICENOW = "servicenow"
    OPUS = "opus"
    KKORG = "kkorg"
    EDOC = "edoc"
    RULE = "rule"  # worked out by a rule of `kkassist.rules`
    USER = "user"  # typed by the caseworker, in her draft


SOURCE_NAMES = {
    Source.SERVICENOW: "ServiceNow",
    Source.OPUS: "OPUS",
    Source.KKORG: "KKorg",
    Source.EDOC: "eDoc",
    Source.RULE: "Beregnet",
    Source.USER: "Dig",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says of a field: `value` in the field's stored form (ISO dates, plain decimals, text)."""

    source: Source
    value: str
    as_of: datetime | None
    """UTC instant the source's value was true: the extract's time, the record's update; None when unknown."""


@dataclass(frozen=True, slots=True)
class FilledField:
    """A field of a case form, filled in: the value that counts and what the other sources say."""

    id: str
    label: str
    value: str
    source: Source | None
    """None when no source had a value and the caseworker has typed none."""
    as_of: datetime | None = None
    conflicts: tuple[Said, ...] = ()
    """Sources whose value differs from `value`, best source first."""
    reason: str = ""
    """For a value worked out by a rule: why it is so, with the law (Danish)."""
