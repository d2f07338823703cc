"""How fast a run goes and what is left of it, from when it began and what has come back."""

from datetime import datetime, timedelta

from kkassist.domain.run import Run, RunState
from ui.widgets.progress_strip import Progress

_MOVING = (RunState.HANDING_OVER, RunState.FOLLOWING)
_TOO_SOON = 5
"""Seconds before a rate means anything."""

_TOO_SLOW = 0.05
"""Rows a second under which a rate would read 0,0."""


def progress_of(run: Run, at: datetime) -> Progress:
    """`at` is now, aware. Without rate while the run stands still or has just begun."""
    seconds = (at - run.started_at).total_seconds()
    if run.state not in _MOVING or not run.done or seconds < _TOO_SOON:
        return Progress(run.done, run.total)
    rate = run.done / seconds
    if rate < _TOO_SLOW:
        return Progress(run.done, run.total)
    left = timedelta(seconds=(run.total - run.done) / rate) if run.done < run.total else None
    return Progress(run.done, run.total, rate, left)


def can_stop(run: Run) -> bool:
    """Whether the user can still stop it."""
    return run.state in (*_MOVING, RunState.STOPPED)


def is_open(run: Run) -> bool:
    """Whether answers are still to come."""
    return run.state not in (RunState.FINISHED, RunState.CANCELLED)
