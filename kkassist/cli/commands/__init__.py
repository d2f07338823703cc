"""The commands of the contract, a file for each area."""

import argparse
from typing import TYPE_CHECKING

from kkassist.cli.commands import admin, cases, exports, practice, sources, uploads

if TYPE_CHECKING:
    Several = argparse._SubParsersAction[argparse.ArgumentParser]


def add_all(several: "Several") -> None:
    """Add every command to the parser."""
    for area in (cases, sources, uploads, exports, admin, practice):
        area.add(several)
