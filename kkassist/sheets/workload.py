"""The team lead's workbook: her group's queue as it stands, per caseworker, process, age and SLA.

Every total is an Excel formula over the sheet of cases, with the value it gives already in place.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from kkassist.domain.language import say
from kkassist.sheets.dressing import BLUE, Book, local, practice_words
from kkassist.sheets.whole import written_whole

_CASES = "Sager"
_HEADER_ROW = 2
_AGES = ((0, 2), (3, 5), (6, 10), (11, 20), (21, 100_000))
"""Bands of working days, both ends counted."""


class SlaStatus(StrEnum):
    """Where a case stands against its service level."""

    ON_TIME = "on_time"
    AT_RISK = "at_risk"
    BREACHED = "breached"
    PAUSED = "paused"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class WorkloadCase:
    """One open case of the queue. `age_days` are working days since it was opened; titles are left out."""

    number: str
    process: str
    """The process' title, "" when the case belongs to none."""
    caseworker: str
    """Display name, "" when nobody has the case."""
    group: str
    state: str
    """The state as the user reads it."""
    priority: int
    opened: date | None
    age_days: int
    due: date | None
    sla: SlaStatus
    breach_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """What is exported. `start` and `end` limit by the day a case was opened; None is open-ended."""

    team: str
    cases: Sequence[WorkloadCase]
    start: date | None
    end: date | None
    written_by: str
    written_at: datetime
    practice: bool = False


@dataclass(frozen=True, slots=True)
class WorkloadTotals:
    """What the workbook says on its first sheet."""

    cases: int
    unassigned: int
    breached: int
    at_risk: int
    caseworkers: int


def write_workload(path: Path, workload: Workload) -> WorkloadTotals:
    """Write `workload` to `path` (.xlsx) and tell its totals. Raises `Refused` or `DiskFull`."""
    with written_whole(path) as beside:
        book = Book(str(beside), practice=workload.practice)
        overview = book.sheet("Overblik")
        cases = book.sheet(_CASES)
        sla = book.sheet("SLA")
        explained = book.sheet("Forklaring")
        _write_cases(book, cases, workload)
        _write_overview(book, overview, workload)
        _write_sla(book, sla, workload)
        _write_explanations(book, explained)
        book.book.set_properties({"title": say("Arbejdsmængde"), "subject": workload.team})
        book.book.close()
    return totals(workload.cases)


def totals(cases: Sequence[WorkloadCase]) -> WorkloadTotals:
    """The counts of `cases`, one place for the workbook, the command line and its tests."""
    by_sla = Counter(case.sla for case in cases)
    return WorkloadTotals(
        cases=len(cases),
        unassigned=sum(1 for case in cases if not case.caseworker),
        breached=by_sla[SlaStatus.BREACHED],
        at_risk=by_sla[SlaStatus.AT_RISK],
        caseworkers=len({case.caseworker for case in cases if case.caseworker}),
    )


def sla_words(status: SlaStatus) -> str:
    """The status as a user reads it."""
    return {
        SlaStatus.ON_TIME: say("til tiden"),
        SlaStatus.AT_RISK: say("i fare"),
        SlaStatus.BREACHED: say("overskredet"),
        SlaStatus.PAUSED: say("på pause"),
        SlaStatus.NONE: say("ingen frist"),
    }[status]


def _worker(case: WorkloadCase) -> str:
    return case.caseworker or say("Ikke fordelt")


def _process(case: WorkloadCase) -> str:
    return case.process or say("Uden proces")


def _workers(cases: Sequence[WorkloadCase]) -> list[str]:
    """Most cases first; what nobody has comes last."""
    counted = Counter(_worker(case) for case in cases)
    nobody = say("Ikke fordelt")
    return sorted(counted, key=lambda name: (name == nobody, -counted[name], name))


