"""The middle of the window: what the case is, the form, the checks, the checklist, and the one thing to do next."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from kkassist.actions.case import OpenCase
from kkassist.domain.language import say
from kkassist.domain.person import Employment
from ui.case.checklist import Checklist
from ui.case.form import CaseForm, shape
from ui.case.slot import Slot
from ui.theme import Tone, dress
from ui.widgets.buttons import Button, MenuButton, PrimaryAction
from ui.widgets.due_label import DueLabel
from ui.widgets.findings import FindingLine, FindingsList
from ui.widgets.fitting import FittingBody, scrolled
from ui.widgets.icon_mark import IconMark
from ui.widgets.notation import date_text, joined, moment_text
from ui.widgets.section import Section
from ui.widgets.status_pill import StatusPill
from ui.widgets.text import Elided, Text

_WIDEST = 860
_EDGE = 24


class CaseView(QWidget):
    """Shows one open case; every wish of the user's is a signal, and the place carries it out."""

    drafted = Signal(str, str)
    employment_chosen = Signal(str)
    ticked = Signal(str, bool)
    send_asked = Signal()
    robot_asked = Signal()
    take_asked = Signal()
    letter_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._opened: OpenCase | None = None
        self.form: CaseForm | None = None
        self._chooser: _Chooser | None = None
        self._head = _Head()
        self._head.take_asked.connect(self.take_asked)
        self._body = FittingBody()
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(_EDGE, 8, _EDGE, _EDGE)
        self._column.setSpacing(12)
        self._column.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._scroll = scrolled(self._body)
        self._foot = _Foot()
        self._foot.send_asked.connect(self.send_asked)
        self._foot.robot_asked.connect(self.robot_asked)
        self._foot.letter_asked.connect(self.letter_asked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self._foot)

    @property
    def opened(self) -> OpenCase | None:
        """The case that is shown."""
        return self._opened

    def show_case(self, opened: OpenCase) -> None:
        """Show a case, or the same one anew without disturbing what is being typed."""
        same = self._opened is not None and self._is_same(opened)
        alike = not same and self._is_alike(opened)
        if alike and self.form is not None:
            self.form.flush()
        elif not same:
            self._clear()
        self._opened = opened
        self._head.show_case(opened)
        self._foot.show_case(opened)
        if same and self.form is not None:
            self.form.refresh(opened)
            self._fill_tail(opened)
            return
        if alike and self.form is not None:
            self._choose_anew(opened)
            self.form.start(opened)
            self._fill_tail(opened)
            self._scroll.verticalScrollBar().setValue(0)
            return
        if same:
            self._fill_tail(opened)
            return
        self._build(opened)
        self._scroll.verticalScrollBar().setValue(0)

    def forget(self) -> None:
        """The case is not there any more: nothing of it is kept here."""
        self._clear()
        self._opened = None

    def focus_first(self) -> None:
        """To the employment that must be chosen, else to the first field that can be edited."""
        if self._chooser is not None:
            self._chooser.focus_first()
        elif self.form is None or not self.form.focus_first():
            self._scroll.setFocus()

    def saved(self, field: str, text: str) -> None:
        """A field's draft is kept: say when in the foot."""
        if self.form is not None:
            self.form.kept(field)
        self._foot.saved(text)

    def flush(self) -> None:
        """Hand on whatever is being typed, before another case is shown."""
        if self.form is not None:
            self.form.flush()

    def _is_same(self, opened: OpenCase) -> bool:
        before = self._opened
        return (
            before is not None
            and (self.form is not None) == bool(opened.fields)
            and before.record.row.sys_id == opened.record.row.sys_id
            and [field.id for field in before.fields] == [field.id for field in opened.fields]
            and before.who == opened.who
        )

    def _is_alike(self, opened: OpenCase) -> bool:
        """Whether the form that stands here fits the other case too."""
        before = self._opened
        return (
            before is not None and self.form is not None and bool(opened.fields) and shape(before) == shape(opened)
        )

    def _choose_anew(self, opened: OpenCase) -> None:
        """Another chooser, or none, over the form."""
        if self._chooser is not None:
            self._chooser.hide()
            self._column.removeWidget(self._chooser)
            self._chooser.deleteLater()
            self._chooser = None
        if opened.who.must_choose or opened.who.trouble:
            self._chooser = _Chooser(opened)
            self._chooser.chosen.connect(self.employment_chosen)
            self._column.insertWidget(0, _narrow(self._chooser))

    def _clear(self) -> None:
        if self.form is not None:
            self.form.flush()
        self.form = None
        self._chooser = None
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _build(self, opened: OpenCase) -> None:
        self._choose_anew(opened)
        if opened.fields:
            self.form = CaseForm(opened)
            self.form.drafted.connect(self.drafted)
            self._column.addWidget(_narrow(self.form))
        else:
            self._column.addWidget(_narrow(_Plain(opened)))
        self._checks = Slot(self._check_section)
        self._steps = Checklist()
        self._steps.ticked.connect(self.ticked)
        self._column.addWidget(_narrow(self._checks))
        self._column.addWidget(_narrow(self._steps))
        self._fill_tail(opened)

    def _fill_tail(self, opened: OpenCase) -> None:
        self._checks.show_anew(opened, tuple(opened.findings))
        self._steps.show_steps(opened.steps)

    def _check_section(self, opened: OpenCase) -> QWidget | None:
        if not opened.findings:
            return None
        section = Section(say("Kontroller"))
        labels = {field.id: field.label for field in opened.fields}
        found = FindingsList()
        found.show_findings(
            [
                FindingLine(
                    one.severity.value, one.message, joined((say(labels.get(one.field, "")), one.rule)), one.field
                )
                for one in opened.findings
            ]
        )
        found.chosen.connect(self._jump)
        section.add(found)
        return section

    def _jump(self, field: str) -> None:
        if self.form is not None:
            self.form.jump(field)


