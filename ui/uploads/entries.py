"""The list at the left of uploads and runs: three painted lines an entry, in groups, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ui.icons import pixmap
from ui.table import Index
from ui.theme import BODY, META, ROW, dress, follow_theme, font, px, tokens
from ui.uploads.words import Status
from ui.widgets.status_pill import SOFT_OF_TONE

_EDGE, _GAP, _PILL_EDGE = 16, 8, 6


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the list. `share` (0–1) paints a progress bar; None paints none."""

    id: str
    title: str
    about: str
    detail: str
    status: Status
    share: float | None = None


Group = tuple[str, Sequence[Entry]]
"""A heading ("" for none) and what stands under it."""


def paint_pill(painter: QPainter, at: QRect, status: Status) -> int:
    """Paint a status as a pill at the left of `at`, in its middle; gives the pill's right edge."""
    look, side = tokens(), px(14)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font(META, strong=True))
    metrics = painter.fontMetrics()
    height = metrics.height() + 4
    wanted = metrics.horizontalAdvance(status.word) + side + 2 * _PILL_EDGE + 4
    pill = QRect(at.left(), at.center().y() - height // 2, min(wanted, at.width()), height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.color(SOFT_OF_TONE[status.tone]))
    painter.drawRoundedRect(QRectF(pill), 4, 4)
    picture = pixmap(status.mark, status.tone, side, painter.device().devicePixelRatioF())
    painter.drawPixmap(pill.left() + _PILL_EDGE, pill.center().y() - side // 2 + 1, picture)
    painter.setPen(look.color(status.tone))
    words = pill.adjusted(_PILL_EDGE + side + 4, 0, -2, 0)
    text = metrics.elidedText(status.word, Qt.TextElideMode.ElideRight, words.width())
    painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, text)
    painter.restore()
    return pill.right()


class _Entries(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.lines: tuple[Entry | str, ...] = ()

    def fill(self, lines: Sequence[Entry | str]) -> bool:
        """Show other lines; whether they are other things than before (else only how they stand)."""
        same = [_key(one) for one in self.lines] == [_key(one) for one in lines]
        if same:
            self.lines = tuple(lines)
            self.dataChanged.emit(self.index(0), self.index(max(0, len(lines) - 1)))
            return False
        self.beginResetModel()
        self.lines = tuple(lines)
        self.endResetModel()
        return True

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        heading = isinstance(self.lines[index.row()], str)
        return Qt.ItemFlag.NoItemFlags if heading else super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self.lines[index.row()]
        if role not in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.AccessibleTextRole,
            Qt.ItemDataRole.ToolTipRole,
        ):
            return None
        return (
            line if isinstance(line, str) else ", ".join((line.title, line.status.word, line.about, line.detail))
        )


def _key(line: Entry | str) -> str:
    return line if isinstance(line, str) else line.id


class _EntryDelegate(QStyledItemDelegate):
    def __init__(self, model: _Entries, view: QListView) -> None:
        super().__init__(view)
        self._model = model

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        if isinstance(self._model.lines[index.row()], str):
            return QSize(200, px(ROW))
        high, low = QFontMetrics(font(BODY)).height(), QFontMetrics(font(META)).height()
        return QSize(200, high + 2 * low + 36)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line = self._model.lines[index.row()]
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if isinstance(line, str):
            painter.setFont(font(META, strong=True))
            painter.setPen(tokens().color("secondary"))
            painter.drawText(rect.adjusted(_EDGE, 0, 0, -4), Qt.AlignmentFlag.AlignBottom, line)
        else:
            _paint_ground(painter, rect, state)
            _paint_entry(painter, rect, line)
        painter.restore()


def _paint_ground(painter: QPainter, rect: QRect, state: QStyle.StateFlag) -> None:
    look = tokens()
    if state & QStyle.StateFlag.State_Selected:
        painter.fillRect(rect, look.color("selection"))
        painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), look.color("accent"))
    elif state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(rect, look.color("sunken"))
    if state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QPen(look.color("accent"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect.adjusted(1, 1, -1, -1))
    painter.setPen(QPen(look.color("line"), 1))
    painter.drawLine(rect.left() + _EDGE, rect.bottom(), rect.right() - _EDGE, rect.bottom())


def _paint_entry(painter: QPainter, rect: QRect, line: Entry) -> None:
    look = tokens()
    inner = rect.adjusted(_EDGE, 9, -_EDGE, -9)
    painter.setFont(font(BODY, strong=True))
    painter.setPen(look.color("text"))
    high = painter.fontMetrics().height()
    _elided(painter, QRect(inner.left(), inner.top(), inner.width(), high), line.title)
    painter.setFont(font(META, tabular=True))
    painter.setPen(look.color("muted"))
    low = painter.fontMetrics().height()
    _elided(painter, QRect(inner.left(), inner.top() + high + 2, inner.width(), low), line.about)
    last = QRect(inner.left(), inner.bottom() - low - 4, inner.width(), low + 4)
    right = paint_pill(painter, last, line.status)
    last.setLeft(right + _GAP)
    if line.share is not None:
        _paint_bar(painter, last.adjusted(0, 0, -px(58) if last.width() > px(120) else 0, 0), line.share)
        last.setLeft(max(last.left(), last.right() - px(54)))
    _elided(painter, last, line.detail, Qt.AlignmentFlag.AlignRight)


def _paint_bar(painter: QPainter, room: QRect, share: float) -> None:
    look = tokens()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    bar = QRectF(room.left(), room.center().y() - 1, room.width(), 4)
    painter.setBrush(look.color("line"))
    painter.drawRoundedRect(bar, 2, 2)
    if share:
        bar.setWidth(max(4.0, bar.width() * share))
        painter.setBrush(look.color("accent"))
        painter.drawRoundedRect(bar, 2, 2)
    painter.restore()


def _elided(
    painter: QPainter, room: QRect, text: str, side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft
) -> None:
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, shown)


