"""What a person looks at before anything is sent: the figures, where the money goes, what differs from last time."""

from collections.abc import Sequence
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QHeaderView, QScrollArea, QVBoxLayout, QWidget

from kkassist.actions.uploads import ToApprove
from kkassist.domain.batch import Batch, BatchRow, Totals
from kkassist.domain.language import say
from kkassist.processes import kinds
from kkassist.processes.words import Column as FileColumn
from kkassist.processes.words import Kind, Upload
from ui.table import Column, RowsTable
from ui.theme import ROW, Tone, dress, px
from ui.uploads.words import counted
from ui.widgets.icon_mark import IconMark
from ui.widgets.notation import amount_text, decimal_text
from ui.widgets.section import Section
from ui.widgets.status_pill import ICON_OF_TONE
from ui.widgets.text import Elided, Figures, Text, hairline

_GROUPS = 10
_SAMPLE_SHOWN = 8
_BAR = 16
"""Room for a scroll bar under the rows."""


class Tally(QWidget):
    """One figure over its name, with an icon where it asks for a look."""

    def __init__(self, name: str, tone: Tone | None = None) -> None:
        super().__init__()
        self._name, self._tone = name, tone
        self.figure = Text("–", "section")
        self._mark = IconMark(ICON_OF_TONE[tone] if tone else "info", tone or "muted", 16)
        if tone is None:
            self._mark.hide()
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._mark)
        head.addWidget(self.figure)
        head.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(Text(name, "meta"))

    def show_text(self, text: str, *, asks: bool = True) -> None:
        """Show a figure; one that asks for nothing is muted."""
        self.figure.setText(text)
        self.setAccessibleName(f"{self._name}: {text}")
        if self._tone is not None:
            self._mark.set_icon(ICON_OF_TONE[self._tone], self._tone if asks else "faint")
            dress(self.figure, tone=self._tone if asks else "neutral")


class FigureStrip(QFrame):
    """Rows, those in order, those with warnings, those with errors, and the sum."""

    def __init__(self) -> None:
        super().__init__()
        dress(self, role="card")
        self.rows = Tally(say("rækker"))
        self.ok = Tally(say("i orden"), "green")
        self.warnings = Tally(say("med advarsel"), "amber")
        self.errors = Tally(say("med fejl"), "red")
        self.sum = Tally(say("sum i alt"))
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(24)
        for one in (self.rows, self.ok, self.warnings, self.errors, self.sum):
            row.addWidget(one)
        row.addStretch(1)

    def set_compact(self, compact: bool) -> None:
        """Closer together, where large text leaves no room."""
        self._row.setSpacing(12 if compact else 24)

    def show_batch(self, batch: Batch, warnings: int, errors: int) -> None:
        """`warnings` and `errors` are rows."""
        self.rows.show_text(counted(batch.rows))
        self.ok.show_text(counted(batch.rows - warnings - errors), asks=errors + warnings < batch.rows)
        self.warnings.show_text(counted(warnings), asks=warnings > 0)
        self.errors.show_text(counted(errors), asks=errors > 0)
        self.sum.show_text(amount_text(batch.total))


