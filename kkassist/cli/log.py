"""The log: one rotating file in the home folder. No CPR number ever reaches it."""

import logging
import logging.handlers
import sys
from pathlib import Path

from kkassist.cli.paths import LOG_FOLDER
from kkassist.domain.cpr import without_cpr
from kkassist.domain.ids import new_id

_FORMAT = "%(asctime)s %(levelname)s %(process)d %(name)s %(message)s"


class WithoutCpr(logging.Formatter):
    """Masks whatever looks like a CPR number, in messages and tracebacks alike."""

    def format(self, record: logging.LogRecord) -> str:
        return without_cpr(super().format(record))


def start_log(home: Path, *, verbose: bool) -> None:
    """Log into the home folder, and with `verbose` to standard error as well. A read-only home is no obstacle."""
    root = logging.getLogger()
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    for noisy in ("urllib3", "alembic", "sqlalchemy"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    handlers: list[logging.Handler] = []
    try:
        folder = home / LOG_FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        handlers.append(
            logging.handlers.RotatingFileHandler(
                folder / "kkassist.log", maxBytes=2_000_000, backupCount=5, encoding="utf-8", delay=True
            )
        )
    except OSError:
        verbose = True
    if verbose:
        handlers.append(logging.StreamHandler(sys.stderr))
    for handler in handlers:
        handler.setFormatter(WithoutCpr(_FORMAT))
        root.addHandler(handler)


def log_bug(error: BaseException) -> str:
    """Write an unexpected error to the log; the reference the user can pass on."""
    reference = new_id()[-8:]
    logging.getLogger("kkassist").error("bug %s", reference, exc_info=error)
    return reference