def _columns() -> list[tuple[str, int]]:
    return [
        (say("Sag"), 16), (say("Proces"), 30), (say("Sagsbehandler"), 26), (say("Gruppe"), 26), (say("Tilstand"), 18),
        (say("Prioritet"), 10), (say("Oprettet"), 13), (say("Alder (arbejdsdage)"), 12), (say("Frist"), 13),
        (say("SLA"), 14), (say("SLA udløber"), 20),
    ]  # fmt: skip


_PROCESS, _WORKER, _AGE, _SLA = 1, 2, 7, 9
"""Columns of the sheet of cases that totals are counted by."""


def _range(column: int, cases: Sequence[WorkloadCase]) -> str:
    name = xl_col_to_name(column, col_abs=True)
    return f"{_CASES}!{name}${_HEADER_ROW + 2}:{name}${_HEADER_ROW + 1 + max(1, len(cases))}"


def _write_cases(book: Book, sheet: Worksheet, workload: Workload) -> None:
    heads = _columns()
    sheet.write_string(0, 0, say("Sager: {team}", team=workload.team), book.look("title"))
    if workload.practice:
        sheet.write_string(1, 0, practice_words(), book.look("practice"))
    for at, (_, width) in enumerate(heads):
        sheet.set_column(at, at, width)
    last = _HEADER_ROW + max(1, len(workload.cases))
    sheet.add_table(
        _HEADER_ROW, 0, last, len(heads) - 1,
        {"name": "Sager", "style": "Table Style Light 9", "columns": [{"header": head} for head, _ in heads]},
    )  # fmt: skip
    dated, instant = book.look("date"), book.look("instant")
    for row, case in enumerate(workload.cases, _HEADER_ROW + 1):
        texts = (case.number, _process(case), _worker(case), case.group, case.state)
        for at, text in enumerate(texts):
            sheet.write_string(row, at, text)
        sheet.write_number(row, 5, case.priority)
        sheet.write_number(row, _AGE, case.age_days)
        sheet.write_string(row, _SLA, sla_words(case.sla))
        for at, day in ((6, case.opened), (8, case.due)):
            if day is not None:
                sheet.write_datetime(row, at, datetime.combine(day, time.min), dated)
        if case.breach_at is not None:
            sheet.write_datetime(row, 10, local(case.breach_at), instant)
    sheet.freeze_panes(_HEADER_ROW + 1, 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADER_ROW)


@dataclass(frozen=True, slots=True)
class _Cross:
    """A cross table: rows by one column of the sheet of cases, columns by a criterion each, totals both ways."""

    corner: str
    rows: Sequence[str]
    heads: Sequence[str]
    count: Callable[[str, str], int]
    formula: Callable[[str, str], str]
    """(cell of the row's name, cell of the column's head) → the formula that counts."""


def _write_cross(book: Book, sheet: Worksheet, row: int, cross: _Cross) -> int:
    """Writes `cross` with its header at `row`; returns the row of its totals."""
    width = len(cross.heads) + 1
    for at, head in enumerate((cross.corner, *cross.heads, say("I alt"))):
        sheet.write_string(row, at, head, book.look("header"))
    counts = [[cross.count(name, head) for head in cross.heads] for name in cross.rows]
    for number, (name, line) in enumerate(zip(cross.rows, counts, strict=True), row + 1):
        sheet.write_string(number, 0, name)
        for at, value in enumerate(line, 1):
            formula = cross.formula(f"$A{number + 1}", xl_rowcol_to_cell(row, at, row_abs=True))
            sheet.write_formula(number, at, formula, book.look("count"), value)
        whole = f"=SUM({xl_rowcol_to_cell(number, 1)}:{xl_rowcol_to_cell(number, width - 1)})"
        sheet.write_formula(number, width, whole, book.look("row_total"), sum(line))
    last = row + len(cross.rows) + 1
    sheet.write_string(last, 0, say("I alt"), book.look("total_label"))
    for at in range(1, width + 1):
        values = [sum(line) if at == width else line[at - 1] for line in counts]
        whole = f"=SUM({xl_rowcol_to_cell(row + 1, at)}:{xl_rowcol_to_cell(last - 1, at)})"
        sheet.write_formula(last, at, whole if counts else "=0", book.look("total"), sum(values))
    return last


