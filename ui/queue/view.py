"""The list on the left: which view, search as you type, the cases, and the bar over a selection."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListView,
    QMenu,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from kkassist.domain.case import QueueRow, View
from kkassist.domain.language import say
from ui.queue.model import Listing, QueueModel
from ui.queue.naming import NamePanel
from ui.theme import dress, follow_theme
from ui.widgets.buttons import IconButton, MenuButton
from ui.widgets.empty_state import EmptyState
from ui.widgets.list_header import SelectionBar
from ui.widgets.queue_delegate import QueueDelegate, QueueLine
from ui.widgets.search_field import SearchField
from ui.widgets.text import Figures

_CLOCK_MS = 30_000

SORTS = (
    ("breach", "Frist (SLA)"),
    ("due", "Forfaldsdato"),
    ("updated", "Senest ændret"),
    ("opened", "Oprettet"),
    ("person", "Person"),
    ("number", "Sagsnummer"),
    ("priority", "Prioritet"),
)
GROUPINGS = (
    ("due", "Frist"),
    ("process", "Proces"),
    ("state", "Status"),
    ("assigned_to", "Sagsbehandler"),
    ("none", "Ingen"),
)


@dataclass(frozen=True, slots=True)
class Held:
    """What a list shows: the chosen cases, the topmost case with its pixel offset, and the scroll bar's value."""

    chosen: tuple[str, ...]
    top: str
    offset: int
    scroll: int


