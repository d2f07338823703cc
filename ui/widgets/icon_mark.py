"""An icon beside a word."""

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.icons import IconName, pixmap
from ui.theme import ColorName, follow_theme, px


class IconMark(QWidget):
    """An icon that follows the theme and the text size. It is decoration: the word beside it says the same."""

    def __init__(self, name: IconName, ink: ColorName = "muted", size: int = 16) -> None:
        super().__init__()
        self._name, self._ink, self._size = name, ink, size
        follow_theme(self, self._fit)
        self._fit()

    def set_icon(self, name: IconName, ink: ColorName) -> None:
        """Show another icon."""
        self._name, self._ink = name, ink
        self.update()

    def _fit(self) -> None:
        side = px(self._size)
        self.setFixedSize(side, side)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the icon at the display's own resolution."""
        painter = QPainter(self)
        painter.drawPixmap(0, 0, pixmap(self._name, self._ink, self.width(), self.devicePixelRatioF()))
        painter.end()
