"""From a file to an approved batch: found, refused, mended, approved by somebody else."""

from decimal import Decimal

import openpyxl
import pytest
from job import PROCESS, approver, as_user, row, write_file

from kkassist.actions import uploads
from kkassist.domain.batch import BatchState, RowState, Severity
from kkassist.domain.errors import Refused
from kkassist.store import audit, batches

ID = PROCESS.id


def clean(tmp_path, count=40, name="fil.xlsx"):
    return write_file(tmp_path / name, [row(number) for number in range(1, count + 1)])


def test_a_clean_file_becomes_a_checked_batch_with_its_sum(desk, tmp_path):
    checked = uploads.check_file(desk, ID, clean(tmp_path))
    assert (checked.ok, checked.warnings, checked.errors) == (40, 0, 0)
    assert checked.batch.state is BatchState.CHECKED
    assert checked.batch.total == checked.totals.amount == sum(1000 + n for n in range(1, 41)) + 20
    with desk.workspace.read() as tx:
        first = batches.rows(tx, checked.batch.id)[0]
    assert first.reference == f"KK-{ID}-{checked.batch.id}-2"
    assert first.values["beloeb"] == "1001.50"


def test_the_same_file_again_is_the_same_batch(desk, tmp_path):
    first = uploads.check_file(desk, ID, clean(tmp_path))
    again = uploads.check_file(desk, ID, clean(tmp_path, name="kopi.xlsx"))
    assert again.batch.id == first.batch.id
    uploads.submit(desk, first.batch.id)
    with pytest.raises(Refused, match=f"allerede i batch {first.batch.id}"):
        uploads.check_file(desk, ID, clean(tmp_path))


def test_a_file_with_an_error_cannot_be_submitted_and_the_sentence_says_where(desk, tmp_path):
    path = write_file(tmp_path / "fejl.xlsx", [row(1), row(2, beloeb="70.000,00"), row(3, loenart="FAST")])
    checked = uploads.check_file(desk, ID, path)
    assert checked.batch.state is BatchState.DRAFT
    assert (checked.ok, checked.errors) == (1, 2)
    with pytest.raises(Refused) as caught:
        uploads.submit(desk, checked.batch.id)
    assert "Række 3, Beløb" in str(caught.value) and "Række 4, Lønart" in str(caught.value)


def test_a_marked_copy_holds_the_findings(desk, tmp_path):
    path = write_file(tmp_path / "fejl.xlsx", [row(1), row(2, beloeb="70.000,00")])
    marked = uploads.marked_copy(uploads.check_file(desk, ID, path), path, tmp_path / "markeret.xlsx")
    text = " ".join(str(cell.value) for cell in openpyxl.load_workbook(marked).active[3])
    assert "60.000" in text


def test_the_template_is_taken_back_without_findings_of_form(desk, tmp_path):
    path = uploads.template(desk, ID, tmp_path / "skabelon.xlsx")
    assert "Forside" in openpyxl.load_workbook(path).sheetnames


def test_approval_is_another_persons_and_binds_to_the_content(desk, tmp_path):
    batch = uploads.submit_file(desk, ID, clean(tmp_path))
    with pytest.raises(Refused, match="rolle"):
        uploads.approve(as_user(desk, "gitte.aagaard", "jurist"), batch.id)
    for role in ("sagsbehandler", "godkender"):
        with pytest.raises(Refused, match="selv"):
            uploads.approve(as_user(desk, "anna.holm", role), batch.id)
    with pytest.raises(Refused, match="ændret"):
        uploads.approve(approver(desk), batch.id, shown_hash="en anden")
    shown = uploads.to_approve(approver(desk), batch.id)
    approved = uploads.approve(approver(desk), batch.id, shown.batch.content_hash)
    assert (approved.state, approved.decided_by) == (BatchState.APPROVED, "bent.kjaer")
    assert approved.decided_hash == approved.content_hash


def test_a_colleague_of_the_same_role_may_approve(desk, tmp_path):
    batch = uploads.submit_file(desk, ID, clean(tmp_path))
    colleague = as_user(desk, "hamza.yilmaz", "sagsbehandler")
    assert uploads.approve(colleague, batch.id).decided_by == "hamza.yilmaz"


def test_the_approver_sees_the_biggest_and_a_sample_nobody_can_choose(desk, tmp_path):
    batch = uploads.submit_file(desk, ID, clean(tmp_path))
    shown, again = (uploads.to_approve(approver(desk), batch.id) for _ in range(2))
    assert [one.values["tjenestenr"] for one in shown.biggest] == [str(100_040 - n) for n in range(10)]
    assert len(shown.sample) == 2
    assert [one.row for one in shown.sample] == [one.row for one in again.sample]
    assert shown.totals.amount == batch.total


