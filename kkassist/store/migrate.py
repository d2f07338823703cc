"""Brings an older workspace up to date: on a copy, which is checked and then takes the file's place.

The old file is kept beside it as `.bak`. A kill at any moment leaves either the old workspace or the new one whole.
"""

import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from kkassist.domain.errors import WorkspaceDamaged, WorkspaceLocked
from kkassist.domain.language import say
from kkassist.store import engine, schema, sqlcipher

_STEPS = Path(__file__).parent / "migrations"


def file(path: Path, key: str, steps: Path = _STEPS) -> None:
    """Migrate the file. Raises `WorkspaceLocked` while another program has it open."""
    before = path.stat().st_ino
    with closing(sqlcipher.connect(path, key)) as held:
        if not sqlcipher.hold(held):
            raise WorkspaceLocked(
                say("Arbejdsområdet skal opdateres. Luk kkassist alle andre steder, og prøv igen.")
            )
        if path.stat().st_ino != before or engine.version_of_open(held) == schema.HEAD:
            return  # another program was faster
        fresh = path.with_name(f"{path.name}.migrating")
        _clear(fresh)
        _copy_held(held, fresh, key)
        _upgrade(fresh, key, steps)
        if sqlcipher.faults(fresh, key):
            raise WorkspaceDamaged(
                say("Arbejdsområdet kunne ikke opdateres, fordi det er beskadiget. Det er ikke rørt.")
            )
        _sync(fresh)
        _keep(path)
        if os.name == "nt":
            held.close()  # Windows moves no open file; a program that comes between makes the move fail, not mix
        fresh.replace(path)
        _clear(fresh)


def server(connection: Connection, steps: Path = _STEPS) -> None:
    """Migrate a PostgreSQL workspace inside the caller's transaction."""
    command.upgrade(_config(connection, steps), "head")


def _copy_held(held: Any, fresh: Path, key: str) -> None:
    with closing(sqlcipher.connect(fresh, key)) as target:
        held.backup(target)


def _upgrade(fresh: Path, key: str, steps: Path) -> None:
    place = engine.file_engine(fresh, key)
    try:
        with place.connect() as bare:
            connection = bare.execution_options(**{engine.WRITES: True})
            with connection.begin():
                command.upgrade(_config(connection, steps), "head")
    finally:
        place.dispose()


def _config(connection: Connection, steps: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    locations = dict.fromkeys([str(_STEPS / "versions"), str(steps if steps != _STEPS else _STEPS / "versions")])
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(locations).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _keep(path: Path) -> None:
    """The old file under its second name, without ever being away from its first."""
    kept, half = path.with_name(f"{path.name}.bak"), path.with_name(f"{path.name}.bak-half")
    half.unlink(missing_ok=True)
    try:
        os.link(path, half)
    except OSError:
        shutil.copy2(path, half)
    half.replace(kept)


def _sync(path: Path) -> None:
    with path.open("rb+") as whole:
        os.fsync(whole.fileno())


def _clear(fresh: Path) -> None:
    for leftover in (fresh, Path(f"{fresh}-wal"), Path(f"{fresh}-shm"), Path(f"{fresh}-journal")):
        leftover.unlink(missing_ok=True)