class _Head(QFrame):
    """Number, title, state, deadline, who has the case, and how many own changes are under way."""

    take_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        dress(self, role="head")
        self._number = Text("", "label", selectable=True)
        self._title = Elided("", "section")
        self._state = StatusPill("neutral", "", "clock")
        self._due = DueLabel()
        self._about = Elided("", "label")
        self._own = StatusPill("accent", "", "outbox")
        self._take = Button(say("Tag sagen"), role="quiet", keys="A")
        self._take.clicked.connect(self.take_asked)
        first = QHBoxLayout()
        first.setSpacing(12)
        first.addWidget(self._title, 1)
        first.addWidget(self._own)
        first.addWidget(self._state)
        second = QHBoxLayout()
        second.setSpacing(12)
        second.addWidget(self._number)
        second.addWidget(self._due)
        second.addWidget(self._about, 1)
        second.addWidget(self._take)
        column = QVBoxLayout(self)
        column.setContentsMargins(_EDGE, 16, _EDGE, 8)
        column.setSpacing(4)
        column.addLayout(first)
        column.addLayout(second)

    def show_case(self, opened: OpenCase) -> None:
        row = opened.record.row
        self._number.setText(row.number)
        self._title.show_text(row.title or say("Uden titel"))
        self._state.set_status(state_tone(row.state_label, row.active), row.state_label or row.state or "–")
        self._due.set_due(row.breach_at or row.due, paused=row.breach_paused)
        title = say(opened.process.title) if opened.process else say("Uden proces")
        self._about.show_text(joined((row.assigned_to or say("Uden sagsbehandler"), title, row.group)))
        waiting = row.pending + row.refused
        self._own.setVisible(waiting > 0)
        if row.refused:
            self._own.set_status("red", say("{count} kræver dig", count=row.refused), "error")
        elif row.pending:
            self._own.set_status("accent", say("{count} på vej", count=row.pending), "outbox")


def state_tone(label: str, active: bool) -> Tone:
    """The tone of a state by its label: states are the instance's own, so only their words can tell."""
    words = label.casefold()
    if not active:
        return "green"
    if any(word in words for word in ("afvent", "await", "suspend", "pause")):
        return "amber"
    return "accent" if any(word in words for word in ("gang", "progress", "behandl")) else "neutral"


