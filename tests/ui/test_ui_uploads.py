"""Uploads in the window: from a file to the robot, by keyboard, mended in place, never one's own approval."""

import pytest
from job import PROCESS, approver, row, write_file
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit

from kkassist.actions import runs, uploads
from kkassist.domain.batch import BatchState

ID = PROCESS.id


@pytest.fixture
def clean_file(tmp_path):
    return write_file(tmp_path / "resultatloen.xlsx", [row(number) for number in range(1, 41)])


@pytest.fixture
def wrong_file(tmp_path):
    rows = [row(1), row(2, beloeb="70.000,00"), row(3, loenart="FAST"), row(4, beloeb="mange penge")]
    return write_file(tmp_path / "med-fejl.xlsx", rows)


def chosen(qtbot, window, path):
    window.go(window.uploads)
    window.uploads.choose_file(path)
    qtbot.waitUntil(lambda: not window.uploads.busy() and window.uploads.view.opened is not None)
    return window.uploads


def foot_words(place):
    return place.view.foot.words.text()


def type_in_cell(qtbot, table, text):
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Return)
    editor = table.findChild(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)


def test_an_empty_place_says_what_to_do(qtbot, places, desk):
    window = places(desk)
    window.go(window.uploads)
    assert window.uploads.list.ids() == []
    assert window.uploads._stack.currentWidget() is window.uploads._nothing


def test_by_keyboard_from_a_file_to_the_robot(qtbot, places, desk, clean_file, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(clean_file), ""))
    window = places(desk)
    window.go(window.uploads)
    place = window.uploads
    qtbot.keyClick(place.list, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: place.view.opened is not None)
    assert place.view.figures.rows.figure.text() == "40"
    assert place.view.foot.primary.words() == "Send til godkendelse"
    qtbot.keyClick(place.list, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: place.view.opened.batch.state is BatchState.SUBMITTED)
    uploads.approve(approver(desk), place.current_batch())
    qtbot.waitUntil(lambda: place.view.foot.primary.words() == "Send til robot")
    qtbot.keyClick(place.list, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.runs.current_run() != "")
    assert [one.total for one in runs.all_runs(desk)] == [40]
    assert window.stack.currentWidget() is window.runs


def test_a_file_with_errors_cannot_be_sent_and_says_why(qtbot, places, desk, wrong_file):
    place = chosen(qtbot, places(desk), wrong_file)
    assert place.view.segment() == "findings"
    assert not place.view.foot.primary.isEnabled()
    assert "skal rettes først" in foot_words(place)
    assert place.view.figures.errors.figure.text() == "3"
    place.act()
    assert uploads.batch(desk, place.current_batch()).state is BatchState.DRAFT


def test_a_finding_jumps_to_its_cell_and_the_cell_is_mended_there(qtbot, places, desk, wrong_file):
    place = chosen(qtbot, places(desk), wrong_file)
    table = place.view.sheet.table
    place.view.jump("3:beloeb")
    assert place.view.segment() == "rows" and table.hasFocus()
    type_in_cell(qtbot, table, "7.000,00")
    qtbot.waitUntil(lambda: place.view.figures.errors.figure.text() == "2")
    assert table.cell(3, "beloeb") == "7.000,00"
    assert not [one for one in place.view.opened.findings if one.row == 3]


def test_mending_every_error_opens_the_way(qtbot, places, desk, wrong_file):
    place = chosen(qtbot, places(desk), wrong_file)
    for number, column, text in ((3, "beloeb", "7000"), (4, "loenart", "ENG-RES"), (5, "beloeb", "900,50")):
        place.view.jump(f"{number}:{column}")
        type_in_cell(qtbot, place.view.sheet.table, text)
        qtbot.waitUntil(lambda number=number: not [f for f in place.view.opened.findings if f.row == number])
    assert place.view.foot.primary.isEnabled()
    place.act()
    qtbot.waitUntil(lambda: place.view.opened.batch.state is BatchState.SUBMITTED)


def test_what_cannot_be_read_stays_in_the_cell_with_the_reason(qtbot, places, desk, clean_file):
    place = chosen(qtbot, places(desk), clean_file)
    place.view.jump("2:beloeb")
    type_in_cell(qtbot, place.view.sheet.table, "ti kroner")
    qtbot.waitUntil(lambda: "kan ikke læses" in place.view.sheet._finding._words.text())
    editor = place.view.sheet.table.findChild(QLineEdit)
    assert editor is not None and editor.text() == "ti kroner"


def test_the_filter_keeps_only_rows_with_findings(qtbot, places, desk, wrong_file):
    place = chosen(qtbot, places(desk), wrong_file)
    assert place.view.sheet.table.shown_rows() == [2, 3, 4, 5]
    place.view.sheet.only_found.setChecked(True)
    assert place.view.sheet.table.shown_rows() == [3, 4, 5]
    place.view.jump("2:beloeb")
    assert place.view.sheet.table.shown_rows() == [2, 3, 4, 5]


