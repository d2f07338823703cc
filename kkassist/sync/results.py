"""What a sync did, for the command line, the status line and the log."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceResult:
    """One source's pull. `error` is a sentence for the user, "" when all went well; what is stored stays stored."""

    source: str
    fetched: int = 0
    created: int = 0
    changed: int = 0
    removed: int = 0
    cursor: str = ""
    seconds: float = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class PushResult:
    """What became of the pending changes that were due."""

    sent: int = 0
    refused: tuple[str, ...] = ()
    """Ids of changes refused now."""
    waiting: int = 0
    conflicts: int = 0


Report = Callable[[int, int], None]
"""Progress: (done, of how many; 0 when not known)."""


def silent(_done: int, _total: int) -> None:
    """A report nobody reads."""
