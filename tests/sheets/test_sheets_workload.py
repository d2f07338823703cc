"""The team lead's totals equal the queue's, and Excel counts them itself."""

import re
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import openpyxl
import pytest
import python_calamine

from kkassist.sheets.workload import SlaStatus, Workload, WorkloadCase, WorkloadTotals, write_workload

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
WORKERS, PROCESSES = ("Bente Holm", "Åse Sørensen", ""), ("Fratrædelse", "Resultatløn", "")
CASES = tuple(
    WorkloadCase(
        f"HRC{number:07d}",
        PROCESSES[number % 3 if number % 7 else 0],
        WORKERS[number // 3 % 3],
        "Løn 1",
        "Åben",
        number % 4 + 1,
        date(2026, 11, 1 + number % 20),
        number % 30,
        date(2026, 12, 1) if number % 2 else None,
        list(SlaStatus)[number % 5],
        AT if number % 5 < 2 else None,
    )
    for number in range(97)
)
WORKLOAD = Workload("Løn 1", CASES, None, None, "bh", AT, practice=True)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("m") / "arbejde.xlsx"
    return path, write_workload(path, WORKLOAD)


def lines(path, sheet):
    return python_calamine.load_workbook(path).get_sheet_by_name(sheet).to_python()


def cross(rows, corner, nth=0):
    """{(row, head): value} of the cross table whose header starts with `corner`."""
    starts = [at for at, line in enumerate(rows) if line[0] == corner]
    header = rows[starts[nth]]
    found = {}
    for line in rows[starts[nth] + 1 :]:
        found |= {
            (line[0], head): int(value) for head, value in zip(header[1:], line[1:], strict=True) if head != ""
        }
        if line[0] == "I alt":
            return found
    raise AssertionError("a table without totals")


def test_totals_equal_the_cases(written):
    path, told = written
    assert told == WorkloadTotals(
        cases=97,
        unassigned=sum(not case.caseworker for case in CASES),
        breached=sum(case.sla is SlaStatus.BREACHED for case in CASES),
        at_risk=sum(case.sla is SlaStatus.AT_RISK for case in CASES),
        caseworkers=2,
    )
    figures = {line[0]: line[1] for line in lines(path, "Overblik")[:9]}
    assert [figures[name] for name in ("Sager", "Ikke fordelt", "SLA overskredet", "SLA i fare")] == [
        told.cases, told.unassigned, told.breached, told.at_risk,
    ]  # fmt: skip


def test_each_cell_of_the_overview_is_the_count_of_its_cases(written):
    shown = cross(lines(written[0], "Overblik"), "Sagsbehandler")
    expected = Counter()
    for case in CASES:
        worker, process = case.caseworker or "Ikke fordelt", case.process or "Uden proces"
        for key in ((worker, process), (worker, "I alt"), ("I alt", process), ("I alt", "I alt")):
            expected[key] += 1
    assert {key: value for key, value in shown.items() if value} == dict(expected)
    assert shown["I alt", "I alt"] == 97


def test_sla_and_age_add_up_too(written):
    rows = lines(written[0], "SLA")
    by_sla, by_age = cross(rows, "Proces"), cross(rows, "Proces", nth=1)
    assert by_sla["I alt", "I alt"] == by_age["I alt", "I alt"] == 97
    assert by_sla["I alt", "på pause"] == sum(case.sla is SlaStatus.PAUSED for case in CASES)
    assert by_age["I alt", "3-5 dage"] == sum(3 <= case.age_days <= 5 for case in CASES)
    assert by_age["I alt", "over 20 dage"] == sum(case.age_days > 20 for case in CASES)


def test_totals_are_formulas_over_the_sheet_of_cases(written):
    sheet = openpyxl.load_workbook(written[0])["Overblik"]
    formulas = [cell.value for line in sheet for cell in line if str(cell.value).startswith("=COUNTIFS")]
    assert len(formulas) == 9
    assert all(
        re.match(r"=COUNTIFS\(Sager!\$C\$4:\$C\$100,\$A\d+,Sager!\$B\$4:\$B\$100,[B-D]\$\d+\)", one)
        for one in formulas
    )


def test_cases_are_a_native_table_with_real_dates(written):
    sheet = openpyxl.load_workbook(written[0])[("Sager")]
    assert [(table.name, table.ref) for table in sheet.tables.values()] == [("Sager", "A3:K100")]
    rows = lines(written[0], "Sager")[3:]
    assert [line[0] for line in rows] == [case.number for case in CASES]
    assert (rows[1][6], rows[1][8], rows[1][10]) == (
        date(2026, 11, 2),
        date(2026, 12, 1),
        datetime(2026, 11, 23, 10, 30),
    )


def test_one_chart_practice_words_and_explanations(written):
    with zipfile.ZipFile(written[0]) as archive:
        assert [name for name in archive.namelist() if "charts/chart" in name] == ["xl/charts/chart1.xml"]
    names = ("Overblik", "Sager", "SLA", "Forklaring")
    assert python_calamine.load_workbook(written[0]).sheet_names == list(names)
    assert all("ØVELSE" in str(lines(written[0], name)[1][0]) for name in names)
    assert all(line[1] for line in lines(written[0], "Forklaring")[3:])


def test_an_empty_queue_gives_a_book_of_zeros(tmp_path):
    told = write_workload(tmp_path / "tom.xlsx", replace(WORKLOAD, cases=(), practice=False))
    assert told.cases == 0
    assert cross(lines(tmp_path / "tom.xlsx", "Overblik"), "Sagsbehandler") == {("I alt", "I alt"): 0}
    assert "ØVELSE" not in str(lines(tmp_path / "tom.xlsx", "Overblik"))


def test_a_period_is_named(tmp_path):
    write_workload(tmp_path / "p.xlsx", replace(WORKLOAD, start=date(2026, 11, 1), practice=False))
    assert "01-11-2026 – …. Skrevet 23-11-2026 10:30 af bh." in str(lines(tmp_path / "p.xlsx", "Overblik"))
