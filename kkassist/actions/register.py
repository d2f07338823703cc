"""What the checks of an upload look things up in: OPUS and KKorg as last read, and the process' settings."""

from collections.abc import Mapping, Sequence
from datetime import date

from kkassist.domain.person import Employment
from kkassist.domain.settings import Settings
from kkassist.processes.settings import tables
from kkassist.processes.words import Process
from kkassist.store import organisation, people
from kkassist.store.engine import Tx


class StoredRegister:
    """A `Register` over one reading transaction; what was asked for once is remembered."""

    def __init__(self, tx: Tx, process: Process, settings: Settings, today: date) -> None:
        self._tx = tx
        self._tables = tables(process, settings)
        self._today = today
        self._employments: dict[str, Employment | None] = {}
        self._by_cpr: dict[str, Sequence[Employment]] = {}
        self._cost_centers: Mapping[str, bool] | None = None

    def employment(self, tjenestenr: str) -> Employment | None:
        if tjenestenr not in self._employments:
            self._employments[tjenestenr] = people.employment(self._tx, tjenestenr)
        return self._employments[tjenestenr]

    def employments_of(self, cpr: str) -> Sequence[Employment]:
        if cpr not in self._by_cpr:
            found = people.employments_of(self._tx, cpr)
            self._by_cpr[cpr] = found
            self._employments.update(
                (one.tjenestenr, one) for one in found
            )  # a row names both: one look-up is enough
        return self._by_cpr[cpr]

    def cost_center_open(self, cost_center: str, day: date) -> bool | None:  # noqa: ARG002 - OPUS says open or closed now
        if self._cost_centers is None:
            found = organisation.cost_centers(self._tx)
            self._cost_centers = {number: not unit.closed for number, unit in found.items()}
        return self._cost_centers.get(cost_center, False) if self._cost_centers else None

    def setting(self, name: str) -> Mapping[str, Mapping[str, str]]:
        return self._tables.get(name, {})

    def today(self) -> date:
        return self._today
