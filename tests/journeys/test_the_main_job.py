"""The job kkassist exists for, to the receipt: two people, and a robot that refuses twenty rows."""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from office import Person, person, share
from resultatloen_file import KINDS, OF_EACH, Planted, spoilt, write

from kkassist.actions import uploads
from kkassist.cli.app import make_desk
from kkassist.cli.settings import read_settings
from kkassist.practice.resultatloen import resultatloen_rows
from kkassist.practice.run import RunningCity
from kkassist.vault import Vault

PROCESS = "resultatloen"
ROWS = 1_000
REFUSED = 20
REASON = "Lønperioden er låst for medarbejderen."


@pytest.fixture
def bent(city: RunningCity, anna: Person, tmp_path: Path) -> Person:
    """The approver: a home and a sign-in of his own, and Anna's workspace."""
    bent = person(city, "bent.kjaer", tmp_path / "bent")
    share(anna, bent)
    return bent


@pytest.fixture
def template(anna: Person, tmp_path: Path) -> Path:
    return Path(anna.does("upload", "template", PROCESS, tmp_path / "skabelon.xlsx")["path"])


def test_a_case_of_the_queue_is_filled_in_with_sources_and_days(anna: Person) -> None:
    found = anna.does("queue")
    assert found["total"] == len(found["cases"]) > 50
    about = next(one for one in found["cases"] if one["process"] == "fratraedelse" and one["person"])
    case = anna.does("case", about["number"])
    fields = {one["id"]: one for one in case["fields"]}
    assert fields["navn"]["value"] == about["person"]
    assert fields["navn"]["source"] == "opus" and fields["navn"]["as_of"]
    assert fields["leder"]["value"] and fields["leder"]["source"] == "kkorg"
    assert fields["cpr"]["value"].endswith("-••••")
    assert case["sla"] and case["steps"]


def test_sixty_errors_of_twelve_kinds_are_found_where_they_are(
    city: RunningCity, anna: Person, template: Path, tmp_path: Path
) -> None:
    rows, planted = spoilt(resultatloen_rows(city.city, ROWS, seed=4))
    assert len(planted) == len(KINDS) * OF_EACH == 60
    marked = tmp_path / "fejl.xlsx"
    file = write(template, tmp_path / "resultatloen.xlsx", rows)
    checked = anna.does("upload", "check", PROCESS, file, "--errors", marked, code=1)

    errors = [one for one in checked["findings"] if one["severity"] == "error"]
    assert sorted((one["row"], one["column"], one["rule"]) for one in errors) == sorted(
        (one.row, one.column, one.rule) for one in planted
    )
    assert (checked["rows"], checked["errors"]) == (ROWS, 60)
    assert checked["ok"] + checked["warnings"] + checked["errors"] == ROWS
    for one in errors:
        assert one["message"].endswith(".") and len(one["message"].split(". ")) <= 3, one["message"]
    assert_marked(marked, planted)

    refused = anna.does("upload", "submit", PROCESS, file, code=1)
    assert refused["error"].startswith("Filen har 60 fejl")


def assert_marked(path: Path, planted: list[Planted]) -> None:
    """The copy has words beside every wrong row."""
    sheet = openpyxl.load_workbook(path)["Data"]
    headings = [str(cell.value or "") for cell in sheet[2]]
    beside = next(place for place, heading in enumerate(headings) if heading and place >= 13)
    for one in planted:
        assert sheet.cell(one.row, beside + 1).value, f"row {one.row} is not marked"


