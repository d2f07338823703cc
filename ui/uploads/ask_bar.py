"""A question asked where it arises instead of in a dialog: a sentence, maybe a reason to write, and the answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from kkassist.domain.language import say
from ui.theme import dress
from ui.widgets.buttons import Button
from ui.widgets.text import Text


@dataclass(frozen=True, slots=True)
class Answer:
    """A verb and what it does with the reason that was written ("" where none was asked for)."""

    text: str
    act: Callable[[str], object]
    role: str = "plain"


class AskBar(QFrame):
    """Hidden until something is asked. Esc lets the question go; Enter gives the only answer where there is one.

    An answer that needs a reason is disabled until one is written.
    """

    def __init__(self) -> None:
        super().__init__()
        dress(self, role="bar")
        self.reason = QLineEdit()
        self._question = Text("", "bold", wrap=True)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        column.addWidget(self._question)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.reason, 1)
        row.addStretch(0)
        row.addLayout(self._buttons)
        column.addLayout(row)
        self._answers: Sequence[Answer] = ()
        self._pressed: list[Button] = []
        self._let_go: Callable[[], object] = _nothing
        self._back_to: QWidget | None = None
        self.reason.textChanged.connect(self._enable)
        self.reason.returnPressed.connect(self._enter)
        self.hide()

    def ask(
        self,
        question: str,
        answers: Sequence[Answer],
        *,
        reason: str = "",
        let_go: Callable[[], object] | None = None,
    ) -> None:
        """Ask. `reason` is the hint of the reason's field, "" where no reason is needed."""
        self._back_to = self.window().focusWidget()
        self._answers, self._let_go = answers, let_go or _nothing
        self._question.setText(question)
        self.setAccessibleName(question)
        self.reason.clear()
        self.reason.setPlaceholderText(reason)
        self.reason.setAccessibleName(reason)
        self.reason.setVisible(bool(reason))
        self._fill()
        self._enable()
        self.show()
        (self.reason if reason else self._pressed[0]).setFocus()

    def answers(self) -> list[Button]:
        """The buttons, the way out last."""
        return list(self._pressed)

    def close_question(self) -> None:
        """Let the question go without an answer."""
        if self.isVisible():
            self._leave()
            self._let_go()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc lets it go."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_question()
        else:
            super().keyPressEvent(event)

    def _fill(self) -> None:
        for old in self._pressed:
            old.hide()
            old.deleteLater()
        self._pressed = []
        for answer in self._answers:
            button = Button(answer.text, role=answer.role)
            button.clicked.connect(lambda _=False, one=answer: self._give(one))
            self._pressed.append(button)
        out = Button(say("Fortryd"), role="quiet", keys="Esc")
        out.clicked.connect(self.close_question)
        self._pressed.append(out)
        for button in self._pressed:
            self._buttons.addWidget(button)

    def _enable(self) -> None:
        ready = self.reason.isHidden() or bool(self.reason.text().strip())
        for button in self._pressed[:-1]:
            button.setEnabled(ready)

    def _enter(self) -> None:
        if len(self._answers) == 1 and self._pressed[0].isEnabled():
            self._give(self._answers[0])

    def _give(self, answer: Answer) -> None:
        reason = self.reason.text().strip()
        self._leave()
        answer.act(reason)

    def _leave(self) -> None:
        self.hide()
        if self._back_to is not None and isValid(self._back_to):
            self._back_to.setFocus()


def _nothing() -> None:
    return None
