"""How each source is, in a word: at the foot of the list."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from kkassist.domain.language import say
from ui.theme import META, Tone, font, px, theme, tokens


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source: its key, its name, how it is in a word ("hentet 14:02"), and the detail shown on hover."""

    key: str
    name: str
    tone: Tone
    word: str
    detail: str = ""


class SourceLine(QAbstractButton):
    """A dot, a name, a word."""

    def __init__(self, state: SourceState) -> None:
        super().__init__()
        self.state = state
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(state.detail)
        self.setAccessibleName(say("{source}: {word}", source=state.name, word=state.word))
        self.setAccessibleDescription(state.detail)
        theme().changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """One line of small text."""
        self.ensurePolished()
        metrics = self.fontMetrics()
        words = metrics.horizontalAdvance(f"{self.state.name}  {self.state.word}")
        return QSize(words + px(8) + 34, px(META) + 12)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A filled dot when well, a ring when something is wrong, so that the shape tells as well as the colour."""
        painter, look, middle = QPainter(self), tokens(), self.height() / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse():
            painter.fillRect(self.rect(), look.color("sunken"))
        if self.hasFocus():
            painter.setPen(QPen(look.color("accent"), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 4, 4)
        radius = px(7) / 2
        painter.setPen(QPen(look.color(self.state.tone), 2))
        well = self.state.tone in ("green", "neutral")
        painter.setBrush(look.color(self.state.tone) if well else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(12 + radius, middle), radius - 1, radius - 1)
        painter.setFont(font(META))
        left = 12 + px(8) + 8
        name = self.rect().adjusted(left, 0, -8, 0)
        painter.setPen(look.color("secondary"))
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, self.state.name)
        taken = painter.fontMetrics().horizontalAdvance(self.state.name) + 10
        room = name.adjusted(taken, 0, 0, 0)
        painter.setPen(look.color("muted" if well else self.state.tone))
        word = painter.fontMetrics().elidedText(self.state.word, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, word)
        painter.end()


class SourceStatus(QWidget):
    """A line for each source; `opened(key)` when one is clicked or Space is pressed on it."""

    opened = Signal(str)

    def __init__(self, states: Sequence[SourceState] = ()) -> None:
        super().__init__()
        self.setAccessibleName(say("Kilder"))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 4, 0, 4)
        self._column.setSpacing(0)
        self._lines: dict[str, SourceLine] = {}
        self.show_states(states)

    def show_states(self, states: Sequence[SourceState]) -> None:
        """Replace the lines; the focus stays on its source."""
        focused = next((key for key, line in self._lines.items() if line.hasFocus()), None)
        for line in self._lines.values():
            self._column.removeWidget(line)
            line.deleteLater()
        self._lines = {}
        for state in states:
            line = SourceLine(state)
            line.clicked.connect(self._clicked)
            self._lines[state.key] = line
            self._column.addWidget(line)
        if focused in self._lines:
            self._lines[focused].setFocus()

    def _clicked(self) -> None:
        line = self.sender()
        if isinstance(line, SourceLine):
            self.opened.emit(line.state.key)
