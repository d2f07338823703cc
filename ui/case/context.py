"""The right of the window: the person, her earlier cases, what changed since I looked, notes and files."""

from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from kkassist.actions.case import OpenCase
from kkassist.domain.case import Attachment, Note, NoteKind, QueueRow
from kkassist.domain.language import say
from kkassist.domain.person import Employment
from ui.theme import Tone, dress
from ui.widgets.buttons import Button, IconButton
from ui.widgets.diff_table import Difference, DiffTable
from ui.widgets.editors import LongTextEditor
from ui.widgets.notation import COPENHAGEN, date_text, joined, mask_cpr, moment_text, now
from ui.widgets.person_card import EmploymentLine, PersonCard, PersonFacts
from ui.widgets.section import Section
from ui.widgets.text import Elided, Text
from ui.widgets.timeline import Timeline, TimelineEntry

_DRAFT_AFTER_MS = 500
_EARLIEST = datetime(1970, 1, 1, tzinfo=COPENHAGEN)


class CaseContext(QWidget):
    """Everything beside the case. Wishes are signals."""

    reveal_asked = Signal(str, str)
    note_drafted = Signal(str, str)
    note_asked = Signal(str, str)
    attach_asked = Signal()
    file_asked = Signal(object)
    case_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._case = ""
        self._card: PersonCard | None = None
        self.composer = NoteComposer()
        self.composer.drafted.connect(self.note_drafted)
        self.composer.asked.connect(self.note_asked)
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(12, 12, 12, 12)
        self._column.setSpacing(12)
        self._column.setAlignment(Qt.AlignmentFlag.AlignTop)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self._parts = QVBoxLayout()
        self._parts.setSpacing(12)
        self._column.addLayout(self._parts)
        self._column.addStretch(1)

    def show_case(self, opened: OpenCase) -> None:
        """Show what belongs to a case; the note being written stays when it is the same case."""
        same = self._case == opened.record.row.sys_id
        self._case = opened.record.row.sys_id
        self._parts.removeWidget(self.composer)
        self.composer.setParent(None)
        _clear(self._parts)
        if opened.record.changed_since_read:
            self._parts.addWidget(_changed(opened))
        if opened.who.employment is not None:
            self._parts.addWidget(self._person(opened, opened.who.employment))
        self._parts.addWidget(self._notes(opened))
        self._parts.addWidget(self._files(opened))
        if opened.earlier:
            self._parts.addWidget(self._earlier(opened))
        if not same:
            self.composer.start(
                {
                    kind: opened.drafts.get(f"note:{kind.value}", "")
                    for kind in (NoteKind.WORK_NOTE, NoteKind.COMMENT)
                }
            )

    def reveal(self, cpr: str) -> None:
        """Show the whole CPR for a while."""
        if self._card is not None:
            self._card.reveal(cpr)

    def _person(self, opened: OpenCase, one: Employment) -> QWidget:
        section = Section(say("Person"))
        unit = opened.unit
        facts = [
            joined((unit.name, unit.forvaltning)) if unit else "",
            _leader(opened),
            say("Navne- og adressebeskyttelse: adressen vises ikke.") if one.protected else one.address,
        ]
        self._card = PersonCard(
            PersonFacts(
                name=one.name,
                masked_cpr=mask_cpr(one.cpr) if one.cpr else "–",
                facts=tuple(fact for fact in facts if fact),
                employments=[_employment(other, chosen=other is one) for other in opened.who.candidates or (one,)],
            )
        )
        self._card.reveal_asked.connect(lambda reason: self.reveal_asked.emit(one.tjenestenr, reason))
        section.add(self._card)
        return section

    def _notes(self, opened: OpenCase) -> QWidget:
        section = Section(say("Noter"))
        section.add(self.composer)
        notes = sorted(opened.record.notes, key=lambda one: (one.pending, one.at or _EARLIEST), reverse=True)
        if notes:
            section.add(Timeline([_entry(one) for one in notes]))
        else:
            section.add(Text(say("Der er ingen noter endnu."), "label"))
        return section

    def _files(self, opened: OpenCase) -> QWidget:
        section = Section(say("Filer"))
        add = IconButton("plus", say("Vedhæft en fil"))
        add.clicked.connect(self.attach_asked)
        section.add_action(add)
        for one in opened.record.attachments:
            section.add(self._file(one))
        if not opened.record.attachments:
            section.add(Text(say("Ingen filer."), "label"))
        return section

    def _file(self, one: Attachment) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(Elided(one.name), 1)
        row.addWidget(Text(say("ikke sendt") if one.pending else _size(one.size), "meta"))
        if not one.pending:
            fetch = IconButton("download", say("Gem {name}", name=one.name))
            fetch.clicked.connect(lambda: self.file_asked.emit(one))
            row.addWidget(fetch)
        return holder

    def _earlier(self, opened: OpenCase) -> QWidget:
        section = Section(say("Tidligere sager"))
        for one in opened.earlier[:8]:
            section.add(self._earlier_case(one))
        return section

    def _earlier_case(self, one: QueueRow) -> QWidget:
        button = _CaseLink(one)
        button.clicked.connect(lambda: self.case_asked.emit(one.sys_id))
        return button


class _CaseLink(QPushButton):
    """One line that opens another case; cut with … where the column is narrow, whole on hover."""

    def __init__(self, one: QueueRow) -> None:
        super().__init__()
        self._words = joined((one.title or one.number, one.state_label))
        dress(self, role="link")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(joined((one.number, one.title, one.state_label)))
        self.setToolTip(joined((one.number, one.title, one.state_label, moment_text(one.updated))))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.setText(self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, self.width() - 8))
        super().resizeEvent(event)


