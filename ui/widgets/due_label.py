"""How long there is left."""

from datetime import datetime, timedelta

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui.icons import IconName
from ui.theme import Tone, dress
from ui.widgets.icon_mark import IconMark
from ui.widgets.notation import due_text, moment_text, now
from ui.widgets.text import Text

SOON = timedelta(hours=4)
_CLOSE = timedelta(minutes=2)


def due_tone(due: datetime, at: datetime, *, paused: bool = False, soon: timedelta = SOON) -> Tone:
    """Red when passed, amber when less than `soon` is left, neutral otherwise and on pause."""
    if paused:
        return "neutral"
    if due < at:
        return "red"
    return "amber" if due - at < soon else "neutral"


class DueLabel(QWidget):
    """Counts down by its own clock: each second when close, else each half minute. Exact time on hover."""

    def __init__(self, due: datetime | None = None, *, paused: bool = False, soon: timedelta = SOON) -> None:
        super().__init__()
        self._due, self._paused, self._soon = due, paused, soon
        self._mark, self._words = IconMark("clock", size=14), Text("", "body")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        row.addWidget(self._mark)
        row.addWidget(self._words)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self.refresh()

    def set_due(self, due: datetime | None, *, paused: bool = False) -> None:
        """Another deadline (aware), or none."""
        self._due, self._paused = due, paused
        self.refresh()

    def text(self) -> str:
        """What is shown now."""
        return self._words.text()

    def refresh(self) -> None:
        """Write how the deadline stands at this moment."""
        if self._due is None:
            self._show("", "neutral", "")
            return
        at = now()
        words = due_text(self._due, at, paused=self._paused)
        self._show(words, due_tone(self._due, at, paused=self._paused, soon=self._soon), moment_text(self._due))
        self._timer.setInterval(1000 if abs(self._due - at) < _CLOSE else 30_000)

    def _show(self, words: str, tone: Tone, exact: str) -> None:
        mark: IconName = "pause" if self._paused else "error" if tone == "red" else "clock"
        self._mark.set_icon(mark, "muted" if tone == "neutral" else tone)
        self._mark.setVisible(bool(words))
        self._words.setText(words)
        dress(self._words, tone=tone)
        self.setToolTip(exact)
        self.setAccessibleName(words)
        self.setAccessibleDescription(exact)

    def showEvent(self, _event: QShowEvent) -> None:
        """The clock runs only while someone can see it."""
        self.refresh()
        self._timer.start()

    def hideEvent(self, _event: QHideEvent) -> None:
        """Nothing ticks out of sight."""
        self._timer.stop()
