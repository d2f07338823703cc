"""One batch: what it is, how far it is, what was found, its rows, and the one thing to do next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from kkassist.actions.uploads import ToApprove
from kkassist.domain.batch import Batch, BatchRow, BatchState, Finding, RowState, Severity
from kkassist.domain.language import say
from kkassist.processes.words import Upload
from ui.icons import IconName
from ui.theme import ColorName, Tone, dress, follow_theme, large_text
from ui.uploads.ask_bar import Answer, AskBar
from ui.uploads.overview import FigureStrip, Overview
from ui.uploads.rows import Sheet, SheetTable, sheet_findings, worst
from ui.uploads.words import batch_status, counted, process_title
from ui.widgets.buttons import Button, PrimaryAction
from ui.widgets.empty_state import EmptyState
from ui.widgets.findings import FindingLine, FindingsList, InlineFinding
from ui.widgets.icon_mark import IconMark
from ui.widgets.notation import joined, moment_text
from ui.widgets.status_pill import StatusPill
from ui.widgets.text import Elided, Text, hairline

_EDGE = 24
_OPEN = (BatchState.DRAFT, BatchState.CHECKED)
_BEFORE_SENDING = (*_OPEN, BatchState.SUBMITTED, BatchState.APPROVED, BatchState.REJECTED)
_SENT = (BatchState.SENDING, BatchState.RUNNING, BatchState.FINISHED, BatchState.CANCELLED)


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A batch with all that is shown of it at once."""

    batch: Batch
    rows: Sequence[BatchRow]
    findings: Sequence[Finding]
    sheet: Sheet
    why_not_approve: str
    """Why this user cannot approve it; "" where she can."""
    upload: Upload | None


