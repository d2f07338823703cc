"""A titled card whose rows are parted by hairlines instead of boxes."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from ui.theme import dress
from ui.widgets.text import Text, hairline


class Section(QFrame):
    """Add rows with `add`; actions of the whole section stand at the right of its title."""

    def __init__(self, title: str = "", *, hairlines: bool = False) -> None:
        super().__init__()
        self._hairlines, self._rows = hairlines, 0
        self.setAccessibleName(title)
        dress(self, role="card")
        self._body = QVBoxLayout(self)
        self._body.setContentsMargins(16, 12, 16, 12)
        self._body.setSpacing(4)
        self._title = Text(title, "strong")
        self._head = QHBoxLayout()
        self._head.setSpacing(8)
        self._head.addWidget(self._title)
        self._head.addStretch(1)
        if title:
            self._body.addLayout(self._head)
            self._body.addSpacing(4)

    def set_title(self, title: str) -> None:
        """Another title."""
        self._title.setText(title)
        self.setAccessibleName(title)

    def add(self, row: QWidget) -> None:
        """One more row, with a hairline before it where the section has them."""
        if self._hairlines and self._rows:
            self._body.addWidget(hairline())
        self._body.addWidget(row)
        self._rows += 1

    def add_layout(self, layout: QLayout) -> None:
        """A row that is a layout, e.g. of buttons."""
        self._body.addLayout(layout)
        self._rows += 1

    def add_action(self, widget: QWidget) -> None:
        """A button at the right of the title."""
        self._head.addWidget(widget)
