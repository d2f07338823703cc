"""A place with nothing in it: what this is, and what to do."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.icons import IconName
from ui.theme import px
from ui.widgets.buttons import Button
from ui.widgets.icon_mark import IconMark
from ui.widgets.text import Text

_CENTER = Qt.AlignmentFlag.AlignHCenter


class EmptyState(QWidget):
    """An icon, a title, a sentence and at most one button, which tells `acted()`."""

    acted = Signal()

    def __init__(self, mark: IconName, title: str, text: str, action: str = "") -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 32, 24, 32)
        column.setSpacing(8)
        column.addStretch(1)
        column.addWidget(IconMark(mark, "faint", 40), 0, _CENTER)
        column.addSpacing(8)
        heading = Text(title, "strong", wrap=True)
        heading.setAlignment(_CENTER)
        sentence = Text(text, "label", wrap=True)
        sentence.setAlignment(_CENTER)
        sentence.setMaximumWidth(px(420))
        line = QHBoxLayout()  # an aligned label would get the height of one line only
        line.addStretch(1)
        line.addWidget(sentence, 1000)
        line.addStretch(1)
        column.addWidget(heading)
        column.addLayout(line)
        if action:
            column.addSpacing(8)
            button = Button(action)
            button.clicked.connect(self.acted)
            column.addWidget(button, 0, _CENTER)
        column.addStretch(1)
