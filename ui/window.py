"""The window: rail, places, palette, and what is told across them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from PySide6.QtCore import QSettings, QSize, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from kkassist.actions import background
from kkassist.actions import people as people_verbs
from kkassist.actions import queue as queue_verbs
from kkassist.actions import sources as source_verbs
from kkassist.domain.language import say
from kkassist.sync.results import SourceResult
from ui.bridge import Bridge
from ui.commands import Command, Commands
from ui.frame.sources import SourceBar, SourceState
from ui.keys import KeySheet
from ui.outbox.place import OutboxPlace
from ui.palette import Hit, Palette
from ui.queue.place import QueuePlace
from ui.runs.place import RunsPlace
from ui.settings.place import SettingsPlace
from ui.theme import Tone
from ui.uploads.place import UploadsPlace
from ui.widgets.notation import joined, moment_text
from ui.widgets.rail import Rail, RailPlace
from ui.widgets.ribbon import practice_ribbon
from ui.widgets.toast import Message, Toaster

_FIRST_SIZE = QSize(1440, 900)
_SMALLEST = QSize(1180, 720)
_STATUS_MS = 5_000
_FOUND = 6


class Place(Protocol):
    """What the window asks of a place."""

    def activate(self) -> None: ...
    def store_changed(self, kind: str, ids: frozenset[str]) -> None: ...
    def flush(self) -> None: ...


class Window(QMainWindow):
    """One window, one desk. It paints first; the store and the loop come in when it is on the screen."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.desk = bridge.desk
        self.setWindowTitle("kkassist")
        self.setMinimumSize(_SMALLEST)
        self.resize(_FIRST_SIZE)
        self.commands = Commands(self)
        self.toaster = Toaster(self)
        self.queue = QueuePlace(bridge, self.commands, self.toaster)
        self.uploads = UploadsPlace(bridge, self.commands, self.toaster)
        self.runs = RunsPlace(bridge, self.commands, self.toaster)
        self.outbox = OutboxPlace(bridge, self.commands, self.toaster)
        self.settings = SettingsPlace(bridge, self.commands, self.toaster)
        self._places: dict[str, QWidget] = {
            "queue": self.queue,
            "uploads": self.uploads,
            "runs": self.runs,
            "outbox": self.outbox,
            "settings": self.settings,
        }
        self._lay_out()
        self.palette_panel = Palette(self, self._hits, self._search)
        self.key_sheet = KeySheet(self, self.commands)
        self._add_commands()
        self._wire()
        self._end_loop: Callable[[], None] | None = None
        geometry = QSettings().value("window/geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)

    def start(self, *, loop: bool = True) -> None:
        """After the first paint: fill the place and begin the work outside."""
        self.go("queue")
        self._ask_states()
        self._state_timer.start()
        if loop:
            _, self._end_loop = background.start(self.desk)

    def go(self, place: str) -> None:
        """Show a place."""
        widget = self._places[place]
        self._stack.setCurrentWidget(widget)
        self._rail.show_place(place)
        widget.activate()  # type: ignore[attr-defined]

    def place(self) -> str:
        """The place that is shown."""
        shown = self._stack.currentWidget()
        return next(name for name, widget in self._places.items() if widget is shown)

    def open_case(self, sys_id: str) -> None:
        """Show a case in the queue."""
        self.go("queue")
        self.queue.open_case(sys_id)

    def closeEvent(self, event: QCloseEvent) -> None:
        """What is typed is kept; the loop ends after its page."""
        self.queue.flush()
        QSettings().setValue("window/geometry", self.saveGeometry())
        if self._end_loop is not None:
            self._end_loop()
            self._end_loop = None
        self._bridge.close()
        super().closeEvent(event)

    def _lay_out(self) -> None:
        self._rail = Rail(
            [
                RailPlace("queue", say("Kø"), "queue"),
                RailPlace("uploads", say("Upload"), "upload"),
                RailPlace("runs", say("Robot"), "robot"),
                RailPlace("outbox", say("Udbakke"), "outbox"),
                RailPlace("settings", say("Indstil."), "settings", at_bottom=True),
            ]
        )
        self._stack = QStackedWidget()
        for widget in self._places.values():
            self._stack.addWidget(widget)
        self.sources = SourceBar()
        self.queue.queue.foot.addWidget(self.sources)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._rail)
        row.addWidget(self._stack, 1)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        if self.desk.settings.practice:
            column.addWidget(practice_ribbon())
        column.addLayout(row, 1)
        self.setCentralWidget(whole)

    def _add_commands(self) -> None:
        for number, (place, words) in enumerate(
            (
                ("queue", say("Gå til køen")),
                ("uploads", say("Gå til uploads")),
                ("runs", say("Gå til robotkørsler")),
                ("outbox", say("Gå til udbakken")),
            ),
            start=1,
        ):
            key = f"Ctrl+{number}"
            self.commands.add(Command(f"go.{place}", words, partial(self.go, place), key), self)
        add = self.commands.add
        add(Command("go.settings", say("Gå til indstillinger"), lambda: self.go("settings"), "Ctrl+,"), self)
        add(
            Command("palette", say("Find en handling, en sag eller en person"), self.palette_panel.open, "Ctrl+K"),
            self,
        )
        add(Command("sync", say("Hent nyt fra alle kilder"), self._sync, "F5"), self)
        add(Command("push", say("Send udbakken nu"), self._push, "Ctrl+Shift+S"), self)
        add(Command("keys", say("Vis alle taster"), self.key_sheet.open, "?", more_keys=("F1",)), self)

    def _wire(self) -> None:
        self._rail.went.connect(self.go)
        self._bridge.changed.connect(self._store_changed)
        self._bridge.failed.connect(lambda sentence: self.toaster.tell(Message(sentence, "red")))
        self._bridge.crashed.connect(self._crashed)
        self.queue.unread.connect(lambda count: self._rail.set_waiting("queue", count))
        self.queue.refresh_asked.connect(self._sync)
        self.queue.run_asked.connect(self._run_case)
        self.uploads.run_asked.connect(self._show_run)
        self.runs.batch_asked.connect(self._show_batch)
        self.outbox.case_asked.connect(self.open_case)
        self.outbox.waiting.connect(lambda count: self._rail.set_waiting("outbox", count))
        self.sources.mend.connect(self._mend)
        self._state_timer = QTimer(self)
        self._state_timer.setInterval(_STATUS_MS)
        self._state_timer.timeout.connect(self._ask_states)

    def _store_changed(self, kind: str, ids: frozenset[str]) -> None:
        for widget in self._places.values():
            widget.store_changed(kind, ids)  # type: ignore[attr-defined]
        if kind == "sources":
            self._ask_states()

    def _crashed(self, reference: str) -> None:
        words = say("Der skete en intern fejl. Oplys henvisningen {reference} til support.", reference=reference)
        self.toaster.tell(Message(words, "red"))

    def _ask_states(self) -> None:
        self._bridge.read(lambda: source_verbs.status(self.desk), self._show_states)

    def _show_states(self, states: Sequence[source_verbs.SourceStatus]) -> None:
        known = [one for one in states if one.source != "robots" or one.state != "never"]
        self.sources.show_states([_state(one) for one in known])

    def _sync(self) -> None:
        self.toaster.tell(Message(say("Henter nyt …"), "neutral"))
        stop = self._bridge.stopping
        self._bridge.errand(lambda: source_verbs.sync_now(self.desk, [], stop=stop), self._synced)

    def _synced(self, results: Sequence[SourceResult]) -> None:
        errors = [one.error for one in results if one.error]
        if errors:
            self.toaster.tell(Message(errors[0], "amber"))
        else:
            news = sum(one.created + one.changed for one in results)
            self.toaster.tell(Message(say("Alt er hentet. {count} nye eller ændrede.", count=news)))

    def _push(self) -> None:
        self.queue.flush()
        stop = self._bridge.stopping
        self._bridge.errand(lambda: source_verbs.push_now(self.desk, stop=stop), self._pushed)

    def _pushed(self, pushed: source_verbs.Pushed) -> None:
        parked = len(pushed.refused) + pushed.conflicts
        if parked:
            self.toaster.tell(Message(say("{count} ændringer kræver dig. Se udbakken.", count=parked), "amber"))
        else:
            self.toaster.tell(Message(say("{count} ændringer er sendt.", count=pushed.sent)))

    def _mend(self, system: str) -> None:
        self.settings.sign_in(system)
        self.go("settings")

    def _show_run(self, batch: str) -> None:
        self.go("runs")
        self.runs.open_batch(batch)

    def _show_batch(self, batch: str) -> None:
        self.go("uploads")
        self.uploads.open_batch(batch)

    def _run_case(self, process: str, sys_id: str) -> None:
        self.go("runs")
        self.runs.prepare_case(process, sys_id)

    def _hits(self) -> list[Hit]:
        place = self.place()
        known = [
            Hit(command.text, "", partial(self.commands.run, command.id), self.commands.key_of(command.id))
            for command in self.commands.of(place)
            if command.id != "palette" and not command.id.startswith("view.") and command.can()
        ]
        views = [
            Hit(say("Visning: {name}", name=name), say("kø"), partial(self._go_to_view, view_id), key)
            for view_id, name, key in self.queue.view_names()
        ]
        return [*known, *views]

    def _go_to_view(self, view_id: str) -> None:
        self.go("queue")
        self.queue.choose_view(view_id)

    def _search(self, text: str, then: Callable[[Sequence[Hit]], None]) -> None:
        view = queue_verbs.BUILT_IN[-1]

        def work() -> list[Hit]:
            ids = queue_verbs.ids(self.desk, view, text)[:_FOUND]
            cases = [
                Hit(joined((row.person, row.title)), row.number, partial(self.open_case, row.sys_id))
                for row in queue_verbs.rows(self.desk, ids)
            ]
            persons = [
                Hit(
                    person.name,
                    joined((say("person"), person.employments[0].unit_name if person.employments else "")),
                    partial(self.open_case, person.open_cases[0].sys_id),
                )
                for person in people_verbs.find_person(self.desk, text)[:_FOUND]
                if person.open_cases
            ]
            return [*cases, *persons]

        self._bridge.read(work, then)


def _state(one: source_verbs.SourceStatus) -> SourceState:
    tones: dict[str, Tone] = {
        "ok": "green",
        "never": "neutral",
        "off": "neutral",
        "signed_out": "amber",
        "unreachable": "amber",
    }
    words = {
        "ok": say("i orden"),
        "never": say("ikke hentet"),
        "off": say("ikke sat op"),
        "signed_out": say("log ind"),
        "unreachable": say("svarer ikke"),
    }
    when = say("Senest hentet {when}.", when=moment_text(one.at)) if one.at else ""
    sentence = " ".join(part for part in (one.message, when) if part)
    action = say("Log ind") if one.state == "signed_out" else ""
    return SourceState(one.source, one.name, words[one.state], tones[one.state], sentence, action)
