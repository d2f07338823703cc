"""One careful connection: whole answers or none, waits honoured, writes never repeated, accounts never hammered."""

import base64
import hashlib
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from kkassist.domain.errors import Misused, OutOfReach, SignInNeeded
from kkassist.domain.settings import HttpSettings
from kkassist.remote.http import Connection, OutcomeUnknown, Refusal, retry_after
from kkassist.remote.sign_in import Basic, InBrowser, NoSignIn, OAuth, OAuthServer, Password

GOOD = b'{"result": []}'
JSON = "application/json"


@dataclass
class Reply:
    status: int = 200
    body: bytes = GOOD
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    hang_up: bool = False
    drips: bool = False


@dataclass
class Scripted:
    """A server that answers what the test says, in turn, and remembers what it was asked."""

    url: str
    replies: list[Reply] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[str, dict[str, str], bytes], Reply] | None = None


@pytest.fixture
def server() -> Iterator[Scripted]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            scripted.asked.append((self.command, self.path, headers, body))
            reply = scripted.answer(self.path, headers, body) if scripted.answer else scripted.replies.pop(0)
            if reply.hang_up:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {"Content-Type": JSON, **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
            self.end_headers()
            try:
                for part in (
                    [reply.body[n : n + 1] for n in range(len(reply.body))] if reply.drips else [reply.body]
                ):
                    self.wfile.write(part)
                    time.sleep(0.03 if reply.drips else 0)
            except OSError:  # the client had enough
                self.close_connection = True
            self.close_connection = reply.length is not None

        do_GET = do_POST = do_PATCH = handle_any

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    scripted = Scripted(f"http://127.0.0.1:{http.server_address[1]}")
    thread = threading.Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    yield scripted
    http.shutdown()
    http.server_close()
    thread.join()


@dataclass
class Kept:
    secrets: dict[str, str] = field(default_factory=dict)
    text: str = ""

    def get(self, system: str, name: str) -> str | None:
        return self.secrets.get(name)

    def set(self, system: str, name: str, secret: str) -> None:
        self.secrets[name] = secret

    def forget(self, system: str, name: str) -> None:
        self.secrets.pop(name, None)

    def load(self) -> str | None:
        return self.text

    def save(self, text: str) -> None:
        self.text = text


@pytest.fixture
def paused() -> list[float]:
    return []


@pytest.fixture
def connection(server: Scripted, paused: list[float]) -> Iterator[Connection]:
    made = Connection("servicenow", server.url, HttpSettings(timeout_s=2), NoSignIn(), pause=paused.append)
    yield made
    made.close()


@pytest.mark.parametrize(
    "broken",
    [
        Reply(503, b"<html>busy</html>"),
        Reply(500, b"{}"),
        Reply(hang_up=True),
        Reply(200, b""),
        Reply(200, GOOD, length=500),
        Reply(200, b"<html>hm</html>", {"Content-Type": "text/html"}),
    ],
)
def test_a_read_is_asked_again_and_a_write_is_not(
    broken: Reply, server: Scripted, connection: Connection, paused: list[float]
) -> None:
    server.replies = [broken, Reply()]
    assert connection.send("GET", "/api", expect=JSON).body == GOOD
    assert len(paused) == 1

    server.asked.clear()
    server.replies = [broken]
    with pytest.raises(OutcomeUnknown):
        connection.send("PATCH", "/api", json={"a": "b"}, expect=JSON)
    assert len(server.asked) == 1


def test_an_answer_that_drips_is_left_in_time(server: Scripted, connection: Connection) -> None:
    server.replies = [Reply(body=b"x" * 1_000, drips=True)]
    with pytest.raises(OutOfReach, match="langsomt"):
        connection.send("GET", "/api", timeout_s=0.1)
    assert len(server.asked) == 1


def test_a_flood_is_refused(server: Scripted, connection: Connection) -> None:
    server.replies = [Reply(body=b"x" * 100_000)]
    with pytest.raises(OutOfReach, match="større"):
        connection.send("GET", "/api", max_body=10_000)


def test_a_refused_connection_was_certainly_not_a_write(paused: list[float]) -> None:
    nobody = Connection("servicenow", "http://127.0.0.1:9", HttpSettings(), NoSignIn(), pause=paused.append)
    with pytest.raises(OutOfReach) as told:
        nobody.send("POST", "/api", json={})
    assert not isinstance(told.value, OutcomeUnknown)
    assert not paused


def test_retry_after_is_honoured_to_the_second_and_long_ones_are_handed_up(
    server: Scripted, connection: Connection, paused: list[float]
) -> None:
    server.replies = [Reply(429, headers={"Retry-After": "7"}), Reply()]
    connection.send("GET", "/api")
    assert paused == [7.0]

    server.replies = [Reply(429, headers={"Retry-After": "3600"})]
    with pytest.raises(OutOfReach) as told:
        connection.send("GET", "/api")
    assert told.value.retry_after_s == 3600
    assert paused == [7.0]


def test_a_date_to_wait_for_is_read_by_the_servers_clock() -> None:
    now = datetime(2031, 1, 1, 12, tzinfo=UTC)
    until = format_datetime(now + timedelta(seconds=42), usegmt=True)
    assert retry_after({"date": format_datetime(now, usegmt=True), "retry-after": until}) == 42
    assert retry_after({"retry-after": "soon"}) == 0


def test_a_429_was_not_acted_upon_so_a_write_may_wait(server: Scripted, connection: Connection) -> None:
    server.replies = [Reply(429, headers={"Retry-After": "5"})]
    with pytest.raises(OutOfReach) as told:
        connection.send("PATCH", "/api", json={})
    assert not isinstance(told.value, OutcomeUnknown)
    assert told.value.retry_after_s == 5


def test_a_refusal_has_the_servers_own_words_and_no_query_reaches_the_log(
    server: Scripted, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "kkassist")
    words = {"error": {"message": "Operation Failed", "detail": "Feltet er låst"}, "status": "failure"}
    server.replies = [Reply(403, json.dumps(words).encode()), Reply(hang_up=True), *[Reply(hang_up=True)] * 3]

    with pytest.raises(Refusal) as refused:
        connection.send("GET", "/api", params={"q": "u_cpr=0101901234"})
    with pytest.raises(OutOfReach) as away:
        connection.send("GET", "/api", params={"q": "u_cpr=0101901234"})

    assert (refused.value.status, refused.value.detail) == (403, "Feltet er låst")
    assert "Feltet er låst" in str(refused.value)
    assert "0101901234" not in caplog.text + away.value.log_detail + refused.value.log_detail


def test_a_page_to_sign_in_on_is_no_answer(server: Scripted, connection: Connection) -> None:
    login = Reply(200, b'<html><input type="password"></html>', {"Content-Type": "text/html"})
    server.replies = [login]
    with pytest.raises(SignInNeeded):
        connection.send("GET", "/api", expect=JSON)
    server.replies = [Reply(302, b"", {"Location": "https://sso.example/login"})]
    with pytest.raises(SignInNeeded):
        connection.send("GET", "/api", expect=JSON)


def test_a_refused_password_is_sent_once_and_never_again_before_the_user_acts(server: Scripted) -> None:
    kept = Kept({"password": "gammelt"})
    basic = Basic("servicenow", "anna.holm", kept, kept)
    connection = Connection("servicenow", server.url, HttpSettings(), basic)
    server.answer = lambda *_: Reply(401, b"{}")

    for _ in range(3):
        with pytest.raises(SignInNeeded):
            connection.send("GET", "/api")
    assert len(server.asked) == 1

    kept.secrets["password"] = "nyt"  # changing it is an act of hers
    server.answer = lambda *_: Reply()
    assert connection.send("GET", "/api").status == 200
    connection.close()


def oauth(server: Scripted, kept: Kept, grant: object | None = None) -> OAuth:
    addresses = OAuthServer(
        f"{server.url}/oauth_token.do", "kk", f"{server.url}/oauth_auth.do", f"{server.url}/oauth_revoke_token.do"
    )
    password = Password("servicenow", "anna.holm", kept)
    return OAuth("servicenow", addresses, grant or password, kept, kept, settings=HttpSettings())


def test_ten_threads_with_a_dead_token_renew_it_once(server: Scripted) -> None:
    given: list[str] = []

    def answer(path: str, headers: dict[str, str], body: bytes) -> Reply:
        if path == "/oauth_token.do":
            given.append(parse_qs(body.decode())["grant_type"][0])
            token = {"access_token": f"t{len(given)}", "refresh_token": "r", "expires_in": "1800"}
            return Reply(200, json.dumps(token).encode())
        return Reply() if headers["authorization"] == "Bearer t2" else Reply(401, b"{}")

    server.answer = answer
    kept = Kept({"password": "x"})
    connection = Connection("servicenow", server.url, HttpSettings(), oauth(server, kept))
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(connection.send("GET", "/api").status)) for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 10
    assert given == ["password", "refresh_token"]
    connection.close()


