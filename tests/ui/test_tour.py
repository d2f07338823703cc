"""The main job in the real window, from an empty queue to a receipt that adds up: `kkassist demo --tour`."""

import json
import os
import subprocess
import sys
from pathlib import Path

STEPS = 24


def test_the_whole_main_job_is_walked_and_pictured(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kkassist", "--home", str(tmp_path / "home"), "--json", "demo"]
    size = ["--cases", "400", "--employees", "2000"]
    screenless = {name: value for name, value in os.environ.items() if name != "DISPLAY"}

    ended = subprocess.run(
        [*command, "--tour", str(tmp_path / "tour"), *size],
        env=screenless,
        capture_output=True,
        text=True,
        timeout=240,
    )

    assert ended.returncode == 0, ended.stderr
    summary = json.loads((tmp_path / "tour" / "summary.json").read_text(encoding="utf-8"))
    assert json.loads(ended.stdout)["pictures"] == summary["pictures"]
    assert summary["crashes"] == []
    assert len(summary["pictures"]) == STEPS
    assert all((tmp_path / "tour" / name).stat().st_size > 5_000 for name in summary["pictures"])
    assert summary["planted_errors_found"] == 8
    assert summary["approved_by"] == "bent.kjaer"
    assert summary["first_run"]["refused"] >= 3
    assert summary["after_repair"] == {"done": 60}
    assert (tmp_path / "tour" / summary["receipt"]).stat().st_size > 5_000
