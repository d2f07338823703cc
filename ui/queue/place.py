"""The queue's place: list, case and context side by side, each filled by the store and never by the network."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from kkassist.actions import case as case_verbs
from kkassist.actions import people as people_verbs
from kkassist.actions import queue as queue_verbs
from kkassist.actions.case import OpenCase
from kkassist.domain.case import Attachment, NoteKind, QueueRow, View
from kkassist.domain.change import PendingChange
from kkassist.domain.errors import KkassistError
from kkassist.domain.ids import new_id
from kkassist.domain.language import say
from kkassist.processes.catalogue import catalogue
from ui.bridge import Bridge
from ui.case.context import CaseContext
from ui.case.view import CaseView
from ui.commands import Command, Commands
from ui.icons import IconName
from ui.queue.model import Listing
from ui.queue.view import QueueView
from ui.theme import ColorName, dress, follow_theme, px
from ui.widgets.empty_state import EmptyState
from ui.widgets.notation import COPENHAGEN, joined, now
from ui.widgets.queue_delegate import QueueLine
from ui.widgets.toast import Message, Toaster

_READ_AFTER_MS = 1500
"""A case that stays open this long has been seen."""
_OPEN_AFTER_MS = 40
"""Stepping fast through the list opens only the case one stops at."""
_ROOM_FOR_THREE = 1010
"""With less (logical pixels at 100 % text) the right side folds until it is asked for."""
_MOST_KEYS = 9

DUE_WORDS = {
    "overdue": "Overskredet",
    "today": "I dag",
    "tomorrow": "I morgen",
    "this_week": "Denne uge",
    "later": "Senere",
    "none": "Uden frist",
}


class QueuePlace(QSplitter):
    """`run_asked(process, sys_id)` when a case is to be handed to the robot; `seen(count)` for the rail's badge."""

    run_asked = Signal(str, str)
    unread = Signal(int)
    refresh_asked = Signal()

    def __init__(self, bridge: Bridge, commands: Commands, toaster: Toaster) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._bridge = bridge
        self._desk = bridge.desk
        self._toaster = toaster
        self._views: Sequence[View] = queue_verbs.BUILT_IN
        self._counts: dict[str, int] = {}
        self._view = queue_verbs.BUILT_IN[0]
        self._search = ""
        self._case = ""
        self._asked = 0
        self._is_compact = False
        self._is_fresh = True
        self._wants_form = False
        self._kept: dict[str, str] = {}
        self._unfolded_here = False
        self.queue = QueueView(self._fetch, self._group_words, line_of)
        self.case = CaseView()
        self.context = CaseContext()
        self._lay_out()
        self._wire()
        self._add_commands(commands)

    def activate(self) -> None:
        """Shown: fill the list and put the focus in it."""
        self.reload()
        if not self.isAncestorOf(self.window().focusWidget() or self):
            self.queue.list.setFocus()

    def choose_view(self, view_id: str, *, keep_search: bool = False) -> None:
        """Show a view by its id; an unknown one changes nothing."""
        self._view = next((view for view in self._views if view.id == view_id), self._view)
        self._is_fresh = True
        if not keep_search and self._search:
            self._search = ""
            self.queue.search.forget()
        self.reload()

    def view_names(self) -> list[tuple[str, str, str]]:
        """(id, name, key) of every view."""
        return [
            (view.id, say(view.name), str(number) if number <= _MOST_KEYS else "")
            for number, view in enumerate(self._views, start=1)
        ]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the list; there it lets a selection of many go."""
        if event.key() == Qt.Key.Key_Escape:
            self.queue.list.choose_one()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The right side folds where there is no room for three columns."""
        super().resizeEvent(event)
        self._fit_side()

    def reload(self) -> None:
        """Ask the store for the listing and the counters anew."""
        self._asked += 1
        asked, view, search = self._asked, self._view, self._search

        def work() -> tuple[Listing, list[View], dict[str, int]]:
            listing = Listing(
                queue_verbs.ids(self._desk, view, search), queue_verbs.groups(self._desk, view, search)
            )
            return listing, queue_verbs.views(self._desk), queue_verbs.counts(self._desk)

        self._bridge.read(work, lambda found: self._listed(asked, *found))

    def open_case(self, sys_id: str) -> None:
        """Show a case, whether it is in the list or not."""
        row = self.queue.model.row_of(sys_id)
        if row >= 0:
            self.queue.list.go(row)
        self._show(sys_id)

    def store_changed(self, kind: str, ids: frozenset[str]) -> None:
        """Something changed in the store: show what is true now."""
        if kind in ("cases", "outbox", "views"):
            self.queue.model.refresh(ids if kind == "cases" else frozenset())
            self._later.start()
        if self._case and kind in ("cases", "outbox", "people", "drafts"):
            self._reopen.start()

    def current_case(self) -> str:
        """sys_id of the case that is shown, "" for none."""
        return self._case

    def flush(self) -> None:
        """Everything typed is kept now."""
        self.case.flush()
        if self._case:
            self.context.composer.flush()

    def _lay_out(self) -> None:
        middle = QFrame()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        self._stack = QStackedWidget()
        self._stack.addWidget(
            EmptyState(
                "queue", say("Ingen sag valgt"), say("Vælg en sag i listen. J og K går ned og op, Enter åbner.")
            )
        )
        self._stack.addWidget(self.case)
        self._gone_page = QWidget()
        self._stack.addWidget(self._gone_page)
        column.addWidget(self._stack)
        self._side = QFrame()
        dress(self._side, role="context")
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.addWidget(self.context)
        self._side.hide()
        for widget in (self.queue, middle, self._side):
            self.addWidget(widget)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self.queue.setMinimumWidth(300)
        middle.setMinimumWidth(540)
        self._side.setMinimumWidth(276)
        follow_theme(self, self._fit_side)
        self.setStretchFactor(1, 1)
        self.setSizes([400, 700, 320])
        kept = QSettings().value("queue/sizes")
        if isinstance(kept, list) and len(kept) == 3:
            self.setSizes([int(size) for size in kept])
        self.splitterMoved.connect(lambda *_: QSettings().setValue("queue/sizes", self.sizes()))

    def _wire(self) -> None:
        self._later = _single_shot(self, 100, self.reload)
        self._reopen = _single_shot(self, 60, self._again)
        self._open_soon = _single_shot(self, _OPEN_AFTER_MS, self._open_pending)
        self._seen = _single_shot(self, _READ_AFTER_MS, self._mark_read)
        self._pending_case = ""
        self.queue.view_chosen.connect(self.choose_view)
        self.queue.searched.connect(self._searched)
        self.queue.sorted_by.connect(lambda sort: self._reorder(replace(self._view, sort=sort)))
        self.queue.grouped_by.connect(lambda group: self._reorder(replace(self._view, group_by=group)))
        self.queue.current.connect(self._current)
        self.queue.opened.connect(self._open_to_write)
        self.queue.take_asked.connect(self._take)
        self.queue.save_view_asked.connect(self._save_view)
        self.queue.rename_view_asked.connect(self._rename_view)
        self.queue.delete_view_asked.connect(self._delete_view)
        self.queue.refresh_asked.connect(self.refresh_asked)
        self.case.drafted.connect(self._draft)
        self.case.employment_chosen.connect(self._choose_employment)
        self.case.ticked.connect(self._tick)
        self.case.send_asked.connect(self._send)
        self.case.robot_asked.connect(self._robot)
        self.case.take_asked.connect(lambda: self._take([self._shown_case()]))
        self.case.letter_asked.connect(self._letter)
        self.context.reveal_asked.connect(self._reveal)
        self.context.note_drafted.connect(lambda kind, text: self._draft(f"note:{kind}", text))
        self.context.note_asked.connect(self._note)
        self.context.attach_asked.connect(self._attach)
        self.context.file_asked.connect(self._save_file)
        self.context.case_asked.connect(self.open_case)

    def _add_commands(self, commands: Commands) -> None:
        here = "queue"
        step = self.queue.list.step
        add = commands.add
        add(Command("queue.next", say("Næste sag"), lambda: step(1), "J", here), self)
        add(Command("queue.previous", say("Forrige sag"), lambda: step(-1), "K", here), self)
        add(
            Command(
                "queue.search", say("Søg i køen"), self.queue.search.go_there, "/", here, more_keys=("Ctrl+F",)
            ),
            self,
        )
        add(Command("case.take", say("Tag sagen"), self._take_chosen, "A", here, self._has_case), self)
        add(
            Command(
                "case.note",
                say("Skriv en intern note"),
                lambda: self._write(NoteKind.WORK_NOTE),
                "W",
                here,
                self._has_case,
            ),
            self,
        )
        add(
            Command(
                "case.comment",
                say("Skriv til medarbejderen"),
                lambda: self._write(NoteKind.COMMENT),
                "C",
                here,
                self._has_case,
            ),
            self,
        )
        add(
            Command("case.attach", say("Vedhæft en fil"), self._attach, "Ctrl+Shift+A", here, self._has_case), self
        )
        add(Command("case.send", say("Send ændringer"), self._send, "Ctrl+Return", here, self._has_case), self)
        add(Command("case.robot", say("Send sagen til robot"), self._robot, "Ctrl+R", here, self._has_case), self)
        add(Command("queue.context", say("Vis eller skjul højre side"), self._fold, "Ctrl+.", here), self)
        add(Command("queue.compact", say("Kompakt liste til og fra"), self._compact, "Ctrl+Shift+L", here), self)
        add(
            Command("case.copy", say("Kopiér feltets værdi"), self._copy, "Ctrl+Shift+C", here, self._has_case),
            self,
        )
        add(
            Command(
                "case.discard",
                say("Fortryd kladden i feltet"),
                self._discard,
                "Ctrl+Shift+Z",
                here,
                self._has_case,
            ),
            self,
        )
        for number in range(1, _MOST_KEYS + 1):
            view = queue_verbs.BUILT_IN[number - 1] if number <= len(queue_verbs.BUILT_IN) else None
            words = (
                say("Visning: {name}", name=say(view.name)) if view else say("Visning nr. {number}", number=number)
            )
            run = partial(self._choose_numbered, number)
            add(Command(f"view.{number}", words, run, str(number), here), self)

    def _choose_numbered(self, number: int) -> None:
        if number <= len(self._views):
            self.choose_view(self._views[number - 1].id)

    def _has_case(self) -> bool:
        return bool(self._case)

    def _shown_case(self) -> str:
        """sys_id of the case on the screen: what is written there belongs to it, whatever is being opened."""
        opened = self.case.opened
        return opened.record.row.sys_id if opened else self._case

    def _fetch(self, ids: Sequence[str], then: Callable[[Sequence[QueueRow]], None]) -> None:
        self._bridge.read(lambda: queue_verbs.rows(self._desk, ids), then)

    def _group_words(self, key: str) -> str:
        if self._view.group_by == "process":
            process = catalogue().get(key)
            return say(process.title) if process else say("Uden proces")
        if self._view.group_by == "assigned_to":
            return key or say("Uden sagsbehandler")
        return say(DUE_WORDS[key]) if key in DUE_WORDS else key or say("Uden status")

    def _listed(self, asked: int, listing: Listing, views: list[View], counts: dict[str, int]) -> None:
        if asked != self._asked:
            return
        self._views, self._counts = views, counts
        self.queue.set_order(self._view.sort, self._view.group_by)
        self.queue.show_views(views, counts, self._view.id)
        self.unread.emit(counts.get("changed", 0))
        if not listing.ids:
            self.queue.show_empty(self._nothing())
        self.queue.show_listing(listing, self._case, fresh=self._is_fresh)
        self._is_fresh = False

    def _nothing(self) -> EmptyState:
        if self._search:
            empty = EmptyState(
                "search",
                say("Ingen sager passer"),
                say("Søgningen så kun i denne visning. Prøv alle aktive sager."),
                say("Søg i alle aktive"),
            )
            empty.acted.connect(lambda: self.choose_view("all", keep_search=True))
            return empty
        if not self._counts.get("all"):
            empty = EmptyState(
                "queue",
                say("Køen er tom"),
                say("Her kommer dine og din gruppes sager fra ServiceNow. Hent dem for at komme i gang."),
                say("Hent sager"),
            )
            empty.acted.connect(self.refresh_asked)
            return empty
        return EmptyState(
            "done", say("Intet her lige nu"), say("Ingen sager i denne visning. Vælg en anden for oven.")
        )

    def _reorder(self, view: View) -> None:
        """Another order: kept with a view of the user's own, for now with a built-in one."""
        self._view = view
        self._is_fresh = True
        if not view.built_in:
            self._bridge.commit(lambda: queue_verbs.save_view(self._desk, view))
        self.reload()

    def _searched(self, text: str) -> None:
        if text != self._search:
            self._search = text
            self._is_fresh = True
            self.reload()

    def _current(self, sys_id: str) -> None:
        self._pending_case = sys_id
        self._open_soon.start()

    def _open_pending(self) -> None:
        if self._pending_case != self._case:
            self._show(self._pending_case)

    def _show(self, sys_id: str) -> None:
        self.flush()
        self._case = sys_id
        self._seen.start()
        self._again()

    def _again(self) -> None:
        sys_id = self._case
        if sys_id:
            self._bridge.read(
                lambda: case_verbs.open_case(self._desk, sys_id),
                lambda opened: self._opened(sys_id, opened),
                lambda sentence: self._gone(sys_id, sentence),
            )

    def _opened(self, sys_id: str, opened: OpenCase) -> None:
        if sys_id != self._case:
            return
        is_other = self.case.opened is None or self._shown_case() != sys_id
        if is_other:
            self._kept = dict(opened.drafts)
        had_focus = self.case.isAncestorOf(self.window().focusWidget() or self)
        self.case.show_case(opened)
        self.context.show_case(opened)
        self._stack.setCurrentWidget(self.case)
        self._fit_side()
        if self._wants_form:
            self._wants_form = False
            self.case.focus_first()
        elif had_focus and (is_other or not self.case.isAncestorOf(self.window().focusWidget() or self)):
            self.queue.list.setFocus()  # the field that had it belonged to another case

    def _gone(self, sys_id: str, sentence: str) -> None:
        """The case was taken away while it was open, or cannot be read: say so where it stood."""
        if sys_id != self._case:
            return
        self._case = ""
        self.case.forget()
        page = EmptyState("warning", say("Sagen kan ikke vises"), sentence)
        self._stack.removeWidget(self._gone_page)
        self._gone_page.deleteLater()
        self._gone_page = page
        self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        self._side.hide()

    def _fit_side(self) -> None:
        """Show the right side when a case is open, there is room for it, and it was not folded."""
        folded = bool(QSettings().value("queue/context_folded", False, bool))
        roomy = self.width() >= px(_ROOM_FOR_THREE) or self._unfolded_here
        is_open = bool(self._case) and self._stack.currentWidget() is self.case
        self._side.setVisible(is_open and roomy and not folded)

    def _open_to_write(self, sys_id: str) -> None:
        """Enter: to the first field that can be edited, as soon as the case is there."""
        self._open_soon.stop()
        if self._shown_case() == sys_id == self._case:
            self.case.focus_first()
        else:
            self._wants_form = True
            self._show(sys_id)

    def _mark_read(self) -> None:
        opened = self.case.opened
        if self._case and opened is not None and opened.record.row.unread:
            sys_id = self._case
            self._bridge.commit(lambda: case_verbs.mark_read(self._desk, sys_id))

    def _draft(self, field: str, value: str) -> None:
        sys_id = self._shown_case()
        nothing_yet = "" if field.startswith("note:") else None
        if not sys_id or value == self._kept.get(field, nothing_yet):
            return
        self._kept[field] = value
        self._bridge.commit(
            lambda: case_verbs.save_draft(self._desk, sys_id, field, value),
            lambda _: self._drafted(now(), sys_id, field),
        )

    def _drafted(self, at: datetime, sys_id: str, field: str) -> None:
        if sys_id != self._shown_case():
            return
        self.case.saved(field, say("Kladde gemt {time}", time=f"{at.astimezone(COPENHAGEN):%H:%M:%S}"))
        if not field.startswith("note:"):
            self._reopen.start()

    def _discard(self) -> None:
        """The field with the cursor: what was typed there is forgotten, the sources count again."""
        field = self.case.form.current_field() if self.case.form is not None else ""
        sys_id = self._shown_case()
        if field and self.case.form is not None:
            self.case.form.forget(field)
            self._kept.pop(field, None)
            self._bridge.commit(lambda: case_verbs.discard_draft(self._desk, sys_id, field))

    def _choose_employment(self, tjenestenr: str) -> None:
        sys_id = self._shown_case()
        self._bridge.commit(lambda: case_verbs.choose_employment(self._desk, sys_id, tjenestenr))

    def _tick(self, step: str, done: bool) -> None:
        sys_id = self._shown_case()
        self._bridge.commit(lambda: case_verbs.tick(self._desk, sys_id, step, done=done))

    def _send(self) -> None:
        sys_id = self._shown_case()
        self.flush()
        self._bridge.commit(lambda: case_verbs.send_form(self._desk, sys_id), self._sent)

    def _sent(self, changes: Sequence[PendingChange]) -> None:
        self._kept = {field: text for field, text in self._kept.items() if field.startswith("note:")}
        if changes:
            words = (
                say("Ændringen er på vej til ServiceNow.")
                if len(changes) == 1
                else say("{count} ændringer er på vej til ServiceNow.", count=len(changes))
            )
            self._toaster.tell(Message(words, undo=lambda: self._undo(changes)))
        else:
            self._toaster.tell(Message(say("Der er ingen ændringer at sende."), "neutral"))

    def _undo(self, changes: Sequence[PendingChange]) -> None:
        def work() -> bool:
            taken = [case_verbs.undo(self._desk, change.id) for change in changes]
            return all(taken)

        self._bridge.commit(work, self._undone)

    def _undone(self, all_taken: bool) -> None:
        words = say("Fortrudt. Intet blev sendt.") if all_taken else say("For sent: ændringen er allerede sendt.")
        self._toaster.tell(Message(words, "neutral" if all_taken else "amber"))

    def _take_chosen(self) -> None:
        self._take(self.queue.list.chosen() or [self._case])

    def _take(self, cases: Sequence[str]) -> None:
        """Each case for itself: one that is gone does not keep the others."""

        def work() -> tuple[list[PendingChange], list[str]]:
            made: list[PendingChange] = []
            refused: list[str] = []
            for sys_id in filter(None, cases):
                try:
                    made.extend(case_verbs.assign(self._desk, sys_id))
                except KkassistError as error:
                    refused.append(str(error))
            return made, refused

        self._bridge.commit(work, lambda done: self._taken(*done))

    def _taken(self, changes: Sequence[PendingChange], refused: Sequence[str]) -> None:
        if refused:
            self._toaster.tell(Message(refused[0], "red"))
        if not changes:
            if not refused:
                self._toaster.tell(Message(say("Du har allerede sagen."), "neutral"))
            return
        words = say("Sagen er din.") if len(changes) == 1 else say("{count} sager er dine.", count=len(changes))
        self._toaster.tell(Message(words, undo=lambda: self._undo(changes)))

    def _write(self, kind: NoteKind) -> None:
        if not self._side.isVisible():
            self._fold()
        self.context.composer.choose(kind)
        self.context.composer.editor.setFocus()

    def _note(self, kind: str, text: str) -> None:
        sys_id = self._shown_case()
        self._draft(f"note:{kind}", text)  # so that the words are safe whatever becomes of the note
        self._bridge.commit(
            lambda: case_verbs.note(self._desk, sys_id, NoteKind(kind), text),
            lambda change: self._noted(kind, change),
            lambda sentence: self._note_refused(sys_id, kind, text, sentence),
        )

    def _noted(self, kind: str, change: PendingChange) -> None:
        if change.case_id == self._shown_case():
            self._kept.pop(f"note:{kind}", None)
        self._toaster.tell(Message(say("Noten er på vej."), undo=lambda: self._undo([change])))

    def _note_refused(self, sys_id: str, kind: str, text: str, sentence: str) -> None:
        """Nothing typed is lost: the words go back where they stood, or wait there as a draft."""
        if sys_id == self._shown_case():
            self.context.composer.put_back(NoteKind(kind), text)
        self._toaster.tell(Message(sentence, "red"))

    def _attach(self) -> None:
        sys_id = self._shown_case()
        path, _ = QFileDialog.getOpenFileName(self, say("Vælg en fil"))
        if path and sys_id:
            self._bridge.commit(lambda: case_verbs.attach(self._desk, sys_id, Path(path)), self._noted_file)

    def _noted_file(self, change: PendingChange) -> None:
        words = say("{name} er på vej til sagen.", name=change.field)
        self._toaster.tell(Message(words, undo=lambda: self._undo([change])))

    def _save_file(self, attachment: Attachment) -> None:
        path, _ = QFileDialog.getSaveFileName(self, say("Gem fil"), attachment.name)
        if path:
            self._bridge.errand(
                lambda: Path(path).write_bytes(case_verbs.download(self._desk, attachment)),
                lambda _: self._toaster.tell(Message(say("Filen er gemt."))),
            )

    def _letter(self, letter: str) -> None:
        sys_id = self._shown_case()
        path, _ = QFileDialog.getSaveFileName(self, say("Gem brev"), f"{letter}.txt")
        if path:
            self._bridge.read(
                lambda: Path(path).write_text(case_verbs.letter(self._desk, sys_id, letter), "utf-8"),
                lambda _: self._toaster.tell(Message(say("Brevet er gemt."))),
            )

    def _robot(self) -> None:
        opened = self.case.opened
        if opened is not None and opened.process is not None and opened.process.robot is not None:
            self.run_asked.emit(opened.process.id, opened.record.row.sys_id)

    def _reveal(self, tjenestenr: str, reason: str) -> None:
        self._bridge.commit(
            lambda: people_verbs.reveal_cpr(self._desk, tjenestenr, reason),
            lambda cpr: self.context.reveal(tjenestenr, cpr),
        )

    def _copy(self) -> None:
        label = self.case.form.copy_current() if self.case.form is not None else ""
        if label:
            self._toaster.tell(Message(say("{label} er kopieret.", label=label), "neutral"))

    def _save_view(self) -> None:
        self.queue.ask_name(say("Gem visningen"), "", lambda name: self._keep_view(new_id(), name))

    def _rename_view(self) -> None:
        view = self._view
        self.queue.ask_name(say("Omdøb visningen"), view.name, lambda name: self._keep_view(view.id, name))

    def _keep_view(self, view_id: str, name: str) -> None:
        taken = {say(view.name).casefold() for view in self._views if view.id != view_id}
        if name.casefold() in taken:
            self._toaster.tell(Message(say("Der er allerede en visning med det navn. Vælg et andet."), "amber"))
            return
        self._view = view = replace(self._view, id=view_id, name=name, built_in=False)
        self._bridge.commit(lambda: queue_verbs.save_view(self._desk, view))

    def _delete_view(self) -> None:
        chosen, self._view = self._view, queue_verbs.BUILT_IN[0]
        self._is_fresh = True

        def work() -> View:
            """The view as it is kept, not as this place last read it, is what an undo brings back."""
            kept = next((view for view in queue_verbs.views(self._desk) if view.id == chosen.id), chosen)
            queue_verbs.delete_view(self._desk, kept.id)
            return kept

        self._bridge.commit(work, self._view_deleted)

    def _view_deleted(self, view: View) -> None:
        def again() -> None:
            self._bridge.commit(lambda: queue_verbs.save_view(self._desk, view))

        self._toaster.tell(Message(say("Visningen {name} er slettet.", name=view.name), undo=again))

    def _fold(self) -> None:
        folded = self._side.isVisible()
        self._unfolded_here = not folded
        QSettings().setValue("queue/context_folded", folded)
        self._fit_side()

    def _compact(self) -> None:
        self._is_compact = not self._is_compact
        self.queue.delegate.set_density("compact" if self._is_compact else "two_lines")
        self.queue.list.doItemsLayout()


def line_of(row: QueueRow) -> QueueLine:
    """A case as the list shows it: whom it is about, what it is, who has it, and how it stands."""
    process = catalogue().get(row.process)
    what = say(process.title) if process else row.title
    status: tuple[IconName | None, ColorName] = ("error", "red") if row.refused else (None, "muted")
    return QueueLine(
        title=row.person or row.title or row.number,
        process=what if row.person else "",
        unit=joined((row.number, row.state_label or row.state, row.assigned_to or say("ingen"))),
        due=(row.breach_at or row.due) if row.active else None,
        paused=row.breach_paused,
        unread=row.unread,
        pending=row.pending > row.refused,
        mark=status[0],
        mark_tone=status[1],
        status=say("afvist eller i konflikt") if row.refused else "",
    )


def _single_shot(owner: QWidget, wait_ms: int, run: Callable[[], object]) -> QTimer:
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(wait_ms)
    timer.timeout.connect(run)
    return timer
