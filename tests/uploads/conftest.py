"""A desk with a real encrypted workspace and an Orchestrator on loopback."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from job import QUEUE, Clock, desk_at, fill_opus, opened
from orchestrator import SmallOrchestrator

from kkassist.actions.desk import Desk


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def platform() -> Iterator[SmallOrchestrator]:
    running = SmallOrchestrator({QUEUE: True, "KK_Fratraedelse": True})
    yield running
    running.stop()
    assert list(running.server.bugs) == [], running.server.bugs[0]


@pytest.fixture
def desk(tmp_path: Path, platform: SmallOrchestrator, clock: Clock) -> Iterator[Desk]:
    workspace = opened(tmp_path)
    fill_opus(workspace, 60)
    yield desk_at(tmp_path, workspace, platform.base_url, clock)
    workspace.close()
