"""Everything in the window has a name, can be reached by keys, and speaks Danish; the palette and the sheet of keys."""

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QComboBox, QLineEdit, QPlainTextEdit, QWidget
from window_desk import focused, shown

from ui.theme import apply_theme

PLACES = ("queue", "uploads", "runs", "outbox", "settings")
STOPS = (QAbstractButton, QLineEdit, QPlainTextEdit, QComboBox, QAbstractItemView)


def nameless(root):
    """Every visible interactive thing below a widget that a screen reader could not name."""
    return [one for kind in STOPS for one in root.findChildren(kind) if is_met(one) and not name_of(one)]


def is_met(one):
    """Whether a user meets the thing itself, and not a part inside another editor or table."""
    return one.isVisible() and not isinstance(one.parent(), QLineEdit | QComboBox | QAbstractItemView)


def name_of(one):
    return one.accessibleName() or (one.text() if isinstance(one, QAbstractButton) else "")


def test_every_interactive_thing_of_every_place_has_a_name(qtbot, office, window, telling):
    for kind in ("sound", "choose", "plain"):
        office.show(window, telling[kind])
        assert nameless(window) == []
    for place in PLACES:
        window.go(place)
        qtbot.wait(100)
        assert nameless(window) == []


def test_tab_comes_to_every_stop_of_a_case_and_back_to_where_it_began(qtbot, office, window, telling):
    office.show(window, telling["sound"])
    window.queue.queue.list.setFocus()
    visited = []
    for _step in range(200):
        qtbot.keyClick(focused(window), Qt.Key.Key_Tab)
        visited.append(focused(window))
        if focused(window) is window.queue.queue.list:
            break
    assert visited[-1] is window.queue.queue.list
    form = window.queue.case.form
    for row in form.rows.values():
        assert row.is_read_only or any(row.isAncestorOf(stop) for stop in visited), row.spec.label
    wanted = (
        window.queue.queue.search,
        window.queue.context.composer.editor,
        *window.queue.case._steps.boxes.values(),
    )
    assert [stop for stop in wanted if stop not in visited] == []


def test_nothing_is_cut_off_at_the_smallest_size_and_with_the_largest_text(qtbot, office, qapp, telling):
    window = office.open(size=(1180, 720))
    office.show(window, telling["sound"])
    for scale in (1.0, 2.0):
        apply_theme(qapp, "light", scale)
        qtbot.wait(150)
        assert cut_off(window.queue.case) == []
        assert cut_off(window.sources) == []


def cut_off(place):
    """Buttons and fields that stand partly outside their parent, or are narrower than they must be."""
    found = []
    for kind in STOPS:
        for one in place.findChildren(kind):
            if not one.isVisible() or isinstance(one.parent(), QLineEdit | QComboBox):
                continue
            holder = one.parentWidget()
            right = one.mapTo(place, one.rect().topRight()).x()
            least = 0 if isinstance(one, QComboBox) else min(one.minimumSizeHint().width(), one.maximumWidth())
            if right > place.width() or one.width() < least:  # a choice cuts its own words with …
                found.append((type(one).__name__, one.accessibleName(), right, holder.width()))
    return found


def test_the_palette_finds_acts_views_cases_and_persons_and_gives_the_focus_back(qtbot, window):
    cases = window.queue.queue.list
    qtbot.keyClick(cases, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = window.palette_panel
    box = palette.findChild(QLineEdit)
    assert palette.isVisible()
    assert focused(window) is box
    qtbot.keyClicks(box, "visning mine")
    assert palette.hits() == ["Visning: Mine"]
    box.selectAll()
    qtbot.keyClicks(box, "soren")
    qtbot.waitUntil(lambda: any("Sørensen" in hit for hit in palette.hits()))
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert focused(window) is cases
    window.commands.run("palette")
    box.setText("Gå til udbakken")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert window.place() == "outbox"


def test_the_sheet_shows_every_key_and_esc_closes_it(qtbot, window):
    window.commands.run("keys")
    assert window.key_sheet.isVisible()
    names = [child.accessibleName() for child in window.key_sheet.findChildren(QWidget)]
    assert {"Tast J", "Tast Ctrl+K", "Tast Ctrl+Return"} <= set(names)
    qtbot.keyClick(window.key_sheet, Qt.Key.Key_Escape)
    assert not window.key_sheet.isVisible()


def test_the_title_and_the_settings_file_hold_no_cpr(qtbot, office, window, telling):
    office.show(window, telling["sound"])
    assert shown(window)
    assert window.windowTitle() == "kkassist"
    window.close()
    kept = [path for path in office.folder.glob("qt/**/*") if path.is_file()]
    assert all(re.search(r"\d{6}-?\d{4}", path.read_text("utf-8", "replace")) is None for path in kept)
