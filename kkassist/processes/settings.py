"""A process' own tables: what settings.toml gives, else the demo values of its declaration."""

from collections.abc import Mapping

from kkassist.domain.settings import Settings
from kkassist.processes.words import Process

Tables = Mapping[str, Mapping[str, Mapping[str, str]]]


def tables(process: Process, settings: Settings) -> Tables:
    """Table → key → column → value. A table named in the settings replaces the demo table of that name whole."""
    return {**process.settings, **settings.process.get(process.id, {})}


def is_demo(process: Process, settings: Settings, table: str) -> bool:
    """Whether a table still holds the values that are ours and nobody's at the municipality."""
    return table in process.settings and table not in settings.process.get(process.id, {})
