"""Ctrl+K: type a few letters of anything that can be done, or of a case or a person."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from kkassist.domain.language import say
from ui.theme import BODY, META, ROW, font, px, tokens
from ui.widgets.key_hint import caps_size, paint_caps

_WIDTH = 640
_MOST_SHOWN = 12
_SEARCH_AFTER_MS = 120


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the palette."""

    text: str
    detail: str
    run: Callable[[], object]
    key: str = ""


class Palette(QFrame):
    """A panel over the window. Commands are matched at once; cases and persons arrive when the store has answered."""

    def __init__(
        self,
        parent: QWidget,
        commands: Callable[[], Sequence[Hit]],
        search: Callable[[str, Callable[[Sequence[Hit]], None]], None],
    ) -> None:
        super().__init__(parent)
        self._window = parent
        self._commands = commands
        self._search = search
        self._asked = ""
        self._came_from: QWidget | None = None
        self._found: Sequence[Hit] = ()
        self.setObjectName("palette")
        self.setProperty("role", "popover")
        self.setAutoFillBackground(True)
        self._input = QLineEdit(self)
        self._input.setPlaceholderText(say("Hvad vil du? Skriv en handling, et sagsnummer eller et navn"))
        self._input.setAccessibleName(say("Søg i handlinger, sager og personer"))
        self._list = QListWidget(self)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setAccessibleName(say("Fundet"))
        self._list.setItemDelegate(_HitDelegate(self._list))
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._input)
        layout.addWidget(self._list)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_SEARCH_AFTER_MS)
        self._wait.timeout.connect(self._ask)
        self._input.textChanged.connect(self._typed)
        self._list.itemClicked.connect(lambda _: self._run())
        self._input.installEventFilter(self)
        parent.installEventFilter(self)
        self.hide()

    def open(self, text: str = "") -> None:
        """Show the palette over the window and put the cursor in it."""
        if not self.isVisible():
            self._came_from = self._window.focusWidget()
        self._place()
        self._input.setText(text)
        self._typed(text)
        self.show()
        self.raise_()
        self._input.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def hits(self) -> list[str]:
        """The texts shown, first first."""
        return [self._hit(row).text for row in range(self._list.count())]

    def _typed(self, text: str) -> None:
        self._found = ()
        self._show()
        self._asked = text.strip()
        if len(self._asked) > 1:
            self._wait.start()

    def _ask(self) -> None:
        asked = self._asked
        self._search(asked, lambda hits: self._arrived(asked, hits))

    def _arrived(self, asked: str, hits: Sequence[Hit]) -> None:
        if asked == self._asked and self.isVisible():
            self._found = hits
            self._show()

    def _show(self) -> None:
        words = _folded(self._input.text()).split()
        fitting = [hit for hit in self._commands() if all(word in _folded(hit.text) for word in words)]
        self._list.clear()
        for hit in [*fitting, *self._found][:_MOST_SHOWN]:
            self._add(hit)
        self._list.setCurrentRow(0)
        self._fit_height()

    def _add(self, hit: Hit) -> None:
        item = QListWidgetItem(hit.text)
        item.setData(Qt.ItemDataRole.UserRole, hit)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{hit.text} {hit.detail} {hit.key}".strip())
        self._list.addItem(item)

    def _hit(self, row: int) -> Hit:
        hit: Hit = self._list.item(row).data(Qt.ItemDataRole.UserRole)
        return hit

    def _run(self) -> None:
        row = self._list.currentRow()
        if row >= 0:
            hit = self._hit(row)
            self._leave()
            hit.run()

    def _leave(self) -> None:
        """Close; the focus goes back to where it was."""
        self.hide()
        try:
            if self._came_from is not None:
                self._came_from.setFocus()
        except RuntimeError:  # it was taken away meanwhile
            self._window.setFocus()

    def _place(self) -> None:
        parent = self._window
        width = min(px(_WIDTH), parent.width() - 32)
        self.setFixedWidth(width)
        self.move((parent.width() - width) // 2, max(48, parent.height() // 8))

    def _fit_height(self) -> None:
        rows = max(1, self._list.count())
        self._list.setFixedHeight(min(rows, _MOST_SHOWN) * px(ROW) + 4)
        self.adjustSize()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._input and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        if watched is self._input and event.type() == QEvent.Type.FocusOut:
            self.hide()
        if watched is self._window and isinstance(event, QResizeEvent) and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is not None and self._list.count():
            self._list.setCurrentRow((self._list.currentRow() + step) % self._list.count())
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run()
            return True
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
            return True
        return False


class _HitDelegate(QStyledItemDelegate):
    """What can be done on the left; where it belongs and its key on the right."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, px(ROW))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        hit: Hit = index.data(Qt.ItemDataRole.UserRole)
        place: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(place, tokens().color("selection"))
            painter.fillRect(place.left(), place.top(), 3, place.height(), tokens().color("accent"))
        inner = place.adjusted(12, 0, -8, 0)
        inner.setRight(self._right(painter, inner, hit))
        painter.setFont(font(BODY))
        painter.setPen(tokens().color("text"))
        words = painter.fontMetrics().elidedText(hit.text, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        painter.restore()

    def _right(self, painter: QPainter, place: QRect, hit: Hit) -> int:
        """Paints what stands at the right; returns where it begins."""
        if hit.key:
            size = caps_size(hit.key)
            at = QPoint(place.right() - size.width(), place.center().y())
            paint_caps(painter, hit.key, at, tokens().color("secondary"), tokens().color("line_strong"))
            return place.right() - size.width() - 12
        painter.setFont(font(META))
        painter.setPen(tokens().color("muted"))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, hit.detail)
        return place.right() - painter.fontMetrics().horizontalAdvance(hit.detail) - 12


def _folded(text: str) -> str:
    lower = text.casefold().replace("æ", "ae").replace("ø", "o").replace("å", "a")
    return "".join(letter for letter in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(letter))
