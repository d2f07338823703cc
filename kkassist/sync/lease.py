"""One program at a time talks to the outside systems for a workspace: a lock the operating system lets go by itself.

A file lock rather than a row in the database, since it ends with its process, however that ends.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kkassist.domain.errors import WorkspaceLocked
from kkassist.domain.language import say

LOCK_FILE = "sync.lock"
_POLL_S = 0.05


@contextmanager
def lease(home: Path, *, wait_s: float = 30) -> Iterator[None]:
    """Hold the lease while inside. Raises `WorkspaceLocked` when another program keeps it longer than `wait_s`."""
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + wait_s
        while not _take(handle):
            if time.monotonic() > deadline:
                raise WorkspaceLocked(
                    say("Et andet kkassist er i gang med at hente eller sende. Prøv igen om lidt.")
                )
            time.sleep(_POLL_S)
        try:
            yield
        finally:
            _let_go(handle)
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _let_go(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _let_go(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
