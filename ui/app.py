"""Starts the window: one program per workspace. What nobody expected ends in the log, not in silence."""

import hashlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol

from PySide6.QtCore import QLibraryInfo, QLocale, QLockFile, QTimer, QTranslator
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication, QMainWindow

from kkassist.actions.desk import Desk
from kkassist.domain.errors import KkassistError, Misused
from kkassist.domain.language import say, spoken
from ui.bridge import Bridge
from ui.settings.place import use_chosen_look
from ui.widgets.empty_state import EmptyState

_log = logging.getLogger(__name__)
_ANSWER_MS = 1_000
_SIGNALS_MS = 300


class Opened(Protocol):
    """What the command line hands to the window."""

    home: Path

    def desk(self) -> Desk: ...
    def log_bug(self, error: BaseException) -> str: ...


def run(context: Opened) -> int:
    """Open the window and stay until it is closed; the exit code of the program."""
    if not has_screen():
        raise Misused(
            say("Der er ingen skærm her. Brug kommandoerne, fx kkassist queue, eller kkassist demo --tour.")
        )
    app = application()
    alone = Alone(context.home)
    if not alone.is_first:
        sys.stderr.write(say("kkassist er allerede åbent for dette arbejdsområde. Vinduet er hentet frem.") + "\n")
        return 0
    try:
        desk = context.desk()
    except KkassistError as error:
        return _explain(app, str(error), error.exit_code)
    bridge = Bridge(desk, context.log_bug)
    from ui.window import Window  # noqa: PLC0415 - the places load after the application is there

    window = Window(bridge)
    alone.asked_for = lambda: _raise(window)
    catch_all(bridge)
    _close_on_signals(app, window)
    window.show()
    QTimer.singleShot(0, window.start)
    try:
        return app.exec()
    finally:
        alone.close()


def application() -> QApplication:
    """The application, dressed and speaking the user's language. Without a display it runs off-screen."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    if not has_screen():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = QApplication([sys.argv[0]])
    app.setOrganizationName("kkassist")
    app.setApplicationName("kkassist")
    app.setApplicationDisplayName("kkassist")
    QLocale.setDefault(QLocale(QLocale.Language.Danish, QLocale.Country.Denmark))
    translator = QTranslator(app)
    if spoken() == "da" and translator.load(
        "qtbase_da", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    ):
        app.installTranslator(translator)
    use_chosen_look()
    return app


def has_screen() -> bool:
    """Whether there is a screen to open a window on, or the user chose Qt's platform herself."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in named)


def _close_on_signals(app: QApplication, window: QMainWindow) -> None:
    """Ctrl+C in the terminal and a polite kill close the window as its button does: drafts are kept."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: window.close())
    awake = QTimer(app)  # Qt's loop never comes back to Python by itself, so a signal would wait for a click
    awake.timeout.connect(_nobody)
    awake.start(_SIGNALS_MS)


def catch_all(bridge: Bridge) -> None:
    """What nobody expected, in any thread or slot, goes to the log and is told with its reference."""

    def in_main(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        bridge.report_bug(error)

    def in_thread(caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            bridge.report_bug(caught.exc_value)

    sys.excepthook = in_main
    threading.excepthook = in_thread


class Alone:
    """Only one window works on a workspace. A second one asks the first to come forward."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.asked_for: Callable[[], object] = _nobody
        self._name = "kkassist-" + hashlib.sha256(str(home).encode()).hexdigest()[:16]
        self._lock = QLockFile(str(home / "window.lock"))
        self._lock.setStaleLockTime(0)
        self.is_first = self._lock.tryLock(0)
        self._server = QLocalServer()
        if self.is_first:
            QLocalServer.removeServer(self._name)
            self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
            self._server.listen(self._name)
            self._server.newConnection.connect(self._come_forward)
        else:
            self._ask_first()

    def close(self) -> None:
        """Let another window begin."""
        self._server.close()
        self._lock.unlock()

    def _ask_first(self) -> None:
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if socket.waitForConnected(_ANSWER_MS):
            socket.write(b"show")
            socket.waitForBytesWritten(_ANSWER_MS)
            socket.disconnectFromServer()

    def _come_forward(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.deleteLater()
            self.asked_for()


def _nobody() -> None:
    return None


def _raise(window: QMainWindow) -> None:
    window.setWindowState(window.windowState() & ~window.windowState().WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()


def _explain(app: QApplication, sentence: str, exit_code: int) -> int:
    """The workspace cannot be opened: a small window says why and what to do."""
    window = QMainWindow()
    window.setWindowTitle("kkassist")
    window.resize(640, 360)
    state = EmptyState("warning", say("kkassist kan ikke åbne"), sentence, say("Luk"))
    state.acted.connect(window.close)
    window.setCentralWidget(state)
    window.show()
    app.exec()
    return exit_code
