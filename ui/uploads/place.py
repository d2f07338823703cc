"""The uploads' place: from a file to an approved batch on its way to the robot."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, QSettings, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMenu,
    QProgressBar,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from kkassist.actions import runs as run_verbs
from kkassist.actions import uploads as verbs
from kkassist.actions.desk import Desk
from kkassist.actions.uploads import CheckedFile
from kkassist.domain.batch import Batch, BatchState, Finding
from kkassist.domain.language import say
from kkassist.domain.run import Run
from kkassist.processes.catalogue import catalogue
from kkassist.processes.checking import options_of
from kkassist.processes.settings import tables
from kkassist.processes.words import Option, Process
from ui.bridge import Bridge
from ui.commands import Command, Commands
from ui.theme import dress, follow_theme, large_text, px
from ui.uploads.entries import Entry, EntryList, Group
from ui.uploads.view import BatchView, OpenBatch, sheet_of
from ui.uploads.words import batch_status, counted, process_title
from ui.widgets.buttons import Button
from ui.widgets.empty_state import EmptyState
from ui.widgets.notation import amount_text, joined, moment_text
from ui.widgets.text import Text
from ui.widgets.toast import Message, Toaster

_FILES = "*.xlsx *.xlsm *.xls *.ods *.csv *.xlsb"


class UploadsPlace(QSplitter):
    """`run_asked(batch id)` when the user wants to see a batch's run; also right after it was sent."""

    run_asked = Signal(str)

    def __init__(self, bridge: Bridge, commands: Commands, toaster: Toaster) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._bridge = bridge
        self._desk = bridge.desk
        self._toaster = toaster
        self._batches: Sequence[Batch] = ()
        self._batch = ""
        self._checked: dict[str, tuple[CheckedFile, Path]] = {}
        self._asked = 0
        self._working = False
        self.list = EntryList(say("Uploads"))
        self.view = BatchView()
        self.setAcceptDrops(True)
        self._lay_out()
        self._wire()
        self._add_commands(commands)

    # What the window and the tour call

    def activate(self) -> None:
        """Shown: fill the list and put the focus in it."""
        self._ask_list()
        self.list.setFocus()

    def store_changed(self, kind: str, ids: frozenset[str]) -> None:
        """A batch or its rows changed: show what is true now."""
        if kind not in ("batches", "runs"):
            return
        self._ask_list()
        if self._batch and (not ids or self._batch in ids):
            self._ask_batch()

    def flush(self) -> None:
        """A cell that is being typed in is stored when it is left; nothing else is typed here."""

    def choose_file(self, path: Path, process_id: str = "") -> None:
        """Read and check a file; a process is asked for only where there is more than one with uploads."""
        if process_id:
            self._check(process_id, path)
        else:
            self._with_process(lambda chosen: self._check(chosen, path))

    def open_batch(self, batch_id: str) -> None:
        """Show a batch."""
        self.list.go(batch_id)
        self._show(batch_id)

    def act(self) -> None:
        """The one action of the batch that is shown: send for approval, approve, send to the robot, see the run."""
        self.view.act()

    def current_batch(self) -> str:
        """The id of the batch that is shown, "" for none."""
        return self._batch

    def busy(self) -> bool:
        """Whether a file is being read."""
        return self._working

    # Lay-out

    def _lay_out(self) -> None:
        left = QFrame()
        dress(left, role="list")
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 16, 0, 0)
        column.setSpacing(8)
        head = QVBoxLayout()
        head.setContentsMargins(16, 0, 16, 4)
        head.setSpacing(10)
        head.addWidget(Text(say("Upload"), "page"))
        self._pick = Button(say("Vælg fil …"), mark="upload", keys="Ctrl+O")
        self._pick.clicked.connect(self.ask_file)
        self._template = Button(say("Hent skabelon …"), role="quiet", mark="download")
        self._template.clicked.connect(self.ask_template)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(6)
        self._buttons.addWidget(self._pick)
        self._buttons.addWidget(self._template)
        self._buttons.addStretch(1)
        head.addLayout(self._buttons)
        column.addLayout(head)
        column.addWidget(self.list, 1)
        follow_theme(self, self._stand_buttons)
        self._stand_buttons()
        self._stack = QStackedWidget()
        self._nothing = self._empty(say("Ingen uploads endnu"))
        self._choose_one = EmptyState(
            "upload",
            say("Ingen upload valgt"),
            say("Vælg en i listen, eller træk en fil hertil for at kontrollere den."),
        )
        self._reading = _Reading()
        self._refusal = QFrame()
        QVBoxLayout(self._refusal).setContentsMargins(0, 0, 0, 0)
        for page in (self._nothing, self._choose_one, self._reading, self._refusal, self.view):
            self._stack.addWidget(page)
        left.setMinimumWidth(300)
        self._stack.setMinimumWidth(460)
        self.addWidget(left)
        self.addWidget(self._stack)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self.setStretchFactor(1, 1)
        self.setSizes([376, 1000])
        kept = QSettings().value("uploads/sizes")
        if isinstance(kept, list) and len(kept) == 2:
            self.setSizes([int(size) for size in kept])
        self.splitterMoved.connect(lambda *_: QSettings().setValue("uploads/sizes", self.sizes()))

    def _stand_buttons(self) -> None:
        """Side by side, or over each other where large text leaves no room."""
        narrow = large_text()
        self._buttons.setDirection(
            QHBoxLayout.Direction.TopToBottom if narrow else QHBoxLayout.Direction.LeftToRight
        )
        if narrow and self.count():
            self.setSizes([300, max(460, self.width() - 300)])

    def _empty(self, title: str) -> EmptyState:
        empty = EmptyState(
            "upload",
            title,
            say(
                "Vælg en udfyldt fil, eller træk den hertil. Den kontrolleres her på maskinen; intet sendes endnu."
            ),
            say("Vælg fil …"),
        )
        empty.acted.connect(self.ask_file)
        return empty

    def _wire(self) -> None:
        self.list.chosen.connect(self._show)
        self.list.opened.connect(lambda _: self._focus_work())
        view = self.view
        view.submit_asked.connect(self._submit)
        view.approve_asked.connect(self._approve)
        view.reject_asked.connect(self._reject)
        view.send_asked.connect(self._send)
        view.run_asked.connect(lambda: self.run_asked.emit(self._batch))
        view.copy_asked.connect(self.ask_copy)
        view.repaired.connect(self._repair)

    def _add_commands(self, commands: Commands) -> None:
        here = "uploads"
        add = commands.add
        add(Command("upload.choose", say("Vælg fil til upload"), self.ask_file, "Ctrl+O", here), self)
        add(Command("upload.template", say("Hent skabelon"), self.ask_template, "Ctrl+Shift+O", here), self)
        add(
            Command("upload.act", say("Gør det næste ved uploaden"), self.act, "Ctrl+Return", here, self._has),
            self,
        )
        for name, words, key in (
            ("overview", say("Overblik"), "Alt+1"),
            ("findings", say("Fund"), "Alt+2"),
            ("rows", say("Rækker"), "Alt+3"),
        ):
            go = partial(self._go_segment, name)
            add(Command(f"upload.{name}", words, go, key, here, self._has), self)
        add(Command("upload.copy", say("Gem kopi med fund"), self.ask_copy, "Ctrl+S", here, self._has), self)

    def _has(self) -> bool:
        return bool(self._batch) and self._stack.currentWidget() is self.view

    def _focus_work(self) -> None:
        name = self.view.segment()
        pages: dict[str, QWidget] = {"overview": self.view.overview, "rows": self.view.sheet.table}
        pages.get(name, self.view.findings).setFocus()

    def _go_segment(self, name: str) -> None:
        self.view.show_segment(name)
        self._focus_work()

    # Files

    def ask_file(self) -> None:
        """Let the user pick a file, and check it."""
        self._with_process(self._ask_file_for)

    def _ask_file_for(self, process_id: str) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, say("Vælg fil"), self._folder(), f"{say('Regneark')} ({_FILES})"
        )
        if path:
            QSettings().setValue("uploads/folder", str(Path(path).parent))
            self._check(process_id, Path(path))

    def ask_template(self) -> None:
        """Write the template of a process where the user wants it."""
        self._with_process(self._ask_template_for)

    def _ask_template_for(self, process_id: str) -> None:
        name = str(Path(self._folder()) / f"{process_id}-skabelon.xlsx")
        path, _ = QFileDialog.getSaveFileName(self, say("Gem skabelon"), name, "Excel (*.xlsx)")
        if path:
            self._bridge.read(lambda: verbs.template(self._desk, process_id, Path(path)), self._saved)

    def ask_copy(self) -> None:
        """The user's own file with the findings in place."""
        opened = self.view.opened
        if opened is None or not opened.findings:
            return
        kept = self._checked.get(self._batch)
        source = kept[1] if kept else self._source_of(opened.batch)
        if source is None:
            return
        name = str(source.with_name(f"{source.stem}-fund{_copy_suffix(source)}"))
        target, _ = QFileDialog.getSaveFileName(self, say("Gem kopi med fund"), name, "Excel (*.xlsx *.xlsm)")
        if not target:
            return
        batch_id, findings = self._batch, tuple(opened.findings)

        def work() -> Path:
            checked = kept[0] if kept else verbs.check_file(self._desk, opened.batch.process, source)
            if checked.batch.id == batch_id:
                checked = replace(checked, findings=findings)
            return verbs.marked_copy(checked, source, Path(target))

        self._bridge.commit(work, self._saved)

    def _source_of(self, batch: Batch) -> Path | None:
        """The file itself is not kept: ask where it is."""
        title = say("Hvor er {file}?", file=batch.file_name)
        path, _ = QFileDialog.getOpenFileName(
            self, title, str(Path(self._folder()) / batch.file_name), f"{say('Regneark')} ({_FILES})"
        )
        return Path(path) if path else None

    def _saved(self, path: Path) -> None:
        self._toaster.tell(Message(say("Gemt: {file}", file=path.name)))

    def _folder(self) -> str:
        return str(QSettings().value("uploads/folder", str(Path.home())))

    def _with_process(self, then: Callable[[str], None]) -> None:
        several = uploading()
        if len(several) == 1:
            then(several[0].id)
            return
        menu = QMenu(self)
        for one in several:
            menu.addAction(say(one.title)).triggered.connect(lambda _=False, chosen=one.id: then(chosen))
        menu.popup(self._pick.mapToGlobal(QPoint(0, self._pick.height() + 2)))

    def _check(self, process_id: str, path: Path) -> None:
        self._working = True
        self._reading.show_file(path.name)
        self._stack.setCurrentWidget(self._reading)
        # On the pool of reads: a big file takes seconds, and a draft typed meanwhile must not wait behind it.
        self._bridge.read(
            lambda: verbs.check_file(self._desk, process_id, path),
            lambda checked: self._file_checked(checked, path),
            lambda sentence: self._file_refused(path, sentence),
        )

    def _file_checked(self, checked: CheckedFile, path: Path) -> None:
        self._working = False
        self._checked = {checked.batch.id: (checked, path)}
        self._batch = checked.batch.id
        self._ask_list()
        self._ask_batch()

    def _file_refused(self, path: Path, sentence: str) -> None:
        self._working = False
        layout = self._refusal.layout()
        assert layout is not None
        while (item := layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        empty = EmptyState(
            "error", say("{file} kan ikke bruges", file=path.name), sentence, say("Vælg en anden fil …")
        )
        empty.acted.connect(self.ask_file)
        layout.addWidget(empty)
        self._stack.setCurrentWidget(self._refusal)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """One file from the desktop."""
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Check the file that was dropped."""
        event.acceptProposedAction()
        self.choose_file(Path(event.mimeData().urls()[0].toLocalFile()))

    # The list

    def _ask_list(self) -> None:
        self._bridge.read(lambda: verbs.all_batches(self._desk), self._listed)

    def _listed(self, batches: Sequence[Batch]) -> None:
        self._batches = batches
        waiting = [one for one in batches if one.state is BatchState.SUBMITTED]
        others = [one for one in batches if one.state is not BatchState.SUBMITTED]
        groups: list[Group] = [
            (say("Til godkendelse"), [_entry(one) for one in waiting]),
            (say("Alle andre") if waiting else "", [_entry(one) for one in others]),
        ]
        self.list.show_groups(groups)
        if self._batch:
            self.list.go(self._batch)
        elif batches:
            self.open_batch(self.list.ids()[0])
        elif not self._working and self._stack.currentWidget() is not self._refusal:
            self._stack.setCurrentWidget(self._nothing)

    # The batch

    def _show(self, batch_id: str) -> None:
        if batch_id != self._batch or self._stack.currentWidget() is not self.view:
            self._batch = batch_id
            self._ask_batch()

    def _ask_batch(self) -> None:
        self._asked += 1
        asked, batch_id = self._asked, self._batch
        self._bridge.read(
            lambda: opened_batch(self._desk, batch_id), lambda opened: self._opened(asked, opened), self._gone
        )

    def _opened(self, asked: int, opened: OpenBatch) -> None:
        if asked != self._asked:
            return
        self.view.show_batch(opened)
        if not self._working:
            self._stack.setCurrentWidget(self.view)
        self.list.go(opened.batch.id)
        batch_id = opened.batch.id
        self._bridge.read(lambda: verbs.to_approve(self._desk, batch_id), self.view.show_approval)

    def _gone(self, sentence: str) -> None:
        self._batch = ""
        self._stack.setCurrentWidget(self._choose_one)
        self._toaster.tell(Message(sentence, "amber"))

    # Decisions

    def _submit(self) -> None:
        batch_id = self._batch
        self._bridge.commit(
            lambda: verbs.submit(self._desk, batch_id),
            lambda _: self._tell(
                say("Sendt til godkendelse. En kollega skal se den, før den kan sendes til robotten.")
            ),
        )

    def _approve(self) -> None:
        opened = self.view.opened
        if opened is None:
            return
        batch_id, shown = opened.batch.id, opened.batch.content_hash
        self._bridge.commit(
            lambda: verbs.approve(self._desk, batch_id, shown),
            lambda _: self._tell(say("Godkendt. Batchen kan sendes til robotten.")),
        )

    def _reject(self, reason: str) -> None:
        batch_id = self._batch
        self._bridge.commit(
            lambda: verbs.reject(self._desk, batch_id, reason),
            lambda _: self._tell(say("Afvist og sendt tilbage.")),
        )

    def _send(self) -> None:
        batch_id = self._batch
        self._bridge.commit(lambda: run_verbs.send(self._desk, batch_id), self._sent)

    def _sent(self, run: Run) -> None:
        self._tell(say("{rows} rækker er på vej til robotten.", rows=counted(run.total)))
        self.run_asked.emit(run.batch)

    def _repair(self, row: int, column: str, text: str) -> None:
        batch_id = self._batch
        self._bridge.commit(
            lambda: verbs.repair_row(self._desk, batch_id, row, {column: text}),
            lambda found: self._repaired(row, found),
            lambda sentence: self.view.sheet.refused(row, column, text, sentence),
        )

    def _repaired(self, row: int, found: Sequence[Finding]) -> None:
        if not found:
            self._tell(say("Række {row} er i orden nu.", row=row))

    def _tell(self, words: str) -> None:
        self._toaster.tell(Message(words))


class _Reading(QWidget):
    """While a file is read: what is being done, and that it goes on."""

    def __init__(self) -> None:
        super().__init__()
        self._words = Text("", "strong", wrap=True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        more = Text(say("En stor fil kan tage et halvt minut. Du kan arbejde videre imens."), "label", wrap=True)
        more.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setFixedWidth(px(280))
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch(1)
        column.addWidget(self._words)
        column.addWidget(bar, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(more)
        column.addStretch(1)

    def show_file(self, name: str) -> None:
        self._words.setText(say("Læser og kontrollerer {file} …", file=name))
        self.setAccessibleName(self._words.text())


def uploading() -> list[Process]:
    """The processes that take uploads."""
    return [one for one in catalogue().values() if one.upload is not None]


def opened_batch(desk: Desk, batch_id: str) -> OpenBatch:
    """A batch with all that is shown of it at once, read beside the window."""
    batch = verbs.batch(desk, batch_id)
    process = catalogue().get(batch.process)
    upload = process.upload if process else None
    rows = run_verbs.rows(desk, batch_id)
    findings = verbs.findings(desk, batch_id)
    sheet = replace(sheet_of(batch, upload, rows, findings), options=listed_options(desk, process))
    return OpenBatch(batch, rows, findings, sheet, verbs.why_not_approve(desk, batch_id), upload)


def listed_options(desk: Desk, process: Process | None) -> dict[str, Sequence[Option]]:
    """Column id → the values it may have, where the process or its settings list them."""
    if process is None or process.upload is None:
        return {}
    own = tables(process, desk.settings)
    return {
        column.id: found
        for column in process.upload.columns
        if (found := options_of(column, lambda name: own.get(name, {})))
    }


def _entry(batch: Batch) -> Entry:
    about = joined(
        (say("{rows} rækker", rows=counted(batch.rows)), amount_text(batch.total), process_title(batch.process))
    )
    detail = joined((batch.made_by, moment_text(batch.made_at).split(" ", 1)[1]))
    return Entry(batch.id, batch.file_name, about, detail, batch_status(batch))


def _copy_suffix(source: Path) -> str:
    return source.suffix.lower() if source.suffix.lower() in (".xlsx", ".xlsm") else ".xlsx"
