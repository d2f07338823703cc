"""The commands of the contract, a file for each area. Only the area that a call needs is imported: it starts sooner."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Several = argparse._SubParsersAction[argparse.ArgumentParser]
    Adder = Callable[[Several], None]


def _cases() -> "Adder":
    from kkassist.cli.commands import cases  # noqa: PLC0415

    return cases.add


def _sources() -> "Adder":
    from kkassist.cli.commands import sources  # noqa: PLC0415 - brings the HTTP library

    return sources.add


def _uploads() -> "Adder":
    from kkassist.cli.commands import uploads  # noqa: PLC0415

    return uploads.add


def _exports() -> "Adder":
    from kkassist.cli.commands import exports  # noqa: PLC0415 - brings a workbook library

    return exports.add


def _admin() -> "Adder":
    from kkassist.cli.commands import admin  # noqa: PLC0415 - brings every connector

    return admin.add


def _practice() -> "Adder":
    from kkassist.cli.commands import practice  # noqa: PLC0415 - brings the practice city's servers

    return practice.add


AREAS: "Mapping[str, tuple[Callable[[], Adder], Sequence[str]]]" = {
    "cases": (_cases, ("queue", "case", "person", "set", "note", "assign", "attach", "outbox")),
    "sources": (_sources, ("sync", "push", "login", "logout")),
    "uploads": (_uploads, ("upload", "bot", "runs")),
    "exports": (_exports, ("export",)),
    "admin": (_admin, ("init", "doctor", "calc", "processes", "audit", "backup", "restore", "support-bundle")),
    "practice": (_practice, ("practice", "demo")),
}


def add_for(given: Sequence[str], several: "Several") -> None:
    """Add the commands that these arguments may mean: one area's, or all where that cannot be told (as for help)."""
    command = _command(given)
    known = [loader for loader, commands in AREAS.values() if command in commands]
    for load in known or [loader for loader, _ in AREAS.values()]:
        load()(several)


def _command(given: Sequence[str]) -> str:
    """The first word that is neither an option nor the value of `--home`."""
    words = iter(given)
    for word in words:
        if word == "--home":
            next(words, "")
        elif not word.startswith("-"):
            return word
    return ""
