"""How a row becomes an item of a robot's queue: which queue, what content, and under which reference.

A row has one reference for life, `KK-<process>-<batch>-<row>`. Its first try travels under it. A later try travels
under `…-v2`, `…-v3`: a platform that guards its references takes each try at most once, also when the answer was
lost and the try is sent again, and a mended row never hides behind the item that was refused. The platform's own
"retry" is not used: it copies the old content, and it has no reference that says which try it is.
What makes the effect unique is not the reference but the business key, which is asked before anything is sent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kkassist.domain.errors import Refused
from kkassist.domain.language import say
from kkassist.domain.settings import Settings
from kkassist.processes.settings import tables
from kkassist.processes.words import Process
from kkassist.remote.robots.port import Item

LONGEST_REFERENCE = 100
_TRY = re.compile(r"-v(\d+)$")
_ALLOWED = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a process' rows go. Names come from `[process.<id>.robot.<platform>]`, else the recipe's demo names."""

    process: str
    queue: str
    release: str
    """The robot that is started when the rows are there; "" where the platform starts it by itself."""
    content: tuple[tuple[str, str], ...]
    business_key: tuple[str, ...]
    without_unique_references: bool
    """The user has said that a queue which does not guard its references may be used all the same."""


def plan(process: Process, settings: Settings) -> Plan:
    """The process' robot recipe with the names of the settings laid over. `Refused` where it has no robot."""
    recipe = process.robot
    if recipe is None:
        raise Refused(say("Processen {process} har ingen robot.", process=process.title))
    platform = settings.robots.kind if settings.robots else "uipath"
    named: Mapping[str, str] = tables(process, settings).get("robot", {}).get(platform, {})
    return Plan(
        process=process.id,
        queue=named.get("queue", recipe.queue),
        release=named.get("release", recipe.release),
        content=recipe.content,
        business_key=recipe.business_key,
        without_unique_references=named.get("uden_unikke_referencer", "N") == "J",
    )


def reference(process: str, owner: str, row: int) -> str:
    """The reference of a row for life. `owner` is the batch, or the run that carries a single case."""
    made = f"KK-{process}-{owner}-{row}"
    if len(made) > LONGEST_REFERENCE - len("-v99") or not _ALLOWED.fullmatch(made):
        raise ValueError(f"not a reference every platform takes: {made}")
    return made


def prefix(row_reference: str) -> str:
    """What the references of all rows of the same batch begin with."""
    return row_reference.rsplit("-", 1)[0] + "-"


def wire(row_reference: str, tries: int) -> str:
    """The reference that try number `tries` (1-based) travels under."""
    return row_reference if tries <= 1 else f"{row_reference}-v{tries}"


def row_and_try(travelled: str) -> tuple[str, int]:
    """The row's reference and the number of the try, read off a reference that came back."""
    found = _TRY.search(travelled)
    return (travelled[: found.start()], int(found[1])) if found else (travelled, 1)


def content(named: Plan, values: Mapping[str, str]) -> dict[str, str]:
    """What the robot is told: the recipe's names with the row's stored values; empty ones are left out."""
    return {name: values[field] for name, field in named.content if values.get(field)}


def item(named: Plan, row_reference: str, tries: int, values: Mapping[str, str]) -> Item:
    """One try of a row, ready to hand over."""
    return Item(wire(row_reference, tries), content(named, values))


def business_key(named: Plan, values: Mapping[str, str]) -> tuple[str, ...]:
    """What would be done twice if two rows had it in common; () where the recipe names none."""
    return tuple(values.get(field, "") for field in named.business_key)
