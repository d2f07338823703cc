"""A strip across the window that says in which state all of it is: practice, offline, read-only, locked."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from kkassist.domain.language import say
from ui.icons import IconName
from ui.theme import Tone, follow_theme, tokens
from ui.widgets.buttons import Button
from ui.widgets.icon_mark import IconMark
from ui.widgets.status_pill import SOFT_OF_TONE
from ui.widgets.text import Text


class Ribbon(QWidget):
    """One sentence, and at most one button, which tells `acted()`."""

    acted = Signal()

    def __init__(self, text: str, tone: Tone = "amber", mark: IconName = "info", action: str = "") -> None:
        super().__init__()
        self._tone = tone
        self.setAccessibleName(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 4)
        row.setSpacing(8)
        if not action:
            row.addStretch(1)
        row.addWidget(IconMark(mark, tone, 16))
        words = Text(text, "bold", tone=tone)
        words.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(words)
        row.addStretch(1)
        if action:
            button = Button(action, role="quiet")
            button.clicked.connect(self.acted)
            row.addWidget(button)
        follow_theme(self, self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A soft ground with a hairline below."""
        painter, look = QPainter(self), tokens()
        painter.fillRect(self.rect(), look.color(SOFT_OF_TONE[self._tone]))
        painter.fillRect(0, self.height() - 1, self.width(), 1, look.color("line"))
        painter.end()


def practice_ribbon() -> Ribbon:
    """Over everything in the practice city, so that nobody mistakes it for work."""
    return Ribbon(say("Øvelse – intet her er ægte"), "violet", "info")
