"""The form of a case: sections of field rows made from the process' declaration, findings at their fields."""

from collections.abc import Sequence
from datetime import date, datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from kkassist.actions.case import OpenCase
from kkassist.domain.language import say
from kkassist.domain.sourced import SOURCE_NAMES, FilledField, Said, Source
from kkassist.processes.words import Field, Kind
from ui.widgets.editors import Choice, EditorKind
from ui.widgets.field_row import FieldRow, FieldSpec
from ui.widgets.findings import FindingLine
from ui.widgets.notation import COPENHAGEN, date_text, mask_cpr
from ui.widgets.section import Section
from ui.widgets.source_chip import Origin, SourceValue

DRAFT_AFTER_MS = 500
"""With the editor's own quarter of a second: what is typed is handed on well within a second of the keystroke."""

_EDITOR_OF: dict[Kind, EditorKind] = {
    Kind.LONG_TEXT: "long_text",
    Kind.DATE: "date",
    Kind.AMOUNT: "amount",
    Kind.HOURS: "hours",
    Kind.NUMBER: "number",
    Kind.YES_NO: "yes_no",
    Kind.CHOICE: "choice",
}
_NO_OPTIONS = frozenset({Kind.CHOICE})
_IDENTITY = frozenset({Kind.CPR, Kind.TJENESTENR})
"""Who the case is about is chosen among employments, never typed over: a masked CPR is no value to store."""


class CaseForm(QWidget):
    """`drafted(field, stored)` when the user changed a value, gathered so that the last one counts."""

    drafted = Signal(str, str)

    def __init__(self, opened: OpenCase) -> None:
        super().__init__()
        self.rows: dict[str, FieldRow] = {}
        self._typed: dict[str, str] = {}
        self._unkept: set[str] = set()
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(DRAFT_AFTER_MS)
        self._wait.timeout.connect(self.flush)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        process = opened.process
        declared = process.fields if process is not None else ()
        for title, fields in _sections(declared):
            column.addWidget(self._section(title, fields, opened))
        self.refresh(opened)

    def start(self, opened: OpenCase) -> None:
        """Show another case of the same shape in the same rows: building them anew takes far longer."""
        self._wait.stop()
        self._typed, self._unkept = {}, set()
        self.refresh(opened, over_all=True)

    def refresh(self, opened: OpenCase, *, over_all: bool = False) -> None:
        """Show the case as it now is. A field that is being typed in keeps what stands there."""
        worst = {finding.field: finding for finding in reversed(opened.findings)}
        worst |= {one.field: one for one in reversed(opened.findings) if one.severity == "error"}
        for filled in opened.fields:
            row = self.rows.get(filled.id)
            if row is None:
                continue
            busy = filled.id in {*self._typed, *self._unkept} or row.is_being_edited()
            if over_all or not busy:
                row.set_value(_shown(filled))
            row.set_origin(_origin(filled))
            finding = worst.get(filled.id)
            row.set_finding(FindingLine(finding.severity.value, finding.message) if finding else None)

    def flush(self) -> None:
        """Hand on what was typed, now."""
        self._wait.stop()
        for row in self.rows.values():
            row.tell()
        self._wait.stop()
        typed, self._typed = self._typed, {}
        self._unkept |= typed.keys()
        for field, value in typed.items():
            self.drafted.emit(field, value)

    def kept(self, field: str) -> None:
        """The workspace has what was typed: from now on it says what the field holds."""
        self._unkept.discard(field)

    def forget(self, field: str) -> None:
        """Show what the sources say when the case comes anew, though the cursor stands in the field."""
        self._typed.pop(field, None)
        self._unkept.discard(field)
        self.rows[field].editor.clearFocus()

    def focus_first(self) -> bool:
        """Put the cursor in the first field that can be edited; False when there is none."""
        first = next((row for row in self.rows.values() if not row.is_read_only), None)
        if first is not None:
            first.editor.setFocus(Qt.FocusReason.TabFocusReason)
        return first is not None

    def current_field(self) -> str:
        """The field with the cursor, "" when none has it."""
        inside = self.window().focusWidget()
        return next((name for name, row in self.rows.items() if inside and row.isAncestorOf(inside)), "")

    def jump(self, field: str) -> None:
        """Put the cursor in a field."""
        if field in self.rows:
            self.rows[field].editor.setFocus()

    def copy_current(self) -> str:
        """Put the value of the field with the cursor on the clipboard; the field's label, "" when none has it."""
        field = self.current_field()
        if not field:
            return ""
        self.rows[field].copy()
        return self.rows[field].spec.label

    def _section(self, title: str, fields: Sequence[Field], opened: OpenCase) -> Section:
        section = Section(say(title) if title else "")
        for field in fields:
            row = FieldRow(_spec(field, opened), read_only=not field.editable or field.kind in _IDENTITY)
            row.edited.connect(lambda value, name=field.id: self._edited(name, value))
            self.rows[field.id] = row
            section.add(row)
        return section

    def _edited(self, field: str, value: str) -> None:
        self._typed[field] = value
        if not self._wait.isActive():
            self._wait.start()


def _sections(declared: Sequence[Field]) -> list[tuple[str, list[Field]]]:
    sections: dict[str, list[Field]] = {}
    for field in declared:
        sections.setdefault(field.group, []).append(field)
    return list(sections.items())


def shape(opened: OpenCase) -> object:
    """Two cases of equal shape have the same fields with the same choices."""
    specs = [_spec(field, opened) for field in opened.process.fields] if opened.process is not None else []
    return opened.process.id if opened.process else "", [field.id for field in opened.fields], specs


def _spec(field: Field, opened: OpenCase) -> FieldSpec:
    options = [Choice(option.value, say(option.label)) for option in field.options]
    if field.options_from and opened.facts is not None:
        table = opened.facts.settings.get(field.options_from, {})
        options = [Choice(key, columns.get("navn", key)) for key, columns in table.items()]
    kind = _EDITOR_OF.get(field.kind, "text")
    if not options and kind == "text" and field.id in opened.choices:
        options = [Choice(label, label) for label in opened.choices[field.id]]
        kind = "choice"
    return FieldSpec(
        label=say(field.label),
        kind=kind if options or field.kind not in _NO_OPTIONS else "text",
        choices=options,
        required=field.required,
        unit=say(field.unit) if field.unit else "",
        help=say(field.help) if field.help else "",
        width=field.width,
    )


def _shown(filled: FilledField) -> str:
    """A CPR is masked wherever it is only to be looked at."""
    return mask_cpr(filled.value) if filled.id == "cpr" and len(filled.value) == 10 else filled.value


def _origin(filled: FilledField) -> Origin | None:
    if filled.source is None:
        return None
    value = filled.reason if filled.source is Source.RULE else _shown(filled)
    taken = SourceValue(say(SOURCE_NAMES[filled.source]), value, _day(filled.as_of))
    return Origin(taken, tuple(_other(said, filled) for said in filled.conflicts))


def _other(said: Said, filled: FilledField) -> SourceValue:
    value = mask_cpr(said.value) if filled.id == "cpr" and len(said.value) == 10 else _readable(said.value)
    return SourceValue(say(SOURCE_NAMES[said.source]), value, _day(said.as_of))


def _day(as_of: datetime | None) -> date | None:
    return None if as_of is None else as_of.astimezone(COPENHAGEN).date()


def _readable(value: str) -> str:
    """A stored date as Danes write it; everything else as it is."""
    try:
        return date_text(date.fromisoformat(value))
    except ValueError:
        return value
