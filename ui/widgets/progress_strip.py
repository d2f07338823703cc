"""How far a long job is, how fast it goes, what is left, and a way to stop it."""

from dataclasses import dataclass
from datetime import timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from kkassist.domain.language import say
from ui.widgets.buttons import Button
from ui.widgets.notation import joined, span_text
from ui.widgets.text import Figures, Text


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` (0 when the total is not known), `rate` per second, `left` as estimated."""

    done: int
    total: int
    rate: float | None = None
    left: timedelta | None = None


def _count(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def progress_text(progress: Progress) -> str:
    """`312 af 1.000 · 14 i sekundet · 49 s tilbage`."""
    whole = (
        say("{done} af {total}", done=_count(progress.done), total=_count(progress.total))
        if progress.total
        else say("{done} indtil nu", done=_count(progress.done))
    )
    rate = say("{rate} i sekundet", rate=_rate(progress.rate)) if progress.rate else ""
    left = say("{span} tilbage", span=span_text(progress.left)) if progress.left is not None else ""
    return joined((whole, rate, left))


def _rate(rate: float) -> str:
    return _count(round(rate)) if rate >= 10 else f"{rate:.1f}".replace(".", ",")


class ProgressStrip(QWidget):
    """`stopped()` when the user wants it to end; the owner decides what that means for a row under way."""

    stopped = Signal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title, self._words = Text(title, "bold"), Figures()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(title)
        self._stop = Button(say("Stop"), mark="stop")
        self._stop.clicked.connect(self._ask_to_stop)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._words)
        left = QVBoxLayout()
        left.setSpacing(6)
        left.addLayout(head)
        left.addWidget(self._bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addLayout(left, 1)
        row.addWidget(self._stop)

    def set_progress(self, progress: Progress) -> None:
        """Show how far the job is."""
        self._bar.setMaximum(progress.total)
        self._bar.setValue(progress.done)
        self._words.setText(progress_text(progress))
        self._bar.setAccessibleDescription(self._words.text())
        self._stop.setEnabled(not progress.total or progress.done < progress.total)

    def offer_stop(self, offered: bool) -> None:
        """Show Stop, ready to be pressed, or take it away: a job that has ended cannot be stopped."""
        self._stop.set_words(say("Stop"))
        self._stop.setEnabled(offered)
        self._stop.setVisible(offered)

    def text(self) -> str:
        """The words beside the bar."""
        return self._words.text()

    def _ask_to_stop(self) -> None:
        self._stop.setEnabled(False)
        self._stop.set_words(say("Stopper …"))
        self.stopped.emit()