def test_the_maker_cannot_approve_and_is_told_how_a_colleague_does(qtbot, places, desk, clean_file):
    place = chosen(qtbot, places(desk), clean_file)
    place.act()
    qtbot.waitUntil(lambda: place.view.opened.batch.state is BatchState.SUBMITTED)
    assert place.view.foot.primary.words() == "Godkend" and not place.view.foot.primary.isEnabled()
    assert f"kkassist upload approve {place.current_batch()}" in foot_words(place)
    assert place.view.foot.seen.isHidden() and place.view.foot.reject.isHidden()
    place.act()
    assert uploads.batch(desk, place.current_batch()).state is BatchState.SUBMITTED


def test_a_colleague_approves_only_after_having_seen_sums_and_sample(qtbot, places, desk, clean_file):
    batch = uploads.submit_file(desk, ID, clean_file)
    window = places(approver(desk))
    window.go(window.uploads)
    place = window.uploads
    qtbot.waitUntil(lambda: place.view.opened is not None and place.view.foot.seen.isEnabled())
    assert place.view.segment() == "overview"
    assert not place.view.foot.primary.isEnabled()
    place.view.foot.seen.setChecked(True)
    place.act()
    qtbot.waitUntil(lambda: place.view.opened.batch.state is BatchState.APPROVED)
    assert uploads.batch(desk, batch.id).decided_by == "bent.kjaer"


def test_having_seen_does_not_outlive_a_change_of_content(qtbot, places, desk, clean_file):
    batch = uploads.submit_file(desk, ID, clean_file)
    window = places(approver(desk))
    window.go(window.uploads)
    place = window.uploads
    qtbot.waitUntil(place.view.foot.seen.isEnabled)
    place.view.foot.seen.setChecked(True)
    uploads.repair_row(desk, batch.id, 2, {"beloeb": "5,00"})
    uploads.submit(desk, batch.id)
    place.store_changed("batches", frozenset())
    qtbot.waitUntil(lambda: place.view.opened.batch.content_hash != batch.content_hash)
    assert not place.view.foot.seen.isChecked() and not place.view.foot.primary.isEnabled()


def test_no_piece_opens_a_window_of_its_own(qtbot, qapp, places, desk, clean_file):
    window = places(desk)
    place = chosen(qtbot, window, clean_file)
    for name in ("overview", "findings", "rows"):
        place.view.show_segment(name)
    assert [one for one in qapp.topLevelWidgets() if one.isVisible()] == [window]


def test_rejecting_asks_for_the_reason_in_place(qtbot, places, desk, clean_file):
    batch = uploads.submit_file(desk, ID, clean_file)
    window = places(approver(desk))
    window.go(window.uploads)
    place = window.uploads
    qtbot.waitUntil(lambda: place.view.opened is not None)
    place.view.foot.reject.click()
    assert not place.view.ask.answers()[0].isEnabled()
    qtbot.keyClicks(place.view.ask.reason, "Forkert måned")
    qtbot.keyClick(place.view.ask.reason, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: place.view.opened.batch.state is BatchState.REJECTED)
    assert uploads.batch(desk, batch.id).reason == "Forkert måned"
    assert "Forkert måned" in foot_words(place)


def test_batches_that_wait_for_approval_come_first(qtbot, places, desk, clean_file, wrong_file):
    waiting = uploads.submit_file(desk, ID, clean_file)
    newer = uploads.check_file(desk, ID, wrong_file)
    window = places(desk)
    window.go(window.uploads)
    qtbot.waitUntil(lambda: window.uploads.list.ids() == [waiting.id, newer.batch.id])


def test_a_file_that_cannot_be_read_is_refused_in_the_place(qtbot, places, desk, tmp_path):
    path = tmp_path / "billede.xlsx"
    path.write_bytes(b"intet regneark")
    window = places(desk)
    window.go(window.uploads)
    window.uploads.choose_file(path)
    qtbot.waitUntil(lambda: not window.uploads.busy())
    assert window.uploads._stack.currentWidget() is window.uploads._refusal
    assert uploads.all_batches(desk) == []


def test_the_marked_copy_holds_what_is_found_now(qtbot, places, desk, wrong_file, tmp_path, monkeypatch):
    place = chosen(qtbot, places(desk), wrong_file)
    target = tmp_path / "markeret.xlsx"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    place.ask_copy()
    qtbot.waitUntil(target.exists)


def test_no_cpr_is_shown_in_clear(qtbot, places, desk, clean_file):
    place = chosen(qtbot, places(desk), clean_file)
    table = place.view.sheet.table
    assert table.cell(2, "cpr") == "610190-••••"
    place.view.jump("2:cpr")
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert table.findChild(QLineEdit).text() == ""
