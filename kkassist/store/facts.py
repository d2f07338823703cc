"""Small named values: cursors, who the user is, the last sync of each source, tokens (`token:servicenow:anna.holm`)."""

from sqlalchemy import text

from kkassist.store.sql import Tx


def get(tx: Tx, name: str) -> str | None:
    """The value, or None."""
    return tx.execute(text("SELECT value FROM facts WHERE name = :name"), {"name": name}).scalar()


def put(tx: Tx, name: str, value: str) -> None:
    """Keep a value; an earlier one of the same name is replaced."""
    tx.execute(
        text(
            "INSERT INTO facts (name, value) VALUES (:name, :value) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        {"name": name, "value": value},
    )


def forget(tx: Tx, name: str) -> None:
    """Remove a value; nothing happens when it is not there."""
    tx.execute(text("DELETE FROM facts WHERE name = :name"), {"name": name})


def starting_with(tx: Tx, prefix: str) -> dict[str, str]:
    """All values whose name starts so, by name."""
    found = tx.execute(
        text("SELECT name, value FROM facts WHERE name >= :low AND name < :high ORDER BY name"),
        {"low": prefix, "high": prefix + "\U0010ffff"},
    )
    return {row.name: row.value for row in found}
