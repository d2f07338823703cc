"""A kkassist of its own that follows its runs until they end; the tests kill it on the way.

python worker.py HOME ORCHESTRATOR_URL QUEUE
"""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from job import PROCESS, Clock, desk_at, opened

from kkassist.actions import runs
from kkassist.sync import follow as following


def main(home: Path, url: str, queue: str) -> None:
    following.CHUNK = 4  # type: ignore[misc]
    workspace = opened(home)
    clock = Clock()
    clock.now = max([clock.now, *(run.started_at for run in runs.all_runs(desk_at(home, workspace, url, clock)))])
    desk = desk_at(home, workspace, url, clock)
    named = {PROCESS.id: {"robot": {"uipath": {"queue": queue, "uden_unikke_referencer": "J"}}}}
    desk = replace(desk, settings=replace(desk.settings, process=named))
    print("ready", flush=True)
    while any(run.finished_at is None for run in runs.all_runs(desk)):
        runs.follow(desk)
        clock.wait(seconds=5)
    workspace.close()


main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
