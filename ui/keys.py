"""The sheet of keys: everything that can be done here, with its key."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from kkassist.domain.language import say
from ui.commands import Command, Commands
from ui.theme import dress, px
from ui.widgets.key_hint import KeyHint
from ui.widgets.text import Text

_SIZE = (560, 560)
_PLACES = {
    "": "Overalt",
    "queue": "Køen og sagen",
    "uploads": "Uploads",
    "runs": "Robotkørsler",
    "outbox": "Udbakken",
    "settings": "Indstillinger",
}


class KeySheet(QFrame):
    """A panel over the window; Esc or a click outside closes it."""

    def __init__(self, window: QWidget, commands: Commands) -> None:
        super().__init__(window, Qt.WindowType.Popup)
        self._window = window
        self._commands = commands
        dress(self, role="popover")
        self.setAccessibleName(say("Taster"))
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(8)
        column.addWidget(Text(say("Taster"), "section"))
        column.addWidget(self._scroll)

    def open(self) -> None:
        """Show the sheet in the middle of the window."""
        self._scroll.setWidget(self._sheet())
        room = self._window.size()
        self.resize(min(px(_SIZE[0]), room.width() - 32), min(px(_SIZE[1]), room.height() - 32))
        middle = self._window.mapToGlobal(self._window.rect().center())
        self.move(middle.x() - self.width() // 2, middle.y() - self.height() // 2)
        self.show()
        self._scroll.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)

    def _sheet(self) -> QWidget:
        sheet = QFrame()
        dress(sheet, role="plain")
        grid = QGridLayout(sheet)
        grid.setContentsMargins(0, 0, 12, 0)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        line = 0
        for place, title in _PLACES.items():
            found = [one for one in self._commands.of(place) if one.place == place and one.key]
            if not found:
                continue
            if line:
                grid.setRowMinimumHeight(line, px(12))
                line += 1
            grid.addWidget(Text(say(title), "bold"), line, 0)
            line += 1
            line = self._add(grid, line, found)
        grid.setRowStretch(line, 1)
        return sheet

    def _add(self, grid: QGridLayout, line: int, found: list[Command]) -> int:
        for command in found:
            grid.addWidget(Text(command.text), line, 0)
            grid.addWidget(KeyHint(self._commands.key_of(command.id)), line, 1, Qt.AlignmentFlag.AlignRight)
            line += 1
        return line
