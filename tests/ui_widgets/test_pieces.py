"""What each piece tells, and how it is reached without a mouse."""

from datetime import UTC, date, datetime, timedelta

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QListView,
    QStyle,
    QStyleOptionViewItem,
    QWidget,
)

from ui.theme import apply_theme, tokens
from ui.widgets import gallery
from ui.widgets.buttons import MenuButton, PrimaryAction
from ui.widgets.diff_table import ConflictTable, Dispute
from ui.widgets.due_label import DueLabel, due_tone
from ui.widgets.editors import Choice
from ui.widgets.empty_state import EmptyState
from ui.widgets.field_row import CopyButton, FieldRow, FieldSpec
from ui.widgets.findings import FindingLine, FindingsList
from ui.widgets.list_header import SelectionBar
from ui.widgets.notation import now
from ui.widgets.person_card import PersonCard, PersonFacts
from ui.widgets.popover import Popover
from ui.widgets.progress_strip import Progress, ProgressStrip, progress_text
from ui.widgets.queue_delegate import QueueDelegate, QueueLine, spoken
from ui.widgets.rail import Rail, RailPlace
from ui.widgets.search_field import SearchField
from ui.widgets.skeleton import Skeleton
from ui.widgets.source_chip import Origin, SourceChip, SourceValue
from ui.widgets.split_pane import SplitPane
from ui.widgets.toast import Message, Toaster

WALLS = ("work", "lists")


def show(qtbot, widget):
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def wall(qapp, qtbot, which):
    page = show(qtbot, gallery.wall(which))
    gallery.fit(page, qapp)
    return page


def interactive(page):
    kinds = (QAbstractButton, QLineEdit, QComboBox, QListView)
    found = [w for kind in kinds for w in page.findChildren(kind) if w.isVisible() and w.isEnabled()]
    return [w for w in found if not isinstance(w.parent(), QLineEdit)]  # an editor's own marks are no stops


@pytest.mark.parametrize("which", WALLS)
def test_everything_that_can_be_used_has_a_name(qapp, qtbot, which):
    page = wall(qapp, qtbot, which)
    nameless = [w for w in interactive(page) if not w.accessibleName()]
    assert nameless == []


