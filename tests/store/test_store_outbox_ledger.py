"""The user's changes and the robots' rows: no move that is not in the book, nothing lost, nothing twice."""

from datetime import timedelta

import pytest
from conftest_store import ANNA, NOW, batch, case, later
from sqlalchemy import text

from kkassist.domain.batch import BatchState, RowState
from kkassist.domain.change import ChangeState, Resolution
from kkassist.domain.errors import Refused
from kkassist.domain.run import RunState
from kkassist.store import batches, cases, ledger, outbox
from kkassist.store.moves import IllegalMove


@pytest.fixture
def tx(workspace):
    with workspace.write() as open_tx:
        cases.store_page(open_tx, [case("c1"), case("c2")], me=ANNA, at=NOW)
        yield open_tx


def edit(tx, case_id="c1", field="state", mine="20", base="18"):
    return outbox.edit_field(tx, case_id, field, base, mine, "anna.holm", NOW)


def due(tx, at=NOW):
    return [one.id for one in outbox.due(tx, at, 100)]


def test_a_waiting_change_takes_the_new_value_and_keeps_its_base(tx):
    first, second = edit(tx), edit(tx, mine="3", base="20")
    assert (second.id, second.base, second.mine) == (first.id, "18", "3")


def test_an_edit_while_one_is_sent_follows_it(tx):
    first = edit(tx)
    outbox.sending(tx, first.id, NOW)
    second = edit(tx, mine="3")
    assert (second.id != first.id, second.base) == (True, "20")
    assert due(tx) == []
    outbox.done(tx, first.id, NOW)
    assert due(tx) == [second.id]


def test_a_poison_change_holds_back_only_its_own_field(tx):
    poison, other, elsewhere = edit(tx), edit(tx, field="priority", mine="2"), edit(tx, case_id="c2")
    outbox.refused(tx, poison.id, "Ingen adgang", NOW)
    assert due(tx) == [other.id, elsewhere.id]
    assert edit(tx, mine="3").state is ChangeState.WAITING
    assert poison.id in due(tx)


def test_a_change_waits_for_its_next_try(tx):
    one = edit(tx)
    outbox.sending(tx, one.id, NOW)
    outbox.waiting(tx, one.id, "503", NOW, later(minutes=5))
    assert due(tx) == []
    assert due(tx, later(minutes=5)) == [one.id]
    assert outbox.change(tx, one.id).tries == 1


def test_mine_in_a_conflict_is_sent_on_top_of_theirs(tx):
    one = edit(tx)
    outbox.conflict(tx, one.id, "7", "", NOW)
    again = outbox.resolve(tx, one.id, Resolution.MINE, NOW)
    assert (again.state, again.base, again.mine) == (ChangeState.WAITING, "7", "20")


def test_what_was_sent_is_not_taken_back_and_what_was_is_remembered(tx):
    one = edit(tx)
    assert outbox.take_back(tx, one.id)
    assert [move[:2] for move in outbox.history(tx, one.id)] == [("", "waiting"), ("waiting", "")]
    two = edit(tx)
    outbox.sending(tx, two.id, NOW)
    assert not outbox.take_back(tx, two.id)
    assert outbox.recover(tx, later(seconds=1), later(minutes=1)) == [two.id]
    with pytest.raises(IllegalMove):
        outbox.sending(tx, two.id, NOW)


def approved(tx, rows=3):
    made = batches.create(tx, *batch(rows), [])
    batches.submit(tx, "b1", "anna.holm", NOW)
    return batches.approve(tx, "b1", "bo.lund", made.content_hash, NOW)


def start(tx):
    return ledger.start(tx, process="resultatloen", user="anna.holm", at=NOW, batch="b1")


def test_nobody_approves_her_own_or_another_content(tx):
    made = batches.create(tx, *batch(2), [])
    batches.submit(tx, "b1", "anna.holm", NOW)
    with pytest.raises(Refused, match="selv"):
        batches.approve(tx, "b1", "Anna.Holm", made.content_hash, NOW)
    with pytest.raises(Refused, match="ændret"):
        batches.approve(tx, "b1", "bo.lund", "0" * 64, NOW)
    tx.execute(text("UPDATE ledger SET \"values\" = :v WHERE reference = 'ref-0'"), {"v": b'{"beloeb":"9"}'})
    with pytest.raises(Refused, match="ændret"):
        batches.approve(tx, "b1", "bo.lund", made.content_hash, NOW)


def test_a_run_marks_before_it_sends_and_ends_with_every_answer(tx):
    approved(tx)
    run = start(tx)
    marked = ledger.handing_over(tx, run.id, [2, 3], at=NOW)
    assert [one.reference for one in ledger.rows_being_handed_over(tx, run.id)] == ["ref-0", "ref-1"]
    assert [one.reference for one in ledger.rows_to_hand_over(tx, run.id, None)] == ["ref-2"]
    assert ledger.handing_over(tx, run.id, [2, 3], at=NOW) == []
    for one in (*marked, *ledger.handing_over(tx, run.id, [4], at=NOW)):
        assert ledger.handed_over(tx, one.reference, at=NOW)
    ledger.following(tx, run.id)
    with pytest.raises(IllegalMove):
        ledger.finish(tx, run.id, at=NOW)
    assert ledger.row_result(tx, "ref-0", RowState.DONE, "ok", at=NOW, evidence="K1")
    assert not ledger.row_result(tx, "ref-0", RowState.RUNNING, "", at=NOW)
    assert ledger.row_result(tx, "ref-1", RowState.REFUSED, "Lukket", at=NOW)
    assert ledger.row_result(tx, "ref-2", RowState.UNKNOWN, "", at=NOW)
    ended = ledger.finish(tx, run.id, at=NOW)
    assert (ended.state, ended.total, ended.done, ended.refused, ended.unknown) == (RunState.FINISHED, 3, 2, 1, 1)
    assert batches.batch(tx, "b1").state is BatchState.FINISHED


def test_a_refused_row_is_mended_approved_and_rerun_alone(tx):
    approved(tx)
    run = start(tx)
    for one in ledger.handing_over(tx, run.id, [2, 3, 4], at=NOW):
        state = RowState.REFUSED if one.reference == "ref-1" else RowState.DONE
        ledger.row_result(tx, one.reference, state, "", at=NOW)
    ledger.finish(tx, run.id, at=NOW)
    mended = batches.repair(tx, "b1", 3, {"beloeb": "7.00"}, [], at=NOW)
    assert (mended.state, mended.decided_by) == (BatchState.CHECKED, "")
    with pytest.raises(Refused, match="ikke godkendt"):
        start(tx)
    batches.submit(tx, "b1", "anna.holm", NOW)
    batches.approve(tx, "b1", "bo.lund", mended.content_hash, NOW)
    second = start(tx)
    assert [(one.reference, one.tries) for one in ledger.rows(tx, second.id)] == [("ref-1", 2)]
    assert [one.state for one in ledger.attempts(tx, "ref-1")] == [RowState.REFUSED, RowState.APPROVED]
    assert ledger.run(tx, run.id).refused == 1


def test_an_unknown_row_is_never_sent_again_by_itself(tx):
    approved(tx, 1)
    run = start(tx)
    ledger.handing_over(tx, run.id, [2], at=NOW)
    ledger.row_result(tx, "ref-0", RowState.UNKNOWN, "", at=NOW)
    with pytest.raises(Refused):
        ledger.requeue(tx, ["ref-0"], at=NOW)
    assert (
        ledger.requeue(tx, ["ref-0"], at=NOW + timedelta(hours=1), verified_not_done=True)[0].state == "approved"
    )
