"""Paints the queue: two lines a case, or one in the compact list; no widget per row."""

from datetime import datetime

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from kkassist.domain.case import QueueRow
from kkassist.domain.language import say
from ui.icons import pixmap
from ui.queue.model import ENTRY_ROLE, Heading
from ui.theme import BODY, META, ROW_COMPACT, ROW_TWO_LINES, ColorName, font, px, tokens
from ui.widgets.due_label import due_tone
from ui.widgets.notation import due_text, joined, now

_EDGE = 16
_HEADING = 30
_DOT = 7


class QueueDelegate(QStyledItemDelegate):
    """One clock for a whole repaint: the view sets `at` once a minute, so that rows agree."""

    def __init__(self) -> None:
        super().__init__()
        self.compact = False
        self.at: datetime = now()
        self.titles: dict[str, str] = {}
        """Process id → title."""

    def sizeHint(self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        if isinstance(index.data(ENTRY_ROLE), Heading):
            return QSize(200, px(_HEADING))
        return QSize(200, px(ROW_COMPACT + 6 if self.compact else ROW_TWO_LINES + 4))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry = index.data(ENTRY_ROLE)
        place: QRect = option.rect
        painter.save()
        if isinstance(entry, Heading):
            self._heading(painter, place, entry)
        else:
            self._ground(painter, option, place)
            if isinstance(entry, QueueRow):
                self._case(painter, place, entry)
            else:
                self._waiting(painter, place)
        painter.restore()

    def _heading(self, painter: QPainter, place: QRect, heading: Heading) -> None:
        painter.fillRect(place, tokens().color("canvas"))
        painter.setFont(font(META, strong=True))
        painter.setPen(tokens().color("muted"))
        inner = place.adjusted(_EDGE, 0, -_EDGE, 0)
        count = f"{heading.count:,}".replace(",", ".")
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, heading.text)
        painter.setFont(font(META, tabular=True))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, count)
        painter.fillRect(place.left(), place.bottom(), place.width(), 1, tokens().color("line"))

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, place: QRect) -> None:
        state: QStyle.StateFlag = option.state
        look = tokens()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(place, look.color("selection"))
            painter.fillRect(place.left(), place.top(), 3, place.height(), look.color("accent"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(place, look.color("canvas"))
        painter.fillRect(place.left() + _EDGE, place.bottom(), place.width() - _EDGE, 1, look.color("line"))
        if state & QStyle.StateFlag.State_HasFocus:
            pen = painter.pen()
            pen.setColor(look.color("accent"))
            pen.setWidth(2)
            painter.setPen(pen)
            painter.drawRect(place.adjusted(1, 1, -1, -1))

    def _case(self, painter: QPainter, place: QRect, row: QueueRow) -> None:
        inner = place.adjusted(_EDGE, 0, -12, 0)
        if row.unread:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens().color("accent"))
            painter.drawEllipse(place.left() + 6, place.top() + px(self._first_line()) - _DOT // 2, _DOT, _DOT)
        first = QRect(inner.left(), inner.top() + px(6), inner.width(), px(20))
        if self.compact:
            first = inner.adjusted(0, 0, 0, 0)
        right = self._deadline(painter, first, row)
        right = self._marks(painter, first, right, row)
        name = row.person or row.title or row.number
        _text(painter, first, right, name, font(BODY, strong=row.unread or not self.compact), "text")
        if not self.compact:
            second = QRect(inner.left(), inner.top() + px(28), inner.width(), px(20))
            self._second_line(painter, second, row)

    def _first_line(self) -> int:
        return (ROW_COMPACT + 6) // 2 if self.compact else 16

    def _second_line(self, painter: QPainter, place: QRect, row: QueueRow) -> None:
        process = say(self.titles[row.process]) if row.process in self.titles else row.title
        state = row.state_label or row.state
        metrics = QFontMetrics(font(META))
        width = min(metrics.horizontalAdvance(state) + 4, place.width() // 3)
        end = QRect(place.right() - width, place.top(), width, place.height())
        _text(painter, end, end.right(), state, font(META), "muted")
        detail = joined((process, row.number, row.assigned_to or say("ingen")))
        _text(painter, place, end.left() - 8, detail, font(META), "muted")

    def _deadline(self, painter: QPainter, place: QRect, row: QueueRow) -> int:
        """Paints the deadline at the right edge; returns where it begins."""
        due = row.breach_at or row.due
        if due is None or not row.active:
            return place.right()
        words = due_text(due, self.at, paused=row.breach_paused)
        tone = due_tone(due, self.at, paused=row.breach_paused)
        ink: ColorName = "muted" if tone == "neutral" else tone
        face = font(META, strong=tone in ("red", "amber"), tabular=True)
        width = QFontMetrics(face).horizontalAdvance(words)
        box = QRect(place.right() - width, place.top(), width + 1, place.height())
        painter.setFont(face)
        painter.setPen(tokens().color(ink))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, words)
        if tone in ("red", "amber"):
            side = px(13)
            mark = pixmap("error" if tone == "red" else "warning", ink, side, painter.device().devicePixelRatio())
            painter.drawPixmap(box.left() - side - 4, place.center().y() - side // 2 + 1, mark)
            return box.left() - side - 10
        return box.left() - 8

    def _marks(self, painter: QPainter, place: QRect, right: int, row: QueueRow) -> int:
        """Own changes under way, or waiting for the user."""
        if not row.pending and not row.refused:
            return right
        side = px(14)
        name, ink = ("error", "red") if row.refused else ("outbox", "accent")
        mark = pixmap(name, ink, side, painter.device().devicePixelRatio())  # type: ignore[arg-type]
        painter.drawPixmap(right - side, place.center().y() - side // 2 + 1, mark)
        return right - side - 8

    def _waiting(self, painter: QPainter, place: QRect) -> None:
        """A row that is still being fetched."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().color("sunken"))
        painter.drawRoundedRect(place.left() + _EDGE, place.top() + px(12), place.width() // 2, px(10), 4, 4)
        if not self.compact:
            painter.drawRoundedRect(place.left() + _EDGE, place.top() + px(32), place.width() // 3, px(8), 4, 4)


def _text(painter: QPainter, place: QRect, right: int, words: str, face: QFont, ink: ColorName) -> None:
    """One line of text from the left of `place` to `right`, cut with … where it does not fit."""
    box = QRect(place.left(), place.top(), max(0, right - place.left()), place.height())
    painter.setFont(face)
    painter.setPen(tokens().color(ink))
    shown = QFontMetrics(face).elidedText(words, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
