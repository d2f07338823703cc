"""Opening the workspace and its transactions.

A write is `BEGIN IMMEDIATE`: one at a time in this process by a lock, across processes by SQLite's own, each waiting
ten seconds. Readers never wait. What cannot be opened is refused in one sentence and left byte for byte as it is.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlcipher3
from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from kkassist.domain.errors import WorkspaceDamaged, WorkspaceLocked, WorkspaceUnusable
from kkassist.domain.language import say
from kkassist.store import schema, sqlcipher
from kkassist.store.sql import Tx
from kkassist.store.troubles import DATABASE_ERRORS, as_known, of_os

__all__ = ["Tx", "Workspace", "open_workspace"]

PATIENCE_S = 10.0
WRITES = "kkassist_writes"


class Workspace:
    """An open workspace. Safe to use from several threads; every transaction has a connection of its own."""

    def __init__(self, engine: Engine, path: Path | None, key: str) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self.path = path
        """The file, or None on PostgreSQL."""
        self.key = key

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """One consistent view of the workspace; waits for nobody."""
        with _told(self.path, self.key), self._engine.connect() as bare:
            connection = bare if self.path else bare.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """All or nothing, on disk when the block ends. Raises `WorkspaceLocked` after ten seconds of waiting."""
        if not self._lock.acquire(timeout=PATIENCE_S):
            raise WorkspaceLocked(_held())
        try:
            with _told(self.path, self.key), self._engine.connect() as bare:
                connection = bare.execution_options(**{WRITES: True})
                with connection.begin():
                    if self.path is None:
                        _queue_up(connection)
                    yield connection
        finally:
            self._lock.release()

    def faults(self) -> list[str]:
        """Reads the whole file and tells what is damaged; empty when all is well (and on PostgreSQL)."""
        if self.path is None:
            return []
        with _told(self.path, self.key):
            return sqlcipher.faults(self.path, self.key)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Inside, the database's errors are raised as known ones."""
        with _told(self.path, self.key):
            yield

    def close(self) -> None:
        """Give back every connection; the last one folds the log into the file."""
        self._engine.dispose()


def open_workspace(url: str, key: str) -> Workspace:
    """Open a workspace by URL, making it where there is none; an older schema is brought up to date on a copy.

    `key` is 64 hex digits (PostgreSQL, which guards itself, needs none). Raises `WorkspaceDamaged`,
    `WorkspaceLocked`, `DiskFull` or `WorkspaceUnusable`.
    """
    place = make_url(url)
    if place.get_backend_name() != "sqlite":
        return _open_server(place)
    if not place.database:
        raise WorkspaceUnusable(say("Arbejdsområdets adresse mangler en fil. Ret url under [workspace]."))
    if not sqlcipher.is_key(key):
        raise WorkspaceLocked(say("Arbejdsområdets nøgle skal være 64 hexcifre. Kontrollér nøglen i nøgleringen."))
    path = Path(place.database)
    with _told(path, key):
        try:
            if not path.exists():
                _make(path, key)
            _bring_up_to_date(path, key)
        except OSError as error:
            raise of_os(error) or error from error
        return Workspace(file_engine(path, key), path, key)


def file_engine(path: Path, key: str) -> Engine:
    """An engine over the encrypted file."""
    place = URL.create("sqlite+pysqlcipher", password=sqlcipher.raw_key(key), database=str(path))
    engine = create_engine(place, poolclass=QueuePool, pool_size=4, max_overflow=28)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        sqlcipher.settle(connection)

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def version_of(path: Path, key: str) -> str:
    """The schema's number in a file, read without changing anything. Raises what SQLCipher raises."""
    with closing(sqlcipher.connect(path, key, read_only=True)) as connection:
        return version_of_open(connection)


def version_of_open(connection: Any) -> str:
    """The schema's number seen by an open bare connection; "" where there is none."""
    try:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlcipher3.dbapi2.OperationalError as error:
        if "no such table" in str(error):
            return ""
        raise
    return str(found[0]) if found else ""


def _make(path: Path, key: str) -> None:
    """Make a new workspace beside its place and move it in whole: a kill leaves none or a complete one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    try:
        engine = file_engine(fresh, key)
        with engine.connect() as bare:
            connection = bare.execution_options(**{WRITES: True})
            with connection.begin():
                schema.create(connection)
        engine.dispose()
        if not path.exists():
            fresh.rename(path)
    finally:
        for leftover in (fresh, Path(f"{fresh}-wal"), Path(f"{fresh}-shm")):
            leftover.unlink(missing_ok=True)


def _bring_up_to_date(path: Path, key: str) -> None:
    if path.stat().st_size == 0:
        raise WorkspaceDamaged(
            say("Arbejdsområdets fil er tom. Hent den seneste sikkerhedskopi med kkassist restore.")
        )
    version = version_of(path, key)
    if version == schema.HEAD:
        return
    check_known(version)
    from kkassist.store import migrate  # noqa: PLC0415 - alembic costs half a second, and an open needs it rarely

    migrate.file(path, key)


def check_known(version: str) -> None:
    """Raises `WorkspaceDamaged` for a schema that is not ours, or of a newer program."""
    if version == "":
        raise WorkspaceDamaged(
            say("Filen er en database, men ikke et kkassist-arbejdsområde. Den er ikke rørt. Vælg en anden mappe.")
        )
    if version not in schema.KNOWN:
        raise WorkspaceDamaged(
            say(
                "Arbejdsområdet er lavet af en nyere kkassist (skema {version}). Det er ikke rørt. Opdatér kkassist.",
                version=version,
            )
        )


def _open_server(place: URL) -> Workspace:
    engine = create_engine(place, pool_size=4, max_overflow=28)
    with _told(None, ""), engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(7203115)"))
        if not inspect(connection).has_table("alembic_version"):
            schema.create(connection)
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        if version != schema.HEAD:
            check_known(version)
            from kkassist.store import migrate  # noqa: PLC0415

            migrate.server(connection)
    return Workspace(engine, None, "")


def _queue_up(connection: Connection) -> None:
    """What BEGIN IMMEDIATE is to the file: one writer at a time, also across programs."""
    connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE_S:.0f}s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(7203116)"))


@contextmanager
def _told(path: Path | None, key: str) -> Iterator[None]:
    """The database's errors as errors with a sentence; bugs stay bugs."""
    try:
        yield
    except (DBAPIError, *DATABASE_ERRORS) as error:
        known = as_known(error, path, key)
        if known is None:
            raise
        raise known from error


def _held() -> str:
    return say("Arbejdsområdet er optaget af en anden kørsel. Vent lidt, og prøv igen.")
