"""The loop runs each job in its own rhythm and outlives a failing one; the lease is held by one program at a time."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kkassist.domain.errors import OutOfReach, WorkspaceLocked
from kkassist.sync.lease import lease
from kkassist.sync.loop import Job, Loop

SOON = 5.0


def test_a_woken_job_runs_at_once_and_a_failing_one_stops_nobody() -> None:
    ran, failed = threading.Event(), threading.Event()

    def good(_: threading.Event) -> bool:
        ran.set()
        return False

    def bad(_: threading.Event) -> bool:
        failed.set()
        raise OutOfReach("borte", system="kkorg")

    loop = Loop([Job("bad", 3600, bad), Job("good", 3600, good)])
    loop.start()
    try:
        assert failed.wait(SOON)
        assert ran.wait(SOON)
        ran.clear()
        loop.wake("good")
        assert ran.wait(SOON)
    finally:
        loop.stop()


def test_a_job_with_more_to_do_goes_on_and_hears_the_stop() -> None:
    rounds: list[int] = []
    enough = threading.Event()

    def paging(stop: threading.Event) -> bool:
        rounds.append(1)
        if len(rounds) == 5:
            enough.set()
            stop.wait(SOON)
        return not stop.is_set()

    loop = Loop([Job("paging", 3600, paging)])
    loop.start()
    assert enough.wait(SOON)
    loop.stop()

    assert len(rounds) == 5


def test_a_second_program_waits_and_then_says_so(tmp_path: Path) -> None:
    holding = (
        "import sys, pathlib\nfrom kkassist.sync.lease import lease\n"
        "with lease(pathlib.Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == "held"
        with pytest.raises(WorkspaceLocked), lease(tmp_path, wait_s=0.2):
            pass
        other.kill()
    with lease(tmp_path, wait_s=SOON):
        assert (tmp_path / "sync.lock").exists()
