"""Key caps beside what they do."""

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from kkassist.domain.language import say
from ui.theme import META, ColorName, follow_theme, font, px, tokens

_GAP = 3


def caps_of(keys: str) -> tuple[str, ...]:
    """The key caps of a shortcut written as Qt writes it: `Ctrl+K` → Ctrl, K."""
    names = {"Return": "Enter", "Escape": "Esc", "Shift": "Skift", "Down": "↓", "Up": "↑"}
    return ("+",) if keys == "+" else tuple(names.get(part, part) for part in keys.split("+") if part)


def caps_size(keys: str) -> QSize:
    """The room that the caps take, in logical pixels."""
    metrics = QFontMetrics(font(META - 1))
    height = metrics.height() + px(2)
    widths = [max(height, metrics.horizontalAdvance(cap) + px(8)) for cap in caps_of(keys)]
    return QSize(sum(widths) + _GAP * (len(widths) - 1), height)


def paint_caps(painter: QPainter, keys: str, at: QPoint, ink: QColor, border: QColor) -> None:
    """Paint the caps; `at` is the middle of their left edge."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font(META - 1))
    metrics = painter.fontMetrics()
    height = metrics.height() + px(2)
    x = float(at.x())
    for cap in caps_of(keys):
        width = max(height, metrics.horizontalAdvance(cap) + px(8))
        box = QRectF(x + 0.5, at.y() - height / 2 + 0.5, width - 1, height - 1)
        painter.setPen(QPen(border, 1))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(ink)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, cap)
        x += width + _GAP
    painter.restore()


class KeyHint(QWidget):
    """Small key caps, `KeyHint("Ctrl+K")`."""

    def __init__(self, keys: str, ink: ColorName = "muted") -> None:
        super().__init__()
        self._keys, self._ink = keys, ink
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(say("Tast {keys}", keys=keys))
        follow_theme(self, self._fit)

    def _fit(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as its caps."""
        return caps_size(self._keys)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the caps."""
        painter = QPainter(self)
        look = tokens()
        paint_caps(
            painter, self._keys, QPoint(0, self.height() // 2), look.color(self._ink), look.color("line_strong")
        )
        painter.end()
