"""Opening: refused in one sentence and left as it is; locked is not damaged; nothing half-written; nothing lost."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest_store import ANNA, KEY, NOW, case
from sqlalchemy import text

from kkassist.domain.errors import DiskFull, WorkspaceDamaged, WorkspaceLocked
from kkassist.store import audit, backup, cases, facts, schema
from kkassist.store.engine import open_workspace

pytestmark = pytest.mark.skipif("KKASSIST_TEST_POSTGRES" in os.environ, reason="about the file")


def url(path: Path) -> str:
    return f"sqlite:///{path.as_posix()}"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "w.db"
    made = open_workspace(url(path), KEY)
    with made.write() as tx:
        cases.store_page(tx, [case(f"c{one}") for one in range(200)], me=ANNA, at=NOW)
        facts.put(tx, "a", "kept")
    made.close()
    return path


def refused(path, key=KEY):
    before = path.read_bytes()
    with pytest.raises(WorkspaceDamaged) as told:
        open_workspace(url(path), key)
    assert path.read_bytes() == before
    assert told.value.exit_code == 4
    return str(told.value)


def test_nothing_of_the_content_is_readable_in_the_file(file):
    assert b"Fratr" not in file.read_bytes()
    assert file.read_bytes()[:6] != b"SQLite"


def test_a_wrong_key_is_refused_and_prints_nothing(file, capfd):
    assert "Nøglen passer ikke" in refused(file, "cd" * 32)
    assert capfd.readouterr() == ("", "")


def test_a_foreign_file_is_refused(tmp_path):
    path = tmp_path / "w.db"
    path.write_text("Kære kollega, " * 1000)
    assert "ikke et kkassist-arbejdsområde" in refused(path)


def test_an_empty_file_is_refused_and_not_filled(tmp_path):
    path = tmp_path / "w.db"
    path.touch()
    assert "tom" in refused(path)


def test_a_flipped_byte_in_the_first_page_is_damage_not_a_wrong_key(file):
    data = bytearray(file.read_bytes())
    data[2000] ^= 1
    file.write_bytes(data)
    assert "beskadiget" in refused(file)


def test_a_flipped_byte_inside_is_found_by_the_check_and_told_when_met(file):
    opened = open_workspace(url(file), KEY)
    with opened.read() as tx:
        page = tx.execute(text("SELECT rootpage FROM sqlite_master WHERE name = 'cases'")).scalar_one()
    opened.close()
    data = bytearray(file.read_bytes())
    data[(page - 1) * 4096 + 100] ^= 1
    file.write_bytes(data)
    opened = open_workspace(url(file), KEY)
    assert opened.faults()
    with pytest.raises(WorkspaceDamaged, match="beskadiget"), opened.read() as tx:
        for sys_id in cases.known(tx):
            cases.record(tx, sys_id)
    opened.close()
    assert file.read_bytes() == data


def test_a_newer_schema_is_refused(file):
    opened = open_workspace(url(file), KEY)
    with opened.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()
    assert "nyere kkassist" in refused(file)


def test_an_encrypted_database_that_is_not_ours_is_refused(tmp_path):
    from kkassist.store import sqlcipher

    path = tmp_path / "w.db"
    other = sqlcipher.connect(path, KEY)
    other.execute("CREATE TABLE t (a)")
    other.close()
    assert "ikke et kkassist-arbejdsområde" in refused(path)


def test_a_key_that_is_no_key_is_not_tried(file):
    with pytest.raises(WorkspaceLocked):
        open_workspace(url(file), "hemmelig")


def test_locked_is_not_damaged(file, monkeypatch):
    monkeypatch.setattr("kkassist.store.sqlcipher._PATIENCE_MS", 50)
    first, second = open_workspace(url(file), KEY), open_workspace(url(file), KEY)
    with first.write() as tx:
        facts.put(tx, "a", "1")
        with pytest.raises(WorkspaceLocked), second.write():
            pass
        with second.read() as other:
            assert facts.get(other, "a") == "kept"
    with second.write() as tx:
        assert facts.get(tx, "a") == "1"
    first.close()
    second.close()


def test_a_full_disk_leaves_nothing_half_written(file):
    opened = open_workspace(url(file), KEY)
    with pytest.raises(DiskFull), opened.write() as tx:
        pages = tx.execute(text("PRAGMA page_count")).scalar_one()
        tx.execute(text(f"PRAGMA max_page_count = {pages}"))
        facts.put(tx, "a", "lost")
        facts.put(tx, "big", "x" * 4_000_000)
    opened.close()
    again = open_workspace(url(file), KEY)
    with again.write() as tx:
        assert (facts.get(tx, "a"), facts.get(tx, "big")) == ("kept", None)
        facts.put(tx, "a", "goes on")
    assert again.faults() == []
    again.close()


WRITER = """
import sys
from kkassist.store import facts
from kkassist.store.engine import open_workspace
w = open_workspace(sys.argv[1], sys.argv[2])
name, many = sys.argv[3], int(sys.argv[4])
for n in range(1, many + 1):
    with w.write() as tx:
        facts.put(tx, name + ':a', str(n)); facts.put(tx, 'both', str(int(facts.get(tx, 'both') or 0) + 1))
        facts.put(tx, name + ':b', str(n))
    print(n, flush=True)