@pytest.mark.parametrize("which", WALLS)
def test_everything_that_can_be_used_is_reached_by_tab(qapp, qtbot, which):
    page = wall(qapp, qtbot, which)
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    reached = set()
    for _press in range(100):
        qtbot.keyClick(QApplication.focusWidget() or page, Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    left_out = [w for w in interactive(page) if w not in reached and not reached_otherwise(w, reached)]
    assert [w.accessibleName() for w in left_out] == []


def reached_otherwise(widget, reached):
    """Buttons of one group share a stop and are told apart by the arrow keys. An agreed source says nothing, and
    the editor beside a copy button copies with Ctrl+C: Tab goes from field to field."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    if group is not None:
        return any(button in reached for button in group.buttons())
    return isinstance(widget, SourceChip | CopyButton) and widget.focusPolicy() == Qt.FocusPolicy.NoFocus


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("which", WALLS)
def test_no_text_is_cut_at_any_text_size(qapp, qtbot, which, scale):
    apply_theme(qapp, "light", scale)
    page = wall(qapp, qtbot, which)
    assert gallery.clipped(page) == []
    for widget in interactive(page):
        if isinstance(widget, QAbstractButton):
            assert widget.width() >= widget.minimumSizeHint().width(), widget.accessibleName()


def test_the_gallery_is_painted_in_both_schemes_and_at_double_text(qapp, tmp_path):
    written = gallery.paint(qapp, tmp_path)
    grounds = {path.name: QImage(str(path)).pixelColor(2, 300).lightness() for path in written}
    assert len(grounds) == 9
    assert grounds["lists-dark-100.png"] < 60 < 200 < grounds["lists-light-100.png"]


class TestFieldRow:
    def typed(self, qtbot, spec, text, value=""):
        row = show(qtbot, FieldRow(spec, value))
        heard = []
        row.edited.connect(heard.append)
        row.editor.clear()
        qtbot.keyClicks(row.editor, text)
        qtbot.keyClick(row.editor, Qt.Key.Key_Return)
        return row, heard

    def test_an_amount_is_shown_in_danish_and_told_in_stored_form(self, qtbot):
        row, heard = self.typed(qtbot, FieldSpec("Beløb", "amount"), "12500,75", "1.00")
        assert heard == ["12500.75"]
        assert row.editor.text() == "12.500,75"

    def test_a_date_is_told_as_iso(self, qtbot):
        row, heard = self.typed(qtbot, FieldSpec("Dato", "date"), "23.11.26")
        assert heard == ["2026-11-23"]
        assert row.editor.text() == "23-11-2026"

    def test_what_cannot_be_read_is_kept_as_typed(self, qtbot):
        row, heard = self.typed(qtbot, FieldSpec("Dato", "date"), "om lidt")
        assert heard == ["om lidt"]
        assert row.value() == "om lidt"

    def test_showing_a_value_tells_nobody(self, qtbot):
        row = show(qtbot, FieldRow(FieldSpec("Navn"), "A"))
        with qtbot.assertNotEmitted(row.edited, wait=300):
            row.set_value("B")
        assert row.value() == "B"

    def test_copy_puts_the_shown_text_on_the_clipboard(self, qtbot):
        row = show(qtbot, FieldRow(FieldSpec("Dag", "date"), "2026-11-23", read_only=True))
        with qtbot.waitSignal(row.copied):
            row.copy()
        assert QGuiApplication.clipboard().text() == "23-11-2026"

    def test_a_finding_is_read_with_the_field(self, qtbot):
        row = show(qtbot, FieldRow(FieldSpec("CPR", help="Ti cifre"), "1"))
        row.set_finding(FindingLine("error", "Skriv alle ti cifre."))
        assert row.editor.accessibleDescription() == "Skriv alle ti cifre."
        row.set_finding(None)
        assert row.editor.accessibleDescription() == "Ti cifre"

    def test_j_and_n_answer_yes_or_no(self, qtbot):
        row = show(qtbot, FieldRow(FieldSpec("Pension", "yes_no")))
        heard = []
        row.edited.connect(heard.append)
        buttons = row.editor.findChildren(QAbstractButton)
        qtbot.keyClicks(buttons[0], "n")
        qtbot.keyClicks(buttons[1], "j")
        assert heard == ["N", "J"]

    def test_an_unknown_choice_is_shown_not_dropped(self, qtbot):
        row = show(qtbot, FieldRow(FieldSpec("Årsag", "choice", (Choice("a", "A"),)), "gammel"))
        assert row.value() == "gammel"

    def test_the_label_moves_above_when_there_is_no_room(self, qtbot):
        row = show(qtbot, FieldRow(FieldSpec("Navn"), "A"))
        left = lambda: row.editor.mapTo(row, row.editor.rect().topLeft()).x()  # noqa: E731
        row.resize(900, 60)
        qtbot.waitUntil(lambda: left() > 100)
        row.resize(320, 90)
        qtbot.waitUntil(lambda: left() == 0)

    def test_alt_down_opens_the_calendar(self, qtbot):
        row = show(qtbot, FieldRow(FieldSpec("Dag", "date"), "2026-11-23"))
        row.editor.open_calendar()
        panel = row.editor.findChild(Popover)
        assert panel is not None
        assert panel.isVisible()
        panel.close()


def test_a_disagreement_is_shown_and_opened_from_the_keyboard(qtbot):
    origin = Origin(SourceValue("OPUS", "Nord", date(2026, 11, 22)), (SourceValue("KKorg", "Vest"),))
    holder = QWidget()
    chip = SourceChip(origin, holder)
    show(qtbot, holder)
    chip.adjustSize()
    assert chip.text() == "KKorg: Vest"
    chip.resize(64, chip.height())
    assert chip.text().endswith("…")
    chip.resize(200, chip.height())
    assert chip.accessibleDescription() == "KKorg siger Vest"
    qtbot.keyClick(chip, Qt.Key.Key_Space)
    panel = chip.findChild(Popover)
    assert panel is not None
    panel.close()
    chip.set_origin(Origin(SourceValue("OPUS", "Nord", date(2026, 11, 22))))
    assert chip.text() == "OPUS 22-11"


def test_a_deadline_counts_and_colours_itself(qtbot):
    label = show(qtbot, DueLabel(now() + timedelta(hours=2, minutes=10, seconds=30)))
    assert label.text() == "om 2 t 10 min"
    label.set_due(now() - timedelta(hours=3, seconds=1))
    assert label.text() == "overskredet 3 t"
    label.set_due(now(), paused=True)
    assert label.text() == "på pause"
    at = now()
    assert [due_tone(at + timedelta(hours=h), at) for h in (-1, 1, 9)] == ["red", "amber", "neutral"]


def test_enter_on_a_finding_tells_where_to_jump(qtbot):
    found = show(qtbot, FindingsList())
    found.show_findings(
        [FindingLine("error", "Ret", "Række 12", "12"), FindingLine("info", "Se", "Række 40", "40")]
    )
    found.setCurrentIndex(found.model().index(1, 0))
    with qtbot.waitSignal(found.chosen) as told:
        qtbot.keyClick(found, Qt.Key.Key_Return)
    assert told.args == ["40"]


def test_a_conflict_is_decided_when_every_field_is(qtbot):
    table = show(qtbot, ConflictTable((Dispute("a", "A", "1", "2", "3"), Dispute("b", "B", "", "x", "y"))))
    heard = []
    table.decided.connect(heard.append)
    table.findChildren(QAbstractButton)[1].click()
    assert table.choices() == {"a": "theirs"}
    qtbot.keyClick(table, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert table.choices() == {"a": "mine", "b": "mine"}
    assert heard[0] is False
    assert heard[-1] is True


def test_progress_is_told_in_words_and_stops_once(qtbot):
    assert progress_text(Progress(312, 1000, 14.2, timedelta(seconds=49))) == (
        "312 af 1.000 · 14 i sekundet · 49 s tilbage"
    )
    strip = show(qtbot, ProgressStrip("Sender"))
    strip.set_progress(Progress(1, 2))
    button = strip.findChild(QAbstractButton)
    with qtbot.waitSignal(strip.stopped):
        button.click()
    assert not button.isEnabled()


def test_cpr_is_asked_for_with_a_reason_and_hidden_again(qtbot):
    card = show(qtbot, PersonCard(PersonFacts("Mette", "010199-••••")))
    words = lambda: [label.text() for label in card.findChildren(gallery.Text)]  # noqa: E731
    eye = next(b for b in card.findChildren(QAbstractButton) if b.accessibleName() == "Vis hele CPR-nummeret")
    eye.click()
    reason = card.findChild(QLineEdit)
    qtbot.keyClick(reason, Qt.Key.Key_Return)
    assert reason.isVisible()
    qtbot.keyClicks(reason, "Ringer til borgeren")
    with qtbot.waitSignal(card.reveal_asked) as asked:
        qtbot.keyClick(reason, Qt.Key.Key_Return)
    assert asked.args == ["Ringer til borgeren"]
    card.reveal("010199-0000")
    assert "010199-0000" in words()
    card.hide_cpr()
    assert "010199-0000" not in words()


def test_the_rail_goes_to_places_and_says_what_waits(qtbot):
    rail = show(qtbot, Rail((RailPlace("a", "Kø", "queue", "Ctrl+1"), RailPlace("b", "Robot", "robot"))))
    rail.set_waiting("b", 7)
    first, second = rail.findChildren(QAbstractButton)
    assert second.accessibleName() == "Robot, 7 venter"
    assert first.shortcut().toString() == "Ctrl+1"
    with qtbot.waitSignal(rail.went) as went:
        qtbot.keyClick(second, Qt.Key.Key_Space)
    assert went.args == ["b"]


def test_search_tells_on_enter_and_esc_empties_it(qtbot):
    field = show(qtbot, SearchField("Søg"))
    qtbot.keyClicks(field, "holm")
    with qtbot.waitSignal(field.searched) as told:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert told.args == ["holm"]
    with qtbot.waitSignal(field.searched) as told:
        qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert told.args == [""]


def test_toasts_come_one_at_a_time_and_undo_once(qtbot):
    owner = QWidget()
    owner.resize(600, 400)
    show(qtbot, owner)
    undone = []
    toaster = Toaster(owner)
    toaster.tell(Message("Første", undo=lambda: undone.append(1)))
    toaster.tell(Message("Anden"))
    first = toaster.shown()
    assert (first.accessibleName(), toaster.waiting()) == ("Første", 1)
    first.undo()
    first.undo()
    assert undone == [1]
    assert toaster.shown().accessibleName() == "Anden"
    toaster.shown().leave()
    assert toaster.shown() is None


def test_the_selection_bar_counts_and_lets_go(qtbot):
    bar, done = SelectionBar(), []
    qtbot.addWidget(bar)
    button = bar.add_action("Tildel mig", lambda: done.append(1))
    bar.set_selected(3)
    button.click()
    assert done == [1]
    assert bar.isVisible()
    bar.set_selected(0)
    assert not bar.isVisible()


def test_a_menu_button_offers_its_choices(qtbot):
    menu, chosen = show(qtbot, MenuButton("Robot")), []
    menu.add_choice("Prøvekørsel", lambda: chosen.append("dry"))
    menu.menu_of().actions()[0].trigger()
    assert chosen == ["dry"]


def test_a_skeleton_shows_nothing_at_first(qtbot):
    bars = Skeleton()
    qtbot.addWidget(bars)
    bars.begin()
    assert not bars.bars_shown()
    qtbot.waitUntil(bars.bars_shown)
    bars.end()
    assert not bars.isVisible()


def test_panes_come_back_at_the_widths_they_were_left(qtbot):
    class Notebook(dict):
        recall, keep = dict.get, dict.__setitem__

    memory = Notebook()
    for _visit in range(2):
        pane = SplitPane("queue", memory)
        pane.resize(1001, 300)
        pane.fill([(QWidget(), 400, False), (QWidget(), 600, True)])
        show(qtbot, pane)
        if not memory:
            pane.setSizes([300, 700])
            pane.keep_widths()
    assert pane.sizes() == [300, 700]


def test_a_selected_row_has_the_accent_bar_and_its_tint(qtbot):
    view = gallery.queue_view("two_lines")
    view.resize(440, 420)
    show(qtbot, view)
    row = view.visualRect(view.model().index(4, 0))
    image = view.viewport().grab().toImage()
    middle = row.center().y()
    assert image.pixelColor(row.left() + 1, middle).name() == tokens().accent
    assert image.pixelColor(row.right() - 4, row.bottom() - 4).name() == tokens().selection


def test_rows_are_as_high_as_designed_and_say_what_they_show(qtbot):
    two, compact = QueueDelegate(density="two_lines"), QueueDelegate(density="compact")
    assert (two.row_height(), compact.row_height()) == (52, 32)
    line = QueueLine("Holm, Peter", "Refusion", "TMF", datetime(2026, 1, 2, tzinfo=UTC), unread=True, pending=True)
    said = spoken(line, datetime(2026, 1, 1, 21, tzinfo=UTC))
    assert said == "Holm, Peter, Refusion, TMF, om 3 t, ulæst, ændring ikke sendt endnu"


def test_a_row_is_painted_without_making_widgets(qtbot):
    view = show(qtbot, gallery.queue_view("two_lines"))
    before = len(view.findChildren(QWidget))
    image = QImage(440, 52, QImage.Format.Format_ARGB32_Premultiplied)
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, 440, 52)
    option.state = QStyle.StateFlag.State_Enabled
    painter = QPainter(image)
    for _time in range(50):
        view.itemDelegate().paint(painter, option, view.model().index(1, 0))
    painter.end()
    assert len(view.findChildren(QWidget)) == before


def test_small_pieces_tell_what_was_asked(qtbot):
    empty = show(qtbot, EmptyState("upload", "Tomt", "Gør noget", "Vælg fil"))
    with qtbot.waitSignal(empty.acted):
        empty.findChild(QAbstractButton).click()
    action = show(qtbot, PrimaryAction("Send", keys="Ctrl+Return"))
    assert (action.accessibleName(), action.shortcut().toString()) == ("Send", "Ctrl+Return")
