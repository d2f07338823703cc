"""The editors inside a field row. Each speaks stored text: ISO dates, plain decimals, an option's value, J/N.

What cannot be read as its kind is handed on as it was typed, so that nothing is lost.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal

from PySide6.QtCore import QDate, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QShortcut,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QButtonGroup,
    QCalendarWidget,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QSizePolicy,
    QTableView,
    QWidget,
)

from kkassist.domain.language import say
from ui.icons import icon, pixmap
from ui.theme import dress, follow_theme, font, px
from ui.widgets.notation import date_text, decimal_text, read_date, read_decimal, read_hours
from ui.widgets.popover import Popover

EditorKind = Literal["text", "long_text", "date", "amount", "hours", "number", "choice", "yes_no"]

YES, NO = "J", "N"
_TOLD_AFTER_MS = 250


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a choice: the stored value and its Danish label."""

    value: str
    label: str


class LineEditor(QLineEdit):
    """One line of text. `edited` comes a moment after a keystroke, at once on Enter or when the field is left."""

    edited = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._told = ""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_TOLD_AFTER_MS)
        self._pause.timeout.connect(self.tell)
        self.textEdited.connect(self._typed)
        self.editingFinished.connect(self._finished)

    def value(self) -> str:
        """The stored form of what stands there."""
        return self.stored(self.text().strip())

    def set_value(self, value: str) -> None:
        """Show a stored value without telling anyone."""
        self._told = value
        self.setText(self.shown(value))
        self.setCursorPosition(0)

    def copy_text(self) -> str:
        """What is shown, for the clipboard."""
        return self.text()

    def set_read_only(self, read_only: bool) -> None:
        """Let it be read and copied, or edited."""
        self.setReadOnly(read_only)
        self.setFrame(not read_only)
        dress(self)

    def stored(self, text: str) -> str:
        """Stored form of what was typed; plain text is its own."""
        return text

    def shown(self, value: str) -> str:
        """What a stored value looks like; plain text is its own."""
        return value

    def tell(self) -> None:
        """Tell the value if it is another than the last one told."""
        self._pause.stop()
        if not self.isReadOnly() and self.value() != self._told:
            self._told = self.value()
            self.edited.emit(self._told)

    def _typed(self) -> None:
        if not self._pause.isActive():  # who types on and on is told of too
            self._pause.start()

    def _finished(self) -> None:
        self.tell()
        tidy = self.shown(self.value())
        if tidy != self.text():
            self.setText(tidy)


class DecimalEditor(LineEditor):
    """A number in Danish notation with figures of equal width; amounts keep two decimals."""

    def __init__(self, *, places: int | None = None, hours: bool = False) -> None:
        super().__init__()
        self._places, self._hours = places, hours
        follow_theme(self, self._use_tabular_figures)
        self._use_tabular_figures()
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def stored(self, text: str) -> str:
        """`12.500,75` → `12500.75`; in hours also `7:30` → `7.5`."""
        number = read_hours(text) if self._hours else read_decimal(text)
        return text if number is None else _plain(number, self._places)

    def shown(self, value: str) -> str:
        """`12500.75` → `12.500,75`."""
        try:
            number = Decimal(value)
        except InvalidOperation:
            return value
        exponent = number.as_tuple().exponent
        decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        return decimal_text(number, max(decimals, self._places or 0))

    def _use_tabular_figures(self) -> None:
        self.setFont(font(tabular=True))


def _plain(number: Decimal, places: int | None) -> str:
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{number:.{places}f}" if places is not None and Decimal(text) == round(number, places) else text