w.close()
"""


def writer(path, name, many):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url(path), KEY, name, str(many)], stdout=subprocess.PIPE, text=True
    )


def test_two_programs_write_without_losing_an_act(file):
    both = [writer(file, name, 25) for name in ("x", "y")]
    for one in both:
        one.communicate()
        assert one.returncode == 0
    opened = open_workspace(url(file), KEY)
    with opened.read() as tx:
        assert facts.get(tx, "both") == "50"
    opened.close()


def test_a_kill_loses_nothing_that_was_acknowledged(file):
    acknowledged = 0
    for _ in range(3):
        program = writer(file, "x", 10_000)
        for _ in range(8):
            acknowledged = int(program.stdout.readline())
        program.send_signal(signal.SIGKILL)
        program.stdout.read()
        program.wait()
        program.stdout.close()
        opened = open_workspace(url(file), KEY)
        with opened.read() as tx:
            assert int(facts.get(tx, "x:a")) >= acknowledged
            assert facts.get(tx, "x:a") == facts.get(tx, "x:b")
        assert opened.faults() == []
        opened.close()


def test_an_up_to_date_workspace_opens_without_alembic(file):
    told = subprocess.run(
        [sys.executable, "-c",
         "import sys; from kkassist.store.engine import open_workspace; open_workspace(sys.argv[1], sys.argv[2]); "
         "print('alembic' in sys.modules)", url(file), KEY],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.strip() == "False"


STEP = """
revision = "0002"
down_revision = "0001"
from alembic import op
def upgrade():
    op.execute("CREATE TABLE novelty (a TEXT)")
    {then}
"""


@pytest.fixture
def steps(tmp_path, monkeypatch):
    folder = tmp_path / "steps"
    folder.mkdir()
    monkeypatch.setattr(schema, "HEAD", "0002")
    monkeypatch.setattr(schema, "KNOWN", ("0001", "0002"))

    def with_step(then="pass"):
        (folder / "v0002.py").write_text(STEP.format(then=then))
        return folder

    return with_step


def test_a_migration_swaps_in_a_checked_copy_and_keeps_the_old(file, steps):
    from kkassist.store import migrate

    migrate.file(file, KEY, steps())
    opened = open_workspace(url(file), KEY)
    with opened.read() as tx:
        assert facts.get(tx, "a") == "kept"
        assert tx.execute(text("SELECT count(*) FROM novelty")).scalar() == 0
        assert tx.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    opened.close()
    kept = file.with_name("w.db.bak")
    assert kept.exists()
    assert sorted(one.name for one in file.parent.iterdir() if one.suffix not in ("",)) == ["w.db", "w.db.bak"]


def test_a_migration_that_fails_leaves_the_workspace_as_it_was(file, steps):
    from kkassist.store import engine, migrate

    with pytest.raises(ZeroDivisionError):
        migrate.file(file, KEY, steps("1 / 0"))
    assert engine.version_of(file, KEY) == "0001"
    migrate.file(file, KEY, steps())
    assert engine.version_of(file, KEY) == "0002"


def test_a_migration_waits_for_nobody_and_touches_nothing_in_use(file, steps):
    import sqlcipher3

    from kkassist.store import engine, migrate

    other = sqlcipher3.connect(str(file))
    other.execute(f"PRAGMA key = \"x'{KEY}'\"")
    other.execute("SELECT count(*) FROM facts").fetchone()
    with pytest.raises(WorkspaceLocked, match="Luk kkassist"):
        migrate.file(file, KEY, steps())
    other.close()
    assert engine.version_of(file, KEY) == "0001"


KILLED_MIGRATION = """
import os, signal, sys
from pathlib import Path
from kkassist.store import engine, migrate, schema, sqlcipher
schema.HEAD, schema.KNOWN = "0002", ("0001", "0002")
def kill(*_): os.kill(os.getpid(), signal.SIGKILL)
moment = sys.argv[4]
if moment == "before the swap": migrate._keep = kill
if moment == "after the copy": migrate._upgrade = kill
if moment == "before the old is cleared away":
    clear, calls = migrate._clear, []
    migrate._clear = lambda fresh: kill() if calls else (calls.append(1), clear(fresh))
