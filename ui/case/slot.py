"""A part of the case that is built anew only when what it shows is new."""

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from kkassist.actions.case import OpenCase


class Slot(QWidget):
    """`build(opened)` gives the part, or None when there is nothing to show.

    As long as what the part is made of stays the same, it stays as it is: a revealed CPR, the focus, a reason that
    is being typed.
    """

    def __init__(self, build: Callable[[OpenCase], QWidget | None]) -> None:
        super().__init__()
        self._build = build
        self._made_of: object = None
        self._part: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.hide()

    def show_anew(self, opened: OpenCase, made_of: object) -> None:
        """Build the part when `made_of` differs from what it was last made of."""
        if made_of == self._made_of:
            return
        self._made_of = made_of
        if self._part is not None:
            self._part.hide()
            self._column.removeWidget(self._part)
            self._part.deleteLater()
        self._part = self._build(opened)
        if self._part is not None:
            self._column.addWidget(self._part)
        self.setVisible(self._part is not None)
