"""The Aggregate API. It counts what the query matches, whether or not the user may see the rows."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from kkassist.practice.plumbing import Response
from kkassist.practice.servicenow.answers import failure, result
from kkassist.practice.servicenow.call import Call
from kkassist.practice.servicenow.query import getter, run
from kkassist.practice.servicenow.render import Look
from kkassist.practice.servicenow.schema import TABLES
from kkassist.practice.servicenow.table_api import parse_query
from kkassist.practice.servicenow.tables import Row, has_field

_FUNCTIONS = ("avg", "min", "max", "sum")


def handle(call: Call, table: str) -> Response:
    """Answer `/api/now/stats/{table}`; every number is a string."""
    if table not in TABLES:
        return failure(400, f"Invalid table {table}")
    instance = call.instance
    with instance.tables.lock:
        rows = (
            run(instance.tables, parse_query(call, table))
            if instance.access.table_is_open(call.session, table)
            else []
        )
        names = [name for name in _names(call, "sysparm_group_by") if has_field(table, name)]
        if not names:
            return result({"stats": _stats(call, table, rows)})
        return result(_grouped(call, table, rows, names))


def _grouped(call: Call, table: str, rows: Sequence[Row], names: Sequence[str]) -> list[dict[str, object]]:
    getters = [getter(call.instance.tables, table, name) for name in names]
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(get(row) for get in getters)].append(row)
    look = Look(tuple(names), call.params.get("sysparm_display_value", "false"), links=False)
    answer: list[dict[str, object]] = []
    for key in sorted(groups):
        shown = call.renderer.rows(table, look, groups[key][:1])[0]
        fields = [{"field": name, "value": shown.get(name, "")} for name in names]
        answer.append({"groupby_fields": fields, "stats": _stats(call, table, groups[key])})
    return answer


def _stats(call: Call, table: str, rows: Sequence[Row]) -> dict[str, object]:
    stats: dict[str, object] = {}
    if call.says("sysparm_count"):
        stats["count"] = str(len(rows))
    for function in _FUNCTIONS:
        names = [name for name in _names(call, f"sysparm_{function}_fields") if has_field(table, name)]
        if names:
            stats[function] = {name: _figure(call, table, rows, function, name) for name in names}
    return stats


def _figure(call: Call, table: str, rows: Sequence[Row], function: str, name: str) -> str:
    get = getter(call.instance.tables, table, name)
    values = [value for row in rows if (value := get(row))]
    if not values:
        return ""
    try:
        numbers = [Decimal(value) for value in values]
    except InvalidOperation:
        return {"min": min, "max": max}.get(function, lambda _: "")(values)
    total = sum(numbers, Decimal(0))
    match function:
        case "min":
            return str(min(numbers))
        case "max":
            return str(max(numbers))
        case "sum":
            return str(total)
        case _:
            return str((total / len(numbers)).quantize(Decimal("0.0001")))


def _names(call: Call, parameter: str) -> list[str]:
    return [name.strip() for name in call.params.get(parameter, "").split(",") if name.strip()]
