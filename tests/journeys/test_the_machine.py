"""The machine in trouble: no room, a locked database, a read-only home. One sentence, exit 4, nothing half-written."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from office import Person, person
from resultatloen_file import write

from kkassist.cli.app import workspace_key
from kkassist.cli.settings import read_settings
from kkassist.practice.resultatloen import resultatloen_rows
from kkassist.practice.run import RunningCity
from kkassist.vault import Vault

HOLDER = """
import sys
import sqlcipher3
connection = sqlcipher3.connect(sys.argv[1])
connection.execute(f"PRAGMA key = \\"x'{sys.argv[2]}'\\"")
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(anna: Person) -> Iterator[None]:
    """Another program has the workspace's write lock."""
    key = workspace_key(read_settings(anna.home), Vault(str(anna.home), anna.environment))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(anna.home / "workspace.db"), key],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None and holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        yield
    finally:
        holder.communicate("")


def told(refused: dict[str, object]) -> str:
    """The one sentence of exit code 4."""
    words = str(refused["error"])
    assert refused["exit_code"] == 4
    assert words.endswith(".") and "\n" not in words and len(words) < 250 and "sqlite" not in words.lower(), words
    return words


def test_a_workspace_another_program_holds(anna: Person) -> None:
    case = anna.does("queue", "--limit", 1)["cases"][0]["sys_id"]
    with held(anna):
        assert anna.does("queue")["total"] > 0, "reading waits for nobody"
        assert "optaget" in told(anna.does("note", case, "--work-note", "Mens den er låst.", code=4))
    assert anna.does("outbox")["entries"] == []
    anna.does("note", case, "--work-note", "Bagefter.")
    assert [one["mine"] for one in anna.does("outbox")["entries"]] == ["Bagefter."]


@pytest.fixture
def little_room(city: RunningCity, filled: Path, tmp_path: Path) -> Iterator[Person]:
    """Anna's home on a disk that is nearly full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    size = (filled / "workspace.db").stat().st_size + 8_000_000
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("a small disk can be mounted only by root")
    try:
        yield person(city, "anna.holm", disk / "anna", like=filled)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_disk_that_fills_up(little_room: Person, city: RunningCity, tmp_path: Path) -> None:
    anna = little_room
    before = anna.does("queue")["cases"]
    template = Path(anna.does("upload", "template", "resultatloen", tmp_path / "skabelon.xlsx")["path"])
    file = write(template, tmp_path / "stor.xlsx", resultatloen_rows(city.city, 1_000, seed=9))
    stuffing = anna.home / "fyld"
    fill(stuffing)
    assert "disk" in told(anna.does("upload", "check", "resultatloen", file, code=4)).lower()
    told(anna.does("sync", "--full", code=4))
    told(anna.does("backup", anna.home / "kopi.db", code=4))
    told(anna.does("export", "audit", anna.home / "log.jsonl", code=4))
    told(anna.does("export", "workload", anna.home / "overblik.xlsx", code=4))
    told(anna.does("upload", "template", "resultatloen", anna.home / "skabelon.xlsx", code=4))
    left = {path.name for path in anna.home.iterdir()}
    assert not left & {"kopi.db", "log.jsonl", "overblik.xlsx", "skabelon.xlsx"}
    assert not [name for name in left if name.endswith((".new", ".half", ".tmp"))]
    stuffing.unlink()
    assert anna.does("queue")["cases"] == before
    assert {one["name"]: one["ok"] for one in anna.does("doctor")["checks"]}["Databasens indhold"] is True
    assert anna.does("upload", "check", "resultatloen", file)["rows"] == 1_000
    assert anna.does("audit", "verify")["intact"] is True


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        size = 1 << 20
        while size >= 512:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(os.urandom(8192)),
        lambda path: path.write_bytes(path.read_bytes()[:-5000]),
        lambda path: path.write_bytes(b"SQLite format 3\\0" + bytes(4080)),
    ],
    ids=["empty", "noise", "cut off", "somebody else's"],
)
def test_a_workspace_that_is_none_is_refused_and_left_alone(anna: Person, spoil: Callable[[Path], object]) -> None:
    workspace = anna.home / "workspace.db"
    spoil(workspace)
    before = workspace.read_bytes()
    for words in (("queue", "--limit", 1), ("sync",)):
        said = anna.says(*words)
        if said.code != 0:
            told(said.data)
            assert workspace.read_bytes() == before
    checks = {one["name"]: one for one in anna.does("doctor")["checks"]}
    assert not all(one["ok"] for one in checks.values())


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no write bit there")
def test_a_home_that_cannot_be_written(anna: Person) -> None:
    case = anna.does("queue", "--limit", 1)["cases"][0]["sys_id"]
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
    if nobody and shutil.which(nobody[0]) is None:
        pytest.skip("only another user than root is held back by a write bit")
    for path in (anna.home, *anna.home.parents):
        if path.stat().st_uid == os.getuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
    for path in anna.home.rglob("*"):
        path.chmod(0o444 if path.is_file() else 0o555)
    anna.home.chmod(0o555)
    try:
        note = ["note", case, "--work-note", "Kan ikke gemmes."]
        words = [*nobody, sys.executable, "-m", "kkassist", "--home", str(anna.home), "--json", *note]
        done = subprocess.run(words, env=anna.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 4, done.stdout + done.stderr
        told(json.loads(done.stdout))
    finally:
        anna.home.chmod(0o755)
        for path in anna.home.rglob("*"):
            path.chmod(0o644 if path.is_file() else 0o755)
