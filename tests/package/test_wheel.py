"""What is installed from a wheel is whole: the resources, migrations and both entry points come along."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT_FROM = ("pyproject.toml", "README.md", "kkassist", "ui")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the wheel's files and nothing else of ours."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in BUILT_FROM:
        _copy(ROOT / name, source / name)
    offline = ["--no-deps", "--no-index", "-q", "--disable-pip-version-check"]
    _pip("wheel", "--no-build-isolation", *offline, "-w", str(folder), str(source))
    (wheel,) = folder.glob("kkassist-*.whl")
    _pip("install", *offline, "--target", str(folder / "site"), str(wheel))
    return folder / "site"


def test_every_file_of_the_packages_that_is_no_cache_is_in_the_wheel(installed: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "kkassist", "ui"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    missing = [name for name in tracked if (ROOT / name).is_file() and not (installed / name).is_file()]

    assert missing == []


def test_the_installed_program_lists_its_processes_and_opens_a_workspace(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[user]\nid = "anna.holm"\n', encoding="utf-8")

    assert _run(installed, tmp_path, "print(kkassist.__file__)").strip() == str(installed / "kkassist/__init__.py")
    listed = json.loads(_run(installed, tmp_path, 'sys.exit(main(["--json", "processes"]))'))
    assert {"fratraedelse", "resultatloen"} <= {one["id"] for one in listed["processes"]}
    verified = json.loads(_run(installed, tmp_path, 'sys.exit(main(["--json", "audit", "verify"]))'))
    assert verified["intact"]


def test_the_installed_core_finds_the_window_by_its_entry_points(installed: Path, tmp_path: Path) -> None:
    code = (
        "from importlib.metadata import entry_points\n"
        "for one in entry_points(group='kkassist.window'): print(one.name, callable(one.load()))"
    )

    assert sorted(_run(installed, tmp_path, code).split("\n"))[1:] == ["run True", "tour True"]


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)


def _pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True, cwd=ROOT.parent)


def _run(installed: Path, home: Path, code: str) -> str:
    """Standard output of a fresh Python that sees the installed files first."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(installed),
        "KKASSIST_HOME": str(home),
        "KKASSIST_SECRET_WORKSPACE_KEY": "0" * 64,
    }
    whole = f"import sys, kkassist\nfrom kkassist.cli.main import main\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", whole], cwd=home, env=environment, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
