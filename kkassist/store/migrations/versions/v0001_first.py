"""The first schema. `kkassist.store.schema.create` makes it, so there is nothing to do: later steps begin here."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing: no workspace is older."""
