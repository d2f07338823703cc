"""The queue in the real window: keys, views, search, refresh, many at once."""

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QLineEdit
from window_desk import focused, shown

from kkassist.actions import outbox as outbox_verbs
from kkassist.actions import queue as queue_verbs
from kkassist.actions import sources as source_verbs
from kkassist.store import cases as stored
from ui.widgets.buttons import Button
from ui.widgets.empty_state import EmptyState


def current(window):
    return window.queue.queue.model.case_id(window.queue.queue.list.currentIndex().row())


def all_ids(window):
    return list(window.queue.queue.model._ids)


def search(qtbot, window, text, count):
    window.queue.queue.search.setText(text)
    qtbot.waitUntil(lambda: count(window.queue.queue.model.count()))


def test_j_and_k_step_over_headings_and_the_focus_stays_in_the_list(qtbot, window):
    cases = window.queue.queue.list
    assert focused(window) is cases
    ids = all_ids(window)
    for sys_id in ids[:12]:
        qtbot.keyClick(focused(window), Qt.Key.Key_J)
        assert current(window) == sys_id
    qtbot.keyClick(focused(window), Qt.Key.Key_K)
    assert current(window) == ids[10]
    qtbot.waitUntil(lambda: shown(window) == ids[10])
    assert focused(window) is cases


def test_enter_goes_to_the_first_field_that_can_be_edited_and_esc_back(qtbot, office, window, telling):
    office.show(window, telling["sound"])
    window.queue.queue.list.setFocus()
    qtbot.keyClick(focused(window), Qt.Key.Key_Return)
    assert focused(window) is window.queue.case.form.rows["emne"].editor
    qtbot.keyClick(focused(window), Qt.Key.Key_Escape)
    assert focused(window) is window.queue.queue.list
    qtbot.keyClick(focused(window), Qt.Key.Key_J)
    qtbot.keyClick(focused(window), Qt.Key.Key_Return)  # at once, before the next case is there
    following = current(window)
    qtbot.waitUntil(lambda: shown(window) == following)
    assert window.queue.case.isAncestorOf(focused(window))


def test_a_letter_typed_in_a_choice_or_an_answer_is_no_command(qtbot, office, window, telling):
    office.show(window, telling["sound"])
    form = window.queue.case.form
    before = current(window)
    for name, key in (("initiativ", Qt.Key.Key_A), ("adgange_bestilt", Qt.Key.Key_J), ("emne", Qt.Key.Key_J)):
        form.rows[name].editor.setFocus()
        qtbot.keyClick(focused(window), key)
    assert current(window) == before
    assert form.rows["adgange_bestilt"].value() == "J"
    assert outbox_verbs.entries(window.desk) == []


def test_search_finds_by_part_and_a_search_without_hits_offers_all(qtbot, window):
    everything = window.queue.queue.model.count()
    search(qtbot, window, "soren", lambda n: 0 < n < everything)
    search(qtbot, window, "findes ikke", lambda n: n == 0)
    empty = window.queue.queue.findChildren(EmptyState)[-1]
    assert empty.accessibleName() == "Ingen sager passer"
    assert focused(window) is window.queue.queue.search
    empty.findChild(Button).click()
    qtbot.waitUntil(lambda: window.queue._view.id == "all")
    search(qtbot, window, "", lambda n: n >= everything)


def test_esc_in_the_search_empties_it_and_then_goes_to_the_list(qtbot, window):
    everything = window.queue.queue.model.count()
    qtbot.keyClick(focused(window), Qt.Key.Key_Slash)
    assert focused(window) is window.queue.queue.search
    search(qtbot, window, "soren", lambda n: 0 < n < everything)
    qtbot.keyClick(focused(window), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.queue.queue.model.count() == everything)
    qtbot.keyClick(focused(window), Qt.Key.Key_Escape)
    assert focused(window) is window.queue.queue.list


def test_number_keys_choose_views_and_each_view_has_its_counter(qtbot, window):
    counts = queue_verbs.counts(window.desk)
    for key, view in ((Qt.Key.Key_2, "mine"), (Qt.Key.Key_3, "unassigned"), (Qt.Key.Key_7, "all")):
        qtbot.keyClick(window.queue.queue.list, key)
        qtbot.waitUntil(lambda view=view: window.queue.queue.model.count() == counts[view])
    words = [action.text() for action in window.queue.queue._views.menu_of().actions()]
    assert any(text.startswith(f"Mine   {counts['mine']}\t2") for text in words)


