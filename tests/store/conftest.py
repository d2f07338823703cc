"""A real encrypted workspace for each test (or the PostgreSQL server of `KKASSIST_TEST_POSTGRES`)."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest_store import KEY, empty

from kkassist.store.engine import Workspace, open_workspace

SERVER = os.environ.get("KKASSIST_TEST_POSTGRES")


def _open(folder: Path) -> Workspace:
    return open_workspace(SERVER or f"sqlite:///{(folder / 'workspace.db').as_posix()}", "" if SERVER else KEY)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = _open(tmp_path)
    if SERVER:
        empty(opened)
    yield opened
    opened.close()


@pytest.fixture
def another(workspace: Workspace, tmp_path: Path) -> Iterator[Workspace]:
    """The same workspace, opened a second time as another program does."""
    opened = _open(tmp_path)
    yield opened
    opened.close()