class DateEditor(LineEditor):
    """A day as DD-MM-ÅÅÅÅ, typed or picked: Alt+Down or the icon opens the calendar."""

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText(say("DD-MM-ÅÅÅÅ"))
        self._pick = QAction(say("Åbn kalender (Alt+Pil ned)"), self)
        self._pick.triggered.connect(self.open_calendar)
        self.addAction(self._pick, QLineEdit.ActionPosition.TrailingPosition)
        shortcut = QShortcut(QKeySequence("Alt+Down"), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(self.open_calendar)
        follow_theme(self, self._tint)
        self._tint()

    def stored(self, text: str) -> str:
        """`23-11-2026` → `2026-11-23`."""
        day = read_date(text)
        return day.isoformat() if day else text

    def shown(self, value: str) -> str:
        """`2026-11-23` → `23-11-2026`."""
        try:
            return date_text(date.fromisoformat(value))
        except ValueError:
            return value

    def set_read_only(self, read_only: bool) -> None:
        """A date that may only be read has no calendar."""
        super().set_read_only(read_only)
        self._pick.setVisible(not read_only)
        self.setPlaceholderText("" if read_only else say("DD-MM-ÅÅÅÅ"))

    def open_calendar(self) -> None:
        """Open the calendar at the date that stands there, else today."""
        if self.isReadOnly():
            return
        panel = Popover(self, say("Kalender"))
        calendar = QCalendarWidget()
        calendar.setAccessibleName(say("Vælg en dato"))
        calendar.setFirstDayOfWeek(Qt.DayOfWeek.Monday)
        calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.ISOWeekNumbers)
        day = read_date(self.text())
        if day:
            calendar.setSelectedDate(QDate(day.year, day.month, day.day))
        calendar.activated.connect(self._picked)
        calendar.clicked.connect(self._picked)
        calendar.activated.connect(panel.close)
        calendar.clicked.connect(panel.close)
        panel.body.addWidget(calendar)
        panel.open_below(self)
        grid = calendar.findChild(QTableView)
        (grid or calendar).setFocus()

    def _picked(self, day: QDate) -> None:
        self.setText(f"{day.day():02d}-{day.month():02d}-{day.year():04d}")
        self.tell()

    def _tint(self) -> None:
        self._pick.setIcon(icon("calendar", "muted", px(16)))


