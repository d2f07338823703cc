"""Organisational units. Inside, validity is half-open `[start, end)`; the screen shows the last day inclusive."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class OpusUnit:
    """An orgUnit of the OPUS extract."""

    id: str
    parent_id: str
    """"" for a root."""
    short_name: str
    name: str
    start: date | None
    end: date | None
    cost_center: str
    ean: str
    p_nr: str
    street: str
    postal_code: str
    city: str
    org_type: str
    org_type_text: str
    as_of: datetime

    @property
    def closed(self) -> bool:
        """OPUS marks a closed unit with # in its name."""
        return "#" in self.name


@dataclass(frozen=True, slots=True)
class KkorgUnit:
    """A unit of KKorg. `kkorgnr` is an opaque numeric string; `uuid` is "" for the OPUS-units adapter."""

    kkorgnr: str
    uuid: str
    name: str
    parent_kkorgnr: str
    path: tuple[str, ...]
    """Names of the ancestors, root first, without the unit itself."""
    forvaltning: str
    leader_name: str
    leader_inherited: bool
    start: date | None
    end: date | None
    opus_unit_id: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class KkorgEngagement:
    """An engagement of KKorg: who works where, half-open validity."""

    tjenestenr: str
    person_name: str
    cpr: str
    """"" when KKorg does not give it."""
    kkorgnr: str
    unit_name: str
    job_function: str
    start: date | None
    end: date | None
    as_of: datetime
