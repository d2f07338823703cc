"""The state of every outside system, a dot and a word each, at the bottom of the queue."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from kkassist.domain.language import say
from ui.theme import Tone, dress, follow_theme, tokens
from ui.widgets.popover import Popover
from ui.widgets.text import Text


@dataclass(frozen=True, slots=True)
class SourceState:
    """One system: its name, a word for its state, the tone, and the sentence behind it with what to do."""

    id: str
    name: str
    word: str
    tone: Tone
    sentence: str
    action: str = ""
    """Verb of the button that mends it ("Log ind"), "" when it mends itself."""


class SourceBar(QFrame):
    """`mend(id)` when the user presses a system's verb, `refresh()` when she wants everything fetched now."""

    mend = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        dress(self, role="foot")
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(8, 4, 8, 4)
        self._rows.setSpacing(2)
        self._chips: list[_Dot] = []
        self._lines: list[QHBoxLayout] = []
        self._states: Sequence[SourceState] = ()
        self.setAccessibleName(say("Kilder"))

    def show_states(self, states: Sequence[SourceState]) -> None:
        """Show the systems as they are; nothing is redrawn when nothing changed."""
        if list(states) == list(self._states):
            return
        self._states = tuple(states)
        for chip in self._chips:
            chip.hide()
            chip.deleteLater()
        self._chips = [self._chip(state) for state in states]
        self._lay_out()

    def states(self) -> Sequence[SourceState]:
        """What is shown."""
        return self._states

    def minimumSizeHint(self) -> QSize:
        """As narrow as its widest chip: the others go to a line of their own."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may need another number of lines."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._lay_out()

    def _lay_out(self) -> None:
        """Chips from left to right, in as many lines as they need; none is cut."""
        for old in self._lines:
            self._rows.removeItem(old)
            old.deleteLater()
        self._lines = []
        room, left = self.width() - 16, -1
        for chip in self._chips:
            wide = chip.sizeHint().width() + 4
            if left < wide:
                self._lines.append(self._new_line())
                left = room
            line = self._lines[-1]
            line.insertWidget(line.count() - 1, chip)
            left -= wide

    def _new_line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addStretch(1)
        self._rows.addLayout(line)
        return line

    def _chip(self, state: SourceState) -> "_Dot":
        chip = _Dot(state)
        chip.clicked.connect(lambda: self._explain(chip, state))
        return chip

    def _explain(self, chip: QWidget, state: SourceState) -> None:
        popover = Popover(self, state.name)
        popover.body.addWidget(Text(f"{state.name} · {state.word}", "bold"))
        words = Text(state.sentence, "body", wrap=True)
        words.setMinimumWidth(280)
        popover.body.addWidget(words)
        if state.action:
            button = QPushButton(state.action)
            button.clicked.connect(popover.close)
            button.clicked.connect(lambda: self.mend.emit(state.id))
            popover.body.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        popover.open_below(chip)


class _Dot(QPushButton):
    def __init__(self, state: SourceState) -> None:
        quiet = state.tone in ("green", "neutral")
        super().__init__(f"    {state.name}" if quiet else f"    {state.name} · {state.word}")
        self._tone = state.tone
        dress(self, role="chip")
        self.setAccessibleName(f"{state.name}: {state.word}")
        self.setToolTip(state.sentence)
        follow_theme(self, self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().color("faint" if self._tone == "neutral" else self._tone))
        painter.drawEllipse(7, self.height() // 2 - 4, 8, 8)
        painter.end()
