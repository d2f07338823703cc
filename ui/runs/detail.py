"""Beside the rows: what the robot said of one row, its evidence and tries, and what the user can do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCompleter,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from kkassist.domain.batch import BatchRow, RowState
from kkassist.domain.language import say
from kkassist.processes import kinds
from kkassist.processes.words import Column, Kind, Option
from ui.theme import dress, px
from ui.uploads.words import row_status
from ui.widgets.buttons import Button
from ui.widgets.findings import FindingLine, InlineFinding
from ui.widgets.notation import joined, moment_text
from ui.widgets.section import Section
from ui.widgets.status_pill import StatusPill
from ui.widgets.text import Text

_UNBROKEN = 20


class Try(Protocol):
    """One try of a row, as the ledger keeps it."""

    @property
    def number(self) -> int: ...
    @property
    def state(self) -> RowState: ...
    @property
    def robot(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def finished_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class RowFacts:
    """A row with all that is shown of it."""

    row: BatchRow
    name: str
    columns: Sequence[Column]
    options: Mapping[str, Sequence[Option]]
    mendable: bool
    can_look_up: bool
    tries: Sequence[Try]


class RowDetail(QFrame):
    """`repaired(Excel row, texts by column id)`, `look_up_asked()`, `settle_asked(reference)`."""

    repaired = Signal(int, dict)
    look_up_asked = Signal()
    settle_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        dress(self, role="context")
        self._facts: RowFacts | None = None
        self.editors: dict[str, QLineEdit] = {}
        self._before: dict[str, str] = {}
        self.finding = InlineFinding()
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(16, 16, 16, 16)
        self._column.setSpacing(12)
        self._column.setAlignment(Qt.AlignmentFlag.AlignTop)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    def show_row(self, facts: RowFacts) -> None:
        """Show a row, or the same one anew; what is being typed is not disturbed."""
        before, self._facts = self._facts, facts
        if before == facts or (before is not None and before.row == facts.row and self._is_typing()):
            return
        self._clear()
        self._column.addWidget(self._about(facts))
        if facts.row.state is RowState.UNKNOWN:
            self._column.addWidget(self._unknown(facts))
        if facts.mendable:
            self._column.addWidget(self._repair(facts))
        if facts.tries:
            self._column.addWidget(_tries(facts))
        if not facts.mendable:
            self._column.addWidget(_content(facts))

    def row(self) -> BatchRow | None:
        """The row that is shown."""
        return self._facts.row if self._facts else None

    def refused(self, sentence: str) -> None:
        """What was typed cannot be used, and why."""
        self.finding.show_finding(FindingLine("error", sentence))

    def store(self) -> None:
        """Hand on what was changed."""
        texts = {name: one.text().strip() for name, one in self.editors.items()}
        changed = {name: text for name, text in texts.items() if text != self._before[name]}
        if changed and self._facts is not None:
            self.finding.show_finding(None)
            self.repaired.emit(self._facts.row.row, changed)

    def _is_typing(self) -> bool:
        return any(one.text().strip() != self._before[name] for name, one in self.editors.items())

    def _clear(self) -> None:
        self.editors, self._before = {}, {}
        self.finding = InlineFinding()
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _about(self, facts: RowFacts) -> QWidget:
        row = facts.row
        status = row_status(row.state)
        section = Section(say("Række {row}", row=row.row))
        section.add_action(StatusPill(status.tone, status.word, status.mark))
        if facts.name:
            section.add(Text(facts.name, "bold", wrap=True))
        if row.message:
            section.add(Text(row.message, "body", wrap=True, selectable=True))
        finished = moment_text(row.finished_at) if row.finished_at else ""
        section.add_layout(
            _pairs(
                (
                    (say("Bevis"), row.evidence),
                    (say("Robot"), row.robot),
                    (say("Svar"), finished),
                    (say("Reference"), row.reference),
                    (say("Id hos robotten"), row.external_id),
                )
            )
        )
        return section

    def _unknown(self, facts: RowFacts) -> QWidget:
        section = Section(say("Udfaldet kendes ikke"))
        section.add(
            Text(
                say(
                    "Rækken sendes ikke igen af sig selv. Slå den op i OPUS, og afgør den, eller spørg robotten igen."
                ),
                "label",
                wrap=True,
            )
        )
        line = QHBoxLayout()
        line.setSpacing(8)
        settle = Button(say("Afgør …"))
        settle.clicked.connect(lambda: self.settle_asked.emit(facts.row.reference))
        line.addWidget(settle)
        if facts.can_look_up:
            ask = Button(say("Slå op"), role="quiet", mark="search")
            ask.clicked.connect(self.look_up_asked)
            line.addWidget(ask)
        line.addStretch(1)
        section.add_layout(line)
        return section

    def _repair(self, facts: RowFacts) -> QWidget:
        section = Section(say("Ret rækken"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for at, column in enumerate(facts.columns):
            editor = self._editor(column, facts)
            grid.addWidget(Text(column.header, "label", wrap=True), at, 0)
            grid.addWidget(editor, at, 1)
        section.add_layout(grid)
        section.add(self.finding)
        section.add(
            Text(say("En rettet række skal godkendes igen af en kollega, før den kan køres."), "meta", wrap=True)
        )
        line = QHBoxLayout()
        line.addStretch(1)
        keep = Button(say("Gem rettelsen"), mark="check")
        keep.clicked.connect(self.store)
        line.addWidget(keep)
        section.add_layout(line)
        return section

    def _editor(self, column: Column, facts: RowFacts) -> QLineEdit:
        editor = QLineEdit()
        editor.setAccessibleName(column.header)
        value = facts.row.values.get(column.id, "")
        if column.kind is Kind.CPR:
            editor.setPlaceholderText(kinds.show(value, Kind.CPR))
            text = ""
        else:
            text = kinds.edit(value, column.kind)
        editor.setText(text)
        editor.setMinimumWidth(72)
        editor.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        editor.returnPressed.connect(self.store)
        offered = [one.value for one in facts.options.get(column.id, ())]
        if offered:
            completer = QCompleter(offered, editor)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            editor.setCompleter(completer)
        self.editors[column.id], self._before[column.id] = editor, text
        return editor


def _tries(facts: RowFacts) -> QWidget:
    section = Section(say("Forsøg"), hairlines=True)
    for one in reversed(facts.tries):
        status = row_status(one.state)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(2)
        head = QHBoxLayout()
        head.addWidget(Text(say("Nr. {number}", number=one.number), "bold"))
        head.addStretch(1)
        head.addWidget(StatusPill(status.tone, status.word, status.mark))
        column.addLayout(head)
        about = joined((one.robot, moment_text(one.finished_at) if one.finished_at else ""))
        if about:
            column.addWidget(Text(about, "meta", wrap=True))
        if one.message:
            column.addWidget(Text(one.message, "label", wrap=True))
        section.add(holder)
    return section


def _content(facts: RowFacts) -> QWidget:
    section = Section(say("Indhold"))
    values = facts.row.values
    pairs = [
        (column.header, kinds.show(values.get(column.id, ""), column.kind, facts.options.get(column.id, ())))
        for column in facts.columns
    ]
    section.add_layout(_pairs(pairs))
    return section


def _pairs(pairs: Sequence[tuple[str, str]]) -> QGridLayout:
    """Labels and values, without those that say nothing."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(0, 2)
    grid.setColumnStretch(1, 3)
    for at, (label, value) in enumerate((label, value) for label, value in pairs if value):
        name = Text(label, "meta", wrap=True)
        name.setAlignment(Qt.AlignmentFlag.AlignTop)
        grid.addWidget(name, at, 0)
        grid.addWidget(_value(value), at, 1)
    return grid


def _value(value: str) -> QWidget:
    if " " not in value:
        return _code(value)
    words = Text(value, wrap=True, selectable=True)
    words.setAlignment(Qt.AlignmentFlag.AlignTop)
    return words


def _code(value: str) -> QWidget:
    """A reference or a number: one line, whole when it is copied, however narrow the panel is."""
    if len(value) <= _UNBROKEN:
        words = Text(value, selectable=True)
        words.setAlignment(Qt.AlignmentFlag.AlignTop)
        return words
    line = QLineEdit(value)
    line.setReadOnly(True)
    line.setCursorPosition(0)
    line.setTextMargins(-9, -5, 0, -5)
    line.setFixedHeight(px(22))
    line.setMinimumWidth(72)
    line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    line.setToolTip(value)
    return line
