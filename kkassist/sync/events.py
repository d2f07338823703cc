"""What changed, told to whoever listens. The core knows no window; the window bridges this into its own thread."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["cases", "outbox", "batches", "runs", "sources", "people", "drafts", "views"]


@dataclass(frozen=True, slots=True)
class Changed:
    """Something in the store changed. `ids` names what, or is empty when it may be anything of the kind."""

    kind: Kind
    ids: frozenset[str] = frozenset()


class Events:
    """Publishers and listeners. Listeners are called in the publisher's thread and must be quick."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: tuple[Callable[[Changed], None], ...] = ()

    def subscribe(self, listener: Callable[[Changed], None]) -> Callable[[], None]:
        """Listen from now on; the returned function ends it."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return unsubscribe

    def publish(self, kind: Kind, *ids: str) -> None:
        """Tell every listener what changed."""
        changed = Changed(kind, frozenset(ids))
        for listener in self._listeners:
            listener(changed)