class BatchView(QWidget):
    """Shows one batch; every wish of the user's is a signal, and the place carries it out."""

    submit_asked = Signal()
    approve_asked = Signal()
    reject_asked = Signal(str)
    send_asked = Signal()
    run_asked = Signal()
    copy_asked = Signal()
    repaired = Signal(int, str, str)
    """(Excel row, column id, text)"""

    def __init__(self) -> None:
        super().__init__()
        self.opened: OpenBatch | None = None
        self._head = _Head()
        self._track = _Track()
        self.figures = FigureStrip()
        self.overview = Overview()
        self.findings = FindingsList()
        self.findings.chosen.connect(self.jump)
        self.sheet = _SheetPane()
        self.sheet.table.edited.connect(self.repaired)
        self._segments = _Segments()
        self._segments.chosen.connect(self.show_segment)
        self.foot = _Foot()
        self.foot.acted.connect(self.act)
        self.foot.reject_asked.connect(self.ask_to_reject)
        self.foot.copy_asked.connect(self.copy_asked)
        self.ask = AskBar()
        self._lay_out()

    def show_batch(self, opened: OpenBatch) -> None:
        """Show a batch, or the same one anew without moving what the user looks at."""
        other = self.opened is None or self.opened.batch.id != opened.batch.id
        moved = other or (self.opened is not None and self.opened.batch.state is not opened.batch.state)
        self.opened = opened
        batch = opened.batch
        self._head.show_batch(batch)
        self._track.show_batch(batch)
        by_row: dict[int, list[Finding]] = {}
        for one in opened.findings:
            by_row.setdefault(one.row, []).append(one)
        severities = [worst(found) for row, found in by_row.items() if row]
        self.figures.show_batch(batch, severities.count(Severity.WARNING), severities.count(Severity.ERROR))
        self.findings.show_findings([_finding_line(one, opened) for one in _worst_first(opened.findings)])
        self._segments.show_counts(len(opened.findings), len(opened.rows))
        self.sheet.show_sheet(opened.sheet)
        self.foot.show_batch(opened)
        if moved:
            self.ask.close_question()
            self.show_segment(_first_segment(opened))
        else:
            self.show_segment(self._segments.current())
        if other:
            self.overview.clear()

    def show_approval(self, shown: ToApprove) -> None:
        """The sums, when they are worked out."""
        if self.opened is not None and self.opened.batch.id == shown.batch.id:
            self.overview.show_approval(shown, self.opened.upload)
            self.foot.summed()

    def act(self) -> None:
        """The one action of the batch as it stands, where it can be done."""
        if self.opened is None or not self.foot.can_act():
            return
        match self.opened.batch.state:
            case BatchState.DRAFT | BatchState.CHECKED:
                self.submit_asked.emit()
            case BatchState.SUBMITTED:
                self.approve_asked.emit()
            case BatchState.APPROVED:
                self.send_asked.emit()
            case _:
                self.run_asked.emit()

    def jump(self, key: str) -> None:
        """To the cell of a finding: "row:column id"."""
        row, _, column = key.partition(":")
        self.show_segment("rows")
        if not self.sheet.table.go(int(row), column):
            self.sheet.only_found.setChecked(False)
            self.sheet.table.go(int(row), column)
        self.sheet.table.setFocus()

    def show_segment(self, name: str) -> None:
        """overview | findings | rows."""
        self._segments.show_current(name)
        pages: dict[str, QWidget] = {"overview": self.overview, "findings": self._found, "rows": self.sheet}
        self._pages.setCurrentWidget(pages[name])
        self._make_room()
        if self.opened is not None:
            self._found.setCurrentIndex(0 if self.opened.findings else 1)

    def segment(self) -> str:
        """Which of the three is shown."""
        return self._segments.current()

    def _make_room(self) -> None:
        """Large text leaves no room for the steps (the state's pill tells), and for the figures in one place."""
        first = self.segment() == "overview"
        self._track.setVisible(not large_text())
        self.figures.setVisible(first or not large_text())
        self.figures.set_compact(large_text())

    def ask_to_reject(self) -> None:
        """Ask for the reason, in place."""
        self.ask.ask(
            say("Hvorfor afviser du batchen? Den, der har lavet den, ser din grund."),
            [Answer(say("Afvis"), self.reject_asked.emit, "danger")],
            reason=say("Skriv, hvad der skal rettes"),
        )

    def _lay_out(self) -> None:
        self._found = QStackedWidget()
        self._found.addWidget(self.findings)
        self._found.addWidget(EmptyState("done", say("Intet fundet"), say("Alle rækker er i orden.")))
        self._pages = QStackedWidget()
        for page in (self.overview, self._found, self.sheet):
            self._pages.addWidget(page)
        body = QVBoxLayout()
        body.setContentsMargins(_EDGE, 0, _EDGE, 12)
        body.setSpacing(12)
        body.addWidget(self._track)
        body.addWidget(self.figures)
        body.addWidget(self._segments)
        body.addWidget(self._pages, 1)
        body.addWidget(self.ask)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addLayout(body, 1)
        column.addWidget(self.foot)
        follow_theme(self, self._make_room)


def _worst_first(several: Sequence[Finding]) -> list[Finding]:
    order = (Severity.ERROR, Severity.WARNING, Severity.INFO)
    return sorted(several, key=lambda one: (order.index(one.severity), one.row))


def _finding_line(one: Finding, opened: OpenBatch) -> FindingLine:
    place = say("Række {row}", row=one.row) if one.row else say("Hele filen")
    columns = {column.header: column.id for column in opened.sheet.columns}
    value = f"“{one.value}”" if one.value else ""
    key = f"{one.row or (opened.rows[0].row if opened.rows else 0)}:{columns.get(one.column, '')}"
    return FindingLine(one.severity.value, one.message, joined((place, one.column, value, one.rule)), key)


def _first_segment(opened: OpenBatch) -> str:
    if opened.batch.state in _OPEN and opened.findings:
        return "findings"
    return "overview"


