"""The state of every outside system, a dot and a word each, at the bottom of the queue."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from kkassist.domain.language import say
from ui.theme import Tone, dress, theme, tokens
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
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 4, 12, 4)
        self._row.setSpacing(4)
        self._states: Sequence[SourceState] = ()
        self.setAccessibleName(say("Kilder"))

    def show_states(self, states: Sequence[SourceState]) -> None:
        """Show the systems as they are; nothing is redrawn when nothing changed."""
        if list(states) == list(self._states):
            return
        self._states = tuple(states)
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for state in states:
            self._row.addWidget(self._chip(state))
        self._row.addStretch(1)

    def states(self) -> Sequence[SourceState]:
        """What is shown."""
        return self._states

    def _chip(self, state: SourceState) -> QWidget:
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
        super().__init__(f"    {state.name}" if state.tone == "green" else f"    {state.name} · {state.word}")
        self._tone = state.tone
        dress(self, role="chip")
        self.setAccessibleName(f"{state.name}: {state.word}")
        self.setToolTip(state.sentence)
        theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().color("faint" if self._tone == "neutral" else self._tone))
        painter.drawEllipse(7, self.height() // 2 - 4, 8, 8)
        painter.end()
