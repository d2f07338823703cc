"""Text in one of the few sizes of the type scale. Always plain: no text from a system is read as markup."""

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from ui.theme import Tone, dress, follow_theme, font

Role = Literal["meta", "label", "body", "bold", "strong", "section", "page"]


class Text(QLabel):
    """A label with a role and, where it carries a status, a tone."""

    def __init__(
        self,
        text: str = "",
        role: Role = "body",
        *,
        tone: Tone | None = None,
        wrap: bool = False,
        selectable: bool = False,
    ) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if selectable:
            self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.setCursor(Qt.CursorShape.IBeamCursor)
        dress(self, role=role, tone=tone)


class Figures(Text):
    """Figures of equal width, right-aligned: amounts, counts, times that change."""

    def __init__(self, text: str = "", role: Role = "body") -> None:
        super().__init__(text, role)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        follow_theme(self, self._use_tabular_figures)
        self._use_tabular_figures()

    def _use_tabular_figures(self) -> None:
        self.setFont(font(tabular=True))


class Elided(QLabel):
    """One line that is cut with … when there is no room; the whole text is on hover."""

    def __init__(self, text: str = "", role: Role = "body") -> None:
        super().__init__()
        self._text = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        dress(self, role=role)
        self.show_text(text)

    def show_text(self, text: str) -> None:
        """Show another text."""
        self._text = text
        self.setAccessibleName(text)
        self._cut()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Cut anew for the new width."""
        self._cut()

    def _cut(self) -> None:
        shown = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, max(0, self.width()))
        self.setText(shown)
        self.setToolTip(self._text if shown != self._text else "")


def hairline() -> QWidget:
    """The thin line between two things."""
    line = QFrame()
    dress(line, role="hairline")
    return line
