"""Between the core and Qt: work leaves the window's thread here and comes back to it. No other file has threads."""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, QTimer, Signal, Slot

from kkassist.actions.desk import Desk
from kkassist.domain.errors import KkassistError
from kkassist.sync.events import Changed, Kind

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

_LAST_WORD_S = 3.0
"""How long a closing window waits for an errand to stop; it can always be done again."""
_GATHER_MS = 50
"""Events are gathered this long, so that a storm of them redraws at most twenty times a second."""


class Bridge(QObject):
    """Reads run on a small pool, commits one by one on another, errands to other systems beside both.

    Answers arrive in the window's thread.
    """

    changed = Signal(str, frozenset)
    """(kind, ids) of `kkassist.sync.events`, gathered; no ids means anything of the kind."""
    failed = Signal(str)
    """A known error's sentence, for whoever did not ask to hear of it."""
    crashed = Signal(str)
    """The log's reference of an unexpected error."""
    _answered = Signal(object)
    _heard = Signal(str, frozenset)

    def __init__(self, desk: Desk, log_bug: Callable[[BaseException], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self._log_bug = log_bug
        self._reads = QThreadPool(self)
        self._reads.setMaxThreadCount(2)
        self._commits = QThreadPool(self)
        self._commits.setMaxThreadCount(1)
        self._errands: list[threading.Thread] = []
        self._gathered: dict[str, frozenset[str] | None] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_GATHER_MS)
        self._timer.timeout.connect(self._tell)
        self._answered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._heard.connect(self._gather, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe = desk.events.subscribe(self._hear)
        self._closing = threading.Event()

    @property
    def stopping(self) -> threading.Event:
        """Set when the window closes: an errand ends after its page."""
        return self._closing

    def errand(
        self,
        work: Callable[[], _Result],
        then: Callable[[_Result], None] | None = None,
        failed: Callable[[str], None] | None = None,
    ) -> None:
        """Like `read`, for what asks another system and may take minutes: no draft ever waits behind it."""
        thread = threading.Thread(
            target=_Work(self, work, then or _nothing, failed).run, name="errand", daemon=True
        )
        self._errands = [one for one in self._errands if one.is_alive()] + [thread]
        thread.start()

    def read(
        self,
        work: Callable[[], _Result],
        then: Callable[[_Result], None],
        failed: Callable[[str], None] | None = None,
    ) -> None:
        """Run `work` beside the window, then `then(result)` in it. A known error goes to `failed` as a sentence."""
        self._reads.start(_Work(self, work, then, failed))

    def commit(
        self,
        work: Callable[[], _Result],
        then: Callable[[_Result], None] | None = None,
        failed: Callable[[str], None] | None = None,
    ) -> None:
        """Like `read`, for work that changes the store: in the order asked for."""
        self._commits.start(_Work(self, work, then or _nothing, failed))

    def close(self) -> None:
        """Finish what was committed, drop what was only asked."""
        self._closing.set()
        self._unsubscribe()
        self._reads.clear()
        self._commits.waitForDone()
        self._reads.waitForDone()
        for thread in self._errands:
            thread.join(_LAST_WORD_S)

    def deliver_later(self, answer: Callable[[], None]) -> None:
        """Run `answer` in the window's thread; called from any thread."""
        if not self._closing.is_set():
            self._answered.emit(answer)

    def report_bug(self, error: BaseException) -> None:
        """Log an unexpected error and tell the user its reference; called in any thread."""
        reference = self._log_bug(error)
        self.deliver_later(lambda: self.crashed.emit(reference))

    def _hear(self, changed: Changed) -> None:
        if not self._closing.is_set():
            self._heard.emit(changed.kind, changed.ids)

    @Slot(object)
    def _deliver(self, answer: Callable[[], None]) -> None:
        answer()

    @Slot(str, frozenset)
    def _gather(self, kind: Kind, ids: frozenset[str]) -> None:
        before = self._gathered.get(kind, frozenset())
        self._gathered[kind] = before | ids if before is not None and ids else None
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _tell(self) -> None:
        gathered, self._gathered = self._gathered, {}
        for kind, ids in gathered.items():
            self.changed.emit(kind, ids if ids is not None else frozenset())


class _Work(QRunnable):
    def __init__(
        self,
        bridge: Bridge,
        work: Callable[[], _Result],
        then: Callable[[_Result], None],
        failed: Callable[[str], None] | None,
    ) -> None:
        super().__init__()
        self._bridge = bridge
        self._work = work
        self._then = then
        self._failed = failed

    def run(self) -> None:
        try:
            result = self._work()
        except KkassistError as error:
            sentence = str(error)
            _log.info("refused: %s", error.log_detail or type(error).__name__)
            tell = self._failed or self._bridge.failed.emit
            self._bridge.deliver_later(lambda: tell(sentence))
        except Exception as error:
            self._bridge.report_bug(error)
        else:
            self._bridge.deliver_later(lambda: self._then(result))


def _nothing(_: object) -> None:
    return None
