"""The window's places over a real desk."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from upload_desk import desk, places, platform
from window_desk import filled_home, office, telling, window, window_city

HERE = Path(__file__).parent

__all__ = ["desk", "filled_home", "office", "places", "platform", "telling", "window", "window_city"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A real window on a loaded machine may miss its moment: tried once more. No other test is, least of all one of
    what must happen exactly once."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))