def _write_overview(book: Book, sheet: Worksheet, workload: Workload) -> None:
    cases = workload.cases
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 40, 14)
    row = book.top(sheet, say("Arbejdsmængde: {team}", team=workload.team))
    sheet.write_string(row - 1, 0, _scope(workload), book.look("label"))
    row = _write_key_figures(book, sheet, row + 1, workload)
    processes = sorted({_process(case) for case in cases})
    counted = Counter((_worker(case), _process(case)) for case in cases)
    workers, names = _range(_WORKER, cases), _range(_PROCESS, cases)
    cross = _Cross(
        corner=say("Sagsbehandler"),
        rows=_workers(cases),
        heads=processes,
        count=lambda worker, process: counted[worker, process],
        formula=lambda worker, process: f"=COUNTIFS({workers},{worker},{names},{process})",
    )
    last = _write_cross(book, sheet, row + 1, cross)
    if cases:
        _write_chart(book, sheet, row + 1, last, len(processes))
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _scope(workload: Workload) -> str:
    written = local(workload.written_at).strftime("%d-%m-%Y %H:%M")
    period = " – ".join(day.strftime("%d-%m-%Y") if day else "…" for day in (workload.start, workload.end))
    if workload.start is None and workload.end is None:
        period = say("alle åbne sager")
    return say("{period}. Skrevet {written} af {user}.", period=period, written=written, user=workload.written_by)


def _write_key_figures(book: Book, sheet: Worksheet, row: int, workload: Workload) -> int:
    cases, counted = workload.cases, totals(workload.cases)
    sla, workers = _range(_SLA, cases), _range(_WORKER, cases)
    figures = (
        (say("Sager"), f"=COUNTA({_range(0, cases)})", counted.cases),
        (say("Ikke fordelt"), f'=COUNTIF({workers},"{say("Ikke fordelt")}")', counted.unassigned),
        (say("SLA overskredet"), f'=COUNTIF({sla},"{sla_words(SlaStatus.BREACHED)}")', counted.breached),
        (say("SLA i fare"), f'=COUNTIF({sla},"{sla_words(SlaStatus.AT_RISK)}")', counted.at_risk),
    )
    for number, (label, formula, value) in enumerate(figures, row):
        sheet.write_string(number, 0, label, book.look("label"))
        sheet.write_formula(number, 1, formula, book.look("count_left"), value)
    return row + len(figures)


def _write_chart(book: Book, sheet: Worksheet, header: int, last: int, processes: int) -> None:
    """Stacked bars: one caseworker each, one colour per process."""
    chart = book.book.add_chart({"type": "bar", "subtype": "stacked"})
    colors = (
        BLUE,
        "#2F6DB5",
        "#7FA7D6",
        "#C9A227",
        "#8A5A83",
        "#4F8A5B",
        "#B0563B",
        "#6B7280",
        "#B8C4D6",
        "#D9B36C",
    )
    for at in range(processes):
        chart.add_series(
            {
                "name": ["Overblik", header, at + 1],
                "categories": ["Overblik", header + 1, 0, last - 1, 0],
                "values": ["Overblik", header + 1, at + 1, last - 1, at + 1],
                "fill": {"color": colors[at % len(colors)]},
                "gap": 60,
            }
        )
    chart.set_title({"name": say("Åbne sager pr. sagsbehandler"), "name_font": {"size": 12, "color": BLUE}})
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"num_format": "0", "major_gridlines": {"visible": True, "line": {"color": "#D9DEE5"}}})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 900, "height": max(260, 120 + 26 * (last - header))})
    sheet.insert_chart(last + 2, 0, chart, {"description": say("Åbne sager pr. sagsbehandler og proces")})


