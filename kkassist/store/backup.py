"""A whole copy of the workspace while it is in use, and the way back. The copy is sealed with the same key."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlcipher3

from kkassist.domain.errors import Refused, WorkspaceDamaged, WorkspaceLocked
from kkassist.domain.language import say
from kkassist.store import audit, sqlcipher
from kkassist.store.engine import Workspace, open_workspace


def backup(workspace: Workspace, out: Path) -> Path:
    """Copy the workspace to a new file and check the copy. Raises `Refused` when `out` exists."""
    if workspace.path is None:
        raise Refused(say("Arbejdsområdet ligger på en PostgreSQL-server. Tag sikkerhedskopien dér."))
    if out.exists():
        raise Refused(say("Filen {name} findes allerede. Vælg et andet navn.", name=out.name))
    half = out.with_name(f"{out.name}.half")
    half.unlink(missing_ok=True)
    try:
        with workspace.told():
            sqlcipher.copy(workspace.path, half, workspace.key)
        check(half, workspace.key)
        half.replace(out)
    finally:
        _clear(half)
    return out


def check(file: Path, key: str) -> None:
    """Raises `WorkspaceDamaged` when a copy does not open, is damaged inside, or its audit log was tampered with."""
    if not file.exists():
        raise Refused(say("Filen {name} findes ikke.", name=file.name))
    copy = open_workspace(f"sqlite:///{file.absolute().as_posix()}", key)
    try:
        if copy.faults():
            raise WorkspaceDamaged(say("Sikkerhedskopien er beskadiget. Den er ikke brugt."))
        with copy.read() as tx:
            if not audit.verify(tx).intact:
                raise WorkspaceDamaged(say("Loggen i sikkerhedskopien er ændret. Den er ikke brugt."))
    finally:
        copy.close()


def restore(file: Path, into: Path, key: str) -> Path | None:
    """Put a backup in the workspace's place; what was there is kept beside it. Returns where, or None.

    The backup itself is left as it is. Raises `WorkspaceLocked` while a program has the workspace open.
    """
    if not file.exists():
        raise Refused(say("Filen {name} findes ikke.", name=file.name))
    if into.exists() and file.samefile(into):
        raise Refused(say("Sikkerhedskopien er selve arbejdsområdet. Vælg en anden fil."))
    into.parent.mkdir(parents=True, exist_ok=True)
    half = into.with_name(f"{into.name}.restoring")
    _clear(half)
    try:
        half.write_bytes(file.read_bytes())
        check(half, key)
        with half.open("rb+") as whole:
            os.fsync(whole.fileno())
        with _alone(into, key):
            kept = _set_aside(into)
            half.replace(into)
    finally:
        _clear(half)
    return kept


@contextmanager
def _alone(into: Path, key: str) -> Iterator[None]:
    """Inside, no other program has the workspace open, nor can open it. One that cannot be read can have no user."""
    if not into.exists():
        yield
        return
    with closing(sqlcipher.connect(into, key)) as held:
        try:
            alone = sqlcipher.hold(held)
        except sqlcipher3.dbapi2.DatabaseError:
            alone = not any(_size(Path(f"{into}{part}")) for part in ("-wal", "-journal"))
        if not alone:
            raise WorkspaceLocked(say("Arbejdsområdet er i brug. Luk kkassist alle andre steder, og prøv igen."))
        if os.name == "nt":
            held.close()  # Windows moves no open file
        yield


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _set_aside(into: Path) -> Path | None:
    if not into.exists():
        return None
    kept = into.with_name(f"{into.name}.{datetime.now(UTC):%Y%m%dT%H%M%S%f}.bak")
    into.replace(kept)
    for part in ("-wal", "-shm"):
        Path(f"{into}{part}").unlink(missing_ok=True)
    return kept


def _clear(half: Path) -> None:
    for part in ("", "-wal", "-shm", "-journal"):
        Path(f"{half}{part}").unlink(missing_ok=True)
