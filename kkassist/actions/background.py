"""The work that goes on by itself while the window is open: push, pull, follow the robots."""

import threading
from collections.abc import Callable

from kkassist.actions import runs, sources
from kkassist.actions.desk import Desk
from kkassist.sync.events import Changed
from kkassist.sync.loop import Job, Loop

_PUSH_S = 15
_SERVICENOW_S = 60
_OPUS_S = 15 * 60
_KKORG_S = 4 * 60 * 60
_FOLLOW_S = 3


def start(desk: Desk) -> tuple[Loop, Callable[[], None]]:
    """Start the loop; the second value ends it. A new change or an approved batch wakes it at once."""
    loop = Loop(_jobs(desk))

    def listen(changed: Changed) -> None:
        if changed.kind == "outbox":
            loop.wake("push")
        elif changed.kind == "batches":
            loop.wake("follow")

    unsubscribe = desk.events.subscribe(listen)
    loop.start()

    def end() -> None:
        unsubscribe()
        loop.stop()

    return loop, end


def _jobs(desk: Desk) -> list[Job]:
    jobs = []
    if desk.settings.servicenow is not None:
        jobs.append(Job("push", _PUSH_S, lambda stop: _push(desk, stop)))
        jobs.append(Job("servicenow", _SERVICENOW_S, _pulling(desk, "servicenow")))
    if desk.settings.opus is not None:
        jobs.append(Job("opus", _OPUS_S, _pulling(desk, "opus")))
    if desk.settings.kkorg is not None:
        jobs.append(Job("kkorg", _KKORG_S, _pulling(desk, "kkorg")))
    if desk.settings.robots is not None:
        jobs.append(Job("follow", _FOLLOW_S, lambda stop: runs.follow(desk, stop=stop)))
    return jobs


def _push(desk: Desk, stop: threading.Event) -> bool:
    sources.push_now(desk, stop=stop)
    return False


def _pulling(desk: Desk, source: str) -> Callable[[threading.Event], bool]:
    def pull(stop: threading.Event) -> bool:
        sources.sync_now(desk, [source], stop=stop)
        return False

    return pull
