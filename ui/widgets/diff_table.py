"""What changes: before → after, and where two people changed the same, whose value counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QRadioButton, QSizePolicy, QWidget

from kkassist.domain.language import say
from ui.widgets.icon_mark import IconMark
from ui.widgets.text import Text, hairline

Side = Literal["mine", "theirs"]
_TOP = Qt.AlignmentFlag.AlignTop


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: its label, the value before and the value after (Danish, as shown)."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """One field that two changed: the value both started from, mine and theirs. `who` changed theirs."""

    key: str
    label: str
    base: str
    mine: str
    theirs: str
    who: str = ""


def _head(grid: QGridLayout, words: Sequence[str], columns: Sequence[int]) -> None:
    for word, column in zip(words, columns, strict=True):
        grid.addWidget(Text(word, "meta"), 0, column)


def _line(grid: QGridLayout, row: int, columns: int) -> None:
    grid.addWidget(hairline(), row, 0, 1, columns)


class DiffTable(QWidget):
    """Each change as before → after; an empty value reads "(tom)"."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        super().__init__()
        self.setAccessibleName(say("Ændringer"))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        _head(grid, (say("Felt"), say("Før"), say("Efter")), (0, 1, 3))
        for at, change in enumerate(differences):
            row = 2 * at + 1
            _line(grid, row, 4)
            grid.addWidget(Text(change.label, "label", wrap=True), row + 1, 0, _TOP)
            before = Text(change.before or say("(tom)"), "label", wrap=True, selectable=True)
            before.setAccessibleName(say("{field} før: {value}", field=change.label, value=before.text()))
            after = Text(change.after or say("(tom)"), "bold", wrap=True, selectable=True)
            after.setAccessibleName(say("{field} efter: {value}", field=change.label, value=after.text()))
            grid.addWidget(before, row + 1, 1, _TOP)
            grid.addWidget(IconMark("arrow-right", size=16), row + 1, 2, _TOP)
            grid.addWidget(after, row + 1, 3, _TOP)
        for column, stretch in ((0, 2), (1, 3), (3, 3)):
            grid.setColumnStretch(column, stretch)


class ChoiceOfTwo(QWidget):
    """Mine or theirs for one field: the arrow keys move between the two, Space chooses."""

    chosen = Signal(str, str)

    def __init__(self, dispute: Dispute) -> None:
        super().__init__()
        self._dispute = dispute
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        self._buttons: dict[Side, QRadioButton] = {}
        for side, value, name in (
            ("mine", dispute.mine, say("Behold min")),
            ("theirs", dispute.theirs, say("Tag {who}s", who=dispute.who) if dispute.who else say("Tag deres")),
        ):
            button = QRadioButton(value or say("(tom)"))
            button.setAccessibleName(f"{dispute.label}: {name}: {button.text()}")
            button.setToolTip(name)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(self._choose)
            self._group.addButton(button)
            self._buttons["mine" if side == "mine" else "theirs"] = button
            row.addWidget(button, 1)

    def choice(self) -> Side | None:
        """The chosen side, None while undecided."""
        return next((side for side, button in self._buttons.items() if button.isChecked()), None)

    def take(self, side: Side) -> None:
        """Choose a side, as a click does."""
        self._buttons[side].click()

    def _choose(self) -> None:
        self.chosen.emit(self._dispute.key, self.choice())


class ConflictTable(QWidget):
    """Fields that two changed, each with what it was, mine and theirs.

    `chosen(key, side)` for each decision; `decided(bool)` says whether every field has one. Alt+1 takes all of
    mine, Alt+2 all of theirs.
    """

    chosen = Signal(str, str)
    decided = Signal(bool)

    def __init__(self, disputes: Sequence[Dispute]) -> None:
        super().__init__()
        self.setAccessibleName(say("Felter som er ændret to steder"))
        self._pairs = {dispute.key: ChoiceOfTwo(dispute) for dispute in disputes}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        heads = QHBoxLayout()
        heads.addWidget(Text(say("Min"), "meta"), 1)
        who = {dispute.who for dispute in disputes}
        theirs = next(iter(who)) if len(who) == 1 and "" not in who else say("Deres")
        heads.addWidget(Text(theirs, "meta"), 1)
        _head(grid, (say("Felt"), say("Var")), (0, 1))
        grid.addLayout(heads, 0, 2)
        for at, dispute in enumerate(disputes):
            row, pair = 2 * at + 1, self._pairs[dispute.key]
            _line(grid, row, 3)
            grid.addWidget(Text(dispute.label, "label", wrap=True), row + 1, 0)
            grid.addWidget(Text(dispute.base or say("(tom)"), "label", wrap=True), row + 1, 1)
            grid.addWidget(pair, row + 1, 2)
            pair.chosen.connect(self._tell)
        for column, stretch in ((0, 2), (1, 2), (2, 6)):
            grid.setColumnStretch(column, stretch)

    def choices(self) -> dict[str, Side]:
        """The decisions made so far, by field key."""
        sides = {key: pair.choice() for key, pair in self._pairs.items()}
        return {key: side for key, side in sides.items() if side is not None}

    def take_all(self, side: Side) -> None:
        """Decide every field the same way."""
        for pair in self._pairs.values():
            pair.take(side)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Alt+1 and Alt+2 decide all at once."""
        sides: dict[int, Side] = {Qt.Key.Key_1: "mine", Qt.Key.Key_2: "theirs"}
        side = sides.get(event.key())
        if side and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.take_all(side)
            return
        super().keyPressEvent(event)

    def _tell(self, key: str, side: str) -> None:
        self.chosen.emit(key, side)
        self.decided.emit(len(self.choices()) == len(self._pairs))
