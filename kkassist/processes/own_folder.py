"""Where the user's own declarations lie. Apart from the catalogue, so that choosing it at start imports nothing."""

from pathlib import Path

_folder: Path | None = None


def look_also_in(folder: Path | None) -> None:
    """Choose the folder of the user's own declarations, for every catalogue from now on."""
    global _folder  # noqa: PLW0603 - one program has one home, chosen once at start, as it has one language
    _folder = folder


def chosen() -> Path | None:
    """The folder chosen, or None."""
    return _folder
