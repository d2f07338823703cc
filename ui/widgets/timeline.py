"""What happened in a case. What the employee can read looks unlike what only colleagues see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from kkassist.domain.language import say
from ui.icons import IconName
from ui.theme import follow_theme, tokens
from ui.widgets.icon_mark import IconMark
from ui.widgets.notation import joined, moment_text
from ui.widgets.status_pill import StatusPill
from ui.widgets.text import Text, hairline

EntryKind = Literal["note", "comment", "event"]
_ICONS: dict[EntryKind, IconName] = {"note": "note", "comment": "comment", "event": "history"}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One entry: an aware instant, who, what, and its kind. `pending` until the system has it."""

    when: datetime
    who: str
    text: str
    kind: EntryKind
    pending: bool = False


class _Entry(QFrame):
    """A comment has an accent ground and an accent band at its left; a note has neither."""

    def __init__(self, entry: TimelineEntry) -> None:
        super().__init__()
        self._is_comment = entry.kind == "comment"
        visible = say("Synlig for medarbejderen") if self._is_comment else ""
        inner = say("Intern note") if entry.kind == "note" else ""
        self.setAccessibleName(joined((visible or inner, entry.who, moment_text(entry.when), entry.text)))
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 10, 8)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(IconMark(_ICONS[entry.kind], "accent" if self._is_comment else "muted", 16))
        head.addWidget(Text(entry.who, "bold", wrap=True), 1)
        if entry.pending:
            head.addWidget(StatusPill("neutral", say("Ikke sendt")))
        column.addLayout(head)
        column.addWidget(Text(moment_text(entry.when), "meta"))
        if visible:
            column.addWidget(Text(visible, "bold", tone="accent", wrap=True))
        elif inner:
            column.addWidget(Text(inner, "label"))
        column.addWidget(Text(entry.text, wrap=True, selectable=True))
        follow_theme(self, self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The band that tells a comment from a note."""
        if self._is_comment:
            painter = QPainter(self)
            painter.fillRect(self.rect(), tokens().color("accent_soft"))
            painter.fillRect(0, 0, 4, self.height(), tokens().color("accent"))
            painter.end()


class Timeline(QWidget):
    """Entries newest first, as the owner orders them."""

    def __init__(self, entries: Sequence[TimelineEntry] = ()) -> None:
        super().__init__()
        self.setAccessibleName(say("Forløb"))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self.show_entries(entries)

    def show_entries(self, entries: Sequence[TimelineEntry]) -> None:
        """Replace what is shown."""
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for at, entry in enumerate(entries):
            if at:
                self._column.addWidget(hairline())
            self._column.addWidget(_Entry(entry))
        self._column.addStretch(1)
