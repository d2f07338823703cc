"""The places of uploads and runs in a real window, over a real workspace and an Orchestrator on loopback."""

import os
import sys
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[1] / "uploads"))

from job import QUEUE, Clock, desk_at, fill_opus, opened
from orchestrator import SmallOrchestrator
from PySide6.QtCore import QCoreApplication, QSettings
from PySide6.QtWidgets import QMainWindow, QStackedWidget

from ui.bridge import Bridge
from ui.commands import Commands
from ui.runs.place import RunsPlace
from ui.theme import apply_theme
from ui.uploads.place import UploadsPlace
from ui.widgets.toast import Toaster


class TwoPlaces(QMainWindow):
    """Both places over one desk, wired as the window wires them."""

    def __init__(self, desk) -> None:
        super().__init__()
        self.bugs = []
        self.refusals = []
        self.bridge = Bridge(desk, lambda error: self.bugs.append(error) or "X")
        self.commands = Commands(self)
        self.toaster = Toaster(self)
        self.uploads = UploadsPlace(self.bridge, self.commands, self.toaster)
        self.runs = RunsPlace(self.bridge, self.commands, self.toaster)
        self.stack = QStackedWidget()
        for place in (self.uploads, self.runs):
            self.stack.addWidget(place)
        self.setCentralWidget(self.stack)
        self.bridge.failed.connect(self.refusals.append)
        self.bridge.changed.connect(self._changed)
        self.uploads.run_asked.connect(lambda batch: (self.go(self.runs), self.runs.open_batch(batch)))
        self.runs.batch_asked.connect(lambda batch: (self.go(self.uploads), self.uploads.open_batch(batch)))

    def go(self, place) -> None:
        self.stack.setCurrentWidget(place)
        place.activate()

    def _changed(self, kind, ids) -> None:
        for place in (self.uploads, self.runs):
            place.store_changed(kind, ids)


@pytest.fixture
def platform():
    running = SmallOrchestrator({QUEUE: True, "KK_Fratraedelse": True})
    yield running
    running.stop()
    assert list(running.server.bugs) == []


@pytest.fixture
def desk(tmp_path, platform):
    workspace = opened(tmp_path)
    fill_opus(workspace, 60)
    yield desk_at(tmp_path, workspace, platform.base_url, Clock())
    workspace.close()


@pytest.fixture
def places(qtbot, qapp, tmp_path):
    """Makes the window for a desk; at the end no bug may have been met."""
    QCoreApplication.setOrganizationName("kkassist-test")
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "qt"))
    apply_theme(qapp, "light", 1.0)
    made = []

    def make(desk, width=1440, height=900):
        window = TwoPlaces(desk)
        made.append(window)
        qtbot.addWidget(window)
        window.resize(width, height)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        return window

    yield make
    for window in made:
        window.bridge.close()
        assert window.bugs == []
