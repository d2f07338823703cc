"""What the tour asks of the practice city: a colleague's hand, files with and without errors, an outage."""

from collections.abc import Sequence
from pathlib import Path

from kkassist.practice.resultatloen import resultatloen_rows
from kkassist.practice.run import RunningCity
from kkassist.processes.catalogue import process
from kkassist.sheets.filled import write_filled

ROWS = 60
_PROCESS = "resultatloen"


class TourCity:
    """The practice city as the tour sees it."""

    def __init__(self, city: RunningCity, folder: Path) -> None:
        self._city = city
        self._folder = folder
        self._rows = resultatloen_rows(city.city, ROWS, seed=7)

    def colleague_changes(self, sys_id: str, field: str, value: str) -> None:
        """A colleague changes a field of a case in ServiceNow."""
        self._city.servicenow.colleagues.edit([sys_id], fields={field: value})

    def file_with_errors(self) -> Path:
        """A workbook as people really fill them in: eight rows have something wrong."""
        rows = [dict(row) for row in self._rows]
        rows[3]["CPR-nr."] = "3202991234"
        rows[7]["Beløb"] = "12,500.75"
        rows[11]["Beløb"] = "95.000,00"
        rows[15]["Lønart"] = "ENG-XYZ"
        rows[19]["Optjeningsperiode fra"] = "31-02-2026"
        rows[23]["Pensionsgivende J/N"] = "måske"
        rows[27]["Aftale-id"] = "RL-2019-900"
        rows[31] = dict(rows[30])
        return self._written("resultatløn med fejl.xlsx", rows)

    def mended_file(self) -> Path:
        """The same workbook with everything right."""
        return self._written("resultatløn.xlsx", self._rows)

    def refuse_at_the_robot(self, references: Sequence[str], reason: str) -> None:
        """The robot will refuse these rows once."""
        self._city.robots.robots.refusals.order(references, reason)

    def go_away(self) -> None:
        """ServiceNow stops answering."""
        self._city.servicenow.faults.switch("error_503", rate=1.0)

    def come_back(self) -> None:
        """ServiceNow answers again."""
        self._city.servicenow.faults.clear()

    def _written(self, name: str, rows: Sequence[dict[str, str]]) -> Path:
        path = self._folder / name
        write_filled(process(_PROCESS), path, rows, {}, practice=True)
        return path