class _Chooser(Section):
    """Several employments fit, or none: the caseworker decides; nothing is guessed."""

    chosen = Signal(str)

    def __init__(self, opened: OpenCase) -> None:
        super().__init__(say("Hvem handler sagen om?"))
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(IconMark("warning", "amber", 16), 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(Text(opened.who.trouble, "body", wrap=True), 1)
        self.add_layout(line)
        for one in opened.who.candidates:
            self.add(self._candidate(one))
        if not opened.who.must_choose:
            self.add_layout(self._by_number())

    def focus_first(self) -> None:
        """To the first thing that can be chosen here."""
        kinds = (*self.findChildren(QLineEdit), *self.findChildren(Button))
        if kinds:
            kinds[0].setFocus(Qt.FocusReason.TabFocusReason)

    def _by_number(self) -> QHBoxLayout:
        """Nobody was found by what the case says: the caseworker may know the tjenestenr."""
        self._number = QLineEdit()
        self._number.setAccessibleName(say("Tjenestenr."))
        self._number.setPlaceholderText(say("Tjenestenr."))
        self._number.setMaximumWidth(160)
        self._number.returnPressed.connect(self._choose_number)
        pick = Button(say("Brug tjenestenummeret"))
        pick.clicked.connect(self._choose_number)
        row = QHBoxLayout()
        row.setContentsMargins(24, 2, 0, 2)
        row.setSpacing(8)
        row.addWidget(self._number)
        row.addWidget(pick)
        row.addStretch(1)
        return row

    def _choose_number(self) -> None:
        if self._number.text().strip():
            self.chosen.emit(self._number.text().strip())

    def _candidate(self, one: Employment) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(24, 2, 0, 2)
        row.setSpacing(12)
        text = joined((one.tjenestenr, one.position, one.work_contract_text, _period(one)))
        row.addWidget(Text(text, "body", wrap=True), 1)
        pick = Button(say("Vælg"))
        pick.setAccessibleName(say("Vælg tjenestenummer {number}", number=one.tjenestenr))
        pick.clicked.connect(lambda: self.chosen.emit(one.tjenestenr))
        row.addWidget(pick)
        return holder


def _period(one: Employment) -> str:
    start, end = _day(one.entry_date), _day(one.leave_date)
    return say("{start} til {end}", start=start, end=end) if end else say("fra {start}", start=start)


def _day(day: date | None) -> str:
    return date_text(day) if day else ""


_MOMENTS = frozenset({"opened_at", "due_date"})


def _moment(raw: str) -> str:
    """ServiceNow's UTC text as Danes read a time; a text that is none stays as it is."""
    try:
        return moment_text(datetime.fromisoformat(raw).replace(tzinfo=UTC))
    except ValueError:
        return raw


class _Plain(Section):
    """A case that belongs to no process of the catalogue: what ServiceNow says of it, to read."""

    def __init__(self, opened: OpenCase) -> None:
        super().__init__(say("Sagen"), hairlines=True)
        fields = opened.record.fields
        for name, label in (
            ("short_description", say("Emne")),
            ("description", say("Beskrivelse")),
            ("category", say("Kategori")),
            ("opened_at", say("Oprettet")),
            ("due_date", say("Frist")),
        ):
            raw = fields.get(name, "")
            value = _moment(raw) if name in _MOMENTS else opened.record.labels.get(name) or raw
            if value:
                self.add(_labelled(label, value))


def _labelled(label: str, value: str) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 4, 0, 4)
    row.setSpacing(12)
    name = Text(label, "label")
    name.setFixedWidth(148)
    row.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(Text(value, "body", wrap=True, selectable=True), 1)
    return holder


class _Foot(QFrame):
    """The draft's state on the left; the case's acts on the right, the one that matters last."""

    send_asked = Signal()
    robot_asked = Signal()
    letter_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        dress(self, role="foot")
        self._saved = Elided("", "meta")
        self._case = ""
        self._letters = MenuButton(say("Brev"), mark="document")
        self._robot = Button(say("Send til robot"), mark="robot", keys="Ctrl+R")
        self._robot.clicked.connect(self.robot_asked)
        self._send = PrimaryAction(say("Send ændringer"), keys="Ctrl+Return", mark="send", bind=False)
        self._send.clicked.connect(self.send_asked)
        row = QHBoxLayout(self)
        row.setContentsMargins(_EDGE, 10, _EDGE, 10)
        row.setSpacing(8)
        row.addWidget(self._saved, 1)
        row.addWidget(self._letters)
        row.addWidget(self._robot)
        row.addWidget(self._send)

    def show_case(self, opened: OpenCase) -> None:
        process = opened.process
        self._robot.setVisible(process is not None and process.robot is not None and bool(process.fields))
        self._robot.setEnabled(not opened.blocked and opened.who.employment is not None)
        self._robot.setToolTip(say("Ret de røde fund først.") if opened.blocked else "")
        writable = {field.id for field in process.fields if field.writes_to} if process else set()
        drafted = [field for field in opened.drafts if field in writable]
        self._send.setEnabled(bool(drafted))
        self._send.set_words(
            say("Send {count} ændringer", count=len(drafted)) if len(drafted) > 1 else say("Send ændringer")
        )
        self._fill_letters(opened)
        unsent = sum(not field.startswith("note:") for field in opened.drafts)
        if opened.record.row.sys_id != self._case or not opened.drafts:
            self._case = opened.record.row.sys_id
            self._saved.show_text(say("Kladde i {count} felter", count=unsent) if unsent else "")
        self._fit()

    def saved(self, text: str) -> None:
        self._saved.show_text(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """The verbs stand whole; their keys give way where it is narrow."""
        buttons = [one for one in (self._robot, self._send) if not one.isHidden()]
        for one in buttons:
            one.show_keys(True)
        others = [self._letters] if not self._letters.isHidden() else []
        wanted = sum(one.sizeHint().width() + 8 for one in (*buttons, *others)) + 2 * _EDGE
        for one in buttons:
            one.show_keys(wanted <= self.width())

    def _fill_letters(self, opened: OpenCase) -> None:
        self._letters.setVisible(bool(opened.letters))
        self._letters.setEnabled(not opened.blocked)
        self._letters.menu_of().clear()
        for letter in opened.letters:
            self._letters.add_choice(say(letter.title), _emitting(self.letter_asked.emit, letter.id))


def _emitting(emit: Callable[[str], None], value: str) -> Callable[[], None]:
    return lambda: emit(value)


def _narrow(inner: QWidget) -> QWidget:
    """A readable width on wide screens; the form does not stretch to the window's edge."""
    inner.setMaximumWidth(_WIDEST)
    return inner
