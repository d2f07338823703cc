"""What the database complains about, told to the user: locked is not damaged, full is not locked."""

import errno
import shutil
from pathlib import Path

import sqlcipher3
from sqlalchemy.exc import DBAPIError

from kkassist.domain.errors import DiskFull, WorkspaceDamaged, WorkspaceLocked, WorkspaceUnusable
from kkassist.domain.language import say
from kkassist.store import sqlcipher

_SHARED_MEMORY = 64 * 1024
"""SQLite's own index of its log takes half of this at least."""
DATABASE_ERRORS = (sqlcipher3.dbapi2.Error,)

_FULL = ("disk is full", "could not extend file", "no space left")
_LOCKED = ("database is locked", "database table is locked", "lock timeout", "database schema is locked")
_UNREADABLE = ("file is not a database", "malformed", "file is encrypted")
_UNREACHABLE = ("unable to open", "readonly database", "disk i/o error", "could not connect", "connection failed",
                "connection refused", "server closed the connection")  # fmt: skip


def as_known(error: Exception, path: Path | None, key: str) -> WorkspaceUnusable | None:
    """The known error behind a database's, or None for a bug."""
    words = str(error.orig if isinstance(error, DBAPIError) else error).casefold()
    detail = f"{type(error).__name__}: {words}"
    if any(sign in words for sign in _FULL):
        return DiskFull(_full(), log_detail=detail)
    if any(sign in words for sign in _LOCKED):
        return WorkspaceLocked(
            say("Arbejdsområdet er optaget af en anden kørsel. Vent lidt, og prøv igen."), log_detail=detail
        )
    if any(sign in words for sign in _UNREADABLE):
        return WorkspaceDamaged(_unreadable(path, key, words), log_detail=detail)
    if any(sign in words for sign in _UNREACHABLE):
        if _no_room(path):
            return DiskFull(_full(), log_detail=detail)
        return WorkspaceUnusable(
            say("Arbejdsområdet kan ikke åbnes eller skrives. Kontrollér mappens rettigheder og forbindelsen."),
            log_detail=detail,
        )
    return None


def of_os(error: OSError) -> WorkspaceUnusable | None:
    """The known error behind an operating system's, or None for a bug."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(_full(), log_detail=repr(error))
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return WorkspaceUnusable(
            say("Arbejdsområdet kan ikke åbnes eller skrives. Kontrollér mappens rettigheder og forbindelsen."),
            log_detail=repr(error),
        )
    return None


def _no_room(path: Path | None) -> bool:
    """SQLite cannot even make its shared memory on a disk without room, and calls that "unable to open"."""
    try:
        return path is not None and shutil.disk_usage(path.parent).free < _SHARED_MEMORY
    except OSError:
        return False


def _full() -> str:
    return say("Disken er fuld. Intet er gemt halvt. Ryd plads, og prøv igen.")


def _unreadable(path: Path | None, key: str, words: str) -> str:
    trouble = sqlcipher.trouble_with(path, key) if path is not None and "malformed" not in words else "damaged"
    match trouble:
        case "empty":
            return say("Arbejdsområdets fil er tom. Hent den seneste sikkerhedskopi med kkassist restore.")
        case "foreign":
            return say("Filen er ikke et kkassist-arbejdsområde. Den er ikke rørt. Vælg en anden mappe.")
        case "key":
            return say(
                "Nøglen passer ikke til arbejdsområdet. Det er ikke rørt. "
                "Brug den nøgle, det blev oprettet med, eller hent en sikkerhedskopi."
            )
        case "damaged":
            return say(
                "Arbejdsområdet er beskadiget. Det er ikke rørt. "
                "Hent den seneste sikkerhedskopi med kkassist restore."
            )
