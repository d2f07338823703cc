"""An Orchestrator on loopback and the adapter that speaks with it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from orchestrator import SmallOrchestrator

from kkassist.domain.settings import HttpSettings
from kkassist.remote.http import Connection
from kkassist.remote.robots.uipath import Orchestrator
from kkassist.remote.sign_in import NoSignIn

QUEUE = "KK_Resultatloen"


@pytest.fixture
def platform() -> Iterator[SmallOrchestrator]:
    running = SmallOrchestrator({QUEUE: True, "KK_Uden": False})
    yield running
    running.stop()
    assert list(running.server.bugs) == []


@pytest.fixture
def robots(platform: SmallOrchestrator) -> Orchestrator:
    connection = Connection(
        "robots", platform.base_url, HttpSettings(timeout_s=5), NoSignIn(), pause=lambda _: None
    )
    return Orchestrator(connection, "Koncernservice")
