"""One run: how far it is, its rows as they come back, and what still asks for somebody."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QSplitter,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from kkassist.domain.batch import Batch, BatchRow, BatchState, RowState
from kkassist.domain.language import say
from kkassist.domain.run import Run
from kkassist.processes.words import Column as FileColumn
from kkassist.processes.words import Option, Process
from ui.runs.detail import RowDetail
from ui.runs.progress import can_stop, is_open, progress_of
from ui.table import Column, Index, RowsTable
from ui.theme import Tone, dress, follow_theme, large_text, px
from ui.uploads.ask_bar import Answer, AskBar
from ui.uploads.entries import paint_pill
from ui.uploads.words import counted, process_title, row_status, run_status
from ui.widgets.buttons import Button, PrimaryAction
from ui.widgets.empty_state import EmptyState
from ui.widgets.icon_mark import IconMark
from ui.widgets.notation import COPENHAGEN, amount_text, decimal_text, joined, moment_text
from ui.widgets.progress_strip import ProgressStrip
from ui.widgets.status_pill import StatusPill
from ui.widgets.text import Elided, Text

_EDGE = 24
_STATE_COLUMN = 3
_ORDER = (
    RowState.DONE,
    RowState.REFUSED,
    RowState.FAILED,
    RowState.UNKNOWN,
    RowState.RUNNING,
    RowState.QUEUED,
    RowState.APPROVED,
    RowState.CANCELLED,
    RowState.CHECKED,
    RowState.DRAFT,
)
_NOT_DONE = (RowState.REFUSED, RowState.FAILED)


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run with all that is shown of it at once. `batch` is None for the run of a single case."""

    run: Run
    batch: Batch | None
    rows: Sequence[BatchRow]
    process: Process | None
    options: Mapping[str, Sequence[Option]]
    case_number: str = ""

    @property
    def title(self) -> str:
        """The file's name or the case's number."""
        return self.batch.file_name if self.batch else self.case_number or process_title(self.run.process)


