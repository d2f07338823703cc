"""A ServiceNow that somebody else wrote, from the public description alone, with the freedom that it leaves.

Nothing here is shared with kkassist or its practice city. `Manners` are the choices a stranger may make.
"""

import base64
import gzip
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

Row = dict[str, str]
PASSWORD, SECRET, KEY = "hemmelig-æ", "fremmed-klient", "noegle-123"
JOURNAL_WORDS = {"work_notes": "Work notes", "comments": "Additional comments"}


@dataclass
class Manners:
    """What the description leaves open, and what an administrator may have set."""

    prefix: str = ""
    auth: str = "password"  # password | client_credentials | basic | api-key
    life: object = "1799"
    same_token: bool = True
    count: str = "right"  # right | absent | page | zero
    link: str = "plain"  # plain | absent | always | quoted_negative
    chunked: bool = False
    numbers: bool = False
    links: bool = False  # links stay although they were excluded
    extra: bool = False
    javascript: bool = False
    strict_case: bool = True
    closed: set[str] = field(default_factory=set)  # 403
    empty: set[str] = field(default_factory=set)  # 200 and nothing
    missing: set[str] = field(default_factory=set)  # 400 Invalid table
    unknown_fields: dict[str, set[str]] = field(default_factory=dict)  # query parts that are dropped
    hidden: dict[str, set[str]] = field(default_factory=dict)  # field ACLs
    invisible: Callable[[str, Row], bool] = lambda table, row: False  # row ACLs, after the limit
    read_only: set[str] = field(default_factory=set)
    one_by_one: set[str] = field(default_factory=set)  # tables that answer to sys_id alone
    max_rows: int = 100_000  # a longer page is cancelled
    cancelled: str = "Transaction cancelled: maximum execution time exceeded"
    max_url: int = 2_048
    first_byte_s: float = 0
    hashes: bool = True
    rule: Callable[[Row], None] | None = None
    author: str = ""


