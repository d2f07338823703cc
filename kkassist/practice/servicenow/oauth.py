"""Signing in: OAuth with all the grants a desktop may meet, basic auth and API keys.

A token lives `token_life_s`; while it lives the same one is handed out again. A client without a secret (a
public one) signs in with PKCE and gets no refresh token. Five wrong passwords lock the account.
"""

import base64
import hashlib
import html
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final
from urllib.parse import urlencode, urlsplit

from kkassist.practice.plumbing import Request, Response, json_response, redirect
from kkassist.practice.servicenow.answers import page
from kkassist.practice.servicenow.faults import Faults
from kkassist.practice.servicenow.tables import Row, Tables

PRIVATE_CLIENT: Final = "kkassist-desktop"
PRIVATE_SECRET: Final = "oevelse-klient"
PUBLIC_CLIENT: Final = "kkassist-offentlig"
INTEGRATION_CLIENT: Final = "kkassist-integration"
INTEGRATION_SECRET: Final = "oevelse-integration-klient"
API_KEY: Final = "oevelse-api-noegle"
REDIRECT_URIS: Final = tuple(
    f"http://{host}:{port}{path}"
    for host in ("127.0.0.1", "localhost")
    for port in range(8765, 8770)
    for path in ("", "/", "/callback")
)
REFRESH_LIFE_S: Final = 8_640_000
MAX_WRONG: Final = 5
_CODE_LIFE_S: Final = 120
_REFRESH_TAKES_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Client:
    """A registered application. Without a secret it is a public one."""

    client_id: str
    secret: str = ""
    redirect_uris: tuple[str, ...] = REDIRECT_URIS
    acts_as: str = ""
    """The user of the client credentials grant."""


@dataclass(frozen=True, slots=True)
class _Code:
    client_id: str
    user_name: str
    redirect_uri: str
    challenge: str
    expires: float


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    client_id: str
    user_name: str
    expires: float


class Denied(Exception):
    """A sign-in is turned down; says only what the real one says."""

    def __init__(self, description: str = "access_denied", error: str = "server_error", status: int = 401) -> None:
        super().__init__(description)
        self.response = json_response({"error_description": description, "error": error}, status)


