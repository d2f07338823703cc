"""Mass uploads: a file's rows, what was found in them, who approved them, and what became of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Severity(StrEnum):
    """An error stops the row; a warning asks for a look; info only tells."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a file, at Excel's own row and column, with what to do (Danish)."""

    row: int
    """Excel's row number (1-based); 0 for the whole file."""
    column: str
    """The column's header as the template has it; "" for the whole row or file."""
    cell: str
    """Excel's address, e.g. "E17"; "" for a row or file finding."""
    value: str
    rule: str
    """Rule id, e.g. V-RL-03; see the process' declaration for its source."""
    severity: Severity
    message: str
    sheet: str = ""


class BatchState(StrEnum):
    """States of a batch. Approval binds to the content hash; an edit afterwards sends it back to CHECKED."""

    DRAFT = "draft"
    CHECKED = "checked"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    SENDING = "sending"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class RowState(StrEnum):
    """States of a row on its way through a run. UNKNOWN is looked up, never sent again by itself."""

    DRAFT = "draft"
    CHECKED = "checked"
    APPROVED = "approved"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


FINAL_ROW_STATES = (RowState.DONE, RowState.REFUSED, RowState.FAILED, RowState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Batch:
    """One mass upload. Amounts are kroner."""

    id: str
    process: str
    file_name: str
    state: BatchState
    content_hash: str
    """SHA-256 over the rows' canonical values in order; approval binds to it."""
    rows: int
    total: Decimal
    made_by: str
    made_at: datetime
    submitted_at: datetime | None
    decided_by: str
    decided_at: datetime | None
    decided_hash: str
    reason: str
    """Why it was rejected; "" otherwise."""
    counts: Mapping[RowState, int]
    errors: int
    warnings: int


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One row of a batch. `reference` is given once and for life."""

    batch: str
    row: int
    """Excel's row number."""
    reference: str
    values: Mapping[str, str]
    """Column id → canonical value (ISO dates, plain decimals, ten-digit CPR)."""
    state: RowState
    message: str
    """The robot's own words, or ours for an unknown row."""
    tries: int
    robot: str
    external_id: str
    """The orchestrator's id of the item, once known."""
    evidence: str
    """What the robot gave back, e.g. OPUS' receipt number."""
    queued_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Totals:
    """What a person looks at before anything is sent."""

    rows: int
    amount: Decimal
    by_group: tuple[tuple[str, int, Decimal], ...]
    """(cost center, rows, kroner), biggest first."""
    biggest: tuple[tuple[int, str, Decimal], ...]
    """(Excel row, name, kroner), the ten biggest."""
    previous: tuple[str, int, Decimal] | None
    """(batch id, rows, kroner) of the last batch of the same process that was sent."""
    new_people: int
    """Rows whose employment was not in the previous batch."""
    missing_people: int
    """Employments of the previous batch that this file lacks."""
