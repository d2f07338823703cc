"""Cases of the queue, as ServiceNow holds them, with the user's own pending changes laid over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ServerRow:
    """One record as ServiceNow gave it. `fields` holds raw values (strings, UTC); `labels` display texts.

    A field that the ACL hides is absent, never empty.
    """

    sys_id: str
    table: str
    """The record's own class (`sys_class_name`), e.g. `sn_hr_le_case`."""
    fields: Mapping[str, str]
    labels: Mapping[str, str]
    """Display text of reference and choice fields, where the server gave one."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line of the queue. Instants are UTC; `due` and `breach_at` None when the case has none."""

    sys_id: str
    number: str
    table: str
    title: str
    process: str
    """Process id of the catalogue, or "" when the case belongs to none."""
    state: str
    state_label: str
    priority: int
    group: str
    assigned_to: str
    """Display name, "" when nobody has the case."""
    person: str
    due: datetime | None
    breach_at: datetime | None
    breach_paused: bool
    opened: datetime | None
    updated: datetime
    unread: bool
    """Changed by somebody else since the user last looked."""
    pending: int
    """Own changes that the server has not confirmed."""
    refused: int
    """Own changes that wait for the user: refused or in conflict."""
    active: bool


class NoteKind(StrEnum):
    """Comments are read by the employee; work notes stay inside. Mixing them up is a data breach."""

    COMMENT = "comment"
    WORK_NOTE = "work_note"


@dataclass(frozen=True, slots=True)
class Note:
    """One journal entry. `at` is None when only ServiceNow's concatenated display text could be read."""

    id: str
    kind: NoteKind
    text: str
    author: str
    at: datetime | None
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on a case. `local_path` is set once the bytes are here; `sha256` of the bytes when known."""

    sys_id: str
    name: str
    content_type: str
    size: int
    sha256: str
    by: str
    at: datetime | None
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Sla:
    """A service-level clock. It is counted down here from `planned_end`, since stored percentages are stale."""

    name: str
    stage: str
    """in_progress | paused | completed | cancelled"""
    planned_end: datetime | None
    breached: bool


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that changed on the server since the user last looked."""

    field: str
    before: str
    after: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """Everything the workspace knows of one case; `fields` are projected (pending changes laid over)."""

    row: QueueRow
    server: ServerRow
    fields: Mapping[str, str]
    labels: Mapping[str, str]
    notes: tuple[Note, ...]
    attachments: tuple[Attachment, ...]
    slas: tuple[Sla, ...]
    changed_since_read: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a choice list, as `sys_choice` has it."""

    table: str
    element: str
    value: str
    label: str
    sequence: int
    inactive: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A saved way to look at the queue: which cases, in what order, grouped how."""

    id: str
    name: str
    scope: str = "queue"
    """queue (mine or my groups') | mine | unassigned | changed | waiting | at_risk | all"""
    processes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    sort: str = "breach"
    """breach | due | updated | opened | number | person | priority"""
    descending: bool = False
    group_by: str = "due"
    """due | process | state | assigned_to | none"""
    built_in: bool = False
