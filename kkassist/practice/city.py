"""Who lives and works in the practice city. Every person, number and address is made up."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisational unit, known by both its KKorg number and its OPUS id."""

    kkorgnr: str
    opus_id: str
    uuid: str
    name: str
    short_name: str
    parent_opus_id: str | None
    forvaltning: str
    cost_center: str
    ean: str
    p_nr: str
    street: str
    postal_code: str
    city: str
    start: date
    end: date | None
    leader_tjenestenr: str | None


@dataclass(frozen=True, slots=True)
class Employment:
    """One employment as OPUS knows it; a person (CPR) may have several."""

    tjenestenr: str
    cpr: str
    supp_id: str
    person_uuid: str
    first_name: str
    last_name: str
    street: str
    postal_code: str
    city: str
    protected_address: bool
    entry_date: date
    leave_date: date | None
    initial_entry: date
    unit_opus_id: str
    position_id: str
    position: str
    work_contract: str
    work_contract_text: str
    numerator: Decimal
    denominator: Decimal
    is_manager: bool
    superior_level: str
    subordinate_level: str
    email: str
    user_id: str
    phone: str
    pay_grade_text: str
    wage_step: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the practice ServiceNow, with the open password of a city where nothing is real."""

    user_name: str
    name: str
    role: str
    password: str
    email: str
    groups: tuple[str, ...]
    time_zone: str = "Europe/Copenhagen"


@dataclass(frozen=True, slots=True)
class City:
    """The whole synthetic municipality; equal seeds and sizes give equal cities."""

    seed: int
    today: date
    units: tuple[Unit, ...]
    employments: tuple[Employment, ...]
    accounts: tuple[Account, ...]
    groups: tuple[str, ...]
    units_by_opus_id: dict[str, Unit] = field(repr=False)
    employments_by_tjenestenr: dict[str, Employment] = field(repr=False)
    left: tuple[str, ...] = ()
    """Tjenestenumre that OPUS only remembers as terminated (`action="leave"`); not in `employments`."""
    pensioners: tuple[Employment, ...] = ()
    """Employed nowhere, yet in the extract: tjenestemandspensionister (work contract 08, no entry date) and one
    receiver of efterindtægt (told by the position alone)."""
