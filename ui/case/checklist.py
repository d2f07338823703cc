"""The steps of a process, ticked as they are done."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from kkassist.actions.case import Ticked
from kkassist.domain.language import say
from ui.widgets.check_box import CheckBox
from ui.widgets.section import Section


class Checklist(QWidget):
    """`ticked(step, done)` when the user ticks; shown anew the boxes stay, so that the focus stays."""

    ticked = Signal(str, bool)

    def __init__(self) -> None:
        super().__init__()
        self.boxes: dict[str, CheckBox] = {}
        self._section: Section | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def show_steps(self, steps: Sequence[Ticked]) -> None:
        """Show these steps as they stand."""
        if [one.step.id for one in steps] != list(self.boxes):
            self._build(steps)
        for one in steps:
            box = self.boxes[one.step.id]
            box.blockSignals(True)
            box.setChecked(one.done)
            box.blockSignals(False)
            box.setToolTip(say("Afkrydset af {name}", name=one.by) if one.done and one.by else "")
        done = sum(one.done for one in steps)
        if self._section is not None:
            self._section.set_title(say("Tjekliste · {done} af {total}", done=done, total=len(steps)))
        self.setVisible(bool(steps))

    def _build(self, steps: Sequence[Ticked]) -> None:
        if self._section is not None:
            self._section.hide()
            self._column.removeWidget(self._section)
            self._section.deleteLater()
        self._section = section = Section(say("Tjekliste"))
        self.boxes = {}
        for one in steps:
            box = CheckBox(say(one.step.text))
            box.toggled.connect(lambda on, step=one.step.id: self.ticked.emit(step, on))
            self.boxes[one.step.id] = box
            section.add(box)
        self._column.addWidget(section)
