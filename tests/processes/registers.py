"""A small real register for the tests: people, cost centers and settings in memory, made up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from kkassist.domain.person import Employment
from kkassist.processes.resultatloen import SETTINGS

TODAY = date(2026, 11, 23)
AS_OF = datetime(2026, 11, 22, 21, 40, tzinfo=UTC)


def employment(tjenestenr: str, cpr: str, name: str = "Anna Maria Eksempel", **other: object) -> Employment:
    first, _, last = name.rpartition(" ")
    facts: dict[str, object] = {
        "tjenestenr": tjenestenr,
        "cpr": cpr,
        "supp_id": "0",
        "first_name": first,
        "last_name": last,
        "address": "Øvelsesvej 1, 1000 København K",
        "protected": False,
        "entry_date": date(2020, 8, 1),
        "leave_date": None,
        "initial_entry": date(2020, 8, 1),
        "unit_id": "1000",
        "position_id": "1",
        "position": "Specialkonsulent",
        "work_contract": "01",
        "work_contract_text": "Månedsløn bagud",
        "weekly_hours": Decimal(37),
        "is_manager": False,
        "superior_level": "0",
        "email": "",
        "user_id": "",
        "phone": "",
        "pay_grade_text": "",
        "wage_step": "",
        "production_number": "",
        "cost_center": "1111111111",
        "as_of": AS_OF,
    }
    return Employment(**{**facts, **other})  # type: ignore[arg-type]


@dataclass
class MemoryRegister:
    people: Sequence[Employment]
    closed: frozenset[str] = frozenset()
    tables: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=lambda: SETTINGS)

    def __post_init__(self) -> None:
        self._by_number = {one.tjenestenr: one for one in self.people}
        self._by_cpr: dict[str, list[Employment]] = {}
        for one in self.people:
            self._by_cpr.setdefault(one.cpr, []).append(one)

    def employment(self, tjenestenr: str) -> Employment | None:
        return self._by_number.get(tjenestenr)

    def employments_of(self, cpr: str) -> Sequence[Employment]:
        return self._by_cpr.get(cpr, ())

    def cost_center_open(self, cost_center: str, day: date) -> bool | None:
        return cost_center not in self.closed

    def setting(self, name: str) -> Mapping[str, Mapping[str, str]]:
        return self.tables.get(name, {})

    def today(self) -> date:
        return TODAY
