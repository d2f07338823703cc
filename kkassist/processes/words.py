"""The few words a process is declared in. One file declares a process; form, template, checks, command line,
robot recipe, letters, help and reports are made from it.

Values are text in stored form everywhere: ISO dates, plain decimals ("12500.75"), ten-digit CPR, "J"/"N".
`kkassist.processes.kinds` turns what people write into stored form and back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from kkassist.domain.batch import Severity
from kkassist.domain.person import Employment
from kkassist.domain.sourced import Source


class Kind(StrEnum):
    """What a field or column holds, and so how it is read, checked, shown and edited."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CPR = "cpr"
    TJENESTENR = "tjenestenr"
    DATE = "date"
    MONTH = "month"
    AMOUNT = "amount"
    HOURS = "hours"
    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"
    UNIT = "unit"
    COST_CENTER = "cost_center"


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a choice: stored value and Danish label."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class From:
    """Where a field is filled in from: a source and its field, in order of trust.

    `key` for OPUS is an attribute of `Employment` (or `unit_name`); for KKORG one of the engagement or its unit
    (`unit_name`, `kkorgnr`, `leader_name`, `forvaltning`, `job_function`, `person_name`, `end`); for SERVICENOW a
    field name of the record; for RULE the name of a function in the declaration's `rules`.
    """

    source: Source
    key: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the case form. The first source with a value fills it; the others are compared with it."""

    id: str
    label: str
    kind: Kind = Kind.TEXT
    sources: tuple[From, ...] = ()
    group: str = ""
    """Heading of the form's section."""
    required: bool = False
    editable: bool = True
    options: tuple[Option, ...] = ()
    options_from: str = ""
    """Name of a table of the process' settings that gives the options, e.g. "loenarter"."""
    writes_to: str = ""
    """ServiceNow field that an edit is sent to; "" keeps the edit in the draft and the robot's content."""
    help: str = ""
    unit: str = ""
    """Shown after the value, e.g. "timer" or "kr."."""
    width: str = "normal"
    """short | normal | long: how wide the editor is."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the Excel template."""

    id: str
    header: str
    kind: Kind = Kind.TEXT
    required: bool = True
    aliases: tuple[str, ...] = ()
    """Other headers people use; compared without case, accents, punctuation and spaces."""
    options: tuple[Option, ...] = ()
    options_from: str = ""
    note: str = ""
    """Explained in the template, under or on the header."""
    example: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a check found: nothing, or the rule's text with these values filled in."""

    values: Mapping[str, object] = field(default_factory=dict)
    at: str = ""
    """Field or column id when it differs from the check's own."""


class Register(Protocol):
    """What the checks may look things up in: the last known OPUS and KKorg, and the process' settings."""

    def employment(self, tjenestenr: str) -> Employment | None: ...
    def employments_of(self, cpr: str) -> Sequence[Employment]: ...
    def cost_center_open(self, cost_center: str, day: date) -> bool | None:
        """None when no register of cost centers is known."""
        ...

    def setting(self, name: str) -> Mapping[str, Mapping[str, str]]:
        """A table of the process' settings by key, e.g. `setting("aftaler")["RL-2026-001"]["loft"]`."""
        ...

    def today(self) -> date: ...


@dataclass(frozen=True, slots=True)
class RowCheck:
    """A check of one row's values (only rows whose cells could all be read meet it)."""

    rule: str
    column: str
    severity: Severity
    source: str
    """Law, agreement or system the rule comes from."""
    text: str
    """Danish, with {values}: what is wrong and what to do."""
    test: Callable[[Mapping[str, str], Register], Told | None]
    reads: tuple[str, ...] = ()
    """The only columns the test looks at, where they repeat from row to row: it is then asked once for each
    combination of their values. Empty: it is asked for every row."""


@dataclass(frozen=True, slots=True)
class FileCheck:
    """A check over all rows together; it tells for each finding which of the rows it concerns."""

    rule: str
    column: str
    severity: Severity
    source: str
    text: str
    test: Callable[
        [Sequence[tuple[int, Mapping[str, str]]], Mapping[str, str], Register], Sequence[tuple[int, Told]]
    ]
    """((Excel row, values) …, cover-sheet values, register) → (Excel row or 0, told) …"""


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What a case check, a rule of the form or a letter may know."""

    values: Mapping[str, str]
    """Field id → stored value, the user's draft laid over what was filled in."""
    employment: Employment | None
    employments: Sequence[Employment]
    """All employments of the same person."""
    today: date
    settings: Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class CaseCheck:
    """A check of the case form. An error blocks sending; a warning must be seen."""

    rule: str
    field: str
    severity: Severity
    source: str
    text: str
    test: Callable[[CaseFacts], Told | None]


@dataclass(frozen=True, slots=True)
class Worked:
    """A value a rule worked out, with why (Danish, naming the law)."""

    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the checklist. `only_if` hides steps that do not concern the case."""

    id: str
    text: str
    role: str = "sagsbehandler"
    only_if: Callable[[CaseFacts], bool] | None = None


@dataclass(frozen=True, slots=True)
class RobotRecipe:
    """How a row or case is handed to a robot. Queue and release names are settings; these are demo defaults."""

    queue: str
    release: str
    content: tuple[tuple[str, str], ...]
    """(name in SpecificContent, field or column id). CPR is left out where a tjenestenr. does."""
    business_key: tuple[str, ...]
    """Field ids that make the effect unique in the receiving system (what would be paid twice)."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter from a template in resources/letters (docx), filled with the case's values."""

    id: str
    title: str
    template: str
    only_if: Callable[[CaseFacts], bool] | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """The mass-upload side of a process."""

    columns: tuple[Column, ...]
    row_checks: tuple[RowCheck, ...] = ()
    file_checks: tuple[FileCheck, ...] = ()
    amount: str = ""
    """Column that is summed, "" when nothing is."""
    group_by: str = ""
    """Column whose sums are shown (cost center)."""
    person: str = "tjenestenr"
    name: str = "navn"
    cover: tuple[Column, ...] = ()
    """Fields of the cover sheet ("Forside"): control sum, number of rows, agreement …"""


@dataclass(frozen=True, slots=True)
class Minutes:
    """Baseline for the benefit measurement. Ours until the city has measured: labelled so wherever shown."""

    before: Decimal
    after: Decimal
    per: str = "sag"


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the catalogue, whole."""

    id: str
    title: str
    area: str
    description: str
    fields: tuple[Field, ...] = ()
    rules: Mapping[str, Callable[[CaseFacts], Worked | None]] = field(default_factory=dict)
    case_checks: tuple[CaseCheck, ...] = ()
    steps: tuple[Step, ...] = ()
    letters: tuple[Letter, ...] = ()
    upload: Upload | None = None
    robot: RobotRecipe | None = None
    minutes: Minutes | None = None
    settings: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    """Demo defaults of the process' own settings, labelled ours: table → key → column → value."""
    help: str = ""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of `case`, `upload`, `robot` (the contract's words)."""
        has = (("case", bool(self.fields)), ("upload", self.upload is not None), ("robot", self.robot is not None))
        return tuple(kind for kind, there in has if there)