def test_a_refused_refresh_asks_the_user_once_and_then_is_quiet(server: Scripted) -> None:
    server.answer = lambda path, *_: Reply(401, b'{"error": "server_error", "error_description": "access_denied"}')
    kept = Kept(text='{"access_token": "old", "refresh_token": "r", "expires_at": 1}')
    signed = oauth(server, kept, InBrowser("servicenow", 0))

    for _ in range(3):
        with pytest.raises(SignInNeeded):
            signed.headers()

    assert len(server.asked) == 1


def test_signing_out_revokes_forgets_and_stays_out_until_the_user_acts(server: Scripted) -> None:
    server.answer = lambda *_: Reply(200, b"")
    kept = Kept({"password": "x"}, '{"access_token": "geheim", "refresh_token": "r"}')
    signed = oauth(server, kept)

    signed.sign_out()

    assert [path for _, path, _, _ in server.asked] == ["/oauth_revoke_token.do"] * 2
    assert "geheim" not in kept.text
    assert kept.secrets == {}
    kept.secrets["password"] = "from the environment"
    with pytest.raises(SignInNeeded):
        signed.headers()
    server.answer = lambda *_: Reply(200, b'{"access_token": "new"}')
    signed.sign_in()
    assert signed.headers() == {"Authorization": "Bearer new"}


