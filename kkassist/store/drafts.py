"""What the user typed and has not sent, the steps she ticked and the employment she chose, case by case."""

from collections.abc import Iterable

from sqlalchemy import text

from kkassist.store import tables
from kkassist.store.sql import Tx, upsert
from kkassist.store.tables import chosen_employments, drafts


def save(tx: Tx, case_id: str, field: str, value: str) -> None:
    """Keep a text as it stands in its editor."""
    upsert(tx, drafts, ("case_id", "field", "value"), [(case_id, field, value)])


def load(tx: Tx, case_id: str) -> dict[str, str]:
    """The drafts of a case by field."""
    found = tx.execute(text("SELECT field, value FROM drafts WHERE case_id = :id"), {"id": case_id})
    return {row.field: row.value for row in found}


def clear(tx: Tx, case_id: str, fields: Iterable[str]) -> None:
    """Forget the drafts of these fields."""
    for field in fields:
        tx.execute(
            text("DELETE FROM drafts WHERE case_id = :id AND field = :field"), {"id": case_id, "field": field}
        )


def cases_with_drafts(tx: Tx) -> list[str]:
    """sys_ids of the cases that have a draft."""
    return list(tx.execute(text("SELECT DISTINCT case_id FROM drafts ORDER BY case_id")).scalars())


def tick(tx: Tx, case_id: str, step: str, done: bool, user: str) -> None:
    """Tick a step of the checklist, or take the tick back."""
    if done:
        upsert(tx, tables.ticks, ("case_id", "step", "user_name"), [(case_id, step, user)])
    else:
        tx.execute(text("DELETE FROM ticks WHERE case_id = :id AND step = :step"), {"id": case_id, "step": step})


def ticks(tx: Tx, case_id: str) -> dict[str, str]:
    """Step id → who ticked it."""
    found = tx.execute(text("SELECT step, user_name FROM ticks WHERE case_id = :id"), {"id": case_id})
    return {row.step: row.user_name for row in found}


def choose_employment(tx: Tx, case_id: str, tjenestenr: str) -> None:
    """Remember which of the person's employments the case is about."""
    upsert(tx, chosen_employments, ("case_id", "tjenestenr"), [(case_id, tjenestenr)])


def chosen_employment(tx: Tx, case_id: str) -> str:
    """The chosen tjenestenr., or ""."""
    found = tx.execute(text("SELECT tjenestenr FROM chosen_employments WHERE case_id = :id"), {"id": case_id})
    return found.scalar() or ""
