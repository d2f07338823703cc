"""kill -9 at any moment of the hand-over, and start again: no row lost, none sent twice.

The second queue does not guard its references: there only our own looking up stands against a double payment.
"""

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from job import QUEUE, approved_batch
from orchestrator import SmallOrchestrator

from kkassist.actions import runs, uploads
from kkassist.domain.batch import BatchState, RowState
from kkassist.store import audit

WORKER = Path(__file__).parent / "worker.py"
ROWS = 40
KILLS = 3


def start(desk, queue: str) -> subprocess.Popen:
    robots = desk.settings.robots
    started = subprocess.Popen(
        [sys.executable, str(WORKER), str(desk.home), robots.url, queue], stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    with started.stdout:
        assert started.stdout.readline() == "ready\n"
    return started


def sendings(platform: SmallOrchestrator) -> int:
    return sum(path.endswith("BulkAddQueueItems") for path, _ in platform.bodies)


def wait_for_sendings(platform: SmallOrchestrator, wanted: int) -> None:
    deadline = time.monotonic() + 20
    while sendings(platform) < wanted and time.monotonic() < deadline:
        time.sleep(0.001)


def work_as_a_robot(platform: SmallOrchestrator, stop: threading.Event) -> None:
    """Finishes every item a moment after it came, as a robot does."""
    while not stop.wait(0.05):
        platform.finish_all()


@pytest.mark.parametrize(("queue", "seed"), [(QUEUE, 1), ("KK_Uden", 2)])
def test_a_run_that_is_killed_goes_on_where_it_was(desk, platform, tmp_path, queue, seed):
    if queue == "KK_Uden":
        platform.ledger.add_queue(queue, unique=False)
    batch_id = approved_batch(desk, tmp_path, ROWS)
    runs.send(desk, batch_id)
    moments = random.Random(seed)
    left_off_at: list[int] = []
    stop = threading.Event()
    robot = threading.Thread(target=work_as_a_robot, args=(platform, stop))
    robot.start()
    try:
        for _ in range(KILLS):
            killed = start(desk, queue)
            wait_for_sendings(platform, sendings(platform) + moments.randint(1, 2))
            time.sleep(moments.uniform(0.0, 0.02))
            killed.send_signal(signal.SIGKILL)
            killed.wait()
            left_off_at.append(len(platform.references()))
        last = start(desk, queue)
        assert last.wait(timeout=60) == 0
    finally:
        stop.set()
        robot.join()
    assert any(0 < sent_so_far < ROWS for sent_so_far in left_off_at), left_off_at
    sent = Counter(platform.references())
    assert set(sent) == {f"KK-resultatloen-{batch_id}-{number}" for number in range(2, ROWS + 2)}
    assert set(sent.values()) == {1}
    rows = runs.rows(desk, batch_id)
    assert {one.state for one in rows} == {RowState.DONE} and len({one.evidence for one in rows}) > 1
    assert uploads.batch(desk, batch_id).state is BatchState.FINISHED
    with desk.workspace.read() as tx:
        assert audit.verify(tx).intact
