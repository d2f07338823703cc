"""The pipes of the practice city: small loopback HTTP/1.1 servers, routes, answers, faults by name.

Only the standard library. Each answer leaves in one write without Nagle's delay, so that a client that is
measured against the city measures itself.
"""

import json
import re
import socket
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

LOOPBACK = "127.0.0.1"
MAX_BODY = 64 * 1024 * 1024
MAX_LOGGED = 20_000
DRIPS = 20
"""In how many pieces a dripping answer comes."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a handler sees it: `path` is decoded and without the query."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    """Header names in lower case."""
    body: bytes
    base_url: str
    target: str = ""
    """The request target as it was sent, for servers that refuse long ones."""

    def param(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), default)

    def json(self) -> object:
        """The decoded body; ValueError where it is not JSON."""
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        """The body of an HTML form (`application/x-www-form-urlencoded`)."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. `cut_after` sends only so many bytes of the body, `lost` nothing; then the line is dead.

    `drip_s` spreads the body over so many seconds. A `Date` among the headers replaces the machine's own.
    """

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json;charset=UTF-8"
    delay_s: float = 0.0
    cut_after: int | None = None
    lost: bool = False
    drip_s: float = 0.0


Handler = Callable[[Request, re.Match[str]], Response]


def json_response(value: object, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> Response:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, tuple(headers))


def redirect(location: str) -> Response:
    return Response(302, b"", (("Location", location),))


@dataclass(slots=True)
class Routes:
    """Which handler answers what: the first pattern that matches the whole path wins."""

    _routes: list[tuple[str, re.Pattern[str], Handler]] = field(default_factory=list)

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """`pattern` is a regular expression for the decoded path."""
        self._routes.append((method, re.compile(pattern), handler))

    def __call__(self, request: Request) -> Response:
        known_path = False
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            if method == request.method:
                return handler(request, match)
            known_path = True
        if known_path:
            return json_response({"message": f"The method {request.method} is not allowed here."}, 405)
        return json_response({"message": f"There is nothing at {request.path}."}, 404)


class Faults:
    """Faults by name and how often each is still to happen; safe to use from several threads."""

    def __init__(self, known: Sequence[str]) -> None:
        self.known = tuple(known)
        self._left: dict[str, int] = {}
        self._lock = threading.Lock()

    def plan(self, name: str, times: int = 1) -> None:
        """Lets the fault happen `times` more times (0 ends it); ValueError for an unknown name."""
        if name not in self.known:
            raise ValueError(f"unknown fault {name!r}; known: {', '.join(self.known)}")
        with self._lock:
            self._left[name] = times

    def strike(self, name: str) -> bool:
        """Whether the fault happens now; uses one of its times."""
        with self._lock:
            left = self._left.get(name, 0)
            self._left[name] = max(0, left - 1)
        return left > 0

    def handle(self, request: Request, _: re.Match[str]) -> Response:
        """`POST {"name": …, "times": …}`: plans a fault from outside."""
        wanted = request.json()
        if not isinstance(wanted, dict) or not isinstance(wanted.get("name"), str):
            return json_response({"message": "name is required", "known": self.known}, 400)
        try:
            self.plan(wanted["name"], int(wanted.get("times", 1)))
        except ValueError as error:
            return json_response({"message": str(error)}, 400)
        return json_response({"planned": wanted["name"]})


@dataclass(frozen=True, slots=True)
class Served:
    """One line of a server's log. The query is kept since tests count pages; bodies never are."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int


class RunningServer:
    """A server on a free loopback port with a thread of its own, until `stop()`."""

    def __init__(self, name: str, answer: Callable[[Request], Response], port: int = 0) -> None:
        self.served: deque[Served] = deque(maxlen=MAX_LOGGED)
        self.bugs: deque[str] = deque(maxlen=100)
        """Tracebacks of handlers that failed: a test that leaves one here found a bug of the city."""
        self._http = _Http((LOOPBACK, port), _Exchange, self, answer)
        self.base_url = f"http://{LOOPBACK}:{self._http.server_address[1]}"
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.02,), name=f"practice-{name}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Answers no more; open connections are closed. May be called twice."""
        self._http.shutdown()
        self._http.server_close()
        self._http.hang_up()
        self._thread.join()

    def __enter__(self) -> "RunningServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        exchange: type[BaseHTTPRequestHandler],
        running: RunningServer,
        answer: Callable[[Request], Response],
    ) -> None:
        super().__init__(address, exchange)
        self.running = running
        self.answer = answer
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def keep(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def forget(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def hang_up(self) -> None:
        """Wakes the threads that wait for a next request on a kept connection."""
        with self._lock:
            for connection in self._open:
                _shut(connection)

    def handle_error(self, *_: object) -> None:
        """A client that hangs up in the middle is nothing to tell; anything else is a bug of the city."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            self.running.bugs.append(traceback.format_exc())


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class _Exchange(BaseHTTPRequestHandler):
    """Reads a request, asks the server's routes, writes the answer at once."""

    protocol_version = "HTTP/1.1"
    server_version = "practice"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Http

    def setup(self) -> None:
        super().setup()
        self.server.keep(self.connection)

    def finish(self) -> None:
        self.server.forget(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self._exchange()

    def do_HEAD(self) -> None:
        self._exchange()

    def do_POST(self) -> None:
        self._exchange()

    def do_PUT(self) -> None:
        self._exchange()

    def do_PATCH(self) -> None:
        self._exchange()

    def do_DELETE(self) -> None:
        self._exchange()

    def _exchange(self) -> None:
        body = self._read_body()
        if body is None:
            return
        target = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=unquote(target.path),
            query=tuple(parse_qsl(target.query, keep_blank_values=True)),
            headers=_lower(self.headers),
            body=body,
            base_url=self.server.running.base_url,
            target=self.path,
        )
        response = self._answer(request)
        self.server.running.served.append(Served(request.method, request.path, request.query, response.status))
        self._write(response)

    def _answer(self, request: Request) -> Response:
        try:
            return self.server.answer(request)
        except Exception:
            # A bug of the city must be a 500 that tests can see, not a dead thread.
            self.server.running.bugs.append(traceback.format_exc())
            return json_response({"message": "The practice city failed."}, 500)

    def _write(self, response: Response) -> None:
        if response.delay_s:
            time.sleep(response.delay_s)
        if response.lost:
            self.close_connection = True
            _shut(self.connection)
            return
        self.send_response_only(response.status, HTTPStatus(response.status).phrase)
        self.send_header("Server", self.version_string())
        if all(name != "Date" for name, _ in response.headers):
            self.send_header("Date", self.date_time_string())
        if response.body:
            self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self._write_body(response)
        self.wfile.flush()
        if response.cut_after is not None:
            self.close_connection = True
            _shut(self.connection)

    def _write_body(self, response: Response) -> None:
        body = response.body[: response.cut_after]
        if not response.drip_s:
            self.wfile.write(body)
            return
        step = max(1, len(body) // DRIPS)
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            self.wfile.flush()
            time.sleep(response.drip_s / DRIPS)

    def _read_body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            self.close_connection = True
            self._write(json_response({"message": "The body is too long or has no length."}, 413))
            return None
        return self.rfile.read(int(length))

    def _read_chunks(self) -> bytes:
        parts: list[bytes] = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline() not in {b"\r\n", b"\n", b""}:
            continue
        return b"".join(parts)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error: the log of a server is `RunningServer.served`."""


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