class Identity:
    """Accounts, clients and the tokens they hold."""

    def __init__(
        self, tables: Tables, passwords: Mapping[str, str], integration: str, faults: Faults, token_life_s: int
    ) -> None:
        self.clients = {
            PRIVATE_CLIENT: Client(PRIVATE_CLIENT, PRIVATE_SECRET),
            PUBLIC_CLIENT: Client(PUBLIC_CLIENT),
            INTEGRATION_CLIENT: Client(INTEGRATION_CLIENT, INTEGRATION_SECRET, acts_as=integration),
        }
        self.api_keys = {API_KEY: integration}
        self.auto_consent = ""
        """A user name who is signed in at once, so that a browser flow can run without anybody."""
        self.token_life_s = token_life_s
        self.sign_ins: list[tuple[str, str]] = []
        """(grant, user) of every token handed out."""
        self._tables = tables
        self._passwords = dict(passwords)
        self._faults = faults
        self._wrong: dict[str, int] = {}
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, _Token] = {}
        self._refresh: dict[str, _Token] = {}
        self._refreshing: set[str] = set()
        self._made = 0
        self._lock = Lock()

    def user_of(self, request: Request) -> Row | None:
        """Who the request is from, by bearer token, password or key; None where that is nobody."""
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        match scheme.lower():
            case "bearer":
                token = self._access.get(credentials.strip())
                return self._user(token.user_name) if token and token.expires > self._now() else None
            case "basic":
                return self._basic(credentials.strip())
            case _:
                key = request.headers.get("x-sn-apikey", "")
                return self._user(self.api_keys[key]) if key in self.api_keys else None

    def kill_token(self, request: Request) -> bool:
        """Let the access token of a request die now."""
        token = request.headers.get("authorization", "").partition(" ")[2].strip()
        return self._access.pop(token, None) is not None

    def is_locked(self, user_name: str) -> bool:
        """Whether too many wrong passwords have closed the account."""
        return self._wrong.get(user_name, 0) >= MAX_WRONG

    def wrong_passwords(self, user_name: str) -> int:
        """How many wrong passwords came since the last right one."""
        return self._wrong.get(user_name, 0)

    def unlock(self, user_name: str) -> None:
        """Open a locked account again."""
        self._wrong.pop(user_name, None)

    def authorize(self, request: Request) -> Response:
        """`/oauth_auth.do`: the sign-in page of the browser flow, or at once back with a code."""
        asked = dict(request.query)
        if not asked.get("state"):
            return page("<p>Missing State parameter in request.</p>", 400)
        client = self.clients.get(asked.get("client_id", ""))
        address = asked.get("redirect_uri", "")
        if client is None or asked.get("response_type") != "code" or address not in client.redirect_uris:
            return page("<p>Invalid client_id, response_type or redirect_uri.</p>", 400)
        if asked.get("code_challenge") and asked.get("code_challenge_method", "S256") != "S256":
            return page("<p>Only S256 is supported as code_challenge_method.</p>", 400)
        if not client.secret and not asked.get("code_challenge"):
            return page("<p>A public client must send a code_challenge.</p>", 400)
        user = self._signed_in(request, asked)
        if user is None:
            return _sign_in_page(asked, wrong=request.method == "POST")
        code = self._new_code(client, user["user_name"], address, asked.get("code_challenge", ""))
        joint = "&" if urlsplit(address).query else "?"
        return redirect(f"{address}{joint}{urlencode({'code': code, 'state': asked['state']})}")

    def token(self, request: Request) -> Response:
        """`/oauth_token.do`: a code, a password, a refresh token or a client's secret for an access token."""
        asked = request.form()
        try:
            if request.query:
                raise Denied("invalid_request", "invalid_request", 400)
            client = self._client(asked)
            match asked.get("grant_type", ""):
                case "authorization_code":
                    return self._by_code(client, asked)
                case "password":
                    return self._by_password(client, asked)
                case "refresh_token":
                    return self._by_refresh(client, asked)
                case "client_credentials":
                    return self._by_secret(client)
                case _:
                    raise Denied("unsupported_grant_type", "unsupported_grant_type", 400)
        except Denied as denied:
            return denied.response

    def revoke(self, request: Request) -> Response:
        """`/oauth_revoke_token.do?token=…`: the token is dead; a refresh token takes its access tokens along."""
        value = dict(request.query).get("token") or request.form().get("token", "")
        with self._lock:
            self._access.pop(value, None)
            gone = self._refresh.pop(value, None)
            if gone:
                self._access = {
                    key: token
                    for key, token in self._access.items()
                    if (token.client_id, token.user_name) != (gone.client_id, gone.user_name)
                }
        return Response(200, b"")

    def _client(self, asked: Mapping[str, str]) -> Client:
        client = self.clients.get(asked.get("client_id", ""))
        if client is None or client.secret != asked.get("client_secret", ""):
            raise Denied
        return client

    def _by_code(self, client: Client, asked: Mapping[str, str]) -> Response:
        code = self._codes.pop(asked.get("code", ""), None)
        if code is None or code.client_id != client.client_id or code.expires < self._now():
            raise Denied
        if code.redirect_uri != asked.get("redirect_uri", ""):
            raise Denied
        if code.challenge and code.challenge != _challenge(asked.get("code_verifier", "")):
            raise Denied
        return self._hand_out(client, code.user_name, "authorization_code", refresh=bool(client.secret))

    def _by_password(self, client: Client, asked: Mapping[str, str]) -> Response:
        user_name = asked.get("username", "")
        if not client.secret or not self._password_fits(user_name, asked.get("password", "")):
            raise Denied
        return self._hand_out(client, user_name, "password", refresh=True)

    def _by_refresh(self, client: Client, asked: Mapping[str, str]) -> Response:
        value = asked.get("refresh_token", "")
        with self._lock:
            token = self._refresh.get(value)
            crowded = value in self._refreshing
            self._refreshing.add(value)
        try:
            # Two refreshes at once: the later one is refused, as clients of the real one report.
            if crowded or self._faults.strikes("refuse_refresh"):
                raise Denied
            if token is None or token.client_id != client.client_id or token.expires < self._now():
                raise Denied
            time.sleep(_REFRESH_TAKES_S)
            return self._hand_out(client, token.user_name, "refresh_token", refresh=True)
        finally:
            if not crowded:
                with self._lock:
                    self._refreshing.discard(value)

    def _by_secret(self, client: Client) -> Response:
        if not client.acts_as:
            raise Denied
        return self._hand_out(client, client.acts_as, "client_credentials", refresh=False)

    def _hand_out(self, client: Client, user_name: str, grant: str, *, refresh: bool) -> Response:
        now = self._now()
        with self._lock:
            access = self._living(self._access, client, user_name, self.token_life_s)
            answer: dict[str, object] = {
                "access_token": access.value,
                "scope": "useraccount",
                "token_type": "Bearer",
                "expires_in": max(0, int(access.expires - now)),
            }
            if refresh:
                answer["refresh_token"] = self._living(self._refresh, client, user_name, REFRESH_LIFE_S).value
            self.sign_ins.append((grant, user_name))
        return json_response(answer)

    def _living(self, tokens: dict[str, _Token], client: Client, user_name: str, life_s: int) -> _Token:
        """The token that client and user have already, else a new one."""
        owner = (client.client_id, user_name)
        for token in tokens.values():
            if (token.client_id, token.user_name) == owner and token.expires > self._now():
                return token
        token = _Token(self._secret_text(*owner), *owner, self._now() + life_s)
        tokens[token.value] = token
        return token

    def _new_code(self, client: Client, user_name: str, redirect_uri: str, challenge: str) -> str:
        with self._lock:
            value = self._secret_text("code", user_name)
            self._codes[value] = _Code(
                client.client_id, user_name, redirect_uri, challenge, self._now() + _CODE_LIFE_S
            )
        return value

    def _secret_text(self, *parts: str) -> str:
        """Open to whoever reads this file, as everything in a city where nothing is real."""
        self._made += 1
        return hashlib.sha256(":".join((*parts, str(self._made), str(id(self)))).encode()).hexdigest()

    def _signed_in(self, request: Request, asked: Mapping[str, str]) -> Row | None:
        """The user of the browser: named for practice, set to consent at once, or by the form's password."""
        chosen = asked.get("practice_user") or self.auto_consent
        if chosen:
            return self._user(chosen)
        if request.method != "POST":
            return None
        form = request.form()
        user_name = form.get("username", "")
        return self._user(user_name) if self._password_fits(user_name, form.get("password", "")) else None

    def _basic(self, credentials: str) -> Row | None:
        try:
            user_name, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except ValueError:
            return None
        return self._user(user_name) if self._password_fits(user_name, password) else None

    def _password_fits(self, user_name: str, password: str) -> bool:
        with self._lock:
            if user_name not in self._passwords or self.is_locked(user_name):
                return False
            if self._passwords[user_name] != password:
                self._wrong[user_name] = self._wrong.get(user_name, 0) + 1
                return False
            self._wrong.pop(user_name, None)
            return True

    def _user(self, user_name: str) -> Row | None:
        with self._tables.lock:
            found = self._tables.where("sys_user", "user_name", user_name)
        return found[0] if found and found[0].get("active") == "true" else None

    def _now(self) -> float:
        return self._tables.clock.now().timestamp()


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _sign_in_page(asked: Mapping[str, str], *, wrong: bool) -> Response:
    """A form that posts back to the same address."""
    action = html.escape("/oauth_auth.do?" + urlencode(asked))
    notice = "<p>Bruger-id eller adgangskode er forkert.</p>" if wrong else ""
    return page(
        "<!doctype html><html lang='da'><meta charset='utf-8'><title>Log på</title>"
        f"<h1>Øvelsesbyens ServiceNow</h1>{notice}<form method='post' action='{action}'>"
        "<label>Bruger-id <input name='username' autofocus></label> "
        "<label>Adgangskode <input name='password' type='password'></label> "
        "<button>Log på</button></form></html>",
        200,
    )
