"""The Table API: lists with their paging headers, single records, creates, updates, deletes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from kkassist.practice.plumbing import Response
from kkassist.practice.servicenow.answers import empty, failure, forbidden, no_record, result
from kkassist.practice.servicenow.call import Call
from kkassist.practice.servicenow.query import Query, run
from kkassist.practice.servicenow.render import Look
from kkassist.practice.servicenow.rules import Refused
from kkassist.practice.servicenow.schema import TABLES
from kkassist.practice.servicenow.tables import Row, root

_WRONG_COUNTS = (37, -11, 250, -3)


def handle(call: Call, version: str, table: str, sys_id: str) -> Response:
    """Answer `/api/now[/v1|/v2]/table/{table}[/{sys_id}]`."""
    if table not in TABLES:
        return failure(400, f"Invalid table {table}")
    method = "GET" if call.request.method == "HEAD" else call.request.method
    if method == "GET" and not sys_id:
        return list_rows(call, version, table)
    if method == "POST" and not sys_id:
        return _create(call, table)
    act = {"GET": _one, "PUT": _update, "PATCH": _update, "DELETE": _delete}.get(method)
    return act(call, table, sys_id) if act and sys_id else failure(405, "Method not supported")


@dataclass(frozen=True, slots=True)
class _Page:
    """One page as it leaves: what is shown, and how many rows the query has before row rules."""

    rows: list[Row]
    total: int | None
    limit: int
    offset: int


def list_rows(call: Call, version: str, table: str) -> Response:
    """A list; the limit counts rows before the row rules hide some of them."""
    limit = _whole(call.params.get("sysparm_limit", ""), call.instance.properties.default_limit)
    offset = _whole(call.params.get("sysparm_offset", ""), 0)
    if limit is None or offset is None or offset < 0 or limit < 0:
        return failure(400, "Pagination not supported", "sysparm_limit and sysparm_offset must be 0 or more")
    page = _read_page(call, table, limit, offset)
    if not page.rows and version == "v1":
        return no_record()
    with call.instance.tables.lock:
        shown = call.renderer.rows(table, Look.of(call.params), page.rows)
    return result(shown, 200, _paging_headers(call, page))


def _read_page(call: Call, table: str, limit: int, offset: int) -> _Page:
    tables, access = call.instance.tables, call.instance.access
    counted = not call.says("sysparm_no_count")
    with tables.lock:
        if not access.table_is_open(call.session, table):
            return _Page([], 0 if counted else None, limit, offset)
        query = parse_query(call, table)
        found = run(tables, query, None if counted else offset + limit + 1)
        rows = [row for row in found[offset : offset + limit] if access.may_read(call.session, table, row)]
    total = len(found) if counted else None
    if total is not None and call.instance.faults.strikes("wrong_counts"):
        total = max(0, total + _WRONG_COUNTS[total % len(_WRONG_COUNTS)])
    return _Page(rows, total, limit, offset)


def parse_query(call: Call, table: str) -> Query:
    """`sysparm_query` and the `name=value` filters of the address."""
    filters = [(name, value) for name, value in call.params.items() if not name.startswith("sysparm_")]
    return call.reader.parse(table, call.params.get("sysparm_query", ""), filters)


def _paging_headers(call: Call, page: _Page) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    if page.total is not None:
        headers.append(("X-Total-Count", str(page.total)))
        if not call.says("sysparm_suppress_pagination_header"):
            headers.append(("Link", _link(call, page, page.total)))
    return headers


def _link(call: Call, page: _Page, total: int) -> str:
    """All relations in one header without blanks; `prev` is there even on the first page, below zero."""
    last = max(0, (total - 1) // page.limit * page.limit) if page.limit else 0
    targets = [("first", 0), ("prev", page.offset - page.limit)]
    if page.offset + page.limit < total:
        targets.append(("next", page.offset + page.limit))
    targets.append(("last", last))
    return ",".join(f'<{_address(call, offset)}>;rel="{relation}"' for relation, offset in targets)


def _address(call: Call, offset: int) -> str:
    params = {**call.params, "sysparm_offset": str(offset)}
    return f"{call.request.base_url}{call.request.path}?{urlencode(params, quote_via=quote)}"


def _one(call: Call, table: str, sys_id: str) -> Response:
    with call.instance.tables.lock:
        row = _visible(call, table, sys_id)
        if row is None:
            return no_record()
        return result(call.renderer.rows(table, Look.of(call.params), [row])[0])


def _create(call: Call, table: str) -> Response:
    body = _body(call)
    if body is None:
        return failure(400, "Exception while reading request", "The payload is not valid JSON")
    instance = call.instance
    if not instance.access.may_create(call.session, table):
        return forbidden("ACL Exception Insert Failed due to security constraints")
    with instance.tables.lock:
        row = instance.records.insert(
            call.session, table, body, display_input=call.says("sysparm_input_display_value")
        )
        location = f"{call.request.base_url}/api/now/table/{table}/{row['sys_id']}"
        shown = call.renderer.rows(table, Look.of(call.params), [row])[0]
    return _written(call, shown, 201, (("Location", location),))


def _update(call: Call, table: str, sys_id: str) -> Response:
    body = _body(call)
    if body is None:
        return failure(400, "Exception while reading request", "The payload is not valid JSON")
    instance = call.instance
    with instance.tables.lock:
        row = _visible(call, table, sys_id)
        if row is None:
            return no_record()
        if not instance.access.may_update(call.session, table):
            return forbidden()
        try:
            new = instance.records.update(
                call.session, table, row, body, display_input=call.says("sysparm_input_display_value")
            )
        except Refused as refused:
            return forbidden(refused.detail)
        shown = call.renderer.rows(table, Look.of(call.params), [new])[0]
    return _written(call, shown, 200, ())


def _delete(call: Call, table: str, sys_id: str) -> Response:
    with call.instance.tables.lock:
        row = _visible(call, table, sys_id)
        if row is None:
            return no_record()
        if not call.instance.access.may_delete(call.session, table, row):
            return forbidden("ACL Exception Delete Failed due to security constraints")
        call.instance.tables.remove(table, sys_id, by=call.session.user_name)
    return empty()


def _written(call: Call, shown: object, status: int, headers: tuple[tuple[str, str], ...]) -> Response:
    if call.request.headers.get("x-no-response-body", "").lower() == "true":
        return empty(status if status == 201 else 204, headers)
    return result(shown, status, headers)


def _visible(call: Call, table: str, sys_id: str) -> Row | None:
    instance = call.instance
    row = instance.tables.get(table, sys_id)
    if row is None or not instance.access.table_is_open(call.session, table):
        return None
    return row if instance.access.may_read(call.session, root(table), row) else None


def _body(call: Call) -> Mapping[str, object] | None:
    """The record of the body; of several only the first counts. None where it is not one."""
    try:
        body = json.loads(call.request.body or b"{}")
    except ValueError:
        return None
    if isinstance(body, dict) and isinstance(body.get("records"), list):
        body = body["records"]
    if isinstance(body, list):
        body = body[0] if body else {}
    return body if isinstance(body, dict) else None


def _whole(text: str, default: int) -> int | None:
    try:
        return int(text) if text else default
    except ValueError:
        return None
