"""Units: OPUS' own and KKorg's, and who works where according to KKorg."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import msgspec
from sqlalchemy import Table, text

from kkassist.domain.unit import KkorgEngagement, KkorgUnit, OpusUnit
from kkassist.store import facts, tables
from kkassist.store.codec import encode, must_instant, must_micros
from kkassist.store.sql import Tx, upsert

_opus_unit = msgspec.json.Decoder(OpusUnit).decode
_kkorg_unit = msgspec.json.Decoder(KkorgUnit).decode
_engagement = msgspec.json.Decoder(KkorgEngagement).decode
_OPUS_AS_OF = "opus:as_of"
_KKORG_AS_OF = "kkorg:as_of"
_Dated = TypeVar("_Dated", OpusUnit, KkorgUnit, KkorgEngagement)


def store_opus_units(tx: Tx, units: Sequence[OpusUnit], hashes: Mapping[str, bytes]) -> None:
    """Keep OPUS units with the hash of what they were read from."""
    rows = [(one.id, one.cost_center, hashes.get(one.id, b""), encode(one)) for one in units]
    upsert(tx, tables.opus_units, ("id", "cost_center", "hash", "body"), rows)


def opus_unit_hashes(tx: Tx) -> dict[str, bytes]:
    """OPUS unit id → hash."""
    return _hashes(tx, tables.opus_units, "id")


def remove_opus_units(tx: Tx, ids: Sequence[str]) -> None:
    """Forget OPUS units."""
    _remove(tx, tables.opus_units, "id", ids)


def opus_unit(tx: Tx, unit_id: str) -> OpusUnit | None:
    """One OPUS unit."""
    body = tx.execute(text("SELECT body FROM opus_units WHERE id = :id"), {"id": unit_id}).scalar()
    return None if body is None else _fresh(_opus_unit(body), _as_of(tx, _OPUS_AS_OF))


def opus_units(tx: Tx) -> list[OpusUnit]:
    """Every OPUS unit by id."""
    as_of = _as_of(tx, _OPUS_AS_OF)
    found = tx.execute(text("SELECT body FROM opus_units ORDER BY id")).scalars()
    return [_fresh(_opus_unit(body), as_of) for body in found]


def cost_centers_by_unit(tx: Tx) -> dict[str, str]:
    """OPUS unit id → cost center, of the units that have one."""
    found = tx.execute(text("SELECT id, cost_center FROM opus_units WHERE cost_center <> ''"))
    return {row.id: row.cost_center for row in found}


def cost_centers(tx: Tx) -> dict[str, OpusUnit]:
    """Cost center → a unit that has it, an open one before a closed one."""
    found: dict[str, OpusUnit] = {}
    for unit in opus_units(tx):
        if unit.cost_center and (unit.cost_center not in found or found[unit.cost_center].closed):
            found[unit.cost_center] = unit
    return found


def store_kkorg_units(tx: Tx, units: Sequence[KkorgUnit], hashes: Mapping[str, bytes]) -> None:
    """Keep KKorg units with their hash."""
    rows = [(one.kkorgnr, one.opus_unit_id, hashes.get(one.kkorgnr, b""), encode(one)) for one in units]
    upsert(tx, tables.kkorg_units, ("kkorgnr", "opus_unit_id", "hash", "body"), rows)


def store_kkorg_engagements(tx: Tx, engagements: Sequence[KkorgEngagement], hashes: Mapping[str, bytes]) -> None:
    """Keep KKorg engagements with their hash, one per tjenestenr."""
    rows = [(one.tjenestenr, one.kkorgnr, hashes.get(one.tjenestenr, b""), encode(one)) for one in engagements]
    upsert(tx, tables.kkorg_engagements, ("tjenestenr", "kkorgnr", "hash", "body"), rows)


def kkorg_hashes(tx: Tx) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """(kkorgnr → hash, tjenestenr → hash) of units and engagements."""
    return _hashes(tx, tables.kkorg_units, "kkorgnr"), _hashes(tx, tables.kkorg_engagements, "tjenestenr")


def remove_kkorg_units(tx: Tx, kkorgnrs: Sequence[str]) -> None:
    """Forget KKorg units."""
    _remove(tx, tables.kkorg_units, "kkorgnr", kkorgnrs)


def remove_kkorg_engagements(tx: Tx, tjenestenrs: Sequence[str]) -> None:
    """Forget KKorg engagements."""
    _remove(tx, tables.kkorg_engagements, "tjenestenr", tjenestenrs)


def confirm_kkorg(tx: Tx, at: datetime) -> None:
    """KKorg was compared whole at `at`: what did not change is as fresh as what did."""
    facts.put(tx, _KKORG_AS_OF, str(must_micros(at)))


def kkorg_unit(tx: Tx, kkorgnr: str) -> KkorgUnit | None:
    """One KKorg unit."""
    return _one_kkorg_unit(tx, "kkorgnr", kkorgnr)


def kkorg_unit_of_opus(tx: Tx, opus_unit_id: str) -> KkorgUnit | None:
    """The KKorg unit that stands for an OPUS unit."""
    return _one_kkorg_unit(tx, "opus_unit_id", opus_unit_id) if opus_unit_id else None


def kkorg_units(tx: Tx) -> list[KkorgUnit]:
    """Every KKorg unit by kkorgnr."""
    as_of = _as_of(tx, _KKORG_AS_OF)
    found = tx.execute(text("SELECT body FROM kkorg_units ORDER BY kkorgnr")).scalars()
    return [_fresh(_kkorg_unit(body), as_of) for body in found]


def engagement(tx: Tx, tjenestenr: str) -> KkorgEngagement | None:
    """Where KKorg says that an employment works."""
    body = tx.execute(
        text("SELECT body FROM kkorg_engagements WHERE tjenestenr = :id"), {"id": tjenestenr}
    ).scalar()
    return None if body is None else _fresh(_engagement(body), _as_of(tx, _KKORG_AS_OF))


def _one_kkorg_unit(tx: Tx, column: str, key: str) -> KkorgUnit | None:
    found = tx.execute(
        text(f"SELECT body FROM kkorg_units WHERE {column} = :key ORDER BY kkorgnr LIMIT 1"),  # noqa: S608
        {"key": key},
    ).scalar()
    return None if found is None else _fresh(_kkorg_unit(found), _as_of(tx, _KKORG_AS_OF))


def _hashes(tx: Tx, table: Table, key: str) -> dict[str, bytes]:
    return {row[0]: bytes(row[1]) for row in tx.execute(text(f"SELECT {key}, hash FROM {table.name}"))}  # noqa: S608


def _remove(tx: Tx, table: Table, key: str, values: Sequence[str]) -> None:
    if values:
        tx.execute(
            text(f"DELETE FROM {table.name} WHERE {key} = :key"),  # noqa: S608
            [{"key": value} for value in values],
        )


def _as_of(tx: Tx, name: str) -> datetime | None:
    stored = facts.get(tx, name)
    return must_instant(int(stored)) if stored else None


def _fresh(one: _Dated, as_of: datetime | None) -> _Dated:
    return replace(one, as_of=as_of) if as_of and as_of > one.as_of else one
