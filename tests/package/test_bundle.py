"""The PyInstaller folder starts, syncs from the practice city and exits.

Building it takes minutes, so these run only with KKASSIST_BUNDLE=1.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kkassist.practice.run import RunningCity, start_city

ROOT = Path(__file__).parents[2]
LARGEST_MB = 200

pytestmark = pytest.mark.skipif(
    os.environ.get("KKASSIST_BUNDLE") != "1", reason="builds the bundle: set KKASSIST_BUNDLE=1"
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `make bundle` makes, made elsewhere."""
    folder = tmp_path_factory.mktemp("bundle")
    places = ["--distpath", str(folder / "dist"), "--workpath", str(folder / "build")]
    subprocess.run(
        [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *places, "build.spec"],
        cwd=ROOT,
        check=True,
    )
    return folder / "dist" / "kkassist"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCity]:
    with start_city(tmp_path_factory.mktemp("city"), cases=200, employees=1_500) as running:
        yield running


def test_the_bundle_syncs_from_the_practice_city_and_lists_the_queue(bundle: Path, city: RunningCity) -> None:
    synced = _run(bundle, city, "sync")
    assert {one["source"] for one in synced["sources"]} == {"servicenow", "opus", "kkorg"}
    assert all(one["fetched"] > 0 and one["error"] == "" for one in synced["sources"])

    assert _run(bundle, city, "queue", "--limit", "5")["total"] > 0


def test_the_bundle_knows_its_processes_and_writes_a_template(
    bundle: Path, city: RunningCity, tmp_path: Path
) -> None:
    processes = _run(bundle, city, "processes", "--check")
    assert {"fratraedelse", "resultatloen"} <= {one["id"] for one in processes["processes"]}
    assert processes["problems"] == []

    _run(bundle, city, "upload", "template", "resultatloen", str(tmp_path / "skabelon.xlsx"))
    assert (tmp_path / "skabelon.xlsx").stat().st_size > 5_000


def test_the_window_of_the_bundle_walks_the_tour(bundle: Path, city: RunningCity, tmp_path: Path) -> None:
    _run(bundle, city, "demo", "--cases", "200", "--employees", "1500", "--tour", str(tmp_path))

    assert sorted(tmp_path.glob("*.png"))
    assert (tmp_path / "summary.json").is_file()


def test_the_bundle_stays_small(bundle: Path) -> None:
    size = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file() and not path.is_symlink())

    assert size < LARGEST_MB * 1_000_000


def _run(bundle: Path, city: RunningCity, *arguments: str) -> dict:
    environment = {
        **os.environ,
        **city.secrets,
        "KKASSIST_SECRET_WORKSPACE_KEY": "0" * 64,
        "QT_QPA_PLATFORM": "offscreen",
    }
    command = [str(bundle / "kkassist"), "--home", str(city.home), "--json", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