class _Head(QFrame):
    """File, process, state, the content's fingerprint, and who made it."""

    def __init__(self) -> None:
        super().__init__()
        dress(self, role="head")
        self._title = Elided("", "section")
        self._state = StatusPill("neutral", "")
        self._about = Elided("", "label")
        self._hash = Text("", "meta", selectable=True)
        first = QHBoxLayout()
        first.setSpacing(12)
        first.addWidget(self._title, 1)
        first.addWidget(self._state)
        second = QHBoxLayout()
        second.setSpacing(12)
        second.addWidget(self._about, 1)
        second.addWidget(self._hash)
        column = QVBoxLayout(self)
        column.setContentsMargins(_EDGE, 16, _EDGE, 12)
        column.setSpacing(4)
        column.addLayout(first)
        column.addLayout(second)

    def show_batch(self, batch: Batch) -> None:
        status = batch_status(batch)
        self._title.show_text(batch.file_name)
        self._state.set_status(status.tone, status.word, status.mark)
        made = say("{user} kontrollerede den {when}", user=batch.made_by, when=moment_text(batch.made_at))
        self._about.show_text(joined((process_title(batch.process), made)))
        self._hash.setText(say("Indhold {hash}", hash=batch.content_hash[:8]))
        self._hash.setToolTip(
            say("Fingeraftryk af alle rækker. Godkendelsen gælder kun netop dette indhold: {hash}",
                hash=batch.content_hash)
        )  # fmt: skip


class _Track(QWidget):
    """The four steps, each with who and when once it is taken."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self._steps = [
            _Step(words) for words in (say("Kontrolleret"), say("Til godkendelse"), say("Godkendt"), say("Sendt"))
        ]
        for at, step in enumerate(self._steps):
            if at:
                line = hairline()
                line.setMinimumWidth(12)
                row.addWidget(line, 1, Qt.AlignmentFlag.AlignVCenter)
            row.addWidget(step)

    def show_batch(self, batch: Batch) -> None:
        state = batch.state
        sent = state in _SENT
        rejected = state is BatchState.REJECTED
        errors = state in _OPEN and batch.errors > 0
        submitted = batch.submitted_at is not None
        decided = state is BatchState.APPROVED or (sent and bool(batch.decided_by))
        made = joined((batch.made_by, _when(batch.made_at)))
        self._steps[0].show("bad" if errors else "done", say("Fejl skal rettes") if errors else made)
        waits = state is BatchState.SUBMITTED
        since = _when(batch.submitted_at) if submitted else ""
        self._steps[1].show("now" if waits else "done" if decided or rejected else "next", since)
        by = joined((batch.decided_by, _when(batch.decided_at))) if decided or rejected else ""
        self._steps[2].show(
            "bad" if rejected else "done" if decided else "next",
            by,
            say("Afvist") if rejected else say("Godkendt"),
        )
        self._steps[3].show("done" if sent else "now" if state is BatchState.APPROVED else "next", "")


def _when(moment: datetime | None) -> str:
    return moment_text(moment).split(" ", 1)[1] if moment else ""


class _Step(QWidget):
    _LOOKS: dict[str, tuple[IconName, ColorName, Tone | None]] = {  # noqa: RUF012 - never changed
        "done": ("done", "green", None),
        "bad": ("error", "red", "red"),
        "now": ("play", "accent", "accent"),
        "next": ("clock", "faint", "neutral"),
    }

    def __init__(self, words: str) -> None:
        super().__init__()
        self._mark, self._words, self._who = IconMark("clock", "faint", 16), Text(words, "bold"), Text("", "meta")
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(self._words)
        texts.addWidget(self._who)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts)

    def show(self, how: str, who: str, words: str = "") -> None:  # type: ignore[override]
        mark, ink, tone = self._LOOKS[how]
        spoken = {"done": say("sket"), "bad": say("kræver dig"), "now": say("nu"), "next": say("ikke sket endnu")}
        self._mark.set_icon(mark, ink)
        if words:
            self._words.setText(words)
        self._who.setText(who or spoken[how])
        self._words.setProperty("tone", tone or "")
        dress(self._words)
        self.setAccessibleName(f"{self._words.text()}: {self._who.text()}")


class _Segments(QWidget):
    """Overview, findings, rows: the arrow keys move between them."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._buttons = {
            "overview": Button(say("Overblik"), role="segment"),
            "findings": Button(say("Fund"), role="segment"),
            "rows": Button(say("Rækker"), role="segment"),
        }
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for name, button in self._buttons.items():
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, one=name: self.chosen.emit(one))
            row.addWidget(button)
        row.addStretch(1)
        self._name = "overview"

    def show_counts(self, findings: int, rows: int) -> None:
        self._buttons["findings"].set_words(say("Fund ({count})", count=counted(findings)))
        self._buttons["rows"].set_words(say("Rækker ({count})", count=counted(rows)))

    def show_current(self, name: str) -> None:
        self._name = name
        for one, button in self._buttons.items():
            button.setChecked(one == name)

    def current(self) -> str:
        return self._name