class LongTextEditor(QPlainTextEdit):
    """Several lines. Tab leaves the field; it grows with its text up to eight lines."""

    edited = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self._told = ""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_TOLD_AFTER_MS)
        self._pause.timeout.connect(self.tell)
        self.textChanged.connect(self._typed)
        follow_theme(self, self._fit)
        self._fit()

    def value(self) -> str:
        """The text without blank edges."""
        return self.toPlainText().strip()

    def set_value(self, value: str) -> None:
        """Show a stored value without telling anyone."""
        self._told = value
        self.setPlainText(value)

    def copy_text(self) -> str:
        """What is shown, for the clipboard."""
        return self.value()

    def set_read_only(self, read_only: bool) -> None:
        """Let it be read and copied, or edited."""
        self.setReadOnly(read_only)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            if read_only
            else Qt.TextInteractionFlag.TextEditorInteraction
        )
        dress(self)

    def tell(self) -> None:
        """Tell the value if it is another than the last one told."""
        self._pause.stop()
        if not self.isReadOnly() and self.value() != self._told:
            self._told = self.value()
            self.edited.emit(self._told)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving the field tells at once."""
        super().focusOutEvent(event)
        self.tell()

    def _typed(self) -> None:
        self._fit()
        if not self._pause.isActive():
            self._pause.start()

    def _fit(self) -> None:
        lines = min(8, max(3, int(self.document().size().height())))
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + 18)


class ChoiceEditor(QComboBox):
    """One of several. The wheel never changes it by accident while the form is scrolled."""

    edited = Signal(str)

    def __init__(self, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._read_only = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.addItem(say("Vælg …"), "")
        for choice in choices:
            self.addItem(choice.label, choice.value)
        self._offered = self.count()
        self.activated.connect(self._chosen)

    def value(self) -> str:
        """The stored value of the chosen line, "" for none."""
        return str(self.currentData() or "")

    def set_value(self, value: str) -> None:
        """Choose by stored value; one that is not among the choices is shown as it is while it is the value."""
        while self.count() > self._offered:
            self.removeItem(self.count() - 1)
        at = self.findData(value)
        if at < 0:
            self.addItem(value, value)
            at = self.count() - 1
        self.setCurrentIndex(at)

    def copy_text(self) -> str:
        """The label of the chosen line."""
        return self.currentText() if self.value() else ""

    def set_read_only(self, read_only: bool) -> None:
        """A choice that may only be read does not open."""
        self._read_only = read_only
        self.setEnabled(not read_only)

    def _chosen(self) -> None:
        self.edited.emit(self.value())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the form, not the choice."""
        event.ignore()

    def event(self, event: QEvent) -> bool:
        """A letter chooses a line here; it is no command of the place around."""
        if _is_letter_for_us(event):
            event.accept()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The sheet paints the box; the chevron is ours."""
        super().paintEvent(event)
        painter = QPainter(self)
        side = px(12)
        mark = pixmap("chevron-down", "muted", side, self.devicePixelRatioF())
        painter.drawPixmap(self.width() - side - 8, (self.height() - side) // 2, mark)
        painter.end()


class YesNoEditor(QWidget):
    """Ja or Nej, or neither yet. The arrow keys choose, J and N too."""

    edited = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._buttons = {YES: QRadioButton(say("Ja")), NO: QRadioButton(say("Nej"))}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        for value, button in self._buttons.items():
            self._group.addButton(button)
            row.addWidget(button)
            button.clicked.connect(self._clicked)
            button.installEventFilter(self)
            button.setProperty("stored", value)
        row.addStretch(1)
        self.setFocusProxy(self._buttons[YES])

    def setAccessibleName(self, name: str) -> None:
        """Each button carries the question with its answer."""
        super().setAccessibleName(name)
        for button in self._buttons.values():
            button.setAccessibleName(f"{name}: {button.text()}")

    def value(self) -> str:
        """J, N or ""."""
        return next((value for value, button in self._buttons.items() if button.isChecked()), "")

    def set_value(self, value: str) -> None:
        """Show J, N or neither."""
        self._group.setExclusive(False)
        for stored, button in self._buttons.items():
            button.setChecked(stored == value)
        self._group.setExclusive(True)

    def copy_text(self) -> str:
        """Ja, Nej or nothing."""
        button = self._buttons.get(self.value())
        return button.text() if button else ""

    def set_read_only(self, read_only: bool) -> None:
        """A question that is settled."""
        for button in self._buttons.values():
            button.setEnabled(not read_only)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """J and N answer at once; no letter is a command of the place around."""
        if _is_letter_for_us(event):
            event.accept()
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            button = self._buttons.get(event.text().upper())
            if button is not None:
                button.click()
                button.setFocus()
                return True
        return super().eventFilter(watched, event)

    def _clicked(self) -> None:
        self.edited.emit(self.value())


def _is_letter_for_us(event: QEvent) -> bool:
    """Whether Qt asks if a plain letter is a shortcut or ours."""
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    plain = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
    return event.modifiers() in plain and event.text().isprintable() and bool(event.text())


AnyEditor = LineEditor | LongTextEditor | ChoiceEditor | YesNoEditor


def editor_of(kind: EditorKind, choices: Sequence[Choice] = ()) -> AnyEditor:
    """A new editor of that kind."""
    makers: dict[EditorKind, Callable[[], AnyEditor]] = {
        "text": LineEditor,
        "long_text": LongTextEditor,
        "date": DateEditor,
        "amount": lambda: DecimalEditor(places=2),
        "hours": lambda: DecimalEditor(hours=True),
        "number": DecimalEditor,
        "choice": lambda: ChoiceEditor(choices),
        "yes_no": YesNoEditor,
    }
    return makers[kind]()
