"""A whole copy of the workspace while it is in use, and the way back. The copy is sealed with the same key."""

import os
from datetime import UTC, datetime
from pathlib import Path

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
        kept = _set_aside(into)
        half.replace(into)
    finally:
        _clear(half)
    return kept


def _set_aside(into: Path) -> Path | None:
    if not into.exists():
        return None
    if any(
        Path(f"{into}{part}").exists() and Path(f"{into}{part}").stat().st_size for part in ("-wal", "-journal")
    ):
        raise WorkspaceLocked(say("Arbejdsområdet er i brug. Luk kkassist alle andre steder, og prøv igen."))
    kept = into.with_name(f"{into.name}.{datetime.now(UTC):%Y%m%dT%H%M%S%f}.bak")
    into.replace(kept)
    for part in ("-wal", "-shm"):
        Path(f"{into}{part}").unlink(missing_ok=True)
    return kept


def _clear(half: Path) -> None:
    for part in ("", "-wal", "-shm", "-journal"):
        Path(f"{half}{part}").unlink(missing_ok=True)
