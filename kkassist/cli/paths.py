"""Where things lie: the home folder with settings.toml, the workspace and the logs."""

import os
from pathlib import Path

from platformdirs import user_data_path

WORKSPACE_FILE = "workspace.db"
LOG_FOLDER = "logs"


def home_folder(given: str | None) -> Path:
    """`--home`, else `KKASSIST_HOME`, else the platform's own folder for a program's data."""
    chosen = given or os.environ.get("KKASSIST_HOME")
    return Path(chosen).expanduser().absolute() if chosen else user_data_path("kkassist", appauthor=False)


def workspace_url(home: Path, configured: str) -> str:
    """The configured database URL, else the encrypted file in the home folder."""
    return configured or f"sqlite:///{(home / WORKSPACE_FILE).as_posix()}"
