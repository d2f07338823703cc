"""The rows of the case queue, painted: no widget per row, well under a millisecond each.

A model answers `ROW_ROLE` with a `QueueLine`, a `GroupLine`, or None while the row is on its way, and
`Qt.AccessibleTextRole` with `spoken(line)`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from kkassist.domain.language import say
from ui.icons import IconName, pixmap
from ui.theme import BODY, META, ROW, ROW_TWO_LINES, ColorName, Tokens, follow_theme, font, px, tokens
from ui.widgets.due_label import due_tone
from ui.widgets.notation import due_text, joined, now

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
Density = Literal["two_lines", "compact"]

_LEFT, _RIGHT, _GAP = 20, 12, 8


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A case in the queue. `title` is a name or what the case is called; `due` an aware instant or None."""

    title: str
    process: str
    unit: str = ""
    due: datetime | None = None
    paused: bool = False
    unread: bool = False
    pending: bool = False
    """A change of hers is still on its way to the server."""
    mark: IconName | None = None
    mark_tone: ColorName = "muted"
    status: str = ""
    """What the icon means, in a word."""


@dataclass(frozen=True, slots=True)
class GroupLine:
    """The heading over a group of cases."""

    text: str
    count: int


def spoken(line: QueueLine | GroupLine, at: datetime | None = None) -> str:
    """A row as a screen reader says it."""
    if isinstance(line, GroupLine):
        return say("{group}, {count} sager", group=line.text, count=line.count)
    due = due_text(line.due, at or now(), paused=line.paused) if line.due else ""
    unread = say("ulæst") if line.unread else ""
    pending = say("ændring ikke sendt endnu") if line.pending else ""
    parts = (line.title, line.process, line.unit, due, line.status, unread, pending)
    return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class _Type:
    """The fonts of a row, made once for each look."""

    title: QFont
    title_unread: QFont
    small: QFont
    small_strong: QFont


