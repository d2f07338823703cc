"""The rail at the window's left edge: one place each, with its number of things that wait."""

from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QVBoxLayout

from kkassist.domain.language import say
from ui.icons import IconName, pixmap
from ui.theme import META, RAIL_WIDTH, dress, font, px, theme, tokens


@dataclass(frozen=True, slots=True)
class Stop:
    """One place of the rail."""

    id: str
    text: str
    icon: IconName
    key: str


class Rail(QFrame):
    """`chosen(id)` when the user goes to another place."""

    chosen = Signal(str)

    def __init__(self, stops: list[Stop], below: list[Stop]) -> None:
        super().__init__()
        dress(self, role="rail")
        self.setFixedWidth(px(RAIL_WIDTH) + 12)
        self._buttons: dict[str, RailButton] = {}
        self._group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 8, 4, 8)
        column.setSpacing(4)
        for stop in stops:
            column.addWidget(self._button(stop))
        column.addStretch(1)
        for stop in below:
            column.addWidget(self._button(stop))

    def go(self, place: str) -> None:
        """Mark a place as the one shown."""
        self._buttons[place].setChecked(True)

    def count(self, place: str, number: int) -> None:
        """Show how many things wait there; 0 shows nothing."""
        self._buttons[place].set_count(number)

    def _button(self, stop: Stop) -> "RailButton":
        button = RailButton(stop)
        button.clicked.connect(lambda: self.chosen.emit(stop.id))
        self._group.addButton(button)
        self._buttons[stop.id] = button
        return button


class RailButton(QAbstractButton):
    """Icon over word; the chosen one stands on an accent ground with a bar at its left."""

    def __init__(self, stop: Stop) -> None:
        super().__init__()
        self._stop = stop
        self._count = 0
        self.setCheckable(True)
        self.setText(stop.text)
        self.setToolTip(f"{stop.text} ({stop.key})" if stop.key else stop.text)
        self.setAccessibleName(stop.text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme().changed.connect(self.updateGeometry)

    def set_count(self, number: int) -> None:
        """How many things wait."""
        if number != self._count:
            self._count = number
            self.setAccessibleDescription(say("{count} venter", count=number) if number else "")
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(px(RAIL_WIDTH) + 4, px(52))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = tokens()
        inner = self.rect().adjusted(2, 1, -2, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked() or self.underMouse():
            painter.setBrush(look.color("accent_soft" if self.isChecked() else "sunken"))
            painter.drawRoundedRect(inner, 6, 6)
        ink = "accent" if self.isChecked() else "secondary"
        side = px(20)
        picture = pixmap(
            self._stop.icon, "accent" if self.isChecked() else "secondary", side, self.devicePixelRatioF()
        )
        painter.drawPixmap(self.width() // 2 - side // 2, inner.top() + px(8), picture)
        painter.setPen(look.color("accent" if ink == "accent" else "secondary"))
        painter.setFont(font(META - 1, strong=self.isChecked()))
        words = QRect(inner.left(), inner.top() + px(30), inner.width(), inner.height() - px(31))
        painter.drawText(words, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, self.text())
        if self._count:
            self._paint_count(painter)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            pen = painter.pen()
            pen.setWidth(2)
            pen.setColor(look.color("accent"))
            painter.setPen(pen)
            painter.drawRoundedRect(inner.adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def _paint_count(self, painter: QPainter) -> None:
        words = str(self._count) if self._count < 1000 else "999+"
        painter.setFont(font(META - 2, strong=True, tabular=True))
        width = max(px(16), painter.fontMetrics().horizontalAdvance(words) + 8)
        place = QRect(self.width() // 2 + px(4), px(3), width, px(16))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().color("accent"))
        painter.drawRoundedRect(place, 8, 8)
        painter.setPen(tokens().color("on_accent"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
