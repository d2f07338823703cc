"""The outbox's place: every change on its way; a conflict with base, mine and theirs side by side."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from kkassist.actions import outbox as verbs
from kkassist.actions.outbox import Entry
from kkassist.domain.change import ChangeKind, ChangeState, PendingChange, Resolution
from kkassist.domain.language import say
from ui.bridge import Bridge
from ui.commands import Command, Commands
from ui.table import Column, RowsTable
from ui.theme import Tone, dress
from ui.widgets.buttons import Button, PrimaryAction
from ui.widgets.diff_table import ConflictTable, Dispute
from ui.widgets.empty_state import EmptyState
from ui.widgets.notation import joined, moment_text
from ui.widgets.section import Section
from ui.widgets.status_pill import StatusPill
from ui.widgets.text import Text
from ui.widgets.toast import Message, Toaster

_STATES: dict[ChangeState, tuple[str, Tone]] = {
    ChangeState.WAITING: ("Venter", "neutral"),
    ChangeState.SENDING: ("Sendes", "accent"),
    ChangeState.UNCONFIRMED: ("Ukendt – undersøges", "violet"),
    ChangeState.CONFLICT: ("Konflikt – vælg", "amber"),
    ChangeState.REFUSED: ("Afvist", "red"),
    ChangeState.DONE: ("Sendt", "green"),
}
_KINDS = {
    ChangeKind.WORK_NOTE: "Intern note",
    ChangeKind.COMMENT: "Kommentar til medarbejderen",
    ChangeKind.ATTACHMENT: "Fil",
    ChangeKind.CREATE: "Ny sag",
}
_FIELDS = {
    "state": "Status",
    "priority": "Prioritet",
    "assigned_to": "Sagsbehandler",
    "assignment_group": "Gruppe",
    "short_description": "Emne",
    "description": "Beskrivelse",
    "due_date": "Frist",
}


class OutboxPlace(QSplitter):
    """`case_asked(sys_id)` to see the case; `waiting(count)` for the rail: what only the user can settle."""

    case_asked = Signal(str)
    waiting = Signal(int)

    def __init__(self, bridge: Bridge, commands: Commands, toaster: Toaster) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._bridge = bridge
        self._desk = bridge.desk
        self._toaster = toaster
        self._entries: Sequence[Entry] = ()
        self.table: RowsTable[Entry] = RowsTable(say("Udbakke"), _columns())
        self.table.chosen.connect(self._choose)
        self.table.opened.connect(lambda number: self.case_asked.emit(self._entries[number].change.case_id))
        self._detail = QFrame()
        dress(self._detail, role="context")
        self._detail_column = QVBoxLayout(self._detail)
        self._detail_column.setContentsMargins(16, 16, 16, 16)
        self._detail_column.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._lay_out()
        here = "outbox"
        add = commands.add
        add(
            Command("outbox.mine", say("Behold min værdi"), lambda: self._settle(Resolution.MINE), "Alt+1", here),
            self,
        )
        add(
            Command(
                "outbox.theirs", say("Behold deres værdi"), lambda: self._settle(Resolution.THEIRS), "Alt+2", here
            ),
            self,
        )
        add(
            Command("outbox.drop", say("Drop ændringen"), lambda: self._settle(Resolution.DROP), "Del", here), self
        )

    def activate(self) -> None:
        """Shown: fill the list."""
        self._ask()
        self.table.setFocus()

    def store_changed(self, kind: str, ids: frozenset[str]) -> None:  # noqa: ARG002 - a place's signature
        """Changes moved: show them."""
        if kind in ("outbox", "cases"):
            self._ask()

    def flush(self) -> None:
        """Nothing is typed here."""

    def _lay_out(self) -> None:
        left = QFrame()
        column = QVBoxLayout(left)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        column.addWidget(Text(say("Udbakke"), "page"))
        column.addWidget(
            Text(
                say("Dine ændringer på vej til ServiceNow. Intet går tabt, og intet sendes to gange."),
                "label",
                wrap=True,
            )
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(
            EmptyState("done", say("Udbakken er tom"), say("Alt, hvad du har ændret, er sendt og bekræftet."))
        )
        self._stack.addWidget(self.table)
        column.addWidget(self._stack, 1)
        self.addWidget(left)
        self.addWidget(self._detail)
        self._detail.hide()
        self._detail.setMinimumWidth(380)
        self.setStretchFactor(0, 3)
        self.setStretchFactor(1, 2)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)

    def _ask(self) -> None:
        self._bridge.read(lambda: verbs.shown(self._desk), self._show)

    def _show(self, entries: Sequence[Entry]) -> None:
        before = self._current()
        self._entries = entries
        parked = (ChangeState.CONFLICT, ChangeState.REFUSED)
        self.waiting.emit(sum(entry.change.state in parked for entry in entries))
        self._stack.setCurrentIndex(1 if entries else 0)
        self.table.show_rows(entries)
        if not entries:
            self._detail.hide()
            return
        ids = [entry.change.id for entry in entries]
        number = ids.index(before.change.id) if before is not None and before.change.id in ids else 0
        self.table.go(number)
        self._choose(number)

    def _current(self) -> Entry | None:
        number = self.table.currentIndex().row()
        return self._entries[number] if 0 <= number < len(self._entries) else None

    def _choose(self, number: int) -> None:
        while (item := self._detail_column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if 0 <= number < len(self._entries):
            self._detail_column.addWidget(self._shown(self._entries[number]))
            self._detail.show()

    def _shown(self, entry: Entry) -> QWidget:
        change = entry.change
        section = Section(joined((change.number, what(change))))
        words, tone = _STATES[change.state]
        section.add_action(StatusPill(tone, say(words)))
        section.add(Text(entry.title, "label", wrap=True))
        if change.state is ChangeState.CONFLICT:
            section.add(
                Text(
                    say("En kollega har ændret det samme felt, siden du begyndte. Vælg, hvad der skal gælde."),
                    wrap=True,
                )
            )
            sides = entry.sides
            table = ConflictTable([Dispute(change.id, what(change), sides.base, sides.mine, sides.theirs)])
            table.chosen.connect(lambda _key, side: self._settle(Resolution(side)))
            section.add(table)
            section.add_layout(self._choices(change))
            return section
        section.add(Text(entry.sides.mine or change.field, "body", wrap=True, selectable=True))
        if change.detail:
            section.add(
                Text(say("ServiceNow skriver: {detail}", detail=change.detail), "bold", tone=tone, wrap=True)
            )
        if change.next_try is not None and change.state is ChangeState.WAITING:
            section.add(Text(say("Næste forsøg {when}.", when=moment_text(change.next_try)), "meta"))
        section.add_layout(self._choices(change))
        return section

    def _choices(self, change: PendingChange) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        see = Button(say("Se sagen"), role="quiet", mark="open")
        see.clicked.connect(lambda: self.case_asked.emit(change.case_id))
        row.addWidget(see)
        row.addStretch(1)
        if change.state in (ChangeState.REFUSED, ChangeState.CONFLICT, ChangeState.WAITING):
            drop = Button(say("Drop"), role="danger", keys="Del")
            drop.clicked.connect(lambda: self._settle(Resolution.DROP))
            row.addWidget(drop)
        if change.state is ChangeState.REFUSED:
            again = PrimaryAction(say("Prøv igen"), keys="Alt+1", mark="retry", bind=False)
            again.clicked.connect(lambda: self._settle(Resolution.MINE))
            row.addWidget(again)
        return row

    def _settle(self, resolution: Resolution) -> None:
        entry = self._current()
        if entry is not None:
            change = entry.change.id
            self._bridge.commit(lambda: verbs.resolve(self._desk, change, resolution), self._settled)

    def _settled(self, change: PendingChange) -> None:
        self._toaster.tell(Message(say("{number} er afgjort.", number=change.number)))


def what(change: PendingChange) -> str:
    """What a change changes, in words."""
    if change.kind is ChangeKind.FIELD:
        return say(_FIELDS[change.field]) if change.field in _FIELDS else change.field
    return say(_KINDS[change.kind])


def _columns() -> list[Column[Entry]]:
    return [
        Column(say("Sag"), lambda entry: entry.change.number, width=120),
        Column(say("Hvad"), lambda entry: what(entry.change), width=160),
        Column(
            say("Din værdi"), lambda entry: " ".join(entry.sides.mine.split()) or entry.change.field, stretch=True
        ),
        Column(
            say("Tilstand"),
            lambda entry: say(_STATES[entry.change.state][0]),
            tone=lambda entry: _STATES[entry.change.state][1],
            width=170,
        ),
    ]
