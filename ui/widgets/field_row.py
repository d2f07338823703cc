"""One field of a form: label, value, where it comes from, what is wrong with it, and a copy button."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QEnterEvent, QGuiApplication, QIcon, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QWidget

from kkassist.domain.language import say
from ui.theme import dress, follow_theme, px
from ui.widgets.buttons import IconButton
from ui.widgets.editors import Choice, EditorKind, LineEditor, LongTextEditor, editor_of
from ui.widgets.findings import TONE_OF, FindingLine, InlineFinding
from ui.widgets.source_chip import Origin, SourceChip
from ui.widgets.text import Text

_LABEL_WIDTH = 148
_EDITOR_LEAST = 110
_NARROW = 440
_UNBOUND = 16_777_215  # Qt's own "no maximum"
_EDITOR_WIDTHS = {"short": 160, "normal": 280, "long": _UNBOUND}


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
            self.setIcon(QIcon())


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
        self.is_read_only = read_only
        self._found: FindingLine | None = None
        self.editor = editor_of(spec.kind, spec.choices)
        self.chip = SourceChip(origin, self)
        self._label = Text(self._label_text(), "label", wrap=True)
        self._finding = InlineFinding()
        self._copy = CopyButton(spec.label)
        self._lay_out()
        self._name_editor()
        self.editor.edited.connect(self.edited)
        self._copy.clicked.connect(self.copy)
        follow_theme(self, self._fit)
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
        if finding == self._found:
            return
        self._found = finding
        self._finding.show_finding(finding)
        dress(self.editor, tone=TONE_OF[finding.severity] if finding else "neutral")
        self.editor.setAccessibleDescription(finding.text if finding else self.spec.help)

    def set_read_only(self, read_only: bool) -> None:
        """Let the value be read and copied, or edited."""
        self.is_read_only = read_only
        self.editor.set_read_only(read_only)
        # An editor copies with Ctrl+C, so that Tab may go from field to field.
        self._copy.setFocusPolicy(Qt.FocusPolicy.StrongFocus if read_only else Qt.FocusPolicy.NoFocus)

    def is_being_edited(self) -> bool:
        """Whether the cursor is in the editor, so that nothing may be written over what stands there."""
        inside = self.window().focusWidget()
        has_cursor = inside is not None and self._line.isAncestorOf(inside)
        return has_cursor and not self.is_read_only

    def tell(self) -> None:
        """Tell what was typed since the editor last told."""
        if isinstance(self.editor, LineEditor | LongTextEditor):
            self.editor.tell()

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
        middle = Qt.AlignmentFlag.AlignVCenter
        self.editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._line = QWidget(self)
        line = QHBoxLayout(self._line)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.editor, 1000)
        if self.spec.unit:
            line.addWidget(Text(self.spec.unit, "label"), 0, middle)
        line.addStretch(1)
        line.addWidget(self.chip, 0, middle)
        line.addWidget(self._copy, 0, middle)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 2, 0, 2)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        self._place(narrow=False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def _place(self, *, narrow: bool) -> None:
        """Label beside the value, or above it where there is too little room for both."""
        self._narrow = narrow
        for part in (self._label, self._line, self._finding):
            self._grid.removeWidget(part)
        tall = self.spec.kind == "long_text"
        side = Qt.AlignmentFlag.AlignTop if tall else Qt.AlignmentFlag.AlignVCenter
        column = 0 if narrow else 1
        self._grid.addWidget(self._label, 0, 0, 1, 2 if narrow else 1, side)
        self._grid.addWidget(self._line, 1 if narrow else 0, column, 1, 2 - column)
        self._grid.addWidget(self._finding, 2 if narrow else 1, column, 1, 2 - column)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Move the label above the value when the row becomes narrow, and back."""
        super().resizeEvent(event)
        if (self.width() < px(_NARROW)) != self._narrow:
            self._place(narrow=not self._narrow)
            self._fit()

    def _fit(self) -> None:
        self._label.setMinimumWidth(px(_LABEL_WIDTH))
        self._label.setMaximumWidth(_UNBOUND if self._narrow else px(_LABEL_WIDTH))
        self.editor.setMinimumWidth(px(_EDITOR_LEAST))
        widest = _EDITOR_WIDTHS[self.spec.width]
        self.editor.setMaximumWidth(widest if self.spec.width == "long" else px(widest))