class RunView(QWidget):
    """Shows one run; every wish of the user's is a signal, and the place carries it out."""

    stop_asked = Signal()
    retry_asked = Signal()
    receipt_asked = Signal()
    batch_asked = Signal()
    row_chosen = Signal(str)
    """The reference of the row whose evidence is wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: OpenRun | None = None
        self._head = _Head()
        self.strip = ProgressStrip(say("Svar fra robotten"))
        self.strip.stopped.connect(self.ask_to_stop)
        self._why = _Line()
        self.filters = _Filters()
        self.filters.chosen.connect(self._refill)
        self._process: Process | None = None
        self.table: RowsTable[BatchRow] = RowsTable(say("Rækker"), _columns(lambda: self._process))
        self.table.setItemDelegateForColumn(_STATE_COLUMN, _PillDelegate(self.table))
        self.table.chosen.connect(self._choose)
        self.detail = RowDetail()
        self.ask = AskBar()
        self.foot = _Foot()
        self.foot.retry.clicked.connect(self.retry_asked)
        self.foot.receipt.clicked.connect(self.receipt_asked)
        self.foot.batch.clicked.connect(self.batch_asked)
        self._lay_out()

    def show_run(self, opened: OpenRun, at: datetime) -> None:
        """Show a run, or the same one as it stands now (`at`)."""
        other = self.opened is None or self.opened.run.id != opened.run.id
        self.opened, self._process = opened, opened.process
        self._head.show_run(opened)
        self.strip.set_progress(progress_of(opened.run, at))
        if not self.ask.isVisible():
            self.strip.offer_stop(can_stop(opened.run))
        self._why.show_text(opened.run.detail, "amber")
        self.filters.show_rows(opened.rows)
        if other:
            self.filters.reset()
            self.ask.close_question()
        self.foot.show_run(opened)
        self._refill()
        if other and self.shown():
            self.table.go(0)

    def show_time(self, at: datetime) -> None:
        """Rate and time left as they are now."""
        if self.opened is not None and is_open(self.opened.run) and not self.ask.isVisible():
            self.strip.set_progress(progress_of(self.opened.run, at))
            self.strip.offer_stop(can_stop(self.opened.run))

    def shown(self) -> Sequence[BatchRow]:
        """The rows that pass the filter."""
        return self.table.rows.rows

    def choose_row(self, row: int) -> None:
        """To a row, by Excel's number."""
        at = next((place for place, one in enumerate(self.shown()) if one.row == row), -1)
        if at >= 0:
            self.table.go(at)

    def ask_to_stop(self) -> None:
        """Ask before the run is stopped, in place."""
        self.ask.ask(
            say("Stop kørslen? Rækker, robotten er i gang med, gøres færdige. Resten tages tilbage."),
            [Answer(say("Stop kørslen"), lambda _: self.stop_asked.emit(), "danger")],
            let_go=lambda: self.strip.offer_stop(self.opened is not None and can_stop(self.opened.run)),
        )

    def _lay_out(self) -> None:
        left = QWidget()
        body = QVBoxLayout(left)
        body.setContentsMargins(_EDGE, 0, 16, 12)
        body.setSpacing(12)
        body.addWidget(self.strip)
        body.addWidget(self._why)
        body.addWidget(self.filters)
        body.addWidget(self.table, 1)
        body.addWidget(self.ask)
        self.detail.setMinimumWidth(260)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setHandleWidth(1)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(left)
        self._split.addWidget(self.detail)
        self._split.setStretchFactor(0, 1)
        self._split.setSizes([700, 330])
        self.detail.hide()
        follow_theme(self, self._stand_panes)
        self._stand_panes()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(self._split, 1)
        column.addWidget(self.foot)

    def _stand_panes(self) -> None:
        """The row's detail beside the table, or under it where large text leaves no room."""
        self._split.setOrientation(Qt.Orientation.Vertical if large_text() else Qt.Orientation.Horizontal)
        self.table.setMinimumHeight(px(84))

    def _refill(self) -> None:
        if self.opened is None:
            return
        current = self._current()
        wanted = self.filters.states()
        rows = [one for one in self.opened.rows if not wanted or one.state in wanted]
        self.table.show_rows(rows)
        at = next((place for place, one in enumerate(rows) if one.reference == current), -1)
        if at < 0:
            self.detail.setVisible(bool(rows) and bool(current))
            if rows and current:
                self.table.selectRow(0)
            return
        if self.table.currentIndex().row() != at:
            self.table.selectRow(at)
        else:
            self.row_chosen.emit(current)

    def _current(self) -> str:
        row = self.detail.row()
        return row.reference if row is not None else ""

    def _choose(self, number: int) -> None:
        rows = self.shown()
        if 0 <= number < len(rows):
            self.row_chosen.emit(rows[number].reference)


class _Head(QFrame):
    """File or case, process, who started it and when, and how it stands."""

    def __init__(self) -> None:
        super().__init__()
        dress(self, role="head")
        self._title = Elided("", "section")
        self._state = StatusPill("neutral", "")
        self._about = Elided("", "label")
        self._sum = Text("", "label")
        first = QHBoxLayout()
        first.setSpacing(12)
        first.addWidget(self._title, 1)
        first.addWidget(self._state)
        second = QHBoxLayout()
        second.setSpacing(12)
        second.addWidget(self._about, 1)
        second.addWidget(self._sum)
        column = QVBoxLayout(self)
        column.setContentsMargins(_EDGE, 16, _EDGE, 12)
        column.setSpacing(4)
        column.addLayout(first)
        column.addLayout(second)

    def show_run(self, opened: OpenRun) -> None:
        run = opened.run
        status = run_status(run)
        self._state.set_status(status.tone, status.word, status.mark)
        self._title.show_text(opened.title)
        started = say("startet af {user} {when}", user=run.started_by, when=moment_text(run.started_at))
        whole = len(opened.rows)
        part = (
            say("{part} af filens {whole} rækker", part=counted(run.total), whole=counted(whole))
            if run.total < whole
            else ""
        )
        self._about.show_text(joined((process_title(run.process), started, part)))
        self._sum.setText(amount_text(opened.batch.total) if opened.batch and opened.batch.total else "")