def test_checked_approved_run_refused_mended_rerun_and_receipted(
    city: RunningCity, anna: Person, bent: Person, template: Path, tmp_path: Path
) -> None:
    already = len(city.robots.ledger.postings)
    rows = resultatloen_rows(city.city, ROWS, seed=4)
    file = write(template, tmp_path / "resultatloen.xlsx", rows)
    amount = sum((Decimal(row["Beløb"].replace(".", "").replace(",", ".")) for row in rows), Decimal(0))

    submitted = anna.does("upload", "submit", PROCESS, file)
    batch = submitted["batch"]
    assert (submitted["state"], submitted["rows"], Decimal(submitted["total"])) == ("submitted", ROWS, amount)
    assert "En anden skal godkende" in anna.does("upload", "approve", batch, code=1)["error"]
    assert "ikke godkendt" in anna.does("upload", "send", batch, code=1)["error"]
    approved = bent.does("upload", "approve", batch)
    assert (approved["state"], approved["decided_by"]) == ("approved", "bent.kjaer")

    ordered = [f"KK-{PROCESS}-{batch}-{row}" for row in range(10, 10 + REFUSED)]
    city.robots.robots.refusals.order(ordered, REASON)
    anna.does("upload", "send", batch)
    anna.does("runs", "--watch")
    after = anna.does("upload", "status", batch)
    by_reference = {one["reference"]: one for one in after["results"]}
    assert {by_reference[one]["state"] for one in ordered} == {"refused"}
    assert {by_reference[one]["message"] for one in ordered} == {REASON}
    assert after["state"] == "finished" and sum(after["counts"].values()) == ROWS
    assert set(after["counts"]) <= {"done", "refused", "failed"}
    done_first = {one["reference"] for one in after["results"] if one["state"] == "done"}

    rounds = 0
    while refused := rows_in(after, "refused"):
        rounds += 1
        assert rounds <= 4
        mend(anna, batch, refused, f"Rettet efter robottens svar ({rounds}).")
        if not rows_in(after, "failed"):
            assert "godkendes" in anna.does("upload", "retry", batch, code=1)["error"]
        resubmit(anna, batch)
        assert "selv" in anna.does("upload", "approve", batch, code=1)["error"]
        bent.does("upload", "approve", batch)
        anna.does("upload", "retry", batch)
        anna.does("runs", "--watch")
        after = anna.does("upload", "status", batch)

    assert after["counts"] == {"done": ROWS}
    tries = {one["reference"]: one["tries"] for one in after["results"]}
    assert {tries[one] for one in done_first} == {1}, "a row that was done has been run again"
    assert all(tries[one] >= 2 for one in ordered)
    assert_receipt(anna, batch, tmp_path / "kvittering.xlsx", amount)
    assert len(city.robots.ledger.postings) - already == ROWS
    assert city.robots.ledger.posted_twice() == []
    assert anna.does("audit", "verify")["intact"] is True


def rows_in(status: dict[str, Any], state: str) -> list[int]:
    return [one["row"] for one in status["results"] if one["state"] == state]


def mend(anna: Person, batch: str, rows: list[int], reason: str) -> None:
    """In the window the rows are mended in place; the command line has no word for it."""
    desk = make_desk(read_settings(anna.home), Vault(str(anna.home), anna.environment))
    try:
        for row in rows:
            assert uploads.repair_row(desk, batch, row, {"begrundelse": reason}) == []
    finally:
        desk.workspace.close()


def resubmit(anna: Person, batch: str) -> None:
    desk = make_desk(read_settings(anna.home), Vault(str(anna.home), anna.environment))
    try:
        uploads.submit(desk, batch)
    finally:
        desk.workspace.close()


def assert_receipt(anna: Person, batch: str, path: Path, amount: Decimal) -> None:
    """The receipt's rows add up to the batch, and each has its reference and the system's own receipt."""
    assert anna.does("upload", "receipt", batch, path)["counts"] == {"done": ROWS}
    book = openpyxl.load_workbook(path)
    facts = {row[0]: row[1] for row in book["Kvittering"].iter_rows(max_col=2, values_only=True) if row[0]}
    assert facts["Godkendt af"] == "bent.kjaer"
    assert facts["Kontrolsum af indholdet (SHA-256)"] == facts["Godkendt indhold (SHA-256)"]
    assert facts["Rækker"] == ROWS and Decimal(str(facts["Beløb i alt (kr.)"])) == amount
    headings, *rows = book["Rækker"].iter_rows(min_row=4, values_only=True)
    told = [dict(zip(headings, row, strict=True)) for row in rows if row[0]]
    assert Counter(one["Udfald"] for one in told) == {"udført": ROWS}
    assert sum(Decimal(str(one["Beløb"])) for one in told) == amount
    assert len({one["Reference"] for one in told}) == ROWS
    assert all("OPUS-" in str(one["Kvittering fra systemet"]) for one in told)
