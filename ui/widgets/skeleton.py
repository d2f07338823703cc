"""Grey bars where rows are on their way, and only when they take long enough to be noticed."""

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from kkassist.domain.language import say
from ui.theme import ROW_TWO_LINES, SKELETON_AFTER_MS, follow_theme, px, tokens

_WIDTHS = (0.62, 0.48, 0.7, 0.55, 0.66, 0.43)


class Skeleton(QWidget):
    """`begin` when loading starts, `end` when rows are there; nothing is seen in the first 150 ms."""

    def __init__(self, row_height: int = ROW_TWO_LINES) -> None:
        super().__init__()
        self._row_height = row_height
        self._visible_bars = False
        self.setAccessibleName(say("Henter …"))
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(SKELETON_AFTER_MS)
        self._wait.timeout.connect(self.show_bars)
        follow_theme(self, self.update)

    def begin(self) -> None:
        """Loading has started."""
        self._visible_bars = False
        self._wait.start()
        self.show()

    def end(self) -> None:
        """Rows are there."""
        self._wait.stop()
        self._visible_bars = False
        self.hide()

    def bars_shown(self) -> bool:
        """Whether the wait has been long enough to show bars."""
        return self._visible_bars

    def show_bars(self) -> None:
        """Show the bars now."""
        self._visible_bars = True
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Two bars a row, of uneven length, fading downwards."""
        if not self._visible_bars:
            return
        painter, height = QPainter(self), px(self._row_height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().color("sunken"))
        room = self.width() - 40
        rows = max(1, self.height() // height)
        for row in range(rows):
            painter.setOpacity(1 - 0.75 * row / rows)
            top = row * height
            share = _WIDTHS[row % len(_WIDTHS)]
            painter.drawRoundedRect(QRectF(20, top + height * 0.24, room * share, px(9)), 4, 4)
            painter.drawRoundedRect(QRectF(20, top + height * 0.6, room * share * 0.6, px(8)), 4, 4)
        painter.end()
