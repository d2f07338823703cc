"""Asks for the name of a view, beside the menu it stands in."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from kkassist.domain.language import say
from ui.theme import px
from ui.widgets.buttons import Button
from ui.widgets.popover import Popover
from ui.widgets.text import Text

_WIDTH = 240


class NamePanel(Popover):
    """`then(name)` on Enter or Gem; Esc or a click elsewhere leaves all as it was."""

    def __init__(self, owner: QWidget, title: str, name: str, then: Callable[[str], None]) -> None:
        super().__init__(owner, title)
        self._then = then
        self._name = QLineEdit(name)
        self._name.setAccessibleName(say("Navn på visningen"))
        self._name.setMinimumWidth(px(_WIDTH))
        self._name.selectAll()
        self._name.returnPressed.connect(self._save)
        save = Button(say("Gem"))
        save.clicked.connect(self._save)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._name, 1)
        line.addWidget(save)
        self.body.addWidget(Text(title, "bold"))
        self.body.addLayout(line)
        self.setFocusProxy(self._name)

    def open_below(self, anchor: QWidget) -> None:
        """Show it with the cursor in the name."""
        super().open_below(anchor)
        self._name.setFocus(Qt.FocusReason.PopupFocusReason)

    def _save(self) -> None:
        name = self._name.text().strip()
        if name:
            self.close()
            self._then(name)
