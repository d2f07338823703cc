"""Above a list: which view it shows, how many there are, and what can be done with all of it."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from kkassist.domain.language import say
from ui.theme import dress
from ui.widgets.buttons import Button, IconButton, MenuButton
from ui.widgets.text import Figures, Text


class ListHeader(QWidget):
    """A view that is chosen from a menu, its count, and icon buttons at the right."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.views = MenuButton(title, role="view")
        self._count = Figures("", "label")
        self._actions = QHBoxLayout()
        self._actions.setSpacing(2)
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.views)
        top.addWidget(self._count)
        top.addStretch(1)
        top.addLayout(self._actions)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 8, 8, 6)
        self._column.setSpacing(6)
        self._column.addLayout(top)

    def set_view(self, title: str, count: int | None = None) -> None:
        """The name of the view in use, and how many rows it has."""
        self.views.set_words(title)
        self._count.setText("" if count is None else f"{count:,}".replace(",", "."))
        self._count.setAccessibleName("" if count is None else say("{count} rækker", count=count))

    def add_view(self, title: str, chosen: Callable[[], object]) -> None:
        """One more view in the menu."""
        self.views.add_choice(title, chosen)

    def add_action(self, button: IconButton) -> None:
        """An icon button at the right."""
        self._actions.addWidget(button)

    def add_below(self, widget: QWidget) -> None:
        """Something under the title, e.g. the search field."""
        self._column.addWidget(widget)


class SelectionBar(QFrame):
    """Over a list while rows are selected: how many, what can be done with them, and a way out.

    `cleared()` when the user lets the selection go. Hidden when nothing is selected.
    """

    cleared = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._words = Text("", "bold")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 4, 4, 4)
        self._row.setSpacing(4)
        self._row.addWidget(self._words)
        self._row.addStretch(1)
        clear = IconButton("close", say("Ryd valget"))
        clear.clicked.connect(self.cleared)
        self._row.addWidget(clear)
        self.setAccessibleName(say("Valgte rækker"))
        dress(self, role="bar")
        self.hide()

    def add_action(self, text: str, act: Callable[[], object], *, keys: str = "") -> Button:
        """A verb for all the selected rows."""
        button = Button(text, role="quiet", keys=keys)
        button.clicked.connect(lambda _checked=False: act())
        self._row.insertWidget(self._row.count() - 1, button)
        return button

    def set_selected(self, count: int) -> None:
        """How many rows are selected."""
        self._words.setText(say("1 valgt") if count == 1 else say("{count} valgte", count=count))
        self.setVisible(count > 0)
