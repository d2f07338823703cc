"""What a check found: one line under a field, or the list of a whole file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from kkassist.domain.language import say
from ui.icons import IconName, pixmap
from ui.theme import BODY, META, Tone, dress, follow_theme, font, px, tokens
from ui.widgets.icon_mark import IconMark
from ui.widgets.text import Text

Severity = Literal["error", "warning", "info"]
Index = QModelIndex | QPersistentModelIndex

TONE_OF: dict[Severity, Tone] = {"error": "red", "warning": "amber", "info": "neutral"}
_ICON_OF: dict[Severity, IconName] = {"error": "error", "warning": "warning", "info": "info"}
_EDGE, _GAP = 12, 10


def severity_word(severity: Severity) -> str:
    """Fejl, Advarsel or Bemærk."""
    return {"error": say("Fejl"), "warning": say("Advarsel"), "info": say("Bemærk")}[severity]


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding. `place` is where ("Række 12 · Beløb"), `key` what the owner jumps to."""

    severity: Severity
    text: str
    place: str = ""
    key: str = ""


class InlineFinding(QWidget):
    """The finding under a field: icon, word, sentence."""

    def __init__(self) -> None:
        super().__init__()
        self._mark, self._words = IconMark("info", size=14), Text("", "body", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 0, 2)
        row.setSpacing(6)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)
        self.hide()

    def show_finding(self, finding: FindingLine | None) -> None:
        """Show a finding, or none."""
        self.setVisible(finding is not None)
        if finding is None:
            return
        tone = TONE_OF[finding.severity]
        self._mark.set_icon(_ICON_OF[finding.severity], "muted" if tone == "neutral" else tone)
        self._words.setText(f"{severity_word(finding.severity)}: {finding.text}")
        dress(self._words, tone=tone)


class _Findings(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.lines: tuple[FindingLine, ...] = ()

    def fill(self, lines: Sequence[FindingLine]) -> None:
        self.beginResetModel()
        self.lines = tuple(lines)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self.lines[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{severity_word(line.severity)}, {line.place}: {line.text}"
        return line.text if role == Qt.ItemDataRole.ToolTipRole else None


class _FindingDelegate(QStyledItemDelegate):
    """Place on the first line, the whole sentence wrapped below it."""

    def __init__(self, model: _Findings, view: QListView) -> None:
        super().__init__(view)
        self._model, self._view = model, view
        self._heights: dict[tuple[str, int], int] = {}

    def forget_sizes(self) -> None:
        self._heights.clear()

    def _text_width(self) -> int:
        return max(80, self._view.viewport().width() - 2 * _EDGE - px(16) - _GAP)

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        line, width = self._model.lines[index.row()], self._text_width()
        height = self._heights.get((line.text, width))
        if height is None:
            wrapped = QFontMetrics(font()).boundingRect(
                QRect(0, 0, width, 4000), int(Qt.TextFlag.TextWordWrap), line.text
            )
            height = self._heights[(line.text, width)] = wrapped.height()
        return QSize(width, height + QFontMetrics(font(META)).height() + 14)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line, look, side = self._model.lines[index.row()], tokens(), px(16)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, look.color("selection"))
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), look.color("accent"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, look.color("sunken"))
        tone = TONE_OF[line.severity]
        mark = pixmap(_ICON_OF[line.severity], tone, side, self._view.devicePixelRatioF())
        painter.drawPixmap(rect.left() + _EDGE, rect.top() + 7, mark)
        text = rect.adjusted(_EDGE + side + _GAP, 6, -_EDGE, -6)
        painter.setFont(font(META, strong=True))
        painter.setPen(look.color(tone))
        word = severity_word(line.severity)
        painter.drawText(text, Qt.AlignmentFlag.AlignTop, word)
        left = painter.fontMetrics().horizontalAdvance(word) + 8
        painter.setFont(font(META))
        painter.setPen(look.color("muted"))
        painter.drawText(text.adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignTop, line.place)
        painter.setFont(font(BODY))
        painter.setPen(look.color("text"))
        below = text.adjusted(0, QFontMetrics(font(META)).height() + 2, 0, 4)
        painter.drawText(below, int(Qt.TextFlag.TextWordWrap), line.text)
        painter.setPen(look.color("line"))
        painter.drawLine(text.left(), rect.bottom(), rect.right(), rect.bottom())
        painter.restore()


class FindingsList(QListView):
    """Findings in order; Enter or a click tells `chosen(key)`, and the owner jumps there."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._findings = _Findings()
        self._painter_of_rows = _FindingDelegate(self._findings, self)
        self.setModel(self._findings)
        self.setItemDelegate(self._painter_of_rows)
        self.setAccessibleName(say("Fund"))
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        dress(self, role="framed")
        self.clicked.connect(self._jump)
        self.activated.connect(self._jump)
        follow_theme(self, self._restyle)

    def show_findings(self, lines: Sequence[FindingLine]) -> None:
        """Replace the list."""
        self._findings.fill(lines)

    def count(self) -> int:
        """How many there are."""
        return len(self._findings.lines)

    def _jump(self, index: QModelIndex) -> None:
        self.chosen.emit(self._findings.lines[index.row()].key)

    def _restyle(self) -> None:
        self._painter_of_rows.forget_sizes()
        self.scheduleDelayedItemsLayout()
        self.viewport().update()
