"""The practice orchestrator over HTTP: identity, folders, queues, items, releases, jobs, and what tests may ask.

Paths, bodies and error codes follow the public description of Orchestrator's web API (16.0) and UiPath's
documentation. `/practice/…` is the city's own: postings, ordered refusals and faults.
"""

import base64
import hashlib
import json
import re
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from kkassist.practice.city import City
from kkassist.practice.plumbing import Faults, Request, Response, Routes, RunningServer, json_response, redirect
from kkassist.practice.robots import odata
from kkassist.practice.robots.ledger import FOLDER_ID, FOLDER_NAME, Item, Ledger, Refusal
from kkassist.practice.robots.robot import Robots

CLIENT_ID = "kkassist-robots"
CLIENT_SECRET = "oevelse-robots"
USER_CLIENT_ID = "kkassist-desktop"
"""The public client for people: authorization code with PKCE, no secret."""
TOKEN_SECONDS = 3600
RATE_PER_MINUTE = 100
MAX_BULK = 15_000
FAULTS = (
    "answer-lost",  # a POST is carried out, its answer never arrives
    "half-bulk",  # the first half of a bulk is taken, the answer never arrives
    "server-error",  # 500 before anything is done
    "server-error-after",  # 500 although the POST was carried out
    "too-many",  # 429 with Retry-After
    "slow",  # the answer takes two seconds
    "token-death",  # all tokens are revoked
    "abandon",  # a robot dies after posting in OPUS: the item is abandoned
)
QUEUES = {
    "KK_Resultatloen": True,
    "KK_Fratraedelse": True,
    "KK_Jobskifte": True,
    "KK_Koersel": True,
    "KK_Rejse": True,
    "KK_Debitor": True,
    "KK_Aktindsigt": True,
    "KK_Ledelsestilsyn": True,
    "KK_Uden_unik_reference": False,
}
SCOPES = (
    "OR.Queues OR.Queues.Read OR.Queues.Write OR.Jobs OR.Jobs.Read OR.Jobs.Write OR.Execution OR.Execution.Read"
)
ALL_SCOPES = frozenset(f"{SCOPES} OR.Folders OR.Folders.Read openid profile offline_access".split())

_ITEM_FIELDS = frozenset(
    [
        "QueueDefinitionId",
        "Encrypted",
        "SpecificContent",
        "SpecificData",
        "Output",
        "Status",
        "ReviewStatus",
        "Key",
        "Reference",
        "Priority",
        "SecondsInPreviousAttempts",
        "RetryNumber",
        "CreationTime",
        "RowVersion",
        "OrganizationUnitId",
        "Id",
        "DeferDate",
        "DueDate",
        "RiskSlaDate",
        "OrganizationUnitFullyQualifiedName",
        "Progress",
        "AncestorId",
        "ProcessingException",
        "ProcessingExceptionType",
        "Robot",
        "StartProcessing",
        "EndProcessing",
        "ReviewerUserId",
        "OutputData",
        "Analytics",
        "AnalyticsData",
    ]
)
_ALWAYS_KNOWN = frozenset({"Id", "Name", "Reference", "State", "ReleaseName", "CreationTime"})
_ODATA = "/odata"
_FOLDERS: list[Item] = [
    {"DisplayName": "Shared", "FullyQualifiedName": "Shared", "ProvisionType": "Automatic", "Id": 1},
    {"DisplayName": FOLDER_NAME, "FullyQualifiedName": FOLDER_NAME, "ProvisionType": "Automatic", "Id": FOLDER_ID},
]


@dataclass(frozen=True, slots=True)
class _Token:
    who: str
    scopes: frozenset[str]
    ends_at: float


@dataclass(frozen=True, slots=True)
class _Grant:
    """An authorization code that waits to be exchanged."""

    client_id: str
    redirect_uri: str
    challenge: str
    scope: str