def _write_sla(book: Book, sheet: Worksheet, workload: Workload) -> None:
    cases = workload.cases
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 12, 16)
    row = book.top(sheet, say("SLA og alder"))
    by_status = Counter((_process(case), sla_words(case.sla)) for case in cases)
    names, statuses, ages = _range(_PROCESS, cases), _range(_SLA, cases), _range(_AGE, cases)
    processes = sorted({_process(case) for case in cases})
    last = _write_cross(
        book, sheet, row,
        _Cross(
            corner=say("Proces"),
            rows=processes,
            heads=[sla_words(status) for status in SlaStatus],
            count=lambda process, status: by_status[process, status],
            formula=lambda process, status: f"=COUNTIFS({names},{process},{statuses},{status})",
        ),
    )  # fmt: skip
    bands = {_band_words(low, high): (low, high) for low, high in _AGES}
    by_age = Counter((_process(case), _band(case.age_days)) for case in cases)
    between = {head: _between(ages, *band) for head, band in bands.items()}
    heads = list(bands)
    table_row = last + 3
    by_cell = {xl_rowcol_to_cell(table_row, at, row_abs=True): between[head] for at, head in enumerate(heads, 1)}
    sheet.write_string(table_row - 1, 0, say("Alder i arbejdsdage"), book.look("heading"))
    _write_cross(
        book, sheet, table_row,
        _Cross(
            corner=say("Proces"),
            rows=processes,
            heads=heads,
            count=lambda process, head: by_age[process, head],
            formula=lambda process, head: f"=COUNTIFS({names},{process},{by_cell[head]})",
        ),
    )  # fmt: skip
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _band_words(low: int, high: int) -> str:
    if high >= _AGES[-1][1]:
        return say("over {days} dage", days=low - 1)
    return say("{low}-{high} dage", low=low, high=high)


def _band(days: int) -> str:
    for low, high in _AGES:
        if days <= high:
            return _band_words(low, high)
    return _band_words(*_AGES[-1])


def _between(ages: str, low: int, high: int) -> str:
    """Criteria of COUNTIFS; the first band takes what is younger, the last what is older."""
    criteria = [f'{ages},">={low}"'] if low else []
    criteria += [f'{ages},"<={high}"'] if high < _AGES[-1][1] else []
    return ",".join(criteria)


def _write_explanations(book: Book, sheet: Worksheet) -> None:
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 90)
    row = book.top(sheet, say("Forklaring"))
    for at, head in enumerate((say("Tal"), say("Hvad det betyder, og hvordan det er talt"))):
        sheet.write_string(row, at, head, book.look("header"))
    for number, (figure, meaning) in enumerate(_explanations(), row + 1):
        sheet.write_string(number, 0, figure, book.look("wrap"))
        sheet.write_string(number, 1, meaning, book.look("wrap"))
    sheet.fit_to_pages(1, 0)


def _explanations() -> list[tuple[str, str]]:
    return [
        (
            say("Sager"),
            say("Åbne sager i gruppens kø, som de stod, da filen blev skrevet. Hver sag tæller én gang."),
        ),
        (say("Sagsbehandler"), say("Den, sagen er tildelt i ServiceNow. Ikke fordelt: ingen har sagen.")),
        (say("Proces"), say("Processen i kkassists katalog, fundet ud fra sagens tabel og kategori.")),
        (
            say("Alder (arbejdsdage)"),
            say("Arbejdsdage fra sagen blev oprettet til filen blev skrevet, dagen selv ikke talt."),
        ),
        (say("Frist"), say("Sagens frist i ServiceNow. Tom: sagen har ingen.")),
        (say("SLA overskredet"), say("SLA-uret er løbet ud og er ikke standset.")),
        (say("SLA i fare"), say("SLA-uret løber ud inden for den varsling, der står i indstillingerne.")),
        (say("SLA på pause"), say("SLA-uret står stille, fx mens sagen venter på svar.")),
        (
            say("I alt"),
            say("Summer er Excel-formler over arket Sager, så de følger med, når du retter i rækkerne."),
        ),
    ]
