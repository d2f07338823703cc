"""The robots' place: every run, followed live; what was refused is mended and tried again, the receipt is kept."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QSplitter, QStackedWidget, QVBoxLayout

from kkassist.actions import queue as queue_verbs
from kkassist.actions import runs as verbs
from kkassist.actions import uploads as upload_verbs
from kkassist.actions.desk import Desk
from kkassist.domain.batch import BatchRow, BatchState, Finding, RowState
from kkassist.domain.language import say
from kkassist.domain.run import Run
from kkassist.processes import kinds
from kkassist.processes.catalogue import catalogue
from kkassist.processes.words import Kind, Process
from ui.bridge import Bridge
from ui.commands import Command, Commands
from ui.runs.case import CaseRunView, PreparedCase
from ui.runs.detail import RowFacts, Try
from ui.runs.progress import is_open
from ui.runs.view import OpenRun, RunView, columns_of, name_of, nothing_yet
from ui.theme import dress
from ui.uploads.ask_bar import Answer
from ui.uploads.entries import Entry, EntryList, Group
from ui.uploads.place import listed_options
from ui.uploads.view import mendable_rows
from ui.uploads.words import counted, process_title, run_status
from ui.widgets.empty_state import EmptyState
from ui.widgets.notation import joined, moment_text
from ui.widgets.text import Text
from ui.widgets.toast import Message, Toaster

_TICK_MS = 1_000
"""Rate and time left are worked out anew this often while a run is open."""


class RunsPlace(QSplitter):
    """`batch_asked(batch id)` when the user wants to see a run's upload."""

    batch_asked = Signal(str)

    def __init__(self, bridge: Bridge, commands: Commands, toaster: Toaster) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._bridge = bridge
        self._desk = bridge.desk
        self._toaster = toaster
        self._run = ""
        self._batch_to_show = ""
        self._asked = 0
        self._row_asked = 0
        self._prepared: PreparedCase | None = None
        self.list = EntryList(say("Robotkørsler"))
        self.view = RunView()
        self.case = CaseRunView()
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._show_time)
        self._lay_out()
        self._wire()
        self._add_commands(commands)

    # What the window and the tour call

    def activate(self) -> None:
        """Shown: fill the list and put the focus in it."""
        self._ask_list()
        self.list.setFocus()

    def store_changed(self, kind: str, ids: frozenset[str]) -> None:  # noqa: ARG002 - a place's signature
        """A run or its rows changed: show what is true now."""
        if kind in ("runs", "batches"):
            self._ask_list()
            if self._run:
                self._ask_run()

    def flush(self) -> None:
        """What is typed in a row's repair is kept only when it is stored by the user: it costs an approval."""

    def open_run(self, run_id: str) -> None:
        """Show a run."""
        self._prepared = None
        self._batch_to_show = ""
        self.list.go(run_id)
        self._show(run_id)

    def open_batch(self, batch_id: str) -> None:
        """Show the newest run of a batch."""
        self._prepared = None
        self._batch_to_show = batch_id
        self._ask_list()

    def prepare_case(self, process: str, sys_id: str) -> None:
        """Show exactly what would be sent of a case, before anything is."""
        self._stack.setCurrentWidget(self._wait)
        self._bridge.read(lambda: _prepared(self._desk, process, sys_id), self._show_case, self._case_refused)

    def act(self) -> None:
        """The one action: hand the prepared case over, or try what was not done again."""
        if self._stack.currentWidget() is self.case:
            self.case.act()
        elif self.view.foot.can_retry():
            self._retry()

    def current_run(self) -> str:
        """The id of the run that is shown, "" for none."""
        return self._run

    # Lay-out

    def _lay_out(self) -> None:
        left = QFrame()
        dress(left, role="list")
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 16, 0, 0)
        column.setSpacing(8)
        head = QVBoxLayout()
        head.setContentsMargins(16, 0, 16, 4)
        head.addWidget(Text(say("Robot"), "page"))
        column.addLayout(head)
        column.addWidget(self.list, 1)
        self._stack = QStackedWidget()
        self._nothing = nothing_yet()
        self._wait = QFrame()
        self._refusal = QFrame()
        QVBoxLayout(self._refusal).setContentsMargins(0, 0, 0, 0)
        for page in (self._nothing, self._wait, self._refusal, self.case, self.view):
            self._stack.addWidget(page)
        left.setMinimumWidth(280)
        self._stack.setMinimumWidth(520)
        self.addWidget(left)
        self.addWidget(self._stack)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self.setStretchFactor(1, 1)
        self.setSizes([340, 1040])
        kept = QSettings().value("runs/sizes")
        if isinstance(kept, list) and len(kept) == 2:
            self.setSizes([int(size) for size in kept])
        self.splitterMoved.connect(lambda *_: QSettings().setValue("runs/sizes", self.sizes()))

    def _wire(self) -> None:
        self.list.chosen.connect(self._chosen)
        self.list.opened.connect(lambda _: self.view.table.setFocus())
        self.case.send_asked.connect(self._send_case)
        self.case.left.connect(self._leave_case)
        view = self.view
        view.stop_asked.connect(self._stop)
        view.retry_asked.connect(self._retry)
        view.receipt_asked.connect(self.ask_receipt)
        view.batch_asked.connect(self._see_batch)
        view.row_chosen.connect(self._ask_row)
        view.detail.repaired.connect(self._repair)
        view.detail.look_up_asked.connect(self._look_up)
        view.detail.settle_asked.connect(self._ask_to_settle)

    def _add_commands(self, commands: Commands) -> None:
        here = "runs"
        add = commands.add
        add(Command("run.act", say("Send sagen, eller prøv de afviste igen"), self.act, "Ctrl+Return", here), self)
        add(Command("run.receipt", say("Gem kvittering"), self.ask_receipt, "Ctrl+S", here, self._has_batch), self)
        add(
            Command("run.stop", say("Stop kørslen"), self.view.ask_to_stop, "Ctrl+Shift+X", here, self._is_open),
            self,
        )
        add(
            Command("run.batch", say("Gå til kørslens upload"), self._see_batch, "Ctrl+U", here, self._has_batch),
            self,
        )

    def _has_batch(self) -> bool:
        opened = self.view.opened
        return self._stack.currentWidget() is self.view and opened is not None and opened.batch is not None

    def _is_open(self) -> bool:
        opened = self.view.opened
        return self._stack.currentWidget() is self.view and opened is not None and is_open(opened.run)

    # The list

    def _ask_list(self) -> None:
        self._bridge.read(lambda: listed_runs(self._desk), self._listed)

    def _listed(self, runs: Sequence[tuple[Run, str]]) -> None:
        going = [_entry(run, title) for run, title in runs if is_open(run)]
        ended = [_entry(run, title) for run, title in runs if not is_open(run)]
        groups: list[Group] = [(say("I gang"), going), (say("Afsluttede") if going else "", ended)]
        self.list.show_groups(groups)
        self._tick.start() if going else self._tick.stop()
        if self._batch_to_show:
            newest = next((run.id for run, _ in runs if run.batch == self._batch_to_show), "")
            self._batch_to_show = ""
            if newest:
                self.open_run(newest)
                return
        if self._prepared is not None or self._stack.currentWidget() in (self._wait, self._refusal, self.case):
            return
        if self._run:
            self.list.go(self._run)
        elif runs:
            self.open_run(self.list.ids()[0])
        else:
            self._stack.setCurrentWidget(self._nothing)

    # The run

    def _chosen(self, run_id: str) -> None:
        self._prepared = None
        self._show(run_id)

    def _show(self, run_id: str) -> None:
        if run_id != self._run or self._stack.currentWidget() is not self.view:
            self._run = run_id
            self._ask_run()

    def _ask_run(self) -> None:
        self._asked += 1
        asked, run_id = self._asked, self._run
        self._bridge.read(lambda: opened_run(self._desk, run_id), lambda opened: self._opened(asked, opened))

    def _opened(self, asked: int, opened: OpenRun) -> None:
        if asked != self._asked:
            return
        if self._prepared is None:
            self._stack.setCurrentWidget(self.view)
        self.view.show_run(opened, self._desk.clock())
        self.list.go(opened.run.id)

    def _show_time(self) -> None:
        if self.isVisible():
            self.view.show_time(self._desk.clock())

    def _ask_row(self, reference: str) -> None:
        self._row_asked += 1
        asked = self._row_asked
        self._bridge.read(
            lambda: list(verbs.attempts(self._desk, reference)),
            lambda tries: self._show_row(reference, tries) if asked == self._row_asked else None,
        )

    def _show_row(self, reference: str, tries: Sequence[Try]) -> None:
        opened = self.view.opened
        row = next((one for one in opened.rows if one.reference == reference), None) if opened else None
        if opened is None or row is None:
            return
        self.view.detail.show_row(
            RowFacts(
                row,
                name_of(row, opened.process),
                columns_of(opened.process),
                opened.options,
                mendable=_can_mend(opened, row),
                can_look_up=opened.batch is not None,
                tries=tries,
            )
        )
        self.view.detail.show()

    # What the user does

    def _stop(self) -> None:
        run_id = self._run
        self._bridge.commit(
            lambda: verbs.cancel(self._desk, run_id),
            lambda _: self._tell(say("Kørslen stoppes. Rækker i gang gøres færdige.")),
        )

    def _retry(self) -> None:
        opened = self.view.opened
        if opened is None or opened.batch is None:
            return
        batch = opened.batch
        only_approved = batch.state is BatchState.APPROVED
        self._bridge.commit(
            lambda: (verbs.send if only_approved else verbs.retry)(self._desk, batch.id), self._started
        )

    def _started(self, run: Run) -> None:
        self._tell(say("{rows} rækker er på vej til robotten.", rows=counted(run.total)))
        self.open_run(run.id)

    def _repair(self, row: int, texts: dict[str, str]) -> None:
        opened = self.view.opened
        if opened is None or opened.batch is None:
            return
        batch_id = opened.batch.id
        self._bridge.commit(
            lambda: upload_verbs.repair_row(self._desk, batch_id, row, texts),
            lambda found: self._repaired(row, found),
            self.view.detail.refused,
        )

    def _repaired(self, row: int, found: Sequence[Finding]) -> None:
        if found:
            self.view.detail.refused(" ".join(one.message for one in found))
        else:
            self._tell(say("Række {row} er rettet. Den skal godkendes igen, før den kan køres.", row=row))

    def _look_up(self) -> None:
        opened = self.view.opened
        if opened is not None and opened.batch is not None:
            batch_id = opened.batch.id
            self._bridge.commit(lambda: verbs.look_up_unknown(self._desk, batch_id), self._looked_up)

    def _looked_up(self, answered: int) -> None:
        if answered:
            self._tell(say("Robotten har svaret på {count} rækker.", count=answered))
        else:
            self._toaster.tell(Message(say("Robotten ved det heller ikke. Slå rækken op i OPUS."), "violet"))

    def _ask_to_settle(self, reference: str) -> None:
        self.view.ask.ask(
            say("Hvad så du i OPUS?"),
            [
                Answer(say("Udført i OPUS"), lambda why: self._settle(reference, RowState.DONE, why)),
                Answer(say("Ikke udført"), lambda why: self._settle(reference, RowState.FAILED, why)),
            ],
            reason=say("Skriv, hvad du så, og hvornår"),
        )

    def _settle(self, reference: str, outcome: RowState, reason: str) -> None:
        self._bridge.commit(
            lambda: verbs.settle_unknown(self._desk, reference, outcome, reason),
            lambda _: self._settled(outcome),
        )

    def _settled(self, outcome: RowState) -> None:
        done = outcome is RowState.DONE
        self._tell(
            say("Rækken er afgjort som udført.") if done else say("Rækken er ikke udført og kan køres igen.")
        )
        self._ask_run()

    def ask_receipt(self) -> None:
        """Save the batch's receipt where the user wants it."""
        opened = self.view.opened
        if opened is None or opened.batch is None:
            return
        batch = opened.batch
        folder = str(QSettings().value("uploads/folder", str(Path.home())))
        name = say("kvittering-{file}", file=Path(batch.file_name).stem)
        path, _ = QFileDialog.getSaveFileName(
            self, say("Gem kvittering"), str(Path(folder) / f"{name}.xlsx"), "Excel (*.xlsx)"
        )
        if path:
            self.save_receipt(Path(path))

    def save_receipt(self, path: Path) -> None:
        """Write the receipt of the run's batch to `path`."""
        opened = self.view.opened
        if opened is not None and opened.batch is not None:
            batch_id = opened.batch.id
            self._bridge.read(
                lambda: verbs.receipt(self._desk, batch_id, path),
                lambda saved: self._tell(say("Kvitteringen er gemt: {file}", file=saved.name)),
            )

    def _see_batch(self) -> None:
        opened = self.view.opened
        if opened is not None and opened.batch is not None:
            self.batch_asked.emit(opened.batch.id)

    # A single case

    def _show_case(self, prepared: PreparedCase) -> None:
        self._prepared = prepared
        self.case.show_case(prepared)
        self._stack.setCurrentWidget(self.case)
        self.case.primary.setFocus()

    def _case_refused(self, sentence: str) -> None:
        self._prepared = None
        layout = self._refusal.layout()
        assert layout is not None
        while (item := layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        layout.addWidget(EmptyState("error", say("Sagen kan ikke sendes til robotten"), sentence))
        self._stack.setCurrentWidget(self._refusal)

    def _send_case(self) -> None:
        prepared = self._prepared
        if prepared is not None:
            self._bridge.commit(
                lambda: verbs.run_case(self._desk, prepared.process, prepared.sys_id),
                self._started,
                self._case_refused,
            )

    def _leave_case(self) -> None:
        self._prepared = None
        self._stack.setCurrentWidget(self._nothing)
        self._run = ""
        self._ask_list()

    def _tell(self, words: str) -> None:
        self._toaster.tell(Message(words))


def opened_run(desk: Desk, run_id: str) -> OpenRun:
    """A run with all that is shown of it at once, read beside the window."""
    run = verbs.run(desk, run_id)
    process = catalogue().get(run.process)
    batch = upload_verbs.batch(desk, run.batch) if run.batch else None
    rows = verbs.rows(desk, run.batch or run.id)
    number = _case_numbers(desk, [run.case_id]).get(run.case_id, "") if run.case_id else ""
    return OpenRun(run, batch, rows, process, listed_options(desk, process), number)


def listed_runs(desk: Desk) -> list[tuple[Run, str]]:
    """Every run with its title, newest first."""
    several = verbs.all_runs(desk)
    files = {one.id: one.file_name for one in upload_verbs.all_batches(desk)}
    cases = _case_numbers(desk, [one.case_id for one in several if one.case_id])
    return [(one, files.get(one.batch) or cases.get(one.case_id) or process_title(one.process)) for one in several]


def _case_numbers(desk: Desk, sys_ids: Sequence[str]) -> dict[str, str]:
    return {row.sys_id: row.number for row in queue_verbs.rows(desk, sys_ids)} if sys_ids else {}


def _can_mend(opened: OpenRun, row: BatchRow) -> bool:
    """Refused and failed rows of an upload, once the run is over."""
    not_done = row.state in (RowState.REFUSED, RowState.FAILED)
    return not_done and opened.batch is not None and mendable_rows(opened.batch, row)


def _prepared(desk: Desk, process_id: str, sys_id: str) -> PreparedCase:
    dry = verbs.dry_run_case(desk, process_id, sys_id)
    process = catalogue().get(process_id)
    number = _case_numbers(desk, [sys_id]).get(sys_id, "") or process_title(process_id)
    content = [(name, _shown(name, value, process)) for item in dry.items for name, value in item.content.items()]
    return PreparedCase(process_id, sys_id, number, dry.platform, dry.queue, dry.release, content)


def _shown(name: str, value: str, process: Process | None) -> str:
    """A value as it is sent; a CPR number is masked on the screen."""
    fields = dict(process.robot.content) if process and process.robot else {}
    kind = next((one.kind for one in process.fields if one.id == fields.get(name)), None) if process else None
    return kinds.show(value, Kind.CPR) if kind is Kind.CPR else value


def _entry(run: Run, title: str) -> Entry:
    about = joined((moment_text(run.started_at).split(" ", 1)[1], process_title(run.process)))
    share = run.done / run.total if run.total else 0.0
    detail = f"{counted(run.done)}/{counted(run.total)}"
    return Entry(run.id, title, about, detail, run_status(run), share if is_open(run) else None)