class _Line(QWidget):
    """An icon and a sentence, hidden while there is nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self._mark, self._words = IconMark("warning", "amber", 16), Text("", "body", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)
        self.hide()

    def show_text(self, text: str, tone: Tone) -> None:
        self._words.setText(text)
        dress(self._words, tone=tone)
        self.setVisible(bool(text))


class _Filters(QWidget):
    """A button for each state there is, with its icon and count; one at a time narrows the table."""

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._wanted: RowState | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._group = QButtonGroup(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._every = self._button(Button(say("Alle"), role="segment"), None)
        self._every.setChecked(True)
        self._buttons: dict[RowState, Button] = {}
        for state in _ORDER:
            status = row_status(state)
            self._buttons[state] = self._button(Button(status.word, role="segment", mark=status.mark), state)
        self._row.addStretch(1)

    def show_rows(self, rows: Sequence[BatchRow]) -> None:
        counts = Counter(one.state for one in rows)
        self._every.set_words(say("Alle {count}", count=counted(len(rows))))
        for state, button in self._buttons.items():
            word = _FILTER_WORDS.get(state, "")
            words = say(word) if word else row_status(state).word
            button.set_words(f"{words} {counted(counts[state])}")
            button.setVisible(counts[state] > 0 or self._wanted is state)

    def reset(self) -> None:
        self._wanted = None
        self._every.setChecked(True)

    def choose(self, state: RowState | None) -> None:
        """Narrow to a state, None for all rows."""
        (self._every if state is None else self._buttons[state]).click()

    def states(self) -> frozenset[RowState]:
        return frozenset({self._wanted}) if self._wanted else frozenset()

    def words(self) -> list[str]:
        """What the visible buttons say."""
        return [one.words() for one in (self._every, *self._buttons.values()) if not one.isHidden()]

    def _button(self, button: Button, state: RowState | None) -> Button:
        button.setCheckable(True)
        self._group.addButton(button)
        button.clicked.connect(lambda: self._choose(state))
        self._row.addWidget(button)
        return button

    def _choose(self, state: RowState | None) -> None:
        self._wanted = state
        self.chosen.emit()


_FILTER_WORDS: dict[RowState, str] = {RowState.UNKNOWN: "Ukendt"}


class _Foot(QFrame):
    """What still asks for somebody, in a sentence, and the acts on the whole run."""

    def __init__(self) -> None:
        super().__init__()
        dress(self, role="foot")
        self.words = Text("", "label", wrap=True)
        self.receipt = Button(say("Kvittering …"), mark="receipt", keys="Ctrl+S")
        self.batch = Button(say("Gå til upload"), mark="open")
        self.retry = PrimaryAction(say("Prøv de afviste igen"), keys="Ctrl+Return", mark="retry", bind=False)
        acts = QHBoxLayout()
        acts.setSpacing(8)
        acts.addStretch(1)
        for button in (self.batch, self.receipt, self.retry):
            acts.addWidget(button)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(_EDGE, 10, _EDGE, 10)
        self._box.setSpacing(8)
        self._box.addWidget(self.words, 1)
        self._box.addLayout(acts)
        follow_theme(self, self._stand)
        self._stand()

    def _stand(self) -> None:
        down, across = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        self._box.setDirection(down if large_text() else across)

    def show_run(self, opened: OpenRun) -> None:
        batch = opened.batch
        not_done = sum(one.state in _NOT_DONE for one in opened.rows)
        state = batch.state if batch else None
        waits = state in (BatchState.DRAFT, BatchState.CHECKED, BatchState.SUBMITTED, BatchState.REJECTED)
        approved = state is BatchState.APPROVED
        self.receipt.setVisible(batch is not None)
        self.batch.setVisible(batch is not None and (waits or not large_text()))
        self.retry.setVisible(batch is not None and (not_done > 0 or approved) and not is_open(opened.run))
        self.retry.setEnabled(state in (BatchState.FINISHED, BatchState.APPROVED))
        self.retry.set_words(say("Send de rettede igen") if approved else say("Prøv de afviste igen"))
        self.words.setText(_foot_words(opened, not_done, waits=waits))
        self.words.setVisible(waits or not large_text())
        self.retry.setToolTip("" if self.retry.isEnabled() else self.words.text())

    def can_retry(self) -> bool:
        return self.retry.isEnabled() and not self.retry.isHidden()


def _foot_words(opened: OpenRun, not_done: int, *, waits: bool) -> str:
    run = opened.run
    if waits:
        return say("Der er rettede rækker. De skal godkendes af en kollega, før de kan køres: gå til uploaden.")
    if is_open(run):
        return say("Svarene kommer ind af sig selv. Du kan lukke kkassist; intet går tabt.")
    unknown = say(
        "Ukendt udfald: {count}. Vælg rækken, se efter i OPUS, og afgør den.", count=counted(run.unknown)
    )
    mend = say("Ikke udført: {count}. Ret, hvor der er noget at rette, eller prøv igen.", count=counted(not_done))
    asks = [unknown] if run.unknown else []
    asks += [mend] if not_done and opened.batch is not None else []
    if asks or opened.batch is None:
        return " ".join(asks)
    return say("Gem kvitteringen på sagen.")


class _PillDelegate(QStyledItemDelegate):
    """A row's state as a pill: icon, word and colour."""

    def __init__(self, table: RowsTable[BatchRow]) -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        plain = QStyleOptionViewItem(option)
        self.initStyleOption(plain, index)
        plain.text = ""
        style = self._table.style()
        style.drawControl(style.ControlElement.CE_ItemViewItem, plain, painter, self._table)
        paint_pill(
            painter, option.rect.adjusted(6, 0, -4, 0), row_status(self._table.rows.rows[index.row()].state)
        )


