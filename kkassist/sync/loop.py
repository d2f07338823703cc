"""One thread for a workspace's outside work: each job in its own rhythm, woken when there is something to do."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kkassist.domain.errors import KkassistError, OutOfReach

_log = logging.getLogger(__name__)

_FIRST_BACKOFF_S = 5.0
_LONGEST_BACKOFF_S = 300.0


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do again and again. `run` gets the stop flag and returns whether there is more to do at once."""

    name: str
    every_s: float
    run: Callable[[threading.Event], bool]


@dataclass(slots=True)
class _Rhythm:
    job: Job
    due: float
    failures: int = 0


class Loop:
    """Runs jobs one after the other in a thread of its own until stopped. A failing job waits longer each time."""

    def __init__(self, jobs: Sequence[Job], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rhythms = {job.name: _Rhythm(job, due=0) for job in jobs}
        self._stop = threading.Event()
        self._awake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="kkassist-sync", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self, *names: str) -> None:
        """Let these jobs run as soon as the one in hand is done, whatever their rhythm or back-off."""
        with self._awake:
            for name in names:
                self._rhythms[name].due = 0
            self._awake.notify()

    def stop(self, wait_s: float = 10) -> None:
        """Ask the job in hand to end after its page, and wait for the thread."""
        self._stop.set()
        with self._awake:
            self._awake.notify()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(wait_s)

    def _run(self) -> None:
        while (rhythm := self._next()) is not None:
            self._do(rhythm)

    def _next(self) -> _Rhythm | None:
        with self._awake:
            while not self._stop.is_set():
                rhythm = min(self._rhythms.values(), key=lambda one: one.due)
                wait = rhythm.due - self._clock()
                if wait <= 0:
                    return rhythm
                self._awake.wait(wait)
        return None

    def _do(self, rhythm: _Rhythm) -> None:
        rhythm.due = self._clock() + rhythm.job.every_s  # a wake during the job counts for the next round
        try:
            more = rhythm.job.run(self._stop)
        except OutOfReach as error:
            self._put_off(rhythm, at_least_s=error.retry_after_s)
            _log.warning("%s out of reach: %s", rhythm.job.name, error.log_detail or error)
        except KkassistError as error:
            self._put_off(rhythm)
            _log.warning("%s: %s", rhythm.job.name, error.log_detail or error)
        except Exception:
            self._put_off(rhythm)
            _log.exception("job %s", rhythm.job.name)
        else:
            rhythm.failures = 0
            if more:
                rhythm.due = 0

    def _put_off(self, rhythm: _Rhythm, *, at_least_s: float = 0) -> None:
        backoff = min(_LONGEST_BACKOFF_S, _FIRST_BACKOFF_S * 2**rhythm.failures)
        rhythm.failures += 1
        rhythm.due = self._clock() + max(backoff, at_least_s)
