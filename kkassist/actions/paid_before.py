"""The guard against doing the same thing twice: a row whose business key is done or under way in another batch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kkassist.domain.batch import RowState
from kkassist.store import batches
from kkassist.store.engine import Tx
from kkassist.sync.handing_over import Plan, business_key

COUNTS = (RowState.QUEUED, RowState.RUNNING, RowState.DONE, RowState.UNKNOWN)
"""States in which the effect is made, or may be."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The row of another batch that already does the same."""

    batch: str
    row: int
    state: RowState


def paid_before(
    tx: Tx, plan: Plan, rows: Iterable[tuple[int, Mapping[str, str]]], *, but: str
) -> dict[int, Earlier]:
    """Row → the row of another batch than `but` with the same business key that is done or may be done."""
    wanted: dict[tuple[str, ...], list[int]] = {}
    for number, values in rows:
        key = business_key(plan, values)
        if all(key):
            wanted.setdefault(key, []).append(number)
    found: dict[int, Earlier] = {}
    if not wanted:
        return found
    for batch in batches.all(tx):
        if batch.process != plan.process or batch.id == but:
            continue
        for row in batches.rows(tx, batch.id, COUNTS):
            for number in wanted.get(business_key(plan, row.values), ()):
                found[number] = Earlier(batch.id, row.row, row.state)
    return found