class Overview(QScrollArea):
    """Difference from last time, sums by cost center, the ten biggest and the sample nobody chose."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(say("Overblik"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        body = QWidget()
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(0, 0, 8, 8)
        self._column.setSpacing(12)
        self._column.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setWidget(body)

    def show_approval(self, shown: ToApprove, upload: Upload | None) -> None:
        """Show what an approver is to see; makers see the same."""
        at = self.verticalScrollBar().value()
        self.clear()
        self._column.addWidget(_difference(shown.totals))
        beside = QHBoxLayout()
        beside.setSpacing(12)
        biggest = _biggest(shown.totals)
        groups = _groups(shown.totals, upload)
        for one in (biggest, groups):
            if one is not None:
                beside.addWidget(one, 1, Qt.AlignmentFlag.AlignTop)
        holder = QWidget()
        holder.setLayout(beside)
        beside.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(holder)
        if upload is not None and shown.sample:
            self._column.addWidget(_sample(shown.sample, upload))
        self._column.addStretch(1)
        self.verticalScrollBar().setValue(at)

    def clear(self) -> None:
        """Show nothing, until it is worked out."""
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()


def _difference(totals: Totals) -> QWidget:
    section = Section(say("Forskel fra sidst"))
    if totals.previous is None:
        section.add(
            Text(say("Der er ingen tidligere kørsel af processen at sammenligne med."), "label", wrap=True)
        )
        return section
    batch, rows, amount = totals.previous
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(4)
    for column, words in enumerate(("", say("Denne"), say("Sidste"), say("Forskel"))):
        head = Figures(words, "meta") if column else Text(words, "meta")
        grid.addWidget(head, 0, column)
    lines = (
        (say("Rækker"), counted(totals.rows), counted(rows), _signed(Decimal(totals.rows - rows), 0)),
        (
            say("Sum"),
            decimal_text(totals.amount),
            decimal_text(amount),
            _signed(totals.amount - amount, 2) + _share(totals.amount, amount),
        ),
    )
    for at, line in enumerate(lines, start=1):
        grid.addWidget(Text(line[0], "label"), at, 0)
        for column, words in enumerate(line[1:], start=1):
            grid.addWidget(Figures(words, "bold" if column == 3 else "body"), at, column)
    grid.setColumnStretch(4, 1)
    section.add_layout(grid)
    people = say(
        "{new} medarbejdere er nye i forhold til sidst, og {missing} er ikke med mere.",
        new=counted(totals.new_people),
        missing=counted(totals.missing_people),
    )
    section.add(Text(people, "label", wrap=True))
    section.setToolTip(say("Sidste sendte batch: {batch}", batch=batch))
    return section


def _signed(number: Decimal, places: int) -> str:
    words = decimal_text(abs(number), places)
    return f"+{words}" if number > 0 else f"−{words}" if number < 0 else words


def _share(now: Decimal, before: Decimal) -> str:
    return f" ({_signed((now - before) * 100 / before, 1)} %)" if before else ""


def _biggest(totals: Totals) -> QWidget | None:
    if not totals.biggest:
        return None
    section = Section(say("De {count} største beløb", count=len(totals.biggest)))
    grid = _grid((say("Række"), say("Navn"), say("Kr.")))
    for at, (row, name, amount) in enumerate(totals.biggest):
        _line(grid, at, (str(row), name or "–", decimal_text(amount)))
    section.add_layout(grid)
    return section


def _groups(totals: Totals, upload: Upload | None) -> QWidget | None:
    if not totals.by_group:
        return None
    column = next((one for one in upload.columns if one.id == upload.group_by), None) if upload else None
    section = Section(say("Sum pr. {group}", group=(column.header if column else say("gruppe")).lower()))
    grid = _grid((say("Rækker"), column.header if column else "", say("Kr.")))
    for at, (group, rows, amount) in enumerate(totals.by_group[:_GROUPS]):
        _line(grid, at, (counted(rows), group or say("(tom)"), decimal_text(amount)))
    section.add_layout(grid)
    more = totals.by_group[_GROUPS:]
    if more:
        rest = sum((amount for _, _, amount in more), Decimal(0))
        words = say("… og {count} til, i alt {amount}", count=len(more), amount=amount_text(rest))
        section.add(Text(words, "meta", wrap=True))
    return section


def _sample(rows: Sequence[BatchRow], upload: Upload) -> QWidget:
    section = Section(say("Stikprøve ({count})", count=counted(len(rows))))
    words = say("Trukket af filens indhold: ens for alle, og ingen kan vælge den. Sammenlign med bilagene.")
    section.add(Elided(words, "label"))
    table: RowsTable[BatchRow] = RowsTable(say("Stikprøve"), _sample_columns(upload))
    table.show_rows(rows)
    head = table.horizontalHeader()
    head.setResizeContentsPrecision(_SAMPLE_SHOWN)
    head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.setFixedHeight(head.sizeHint().height() + px(ROW) * min(len(rows), _SAMPLE_SHOWN) + _BAR)
    section.add(table)
    return section


def _sample_columns(upload: Upload) -> list[Column[BatchRow]]:
    """Row, name and amount first, then what else tells whether the row is right."""
    first = (upload.person, upload.name, upload.amount)
    columns: list[Column[BatchRow]] = [Column(say("Række"), lambda row: str(row.row), right=True, width=64)]
    kinds_by_id = {one.id: one for one in upload.columns}
    for name in (*first, *(one.id for one in upload.columns if one.id not in first and one.kind is not Kind.CPR)):
        if name in kinds_by_id:
            columns.append(_sample_column(kinds_by_id[name]))
    return columns


def _sample_column(column: FileColumn) -> Column[BatchRow]:
    def words(row: BatchRow) -> str:
        return kinds.show(row.values.get(column.id, ""), column.kind)

    return Column(column.header, words, right=column.kind is Kind.AMOUNT, width=130)


def _grid(heads: Sequence[str]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(3)
    grid.setColumnStretch(1, 1)
    for column, words in enumerate(heads):
        grid.addWidget(Text(words, "meta") if column == 1 else Figures(words, "meta"), 0, column)
    return grid


def _line(grid: QGridLayout, at: int, words: tuple[str, str, str]) -> None:
    if at == 0:
        grid.addWidget(hairline(), 1, 0, 1, 3)
    number, name, amount = words
    grid.addWidget(Figures(number, "label"), at + 2, 0)
    grid.addWidget(Elided(name), at + 2, 1)
    grid.addWidget(Figures(amount), at + 2, 2)
