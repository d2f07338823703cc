"""The narrow column at the left: the places of the program, each with a key and what waits in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QSizePolicy, QVBoxLayout

from kkassist.domain.language import say
from ui.icons import IconName, pixmap
from ui.theme import META, RADIUS, RAIL_WIDTH, dress, follow_theme, font, px, tokens

_ICON = 20


@dataclass(frozen=True, slots=True)
class RailPlace:
    """A place: its key for the program, the word under its icon, and its shortcut ("Ctrl+1")."""

    key: str
    label: str
    mark: IconName
    shortcut: str = ""
    at_bottom: bool = False


class RailButton(QAbstractButton):
    """One place of the rail; the current one is checked."""

    def __init__(self, place: RailPlace) -> None:
        super().__init__()
        self.place = place
        self._waiting = 0
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(f"{place.label} ({place.shortcut})" if place.shortcut else place.label)
        if place.shortcut:
            self.setShortcut(QKeySequence(place.shortcut))
        follow_theme(self, self._fit)
        self.set_waiting(0)

    def set_waiting(self, count: int) -> None:
        """The number on the badge; 0 hides it."""
        self._waiting = count
        name = self.place.label
        self.setAccessibleName(say("{place}, {count} venter", place=name, count=count) if count else name)
        self.update()

    def _fit(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as its word needs, at least the rail."""
        metrics = QFontMetrics(font(META))
        width = max(RAIL_WIDTH, metrics.horizontalAdvance(self.place.label) + 10)
        return QSize(width, px(_ICON) + metrics.height() + 16)

    def minimumSizeHint(self) -> QSize:
        """The word under an icon is never cut."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Icon, word and badge; the current place has the accent and its ground."""
        painter, look, side = QPainter(self), tokens(), px(_ICON)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(3, 1, -3, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked():
            painter.setBrush(look.color("selection"))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        elif self.underMouse():
            painter.setBrush(look.color("sunken"))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.color("accent"), 2))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        left = (self.width() - side) // 2
        mark = pixmap(
            self.place.mark, "accent" if self.isChecked() else "secondary", side, self.devicePixelRatioF()
        )
        painter.drawPixmap(left, 7, mark)
        painter.setFont(font(META, strong=self.isChecked()))
        painter.setPen(look.color("accent" if self.isChecked() else "muted"))
        words = QRect(0, side + 7, self.width(), self.height() - side - 11)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self.place.label)
        if self._waiting:
            self._paint_badge(painter, left + side)
        painter.end()

    def _paint_badge(self, painter: QPainter, right: int) -> None:
        look = tokens()
        words = str(self._waiting) if self._waiting < 100 else "99+"
        painter.setFont(font(META - 2, strong=True))
        metrics = painter.fontMetrics()
        height = metrics.height() + 1
        width = max(height, metrics.horizontalAdvance(words) + 6)
        badge = QRectF(min(right - px(7), self.width() - width - 2), 2, width, height)
        painter.setPen(QPen(look.color("canvas"), 1.5))
        painter.setBrush(look.color("accent"))
        painter.drawRoundedRect(badge, height / 2, height / 2)
        painter.setPen(look.color("on_accent"))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, words)


class Rail(QFrame):
    """`went(key)` when the user goes to a place by click, key or arrow."""

    went = Signal(str)

    def __init__(self, places: Sequence[RailPlace]) -> None:
        super().__init__()
        self.setAccessibleName(say("Steder"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        dress(self, role="rail")
        self._group = QButtonGroup(self)
        self._buttons: dict[str, RailButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 8)
        column.setSpacing(4)
        for place in places:
            if place.at_bottom and not any(button.place.at_bottom for button in self._buttons.values()):
                column.addStretch(1)
            button = RailButton(place)
            button.clicked.connect(self._clicked)
            self._group.addButton(button)
            self._buttons[place.key] = button
            column.addWidget(button)
        if not any(place.at_bottom for place in places):
            column.addStretch(1)

    def show_place(self, key: str) -> None:
        """Mark where the user is; tells nobody."""
        self._buttons[key].setChecked(True)

    def set_waiting(self, key: str, count: int) -> None:
        """The badge of a place."""
        self._buttons[key].set_waiting(count)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down move the focus along the rail."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        order = list(self._buttons.values())
        here = next((at for at, button in enumerate(order) if button.hasFocus()), None)
        step = steps.get(Qt.Key(event.key()))
        if step is None or here is None:
            super().keyPressEvent(event)
            return
        order[(here + step) % len(order)].setFocus(Qt.FocusReason.TabFocusReason)

    def _clicked(self) -> None:
        button = self._group.checkedButton()
        if isinstance(button, RailButton):
            self.went.emit(button.place.key)
