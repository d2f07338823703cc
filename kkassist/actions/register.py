"""What the checks of an upload look things up in: OPUS and KKorg as last read, and the process' settings."""

from collections.abc import Mapping, Sequence
from datetime import date

from kkassist.domain.person import Employment
from kkassist.domain.settings import Settings
from kkassist.processes.settings import tables
from kkassist.processes.words import Process
from kkassist.store import organisation, people
from kkassist.store.engine import Tx

_MANY = 500


class StoredRegister:
    """A `Register` over one reading transaction; what was asked for once is remembered."""

    def __init__(self, tx: Tx, process: Process, settings: Settings, today: date) -> None:
        self._tx = tx
        self._tables = tables(process, settings)
        self._today = today
        self._employments: dict[str, Employment | None] = {}
        self._by_cpr: dict[str, Sequence[Employment]] = {}
        self._cost_centers: Mapping[str, bool] | None = None
        self._asked = 0
        self._has_all = False

    def employment(self, tjenestenr: str) -> Employment | None:
        if tjenestenr not in self._employments and not self._all_known():
            self._employments[tjenestenr] = people.employment(self._tx, tjenestenr)
        return self._employments.get(tjenestenr)

    def employments_of(self, cpr: str) -> Sequence[Employment]:
        if cpr not in self._by_cpr and not self._all_known():
            found = people.employments_of(self._tx, cpr)
            self._by_cpr[cpr] = found
            # A row names both CPR and tjenestenr.: one look-up is enough.
            self._employments.update((one.tjenestenr, one) for one in found)
        return self._by_cpr.get(cpr, ())

    def _all_known(self) -> bool:
        """A big file asks for so many that reading everybody at once is cheaper: from then on, memory answers."""
        if not self._has_all:
            self._asked += 1
            if self._asked > _MANY:
                self._read_all()
        return self._has_all

    def _read_all(self) -> None:
        persons: dict[str, list[Employment]] = {}
        for one in people.all_employments(self._tx):
            self._employments[one.tjenestenr] = one
            if one.cpr:
                persons.setdefault(one.cpr, []).append(one)
        self._by_cpr = {cpr: people.in_order(several) for cpr, several in persons.items()}
        self._has_all = True

    def cost_center_open(self, cost_center: str, day: date) -> bool | None:  # noqa: ARG002 - OPUS says open or closed now
        if self._cost_centers is None:
            found = organisation.cost_centers(self._tx)
            self._cost_centers = {number: not unit.closed for number, unit in found.items()}
        return self._cost_centers.get(cost_center, False) if self._cost_centers else None

    def setting(self, name: str) -> Mapping[str, Mapping[str, str]]:
        return self._tables.get(name, {})

    def today(self) -> date:
        return self._today