class _SheetPane(QWidget):
    """The rows, the filter over them, and under them what was found in the current cell."""

    def __init__(self) -> None:
        super().__init__()
        self.table = SheetTable()
        self.only_found = QCheckBox(say("Kun rækker med fund"))
        self._hint = Text("", "meta")
        self._finding = InlineFinding()
        self.only_found.toggled.connect(self.table.only_found)
        self.table.looked_at.connect(self._look)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.only_found)
        head.addStretch(1)
        head.addWidget(self._hint)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        column.addWidget(self._finding)

    def show_sheet(self, sheet: Sheet) -> None:
        mendable = any(sheet.mendable(row) for row in sheet.rows)
        self._hint.setText(
            say("Enter eller dobbeltklik retter en celle") if mendable else say("Kan ikke rettes nu")
        )
        self.only_found.setEnabled(bool(sheet.found) or self.only_found.isChecked())
        self.table.show_sheet(sheet)

    def refused(self, row: int, column: str, text: str, sentence: str) -> None:
        """What was typed could not be read: say why, and let it be mended."""
        self.table.edit_again(row, column, text)
        self._finding.show_finding(FindingLine("error", sentence))

    def _look(self, found: list[Finding]) -> None:
        if not found:
            self._finding.show_finding(None)
            return
        first = _worst_first(found)
        texts = " ".join(one.message for one in first)
        self._finding.show_finding(FindingLine(first[0].severity.value, texts))


class _Foot(QFrame):
    """Why it can or cannot be done, what has to be seen first, and the one action with its key."""

    acted = Signal()
    reject_asked = Signal()
    copy_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        dress(self, role="foot")
        self._mark = IconMark("info", "muted", 16)
        self.words = Text("", "label", wrap=True)
        self.seen = QCheckBox(say("Jeg har set summer og stikprøve"))
        self.copy = Button(say("Gem kopi med fund …"), mark="download")
        self.reject = Button(say("Afvis …"), role="danger")
        self.primary = PrimaryAction("", keys="Ctrl+Return", bind=False)
        self.seen.setEnabled(False)
        self.seen.toggled.connect(self._enable)
        self.copy.clicked.connect(self.copy_asked)
        self.reject.clicked.connect(self.reject_asked)
        self.primary.clicked.connect(self.acted)
        self._opened: OpenBatch | None = None
        self._summed = False
        told = QHBoxLayout()
        told.setSpacing(8)
        told.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignVCenter)
        told.addWidget(self.words, 1)
        told.addWidget(self.seen)
        acts = QHBoxLayout()
        acts.setSpacing(8)
        acts.addStretch(1)
        for button in (self.copy, self.reject, self.primary):
            acts.addWidget(button)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(_EDGE, 10, _EDGE, 10)
        self._box.setSpacing(8)
        self._box.addLayout(told, 1)
        self._box.addLayout(acts)
        follow_theme(self, self._stand)
        self._stand()

    def _stand(self) -> None:
        down, across = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        self._box.setDirection(down if large_text() else across)

    def show_batch(self, opened: OpenBatch) -> None:
        before = self._opened
        if (
            before is None
            or before.batch.content_hash != opened.batch.content_hash
            or before.batch.id != opened.batch.id
        ):
            self._summed = False
            self.seen.setChecked(False)
        self._opened = opened
        batch = opened.batch
        approving = batch.state is BatchState.SUBMITTED
        self.seen.setVisible(approving and not opened.why_not_approve)
        self.reject.setVisible(approving and not opened.why_not_approve)
        self.copy.setVisible(batch.state in _OPEN and bool(opened.findings))
        self.primary.setVisible(batch.state is not BatchState.REJECTED)
        self.primary.set_words(_verb(batch.state))
        tone, words = _next_words(opened)
        self._mark.set_icon("info" if tone == "neutral" else "warning" if tone == "amber" else "error",
                            "muted" if tone == "neutral" else tone)  # fmt: skip
        self._mark.setVisible(bool(words))
        self.words.setText(words)
        self._enable()

    def summed(self) -> None:
        """The sums are on the screen, so they can have been seen."""
        self._summed = True
        self._enable()

    def can_act(self) -> bool:
        return self.primary.isEnabled() and not self.primary.isHidden()

    def _enable(self) -> None:
        if self._opened is None:
            return
        batch = self._opened.batch
        self.seen.setEnabled(self._summed)
        able = True
        if batch.state in _OPEN:
            able = not batch.errors
        elif batch.state is BatchState.SUBMITTED:
            able = not self._opened.why_not_approve and self.seen.isChecked()
        self.primary.setEnabled(able)
        self.primary.setToolTip("" if able else self.words.text())
        self.primary.setAccessibleDescription("" if able else self.words.text())


