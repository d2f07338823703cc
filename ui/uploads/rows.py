"""The rows of a file as a sheet: every column, findings in their cells, mended where they stand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QAbstractItemModel, QAbstractTableModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QBrush, QFontMetrics, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCompleter,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from kkassist.domain.batch import BatchRow, Finding, Severity
from kkassist.domain.language import say
from kkassist.processes import kinds
from kkassist.processes.words import Column, Kind, Option
from ui.icons import IconName, icon
from ui.table import Index
from ui.theme import META, ROW, Tone, dress, follow_theme, font, px, tokens
from ui.widgets.findings import TONE_OF
from ui.widgets.status_pill import SOFT_OF_TONE

_FIGURES = frozenset({Kind.AMOUNT, Kind.HOURS, Kind.NUMBER})
_ICON: Mapping[Severity, IconName] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "info",
}
_WORST = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_MEASURED = 60
"""So many rows are looked at to choose the columns' widths."""
_NARROWEST, _WIDEST = 72, 260
_BESIDE = 22
"""Room beside the words for padding and for the gap after an icon."""


def _never(_row: BatchRow) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the table shows."""

    columns: Sequence[Column] = ()
    options: Mapping[str, Sequence[Option]] = field(default_factory=dict)
    """Column id → the values it may have, where they are listed."""
    rows: Sequence[BatchRow] = ()
    found: Mapping[tuple[int, str], Sequence[Finding]] = field(default_factory=dict)
    """(Excel row, column id) → findings; "" for those of the whole row."""
    mendable: Callable[[BatchRow], bool] = _never

    def rows_found(self) -> set[int]:
        """Excel's numbers of the rows in which something was found."""
        return {row for row, _ in self.found}


def sheet_findings(columns: Sequence[Column], several: Sequence[Finding]) -> dict[tuple[int, str], list[Finding]]:
    """Findings by the cell they stand in; those of the whole file stand in no cell."""
    ids = {column.header: column.id for column in columns}
    cells: dict[tuple[int, str], list[Finding]] = {}
    for one in several:
        if one.row:
            cells.setdefault((one.row, ids.get(one.column, "")), []).append(one)
    return cells


class _SheetModel(QAbstractTableModel):
    """Column 0 is Excel's row number. `edited(Excel row, column id, text)` when a cell was typed in."""

    edited = Signal(int, str, str)

    def __init__(self) -> None:
        super().__init__()
        self.sheet = Sheet()
        self.shown: Sequence[BatchRow] = ()
        self.typed: dict[tuple[int, str], str] = {}
        """What is typed and not yet stored, by (Excel row, column id)."""

    def show(self, sheet: Sheet, shown: Sequence[BatchRow]) -> None:
        same = [one.row for one in self.shown] == [one.row for one in shown]
        same_columns = [one.id for one in self.sheet.columns] == [one.id for one in sheet.columns]
        if same and same_columns:
            self.sheet, self.shown = sheet, shown
            if shown:
                self.dataChanged.emit(self.index(0, 0), self.index(len(shown) - 1, len(sheet.columns)))
            return
        self.beginResetModel()
        self.sheet, self.shown = sheet, shown
        self.endResetModel()

    def column_at(self, index: Index) -> Column | None:
        return self.sheet.columns[index.column() - 1] if index.isValid() and index.column() else None

    def is_typed(self, index: Index) -> bool:
        """Whether the cell holds a text that is not stored."""
        column = self.column_at(index)
        return column is not None and (self.shown[index.row()].row, column.id) in self.typed

    def found_at(self, index: Index) -> Sequence[Finding]:
        """Of a cell; the row number's cell stands for the whole row."""
        row, column = self.shown[index.row()].row, self.column_at(index)
        if column is not None:
            return self.sheet.found.get((row, column.id), ())
        every = ("", *(one.id for one in self.sheet.columns))
        return [one for name in every for one in self.sheet.found.get((row, name), ())]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.sheet.columns) + 1

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return self._row_head(section, role)
        column = self.sheet.columns[section - 1] if section else None
        if role == Qt.ItemDataRole.DisplayRole:
            return column.header if column else say("Række")
        if role == Qt.ItemDataRole.ToolTipRole and column is not None:
            return column.note or column.header
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        return None

    def _row_head(self, section: int, role: int) -> object:
        """Excel's row number stands beside the rows, also when the sheet is moved sideways."""
        index = self.index(section, 0)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.DecorationRole, Qt.ItemDataRole.ToolTipRole):
            return self.data(index, role)
        return _side(None) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        whole = super().flags(index)
        if self.column_at(index) is not None and self.sheet.mendable(self.shown[index.row()]):
            return whole | Qt.ItemFlag.ItemIsEditable
        return whole

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(index)
        if role == Qt.ItemDataRole.EditRole:
            return self._to_edit(index)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(self.column_at(index))
        found = self.found_at(index)
        if role == Qt.ItemDataRole.FontRole:
            column = self.column_at(index)
            return font(strong=bool(found), tabular=column is None or column.kind in _FIGURES)
        if found:
            return _marked(found, role)
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 0:
            return QBrush(tokens().color("muted"))
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        column = self.column_at(index)
        text = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or column is None or text == self._to_edit(index):
            return False
        if column.kind is Kind.CPR and not text:
            return False
        row = self.shown[index.row()].row
        self.typed[row, column.id] = text
        self.dataChanged.emit(index, index)
        self.edited.emit(row, column.id, text)
        return True

    def _words(self, index: Index) -> str:
        row, column = self.shown[index.row()], self.column_at(index)
        if column is None:
            return str(row.row)
        if (row.row, column.id) in self.typed:
            return kinds.show(self.typed[row.row, column.id], column.kind)
        return kinds.show(row.values.get(column.id, ""), column.kind, self.sheet.options.get(column.id, ()))

    def _to_edit(self, index: Index) -> str:
        """What the editor begins with. A CPR number is written anew, so that none is shown in clear."""
        row, column = self.shown[index.row()], self.column_at(index)
        if column is None:
            return ""
        if (row.row, column.id) in self.typed:
            return self.typed[row.row, column.id]
        if column.kind is Kind.CPR:
            return ""
        return kinds.edit(row.values.get(column.id, ""), column.kind)