def _columns(process: Callable[[], Process | None]) -> list[Column[BatchRow]]:
    return [
        Column(say("Række"), lambda row: str(row.row), right=True, width=64),
        Column(say("Navn og tjenestenr."), lambda row: name_of(row, process()), width=190),
        Column(say("Beløb"), lambda row: amount_of(row, process()), right=True, width=100),
        Column(say("Tilstand"), lambda row: row_status(row.state).word, width=168),
        Column(say("Robottens svar"), lambda row: " ".join(row.message.split()) or row.evidence, width=260),
        Column(say("Forsøg"), lambda row: str(row.tries) if row.tries else "", right=True, width=64),
        Column(say("Færdig"), _finished, width=96),
        Column(say("Reference"), lambda row: row.reference, width=300),
    ]


def name_of(row: BatchRow, process: Process | None) -> str:
    """The person's name and tjenestenr., as far as the row has them."""
    upload = process.upload if process else None
    name = row.values.get(upload.name if upload else "navn", "")
    return joined((name, row.values.get(upload.person if upload else "tjenestenr", "")))


def amount_of(row: BatchRow, process: Process | None) -> str:
    """The row's amount with Danish separators, "" where the process has none."""
    column = process.upload.amount if process and process.upload else ""
    text = row.values.get(column, "") if column else ""
    try:
        return decimal_text(Decimal(text)) if text else ""
    except InvalidOperation:
        return text


def _finished(row: BatchRow) -> str:
    return f"{row.finished_at.astimezone(COPENHAGEN):%H:%M:%S}" if row.finished_at else ""


def columns_of(process: Process | None) -> Sequence[FileColumn]:
    """What a row of the process holds: the file's columns, or the form's fields as such."""
    if process is None:
        return ()
    if process.upload is not None:
        return process.upload.columns
    return [FileColumn(one.id, one.label, one.kind, required=one.required) for one in process.fields]


def nothing_yet() -> EmptyState:
    """No run at all."""
    return EmptyState(
        "robot",
        say("Ingen kørsler endnu"),
        say("En godkendt upload sendes til robotten under Upload, og en enkelt sag sendes fra køen med Ctrl+R."),
    )
