"""The running instance: routes, sign-in, faults and the practice pages around the APIs."""

import email.utils
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from kkassist.practice.city import City
from kkassist.practice.plumbing import Request, Response, RunningServer, json_response
from kkassist.practice.servicenow import attachment_api, oauth, stats_api, table_api
from kkassist.practice.servicenow.access import Access
from kkassist.practice.servicenow.answers import failure, page, result, unauthenticated
from kkassist.practice.servicenow.batch_api import run_batch
from kkassist.practice.servicenow.call import Call, Instance
from kkassist.practice.servicenow.clock import Clock
from kkassist.practice.servicenow.colleagues import Colleagues
from kkassist.practice.servicenow.faults import Faults
from kkassist.practice.servicenow.records import Records
from kkassist.practice.servicenow.seed import fill
from kkassist.practice.servicenow.session import open_session
from kkassist.practice.servicenow.tables import Row, Tables

TABLE_PATH: Final = re.compile(r"/api/now/(?:(v1|v2)/)?table/([^/]+)(?:/([^/]+))?")
_CASE_PATH: Final = re.compile(r"/api/sn_customerservice/(?:v1/)?case(?:/([^/]+))?")
_STATS_PATH: Final = re.compile(r"/api/now/(?:v1/)?stats/([^/]+)")
_ATTACHMENT_PATH: Final = re.compile(r"/api/now/(?:v1/)?attachment(?:/([^/]+))?(?:/(file))?")
_TINY_PATH: Final = "/api/now/tinyurl"
_BATCH_PATH: Final = re.compile(r"/api/now/(?:v1/)?batch")
_OVERRIDES: Final = frozenset({"GET", "PUT", "PATCH", "DELETE", "HEAD"})
_HIBERNATING: Final = "<html><head><title>Instance Hibernating page</title></head><body>Zzz</body></html>"
_LOGIN: Final = "<!doctype html><html><head><title>Log på</title></head><body><form>SSO</form></body></html>"
_CANCELLED: Final = '"error":{"message":"Transaction cancelled: maximum execution time exceeded","detail":' + (
    '"maximum execution time exceeded Check logs for error trace or enable glide.rest.debug property to verify '
    'REST request processing"},"status":"failure"'
)
_INSTEAD: Final[dict[str, Response | None]] = {
    "error_500": None,
    "error_502": None,
    "error_503": None,
    "reset_before": Response(502, lost=True),
    "hibernating": page(_HIBERNATING),
    "login_page": page(_LOGIN),
    "empty_200": Response(200, b""),
}
"""What comes instead of an answer, before anything is done."""
_ROUTES: Final[tuple[tuple[re.Pattern[str], Callable[[Call, re.Match[str]], Response]], ...]] = (
    (TABLE_PATH, lambda call, found: table_api.handle(call, found[1] or "v2", found[2], found[3] or "")),
    (_CASE_PATH, lambda call, found: table_api.handle(call, "v2", "sn_customerservice_case", found[1] or "")),
    (_STATS_PATH, lambda call, found: stats_api.handle(call, found[1])),
    (_ATTACHMENT_PATH, lambda call, found: attachment_api.handle(call, found[1] or "", found[2] or "")),
)
_IN_FLIGHT: Final = timedelta(seconds=0.3)
"""Requests this soon after a 429 were on their way already."""
_MAX_LOGGED: Final = 50_000
_HIDDEN_SHARE: Final = 10


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One request as it was answered. Bodies are kept, since tests ask what was sent."""

    at: datetime
    method: str
    path: str
    params: dict[str, str]
    body: bytes
    user: str
    status: int
    fault: str
    too_early: bool
    """It came before the Retry-After that its user had been given."""


class RunningServiceNow:
    """The practice ServiceNow on a loopback port, until `stop()`."""

    def __init__(self, instance: Instance, identity: oauth.Identity, colleagues: Colleagues) -> None:
        self.instance = instance
        self.tables = instance.tables
        self.faults = instance.faults
        self.properties = instance.properties
        self.clock = instance.tables.clock
        self.identity = identity
        self.colleagues = colleagues
        self.log: deque[LogEntry] = deque(maxlen=_MAX_LOGGED)
        self._blocked: dict[str, tuple[datetime, datetime]] = {}
        """Since when and until when a user is to wait."""
        self._turn: dict[str, int] = {}
        self._state = threading.Lock()
        self._server = RunningServer("servicenow", self._answer)
        self.base_url = self._server.base_url
        self.bugs = self._server.bugs

    def stop(self) -> None:
        """Answers no more; may be called twice."""
        self._server.stop()

    def __enter__(self) -> "RunningServiceNow":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def visible(self, user_name: str, table: str = "task") -> dict[str, Row]:
        """The truth for a user: every row of the table that she may see now, by sys_id."""
        with self.tables.lock:
            self._apply_lasting_faults()
            session = open_session(self.tables, self.tables.where("sys_user", "user_name", user_name)[0])
            access = self.instance.access
            if not access.table_is_open(session, table):
                return {}
            return {row["sys_id"]: row for row in self.tables.rows(table) if access.may_read(session, table, row)}

    def _answer(self, request: Request) -> Response:
        if request.path.startswith("/practice/"):
            return self._practice(request)
        with self.tables.lock:
            self.tables.settle()
            self._apply_lasting_faults()
        outcome = self._api(request) if request.path.startswith("/api/") else self._sign_in(request)
        return self._dated(outcome)

    def _dated(self, response: Response) -> Response:
        date = email.utils.format_datetime(self.clock.now(), usegmt=True)
        return replace(response, headers=(*response.headers, ("Date", date)))

    def _sign_in(self, request: Request) -> Response:
        handlers: dict[str, Callable[[Request], Response]] = {
            "/oauth_auth.do": self.identity.authorize,
            "/oauth_token.do": self.identity.token,
            "/oauth_revoke_token.do": self.identity.revoke,
        }
        handler = handlers.get(request.path)
        response = handler(request) if handler else page("<p>Page not found</p>", 404)
        self._note(request, "", response, "", too_early=False)
        return response

    def _api(self, request: Request) -> Response:
        override = request.headers.get("x-http-method-override", "").upper()
        if request.method == "POST" and override in _OVERRIDES:
            request = replace(request, method=override)
        user = self.identity.user_of(request)
        user_name = user["user_name"] if user else ""
        blocked, early = self._is_blocked(user_name)
        fault, response = self._before(request, user_name, blocked=blocked)
        if response is None:
            response = self._act(request, user) if fault != "dead_token" else unauthenticated()
            fault, response = self._after(request, response, fault)
        self._note(request, user_name, response, fault, too_early=early)
        return response

    def _act(self, request: Request, user: Row | None) -> Response:
        """What a healthy instance does."""
        if len(request.target) > self.properties.url_limit:
            return failure(414, "Request-URI Too Long")
        if user is None:
            return unauthenticated()
        refused = _refused_media(request)
        if refused is not None:
            return refused
        with self.tables.lock:
            session = open_session(self.tables, user)
        params, request = self._resolved(request)
        return self._routed(Call(request, params, session, self.instance), user)

    def _resolved(self, request: Request) -> tuple[dict[str, str], Request]:
        """The parameters, those behind a `sysparm_tiny` included."""
        params = dict(request.query)
        tiny = params.pop("sysparm_tiny", "")
        if tiny in self.instance.tiny_urls:
            kept = urlsplit(self.instance.tiny_urls[tiny])
            params = dict(parse_qsl(kept.query, keep_blank_values=True)) | params
        return params, request

    def _routed(self, call: Call, user: Row) -> Response:
        path = call.request.path.rstrip("/")
        for pattern, handle in _ROUTES:
            if found := pattern.fullmatch(path):
                return handle(call, found)
        if _BATCH_PATH.fullmatch(path):
            return run_batch(call.request, lambda inner: self._act(inner, user))
        if path == _TINY_PATH and call.request.method == "POST":
            return self._shorten(call)
        return failure(400, "Requested URI does not represent any resource", call.request.path)

    def _shorten(self, call: Call) -> Response:
        """Keep a long address and give a short one with `sysparm_tiny`."""
        body = json.loads(call.request.body or b"{}")
        url = str(body.get("url", "")) if isinstance(body, dict) else ""
        if not url:
            return failure(400, "url is required")
        with self.tables.lock:
            tiny = self.tables.new_id()
        self.instance.tiny_urls[tiny] = url
        return result(f"{urlsplit(url).path.lstrip('/')}?sysparm_tiny={tiny}", 201)

    def _before(self, request: Request, user_name: str, *, blocked: bool) -> tuple[str, Response | None]:
        """The faults that strike before anything is done."""
        faults = self.faults
        if blocked or faults.strikes("rate_limit"):
            return "rate_limit", self._limited(user_name)
        for name, answer in _INSTEAD.items():
            if faults.strikes(name):
                return name, answer if answer is not None else self._server_error(name, int(name[-3:]))
        if request.headers.get("authorization", "").lower().startswith("bearer") and faults.strikes("dead_token"):
            self.identity.kill_token(request)
            return "dead_token", None
        return "", None

    def _after(self, request: Request, response: Response, fault: str) -> tuple[str, Response]:
        """The faults that strike an answer on its way, once what was asked is done."""
        faults, reads = self.faults, request.method in {"GET", "HEAD"}
        is_list = reads and b'{"result":[' in response.body[:12]
        if is_list and faults.strikes("mutate_while_reading"):
            fault = "mutate_while_reading"
            self.colleagues.stir()
        if is_list and faults.strikes("cancelled_200"):
            return "cancelled_200", self._cancelled(response)
        if faults.strikes("reset_after"):
            return "reset_after", replace(response, lost=True)
        if response.body and reads and faults.strikes("cut_body"):
            return "cut_body", replace(response, cut_after=len(response.body) // 2)
        if faults.strikes("slow"):
            return "slow", replace(response, delay_s=faults.seconds("slow"))
        if faults.strikes("drip"):
            return "drip", replace(response, drip_s=faults.seconds("drip"))
        return fault, response

    def _limited(self, user_name: str) -> Response:
        """429; the time to wait in seconds and as a date in turn. A second ask before it is not forgiven."""
        wait = max(1, round(self.faults.seconds("rate_limit")))
        with self._state:
            now = self.clock.now()
            _, until = self._blocked.setdefault(user_name, (now, now + timedelta(seconds=wait)))
        left = max(1, round((until - now).total_seconds() + 0.5))
        as_date = email.utils.format_datetime(now + timedelta(seconds=left), usegmt=True)
        headers = (
            ("Retry-After", as_date if self._next_turn("rate_limit") % 2 else str(left)),
            ("X-RateLimit-Limit", "100"),
            ("X-RateLimit-Reset", str(int(until.timestamp()) + 1)),
            ("X-RateLimit-Rule", "Table API pr. bruger"),
        )
        return failure(429, "Rate limit of 100 requests per hour for Table API exceeded", None, headers)

    def _is_blocked(self, user_name: str) -> tuple[bool, bool]:
        """Whether the user is still to wait, and whether she could have known when she asked."""
        with self._state:
            now = self.clock.now()
            since, until = self._blocked.get(user_name, (now, now))
            if now >= until:
                self._blocked.pop(user_name, None)
                return False, False
            return True, now - since > _IN_FLIGHT

    def _server_error(self, name: str, status: int) -> Response:
        if self._next_turn(name) % 2:
            return page(f"<html><body><h1>{status}</h1><p>load balancer</p></body></html>", status)
        return failure(status, "Internal error", "The instance is not able to answer now")

    def _cancelled(self, response: Response) -> Response:
        """Alone; after a partial result; spliced so that it is no JSON any more."""
        turn = self._next_turn("cancelled_200") % 3
        rows = response.body.decode()
        middle = rows.find("},{", len(rows) // 2)
        partial = rows[: middle + 1] if middle > 0 else '{"result":['
        text = ("{" + _CANCELLED + "}", f"{partial}],{_CANCELLED}}}", partial + _CANCELLED + "}")[turn]
        return replace(response, body=text.encode())

    def _next_turn(self, name: str) -> int:
        with self._state:
            self._turn[name] = self._turn.get(name, -1) + 1
            return self._turn[name]

    def _apply_lasting_faults(self) -> None:
        access = self.instance.access
        access.journals_closed = self.faults.is_on("closed_journals")
        if not self.faults.is_on("hidden_pages"):
            access.hidden.clear()
        elif not access.hidden:
            access.hidden.update(self._block_to_hide())

    def _block_to_hide(self) -> list[str]:
        """Consecutive cases in the order a reader pages in: a tenth, from the first third on."""
        ids = [row["sys_id"] for row in self.tables.rows("task")]
        start = len(ids) // 3
        return ids[start : start + max(1, len(ids) // _HIDDEN_SHARE)]

    def _note(self, request: Request, user_name: str, response: Response, fault: str, *, too_early: bool) -> None:
        is_form = request.path.endswith(".do")
        self.log.append(
            LogEntry(
                at=self.clock.now(),
                method=request.method,
                path=request.path,
                params={} if is_form else dict(request.query),
                body=b"" if is_form else request.body,
                user=user_name,
                status=response.status,
                fault=fault,
                too_early=too_early,
            )
        )

    def _practice(self, request: Request) -> Response:
        """The pages that are about the practice and no ServiceNow has."""
        try:
            if request.path == "/practice/faults":
                return self._practice_faults(request)
            if request.path == "/practice/colleague" and request.method == "POST":
                return self._practice_colleague(request)
        except (ValueError, TypeError, KeyError) as error:
            return json_response({"message": str(error)}, 400)
        return json_response({"message": f"There is nothing at {request.path}."}, 404)

    def _practice_faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.faults.clear()
        elif request.method == "POST":
            asked = _json_object(request)
            name = str(asked["name"])
            if asked.get("on") is False:
                self.faults.clear(name)
            else:
                self.faults.switch(
                    name,
                    times=_optional_int(asked.get("times")),
                    rate=float(str(asked.get("rate", 1.0))),
                    seconds=None if asked.get("seconds") is None else float(str(asked["seconds"])),
                )
        return json_response(self.faults.listed())

    def _practice_colleague(self, request: Request) -> Response:
        """`{"action": edit|note|insert|delete, "sys_ids": […], "count": n, "fields": {…}, "user": …}`."""
        asked = _json_object(request)
        given, chosen = asked.get("fields"), asked.get("sys_ids")
        sys_ids = [str(one) for one in chosen] if isinstance(chosen, list) else []
        fields = {str(name): str(value) for name, value in given.items()} if isinstance(given, dict) else None
        count, user = int(str(asked.get("count", 1))), str(asked.get("user", ""))
        match asked.get("action", "edit"):
            case "edit":
                touched = self.colleagues.edit(sys_ids, count=count, fields=fields, user=user)
            case "note":
                text = str(asked.get("text", ""))
                touched = self.colleagues.note(sys_ids, count=count, text=text, user=user)
            case "insert":
                touched = self.colleagues.insert(count=count, fields=fields, user=user)
            case "delete":
                touched = self.colleagues.delete(sys_ids, count=count, user=user)
            case other:
                raise ValueError(f"unknown action {other!r}")
        return result(touched)


def start_servicenow(
    city: City,
    *,
    cases: int,
    seed: int,
    faults: Sequence[str] = (),
    token_life_s: int = 1800,
    now: datetime | None = None,
) -> RunningServiceNow:
    """Start the instance of a city with so many cases; equal arguments (and `now`) give equal instances.

    `now` (aware) is the instance's clock at the start: the present on the city's own day, else 10:00 of it.
    """
    clock = Clock(now or _present(city))
    tables = Tables(clock, seed)
    switched = Faults(seed, faults)
    access = Access(tables)
    instance = Instance(tables, access, Records(tables, access), switched)
    fill(instance, city, cases=cases, seed=seed)
    integration = next((one.user_name for one in city.accounts if one.role == "integration"), "")
    passwords = {account.user_name: account.password for account in city.accounts}
    identity = oauth.Identity(tables, passwords, integration, switched, token_life_s)
    workers = [one.user_name for one in city.accounts if one.role in {"sagsbehandler", "godkender"}]
    others = [name for name in workers if name != "anna.holm"] or workers
    return RunningServiceNow(instance, identity, Colleagues(instance, others, seed))


def _present(city: City) -> datetime:
    now = datetime.now(UTC)
    return now if abs((now.date() - city.today).days) <= 1 else datetime.combine(city.today, time(10), UTC)


def _refused_media(request: Request) -> Response | None:
    """406 and 415 for what the APIs do not speak; attachments take any type."""
    accept = request.headers.get("accept", "*/*")
    is_file = _ATTACHMENT_PATH.fullmatch(request.path) is not None
    if not is_file and not any(kind in accept for kind in ("application/json", "*/*", "application/*")):
        return failure(406, "Not acceptable", "Only application/json is supported")
    sends = request.method in {"POST", "PUT", "PATCH"} and not is_file
    if sends and not request.headers.get("content-type", "").startswith("application/json"):
        return failure(415, "Unsupported media type", "Content-Type must be application/json")
    return None


def _json_object(request: Request) -> dict[str, object]:
    asked = request.json()
    if not isinstance(asked, dict):
        raise TypeError("a JSON object is required")
    return asked


def _optional_int(value: object) -> int | None:
    return None if value is None else int(str(value))