class Instance:
    """One running instance. Times are its own clock's; every write moves it."""

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.tables: dict[str, dict[str, Row]] = {}
        self.parents: dict[str, str] = {}
        self.references: dict[str, str] = {
            "assigned_to": "sys_user", "assignment_group": "sys_user_group", "user": "sys_user",
            "group": "sys_user_group", "task": "task", "sla": "contract_sla", "parent": "task", "opened_by": "sys_user",
        }  # fmt: skip
        self.labels: dict[tuple[str, str], str] = {}
        self.blobs: dict[str, bytes] = {}
        self.clock = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        self.tokens: set[str] = set()
        self.refreshes: list[str] = []
        self.log: list[tuple[str, str]] = []
        self.faults: list[tuple[str, Callable[[_Handler], bool]]] = []
        self.bugs: list[str] = []
        self.number = 0
        self.lock = threading.RLock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"instance": self}))
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{self.manners.prefix}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def now(self) -> str:
        return f"{self.clock:%Y-%m-%d %H:%M:%S}"

    def add(self, table: str, **fields: str) -> str:
        """A row with the system's fields, at the instance's time unless it says otherwise; its sys_id."""
        self.number += 1
        sys_id = fields.pop("sys_id", hashlib.md5(f"{table}{self.number}".encode()).hexdigest())
        stamp = fields.pop("at", self.now())
        row = {
            "sys_id": sys_id, "sys_created_on": stamp, "sys_updated_on": stamp, "sys_mod_count": "0",
            "sys_created_by": "system", "sys_updated_by": "system", **fields,
        }  # fmt: skip
        if table in self.parents or table == "task":
            row.setdefault("sys_class_name", table)
        self.tables.setdefault(table, {})[sys_id] = row
        return sys_id

    def next(self, pattern: str, fault: Callable[["_Handler"], bool]) -> None:
        """Let a fault meet the next request ("METHOD path?query") that fits; it returns True when it answered."""
        self.faults.append((pattern, fault))

    def rows(self, table: str) -> dict[str, Row]:
        found = dict(self.tables.get(table, {}))
        for child, parent in self.parents.items():
            if parent == table:
                found.update(self.rows(child))
        return found

    def lineage(self, table: str) -> list[str]:
        return [table, *(self.lineage(self.parents[table]) if table in self.parents else [])]

    def home(self, table: str, sys_id: str) -> str:
        return next(
            (one for one in self.tables if sys_id in self.tables[one] and table in self.lineage(one)), table
        )

    def asked(self, pattern: str) -> list[str]:
        return [path for method, path in self.log if re.search(pattern, f"{method} {path}")]

    # --- queries -----------------------------------------------------------------------------------------------

    def find(self, table: str, query: str) -> list[Row]:
        parts = [part.replace("\0", "^") for part in query.replace("^^", "\0").split("^") if part]
        groups: list[list[tuple[str, str, str]]] = []
        orders: list[tuple[str, bool]] = []
        rows = list(self.rows(table).values())
        known = {name for row in rows for name in row} | {"sys_id"}
        known -= self.manners.unknown_fields.get(table, set())
        dropped = False
        for part in parts:
            if part.startswith("ORDERBY"):
                orders.append((part.removeprefix("ORDERBY").removeprefix("DESC"), part.startswith("ORDERBYDESC")))
                continue
            joined = part.startswith("OR") and not part.startswith("ORDERBY")
            told = re.match(r"(?:OR)?([a-z_0-9.]+)(>=|<=|!=|=|>|<|IN|LIKE)(.*)", part, re.S)
            if told is None or told[1].split(".")[0] not in known:
                dropped = not joined  # an invalid part falls out and the rest runs
                continue
            field_name, operator, value = told.groups()
            if value.startswith("javascript:"):
                if not self.manners.javascript:
                    continue
                value = self.anna
            if joined and groups and not dropped:
                groups[-1].append((field_name, operator, value))
            else:
                groups.append([(field_name, operator, value)])
            dropped = False
        found = [row for row in rows if all(any(self._holds(row, *one) for one in group) for group in groups)]
        for field_name, backwards in reversed(orders):
            found.sort(key=lambda row: self.value(row, field_name), reverse=backwards)
        if not orders:
            found.sort(key=lambda row: hashlib.md5(row["sys_id"].encode()).digest())
        return found

    def value(self, row: Row, path: str) -> str:
        first, _, rest = path.partition(".")
        value = row.get(first, "")
        if not rest:
            return value
        other = self.rows(self.references.get(first, "")).get(value)
        return self.value(other, rest) if other else ""

    def _holds(self, row: Row, path: str, operator: str, wanted: str) -> bool:
        value = self.value(row, path)
        if not self.manners.strict_case:
            value, wanted = value.lower(), wanted.lower()
        match operator:
            case "=":
                return value == wanted
            case "!=":
                return value != wanted
            case ">=":
                return value != "" and value >= wanted
            case "<=":
                return value != "" and value <= wanted
            case ">":
                return value > wanted
            case "<":
                return value != "" and value < wanted
            case "IN":
                return value in wanted.split(",")
            case _:
                return wanted.lower() in value.lower()

    # --- writes ------------------------------------------------------------------------------------------------

    def change(self, table: str, sys_id: str, fields: dict[str, str], by: str) -> Row:
        row = self.rows(table)[sys_id]
        self.clock += timedelta(seconds=1)
        changed = False
        for name, value in fields.items():
            if name in JOURNAL_WORDS:
                if value:
                    self.add("sys_journal_field", element_id=sys_id, element=name, value=value, name=table,
                             sys_created_by=self.manners.author or by)  # fmt: skip
                    changed = True
            elif not name.startswith("sys_") and name in row and name not in self.manners.read_only:
                changed |= row[name] != value
                row[name] = value
        if changed:
            row["sys_mod_count"] = str(int(row["sys_mod_count"]) + 1)
            row["sys_updated_on"], row["sys_updated_by"] = self.now(), self.manners.author or by
            if self.manners.rule is not None:
                self.manners.rule(row)
        return row

    @property
    def anna(self) -> str:
        return next(row["sys_id"] for row in self.rows("sys_user").values() if row["user_name"] == "anna.holm")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    instance: Instance

    def log_message(self, format: str, *args: object) -> None:
        return

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        with self.instance.lock:
            try:
                self._route()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            except Exception as bug:
                self.instance.bugs.append(repr(bug))
                raise

    def _route(self) -> None:
        instance, manners = self.instance, self.instance.manners
        split = urlsplit(self.path)
        self.query = dict(parse_qsl(split.query, keep_blank_values=True))
        instance.log.append((self.command, unquote(self.path)))
        if manners.first_byte_s:
            time.sleep(manners.first_byte_s)
        if len(instance.url) - len(manners.prefix) + len(self.path) > manners.max_url:
            return self.refuse(414, "URI Too Long")
        for at, (pattern, fault) in enumerate(instance.faults):
            if re.search(pattern, f"{self.command} {unquote(self.path)}"):
                del instance.faults[at]
                if fault(self):
                    return None
                break
        if not split.path.startswith(manners.prefix):
            return self.refuse(404, "Not here")
        path = split.path.removeprefix(manners.prefix)
        if path == "/oauth_token.do":
            return self._token()
        user = self._who()
        if not user:
            return self.send(
                401, {"error": {"message": "User Not Authenticated", "detail": "Required to provide Auth information"},
                      "status": "failure"}, {"WWW-Authenticate": 'BASIC realm="Service-now"'}
            )  # fmt: skip
        if found := re.fullmatch(r"/api/now(?:/v\d)?/table/([a-z_0-9]+)(?:/([^/]+))?", path):
            return self._table(found[1], found[2] or "", user)
        if found := re.fullmatch(r"/api/now(?:/v\d)?/attachment(?:/([^/]+))?(?:/(file))?", path):
            return self._attachment(found[1] or "", found[2] or "", user)
        return self.refuse(404, "Requested URI does not represent any resource")

    # --- who ---------------------------------------------------------------------------------------------------

    def _token(self) -> None:
        instance, manners = self.instance, self.instance.manners
        form = {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
        if "form-urlencoded" not in self.headers.get("Content-Type", ""):
            return self.send(415, {"error": "invalid_request"})
        grants = {
            "password": form.get("username") == "anna.holm" and form.get("password") == PASSWORD,
            "client_credentials": manners.auth == "client_credentials",
            "refresh_token": form.get("refresh_token") == "frisk",
        }
        if form.get("client_secret") != SECRET or not grants.get(form.get("grant_type", "")):
            return self.send(401, {"error": "server_error", "error_description": "access_denied"})
        if form["grant_type"] == "refresh_token":
            instance.refreshes.append("asked")
        if not (manners.same_token and instance.tokens and form["grant_type"] == "refresh_token"):
            instance.tokens.add(f"token-{len(instance.log)}")
        token = max(instance.tokens, key=lambda one: int(one.split("-")[1]))
        answer = {"access_token": token, "refresh_token": "frisk", "scope": "useraccount", "token_type": "Bearer",
                  "expires_in": manners.life}  # fmt: skip
        return self.send(200, answer)

    def _who(self) -> str:
        manners, given = self.instance.manners, self.headers.get("Authorization", "")
        if manners.auth == "api-key":
            return "anna.holm" if self.headers.get("x-sn-apikey") == KEY else ""
        if manners.auth == "basic":
            right = base64.b64encode(f"anna.holm:{PASSWORD}".encode()).decode()
            return "anna.holm" if given == f"Basic {right}" else ""
        return "anna.holm" if given.removeprefix("Bearer ") in self.instance.tokens else ""

    # --- tables ------------------------------------------------------------------------------------------------

    def _table(self, table: str, sys_id: str, user: str) -> None:
        instance, manners = self.instance, self.instance.manners
        if table in manners.missing:
            return self.refuse(400, f"Invalid table {table}")
        if table in manners.closed:
            return self.refuse(403, "User Not Authorized", "Failed API level ACL Validation")
        if "application/json" not in self.headers.get("Accept", ""):
            return self.refuse(406, "Not acceptable")
        if self.command == "GET":
            return self._one(table, sys_id) if sys_id else self._list(table)
        if "application/json" not in self.headers.get("Content-Type", ""):
            return self.refuse(415, "Unsupported media type")
        fields = {name: str(value) for name, value in json.loads(self.body).items()}
        if self.command == "POST":
            made = instance.add(table, **{"correlation_id": "", **fields}, sys_created_by=user)
            return self.send(201, {"result": self.shown(table, instance.rows(table)[made])})
        row = instance.rows(table).get(sys_id)
        if row is None or manners.invisible(table, row):
            return self.refuse(
                404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval"
            )
        instance.change(table, sys_id, fields, user)
        return self.send(200, {"result": self.shown(table, row)})

    def _one(self, table: str, sys_id: str) -> None:
        row = self.instance.rows(table).get(sys_id)
        if row is None or self.instance.manners.invisible(table, row):
            return self.refuse(
                404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval"
            )
        return self.send(200, {"result": self.shown(table, row)})

    def _list(self, table: str) -> None:
        instance, manners = self.instance, self.instance.manners
        query = self.query.get("sysparm_query", "")
        found = [] if table in manners.empty else instance.find(table, query)
        if table in manners.one_by_one and not re.search(r"(^|\^)sys_id(=|IN)", query):
            found = []
        default = 1000 if table == "sys_attachment" else 10_000
        limit, offset = int(self.query.get("sysparm_limit", default)), int(self.query.get("sysparm_offset", 0))
        if offset < 0:
            return self.refuse(400, "Offset must not be negative")
        window = found[offset : offset + limit]
        visible = [row for row in window if not manners.invisible(table, row)]
        headers = {}
        match manners.count:
            case "right":
                headers["X-Total-Count"] = str(len(found))
            case "page":
                headers["X-Total-Count"] = str(len(visible))
            case "zero":
                headers["X-Total-Count"] = "0"
        headers["Link"] = self._link(offset, limit, len(found))
        if not headers["Link"]:
            del headers["Link"]
        shown = [self.shown(table, row) for row in visible]
        if len(window) > manners.max_rows:
            error = {"message": manners.cancelled, "detail": "Check logs"}
            return self.send(
                200, {"result": shown[: manners.max_rows], "error": error, "status": "failure"}, headers
            )
        return self.send(200, {"result": shown}, headers)

    def _link(self, offset: int, limit: int, total: int) -> str:
        base = f"{self.instance.url}{urlsplit(self.path).path}?sysparm_limit={limit}&sysparm_offset="
        following = [f'<{base}{offset + limit}>;rel="next"'] if offset + limit < total else []
        match self.instance.manners.link:
            case "absent":
                return ""
            case "always":
                following = [f'<{base}{offset + limit}>;rel="next"']
        last = f'<{base}{max(0, total - limit)}>;rel="last"'
        return ",".join([f'<{base}0>;rel="first"', f'<{base}{offset - limit}>;rel="prev"', *following, last])

    # --- shapes ------------------------------------------------------------------------------------------------

    def shown(self, table: str, row: Row) -> dict[str, object]:
        instance, manners = self.instance, self.instance.manners
        home = instance.home(table, row["sys_id"])
        told = {**row, **({} if home not in instance.parents else dict.fromkeys(JOURNAL_WORDS, ""))}
        if manners.extra:
            told |= {"u_ekstra_felt": "ja", "sys_tags": "", "sys_domain": "global", "upon_reject": "cancel"}
        wanted = [name for name in self.query.get("sysparm_fields", "").split(",") if name]
        own = table if table in instance.tables or table in instance.parents else home
        hidden = manners.hidden.get(own, set()) | manners.hidden.get(home, set())
        names = [
            name for name in (wanted or sorted(told, reverse=True))
            if name.split(".")[0] in told and name.split(".")[0] not in hidden
        ]  # fmt: skip
        return {name: self._shape(home, row["sys_id"], name, instance.value(told, name)) for name in names}

    def _shape(self, table: str, sys_id: str, name: str, value: str) -> object:
        instance, manners = self.instance, self.instance.manners
        mode = self.query.get("sysparm_display_value", "false")
        with_link = self.query.get("sysparm_exclude_reference_link") != "true" or manners.links
        target = instance.references.get(name)
        text = self._text(table, sys_id, name, value)
        link = {"link": f"{instance.url}/api/now/table/{target}/{value}"} if target and value and with_link else {}
        if mode == "all":
            return {"display_value": text, "value": self._plain(value), **link}
        if mode == "true":
            return {"display_value": text, **link} if link else text
        return {**link, "value": value} if link else self._plain(value)

    def _plain(self, value: str) -> object:
        return int(value) if self.instance.manners.numbers and re.fullmatch(r"\d{1,6}", value) else value

    def _text(self, table: str, sys_id: str, name: str, value: str) -> str:
        """Display texts of a user in New York who reads English."""
        instance = self.instance
        if name in JOURNAL_WORDS:
            entries = [
                row for row in instance.rows("sys_journal_field").values()
                if row["element_id"] == sys_id and row["element"] == name
            ]  # fmt: skip
            return "".join(
                f"11/23/2026 04:00:00 AM - Anna Holm ({JOURNAL_WORDS[name]})\n{row['value']}\n\n"
                for row in reversed(entries)
            )
        if name in instance.references and value:
            other = instance.rows(instance.references[name]).get(value, {})
            return other.get("name") or other.get("number") or other.get("short_description", "")
        if name == "sys_class_name":
            return value.replace("_", " ").title()
        if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", value):
            return f"{datetime.strptime(value, '%Y-%m-%d %H:%M:%S') - timedelta(hours=5):%m/%d/%Y %I:%M:%S %p}"
        return instance.labels.get((name, value), value)

    # --- files -------------------------------------------------------------------------------------------------

    def _attachment(self, sys_id: str, file: str, user: str) -> None:
        instance, manners = self.instance, self.instance.manners
        if "sys_attachment" in manners.closed:
            return self.refuse(403, "User Not Authorized")
        if self.command == "POST" and sys_id == "file":
            if not self.headers.get("Content-Type"):
                return self.refuse(400, "Content-Type is mandatory")
            instance.clock += timedelta(seconds=1)
            made = instance.add(
                "sys_attachment", file_name=self.query["file_name"], table_name=self.query["table_name"],
                table_sys_id=self.query["table_sys_id"], content_type=self.headers["Content-Type"],
                size_bytes=str(len(self.body)), sys_created_by=manners.author or user,
                **({"hash": hashlib.sha256(self.body).hexdigest()} if manners.hashes else {}),
            )  # fmt: skip
            instance.blobs[made] = self.body
            return self.send(201, {"result": dict(instance.tables["sys_attachment"][made])})
        if not sys_id:
            return self._list("sys_attachment")
        row = instance.rows("sys_attachment").get(sys_id)
        if row is None:
            return self.refuse(404, "No Record found")
        if not file:
            return self.send(200, {"result": row})
        return self.raw(200, instance.blobs[sys_id], {"Content-Type": row["content_type"],
                                                      "X-Attachment-Metadata": json.dumps(row)})  # fmt: skip

    # --- answers -----------------------------------------------------------------------------------------------

    def refuse(self, status: int, message: str, detail: str | None = None) -> None:
        return self.send(status, {"error": {"message": message, "detail": detail}, "status": "failure"})

    def send(self, status: int, answer: object, headers: dict[str, str] | None = None) -> None:
        told = {"Content-Type": "application/json;charset=UTF-8", **(headers or {})}
        return self.raw(status, json.dumps(answer, ensure_ascii=False).encode(), told)

    def raw(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 2000:
            body = gzip.compress(body, 1)
            self.send_header("Content-Encoding", "gzip")
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Set-Cookie", "JSESSIONID=abc; Path=/; HttpOnly")
        if self.instance.manners.chunked:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at in range(0, len(body), 700):
                part = body[at : at + 700]
                self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


# --- faults ------------------------------------------------------------------------------------------------------


def html(text: str, status: int = 200) -> Callable[[_Handler], bool]:
    def answer(handler: _Handler) -> bool:
        handler.raw(
            status, f"<!DOCTYPE html><html><body>{text}</body></html>".encode(), {"Content-Type": "text/html"}
        )
        return True

    return answer


def busy_until(seconds: int) -> Callable[[_Handler], bool]:
    """429 with an HTTP date, told by a clock that is a year behind."""

    def answer(handler: _Handler) -> bool:
        there = datetime(2025, 11, 23, 9, 0, tzinfo=UTC)
        handler.date_time_string = lambda timestamp=None: format_datetime(there, usegmt=True)  # type: ignore[method-assign]
        told = {
            "error": {
                "message": "Rate limit exceeded",
                "detail": "Rate limit of 100 requests per hour for Table API exceeded",
            }
        }
        handler.send(429, told, {"Retry-After": format_datetime(there + timedelta(seconds=seconds), usegmt=True)})
        del handler.date_time_string
        return True

    return answer


def done_but_lost(handler: _Handler) -> bool:
    """The request is carried out and the line breaks before the answer."""
    handler.send = lambda *_: None  # type: ignore[method-assign]
    handler.raw = lambda *_: None  # type: ignore[method-assign]
    handler._route()
    handler.close_connection = True
    return True


def done_but_told_in_html(handler: _Handler) -> bool:
    """The request is carried out, and something on the way answers with a page of its own."""
    plain = handler.raw
    handler.raw = lambda *_: None  # type: ignore[method-assign]
    handler._route()
    del handler.raw
    plain(200, b"<html>The service is busy. Please log in again later.</html>", {"Content-Type": "text/html"})
    return True


def cut(handler: _Handler) -> bool:
    body = b'{"result":[{"sys_id":"' + b"0" * 30
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(body)
    handler.close_connection = True
    return True


def spliced(handler: _Handler) -> bool:
    """A part of the rows, and the error written into the midst of them."""
    error = {"error": {"message": "Transaction cancelled: maximum execution time exceeded", "detail": None}}
    rows = '{"result":[{"sys_id":"1","sys_updated_on":"2026-01-01 00:00:00"},'
    handler.raw(200, f"{rows}{json.dumps(error)}".encode(), {"Content-Type": "application/json"})
    return True


def tokens_die(handler: _Handler) -> bool:
    handler.instance.tokens.clear()
    return False


def done_but_out_of_time(handler: _Handler) -> bool:
    """The request is carried out, and the record comes with the error of a transaction that took too long."""
    plain = handler.send

    def with_error(status: int, answer: object, headers: dict[str, str] | None = None) -> None:
        plain(
            200, {**answer, "error": {"message": handler.instance.manners.cancelled}, "status": "failure"}, headers
        )

    handler.send = with_error  # type: ignore[method-assign]
    handler._route()
    del handler.send
    return True
