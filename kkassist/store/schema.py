"""Which schema this program speaks, and making it in an empty database."""

from sqlalchemy import Connection, text

from kkassist.store.tables import APPEND_ONLY, metadata

HEAD = "0001"
KNOWN = ("0001",)
"""Every schema there has been, oldest first; an unknown one was made by a newer program."""


def create(connection: Connection) -> None:
    """Make every table, index and trigger in an empty database, and write down the schema's number."""
    metadata.create_all(connection)
    if connection.dialect.name == "sqlite":
        _sqlite_extras(connection)
    else:
        _postgresql_extras(connection)
    connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:head)"), {"head": HEAD})


def _sqlite_extras(connection: Connection) -> None:
    for kind in ("case", "person"):
        connection.exec_driver_sql(
            f"CREATE VIRTUAL TABLE {kind}_words USING fts5(words, content='', contentless_delete=1, "
            "prefix='1 2 3', tokenize='unicode61 remove_diacritics 0', detail=none)"
        )
        connection.exec_driver_sql(
            f"CREATE VIRTUAL TABLE {kind}_parts USING fts5(parts, content='', contentless_delete=1, "
            "tokenize='ascii', detail=none)"
        )
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table.name}_no_{act.lower()} BEFORE {act} ON {table.name} "
                "BEGIN SELECT RAISE(ABORT, 'append only'); END"
            )


def _postgresql_extras(connection: Connection) -> None:
    connection.exec_driver_sql(
        "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'append only'; END $$"
    )
    for table in APPEND_ONLY:
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table.name}_append_only BEFORE UPDATE OR DELETE ON {table.name} "
            "FOR EACH ROW EXECUTE FUNCTION append_only()"
        )
