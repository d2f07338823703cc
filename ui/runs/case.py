"""A single case before it is handed to a robot: exactly what would be sent, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from kkassist.domain.language import say
from ui.theme import dress
from ui.uploads.words import process_title
from ui.widgets.buttons import Button, PrimaryAction
from ui.widgets.section import Section
from ui.widgets.text import Elided, Text, hairline

_EDGE = 24
_WIDEST = 720


@dataclass(frozen=True, slots=True)
class PreparedCase:
    """A dry run as it is shown. `content` is (name at the robot, value as sent); a CPR number is masked here."""

    process: str
    sys_id: str
    number: str
    platform: str
    queue: str
    release: str
    content: Sequence[tuple[str, str]]


class CaseRunView(QWidget):
    """`send_asked()` when the user hands the case over, `left()` when she does not."""

    send_asked = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.prepared: PreparedCase | None = None
        self._title, self._about = Elided("", "section"), Elided("", "label")
        head = QFrame()
        dress(head, role="head")
        titles = QVBoxLayout(head)
        titles.setContentsMargins(_EDGE, 16, _EDGE, 12)
        titles.setSpacing(4)
        titles.addWidget(self._title)
        titles.addWidget(self._about)
        body = QWidget()
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(_EDGE, 0, _EDGE, 12)
        self._column.setSpacing(12)
        self._column.setAlignment(Qt.AlignmentFlag.AlignTop)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(body)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(scroll, 1)
        column.addWidget(self._foot())

    def show_case(self, prepared: PreparedCase) -> None:
        """Show what would be sent."""
        self.prepared = prepared
        self._title.show_text(say("Send {number} til robot", number=prepared.number))
        self._about.show_text(process_title(prepared.process))
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        where = Section(say("Hvortil"))
        where.add_layout(
            _pairs(
                (
                    (say("Platform"), prepared.platform or say("ikke sat op")),
                    (say("Kø"), prepared.queue),
                    (say("Robot"), prepared.release),
                    (say("Reference"), say("gives ved afsendelsen, én gang for altid")),
                )
            )
        )
        what = Section(say("Præcis dette sendes"))
        what.add_layout(_pairs(prepared.content))
        for section in (where, what):
            section.setMaximumWidth(_WIDEST)
            self._column.addWidget(section)
        self.primary.setEnabled(True)

    def act(self) -> None:
        """Hand the case over, once."""
        if self.prepared is not None and self.primary.isEnabled():
            self.primary.setEnabled(False)
            self.send_asked.emit()

    def _foot(self) -> QWidget:
        foot = QFrame()
        dress(foot, role="foot")
        self.primary = PrimaryAction(say("Send til robot"), keys="Ctrl+Return", mark="robot", bind=False)
        self.primary.clicked.connect(self.act)
        out = Button(say("Fortryd"), role="quiet")
        out.clicked.connect(self.left)
        row = QHBoxLayout(foot)
        row.setContentsMargins(_EDGE, 10, _EDGE, 10)
        row.setSpacing(8)
        row.addWidget(Text(say("Intet er sendt endnu. Sagen sendes én gang."), "label", wrap=True), 1)
        row.addWidget(out)
        row.addWidget(self.primary)
        return foot


def _pairs(pairs: Sequence[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    for at, (label, value) in enumerate(pairs):
        if at:
            grid.addWidget(hairline(), 2 * at - 1, 0, 1, 2)
        grid.addWidget(Text(label, "label"), 2 * at, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(Text(value or say("(tom)"), "body", wrap=True, selectable=True), 2 * at, 1)
    return grid
