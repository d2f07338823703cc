"""The program as it starts: one window for a workspace, a second one asks the first to come forward."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from ui.app import Alone, has_screen


def test_the_second_window_asks_the_first_to_come_forward(qtbot, tmp_path: Path) -> None:
    first = Alone(tmp_path)
    asked: list[bool] = []
    first.asked_for = lambda: asked.append(True)
    second = Alone(tmp_path)

    qtbot.waitUntil(lambda: bool(asked), timeout=5000)

    assert (first.is_first, second.is_first) == (True, False)
    first.close()
    third = Alone(tmp_path)
    assert third.is_first
    third.close()


def test_two_workspaces_have_a_window_each(qapp: QApplication, tmp_path: Path) -> None:
    one, other = Alone(tmp_path / "a"), Alone(tmp_path / "b")

    assert (one.is_first, other.is_first) == (True, True)
    one.close()
    other.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there can a screen be missing")
def test_without_a_screen_the_program_says_so_and_ends(tmp_path: Path) -> None:
    named = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    bare = {name: value for name, value in os.environ.items() if name not in named}

    ended = subprocess.run(
        [sys.executable, "-m", "kkassist", "--home", str(tmp_path)],
        env=bare,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ended.returncode == 2
    assert "kkassist queue" in ended.stderr


def test_a_chosen_platform_counts_as_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")

    assert has_screen()