def _side(column: Column | None) -> Qt.AlignmentFlag:
    right = column is None or column.kind in _FIGURES
    return (Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter


def worst(several: Sequence[Finding]) -> Severity:
    """The worst of some findings."""
    return min((one.severity for one in several), key=_WORST.index)


def _marked(found: Sequence[Finding], role: int) -> object:
    severity = worst(found)
    tone: Tone = TONE_OF[severity.value]
    if role == Qt.ItemDataRole.BackgroundRole:
        return QBrush(tokens().color(SOFT_OF_TONE[tone]))
    if role == Qt.ItemDataRole.ForegroundRole:
        return QBrush(tokens().color(tone))
    if role == Qt.ItemDataRole.DecorationRole:
        return icon(_ICON[severity], tone, px(14))
    if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
        return "\n".join(one.message for one in found)
    return None


class _CellDelegate(QStyledItemDelegate):
    """A line to type in, with the listed values offered where there is a list."""

    def __init__(self, model: _SheetModel, view: QTableView) -> None:
        super().__init__(view)
        self._model = model

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor, column = QLineEdit(parent), self._model.column_at(index)
        dress(editor, role="cell")
        if column is not None:
            editor.setAccessibleName(column.header)
            if column.kind is Kind.CPR:
                editor.setPlaceholderText(say("Hele CPR-nummeret"))
            offered = [one.value for one in self._model.sheet.options.get(column.id, ())]
            if offered:
                completer = QCompleter(offered, editor)
                completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
                completer.setFilterMode(Qt.MatchFlag.MatchContains)
                editor.setCompleter(completer)
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Begin with the cell's text. What is being typed is left alone when the rows behind it are read anew."""
        if isinstance(editor, QLineEdit) and not editor.isModified():
            editor.setText(str(index.data(Qt.ItemDataRole.EditRole)))
            editor.selectAll()
            editor.setModified(self._model.is_typed(index))

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:
        """The whole cell, also over the icon."""
        editor.setGeometry(option.rect)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        if isinstance(editor, QLineEdit):
            model.setData(index, editor.text(), Qt.ItemDataRole.EditRole)


class SheetTable(QTableView):
    """`edited(Excel row, column id, text)` when a cell is mended; `looked_at(findings)` of the current cell.

    Enter, F2 or a double click mend a cell.
    """

    edited = Signal(int, str, str)
    looked_at = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self._model = _SheetModel()
        self._only_found = False
        self._sized_for = ""
        """The batch whose texts the columns' widths were chosen by."""
        self.setModel(self._model)
        self.setItemDelegate(_CellDelegate(self._model, self))
        self.setAccessibleName(say("Rækker"))
        dress(self, role="plain")
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setShowGrid(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setCornerButtonEnabled(False)
        self.horizontalHeader().setHighlightSections(False)
        self._model.edited.connect(self.edited)
        self.selectionModel().currentChanged.connect(self._look)
        follow_theme(self, self._restyle)
        self._restyle()

    def show_sheet(self, sheet: Sheet) -> None:
        """Show a file's rows; the current cell stays where it can."""
        at = self._current()
        self._model.typed.clear()
        self._fill(sheet)
        self.setColumnHidden(0, True)
        if sheet.rows and sheet.rows[0].batch != self._sized_for:
            self._sized_for = sheet.rows[0].batch
            self._size_columns()
        if at is not None:
            self._restore(*at)
        self._look()

    def only_found(self, on: bool) -> None:
        """Show only rows in which something was found, or all."""
        at = self._current()
        self._only_found = on
        self._fill(self._model.sheet)
        if at is not None:
            self._restore(*at)

    def go(self, row: int, column: str = "") -> bool:
        """To a cell, by Excel's row number and column id ("" for the row). False when the row is not shown."""
        at = next((place for place, one in enumerate(self._model.shown) if one.row == row), -1)
        if at < 0:
            return False
        names = ["", *(one.id for one in self._model.sheet.columns)]
        index = self._model.index(at, max(1, names.index(column)) if column in names else 1)
        self.setCurrentIndex(index)
        self.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)
        self._look()
        return True

    def edit_again(self, row: int, column: str, text: str) -> None:
        """Back in the cell with what was typed, because it could not be read."""
        self._model.typed[row, column] = text
        if self.go(row, column):
            self.setFocus()
            self.edit(self.currentIndex())

    def shown_rows(self) -> list[int]:
        """Excel's numbers of the rows that are shown."""
        return [one.row for one in self._model.shown]

    def cell(self, row: int, column: str) -> str:
        """The words in a cell."""
        at = self.shown_rows().index(row)
        names = ["", *(one.id for one in self._model.sheet.columns)]
        return str(self._model.index(at, names.index(column)).data())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter mends, as F2 does."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        modified = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if enter and not modified and self.state() is not QAbstractItemView.State.EditingState:
            if self.currentIndex().flags() & Qt.ItemFlag.ItemIsEditable:
                self.edit(self.currentIndex())
            return
        super().keyPressEvent(event)

    def _fill(self, sheet: Sheet) -> None:
        shown = sheet.rows
        if self._only_found:
            found = sheet.rows_found()
            shown = [one for one in sheet.rows if one.row in found]
        self._model.show(sheet, shown)

    def _current(self) -> tuple[int, int] | None:
        index = self.currentIndex()
        return (self._model.shown[index.row()].row, index.column()) if index.isValid() else None

    def _restore(self, row: int, column: int) -> None:
        at = next((place for place, one in enumerate(self._model.shown) if one.row == row), -1)
        if at >= 0:
            self.setCurrentIndex(self._model.index(at, column))

    def _look(self) -> None:
        index = self.currentIndex()
        there = index.isValid() and index.row() < len(self._model.shown)
        if not there:
            self.looked_at.emit([])
            return
        whole_row = self._model.index(index.row(), 0)
        self.looked_at.emit(list(self._model.found_at(index) or self._model.found_at(whole_row)))

    def _size_columns(self) -> None:
        body, head = QFontMetrics(font(strong=True)), QFontMetrics(font(META, strong=True))
        for number in range(self._model.columnCount()):
            title = str(self._model.headerData(number, Qt.Orientation.Horizontal))
            texts = [
                str(self._model.index(row, number).data()) for row in range(min(_MEASURED, self._model.rowCount()))
            ]
            widest = max(
                [head.horizontalAdvance(title) + 20, *(body.horizontalAdvance(one) + 16 for one in texts)]
            )
            room = px(14) + _BESIDE
            self.setColumnWidth(number, max(px(_NARROWEST), min(widest + room, px(_WIDEST))))

    def _restyle(self) -> None:
        self.verticalHeader().setDefaultSectionSize(px(ROW))
        self._sized_for = ""
        self.viewport().update()
