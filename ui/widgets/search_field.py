"""Search as you type. "/" goes there, Esc empties it and then leaves it, Down goes to the hits."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QLineEdit

from kkassist.domain.language import say
from ui.icons import icon
from ui.theme import follow_theme, px, tokens
from ui.widgets.key_hint import caps_size, paint_caps

_TYPING_PAUSE_MS = 120


class SearchField(QLineEdit):
    """`searched(text)` when typing pauses or on Enter; `to_hits()` on Down."""

    searched = Signal(str)
    to_hits = Signal()

    def __init__(self, hint: str, *, keys: str = "/") -> None:
        super().__init__()
        self._keys, self._told = keys, ""
        self.setPlaceholderText(hint)
        self.setAccessibleName(hint)
        self._loupe = QAction(say("Søg"), self)
        self._clear = QAction(say("Ryd søgningen (Esc)"), self)
        self._clear.triggered.connect(self.forget)
        self.addAction(self._loupe, QLineEdit.ActionPosition.LeadingPosition)
        self.addAction(self._clear, QLineEdit.ActionPosition.TrailingPosition)
        self._clear.setVisible(False)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_TYPING_PAUSE_MS)
        self._pause.timeout.connect(self._tell)
        self.textChanged.connect(self._typed)
        self.returnPressed.connect(self._tell)
        if keys:
            self._shortcut = QShortcut(QKeySequence(keys), self)
            self._shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
            self._shortcut.activated.connect(self.go_there)
        follow_theme(self, self._tint)
        self._tint()

    def go_there(self) -> None:
        """Put the cursor in the field with its text selected."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def forget(self) -> None:
        """Empty the field and tell at once."""
        self.clear()
        self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc empties, then leaves; Down goes to the hits."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.forget()
        elif event.key() == Qt.Key.Key_Escape:
            self.clearFocus()
            event.ignore()  # the place around puts the focus in its list
        elif event.key() == Qt.Key.Key_Down:
            self._tell()
            self.to_hits.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The key cap at the right while the field is empty and elsewhere has the focus."""
        super().paintEvent(event)
        if self._keys and not self.text() and not self.hasFocus():
            painter, look = QPainter(self), tokens()
            at = self.rect().center()
            at.setX(self.width() - caps_size(self._keys).width() - 8)
            paint_caps(painter, self._keys, at, look.color("muted"), look.color("line_strong"))
            painter.end()

    def _typed(self) -> None:
        self._clear.setVisible(bool(self.text()))
        self._pause.start()

    def _tell(self) -> None:
        self._pause.stop()
        text = self.text().strip()
        if text != self._told:
            self._told = text
            self.searched.emit(text)

    def _tint(self) -> None:
        self._loupe.setIcon(icon("search", "muted", px(16)))
        self._clear.setIcon(icon("close", "muted", px(16)))
