"""The office that the journeys take place in: people with homes of their own, and kkassist as a script calls it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kkassist.practice.run import RunningCity

KEY = "noeglen-til-oevelsen"
PATIENCE_S = 120


@dataclass(frozen=True)
class Said:
    """What one call of kkassist left behind."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        """The one JSON object on standard output; anything beside it fails the test."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


@dataclass(frozen=True)
class Person:
    """Somebody of the city at her own machine."""

    city: RunningCity
    user: str
    home: Path
    secrets: tuple[tuple[str, str], ...]

    @property
    def environment(self) -> dict[str, str]:
        outer = {name: value for name, value in os.environ.items() if not name.startswith("KKASSIST_")}
        return {**outer, **dict(self.secrets), "KKASSIST_SECRET_WORKSPACE_KEY": KEY, "TZ": "UTC"}

    def start(self, *words: object) -> "subprocess.Popen[str]":
        """The command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "kkassist", "--home", str(self.home), "--json", *map(str, words)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def says(self, *words: object) -> Said:
        """Run a command to its end, with `--json`."""
        process = self.start(*words)
        out, err = process.communicate(timeout=PATIENCE_S)
        assert "Traceback" not in err, err
        return Said(process.returncode, out, err)

    def does(self, *words: object, code: int = 0) -> dict[str, Any]:
        """The JSON of a command that must end with this exit code."""
        said = self.says(*words)
        assert said.code == code, f"{words}: {said.code}\n{said.out}\n{said.err}"
        return said.data

    def settings(self, old: str, new: str) -> None:
        """Change the settings; what is to be changed must be there."""
        path = self.home / "settings.toml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


def person(city: RunningCity, user: str, home: Path, like: Path | None = None) -> Person:
    """A person with a home of her own; with `like`, the workspace of that home is copied into it."""
    home.mkdir(parents=True)
    for name in ("settings.toml", "kkorg.csv"):
        shutil.copyfile(city.homes[user] / name, home / name)
    if like is not None:
        shutil.copyfile(like / "workspace.db", home / "workspace.db")
    return Person(city, user, home, tuple(city.secrets_of(user).items()))


def share(owner: Person, other: Person) -> None:
    """Let the other one work in the owner's workspace, as `docs/shared-workspace.md` says."""
    path = other.home / "settings.toml"
    section = f'[workspace]\nurl = "sqlite:///{(owner.home / "workspace.db").as_posix()}"\n'
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{section}", encoding="utf-8")


def everything_in(folder: Path, patterns: Sequence[str] = ("*",)) -> list[Path]:
    """Every file below a folder that fits a pattern."""
    return [path for pattern in patterns for path in folder.rglob(pattern) if path.is_file()]
