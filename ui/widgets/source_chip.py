"""Where a value comes from, and what the other sources say."""

from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QWidget

from kkassist.domain.language import say
from ui.icons import icon
from ui.theme import Tone, dress, follow_theme, px
from ui.widgets.notation import date_text
from ui.widgets.popover import Popover
from ui.widgets.text import Text

_LEAST = 64


@dataclass(frozen=True, slots=True)
class SourceValue:
    """What one source says about a field, and the day it said so."""

    source: str
    value: str
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The source a value was taken from, and what the other sources say."""

    taken: SourceValue
    others: tuple[SourceValue, ...] = ()

    def disagreeing(self) -> tuple[SourceValue, ...]:
        """The other sources that say something else."""
        return tuple(other for other in self.others if other.value != self.taken.value)


class SourceChip(QPushButton):
    """`OPUS 22-11`; amber `KKorg: …` when a source says otherwise. Enter or a click lists them all."""

    def __init__(self, origin: Origin | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._origin = origin
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self.open_sources)
        follow_theme(self, self._tint)
        self.set_origin(origin)

    def set_origin(self, origin: Origin | None) -> None:
        """Show another origin; None hides the chip."""
        if origin is not None and origin == self._origin and self._words:
            return
        self._origin = origin
        if origin is None:
            self.hide()
            return
        if self.parentWidget() is not None:  # without one it would open a window of its own
            self.show()
        taken = _stamp(origin.taken)
        others = origin.disagreeing()
        # Tab goes from field to field and stops here only when there is something to settle.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if others else Qt.FocusPolicy.NoFocus)
        self._words = f"{others[0].source}: {others[0].value}" if others else taken
        self.setAccessibleName(say("Kilde: {source}", source=taken))
        self.setAccessibleDescription(
            "; ".join(say("{source} siger {value}", source=o.source, value=o.value) for o in others)
        )
        self.setToolTip(say("Vis kilderne"))
        tone: Tone = "amber" if others else "neutral"
        if self.property("tone") != tone:
            dress(self, role="chip", tone=tone)
        self._tint()

    def _tint(self) -> None:
        if self._origin is None:
            return
        side = px(14)
        self.setIconSize(QSize(side, side))
        if self._origin.disagreeing():
            self.setIcon(icon("warning", "amber", side))
        else:
            self.setIcon(icon("link", "faint", side))
        self.updateGeometry()
        self._cut()

    def sizeHint(self) -> QSize:
        """Room for all the words."""
        hint = super().sizeHint()
        lacking = self.fontMetrics().horizontalAdvance(self._words) - self.fontMetrics().horizontalAdvance(
            self.text()
        )
        return QSize(hint.width() + lacking + 2, hint.height())

    def minimumSizeHint(self) -> QSize:
        """In a narrow form the icon and a few letters remain; the list of sources has the rest."""
        hint = self.sizeHint()
        return QSize(min(hint.width(), px(_LEAST)), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the words anew for the new width."""
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        room = self.width() - (self.sizeHint().width() - self.fontMetrics().horizontalAdvance(self._words))
        shown = self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, max(0, room))
        if shown != self.text():
            self.setText(shown)

    def open_sources(self) -> None:
        """Open the list of sources, values and dates."""
        if self._origin is None:
            return
        panel = Popover(self, say("Kilder"))
        panel.body.addWidget(Text(say("Hvad kilderne siger"), "bold"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        for row, said in enumerate((self._origin.taken, *self._origin.others)):
            differs = said.value != self._origin.taken.value
            grid.addWidget(Text(said.source, "label"), row, 0)
            value = Text(said.value or say("(tom)"), "body", tone="amber" if differs else None, selectable=True)
            grid.addWidget(value, row, 1)
            grid.addWidget(Text(date_text(said.as_of) if said.as_of else "", "meta"), row, 2)
        panel.body.addLayout(grid)
        panel.open_below(self)


def _stamp(said: SourceValue) -> str:
    return f"{said.source} {said.as_of:%d-%m}" if said.as_of else said.source