migrate.file(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
"""


@pytest.mark.parametrize(
    "moment", ["after the copy", "inside the step", "before the swap", "before the old is cleared away"]
)
def test_a_kill_during_a_migration_leaves_a_whole_workspace_that_goes_on(file, steps, moment):
    from kkassist.store import engine, migrate

    inside = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    folder = steps(inside if moment == "inside the step" else "pass")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_MIGRATION, str(file), KEY, str(folder), moment],
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    swapped = moment == "before the old is cleared away"
    assert engine.version_of(file, KEY) == ("0002" if swapped else "0001")
    migrate.file(file, KEY, steps())
    opened = open_workspace(url(file), KEY)
    with opened.read() as tx:
        assert facts.get(tx, "a") == "kept"
        assert len(cases.known(tx)) == 200
        assert tx.execute(text("SELECT count(*) FROM novelty")).scalar() == 0
    assert opened.faults() == []
    opened.close()


@pytest.mark.parametrize("written", [False, True])
def test_restoring_is_refused_while_another_program_has_the_workspace_open(file, tmp_path, written):
    opened = open_workspace(url(file), KEY)
    out = backup.backup(opened, tmp_path / "copy.bak")
    with opened.write() if written else opened.read() as tx:
        facts.put(tx, "a", "newer") if written else facts.get(tx, "a")
    with pytest.raises(WorkspaceLocked, match="i brug"):
        backup.restore(out, file, KEY)
    with opened.write() as tx:
        facts.put(tx, "a", "newest")
    opened.close()
    kept = backup.restore(out, file, KEY)
    for path, value in ((file, "kept"), (kept, "newest")):
        again = open_workspace(url(path), KEY)
        with again.read() as tx:
            assert facts.get(tx, "a") == value
        again.close()


def test_a_damaged_workspace_is_replaced_by_its_backup_and_kept_beside_it(file, tmp_path):
    opened = open_workspace(url(file), KEY)
    out = backup.backup(opened, tmp_path / "copy.bak")
    opened.close()
    broken = bytearray(file.read_bytes())
    broken[100] ^= 1
    file.write_bytes(broken)
    kept = backup.restore(out, file, KEY)
    assert kept.read_bytes() == broken
    again = open_workspace(url(file), KEY)
    with again.read() as tx:
        assert facts.get(tx, "a") == "kept"
    again.close()


def test_a_backup_taken_in_use_is_whole_and_restores(file, tmp_path):
    opened = open_workspace(url(file), KEY)
    with opened.write() as tx:
        audit.append(tx, user="anna.holm", role="leder", act="vis")
    with opened.read() as reader:
        facts.get(reader, "a")
        out = backup.backup(opened, tmp_path / "copy.bak")
    with opened.write() as tx:
        facts.put(tx, "a", "after")
    opened.close()
    aside = backup.restore(out, file, KEY)
    again = open_workspace(url(file), KEY)
    with again.read() as tx:
        assert facts.get(tx, "a") == "kept"
        assert audit.verify(tx).entries == 1
    again.close()
    assert aside is not None and aside.exists()
    assert not list(tmp_path.glob("*half*")) + list(tmp_path.glob("*restoring*"))


def test_a_damaged_backup_never_takes_the_workspaces_place(file, tmp_path):
    opened = open_workspace(url(file), KEY)
    out = backup.backup(opened, tmp_path / "copy.bak")
    opened.close()
    data = bytearray(out.read_bytes())
    data[30 * 4096 + 50] ^= 1
    out.write_bytes(data)
    before = file.read_bytes()
    with pytest.raises(WorkspaceDamaged):
        backup.restore(out, file, KEY)
    assert file.read_bytes() == before


def test_the_audit_log_tells_when_it_was_changed(workspace):
    with workspace.write() as tx:
        for number in range(5):
            audit.append(
                tx, user="anna.holm", role="leder", act="vis", case=str(number), person="0101901234", at=NOW
            )
        told = list(audit.export(tx))
        assert len({one["person"] for one in told}) == 1
        assert "0101901234" not in str(told)
        assert audit.verify(tx) == audit.Verified(5, intact=True, first_broken=0)
    with workspace.write() as tx:
        tx.execute(text("DROP TRIGGER audit_no_update"))
        tx.execute(text("UPDATE audit SET at = at + 1 WHERE seq = 3"))
        assert audit.verify(tx).first_broken == 3
        tx.execute(text("UPDATE audit SET at = at - 1 WHERE seq = 3"))
        tx.execute(text("DROP TRIGGER audit_no_delete"))
        tx.execute(text("DELETE FROM audit WHERE seq = 5"))
        assert audit.verify(tx) == audit.Verified(4, intact=False, first_broken=5)