class RunningOrchestrator:
    """A practice orchestrator on loopback: `base_url`, `ledger`, `robots`, `faults`, `stop()`."""

    def __init__(
        self,
        city: Callable[[], City],
        *,
        rate: float = 25.0,
        file: Path | None = None,
        limit_rate: bool = False,
        faults: Sequence[str] = (),
    ) -> None:
        """`rate` is rows a second; `file` keeps items over a restart; `limit_rate` answers 429 over 100 GET/min."""
        self.faults = Faults(FAULTS)
        for name in faults:
            self.faults.plan(name)
        self.ledger = Ledger(QUEUES, file)
        self.robots = Robots(self.ledger, city, self.faults, rate)
        self._identity = _Identity()
        self._limit = _RateLimit() if limit_rate else None
        self._routes = self._build_routes()
        self.server = RunningServer("robots", self._answer)
        self.base_url = self.server.base_url

    def stop(self) -> None:
        self.server.stop()
        self.robots.stop()

    def __enter__(self) -> "RunningOrchestrator":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _build_routes(self) -> Routes:
        routes = Routes()
        routes.add("POST", "/identity_?/connect/token", self._identity.token)
        routes.add("GET", "/identity_?/connect/authorize", self._identity.authorize)
        routes.add("GET", "/practice/posted", self._posted)
        routes.add("POST", "/practice/robots/refuse", self._order_refusals)
        routes.add("POST", "/practice/faults", self.faults.handle)
        calls: tuple[tuple[str, str, Callable[[Request, re.Match[str]], Response]], ...] = (
            ("GET", "/Folders", self._folders),
            ("GET", "/QueueDefinitions", self._queues),
            ("GET", r"/QueueDefinitions\((\d+)\)", self._queue),
            ("POST", "/QueueDefinitions", self._create_queue),
            ("POST", r"/Queues/UiPathODataSvc\.AddQueueItem", self._add),
            ("POST", r"/Queues/UiPathODataSvc\.BulkAddQueueItems", self._bulk_add),
            ("POST", r"/Queues/UiPathODataSvc\.StartTransaction", self._robots_only),
            ("GET", "/QueueItems", self._items),
            ("GET", r"/QueueItems\((\d+)\)", self._item),
            (
                "GET",
                r"/QueueItems\((\d+)\)/UiPath\.Server\.Configuration\.OData\.GetItemLastRetry",
                self._last_retry,
            ),
            ("POST", r"/QueueItems/UiPathODataSvc\.DeleteBulk", self._delete_bulk),
            ("POST", r"/QueueItems/UiPathODataSvc\.SetItemReviewStatus", self._review),
            (
                "GET",
                r"/QueueItemEvents/UiPath\.Server\.Configuration\.OData\.GetQueueItemEventsHistory\(queueItemId=(\d+)\)",
                self._history,
            ),
            ("GET", "/Releases", self._releases),
            ("GET", "/Jobs", self._jobs),
            ("GET", r"/Jobs\((\d+)\)", self._job),
            ("POST", r"/Jobs/UiPath\.Server\.Configuration\.OData\.StartJobs", self._start_jobs),
            ("POST", r"/Jobs\((\d+)\)/UiPath\.Server\.Configuration\.OData\.StopJob", self._stop_job),
        )
        for method, pattern, handler in calls:
            routes.add(method, f"(?i:{_ODATA}{pattern})", handler)
        return routes

    # Around every call

    def _answer(self, request: Request) -> Response:
        if not request.path.startswith(_ODATA):
            return self._routes(request)
        if self.faults.strike("token-death"):
            self._identity.revoke_all()
        refused = self._refused_at_the_door(request)
        if refused is not None:
            return refused
        delay = 2.0 if self.faults.strike("slow") else 0.0
        response = self._routed(request)
        if request.method == "POST":
            if self.faults.strike("answer-lost"):
                return Response(lost=True)
            if self.faults.strike("server-error-after"):
                return _error(500, 0, "An error has occurred.")
        return Response(response.status, response.body, response.headers, delay_s=delay, lost=response.lost)

    def _refused_at_the_door(self, request: Request) -> Response | None:
        token = self._identity.known(request.headers.get("authorization", ""))
        if token is None:
            return _error(401, 0, "You are not authenticated!", (("WWW-Authenticate", "Bearer"),))
        if not _may(token, request):
            return _error(403, 0, "You are not authorized!")
        if self.faults.strike("server-error"):
            return _error(500, 0, "An error has occurred.")
        if self.faults.strike("too-many"):
            return _error(429, 0, "Too many requests.", (("Retry-After", "1"),))
        if self._limit is not None and (wait := self._limit.wait_s(request)):
            return _error(429, 0, "Too many requests.", (("Retry-After", str(wait)),))
        return _folder_error(request)

    def _routed(self, request: Request) -> Response:
        try:
            return self._routes(request)
        except Refusal as refusal:
            return _error(refusal.status, refusal.code, refusal.message)
        except odata.ODataError as error:
            return _error(400, 1000, str(error))
        except (KeyError, TypeError, ValueError, AttributeError):
            return _error(400, 1000, "The request is not valid.")

    def _who(self, request: Request) -> str:
        token = self._identity.known(request.headers.get("authorization", ""))
        return token.who if token else ""

    # Folders, queues, releases

    def _folders(self, request: Request, _: re.Match[str]) -> Response:
        return _collection(request, "Folders", _FOLDERS)

    def _queues(self, request: Request, _: re.Match[str]) -> Response:
        return _collection(request, "QueueDefinitions", list(self.ledger.queues.values()))

    def _queue(self, _: Request, match: re.Match[str]) -> Response:
        for queue in self.ledger.queues.values():
            if queue["Id"] == int(match[1]):
                return json_response(queue)
        raise Refusal(404, 1002, "ItemNotFound", "QueueDefinition does not exist.")

    def _create_queue(self, request: Request, _: re.Match[str]) -> Response:
        wanted = _body(request)
        return json_response(
            self.ledger.add_queue(wanted["Name"], bool(wanted.get("EnforceUniqueReference"))), 201
        )

    def _releases(self, request: Request, _: re.Match[str]) -> Response:
        return _collection(request, "Releases", self.ledger.releases)

    # Items

    def _add(self, request: Request, _: re.Match[str]) -> Response:
        wanted = _body(request)["itemData"]
        return json_response(self.ledger.add(wanted["Name"], wanted, self._who(request)), 201)

    def _bulk_add(self, request: Request, _: re.Match[str]) -> Response:
        body = _body(request)
        queue, commit, wanted = body["queueName"], body["commitType"], body["queueItems"]
        if len(wanted) > MAX_BULK or commit not in {
            "AllOrNothing",
            "StopOnFirstFailure",
            "ProcessAllIndependently",
        }:
            return _error(400, 1000, "The bulk is too long or the commit type unknown.")
        refused = dict(self.ledger.check_all(queue, wanted))
        if commit == "AllOrNothing" and refused:
            first = next(iter(refused.values()))
            return _error(first.status, first.code, first.message)
        last = min(refused, default=len(wanted)) if commit == "StopOnFirstFailure" else len(wanted)
        half = self.faults.strike("half-bulk")
        for place, one in enumerate(wanted[: len(wanted) // 2 if half else last]):
            if place not in refused:
                self.ledger.add(queue, one, self._who(request))
        if half:
            return Response(lost=True)
        told = list(refused.items())[: 1 if commit == "StopOnFirstFailure" else None]
        failed = [{"Ordinal": place, "ErrorCode": one.name, "ErrorMessage": one.message} for place, one in told]
        message = f"{len(failed)} items could not be added." if failed else "All items were added."
        return json_response({"success": not failed, "message": message, "failedItems": failed})

    def _items(self, request: Request, _: re.Match[str]) -> Response:
        return _collection(request, "QueueItems", self.ledger.rows(), _ITEM_FIELDS)

    def _item(self, _: Request, match: re.Match[str]) -> Response:
        return json_response(self.ledger.item(int(match[1])))

    def _last_retry(self, _: Request, match: re.Match[str]) -> Response:
        item = self.ledger.item(int(match[1]))
        rows = self.ledger.rows()
        while retried := next((row for row in rows if row.get("AncestorId") == item["Id"]), None):
            item = retried
        return json_response(item)

    def _history(self, request: Request, match: re.Match[str]) -> Response:
        self.ledger.item(int(match[1]))
        return _collection(request, "QueueItemEvents", self.ledger.history(int(match[1])))

    def _delete_bulk(self, request: Request, _: re.Match[str]) -> Response:
        failed = self.ledger.delete(_versions(_body(request)), self._who(request))
        return _bulk_answer(failed, "Only new items can be deleted.")

    def _review(self, request: Request, _: re.Match[str]) -> Response:
        body = _body(request)
        if body["status"] not in {"None", "InReview", "Verified", "Retried"}:
            return _error(400, 1000, "The review status is not known.")
        failed = self.ledger.review(_versions(body), body["status"], self._who(request))
        return _bulk_answer(failed, "Only failed and abandoned items can be reviewed.")

    def _robots_only(self, _: Request, __: re.Match[str]) -> Response:
        return _error(400, 1706, "Queue items can only be processed by robots.")

    # Jobs

    def _jobs(self, request: Request, _: re.Match[str]) -> Response:
        return _collection(request, "Jobs", list(self.ledger.jobs.values()))

    def _job(self, _: Request, match: re.Match[str]) -> Response:
        return json_response(self.ledger.job(int(match[1])))

    def _start_jobs(self, request: Request, _: re.Match[str]) -> Response:
        start = _body(request)["startInfo"]
        release = next((one for one in self.ledger.releases if one["Key"] == start["ReleaseKey"]), None)
        if release is None:
            raise Refusal(404, 1002, "ItemNotFound", "Release does not exist.")
        if start.get("Strategy") not in {None, "ModernJobsCount"}:
            raise Refusal(400, 2818, "StrategyNotAvailableInModernFolder", "The strategy is not available here.")
        arguments = start.get("InputArguments") or "{}"
        if len(arguments) > 10_000 or not isinstance(json.loads(arguments), dict):
            raise Refusal(400, 1000, "InvalidArgument", "The input arguments are not valid.")
        count = max(1, int(start.get("JobsCount") or 1))
        jobs = [self.ledger.add_job(release, start, datetime.now(UTC)) for _ in range(count)]
        return json_response({"@odata.context": _context(request, "Jobs"), "value": jobs}, 201)

    def _stop_job(self, request: Request, match: re.Match[str]) -> Response:
        job, strategy = self.ledger.job(int(match[1])), _body(request)["strategy"]
        if job["State"] not in {"Pending", "Running", "Stopping"}:
            raise Refusal(409, 1840, "JobCannotBeStopped", "The job has already ended.")
        if strategy == "Kill":
            self.robots.kill(job["Id"])
        elif strategy == "SoftStop":
            self.ledger.alter_job(job["Id"], State="Stopping", StopStrategy="SoftStop")
        else:
            return _error(400, 1000, "The strategy is SoftStop or Kill.")
        return Response(200)

    # The city's own

    def _posted(self, _: Request, __: re.Match[str]) -> Response:
        twice = [asdict(one) for one in self.ledger.posted_twice()]
        return json_response({"posted": [asdict(one) for one in self.ledger.postings], "twice": twice})

    def _order_refusals(self, request: Request, _: re.Match[str]) -> Response:
        body = _body(request)
        self.robots.refusals.order(body["references"], str(body.get("reason", "")))
        return json_response({"ordered": len(body["references"])})


class _Identity:
    """Tokens: client credentials for the gateway, authorization code with PKCE for people, refresh."""

    def __init__(self) -> None:
        self._tokens: dict[str, _Token] = {}
        self._grants: dict[str, _Grant] = {}
        self._refresh: dict[str, tuple[str, str]] = {}
        self._lock = threading.Lock()

    def known(self, header: str) -> _Token | None:
        scheme, _, value = header.partition(" ")
        with self._lock:
            token = self._tokens.get(value) if scheme.lower() == "bearer" else None
        return token if token is not None and token.ends_at > time.monotonic() else None

    def revoke_all(self) -> None:
        with self._lock:
            self._tokens.clear()

    def authorize(self, request: Request, _: re.Match[str]) -> Response:
        """Redirects at once with a code, as for a person who is signed in already."""
        target = request.param("redirect_uri")
        parts = urlsplit(target)
        proof = request.param("code_challenge") and request.param("code_challenge_method") == "S256"
        known = request.param("client_id") == USER_CLIENT_ID and request.param("response_type") == "code"
        if not known or not proof or parts.scheme != "http" or parts.hostname not in {"127.0.0.1", "localhost"}:
            return json_response({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._grants[code] = _Grant(
                USER_CLIENT_ID, target, request.param("code_challenge"), request.param("scope")
            )
        query = urlencode({"code": code, "state": request.param("state"), "scope": request.param("scope")})
        return redirect(f"{target}{'&' if parts.query else '?'}{query}")

    def token(self, request: Request, _: re.Match[str]) -> Response:
        form = request.form()
        grant = form.get("grant_type")
        if grant == "client_credentials":
            if _client(request, form) != (CLIENT_ID, CLIENT_SECRET):
                return json_response({"error": "invalid_client"}, 400)
            return self._give(CLIENT_ID, form.get("scope", ""), refresh=False)
        if grant == "authorization_code":
            return self._exchange(form)
        if grant == "refresh_token":
            with self._lock:
                known = self._refresh.pop(form.get("refresh_token", ""), None)
            return self._give(*known, refresh=True) if known else json_response({"error": "invalid_grant"}, 400)
        return json_response({"error": "unsupported_grant_type"}, 400)

    def _exchange(self, form: Mapping[str, str]) -> Response:
        with self._lock:
            grant = self._grants.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if grant is None or grant.challenge != proof or grant.redirect_uri != form.get("redirect_uri"):
            return json_response({"error": "invalid_grant"}, 400)
        return self._give("anna.holm", grant.scope, refresh="offline_access" in grant.scope)

    def _give(self, who: str, scope: str, *, refresh: bool) -> Response:
        scopes = frozenset(scope.split())
        if not scopes or not scopes <= ALL_SCOPES:
            return json_response({"error": "invalid_scope"}, 400)
        value = secrets.token_urlsafe(32)
        answer: dict[str, object] = {
            "access_token": value,
            "expires_in": TOKEN_SECONDS,
            "token_type": "Bearer",
            "scope": scope,
        }
        with self._lock:
            self._tokens[value] = _Token(who, scopes, time.monotonic() + TOKEN_SECONDS)
            if refresh:
                again = secrets.token_urlsafe(32)
                self._refresh[again] = (who, scope)
                answer["refresh_token"] = again
        return json_response(answer)


class _RateLimit:
    """At most 100 GET requests a minute for lists of items and jobs, as in the cloud."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()
        self._lock = threading.Lock()

    def wait_s(self, request: Request) -> int:
        """Seconds to wait, 0 when the request may pass."""
        if request.method != "GET" or not re.fullmatch(r"(?i)/odata/(QueueItems|Jobs)", request.path):
            return 0
        now = time.monotonic()
        with self._lock:
            while self._times and self._times[0] <= now - 60:
                self._times.popleft()
            if len(self._times) >= RATE_PER_MINUTE:
                return int(self._times[0] + 60 - now) + 1
            self._times.append(now)
        return 0


def _client(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    name, _, secret = base64.b64decode(value).decode().partition(":")
    return name, secret


def _may(token: _Token, request: Request) -> bool:
    """Whether the token's scopes cover the call: `OR.Queues` covers all, `.Read` and `.Write` their half."""
    areas = {"Folders": "OR.Folders", "Releases": "OR.Execution", "Jobs": "OR.Jobs"}
    first = re.split(r"[/(]", request.path.removeprefix(f"{_ODATA}/"))[0]
    area = areas.get(first, "OR.Queues")
    half = "Read" if request.method == "GET" else "Write"
    return bool(token.scopes & {area, f"{area}.{half}"})


def _folder_error(request: Request) -> Response | None:
    """Every call but the list of folders names its folder by id or by path."""
    if request.path.lower() == f"{_ODATA}/folders":
        return None
    number = request.headers.get("x-uipath-organizationunitid", "")
    path = request.headers.get("x-uipath-folderpath", "")
    if encoded := request.headers.get("x-uipath-folderpath-encoded", ""):
        path = base64.b64decode(encoded).decode("utf-16-le")
    if not number and not path:
        return _error(400, 1101, "A folder is required for this action.")
    if path != FOLDER_NAME and number != str(FOLDER_ID):
        return _error(400, 1100, "The folder does not exist or the user does not have access to it.")
    return None


def _body(request: Request) -> dict[str, Any]:
    body = request.json()
    if not isinstance(body, dict):
        raise TypeError("a JSON object is expected")
    return body


def _versions(body: Mapping[str, Any]) -> list[tuple[int, str]]:
    return [(one["Id"], one["RowVersion"]) for one in body["queueItems"]]


def _bulk_answer(failed: list[int], why: str) -> Response:
    return json_response({"Success": not failed, "Message": why if failed else "", "FailedItems": failed})


def _collection(
    request: Request, name: str, rows: Sequence[Item], fields: frozenset[str] | None = None
) -> Response:
    options = {key: value for key, value in request.query if key.startswith("$")}
    known = fields or frozenset(field for row in rows for field in row) | _ALWAYS_KNOWN
    page = odata.query(rows, options, known)
    answer: dict[str, object] = {"@odata.context": _context(request, name)}
    if page.total is not None:
        answer["@odata.count"] = page.total
    return json_response({**answer, "value": page.rows})


def _context(request: Request, name: str) -> str:
    return f"{request.base_url}/odata/$metadata#{name}"


def _error(status: int, code: int, message: str, headers: Sequence[tuple[str, str]] = ()) -> Response:
    return json_response({"message": message, "errorCode": code, "resourceIds": None}, status, headers)
