"""KKorg, the organisation's master, behind one port. Read only: changes go out as proposals and tasks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

from kkassist.domain.unit import KkorgEngagement, KkorgUnit


class OrgMaster(Protocol):
    """What every adapter can do. Dates are half-open inside, whatever the wire says."""

    def units(self, today: date) -> Sequence[KkorgUnit]:
        """All units that exist today or later, with path, forvaltning and leader."""
        ...

    def engagements(self, today: date) -> Iterator[Sequence[KkorgEngagement]]:
        """Who works where, today or later, in pages."""
        ...


def placed_in_tree(units: Mapping[str, KkorgUnit]) -> list[KkorgUnit]:
    """The units (by kkorgnr) with `path` and `forvaltning` read off the tree, and leaders inherited from above.

    A unit without a leader of its own has its nearest ancestor's; a cycle in the tree ends the walk.
    """
    return [_placed(unit, units) for unit in units.values()]


def _placed(unit: KkorgUnit, units: Mapping[str, KkorgUnit]) -> KkorgUnit:
    ancestors = _ancestors(unit, units)
    names = tuple(one.name for one in reversed(ancestors))
    leader = next((one.leader_name for one in (unit, *ancestors) if one.leader_name), "")
    below_root = (*names, unit.name)
    return replace(
        unit,
        path=names,
        forvaltning=unit.forvaltning or (below_root[1] if len(below_root) > 1 else below_root[0]),
        leader_name=leader,
        leader_inherited=bool(leader) and not unit.leader_name,
    )


def _ancestors(unit: KkorgUnit, units: Mapping[str, KkorgUnit]) -> list[KkorgUnit]:
    found: list[KkorgUnit] = []
    seen = {unit.kkorgnr}
    parent = units.get(unit.parent_kkorgnr)
    while parent is not None and parent.kkorgnr not in seen:
        found.append(parent)
        seen.add(parent.kkorgnr)
        parent = units.get(parent.parent_kkorgnr)
    return found