class EntryList(QListView):
    """`chosen(id)` when another entry becomes current; `opened(id)` on Enter or a double click."""

    chosen = Signal(str)
    opened = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._entries = _Entries()
        self._quiet = False
        self.setModel(self._entries)
        self.setItemDelegate(_EntryDelegate(self._entries, self))
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        dress(self, role="plain")
        self.selectionModel().currentChanged.connect(self._current_changed)
        self.doubleClicked.connect(lambda index: self._open(index.row()))
        follow_theme(self, self.scheduleDelayedItemsLayout)

    def show_groups(self, groups: Sequence[Group]) -> None:
        """Show other entries; the current one stays so without being told again."""
        lines: list[Entry | str] = []
        for heading, entries in groups:
            lines += [heading] if heading and entries else []
            lines += entries
        current = self.current_id()
        self._quiet = True
        if self._entries.fill(lines) and current:
            self.go(current)
        self._quiet = False

    def ids(self) -> list[str]:
        """The entries' ids, from the top."""
        return [one.id for one in self._entries.lines if isinstance(one, Entry)]

    def go(self, entry_id: str) -> None:
        """To an entry, where there is such a one."""
        for row, line in enumerate(self._entries.lines):
            if isinstance(line, Entry) and line.id == entry_id:
                index = self._entries.index(row)
                self.setCurrentIndex(index)
                self.scrollTo(index)

    def current_id(self) -> str:
        """The current entry, "" for none."""
        row = self.currentIndex().row()
        line = self._entries.lines[row] if 0 <= row < len(self._entries.lines) else ""
        return line.id if isinstance(line, Entry) else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens; J and K go down and up, as in the queue."""
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex().row())
        elif plain and event.key() in (Qt.Key.Key_J, Qt.Key.Key_K):
            self._step(1 if event.key() == Qt.Key.Key_J else -1)
        else:
            super().keyPressEvent(event)

    def _step(self, by: int) -> None:
        ids, current = self.ids(), self.current_id()
        if ids:
            at = ids.index(current) + by if current in ids else 0
            self.go(ids[max(0, min(at, len(ids) - 1))])

    def _open(self, row: int) -> None:
        line = self._entries.lines[row] if 0 <= row < len(self._entries.lines) else ""
        if isinstance(line, Entry):
            self.opened.emit(line.id)

    def _current_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid() and not self._quiet:
            line = self._entries.lines[current.row()]
            if isinstance(line, Entry):
                self.chosen.emit(line.id)
