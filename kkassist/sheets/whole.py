"""A file is written beside its place and moved there whole, so that nobody ever sees half of it."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kkassist.domain.errors import DiskFull, Refused
from kkassist.domain.language import say


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """Gives a path to write to; moves it to `target` when the block ends well, removes it otherwise.

    Raises `DiskFull` when there is no room, `Refused` when the place cannot be written to.
    """
    beside: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=".kkassist-", suffix=target.suffix, dir=target.parent)
        os.close(handle)
        beside = Path(name)
        yield beside
        with beside.open("rb+") as written:
            os.fsync(written.fileno())
        beside.replace(target)
    except OSError as error:
        raise _in_words(target, error) from error
    finally:
        if beside is not None:
            with suppress(OSError):
                beside.unlink(missing_ok=True)


def _in_words(target: Path, error: OSError) -> DiskFull | Refused:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(say("Der er ikke plads på disken til {name}. Ryd op, og prøv igen.", name=target.name))
    if isinstance(error, FileNotFoundError):
        return Refused(say("Mappen til {name} findes ikke. Vælg en anden mappe.", name=target.name))
    if isinstance(error, IsADirectoryError):
        return Refused(say("{name} er en mappe. Skriv et filnavn.", name=target.name))
    return Refused(
        say("{name} kan ikke gemmes. Luk filen i Excel, eller vælg en mappe, du må skrive i.", name=target.name),
        log_detail=f"errno {error.errno}",
    )
