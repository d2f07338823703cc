"""The queue as Qt sees it: ids in order, rows fetched a page at a time as they come into view.

Group headings are rows of the model too. Nothing here sorts or filters: the store does, and gives ids.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer

from kkassist.domain.case import QueueRow
from ui.widgets.queue_delegate import ROW_ROLE, GroupLine, QueueLine, spoken

Index = QModelIndex | QPersistentModelIndex
PAGE = 128
_MOST_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Listing:
    """What the model shows: ids in order, and the groups they fall into (one nameless group for none)."""

    ids: Sequence[str]
    groups: Sequence[tuple[str, int]]


class QueueModel(QAbstractListModel):
    """`fetch(ids, then)` asks for rows beside the window and calls `then(rows)` in it."""

    def __init__(
        self,
        fetch: Callable[[Sequence[str], Callable[[Sequence[QueueRow]], None]], None],
        words_of: Callable[[str], str],
        line_of: Callable[[QueueRow], QueueLine],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._fetch = fetch
        self._words_of = words_of
        self._line_of = line_of
        self._ids: Sequence[str] = ()
        self._position: Mapping[str, int] = {}
        self._headings: list[GroupLine] = []
        self._heading_rows: list[int] = []
        self._rows: dict[str, QueueRow] = {}
        self._asked: set[str] = set()
        self._wanted: set[int] = set()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._ask)

    def show(self, listing: Listing) -> bool:
        """Show another listing; rows already known stay until they are fetched anew. False: it is the same one."""
        headings, heading_rows = self._grouped(listing)
        if list(listing.ids) == list(self._ids) and headings == self._headings:
            self.refresh(frozenset())
            return False
        self.beginResetModel()
        self._ids = listing.ids
        self._headings, self._heading_rows = headings, heading_rows
        self._position = {sys_id: number for number, sys_id in enumerate(self._ids)}
        self._asked.clear()
        if len(self._rows) > _MOST_KEPT:
            self._rows = {}
        self.endResetModel()
        return True

    def _grouped(self, listing: Listing) -> tuple[list[GroupLine], list[int]]:
        """The headings and the rows they stand in; none when nothing is grouped."""
        headings: list[GroupLine] = []
        rows: list[int] = []
        named = len(listing.groups) > 1 or any(key for key, _ in listing.groups)
        at = 0
        for key, count in listing.groups if named else ():
            rows.append(at)
            headings.append(GroupLine(self._words_of(key), count))
            at += count + 1
        return headings, rows

    def refresh(self, ids: frozenset[str]) -> None:
        """These cases changed (none named: any may have): what is looked at is fetched anew, the rest when it is."""
        if ids:
            self._asked -= ids
        else:
            self._asked.clear()
        if self._ids:
            self.dataChanged.emit(self.index(0), self.index(self.rowCount() - 1))

    def entry(self, row: int) -> QueueRow | GroupLine | None:
        """What stands in a row; None for a case that is still being fetched."""
        number = self._number(row)
        if number is None:
            return self._headings[bisect_right(self._heading_rows, row) - 1]
        sys_id = self._ids[number]
        known = self._rows.get(sys_id)
        if sys_id not in self._asked:
            self._wanted.add(number // PAGE)
            self._soon.start()
        return known

    def case_id(self, row: int) -> str | None:
        """The case in a row; None for a heading."""
        number = self._number(row)
        return None if number is None else self._ids[number]

    def row_of(self, sys_id: str) -> int:
        """Where a case stands, -1 when it is not in the listing."""
        number = self._position.get(sys_id, -1)
        if number < 0 or not self._heading_rows:
            return number
        row = number
        for heading in self._heading_rows:
            if heading > row:
                break
            row += 1
        return row

    def next_case(self, row: int, step: int) -> int:
        """The nearest row below (step 1) or above (step -1) that is a case; the same row when there is none."""
        found = row + step
        while 0 <= found < self.rowCount():
            if self._number(found) is not None:
                return found
            found += step
        return row

    def count(self) -> int:
        """How many cases the listing holds."""
        return len(self._ids)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._ids) + len(self._heading_rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self._number(index.row()) is None:
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        entry = self.entry(index.row())
        line = self._line_of(entry) if isinstance(entry, QueueRow) else entry
        if role == ROW_ROLE:
            return line
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return spoken(line) if line is not None else None
        return None

    def _number(self, row: int) -> int | None:
        """The case's number in the listing, or None for a heading."""
        if not self._heading_rows:
            return row
        above = bisect_right(self._heading_rows, row)
        return None if above and self._heading_rows[above - 1] == row else row - above

    def _ask(self) -> None:
        wanted, self._wanted = self._wanted, set()
        for page in sorted(wanted):
            ids = [one for one in self._ids[page * PAGE : (page + 1) * PAGE] if one not in self._asked]
            if ids:
                self._asked.update(ids)
                self._fetch(ids, self._arrived)

    def _arrived(self, rows: Sequence[QueueRow]) -> None:
        if not rows:
            return
        places = [self.row_of(row.sys_id) for row in rows]
        self._rows.update((row.sys_id, row) for row in rows)
        shown = [place for place in places if place >= 0]
        if shown:
            self.dataChanged.emit(self.index(min(shown)), self.index(max(shown)))
