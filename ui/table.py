"""A plain table of frozen rows: the owner gives columns as functions; sorting and ids stay with the owner."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QBrush, QFont
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from ui.theme import ROW, Tone, dress, font, px, tokens

Index = QModelIndex | QPersistentModelIndex
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Column(Generic[_Row]):
    """One column: its heading, the words of a row, and how they stand."""

    heading: str
    words: Callable[[_Row], str]
    right: bool = False
    """Figures are right-aligned and of equal width."""
    tone: Callable[[_Row], Tone | None] | None = None
    stretch: bool = False
    width: int = 120


class RowsModel(QAbstractTableModel, Generic[_Row]):
    """Rows as they are; replaced whole, so rows never change under a view."""

    def __init__(self, columns: Sequence[Column[_Row]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self.rows: Sequence[_Row] = ()

    def show(self, rows: Sequence[_Row]) -> None:
        """Show other rows."""
        same = len(rows) == len(self.rows)
        if same and rows:
            self.rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self._columns) - 1))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.heading
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        column, row = self._columns[index.column()], self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return column.words(row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        tone = column.tone(row) if column.tone else None
        if role == Qt.ItemDataRole.ForegroundRole and tone is not None:
            return QBrush(tokens().color(tone))
        if role == Qt.ItemDataRole.FontRole:
            face: QFont = font(strong=tone is not None, tabular=column.right)
            return face
        return None


class RowsTable(QTableView, Generic[_Row]):
    """`chosen(row number)` when another row becomes current; Enter or a double click tells `opened(row number)`."""

    chosen = Signal(int)
    opened = Signal(int)

    def __init__(self, name: str, columns: Sequence[Column[_Row]]) -> None:
        super().__init__()
        self.rows: RowsModel[_Row] = RowsModel(columns, self)
        self.setModel(self.rows)
        dress(self, role="plain")
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(px(ROW))
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        for number, column in enumerate(columns):
            if column.stretch:
                head.setSectionResizeMode(number, QHeaderView.ResizeMode.Stretch)
            else:
                head.resizeSection(number, px(column.width))
        self.selectionModel().currentRowChanged.connect(self._current_changed)
        self.activated.connect(lambda index: self.opened.emit(index.row()))

    def show_rows(self, rows: Sequence[_Row]) -> None:
        """Show other rows; the current one keeps its place where it can."""
        current = self.currentIndex().row()
        self.rows.show(rows)
        if rows and 0 <= current < len(rows):
            self.selectRow(current)

    def go(self, number: int) -> None:
        """To a row."""
        self.selectRow(number)
        self.scrollTo(self.rows.index(number, 0))

    def _current_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(current.row())
