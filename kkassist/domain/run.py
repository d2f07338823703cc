"""Runs: a batch or a case handed to a robot. The ledger is the truth."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RunState(StrEnum):
    """HANDING_OVER can be interrupted anywhere and goes on; FOLLOWING waits for results."""

    HANDING_OVER = "handing_over"
    FOLLOWING = "following"
    CANCELLING = "cancelling"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    STOPPED = "stopped"  # the orchestrator cannot be reached or refused; goes on when it answers


@dataclass(frozen=True, slots=True)
class Run:
    """One hand-over to a robot platform. `done` counts rows with a final answer, of `total`."""

    id: str
    process: str
    batch: str
    """Batch id, or "" for a run of a single case."""
    case_id: str
    state: RunState
    job_key: str
    """The orchestrator's job, once started."""
    done: int
    total: int
    refused: int
    failed: int
    unknown: int
    started_by: str
    started_at: datetime
    finished_at: datetime | None
    detail: str
    """Why it stands still, in words for the user; "" otherwise."""
