"""The right of the window: the person, her earlier cases, what changed since I looked, notes and files."""

import re
from datetime import datetime

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextDocumentFragment
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from kkassist.actions.case import OpenCase
from kkassist.domain.case import Attachment, Note, NoteKind, QueueRow
from kkassist.domain.language import say
from kkassist.domain.person import Employment
from ui.case.slot import Slot
from ui.theme import Tone, dress
from ui.widgets.buttons import Button, IconButton
from ui.widgets.diff_table import Difference, DiffTable
from ui.widgets.editors import LongTextEditor
from ui.widgets.fitting import FittingBody, scrolled
from ui.widgets.notation import COPENHAGEN, date_text, joined, mask_cpr, moment_text, now
from ui.widgets.person_card import EmploymentLine, PersonCard, PersonFacts
from ui.widgets.section import Section
from ui.widgets.text import Elided, Text
from ui.widgets.timeline import Timeline, TimelineEntry

_DRAFT_AFTER_MS = 500
_CODE = re.compile(r"\[code\](.*?)\[/code\]", re.DOTALL | re.IGNORECASE)
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
        self._of = ""
        self.composer = NoteComposer()
        self.composer.drafted.connect(self.note_drafted)
        self.composer.asked.connect(self.note_asked)
        self._changed = Slot(_changed)
        self._who = Slot(self._person)
        self._timeline = Slot(_timeline)
        self._attached = Slot(self._files)
        self._before = Slot(self._earlier)
        notes = Section(say("Noter"))
        notes.add(self.composer)
        notes.add(self._timeline)
        body = FittingBody()
        column = QVBoxLayout(body)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(12)
        column.setAlignment(Qt.AlignmentFlag.AlignTop)
        for part in (self._changed, self._who, notes, self._attached, self._before):
            column.addWidget(part)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scrolled(body))

    def show_case(self, opened: OpenCase) -> None:
        """Show what belongs to a case; the note being written stays when it is the same case."""
        same = self._case == opened.record.row.sys_id
        self._case = opened.record.row.sys_id
        record = opened.record
        if record.changed_since_read or not same:
            # What is new stays on the screen though it counts as seen after a moment.
            self._changed.show_anew(opened, (self._case, record.changed_since_read))
        self._who.show_anew(opened, (self._case, opened.who, opened.unit))
        self._timeline.show_anew(opened, (self._case, record.notes))
        self._attached.show_anew(opened, (self._case, record.attachments))
        self._before.show_anew(opened, (self._case, tuple(opened.earlier)))
        if not same:
            self.composer.start(
                {
                    kind: opened.drafts.get(f"note:{kind.value}", "")
                    for kind in (NoteKind.WORK_NOTE, NoteKind.COMMENT)
                }
            )

    def reveal(self, tjenestenr: str, cpr: str) -> None:
        """Show the whole CPR for a while, if it is still this person that is shown."""
        if self._card is not None and self._of == tjenestenr:
            self._card.reveal(cpr)

    def _person(self, opened: OpenCase) -> QWidget | None:
        one = opened.who.employment
        self._card, self._of = None, ""
        if one is None:
            return None
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
        self._of = one.tjenestenr
        self._card.reveal_asked.connect(lambda reason: self.reveal_asked.emit(one.tjenestenr, reason))
        section.add(self._card)
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

    def _earlier(self, opened: OpenCase) -> QWidget | None:
        if not opened.earlier:
            return None
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


class _NoteEditor(LongTextEditor):
    """Ctrl+Enter does what the button below says, and not what it says of the form."""

    sent = Signal()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_send(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_send(event):
            self.sent.emit()
        else:
            super().keyPressEvent(event)


def _is_send(event: QKeyEvent) -> bool:
    enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
    return enter and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)


class NoteComposer(QFrame):
    """Two kinds that cannot be confused: an internal note, or words the employee reads on an accent ground."""

    drafted = Signal(str, str)
    asked = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._texts: dict[NoteKind, str] = {NoteKind.WORK_NOTE: "", NoteKind.COMMENT: ""}
        self.kind = NoteKind.WORK_NOTE
        self.editor = _NoteEditor()
        self.editor.sent.connect(self._ask)
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
        self.send = Button(say("Gem note"), mark="note", keys="Ctrl+Return")
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
        if self._wait.isActive():
            self.flush()
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

    def put_back(self, kind: NoteKind, text: str) -> None:
        """The words were refused: they stand here again, unless others have been written meanwhile."""
        if not self._texts[kind]:
            self._texts[kind] = text
        self.choose(kind)

    def flush(self) -> None:
        """Hand on the draft now."""
        self._wait.stop()
        self.drafted.emit(self.kind.value, self._texts[self.kind])

    def _typed(self) -> None:
        self._texts[self.kind] = self.editor.toPlainText()
        self.send.setEnabled(bool(self._texts[self.kind].strip()))
        if not self._wait.isActive():
            self._wait.start()

    def _ask(self) -> None:
        self._wait.stop()
        text = self._texts[self.kind]
        if not text.strip():
            return
        self._texts[self.kind] = ""
        self.editor.blockSignals(True)
        self.editor.clear()
        self.editor.blockSignals(False)
        self.send.setEnabled(False)
        self.asked.emit(self.kind.value, text)


def _timeline(opened: OpenCase) -> QWidget:
    """Newest first, what is not sent yet before all."""
    notes = sorted(opened.record.notes, key=lambda one: (one.pending, one.at or _EARLIEST), reverse=True)
    if not notes:
        return Text(say("Der er ingen noter endnu."), "label")
    return Timeline([_entry(one) for one in notes])


def _changed(opened: OpenCase) -> QWidget | None:
    if not opened.record.changed_since_read:
        return None
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
        text=_plain(note.text),
        kind="comment" if note.kind is NoteKind.COMMENT else "note",
        pending=note.pending,
    )


def _plain(text: str) -> str:
    """ServiceNow puts HTML between [code] and [/code]: shown as the words it stands for, never as markup."""
    return _CODE.sub(lambda found: QTextDocumentFragment.fromHtml(found[1]).toPlainText().strip(), text)


def _size(size: int) -> str:
    return f"{size / 1_048_576:.1f} MB".replace(".", ",") if size >= 1_048_576 else f"{max(1, size // 1024)} kB"
