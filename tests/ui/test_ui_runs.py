"""Runs in the window: rows come back by themselves; what was refused is mended, approved anew and tried again."""

import openpyxl
import pytest
from job import PROCESS, approved_batch, approver, follow_to_end
from PySide6.QtCore import Qt

from kkassist.actions import runs, uploads
from kkassist.domain.batch import BatchState, RowState
from kkassist.domain.run import RunState

ID = PROCESS.id


def reference(batch_id, number):
    return f"KK-{ID}-{batch_id}-{number}"


def shown(qtbot, window, batch_id):
    window.go(window.runs)
    window.runs.open_batch(batch_id)
    qtbot.waitUntil(lambda: window.runs.view.opened is not None)
    return window.runs


@pytest.fixture
def ended(desk, platform, tmp_path):
    """Six rows: one refused, one failed, the rest done."""
    batch_id = approved_batch(desk, tmp_path, 6)
    runs.send(desk, batch_id)
    runs.follow(desk)
    platform.refuse(reference(batch_id, 3), "Lønperioden er låst for medarbejderen.")
    platform.refuse(reference(batch_id, 5), "OPUS svarede ikke.", "ApplicationException")
    platform.finish_all()
    follow_to_end(desk)
    return batch_id


def test_an_empty_place_says_what_to_do(qtbot, places, desk):
    window = places(desk)
    window.go(window.runs)
    assert window.runs._stack.currentWidget() is window.runs._nothing


def test_rows_come_back_by_themselves(qtbot, places, desk, platform, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 4)
    runs.send(desk, batch_id)
    place = shown(qtbot, places(desk), batch_id)
    assert place.view.filters.words() == ["Alle 4", "Venter 4"]
    runs.follow(desk)
    platform.finish(reference(batch_id, 2))
    platform.refuse(reference(batch_id, 3), "Lønperioden er låst.")
    runs.follow(desk)
    qtbot.waitUntil(lambda: "Udført 1" in place.view.filters.words() and "Afvist 1" in place.view.filters.words())
    assert place.view.strip.text().startswith("2 af 4")
    platform.finish_all()
    follow_to_end(desk)
    qtbot.waitUntil(lambda: place.view.filters.words() == ["Alle 4", "Udført 3", "Afvist 1"])
    assert place.view.opened.run.state is RunState.FINISHED


def test_a_filter_shows_only_rows_of_a_state_with_the_robots_words(qtbot, places, desk, ended):
    place = shown(qtbot, places(desk), ended)
    place.view.filters.choose(RowState.REFUSED)
    assert [one.row for one in place.view.shown()] == [3]
    assert place.view.shown()[0].message == "Lønperioden er låst for medarbejderen."


def test_a_refused_row_is_mended_here_approved_anew_and_sent_again(qtbot, places, desk, platform, ended):
    window = places(desk)
    place = shown(qtbot, window, ended)
    place.view.choose_row(3)
    qtbot.waitUntil(lambda: "udbetalingsmaaned" in place.view.detail.editors)
    editor = place.view.detail.editors["udbetalingsmaaned"]
    editor.setText("2027-01")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: place.view.opened.batch.state is BatchState.CHECKED)
    assert "godkendes" in place.view.foot.words.text() and not place.view.foot.retry.isEnabled()
    uploads.submit(desk, ended)
    uploads.approve(approver(desk), ended)
    place.store_changed("batches", frozenset())
    qtbot.waitUntil(place.view.foot.can_retry)
    place.act()
    qtbot.waitUntil(lambda: len(runs.all_runs(desk)) == 2)
    assert runs.all_runs(desk)[0].total == 1


def test_a_row_of_a_finished_run_cannot_be_mended_when_it_is_done(qtbot, places, desk, ended):
    place = shown(qtbot, places(desk), ended)
    place.view.choose_row(2)
    qtbot.waitUntil(lambda: place.view.detail.row() is not None and place.view.detail.row().row == 2)
    assert place.view.detail.editors == {}


def test_what_cannot_be_read_is_told_under_the_row(qtbot, places, desk, ended):
    place = shown(qtbot, places(desk), ended)
    place.view.choose_row(3)
    qtbot.waitUntil(lambda: "beloeb" in place.view.detail.editors)
    place.view.detail.editors["beloeb"].setText("mange penge")
    place.view.detail.store()
    qtbot.waitUntil(lambda: "kan ikke læses" in place.view.detail.finding._words.text())
    assert place.view.detail.editors["beloeb"].text() == "mange penge"
    assert uploads.batch(desk, ended).state is BatchState.FINISHED


def test_the_refused_are_tried_again_by_one_key(qtbot, places, desk, ended):
    place = shown(qtbot, places(desk), ended)
    qtbot.keyClick(place.list, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(runs.all_runs(desk)) == 2)
    assert runs.all_runs(desk)[0].total == 2
    qtbot.waitUntil(lambda: place.current_run() == runs.all_runs(desk)[0].id)


def test_stopping_asks_first_and_takes_back_what_waits(qtbot, places, desk, platform, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 3)
    runs.send(desk, batch_id)
    place = shown(qtbot, places(desk), batch_id)
    place.view.strip._stop.click()
    assert place.view.ask.isVisible()
    qtbot.keyClick(place.view.ask, Qt.Key.Key_Escape)
    assert place.view.strip._stop.isEnabled() and place.view.strip._stop.words() == "Stop"
    assert runs.all_runs(desk)[0].state is RunState.HANDING_OVER
    place.view.strip._stop.click()
    place.view.ask.answers()[0].click()
    qtbot.waitUntil(lambda: runs.all_runs(desk)[0].state is RunState.CANCELLING)
    follow_to_end(desk)
    qtbot.waitUntil(lambda: place.view.filters.words() == ["Alle 3", "Stoppet 3"])


def test_an_unknown_row_is_settled_with_what_was_seen(qtbot, places, desk, platform, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 2)
    runs.send(desk, batch_id)
    runs.follow(desk)
    platform.abandon(reference(batch_id, 2))
    platform.finish(reference(batch_id, 3))
    follow_to_end(desk)
    place = shown(qtbot, places(desk), batch_id)
    assert "Ukendt 1" in place.view.filters.words()
    place.view.choose_row(2)
    qtbot.waitUntil(lambda: place.view.detail.row() is not None and place.view.detail.row().row == 2)
    place.view.detail.settle_asked.emit(reference(batch_id, 2))
    assert not place.view.ask.answers()[0].isEnabled()
    qtbot.keyClicks(place.view.ask.reason, "Står i OPUS den 23/11")
    place.view.ask.answers()[0].click()
    qtbot.waitUntil(lambda: place.view.filters.words() == ["Alle 2", "Udført 2"])
    assert "Står i OPUS den 23/11" in runs.rows(desk, batch_id)[0].message


def test_the_receipt_is_saved_and_adds_up(qtbot, places, desk, ended, tmp_path):
    place = shown(qtbot, places(desk), ended)
    target = tmp_path / "kvittering.xlsx"
    place.save_receipt(target)
    qtbot.waitUntil(target.exists)
    text = "\n".join(
        str(cell.value) for sheet in openpyxl.load_workbook(target) for line in sheet for cell in line
    )
    assert "Lønperioden er låst for medarbejderen." in text


def test_a_case_that_is_not_there_is_refused_in_words(qtbot, places, desk):
    window = places(desk)
    window.go(window.runs)
    window.runs.prepare_case("fratraedelse", "c0ffee")
    qtbot.waitUntil(lambda: window.runs._stack.currentWidget() is window.runs._refusal)
    assert runs.all_runs(desk) == []