class QueueDelegate(QStyledItemDelegate):
    """Paints rows in two lines (52 px) or compact (32 px). The clock can be given for tests and screenshots."""

    def __init__(
        self, parent: QObject | None = None, density: Density = "two_lines", clock: Callable[[], datetime] = now
    ) -> None:
        super().__init__(parent)
        self._density, self._clock = density, clock
        follow_theme(self, self._make_fonts)
        self._make_fonts()

    def set_density(self, density: Density) -> None:
        """Two lines or compact; the view must lay out its rows anew."""
        self._density = density

    def row_height(self) -> int:
        """The height of a row in logical pixels."""
        return px(ROW_TWO_LINES if self._density == "two_lines" else ROW)

    def _make_fonts(self) -> None:
        self._type = _Type(
            font(BODY, tabular=True),
            font(BODY, strong=True, tabular=True),
            font(META, tabular=True),
            font(META, strong=True, tabular=True),
        )

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """All rows are equally high, so that a list of ten thousand is laid out at once."""
        return QSize(200, self.row_height())

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one row."""
        line, look, rect = index.data(ROW_ROLE), tokens(), option.rect
        painter.save()
        if isinstance(line, GroupLine):
            self._paint_group(painter, look, rect, line)
        else:
            _paint_ground(painter, look, rect, option.state)
            if isinstance(line, QueueLine):
                self._paint_case(painter, look, rect, line)
            else:
                _paint_waiting(painter, look, rect)
        painter.restore()

    def _paint_group(self, painter: QPainter, look: Tokens, rect: QRect, line: GroupLine) -> None:
        painter.setFont(self._type.small_strong)
        painter.setPen(look.color("secondary"))
        rect = rect.adjusted(0, rect.height() - px(ROW), 0, 0)
        words = rect.adjusted(12, 0, -_RIGHT, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, line.text)
        left = words.left() + painter.fontMetrics().horizontalAdvance(line.text) + 6
        painter.setFont(self._type.small)
        painter.setPen(look.color("muted"))
        count = f"{line.count:,}".replace(",", ".")
        painter.drawText(rect.adjusted(left - rect.left(), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, count)
        left += painter.fontMetrics().horizontalAdvance(count) + 10
        painter.setPen(QPen(look.color("line"), 1))
        painter.drawLine(left, rect.center().y(), rect.right() - _RIGHT, rect.center().y())

    def _paint_case(self, painter: QPainter, look: Tokens, rect: QRect, line: QueueLine) -> None:
        if line.unread:
            _paint_dot(painter, look, rect)
        inner = rect.adjusted(_LEFT, 0, -_RIGHT, 0)
        if self._density == "two_lines":
            self._paint_two_lines(painter, look, inner, line)
        else:
            self._paint_compact(painter, look, inner, line)

    def _paint_two_lines(self, painter: QPainter, look: Tokens, inner: QRect, line: QueueLine) -> None:
        high, low = QFontMetrics(self._type.title).height(), QFontMetrics(self._type.small).height()
        top = inner.top() + (inner.height() - high - low - 3) // 2
        first = QRect(inner.left(), top, inner.width(), high)
        second = QRect(inner.left(), top + high + 3, inner.width(), low)
        first.setRight(self._paint_due(painter, look, first, line))
        second.setRight(_paint_marks(painter, second, line))
        self._paint_title(painter, look, first, line)
        self._paint_about(painter, look, second, line)

    def _paint_compact(self, painter: QPainter, look: Tokens, inner: QRect, line: QueueLine) -> None:
        room = QRect(inner)
        room.setRight(self._paint_due(painter, look, room, line))
        room.setRight(_paint_marks(painter, room, line))
        title = QRect(room)
        title.setWidth(min(room.width(), int(inner.width() * 0.45)))
        about = QRect(room)
        about.setLeft(self._paint_title(painter, look, title, line) + 10)
        self._paint_about(painter, look, about, line)

    def _paint_due(self, painter: QPainter, look: Tokens, room: QRect, line: QueueLine) -> int:
        """Paint the deadline at the right; gives the right edge of what is left."""
        if line.due is None:
            return room.right()
        at = self._clock()
        tone, words = due_tone(line.due, at, paused=line.paused), due_text(line.due, at, paused=line.paused)
        painter.setFont(self._type.small if tone == "neutral" else self._type.small_strong)
        painter.setPen(look.color("muted" if tone == "neutral" else tone))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, words)
        return room.right() - painter.fontMetrics().horizontalAdvance(words) - _GAP

    def _paint_title(self, painter: QPainter, look: Tokens, room: QRect, line: QueueLine) -> int:
        """Paint the title, strong while unread; gives its right edge."""
        painter.setFont(self._type.title_unread if line.unread else self._type.title)
        painter.setPen(look.color("text"))
        metrics = painter.fontMetrics()
        words = metrics.elidedText(line.title, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        return room.left() + metrics.horizontalAdvance(words)

    def _paint_about(self, painter: QPainter, look: Tokens, room: QRect, line: QueueLine) -> None:
        painter.setFont(self._type.small)
        painter.setPen(look.color("muted"))
        about = joined((line.process, line.unit))
        words = painter.fontMetrics().elidedText(about, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)


def _paint_ground(painter: QPainter, look: Tokens, rect: QRect, state: QStyle.StateFlag) -> None:
    if state & QStyle.StateFlag.State_Selected:
        painter.fillRect(rect, look.color("selection"))
        painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), look.color("accent"))
    elif state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(rect, look.color("sunken"))
    if state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QPen(look.color("accent"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect.adjusted(1, 1, -1, -1))


def _paint_dot(painter: QPainter, look: Tokens, rect: QRect) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.color("accent"))
    painter.drawEllipse(QRectF(rect.left() + 8, rect.center().y() - 3, 7, 7))


def _paint_marks(painter: QPainter, room: QRect, line: QueueLine) -> int:
    """Paint the status icon and the pending mark from the right; gives the right edge of what is left."""
    side, right = px(14), room.right()
    ratio = painter.device().devicePixelRatioF()
    marks: list[tuple[IconName, ColorName]] = [(line.mark, line.mark_tone)] if line.mark else []
    if line.pending:
        marks.append(("outbox", "accent"))
    for name, ink in marks:
        right -= side
        painter.drawPixmap(right + 1, room.center().y() - side // 2, pixmap(name, ink, side, ratio))
        right -= 6
    return right - (_GAP - 6 if marks else 0)


def _paint_waiting(painter: QPainter, look: Tokens, rect: QRect) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.color("sunken"))
    painter.drawRoundedRect(QRectF(rect.left() + _LEFT, rect.center().y() - 4, rect.width() * 0.5, 9), 4, 4)
