"""Persons and their employments, as OPUS knows them. One CPR may have many employments."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Ended = Literal["", "left", "annulled"]


@dataclass(frozen=True, slots=True)
class Employment:
    """One employment of the OPUS extract, keyed by tjenestenr. (OPUS' medarbejdernummer)."""

    tjenestenr: str
    cpr: str
    """Ten digits."""
    supp_id: str
    first_name: str
    last_name: str
    address: str
    """Street, postal code and city; always "" for a protected address."""
    protected: bool
    entry_date: date | None
    leave_date: date | None
    """Last employed day, inclusive; None while employed."""
    initial_entry: date | None
    """First day with the municipality, where OPUS has it."""
    unit_id: str
    """OPUS orgUnit id."""
    position_id: str
    position: str
    work_contract: str
    work_contract_text: str
    weekly_hours: Decimal | None
    """Hours a week (numerator over denominator of 37, with OPUS' number traps undone)."""
    is_manager: bool
    superior_level: str
    email: str
    user_id: str
    phone: str
    pay_grade_text: str
    wage_step: str
    production_number: str
    cost_center: str
    """The unit's cost center at the time of the extract, "" when it has none."""
    as_of: datetime
    """UTC instant of the extract that last said so."""
    ended: Ended = ""
    """How the employment went out of the extract: OPUS said so, or it was simply gone (annulleret)."""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def active_on(self, day: date) -> bool:
        """Whether the employment runs on `day` (both ends inclusive)."""
        started = self.entry_date is not None and self.entry_date <= day and not self.ended
        return started and (self.leave_date is None or day <= self.leave_date)
