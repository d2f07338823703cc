"""One field of a form: label, value, where it comes from, what is wrong with it, and a copy button."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QEnterEvent, QGuiApplication
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from kkassist.domain.language import say
from ui.icons import icon
from ui.theme import dress, px, theme
from ui.widgets.buttons import IconButton
from ui.widgets.editors import Choice, EditorKind, editor_of
from ui.widgets.findings import TONE_OF, FindingLine, InlineFinding
from ui.widgets.source_chip import Origin, SourceChip
from ui.widgets.text import Text

_LABEL_WIDTH = 148
_EDITOR_WIDTHS = {"short": 160, "normal": 280, "long": 16_777_215}


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """What a field is. `unit` stands after the value ("kr.", "timer"); `width` is short, normal or long."""

    label: str
    kind: EditorKind = "text"
    choices: Sequence[Choice] = ()
    required: bool = False
    unit: str = ""
    help: str = ""
    width: str = "normal"


class CopyButton(IconButton):
    """Shows its icon only while its row is under the pointer or it has the focus, so that a form stays calm."""

    def __init__(self, label: str) -> None:
        super().__init__("copy", say("Kopiér {label}", label=label), size=14, ink="muted")
        self._shown = False

    def reveal(self, shown: bool) -> None:
        """Show or hide the icon; the button keeps its place."""
        self._shown = shown or self.hasFocus()
        self._tint()

    def _tint(self) -> None:
        super()._tint()
        if not getattr(self, "_shown", False):
            self.setIcon(icon("copy", "surface", px(14)))


class FieldRow(QWidget):
    """`edited(value)` with the stored form when the user changed it; `copied()` after a copy.

    Values are stored text (ISO dates, plain decimals, J/N, option values); see `ui.widgets.editors`.
    """

    edited = Signal(str)
    copied = Signal()

    def __init__(
        self, spec: FieldSpec, value: str = "", *, origin: Origin | None = None, read_only: bool = False
    ) -> None:
        super().__init__()
        self.spec = spec
        self.editor = editor_of(spec.kind, spec.choices)
        self.chip = SourceChip(origin)
        self._label = Text(self._label_text(), "label", wrap=True)
        self._finding = InlineFinding()
        self._copy = CopyButton(spec.label)
        self._lay_out()
        self._name_editor()
        self.editor.edited.connect(self.edited)
        self._copy.clicked.connect(self.copy)
        theme().changed.connect(self._fit)
        self._fit()
        self.set_value(value)
        self.set_read_only(read_only)

    def value(self) -> str:
        """The stored form of what stands there."""
        return self.editor.value()

    def set_value(self, value: str) -> None:
        """Show a stored value; tells nobody."""
        self.editor.set_value(value)

    def set_origin(self, origin: Origin | None) -> None:
        """Show where the value comes from."""
        self.chip.set_origin(origin)

    def set_finding(self, finding: FindingLine | None) -> None:
        """Show what is wrong below the value, and colour its border."""
        self._finding.show_finding(finding)
        dress(self.editor, tone=TONE_OF[finding.severity] if finding else "neutral")
        self.editor.setAccessibleDescription(finding.text if finding else self.spec.help)

    def set_read_only(self, read_only: bool) -> None:
        """Let the value be read and copied, or edited."""
        self.editor.set_read_only(read_only)

    def copy(self) -> None:
        """Put what is shown on the clipboard."""
        QGuiApplication.clipboard().setText(self.editor.copy_text())
        self.copied.emit()

    def enterEvent(self, _event: QEnterEvent) -> None:
        """The copy button appears."""
        self._copy.reveal(True)

    def leaveEvent(self, _event: QEvent) -> None:
        """The copy button goes."""
        self._copy.reveal(False)

    def _label_text(self) -> str:
        return f"{self.spec.label} *" if self.spec.required else self.spec.label

    def _name_editor(self) -> None:
        required = say("{label}, skal udfyldes", label=self.spec.label)
        self.editor.setAccessibleName(required if self.spec.required else self.spec.label)
        self.editor.setAccessibleDescription(self.spec.help)
        self.editor.setToolTip(self.spec.help)
        self._label.setBuddy(self.editor)
        self._label.setToolTip(self.spec.help)
        self.setFocusProxy(self.editor)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 2)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        middle = Qt.AlignmentFlag.AlignVCenter
        tall = self.spec.kind == "long_text"
        grid.addWidget(self._label, 0, 0, Qt.AlignmentFlag.AlignTop if tall else middle)
        grid.addWidget(self.editor, 0, 1)
        if self.spec.unit:
            grid.addWidget(Text(self.spec.unit, "label"), 0, 2, middle)
        grid.addWidget(self.chip, 0, 4, middle | Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self._copy, 0, 5, middle)
        grid.addWidget(self._finding, 1, 1, 1, 5)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(3, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def _fit(self) -> None:
        self._label.setFixedWidth(px(_LABEL_WIDTH))
        widest = _EDITOR_WIDTHS[self.spec.width]
        self.editor.setMaximumWidth(widest if self.spec.width == "long" else px(widest))