class CaseList(QListView):
    """j/k and the arrows step over headings; Enter opens. Selecting many is Shift or Ctrl, as in every list."""

    opened = Signal(str)

    def __init__(self, model: QueueModel, delegate: QueueDelegate) -> None:
        super().__init__()
        self._model = model
        self.setModel(model)
        self.setItemDelegate(delegate)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setAccessibleName(say("Sager"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.verticalScrollBar().setSingleStep(24)
        self.setUniformItemSizes(True)
        self._last_row = 0
        self.activated.connect(self._activated)

    def step(self, by: int) -> None:
        """To the next or the previous case."""
        row = self.currentIndex().row()
        if row < 0:  # the case in hand left the list: go on where it stood
            row = self._last_row - 1 if by > 0 else self._last_row
        found = self._model.next_case(row, by)
        if 0 <= found < self._model.rowCount():
            self.go(found)

    def go(self, row: int) -> None:
        """To a row, alone selected."""
        index = self._model.index(row)
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.scrollTo(index)

    def chosen(self) -> list[str]:
        """sys_ids of the selected cases, top first."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [sys_id for row in rows if (sys_id := self._model.case_id(row)) is not None]

    def hold(self) -> "Held":
        """What is chosen and seen now, to be found again in another listing."""
        top = self.indexAt(QPoint(4, 4))
        sys_id = self._model.case_id(top.row()) if top.isValid() else None
        offset = self.visualRect(top).top() if sys_id is not None else 0
        self._last_row = max(0, self.currentIndex().row())
        return Held(tuple(self.chosen()), sys_id or "", offset, self.verticalScrollBar().value())

    def find_again(self, held: "Held", current: str) -> None:
        """Choose what was chosen and stand where it stood, as far as it is still listed."""
        self.setAutoScroll(False)
        flag = QItemSelectionModel.SelectionFlag
        row = self._model.row_of(current) if current else -1
        if row >= 0:
            self.selectionModel().setCurrentIndex(self._model.index(row), flag.ClearAndSelect)
        for sys_id in held.chosen:
            row = self._model.row_of(sys_id)
            if row >= 0 and sys_id != current:
                self.selectionModel().select(self._model.index(row), flag.Select)
        self.setAutoScroll(True)
        self.doItemsLayout()
        top = self._model.row_of(held.top) if held.top else -1
        scroll = self.sizeHintForRow(0) * top - held.offset if top >= 0 else held.scroll
        self.verticalScrollBar().setValue(scroll)

    def choose_one(self) -> None:
        """Let the selection of many go; the current case alone is chosen."""
        self.clearSelection()
        if self.currentIndex().isValid():
            self.go(self.currentIndex().row())
        self.setFocus()

    def start_over(self, current: str) -> None:
        """Another list was asked for: begin at its top, or at the case in hand when it is there."""
        self._last_row = 0
        self.scrollToTop()
        row = self._model.row_of(current) if current else -1
        if row >= 0:
            self.go(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is not None and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self.step(step)
            return
        super().keyPressEvent(event)

    def _activated(self, index: QModelIndex) -> None:
        sys_id = self._model.case_id(index.row())
        if sys_id is not None:
            self.opened.emit(sys_id)


class QueueView(QFrame):
    """The left column. Wishes are signals; the place asks the store."""

    view_chosen = Signal(str)
    searched = Signal(str)
    sorted_by = Signal(str)
    grouped_by = Signal(str)
    current = Signal(str)
    opened = Signal(str)
    take_asked = Signal(list)
    save_view_asked = Signal()
    rename_view_asked = Signal()
    delete_view_asked = Signal()
    refresh_asked = Signal()

    def __init__(
        self,
        fetch: Callable[[Sequence[str], Callable[[Sequence[QueueRow]], None]], None],
        words_of: Callable[[str], str],
        line_of: Callable[[QueueRow], QueueLine],
    ) -> None:
        super().__init__()
        dress(self, role="list")
        self.model = QueueModel(fetch, words_of, line_of, self)
        self.delegate = QueueDelegate()
        self.list = CaseList(self.model, self.delegate)
        self._views = MenuButton("", role="view")
        self._count = Figures("", "label")
        self._more = IconButton("sort", say("Sortér og gruppér"), keys="")
        self._more.clicked.connect(self._open_order)
        self._order_menu = QMenu(self)
        self._fresh = IconButton("refresh", say("Hent nu"), keys="F5")
        self._fresh.clicked.connect(self.refresh_asked)
        self.search = SearchField(say("Søg i sager, navne, CPR og numre"), keys="")
        self.search.searched.connect(self.searched)
        self.search.to_hits.connect(self._to_hits)
        self._bar = SelectionBar()
        self._bar.add_action(say("Tag dem"), lambda: self.take_asked.emit(self.list.chosen()))
        self._bar.cleared.connect(self.list.choose_one)
        self.list.selectionModel().selectionChanged.connect(self._selection_changed)
        self.list.selectionModel().currentChanged.connect(self._current_changed)
        self.list.opened.connect(self.opened)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.list)
        self._empty = QWidget()
        self._stack.addWidget(self._empty)
        self._sort, self._group = "breach", "due"
        self._lay_out()
        self._clock = QTimer(self)
        self._clock.setInterval(_CLOCK_MS)
        self._clock.timeout.connect(self._tick)
        self._clock.start()
        follow_theme(self, self.list.doItemsLayout)

    def show_views(self, views: Sequence[View], counts: dict[str, int], chosen: str) -> None:
        """Fill the menu of views with their counters."""
        menu = self._views.menu_of()
        menu.clear()
        for number, view in enumerate(views, start=1):
            key = f"\t{number}" if number <= 9 else ""
            count = f"{counts.get(view.id, 0):,}".replace(",", ".")
            self._views.add_choice(f"{say(view.name)}   {count}{key}", _emitter(self.view_chosen.emit, view.id))
            if view.id == chosen:
                self._views.set_words(say(view.name))
        menu.addSeparator()
        acts = [(say("Gem visningen som …"), self.save_view_asked)]
        if not next((view.built_in for view in views if view.id == chosen), True):
            acts.append((say("Omdøb visningen …"), self.rename_view_asked))
            acts.append((say("Slet visningen"), self.delete_view_asked))
        for words, asked in acts:
            menu.addAction(words).triggered.connect(lambda _=False, asked=asked: asked.emit())

    def ask_name(self, title: str, name: str, then: Callable[[str], None]) -> None:
        """Ask for a view's name below its menu."""
        NamePanel(self, title, name, then).open_below(self._views)

    def show_listing(self, listing: Listing, keep: str, *, fresh: bool = False) -> None:
        """Show other cases; chosen ones stay chosen and the list stands still, unless another was asked for."""
        inside = self.window().focusWidget()
        had_focus = inside is self.list or (inside is not None and self._empty.isAncestorOf(inside))
        held = self.list.hold()
        changed = self.model.show(listing)
        self._count.setText(f"{len(listing.ids):,}".replace(",", "."))
        self._count.setAccessibleName(say("{count} sager", count=len(listing.ids)))
        if fresh:
            self.list.start_over(keep)
        elif changed:
            self.list.find_again(held, keep)
        self._stack.setCurrentIndex(0 if listing.ids else 1)
        self._show_chosen()
        if had_focus:
            (self.list if listing.ids else self.search).setFocus()

    def show_empty(self, empty: EmptyState) -> None:
        """What stands where there are no cases."""
        self._stack.removeWidget(self._empty)
        self._empty.deleteLater()
        self._empty = empty
        self._stack.addWidget(empty)
        if self._stack.currentIndex() != 0:
            self._stack.setCurrentWidget(empty)

    def set_order(self, sort: str, group_by: str) -> None:
        """Mark how the list is sorted and grouped."""
        self._sort, self._group = sort, group_by

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._views)
        head.addWidget(self._count)
        head.addStretch(1)
        head.addWidget(self._more)
        head.addWidget(self._fresh)
        top = QVBoxLayout()
        top.setContentsMargins(10, 10, 10, 8)
        top.setSpacing(6)
        top.addLayout(head)
        top.addWidget(self.search)
        self.foot = QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 1, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self._bar)
        column.addLayout(self._stack, 1)
        column.addLayout(self.foot)

    def _to_hits(self) -> None:
        self.list.setFocus()
        if not self.list.currentIndex().isValid():
            self.list.step(1)

    def _open_order(self) -> None:
        menu = self._order_menu
        menu.clear()
        for entries, chosen, emit, title in (
            (SORTS, self._sort, self.sorted_by.emit, say("Sortér efter")),
            (GROUPINGS, self._group, self.grouped_by.emit, say("Gruppér efter")),
        ):
            menu.addSection(title)
            for key, words in entries:
                action = menu.addAction(say(words))
                action.setCheckable(True)
                action.setChecked(key == chosen)
                action.triggered.connect(_emitter(emit, key))
        menu.popup(self._more.mapToGlobal(self._more.rect().bottomLeft()))

    def _current_changed(self, current: QModelIndex) -> None:
        sys_id = self.model.case_id(current.row()) if current.isValid() else None
        if sys_id is not None:
            self.current.emit(sys_id)

    def _selection_changed(self, _on: QItemSelection, _off: QItemSelection) -> None:
        self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = len(self.list.selectionModel().selectedIndexes())
        self._bar.set_selected(chosen if chosen > 1 else 0)

    def _tick(self) -> None:
        self.list.viewport().update()


def _emitter(emit: Callable[[str], None], value: str) -> Callable[[], None]:
    return lambda *_: emit(value)