def test_whoever_mended_a_row_cannot_approve_and_the_batch_must_be_submitted_again(desk, tmp_path):
    batch = uploads.submit_file(desk, ID, clean(tmp_path))
    uploads.repair_row(approver(desk), batch.id, 5, {"beloeb": "2.000,00"})
    mended = uploads.batch(desk, batch.id)
    assert mended.state is BatchState.CHECKED
    assert mended.content_hash != batch.content_hash
    assert mended.total == batch.total - Decimal("1004.50") + 2000
    uploads.submit(desk, batch.id)
    with pytest.raises(Refused, match="rettet"):
        uploads.approve(approver(desk), batch.id)
    assert uploads.approve(as_user(desk, "carla.lund", "teamleder"), batch.id).state is BatchState.APPROVED


def test_mending_the_wrong_row_in_place_makes_the_file_whole(desk, tmp_path):
    path = write_file(tmp_path / "fejl.xlsx", [row(1), row(2, beloeb="70.000,00"), row(1)])
    checked = uploads.check_file(desk, ID, path)
    assert {one.row for one in checked.findings if one.severity is Severity.ERROR} >= {3, 4}
    assert uploads.repair_row(desk, checked.batch.id, 3, {"beloeb": "7.000,00"}) == []
    uploads.repair_row(
        desk, checked.batch.id, 4, {"cpr": "6101900003", "tjenestenr": "100003", "navn": "Prøve Person3"}
    )
    assert not [one for one in uploads.findings(desk, checked.batch.id) if one.severity is Severity.ERROR]
    assert uploads.submit(desk, checked.batch.id).state is BatchState.SUBMITTED


def test_the_control_sum_of_the_cover_is_compared_again_when_a_row_is_mended(desk, tmp_path):
    path = write_file(tmp_path / "forside.xlsx", [row(1), row(2, beloeb="2.000,00")])
    book = openpyxl.load_workbook(path)
    cover = book.create_sheet("Forside")
    cover.append(["Antal rækker", 2])
    cover.append(["Kontrolsum", "4.001,50"])
    book.save(path)
    checked = uploads.check_file(desk, ID, path)
    assert [(one.row, one.rule) for one in checked.findings] == [(0, "V-RL-07")]
    with pytest.raises(Refused, match="forsiden siger"):
        uploads.submit(desk, checked.batch.id)
    uploads.repair_row(desk, checked.batch.id, 3, {"beloeb": "3.000,00"})
    assert uploads.findings(desk, checked.batch.id) == []
    assert uploads.submit(desk, checked.batch.id).state is BatchState.SUBMITTED


def test_a_text_that_cannot_be_read_is_refused_in_the_readers_words(desk, tmp_path):
    checked = uploads.check_file(desk, ID, clean(tmp_path, 3))
    with pytest.raises(Refused):
        uploads.repair_row(desk, checked.batch.id, 2, {"beloeb": "mange penge"})
    with pytest.raises(Refused, match="ingen kolonne"):
        uploads.repair_row(desk, checked.batch.id, 2, {"findes_ikke": "1"})


def test_a_rejected_batch_says_why_and_is_in_the_log(desk, tmp_path):
    batch = uploads.submit_file(desk, ID, clean(tmp_path, 3))
    with pytest.raises(Refused, match="hvorfor"):
        uploads.reject(approver(desk), batch.id, " ")
    rejected = uploads.reject(approver(desk), batch.id, "Forkert måned")
    assert (rejected.state, rejected.reason) == (BatchState.REJECTED, "Forkert måned")
    with desk.workspace.read() as tx:
        acts = [entry["act"] for entry in audit.export(tx)]
        assert audit.verify(tx).intact
    assert acts == ["kontrollér fil", "indsend", "afvis"]


def test_no_cpr_reaches_the_log_when_a_row_is_mended(desk, tmp_path):
    checked = uploads.check_file(desk, ID, clean(tmp_path, 3))
    uploads.repair_row(desk, checked.batch.id, 2, {"cpr": "6101900009", "tjenestenr": "100009", "navn": ""})
    with desk.workspace.read() as tx:
        assert not any("6101900009" in str(entry) for entry in audit.export(tx))


def test_unknown_things_are_named(desk, tmp_path):
    with pytest.raises(Refused, match="findes ikke"):
        uploads.check_file(desk, "ukendt", tmp_path / "x.xlsx")
    with pytest.raises(Refused, match="ingen batch"):
        uploads.submit(desk, "01ABC")


def test_rows_wait_as_checked_until_they_are_approved(desk, tmp_path):
    batch = uploads.submit_file(desk, ID, clean(tmp_path, 3))
    assert batch.counts == {RowState.CHECKED: 3}
    assert uploads.approve(approver(desk), batch.id).counts == {RowState.APPROVED: 3}
