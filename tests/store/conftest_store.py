"""Nouns with only the parts a test is about."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from kkassist.domain.batch import Batch, BatchRow, BatchState, RowState
from kkassist.domain.case import ServerRow
from kkassist.domain.colleague import Me
from kkassist.store.engine import Workspace

KEY = "5e" * 32
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday, ten o'clock in Copenhagen
ANNA = Me("u-anna", "anna.holm", frozenset({"g-pay"}))


def empty(opened: Workspace) -> None:
    """Clear a server's tables."""
    from sqlalchemy import text

    from kkassist.store.tables import metadata

    with opened.write() as tx:
        for table in metadata.sorted_tables:
            if table.name != "alembic_version":
                tx.execute(text(f'TRUNCATE "{table.name}" RESTART IDENTITY'))


def raw(moment: datetime) -> str:
    """An instant as ServiceNow writes it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def case(
    sys_id: str, *, at: datetime = NOW, count: int = 1, by: str = "system", labels=None, **fields: str
) -> ServerRow:
    """A record of the HR table; `fields` are raw values."""
    given = {
        "number": f"HRC{abs(hash(sys_id)) % 10**7:07}",
        "short_description": "Fratrædelse",
        "state": "18",
        "active": "true",
        "assigned_to": "",
        "assignment_group": "g-pay",
        "sys_updated_on": raw(at),
        "sys_mod_count": str(count),
        "sys_updated_by": by,
    }
    return ServerRow(sys_id, "sn_hr_le_case", {**given, **fields}, {"state": "I gang", **(labels or {})})


def batch(rows: int, **changes) -> tuple[Batch, list[BatchRow]]:
    """A checked file of `rows` rows, beginning in Excel's row 2, made by anna.holm."""
    made = Batch(
        id="b1", process="resultatloen", file_name="maj.xlsx", state=BatchState.CHECKED, content_hash="", rows=rows,
        total=Decimal("100.50"), made_by="anna.holm", made_at=NOW, submitted_at=None, decided_by="", decided_at=None,
        decided_hash="", reason="", counts={}, errors=0, warnings=0,
    )  # fmt: skip
    lines = [
        BatchRow(
            "b1", 2 + one, f"ref-{one}", {"beloeb": f"{one}.00"}, RowState.CHECKED, "", 0, "", "", "", None, None
        )
        for one in range(rows)
    ]
    return made, lines


def later(**more: float) -> datetime:
    return NOW + timedelta(**more)