def test_signing_in_in_the_browser_with_pkce(server: Scripted, unused_port: int) -> None:
    pages: list[str] = []
    asked: dict[str, str] = {}

    def browser(address: str) -> bool:
        asked.update({name: values[0] for name, values in parse_qs(urlsplit(address).query).items()})

        def come_back() -> None:
            for state in ("forged", asked["state"]):
                back = f"{asked['redirect_uri']}?code=c0de&state={state}"
                try:
                    with urllib.request.urlopen(back) as page:
                        pages.append(page.read().decode())
                except urllib.error.HTTPError as error:
                    pages.append(str(error.code))

        threading.Thread(target=come_back).start()
        return True

    token = b'{"access_token": "t", "token_type": "Bearer", "expires_in": 1800}'
    server.answer = lambda *_: Reply(200, token)
    kept = Kept()
    signed = oauth(server, kept, InBrowser("servicenow", unused_port, browser, wait_s=10))

    signed.sign_in()

    form = {name: values[0] for name, values in parse_qs(server.asked[0][3].decode()).items()}
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert (asked["code_challenge_method"], form["code"]) == ("S256", "c0de")
    assert signed.headers() == {"Authorization": "Bearer t"}
    assert pages[0] == "404"


def test_a_public_client_without_a_refresh_token_asks_the_user(server: Scripted) -> None:
    kept = Kept(text='{"access_token": "t", "expires_at": 1}')
    with pytest.raises(SignInNeeded):
        oauth(server, kept, InBrowser("servicenow", 0)).headers()
    assert server.asked == []


def test_a_taken_port_and_a_user_who_does_not_come_back(server: Scripted, unused_port: int) -> None:
    taken = int(server.url.rpartition(":")[2])
    with pytest.raises(Misused, match=str(taken)):
        oauth(server, Kept(), InBrowser("servicenow", taken, lambda _: True)).sign_in()
    with pytest.raises(SignInNeeded, match="i tide"):
        oauth(server, Kept(), InBrowser("servicenow", unused_port, lambda _: True, wait_s=0.05)).sign_in()


@pytest.fixture
def unused_port() -> int:
    free = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = free.server_address[1]
    free.server_close()
    return port
