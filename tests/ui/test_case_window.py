"""One case in the real window: what is typed is kept, what is refused is said, nothing is confused."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit
from window_desk import focused, secrets_of, shown

from kkassist.actions import case as case_verbs
from kkassist.actions import outbox as outbox_verbs
from kkassist.actions import sources as source_verbs
from kkassist.domain.case import FieldChange, NoteKind
from kkassist.domain.change import ChangeKind, ChangeState
from kkassist.store import audit
from kkassist.store import cases as stored
from kkassist.store import outbox as stored_outbox
from ui.widgets.buttons import Button

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def sound(office, window, telling):
    """The window with a sound fratrædelse open."""
    office.show(window, telling["sound"])
    return window


def drafts(window, sys_id=None):
    return case_verbs.open_case(window.desk, sys_id or shown(window)).drafts


def retype(qtbot, window, field, text):
    editor = window.queue.case.form.rows[field].editor
    editor.setFocus()
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    return editor


def button(parent, words):
    return next(one for one in parent.findChildren(Button) if one.words() == words)


def test_what_is_typed_is_a_draft_a_moment_later_and_is_sent_by_ctrl_enter(qtbot, sound):
    editor = retype(qtbot, sound, "emne", "Fratræder til sommer")
    qtbot.waitUntil(lambda: drafts(sound).get("emne") == "Fratræder til sommer")
    qtbot.waitUntil(sound.queue.case._foot._send.isEnabled)
    qtbot.keyClick(editor, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: [one.field for one in outbox_verbs.entries(sound.desk)] == ["short_description"])
    qtbot.waitUntil(lambda: "emne" not in drafts(sound))
    assert sound.queue.case.form.rows["emne"].value() == "Fratræder til sommer"


def test_what_servicenow_lets_one_choose_is_chosen_and_not_typed(sound):
    reasons = sound.queue.case.form.rows["aarsag"].editor
    labels = [reasons.itemText(number) for number in range(reasons.count())]
    assert labels[0] == "Vælg …"
    assert set(sound.queue.case.opened.choices["aarsag"]) <= set(labels)


def test_a_draft_survives_a_kill_a_second_after_the_last_key(office, telling, window_city):
    context = office.context()
    context.__exit__(None, None, None)
    text = "Flytter til Jylland"
    done = subprocess.run(
        [
            sys.executable,
            Path(__file__).with_name("typist.py"),
            context.home,
            telling["sound"],
            "bemaerkning",
            text,
        ],
        env={**os.environ, **secrets_of(window_city), "QT_QPA_PLATFORM": "offscreen"},
        timeout=60,
    )
    assert done.returncode == 9
    window = office.open(context)
    assert drafts(window, telling["sound"])["bemaerkning"] == text


def test_an_emptied_field_is_a_draft_too_and_can_be_taken_back(qtbot, sound):
    row = sound.queue.case.form.rows["emne"]
    before = row.value()
    row.editor.setFocus()
    row.editor.selectAll()
    qtbot.keyClick(row.editor, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: drafts(sound).get("emne") == "")
    row.editor.setFocus()
    sound.commands.run("case.discard")
    qtbot.waitUntil(lambda: "emne" not in drafts(sound))
    qtbot.waitUntil(lambda: row.value() == before)


def test_a_refresh_never_writes_over_what_is_being_typed(qtbot, sound):
    editor = retype(qtbot, sound, "emne", "Halvt skrevet")
    for _time in range(5):
        sound.desk.events.publish("cases", shown(sound))
        qtbot.wait(70)
        assert editor.text() == "Halvt skrevet"
    assert focused(sound) is editor


def test_who_the_case_is_about_cannot_be_typed_over(qtbot, sound):
    form = sound.queue.case.form
    for name in ("cpr", "tjenestenr"):
        before = form.rows[name].value()
        retype(qtbot, sound, name, "1")
        form.flush()
        assert form.rows[name].value() == before
    assert "•" in form.rows["cpr"].value()
    qtbot.wait(50)
    assert drafts(sound) == {}


def test_one_key_copies_the_value_of_the_field(qtbot, sound):
    editor = sound.queue.case.form.rows["tjenestenr"].editor
    editor.setFocus()
    qtbot.keyClick(editor, Qt.Key.Key_C, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert QGuiApplication.clipboard().text() == editor.text() != ""


def test_an_internal_note_and_words_to_the_employee_keep_their_own_text(qtbot, sound):
    composer = sound.queue.context.composer
    sound.commands.run("case.note")
    qtbot.keyClicks(composer.editor, "Kun for os")
    sound.commands.run("case.comment")
    assert composer.editor.toPlainText() == ""
    assert composer._warning.isVisible()
    assert composer.send.words() == "Send til medarbejderen"
    qtbot.keyClicks(composer.editor, "Kære medarbejder")
    qtbot.keyClick(composer.editor, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: len(outbox_verbs.entries(sound.desk)) == 1)
    sent = outbox_verbs.entries(sound.desk)[0]
    assert (sent.kind, sent.mine) == (ChangeKind.COMMENT, "Kære medarbejder")
    sound.commands.run("case.note")
    assert composer.editor.toPlainText() == "Kun for os"
    qtbot.waitUntil(lambda: drafts(sound) == {"note:work_note": "Kun for os"})


def test_a_refused_note_goes_back_where_it_stood(qtbot, sound):
    composer = sound.queue.context.composer
    sound.commands.run("case.comment")
    words = "Dit nummer er 010190-1234"
    qtbot.keyClicks(composer.editor, words)
    composer.send.click()
    qtbot.waitUntil(lambda: composer.editor.toPlainText() == words)
    assert composer.kind is NoteKind.COMMENT
    assert outbox_verbs.entries(sound.desk) == []
    assert drafts(sound)["note:comment"] == words


def test_several_employments_are_chosen_and_never_guessed(qtbot, office, window, telling):
    office.show(window, telling["choose"])
    view = window.queue.case
    picks = [one for one in view._chooser.findChildren(Button) if one.words() == "Vælg"]
    assert len(picks) > 1
    assert view.form.rows["tjenestenr"].value() == ""
    picks[1].click()
    qtbot.waitUntil(lambda: view._chooser is None and view.form.rows["tjenestenr"].value() != "")


def test_an_employment_is_named_by_its_number_and_an_unknown_number_is_refused(qtbot, office, window, telling):
    office.show(window, telling["choose"])
    window.queue.case.employment_chosen.emit("000000")
    qtbot.waitUntil(lambda: window.toaster.shown() is not None)
    assert "000000" in window.toaster.shown().accessibleName()
    number = window.queue.case.opened.who.candidates[0].tjenestenr
    window.queue.case.employment_chosen.emit(number)
    qtbot.waitUntil(lambda: window.queue.case.form.rows["tjenestenr"].value() == number)


def test_the_cpr_is_shown_for_a_reason_and_the_reason_is_kept(qtbot, sound):
    card = sound.queue.context._card
    card._show.click()
    reason = next(one for one in card.findChildren(QLineEdit) if one.isVisible())
    qtbot.keyClicks(reason, "Ringer til")
    sound.desk.events.publish("cases", shown(sound))  # a refresh disturbs nobody who writes
    qtbot.wait(150)
    qtbot.keyClicks(reason, " banken")
    qtbot.keyClick(reason, Qt.Key.Key_Return)
    cpr = sound.queue.case.opened.who.employment.cpr
    qtbot.waitUntil(lambda: card._cpr.text() == cpr)
    with sound.desk.workspace.read() as tx:
        last = list(audit.export(tx))[-1]
    assert (last["act"], last["detail"]) == ("afslør CPR", "Ringer til banken")
    assert cpr not in sound.windowTitle()
    card.hide_cpr()
    assert "•" in card._cpr.text()


def test_a_protected_address_is_not_on_the_screen(qtbot, office, window, telling):
    office.show(window, telling["protected"])
    words = " ".join(fact for fact in window.queue.context._card._person.facts)
    assert "adressebeskyttelse" in words
    assert window.queue.case.opened.who.employment.address == "" or (
        window.queue.case.opened.who.employment.address not in words
    )


def test_a_step_is_ticked_by_the_keyboard_and_the_focus_stays_on_it(qtbot, sound):
    steps = sound.queue.case._steps
    step, box = next(iter(steps.boxes.items()))
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Space)
    sys_id = shown(sound)
    qtbot.waitUntil(lambda: case_verbs.open_case(sound.desk, sys_id).steps[0].done)
    qtbot.wait(200)
    assert focused(sound) is box is steps.boxes[step]
    assert box.isChecked()


def test_files_go_both_ways(qtbot, sound, office, telling, tmp_path, monkeypatch):
    path = tmp_path / "bilag.txt"
    path.write_text("indhold", encoding="utf-8")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    sound.commands.run("case.attach")
    qtbot.waitUntil(lambda: [one.field for one in outbox_verbs.entries(sound.desk)] == ["bilag.txt"])
    qtbot.waitUntil(lambda: any(one.pending for one in sound.queue.case.opened.record.attachments))
    office.show(sound, telling["with_file"])
    target = tmp_path / "hentet"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    one = sound.queue.case.opened.record.attachments[0]
    sound.queue.context.file_asked.emit(one)
    qtbot.waitUntil(lambda: target.exists() and target.stat().st_size == one.size)


def test_a_case_that_is_deleted_while_open_is_said_where_it_stood(qtbot, sound):
    sys_id = shown(sound)
    with sound.desk.workspace.write() as tx:
        stored.remove(tx, [sys_id])
    sound.desk.events.publish("cases", sys_id)
    qtbot.waitUntil(lambda: sound.queue._stack.currentWidget().accessibleName() == "Sagen kan ikke vises")
    assert not sound.queue._side.isVisible()
    qtbot.keyClick(sound.queue.queue.list, Qt.Key.Key_J)
    qtbot.waitUntil(lambda: shown(sound) not in ("", sys_id))


def test_a_case_without_a_process_is_shown_to_read(qtbot, office, window, telling):
    office.show(window, telling["plain"])
    assert window.queue.case.form is None
    assert not window.queue.case._foot._robot.isVisible()


def test_what_was_new_stays_on_the_screen_after_it_counts_as_seen(sound):
    opened, changed = sound.queue.case.opened, sound.queue.context._changed
    news = FieldChange("Prioritet", "3", "1", "Bent Kjær", opened.record.row.updated)
    sound.queue.context.show_case(replace(opened, record=replace(opened.record, changed_since_read=(news,))))
    assert changed.isVisible()
    sound.queue.context.show_case(opened)
    assert changed.isVisible()


def changed_by_me_and_a_colleague(window, window_city):
    """A change of Anna's in conflict with a colleague's."""
    sys_id = shown(window)
    before = window.queue.case.opened.record.server.fields["priority"]
    mine, theirs = [one for one in ("1", "2", "3", "4") if one != before][:2]
    case_verbs.edit(window.desk, sys_id, {"priority": mine})
    window_city.servicenow.colleagues.edit([sys_id], fields={"priority": theirs}, user="bent.kjaer")
    source_verbs.push_now(window.desk)
    return mine, theirs


def test_a_conflict_is_shown_from_both_sides_and_settled_by_keyboard(qtbot, sound, window_city):
    _mine, theirs = changed_by_me_and_a_colleague(sound, window_city)
    sound.go("outbox")
    qtbot.waitUntil(lambda: sound.outbox._current() is not None)
    entry = sound.outbox._current()
    assert entry.change.state is ChangeState.CONFLICT
    assert entry.change.theirs == theirs
    qtbot.keyClick(sound.outbox.table, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: outbox_verbs.entries(sound.desk)[0].state is ChangeState.WAITING)
    sound.commands.run("outbox.drop")
    qtbot.waitUntil(lambda: outbox_verbs.entries(sound.desk) == [])
    qtbot.waitUntil(lambda: sound.outbox._stack.currentWidget().accessibleName() == "Udbakken er tom")


def test_a_refusal_keeps_the_change_and_shows_the_systems_own_words(qtbot, sound):
    change = case_verbs.edit(sound.desk, shown(sound), {"short_description": "Nyt emne"})[0]
    with sound.desk.workspace.write() as tx:
        stored_outbox.sending(tx, change.id, sound.desk.clock())
        stored_outbox.refused(tx, change.id, "Operation against file was aborted", sound.desk.clock())
    sound.desk.events.publish("outbox", change.id)
    sound.desk.events.publish("cases", shown(sound))
    sound.go("outbox")
    qtbot.waitUntil(lambda: sound.outbox._current() is not None)
    qtbot.waitUntil(lambda: any("was aborted" in one.text() for one in sound.outbox._detail.findChildren(QLabel)))
    sound.go("queue")
    qtbot.waitUntil(sound.queue.case._head._own.isVisible)
    assert outbox_verbs.entries(sound.desk)[0].mine == "Nyt emne"