def _verb(state: BatchState) -> str:
    if state in _OPEN:
        return say("Send til godkendelse")
    if state is BatchState.SUBMITTED:
        return say("Godkend")
    return say("Send til robot") if state is BatchState.APPROVED else say("Se kørslen")


def _next_words(opened: OpenBatch) -> tuple[Tone, str]:
    batch = opened.batch
    if batch.state in _OPEN and batch.errors:
        return "red", say(
            "{count} fejl skal rettes først. Ret dem i rækkerne her, eller ret filen og vælg den igen.",
            count=counted(batch.errors),
        )
    if batch.state in _OPEN and batch.warnings:
        return "amber", say("{count} advarsler. Se dem, før du sender.", count=counted(batch.warnings))
    if batch.state in _OPEN:
        return "neutral", say("En kollega godkender, før noget sendes.")
    if batch.state is BatchState.SUBMITTED:
        return _approval_words(opened)
    if batch.state is BatchState.APPROVED:
        rows = counted(batch.counts.get(RowState.APPROVED, 0))
        return "neutral", say(
            "{rows} rækker sendes, hver én gang. En rettelse nu kræver ny godkendelse.", rows=rows
        )
    if batch.state is BatchState.REJECTED:
        return "red", say(
            "{user} skriver: {reason} Ret rækkerne her, eller ret filen og vælg den igen.",
            user=batch.decided_by,
            reason=batch.reason.rstrip(".") + ".",
        )
    return "neutral", ""


def _approval_words(opened: OpenBatch) -> tuple[Tone, str]:
    if opened.why_not_approve:
        how = say(
            "En kollega godkender i sin egen kkassist under Upload, eller med: kkassist upload approve {batch}",
            batch=opened.batch.id,
        )
        return "amber", f"{opened.why_not_approve} {how}"
    return "neutral", say("Du godkender netop dette indhold. Ændres en række, falder godkendelsen.")


def mendable_rows(batch: Batch, row: BatchRow) -> bool:
    """Before sending every row, afterwards only those that the robot did not do."""
    if batch.state in _BEFORE_SENDING:
        return row.state not in (RowState.DONE, RowState.QUEUED, RowState.RUNNING, RowState.UNKNOWN)
    return batch.state is BatchState.FINISHED and row.state in (RowState.REFUSED, RowState.FAILED)


def sheet_of(batch: Batch, upload: Upload | None, rows: Sequence[BatchRow], findings: Sequence[Finding]) -> Sheet:
    """A batch as the table shows it, without its columns' lists."""
    columns = upload.columns if upload is not None else ()
    return Sheet(columns, {}, rows, sheet_findings(columns, findings), lambda row: mendable_rows(batch, row))
