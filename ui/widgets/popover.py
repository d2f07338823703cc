"""A small panel that opens beside what it explains, and closes on Esc or a click elsewhere."""

from PySide6.QtCore import QPoint, QPropertyAnimation, Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from ui.theme import dress, fade_ms


class Popover(QFrame):
    """Add to `body`, then `open_below` the widget it belongs to."""

    def __init__(self, owner: QWidget, name: str) -> None:
        super().__init__(owner, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(name)
        dress(self, role="popover")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 10, 12, 10)
        self.body.setSpacing(6)
        self._fade = QPropertyAnimation(self, b"windowOpacity")

    def open_below(self, anchor: QWidget) -> None:
        """Show below `anchor`, kept inside its screen."""
        self.adjustSize()
        place = anchor.mapToGlobal(QPoint(0, anchor.height() + 4))
        screen = anchor.screen().availableGeometry()
        place.setX(max(screen.left() + 4, min(place.x(), screen.right() - self.width() - 4)))
        if place.y() + self.height() > screen.bottom():
            place = QPoint(place.x(), anchor.mapToGlobal(QPoint(0, 0)).y() - self.height() - 4)
        self.move(place)
        if fade_ms():
            self._fade.setDuration(fade_ms())
            self._fade.setStartValue(0.0)
            self._fade.setEndValue(1.0)
            self._fade.start()
        self.show()
        self.setFocus()