def test_a_view_of_ones_own_is_made_renamed_reordered_and_deleted_with_a_way_back(qtbot, window):
    place = window.queue

    def name_it(act, name):
        act()
        field = window.findChildren(QLineEdit, options=Qt.FindChildOption.FindChildrenRecursively)
        box = next(one for one in field if one.accessibleName() == "Navn på visningen" and one.isVisible())
        box.setText(name)
        qtbot.keyClick(box, Qt.Key.Key_Return)
        window.activateWindow()  # a screen does so when a popup closes
        qtbot.waitUntil(window.isActiveWindow)

    def names():
        return [view.name for view in queue_verbs.views(window.desk)[len(queue_verbs.BUILT_IN) :]]

    name_it(place._save_view, "Mine fratrædelser")
    qtbot.waitUntil(lambda: names() == ["Mine fratrædelser"])
    qtbot.waitUntil(lambda: len(place.view_names()) == 8)
    assert place.view_names()[-1][1:] == ("Mine fratrædelser", "8")
    name_it(place._rename_view, "Vigtige")
    qtbot.waitUntil(lambda: names() == ["Vigtige"])
    window.queue.queue.sorted_by.emit("person")
    qtbot.waitUntil(lambda: queue_verbs.views(window.desk)[-1].sort == "person")
    name_it(place._save_view, "mine")  # the name of another view
    assert names() == ["Vigtige"]
    qtbot.keyClick(place.queue.list, Qt.Key.Key_8)
    place._delete_view()
    qtbot.waitUntil(lambda: names() == [])
    qtbot.waitUntil(lambda: "slettet" in toast(window))
    next(one for one in window.toaster.shown().findChildren(Button) if one.words() == "Fortryd").click()
    qtbot.waitUntil(lambda: names() == ["Vigtige"])


def toast(window):
    shown = window.toaster.shown()
    while shown is not None and window.toaster.waiting():
        shown.leave()
        shown = window.toaster.shown()
    return shown.accessibleName() if shown is not None else ""


def test_sorting_and_grouping_are_the_stores(qtbot, window):
    window.queue.queue.grouped_by.emit("none")
    window.queue.queue.sorted_by.emit("number")
    qtbot.waitUntil(lambda: window.queue.queue.model.rowCount() == window.queue.queue.model.count())
    view = window.queue._view
    assert (view.sort, view.group_by) == ("number", "none")
    assert all_ids(window) == queue_verbs.ids(window.desk, view)


def test_a_refresh_keeps_the_scroll_the_current_case_and_the_selection(qtbot, window):
    cases = window.queue.queue.list
    ids = all_ids(window)
    for sys_id in ids[40:43]:
        index = window.queue.queue.model.index(window.queue.queue.model.row_of(sys_id))
        cases.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.Select)
    qtbot.waitUntil(lambda: shown(window) == ids[42])
    cases.verticalScrollBar().setValue(cases.sizeHintForRow(0) * 20 + 11)
    top = window.queue.queue.model.case_id(cases.indexAt(cases.rect().topLeft()).row())
    with window.desk.workspace.write() as tx:
        stored.remove(tx, [ids[0]])
    window.desk.events.publish("cases")
    qtbot.waitUntil(lambda: window.queue.queue.model.count() == len(ids) - 1)
    assert set(cases.chosen()) == set(ids[40:43])
    assert current(window) == ids[42]
    assert window.queue.queue.model.case_id(cases.indexAt(cases.rect().topLeft()).row()) == top


def test_many_are_taken_at_once_and_undone_with_one_key(qtbot, window):
    qtbot.keyClick(window.queue.queue.list, Qt.Key.Key_3)
    unassigned = queue_verbs.counts(window.desk)["unassigned"]
    qtbot.waitUntil(lambda: window.queue.queue.model.count() == unassigned)
    cases = window.queue.queue.list
    qtbot.keyClick(cases, Qt.Key.Key_J)
    for sys_id in all_ids(window)[1:3]:
        index = window.queue.queue.model.index(window.queue.queue.model.row_of(sys_id))
        cases.selectionModel().select(index, QItemSelectionModel.SelectionFlag.Select)
    assert window.queue.queue._bar.isVisible()
    take = next(one for one in window.queue.queue._bar.findChildren(Button) if one.words() == "Tag dem")
    take.click()
    qtbot.waitUntil(lambda: len(outbox_verbs.entries(window.desk)) == 3)
    qtbot.waitUntil(lambda: toast(window) == "3 sager er dine.")
    qtbot.keyClick(focused(window), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: outbox_verbs.entries(window.desk) == [])


def test_first_use_says_what_to_do_and_does_it(qtbot, office):
    window = office.open(empty=True)
    qtbot.waitUntil(
        lambda: any(e.accessibleName() == "Køen er tom" for e in window.queue.queue.findChildren(EmptyState))
    )
    empty = next(e for e in window.queue.queue.findChildren(EmptyState) if e.accessibleName() == "Køen er tom")
    empty.findChild(Button).click()
    qtbot.waitUntil(lambda: window.queue.queue.model.count() > 50, timeout=20_000)
    qtbot.waitUntil(lambda: {one.tone for one in window.sources.states()} == {"green"}, timeout=20_000)


def test_offline_is_said_in_one_place_and_the_queue_stays(qtbot, office, window, window_city):
    window_city.servicenow.faults.switch("reset_before")
    before = window.queue.queue.model.count()
    source_verbs.sync_now(window.desk, ["servicenow"])
    qtbot.waitUntil(lambda: window.sources.states()[0].tone == "amber")
    assert window.sources.states()[0].word == "svarer ikke"
    assert window.queue.queue.model.count() == before
    window_city.servicenow.faults.clear()
    source_verbs.sync_now(window.desk, ["servicenow"])
    qtbot.waitUntil(lambda: window.sources.states()[0].tone == "green")


def test_signed_out_leads_to_the_sign_in(qtbot, window):
    source_verbs.logout(window.desk, "servicenow")
    qtbot.waitUntil(lambda: window.sources.states()[0].action == "Log ind")
    window.sources.mend.emit("servicenow")
    assert window.place() == "settings"
    qtbot.waitUntil(lambda: window.sources.states()[0].action == "")
