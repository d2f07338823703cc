"""A real encrypted workspace for each test (or the PostgreSQL server of `KKASSIST_TEST_POSTGRES`)."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest_store import KEY, empty

from kkassist.store.engine import Workspace, open_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    server = os.environ.get("KKASSIST_TEST_POSTGRES")
    opened = open_workspace(server or f"sqlite:///{(tmp_path / 'workspace.db').as_posix()}", "" if server else KEY)
    if server:
        empty(opened)
    yield opened
    opened.close()
