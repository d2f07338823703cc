"""The whole window over a real workspace, filled from one practice city for all tests of it."""

import os
import shutil
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QWidget

from kkassist.actions import queue as queue_verbs
from kkassist.actions import sources as source_verbs
from kkassist.actions.case import open_case
from kkassist.cli.app import Context
from kkassist.practice.run import start_city
from ui.bridge import Bridge
from ui.theme import apply_theme
from ui.window import Window

ANNA = "anna.holm"


@pytest.fixture(scope="session")
def window_city(tmp_path_factory):
    """A small city whose robots are quick."""
    with start_city(
        tmp_path_factory.mktemp("window-city"), cases=300, employees=1_500, seed=1, robot_rate=500
    ) as city:
        yield city


def home_of(city, home: Path, like: Path | None = None) -> Context:
    """Anna's home at a place of its own; with `like`, filled as that one."""
    home.mkdir(parents=True)
    for name in ("settings.toml", "kkorg.csv"):
        shutil.copyfile(city.homes[ANNA] / name, home / name)
    if like is not None:
        shutil.copyfile(like / "workspace.db", home / "workspace.db")
    return Context(home=home, environment=secrets_of(city))


def secrets_of(city) -> dict[str, str]:
    return {**city.secrets_of(ANNA), "KKASSIST_SECRET_WORKSPACE_KEY": "noegle"}


@pytest.fixture(scope="session")
def filled_home(window_city, tmp_path_factory):
    """A home after the first fetch."""
    context = home_of(window_city, tmp_path_factory.mktemp("filled") / "home")
    with context:
        results = source_verbs.sync_now(context.desk(), [])
    assert [one.error for one in results] == ["", "", ""]
    return context.home


class Office:
    """Opens windows over copies of Anna's home, and closes them."""

    def __init__(self, qtbot, city, filled: Path, folder: Path) -> None:
        self.qtbot, self.city, self.filled, self.folder = qtbot, city, filled, folder
        self.bugs: list[BaseException] = []
        self._windows: list[tuple[Window, Context]] = []

    def context(self, *, empty: bool = False) -> Context:
        home = self.folder / f"home-{len(list(self.folder.glob('home-*')))}"
        return home_of(self.city, home, None if empty else self.filled)

    def open(self, context: Context | None = None, *, empty: bool = False, size=(1440, 900)) -> Window:
        context = context or self.context(empty=empty)
        window = Window(Bridge(context.desk(), lambda error: self.bugs.append(error) or "X"))
        self._windows.append((window, context))
        window.resize(*size)
        window.show()
        self.qtbot.waitExposed(window)
        window.activateWindow()
        self.qtbot.waitUntil(window.isActiveWindow)
        window.start(loop=False)
        if not empty:
            self.qtbot.waitUntil(lambda: window.queue.queue.model.count() > 0)
        return window

    def show(self, window: Window, sys_id: str) -> None:
        window.open_case(sys_id)
        self.qtbot.waitUntil(lambda: shown(window) == sys_id)

    def close(self) -> None:
        for window, context in self._windows:
            window.close()
            context.__exit__(None, None, None)
            window.deleteLater()
        self._windows.clear()


def shown(window: Window) -> str:
    """sys_id of the case on the screen."""
    opened = window.queue.case.opened
    return opened.record.row.sys_id if opened is not None else ""


def focused(window: Window) -> QWidget | None:
    return window.focusWidget()


@pytest.fixture
def office(qtbot, qapp, window_city, filled_home, tmp_path):
    """At the end no bug may have been met."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "qt"))
    qapp.setOrganizationName("kkassist-test")
    QSettings().clear()
    apply_theme(qapp, "light", 1.0)
    opened = Office(qtbot, window_city, filled_home, tmp_path)
    yield opened
    opened.close()
    window_city.servicenow.faults.clear()
    assert opened.bugs == []


@pytest.fixture
def window(office):
    """The window in the morning: everything fetched, nothing open."""
    return office.open()


@pytest.fixture(scope="session")
def telling(window_city, filled_home, tmp_path_factory):
    """One case of each telling kind: sound, choose (several employments), plain (no process), protected."""
    found: dict[str, str] = {}
    with home_of(window_city, tmp_path_factory.mktemp("telling") / "home", filled_home) as context:
        desk = context.desk()
        for row in queue_verbs.rows(desk, queue_verbs.ids(desk, queue_verbs.BUILT_IN[-1])):
            opened = open_case(desk, row.sys_id)
            found.setdefault(_kind(opened), row.sys_id)
            if opened.who.employment is not None and opened.who.employment.protected:
                found.setdefault("protected", row.sys_id)
            if opened.record.attachments:
                found.setdefault("with_file", row.sys_id)
    return found


def _kind(opened) -> str:
    if opened.process is None:
        return "plain"
    if opened.process.id != "fratraedelse":
        return "upload"
    if opened.who.must_choose:
        return "choose"
    return "sound" if opened.who.employment is not None else "unknown"
