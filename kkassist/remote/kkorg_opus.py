"""KKorg where there is no organisation service: OPUS' own units, joined with a mapping the municipality keeps.

The mapping is a CSV file `kkorgnr;opus_orgunit;navn;forvaltning`. Units it does not name keep their OPUS id.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from kkassist.domain.errors import Misused
from kkassist.domain.language import say
from kkassist.domain.person import Employment
from kkassist.domain.unit import KkorgEngagement, KkorgUnit, OpusUnit
from kkassist.remote.kkorg import placed_in_tree

_HEADERS = ("kkorgnr", "opus_orgunit", "navn", "forvaltning")


@dataclass(frozen=True, slots=True)
class Mapped:
    """One line of the mapping."""

    kkorgnr: str
    opus_unit_id: str
    name: str
    forvaltning: str


def read_mapping(path: Path) -> dict[str, Mapped]:
    """OPUS unit id → line of the mapping. Raises `Misused` with the line that does not fit."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, delimiter=";"))
    except (OSError, UnicodeDecodeError) as error:
        sentence = say(
            "Oversættelsen mellem KKorg og OPUS kan ikke læses. Kontrollér kkorg.mapping i indstillingerne."
        )
        raise Misused(sentence, log_detail=repr(error)) from error
    if not rows or tuple(cell.strip().lower() for cell in rows[0]) != _HEADERS:
        raise Misused(say("Første linje i oversættelsen skal være: {headers}.", headers=";".join(_HEADERS)))
    mapping: dict[str, Mapped] = {}
    for line, row in enumerate(rows[1:], start=2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) != len(_HEADERS) or not cells[0].isdigit() or not cells[1]:
            raise Misused(
                say("Oversættelsen, linje {line}: der skal stå {headers}.", line=line, headers=";".join(_HEADERS))
            )
        if cells[1] in mapping:
            raise Misused(say("Oversættelsen, linje {line}: OPUS-enheden står der to gange.", line=line))
        mapping[cells[1]] = Mapped(*cells)
    return mapping


class OpusOrganisation:
    """An `OrgMaster` made of the last OPUS extract and the mapping."""

    def __init__(
        self, units: Sequence[OpusUnit], employments: Sequence[Employment], mapping: Mapping[str, Mapped]
    ) -> None:
        self._opus = {unit.id: unit for unit in units}
        self._employments = employments
        self._mapping = mapping

    def units(self, today: date) -> Sequence[KkorgUnit]:
        """See `OrgMaster`; of several managers in a unit the lowest `superiorLevel` leads."""
        leaders = self._leaders(today)
        units = [self._unit(unit, leaders.get(unit.id, "")) for unit in self._opus.values() if not unit.closed]
        return placed_in_tree({unit.kkorgnr: unit for unit in units})

    def engagements(self, today: date) -> Iterator[Sequence[KkorgEngagement]]:
        """See `OrgMaster`. OPUS' last day is inclusive, ours is not."""
        lasting = [one for one in self._employments if not one.ended and (one.leave_date or today) >= today]
        yield [self._engagement(one) for one in lasting]

    def _leaders(self, today: date) -> dict[str, str]:
        managers = [one for one in self._employments if one.is_manager and one.active_on(today)]
        managers.sort(key=lambda one: (one.superior_level, one.tjenestenr), reverse=True)
        return {one.unit_id: one.name for one in managers}

    def _key(self, opus_unit_id: str) -> str:
        mapped = self._mapping.get(opus_unit_id)
        return mapped.kkorgnr if mapped else opus_unit_id

    def _unit(self, unit: OpusUnit, leader: str) -> KkorgUnit:
        mapped = self._mapping.get(unit.id)
        return KkorgUnit(
            kkorgnr=self._key(unit.id),
            uuid="",
            name=(mapped.name if mapped else "") or unit.name,
            parent_kkorgnr=self._key(unit.parent_id) if unit.parent_id else "",
            path=(),
            forvaltning=mapped.forvaltning if mapped else "",
            leader_name=leader,
            leader_inherited=False,
            start=unit.start,
            end=None if unit.end is None else unit.end + timedelta(days=1),
            opus_unit_id=unit.id,
            as_of=unit.as_of,
        )

    def _engagement(self, one: Employment) -> KkorgEngagement:
        unit = self._opus.get(one.unit_id)
        return KkorgEngagement(
            tjenestenr=one.tjenestenr,
            person_name=one.name,
            cpr=one.cpr,
            kkorgnr=self._key(one.unit_id),
            unit_name=unit.name if unit else "",
            job_function=one.position,
            start=one.entry_date,
            end=None if one.leave_date is None else one.leave_date + timedelta(days=1),
            as_of=one.as_of,
        )
