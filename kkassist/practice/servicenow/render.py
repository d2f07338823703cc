"""How a record looks in an answer: raw or display values, references with or without their link."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kkassist.practice.servicenow.access import Access
from kkassist.practice.servicenow.display import displayer
from kkassist.practice.servicenow.query import getter, last_table
from kkassist.practice.servicenow.schema import Field, fields_of
from kkassist.practice.servicenow.session import Session
from kkassist.practice.servicenow.tables import Row, Tables, has_field

Shown = str | dict[str, str]
Column = tuple[str, Callable[[Row], Shown]]
Truths = frozenset({"true", "1"})


@dataclass(frozen=True, slots=True)
class Look:
    """What an answer was asked to look like."""

    fields: tuple[str, ...]
    """Empty for all fields of the table."""
    display: str
    """`false`, `true` or `all`."""
    links: bool

    @classmethod
    def of(cls, params: Mapping[str, str]) -> "Look":
        """Read `sysparm_fields`, `sysparm_display_value` and `sysparm_exclude_reference_link`."""
        names = tuple(name.strip() for name in params.get("sysparm_fields", "").split(",") if name.strip())
        display = params.get("sysparm_display_value", "false").lower()
        links = params.get("sysparm_exclude_reference_link", "false").lower() not in Truths
        return cls(names, display if display in {"true", "all"} else "false", links)


class Renderer:
    """Makes the columns of one answer once, then runs them over its rows."""

    def __init__(self, tables: Tables, access: Access, session: Session, base_url: str) -> None:
        self._tables = tables
        self._access = access
        self._session = session
        self._base_url = base_url

    def rows(self, table: str, look: Look, rows: Sequence[Row]) -> list[dict[str, Shown]]:
        """The rows as the Table API gives them; fields the user may not see are absent."""
        columns = self._columns(table, look)
        return [{name: show(row) for name, show in columns} for row in rows]

    def _columns(self, table: str, look: Look) -> list[Column]:
        hidden = self._access.hidden_fields(self._session, table)
        names = look.fields or tuple(fields_of(table))
        return [
            (name, self._column(table, name, look))
            for name in dict.fromkeys(names)
            if name not in hidden and has_field(table, name)
        ]

    def _column(self, table: str, path: str, look: Look) -> Callable[[Row], Shown]:
        owner = last_table(table, path)
        field = fields_of(owner)[path.rpartition(".")[2]]
        if "." not in path:
            return self._plain_column(owner, field, look)
        show = self._plain_column(owner, field, look)
        reach = self._reach(table, path)

        def walked(row: Row) -> Shown:
            target = reach(row)
            if target is not None:
                return show(target)
            return {"display_value": "", "value": ""} if look.display == "all" else ""

        return walked

    def _reach(self, table: str, path: str) -> Callable[[Row], Row | None]:
        """From a row to the row that holds the last field of the path."""
        holder = path.rpartition(".")[0]
        target = fields_of(last_table(table, holder))[holder.rpartition(".")[2]].reference
        get = getter(self._tables, table, holder)
        return lambda row: self._tables.get(target, get(row))

    def _plain_column(self, table: str, field: Field, look: Look) -> Callable[[Row], Shown]:
        name = field.name
        if look.display == "false":
            return self._raw_column(field, look)
        show = displayer(self._tables, self._session, table, field)
        if field.type == "reference":
            return self._reference_column(field, show, look)
        if field.type == "boolean":
            return _boolean_column(name, look.display)
        if look.display == "true":
            return show
        if field.type == "journal":
            return lambda row: {"display_value": show(row), "value": ""}
        return lambda row: {"display_value": show(row), "value": row.get(name, "")}

    def _raw_column(self, field: Field, look: Look) -> Callable[[Row], Shown]:
        name = field.name
        if field.type == "journal":
            return lambda _: ""
        if field.type == "boolean":
            return lambda row: row.get(name, "false")
        if field.type != "reference" or not look.links:
            return lambda row: row.get(name, "")
        base = self._link_base(field)

        def linked(row: Row) -> Shown:
            value = row.get(name, "")
            return {"link": base + value, "value": value} if value else ""

        return linked

    def _reference_column(self, field: Field, show: Callable[[Row], str], look: Look) -> Callable[[Row], Shown]:
        name, base = field.name, self._link_base(field)
        if look.display == "true":
            if not look.links:
                return show
            return lambda row: {"display_value": show(row), "link": base + row[name]} if name in row else ""

        def both(row: Row) -> Shown:
            value = row.get(name, "")
            shown = {"display_value": show(row), "value": value}
            return shown | {"link": base + value} if value and look.links else shown

        return both

    def _link_base(self, field: Field) -> str:
        return f"{self._base_url}/api/now/table/{field.reference}/"


def _boolean_column(name: str, display: str) -> Callable[[Row], Shown]:
    if display == "true":
        return lambda row: row.get(name, "false")
    return lambda row: {"display_value": row.get(name, "false"), "value": row.get(name, "false")}
