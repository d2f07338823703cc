"""A status in a colour, with an icon and a word: never colour alone."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.icons import IconName, pixmap
from ui.theme import META, ColorName, Tone, follow_theme, font, px, tokens

ICON_OF_TONE: dict[Tone, IconName] = {
    "red": "error",
    "amber": "warning",
    "green": "done",
    "violet": "unknown",
    "neutral": "clock",
    "accent": "play",
}
SOFT_OF_TONE: dict[Tone, ColorName] = {
    "red": "red_soft",
    "amber": "amber_soft",
    "green": "green_soft",
    "violet": "violet_soft",
    "neutral": "neutral_soft",
    "accent": "accent_soft",
}
_ICON, _EDGE, _GAP = 14, 7, 4


class StatusPill(QWidget):
    """`StatusPill("green", "Sendt")`; the icon follows the tone unless another is given."""

    def __init__(self, tone: Tone, word: str, mark: IconName | None = None) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._tone, self._word, self._mark = tone, word, mark
        follow_theme(self, self._fit)
        self.set_status(tone, word, mark)

    def set_status(self, tone: Tone, word: str, mark: IconName | None = None) -> None:
        """Show another status."""
        self._tone, self._word, self._mark = tone, word, mark or ICON_OF_TONE[tone]
        self.setAccessibleName(word)
        self._fit()

    def _fit(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for icon and word."""
        metrics = QFontMetrics(font(META, strong=True))
        return QSize(metrics.horizontalAdvance(self._word) + px(_ICON) + 2 * _EDGE + _GAP, metrics.height() + 6)

    def minimumSizeHint(self) -> QSize:
        """A status is never cut."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A soft ground, the icon, the word."""
        painter, look, side = QPainter(self), tokens(), px(_ICON)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color(SOFT_OF_TONE[self._tone]))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        mark = pixmap(self._mark or "info", self._tone, side, self.devicePixelRatioF())
        painter.drawPixmap(_EDGE, (self.height() - side) // 2, mark)
        painter.setPen(look.color(self._tone))
        painter.setFont(font(META, strong=True))
        words = self.rect().adjusted(_EDGE + side + _GAP, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self._word)
        painter.end()
