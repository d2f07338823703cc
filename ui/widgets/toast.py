"""Short messages at the bottom of the window: what was done, with a way to undo it."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPropertyAnimation, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QGraphicsOpacityEffect, QHBoxLayout, QWidget

from kkassist.domain.language import say
from ui.theme import Tone, dress, fade_ms
from ui.widgets.buttons import Button, IconButton
from ui.widgets.icon_mark import IconMark
from ui.widgets.status_pill import ICON_OF_TONE
from ui.widgets.text import Text

_SHOWN_MS = 6000
_MARGIN = 24


@dataclass(frozen=True, slots=True)
class Message:
    """What to say, and how to undo it while it is shown."""

    text: str
    tone: Tone = "green"
    undo: Callable[[], object] | None = None
    undo_keys: str = "Ctrl+Z"


class _Toast(QFrame):
    left = Signal()

    def __init__(self, message: Message, owner: QWidget) -> None:
        super().__init__(owner)
        self._message = message
        self.setAccessibleName(message.text)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dress(self, role="toast")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8, 8)
        row.setSpacing(10)
        row.addWidget(IconMark(ICON_OF_TONE[message.tone], message.tone, 18))
        row.addWidget(Text(message.text))
        if message.undo is not None:
            undo = Button(say("Fortryd"), role="quiet", keys=message.undo_keys)
            undo.clicked.connect(self.undo)
            row.addWidget(undo)
            shortcut = QShortcut(QKeySequence(message.undo_keys), owner)
            shortcut.activated.connect(self.undo)
            self.destroyed.connect(shortcut.deleteLater)
        close = IconButton("close", say("Luk beskeden"), size=14, ink="muted")
        close.clicked.connect(self.leave)
        row.addWidget(close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SHOWN_MS)
        self._timer.timeout.connect(self._time_is_up)
        self._timer.start()

    def is_passing(self) -> bool:
        """Whether nothing is lost when it goes: neither a result nor a way back."""
        return self._message.tone == "neutral" and self._message.undo is None

    def undo(self) -> None:
        """Take back what was done, once."""
        if self._message.undo is not None and not self.isHidden():
            self.hide()
            self._message.undo()
            self.leave()

    def leave(self) -> None:
        """Go, and make room for the next."""
        self._timer.stop()
        self.hide()
        self.left.emit()
        self.close()

    def _time_is_up(self) -> None:
        if self.underMouse() or self.isAncestorOf(self.window().focusWidget() or self.window()):
            self._timer.start()
        else:
            self.leave()

    def fade_in(self) -> None:
        """Appear softly, or at once where motion is reduced."""
        self.show()
        self.raise_()
        if not fade_ms():
            return
        effect = QGraphicsOpacityEffect(self)
        self.setGraphicsEffect(effect)
        fade = QPropertyAnimation(effect, b"opacity", self)
        fade.setDuration(fade_ms())
        fade.setStartValue(0.0)
        fade.setEndValue(1.0)
        fade.finished.connect(lambda: self.setGraphicsEffect(None))  # type: ignore[arg-type]
        fade.start()


class Toaster(QObject):
    """Shows messages over a widget, one at a time in the order they came, six seconds each.

    One that is pointed at or has the focus stays. Each is announced to assistive tools.
    """

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self._waiting: deque[Message] = deque()
        self._shown: _Toast | None = None
        owner.installEventFilter(self)

    def tell(self, message: Message) -> None:
        """Show a message now, or after those before it. What only says that work has begun makes room at once."""
        self._waiting.append(message)
        if self._shown is None:
            self._next()
        elif self._shown.is_passing():
            self._shown.leave()

    def shown(self) -> QWidget | None:
        """The toast on screen."""
        return self._shown

    def waiting(self) -> int:
        """How many are still to come."""
        return len(self._waiting)

    def _next(self) -> None:
        self._shown = None
        if not self._waiting:
            return
        message = self._waiting.popleft()
        self._shown = toast = _Toast(message, self._owner)
        toast.left.connect(self._next)
        self._place()
        toast.fade_in()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._owner, message.text))

    def _place(self) -> None:
        if self._shown is not None:
            self._shown.adjustSize()
            left = (self._owner.width() - self._shown.width()) // 2
            self._shown.move(left, self._owner.height() - self._shown.height() - _MARGIN)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the bottom when the window changes size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)
