"""What goes wrong, by name, switched at run time. All deterministic by seed and order of requests."""

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

KNOWN: Final = {
    "rate_limit": "429 with Retry-After, in seconds and as a date in turn; asking again earlier is counted",
    "error_500": "500 with the JSON envelope and as HTML in turn, before anything is done",
    "error_502": "502 likewise",
    "error_503": "503 likewise",
    "reset_before": "the connection is cut before anything is done",
    "reset_after": "the request is carried out, then the connection is cut without an answer",
    "cut_body": "the body ends before its Content-Length",
    "slow": "the answer comes after `seconds`",
    "drip": "the body comes in small pieces over `seconds`",
    "cancelled_200": "Transaction cancelled inside 200: alone, after a partial result, and as broken JSON in turn",
    "hibernating": "200 with the HTML of a hibernating instance",
    "login_page": "200 with the HTML of a sign-in page",
    "empty_200": "200 with no body",
    "dead_token": "the access token of the request is dead from now on",
    "refuse_refresh": "refresh tokens are refused",
    "mutate_while_reading": "a colleague changes, inserts and deletes cases after each list page",
    "late_commit": "colleagues' writes become visible `seconds` after their own time stamp",
    "hidden_pages": "a run of consecutive cases is hidden by a security policy",
    "wrong_counts": "X-Total-Count is wrong",
    "closed_journals": "sys_journal_field gives 200 and an empty list",
}
LASTING: Final = frozenset({"refuse_refresh", "late_commit", "hidden_pages", "wrong_counts", "closed_journals"})
"""States rather than incidents: they hold as long as they are on."""
_SECONDS: Final = {"slow": 1.5, "drip": 1.0, "late_commit": 3.0, "rate_limit": 1.0}
_MIXED_RATE: Final = 0.03


@dataclass(slots=True)
class _Fault:
    left: int | None
    rate: float
    seconds: float


class Faults:
    """The switched-on faults; safe to use from several threads."""

    def __init__(self, seed: int, names: Sequence[str] = ()) -> None:
        """`names` as in `rate_limit`, `slow:0.1` (a share of the requests) or `all` (each at three per cent)."""
        self._random = random.Random(f"{seed}:faults")
        self._lock = threading.Lock()
        self._on: dict[str, _Fault] = {}
        self._struck: dict[str, int] = {}
        for text in names:
            name, _, rate = text.partition(":")
            if name == "all":
                for each in KNOWN:
                    self.switch(each, rate=1.0 if each in LASTING else _MIXED_RATE)
                self.clear("refuse_refresh")
            else:
                self.switch(name, rate=float(rate or 1.0))

    def switch(
        self, name: str, *, times: int | None = None, rate: float = 1.0, seconds: float | None = None
    ) -> None:
        """Let the fault strike: the next `times` chances (None: until cleared), each with probability `rate`."""
        if name not in KNOWN:
            raise ValueError(f"unknown fault {name!r}; known: {', '.join(KNOWN)}")
        with self._lock:
            self._on[name] = _Fault(times, rate, _SECONDS.get(name, 0.0) if seconds is None else seconds)

    def clear(self, name: str = "") -> None:
        """Switch one fault off, or all."""
        with self._lock:
            if name:
                self._on.pop(name, None)
            else:
                self._on.clear()

    def strikes(self, name: str) -> bool:
        """Whether the fault happens now; uses one of its times."""
        with self._lock:
            fault = self._on.get(name)
            if fault is None or (fault.rate < 1 and self._random.random() >= fault.rate):
                return False
            if fault.left is not None:
                fault.left -= 1
                if fault.left <= 0:
                    del self._on[name]
            self._struck[name] = self._struck.get(name, 0) + 1
            return True

    def is_on(self, name: str) -> bool:
        """Whether a lasting fault holds."""
        with self._lock:
            return name in self._on

    def seconds(self, name: str) -> float:
        """How long a slow, dripping, late or limited thing takes."""
        with self._lock:
            fault = self._on.get(name)
            return fault.seconds if fault else _SECONDS.get(name, 0.0)

    def struck(self, name: str) -> int:
        """How often the fault has happened so far."""
        with self._lock:
            return self._struck.get(name, 0)

    def listed(self) -> dict[str, object]:
        """Every known fault with its meaning, whether it is on, and how often it happened."""
        with self._lock:
            return {
                name: {"meaning": meaning, "on": name in self._on, "struck": self._struck.get(name, 0)}
                for name, meaning in KNOWN.items()
            }
