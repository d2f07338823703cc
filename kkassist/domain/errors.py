"""Errors a user can do something about. Each carries one sentence for her; its class decides the exit code.

Anything else that is raised is a bug: it goes to the log with a reference and ends with exit code 5.
"""

from dataclasses import dataclass
from typing import ClassVar


class KkassistError(Exception):
    """A known error. `str(error)` is the sentence for the user; `log_detail` is for the log alone."""

    exit_code: ClassVar[int] = 1

    def __init__(self, sentence: str, *, log_detail: str = "") -> None:
        super().__init__(sentence)
        self.log_detail = log_detail


class Refused(KkassistError):
    """The input has errors that the user must mend, or a rule forbids the act (exit 1)."""


class Ambiguous(Refused):
    """Several things answer to the name given; the user must say which (exit 1)."""

    def __init__(self, sentence: str, *, candidates: tuple[tuple[str, str], ...]) -> None:
        super().__init__(sentence)
        self.candidates = candidates
        """(id that is unique, what it is) of each."""


class Unreadable(Refused):
    """A text that should be a CPR number, an amount, a date … and is none. `rule` is the rule it breaks (exit 1).

    The sentence never repeats a CPR number.
    """

    def __init__(self, sentence: str, *, rule: str) -> None:
        super().__init__(sentence)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class SettingFault:
    """One fault in settings.toml: the line (1-based; 0 for the whole file), the key and what to do."""

    line: int
    key: str
    message: str


class Misused(KkassistError):
    """Wrong usage or settings (exit 2)."""

    exit_code = 2

    def __init__(self, sentence: str, *, faults: tuple[SettingFault, ...] = (), log_detail: str = "") -> None:
        super().__init__(sentence, log_detail=log_detail)
        self.faults = faults


class OutOfReach(KkassistError):
    """An outside system does not answer, or answers nonsense (exit 3). What was done stays done."""

    exit_code = 3

    def __init__(self, sentence: str, *, system: str, log_detail: str = "", retry_after_s: float = 0) -> None:
        super().__init__(sentence, log_detail=log_detail)
        self.system = system
        self.retry_after_s = retry_after_s
        """Seconds the system asked us to wait; 0 when it did not say."""


class SignInNeeded(OutOfReach):
    """The system wants the user to sign in (again), or refused the sign-in (exit 3)."""


class WorkspaceUnusable(KkassistError):
    """The workspace cannot be opened (exit 4); it is left as it is."""

    exit_code = 4


class WorkspaceLocked(WorkspaceUnusable):
    """Somebody else holds the workspace, or its key is out of reach. Nothing is wrong with the file."""


class WorkspaceDamaged(WorkspaceUnusable):
    """The file is damaged, foreign, of a newer version, or the key does not fit."""


class DiskFull(WorkspaceUnusable):
    """There is no room to write; nothing was half-written."""