class NoteComposer(QFrame):
    """Two kinds that cannot be confused: an internal note, or words the employee reads on an accent ground."""

    drafted = Signal(str, str)
    asked = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._texts: dict[NoteKind, str] = {NoteKind.WORK_NOTE: "", NoteKind.COMMENT: ""}
        self.kind = NoteKind.WORK_NOTE
        self.editor = LongTextEditor()
        self.editor.setMaximumHeight(96)
        self.editor.textChanged.connect(self._typed)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_DRAFT_AFTER_MS)
        self._wait.timeout.connect(self.flush)
        self._group = QButtonGroup(self)
        kinds = QHBoxLayout()
        kinds.setSpacing(4)
        for kind, words in (
            (NoteKind.WORK_NOTE, say("Intern note")),
            (NoteKind.COMMENT, say("Til medarbejderen")),
        ):
            button = QPushButton(words)
            button.setCheckable(True)
            dress(button, role="segment")
            button.clicked.connect(lambda _=False, kind=kind: self.choose(kind))
            self._group.addButton(button)
            kinds.addWidget(button)
        kinds.addStretch(1)
        self._warning = Text(say("Medarbejderen kan læse det, du skriver her."), "bold", tone="accent", wrap=True)
        self.send = Button(say("Gem note"), mark="note")
        self.send.clicked.connect(self._ask)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.send)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(6)
        column.addLayout(kinds)
        column.addWidget(self._warning)
        column.addWidget(self.editor)
        column.addLayout(foot)
        self.choose(NoteKind.WORK_NOTE)

    def start(self, drafts: dict[NoteKind, str]) -> None:
        """Begin with what was drafted for the case."""
        self._wait.stop()
        self._texts = {**self._texts, **drafts}
        self.choose(
            NoteKind.COMMENT
            if drafts.get(NoteKind.COMMENT) and not drafts.get(NoteKind.WORK_NOTE)
            else NoteKind.WORK_NOTE
        )

    def choose(self, kind: NoteKind) -> None:
        """Write the other kind; each keeps its own text."""
        self.kind = kind
        is_comment = kind is NoteKind.COMMENT
        for button, own in zip(self._group.buttons(), (NoteKind.WORK_NOTE, NoteKind.COMMENT), strict=True):
            button.setChecked(own is kind)
        self._warning.setVisible(is_comment)
        dress(self.editor, tone="accent" if is_comment else "neutral")
        name = say("Kommentar til medarbejderen") if is_comment else say("Intern note")
        self.editor.setAccessibleName(name)
        self.editor.setPlaceholderText(
            say("Skriv til medarbejderen") if is_comment else say("Skriv en intern note")
        )
        self.send.set_words(say("Send til medarbejderen") if is_comment else say("Gem note"))
        self.editor.blockSignals(True)
        self.editor.setPlainText(self._texts[kind])
        self.editor.blockSignals(False)
        self.send.setEnabled(bool(self._texts[kind].strip()))

    def flush(self) -> None:
        """Hand on the draft now."""
        if self._wait.isActive():
            self._wait.stop()
        self.drafted.emit(self.kind.value, self._texts[self.kind])

    def _typed(self) -> None:
        self._texts[self.kind] = self.editor.toPlainText()
        self.send.setEnabled(bool(self._texts[self.kind].strip()))
        self._wait.start()

    def _ask(self) -> None:
        self._wait.stop()
        text = self._texts[self.kind]
        self._texts[self.kind] = ""
        self.editor.blockSignals(True)
        self.editor.clear()
        self.editor.blockSignals(False)
        self.send.setEnabled(False)
        self.asked.emit(self.kind.value, text)


def _changed(opened: OpenCase) -> QWidget:
    section = Section(say("Ændret siden du så sagen"))
    section.add(
        DiffTable(
            [Difference(change.field, change.before, change.after) for change in opened.record.changed_since_read]
        )
    )
    last = opened.record.changed_since_read[-1]
    section.add(Text(joined((last.by, moment_text(last.at))), "meta"))
    return section


def _leader(opened: OpenCase) -> str:
    if opened.unit is None or not opened.unit.leader_name:
        return ""
    inherited = say(" (leder af en overordnet enhed)") if opened.unit.leader_inherited else ""
    return say("Leder: {name}{inherited}", name=opened.unit.leader_name, inherited=inherited)


def _employment(one: Employment, *, chosen: bool) -> EmploymentLine:
    today = now().astimezone(COPENHAGEN).date()
    start = date_text(one.entry_date) if one.entry_date else ""
    end = date_text(one.leave_date) if one.leave_date else ""
    state: tuple[str, Tone] = ("", "neutral")
    if chosen:
        state = (say("Sagen"), "accent")
    elif not one.active_on(today):
        state = (say("Ikke aktiv"), "neutral")
    return EmploymentLine(
        title=one.position or one.work_contract_text,
        unit=one.work_contract_text,
        tjenestenr=one.tjenestenr,
        period=f"{start} – {end}" if start or end else "",
        state=state[0],
        tone=state[1],
    )


def _entry(note: Note) -> TimelineEntry:
    return TimelineEntry(
        when=note.at or now(),
        who=note.author or say("Ukendt"),
        text=note.text,
        kind="comment" if note.kind is NoteKind.COMMENT else "note",
        pending=note.pending,
    )


def _size(size: int) -> str:
    return f"{size / 1_048_576:.1f} MB".replace(".", ",") if size >= 1_048_576 else f"{max(1, size // 1024)} kB"


def _clear(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
