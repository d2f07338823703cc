"""The receipt adds up, hides CPR numbers, and says who approved what."""

import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
import python_calamine
from sheet_samples import PROCESS

from kkassist.domain.batch import Batch, BatchRow, BatchState, RowState
from kkassist.sheets.receipt import Receipt, write_receipt

CPR = "0101901234"
AT = datetime(2026, 7, 1, 10, 0, 5, tzinfo=UTC)


def batch_row(number, state, amount, message=""):
    values = {"cpr": CPR, "tjenestenr": f"{number:08d}", "beloeb": amount, "fra": "2026-01-01", "navn": "Åse"}
    return BatchRow("B1", number, f"R-{number}", values, state, message, 1, "ROBOT-01", "", "", AT, AT)


ROWS = (
    *(batch_row(number, RowState.DONE, "100.10") for number in range(2, 12)),
    batch_row(12, RowState.REFUSED, "0.05", f"CPR {CPR} og 010190-1234 findes ikke"),
    batch_row(13, RowState.UNKNOWN, "7"),
)
BATCH = Batch(
    "B1", "proeve", "løn.xlsx", BatchState.FINISHED, "a" * 64, 12, Decimal("1008.05"), "bh", AT, AT, "chef", AT,
    "a" * 64, "", {}, 0, 0,
)  # fmt: skip


def receipt(**changes):
    made = Receipt(PROCESS, BATCH, ROWS, "bh", AT, AT, "bh", AT, "Demo")
    return replace(made, **changes)


@pytest.fixture
def written(tmp_path):
    write_receipt(tmp_path / "kvittering.xlsx", receipt(practice=True))
    return tmp_path / "kvittering.xlsx"


def lines(path, sheet):
    return python_calamine.load_workbook(path).get_sheet_by_name(sheet).to_python()


def test_facts_name_hash_approver_and_danish_time(written):
    facts = {line[0]: line[1] for line in lines(written, "Kvittering") if line[0]}
    assert facts["Godkendt af"] == "chef"
    assert facts["Kontrolsum af indholdet (SHA-256)"] == facts["Godkendt indhold (SHA-256)"] == "a" * 64
    assert facts["Kørsel startet"] == datetime(2026, 7, 1, 12, 0, 5)
    assert (facts["Rækker"], facts["Beløb i alt (kr.)"]) == (12, 1008.05)


def test_sums_are_excels_own_and_equal_the_rows(written):
    shown = {
        line[0]: (line[1], round(line[2], 2))
        for line in lines(written, "Kvittering")
        if isinstance(line[2], float)
    }
    assert shown == {
        "udført": (10, 1001.0), "afvist": (1, 0.05), "ukendt": (1, 7.0), "I alt": (12, 1008.05),
    }  # fmt: skip
    sheet = openpyxl.load_workbook(written)["Kvittering"]
    formulas = [cell.value for line in sheet for cell in line if str(cell.value).startswith("=")]
    assert sum("COUNTIF('Rækker'!$B$5:$B$16" in text for text in formulas) == 3
    assert sum("SUMIF('Rækker'!$B$5:$B$16" in text and "'Rækker'!$N$5:$N$16" in text for text in formulas) == 3


def test_every_row_stands_there_typed_with_its_answer(written):
    header, *rows = lines(written, "Rækker")[3:]
    at = {name: index for index, name in enumerate(header)}
    assert [line[0] for line in rows] == list(range(2, 14))
    first = rows[0]
    assert (first[at["Beløb"]], first[at["Optjeningsperiode fra"]]) == (100.10, date(2026, 1, 1))
    assert (first[at["Tjenestenr."]], first[at["Reference"]], first[at["Robot"]]) == (
        "00000002",
        "R-2",
        "ROBOT-01",
    )
    assert rows[10][at["Robottens svar"]] == "CPR 010190-•••• og 010190-•••• findes ikke"
    sheet = openpyxl.load_workbook(written)["Rækker"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("C5", "A4:R16")


def test_no_cpr_anywhere_in_the_file(written):
    with zipfile.ZipFile(written) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert CPR.encode() not in everything
    assert b"010190-1234" not in everything


def test_the_statement_tells_approval_and_what_is_unknown(tmp_path):
    def statement(**changes):
        write_receipt(tmp_path / "k.xlsx", receipt(batch=replace(BATCH, **changes)))
        return lines(tmp_path / "k.xlsx", "Kvittering")[-1][0]

    assert statement().startswith("chef godkendte netop dette indhold. Alle 12 rækker")
    assert "1 rækker har et ukendt udfald" in statement()
    assert statement(decided_hash="b" * 64).startswith("Indholdet er ikke det, der blev godkendt.")
    assert statement(decided_hash="").startswith("Indberetningen er ikke godkendt.")


def test_practice_is_said_on_each_sheet(written, tmp_path):
    assert ["ØVELSE" in lines(written, name)[1][0] for name in ("Kvittering", "Rækker")] == [True, True]
    write_receipt(tmp_path / "aegte.xlsx", receipt())
    assert not any("ØVELSE" in str(lines(tmp_path / "aegte.xlsx", name)) for name in ("Kvittering", "Rækker"))


def test_a_receipt_with_rows_missing_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="every row"):
        write_receipt(tmp_path / "k.xlsx", receipt(rows=ROWS[:-1]))
    assert list(tmp_path.iterdir()) == []


def test_a_strangers_cpr_in_the_robots_words_is_taken_out(tmp_path):
    words = replace(ROWS[0], message="Mente du 020290-1235?")
    write_receipt(tmp_path / "k.xlsx", receipt(rows=(words, *ROWS[1:])))
    assert lines(tmp_path / "k.xlsx", "Rækker")[4][2] == "Mente du [CPR]?"
