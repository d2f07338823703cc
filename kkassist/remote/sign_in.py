"""How kkassist proves who the user is: OAuth in three ways, a password, an API key, or nothing.

A refused sign-in is never repeated: accounts lock. Only the user's own act (`sign_in`) tries again.
"""

import base64
import hashlib
import hmac
import math
import secrets as random_secrets
import threading
import time
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlencode

import msgspec

from kkassist.domain.errors import Misused, OutOfReach, SignInNeeded
from kkassist.domain.language import say
from kkassist.domain.settings import HttpSettings, KkorgSettings, RobotSettings, ServiceNowSettings
from kkassist.remote.browser_callback import wait_for_code

if TYPE_CHECKING:
    from kkassist.remote.http import Connection

_NAMES: Final = {"servicenow": "ServiceNow", "kkorg": "KKorg", "robots": "Robotterne"}
ROBOT_SCOPES: Final = "OR.Queues OR.Jobs OR.Execution OR.Folders.Read"
_SIGNED_OUT: Final = "signed out"
_EARLY_S: Final = 30.0
"""A token is renewed this long before it ends, since the request must arrive while it lives."""


def system_name(system: str) -> str:
    """What a user calls the system."""
    return _NAMES.get(system, system)


class SignIn(Protocol):
    """Credentials of one system."""

    def headers(self) -> dict[str, str]:
        """The headers that say who asks. `SignInNeeded` when only the user can help."""
        ...

    def renew(self, rejected: str) -> bool:
        """The system refused this credential: get another. False when there is none to be had. Single flight."""
        ...

    def refused(self) -> None:
        """A credential that was just renewed was refused too: try nothing more until the user acts."""
        ...

    def sign_in(self) -> None:
        """The user acts: sign in now (browser, or the kept secret). Raises `SignInNeeded`, `OutOfReach`."""
        ...

    def sign_out(self) -> None:
        """Revoke and forget."""
        ...


class TokenKeeper(Protocol):
    """Where a token is kept between runs (the encrypted workspace)."""

    def load(self) -> str | None: ...

    def save(self, text: str) -> None: ...


class Secrets(Protocol):
    """Where passwords and client secrets are kept (the operating system's keyring, or the environment)."""

    def get(self, system: str, name: str) -> str | None: ...

    def set(self, system: str, name: str, secret: str) -> None: ...

    def forget(self, system: str, name: str) -> None: ...


class NoSignIn:
    """For a system that asks nobody who they are."""

    def headers(self) -> dict[str, str]:
        return {}

    def renew(self, rejected: str) -> bool:  # noqa: ARG002
        return False

    def refused(self) -> None:
        return None

    def sign_in(self) -> None:
        return None

    def sign_out(self) -> None:
        return None


class _KeptSecret:
    """A secret sent with each request. Once refused, the same secret is not sent again before the user acts."""

    _name: str

    def __init__(self, system: str, secrets: Secrets, keeper: TokenKeeper) -> None:
        self._system = system
        self._secrets = secrets
        self._keeper = keeper

    def headers(self) -> dict[str, str]:
        secret = self._secrets.get(self._system, self._name)
        if secret is None or _is_marked(self._keeper, secret):
            raise needed(self._system)
        return self._with(secret)

    def renew(self, rejected: str) -> bool:  # noqa: ARG002
        self.refused()
        return False

    def refused(self) -> None:
        _mark(self._keeper, self._secrets.get(self._system, self._name) or "")

    def sign_in(self) -> None:
        self._keeper.save("")
        self.headers()

    def sign_out(self) -> None:
        self.refused()  # a secret that the environment holds cannot be forgotten, but it is not used either
        self._secrets.forget(self._system, self._name)

    def _with(self, secret: str) -> dict[str, str]:
        return {self._name: secret}


class Basic(_KeptSecret):
    """User name and password with each request."""

    _name = "password"

    def __init__(self, system: str, user: str, secrets: Secrets, keeper: TokenKeeper) -> None:
        super().__init__(system, secrets, keeper)
        self._user = user

    def _with(self, secret: str) -> dict[str, str]:
        credentials = base64.b64encode(f"{self._user}:{secret}".encode()).decode()
        return {"Authorization": f"Basic {credentials}"}


class ApiKey(_KeptSecret):
    """A key in a header of the system's own."""

    _name = "api_key"

    def __init__(self, system: str, secrets: Secrets, keeper: TokenKeeper, header: str = "x-sn-apikey") -> None:
        super().__init__(system, secrets, keeper)
        self._header = header

    def _with(self, secret: str) -> dict[str, str]:
        return {self._header: secret}


@dataclass(frozen=True, slots=True)
class OAuthServer:
    """Where tokens come from. `authorize_url` and `revoke_url` may be "" where the flow has none."""

    token_url: str
    client_id: str
    authorize_url: str = ""
    revoke_url: str = ""
    scope: str = ""


class Token(msgspec.Struct, frozen=True, omit_defaults=True):
    """A token as it is kept. `expires_at` is seconds since 1970, 0 when the server did not say."""

    access_token: str = ""
    refresh_token: str = ""
    expires_at: float = 0
    refused: str = ""
    """Set when the sign-in was refused, or the user signed out: nothing is tried before she acts."""
    mark: str = ""
    """A print of the secrets that were refused: new ones may be tried."""


class Grant(Protocol):
    """A way to the first token."""

    @property
    def silent(self) -> bool:
        """Whether it needs nobody at the screen."""
        ...

    def form(self, server: OAuthServer) -> dict[str, str]:
        """The fields of the token request."""
        ...


@dataclass(frozen=True, slots=True)
class Password:
    """The resource owner's password (test instances only: hardened instances refuse it)."""

    system: str
    user: str
    secrets: Secrets
    silent: bool = True

    def form(self, server: OAuthServer) -> dict[str, str]:  # noqa: ARG002
        password = self.secrets.get(self.system, "password")
        if password is None:
            raise needed(self.system)
        return {"grant_type": "password", "username": self.user, "password": password}


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """The program signs in as itself."""

    silent: bool = True

    def form(self, server: OAuthServer) -> dict[str, str]:  # noqa: ARG002
        return {"grant_type": "client_credentials"}


@dataclass(frozen=True, slots=True)
class InBrowser:
    """Authorization code with PKCE in the user's own browser, where single sign-on and MFA happen."""

    system: str
    port: int
    open_browser: Callable[[str], bool] = webbrowser.open
    wait_s: float = 300
    silent: bool = False

    def form(self, server: OAuthServer) -> dict[str, str]:
        verifier = random_secrets.token_urlsafe(64)
        state = random_secrets.token_urlsafe(32)
        redirect_uri = f"http://127.0.0.1:{self.port}/callback"
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        question = {
            "response_type": "code",
            "client_id": server.client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **({"scope": server.scope} if server.scope else {}),
        }
        join = "&" if "?" in server.authorize_url else "?"
        address = f"{server.authorize_url}{join}{urlencode(question)}"
        code = wait_for_code(self.system, self.port, state, lambda: self.open_browser(address), self.wait_s)
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }


class OAuth:
    """A token, kept and renewed. One renewal at a time, whoever asks; a refused one asks the user once."""

    def __init__(
        self,
        system: str,
        server: OAuthServer,
        grant: Grant,
        secrets: Secrets,
        keeper: TokenKeeper,
        *,
        settings: HttpSettings,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._system = system
        self._server = server
        self._grant = grant
        self._secrets = secrets
        self._keeper = keeper
        self._settings = settings
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._token: Token | None = None

    def headers(self) -> dict[str, str]:
        with self._one_at_a_time:
            token = self._token or self._kept()
            if not token.access_token or self._is_ending(token):
                token = self._another(token)
            self._token = token
            return {"Authorization": f"Bearer {token.access_token}"}

    def renew(self, rejected: str) -> bool:
        with self._one_at_a_time:
            token = self._kept()
            if not token.access_token or f"Bearer {token.access_token}" == rejected:
                try:
                    token = self._another(token)
                except SignInNeeded:
                    return False
            self._token = token
            return True

    def refused(self) -> None:
        with self._one_at_a_time:
            self._block("refused")

    def sign_in(self) -> None:
        with self._one_at_a_time:
            self._keep(self._ask(self._grant.form(self._server)))

    def sign_out(self) -> None:
        with self._one_at_a_time:
            token = self._kept()
            self._block(_SIGNED_OUT)
            for value in (token.refresh_token, token.access_token):
                if value and self._server.revoke_url:
                    self._revoke(value)
            self._secrets.forget(self._system, "password")

    def _kept(self) -> Token:
        """What is kept now: another process of the same user may have renewed it."""
        try:
            return msgspec.json.decode(self._keeper.load() or "{}", type=Token)
        except msgspec.DecodeError:
            return Token()

    def _is_ending(self, token: Token) -> bool:
        return bool(token.expires_at) and token.expires_at - _EARLY_S < self._clock()

    def _another(self, token: Token) -> Token:
        """A token in place of this one: by refresh, else by a grant that needs nobody."""
        if token.refused and not self._has_new_secrets(token):
            raise needed(self._system)
        if token.refresh_token:
            refresh = {"grant_type": "refresh_token", "refresh_token": token.refresh_token}
            try:
                return self._keep(_lived_out(self._ask(refresh, old_refresh=token.refresh_token), token))
            except SignInNeeded:
                if not self._grant.silent:
                    self._block("refresh")
                    raise
        if not self._grant.silent:
            raise needed(self._system)
        try:
            return self._keep(self._ask(self._grant.form(self._server)))
        except SignInNeeded:
            self._block("grant")
            raise

    def _block(self, why: str) -> None:
        self._token = None
        mark = _marked(self._secret()) if self._grant.silent and why != _SIGNED_OUT else ""
        self._keeper.save(msgspec.json.encode(Token(refused=why, mark=mark)).decode())

    def _has_new_secrets(self, token: Token) -> bool:
        """Whether the user has given other secrets since these were refused."""
        return bool(token.mark) and not _fits(token.mark, self._secret())

    def _secret(self) -> str:
        return "\0".join(self._secrets.get(self._system, name) or "" for name in ("password", "client_secret"))

    def _keep(self, token: Token) -> Token:
        self._token = token
        self._keeper.save(msgspec.json.encode(token).decode())
        return token

    def _ask(self, form: Mapping[str, str], old_refresh: str = "") -> Token:
        from kkassist.remote.http import OutcomeUnknown, Refusal  # noqa: PLC0415 - http needs SignIn, its errors are needed here

        try:
            answer = self._connection(self._server.token_url).send(
                "POST",
                "",
                data={**form, **self._client()},
                headers=_FORM,
                reads_only=False,
                expect="application/json",
            )
            given = answer.json()
        except Refusal as refusal:
            raise needed(self._system, refusal.detail or refusal.message) from None
        except OutcomeUnknown as lost:  # nothing of the user's was sent, so nothing of hers is in doubt
            raise _silent(self._system, lost) from None
        except msgspec.DecodeError:
            raise _nonsense(self._system) from None
        if not isinstance(given, dict) or not isinstance(given.get("access_token"), str):
            raise _nonsense(self._system)
        life = _seconds(given.get("expires_in"))
        return Token(
            access_token=given["access_token"],
            refresh_token=str(given.get("refresh_token") or old_refresh),
            expires_at=self._clock() + life if life > 0 else 0,
        )

    def _client(self) -> dict[str, str]:
        secret = self._secrets.get(self._system, "client_secret")
        scope = {"scope": self._server.scope} if self._server.scope else {}
        return {"client_id": self._server.client_id, **scope, **({"client_secret": secret} if secret else {})}

    def _revoke(self, value: str) -> None:
        """Tell the server; a sign-out holds here even when the server cannot be told."""
        from kkassist.domain.errors import KkassistError  # noqa: PLC0415

        try:
            self._connection(self._server.revoke_url).send(
                "POST", "", data={"token": value, **self._client()}, headers=_FORM, reads_only=False
            )
        except KkassistError:
            return

    def _connection(self, url: str) -> "Connection":
        from kkassist.remote.http import Connection  # noqa: PLC0415

        return Connection(self._system, url, self._settings, NoSignIn())


_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


def needed(system: str, words: str = "") -> SignInNeeded:
    """The sentence for a user who must sign in, with the server's own words where there are some."""
    if words:
        sentence = say("{system} afviste login: {words}. Log ind igen.", system=system_name(system), words=words)
    else:
        sentence = say("Log ind på {system}.", system=system_name(system))
    return SignInNeeded(sentence, system=system, log_detail=f"{system}: sign-in needed")


def _seconds(told: object) -> float:
    """A token's life as the server tells it, a number or a text; 0 when it does not."""
    try:
        life = float(told) if isinstance(told, int | float | str) else 0.0
    except ValueError:
        return 0.0
    return life if math.isfinite(life) else 0.0


def _lived_out(fresh: Token, before: Token) -> Token:
    """ServiceNow gives the same token again while it lives: it is used to its end, not asked for at each request."""
    if fresh.access_token != before.access_token or not fresh.expires_at:
        return fresh
    return msgspec.structs.replace(fresh, expires_at=fresh.expires_at + _EARLY_S)


def _silent(system: str, lost: OutOfReach) -> OutOfReach:
    sentence = say("{system} svarer ikke. kkassist prøver igen.", system=system_name(system))
    return OutOfReach(sentence, system=system, log_detail=lost.log_detail, retry_after_s=lost.retry_after_s)


def _nonsense(system: str) -> OutOfReach:
    return OutOfReach(
        say("{system} gav et svar på login, som ikke kan læses.", system=system_name(system)), system=system
    )


def _mark(keeper: TokenKeeper, secret: str) -> None:
    keeper.save(_marked(secret))


def _is_marked(keeper: TokenKeeper, secret: str) -> bool:
    return _fits(keeper.load() or "", secret)


def _marked(secret: str) -> str:
    salt = random_secrets.token_hex(16)
    return f"{salt}:{_print_of(salt, secret)}"


def _fits(marked: str, secret: str) -> bool:
    salt, _, mark = marked.partition(":")
    return bool(mark) and hmac.compare_digest(mark, _print_of(salt, secret))


def _print_of(salt: str, secret: str) -> str:
    return hashlib.scrypt(secret.encode(), salt=salt.encode(), n=1024, r=8, p=1).hex()


def servicenow_server(url: str, client_id: str) -> OAuthServer:
    """ServiceNow's own addresses for OAuth."""
    base = url.rstrip("/")
    return OAuthServer(
        token_url=f"{base}/oauth_token.do",
        client_id=client_id,
        authorize_url=f"{base}/oauth_auth.do",
        revoke_url=f"{base}/oauth_revoke_token.do",
    )


def for_servicenow(
    settings: ServiceNowSettings, http: HttpSettings, secrets: Secrets, keeper: TokenKeeper
) -> SignIn:
    """The sign-in to ServiceNow that the settings name. `Misused` when a client id is missing."""
    system = "servicenow"
    if settings.auth == "basic":
        return Basic(system, settings.user, secrets, keeper)
    if settings.auth == "api-key":
        return ApiKey(system, secrets, keeper)
    if not settings.client_id:
        raise Misused(say("Sæt servicenow.client_id i indstillingerne."))
    grant: Grant
    match settings.auth:
        case "oauth-pkce":
            grant = InBrowser(system, settings.redirect_port)
        case "oauth-password":
            grant = Password(system, settings.user, secrets)
        case "client-credentials":
            grant = ClientCredentials()
    server = servicenow_server(settings.url, settings.client_id)
    return OAuth(system, server, grant, secrets, keeper, settings=http)


def for_kkorg(settings: KkorgSettings, http: HttpSettings, secrets: Secrets, keeper: TokenKeeper) -> SignIn:
    """The sign-in to OS2mo: OIDC client credentials at its Keycloak, or none."""
    if settings.auth == "none":
        return NoSignIn()
    if not (settings.token_url and settings.client_id):
        raise Misused(say("Sæt kkorg.token_url og kkorg.client_id i indstillingerne."))
    server = OAuthServer(settings.token_url, settings.client_id)
    return OAuth("kkorg", server, ClientCredentials(), secrets, keeper, settings=http)


def for_robots(settings: RobotSettings, http: HttpSettings, secrets: Secrets, keeper: TokenKeeper) -> SignIn:
    """The sign-in to UiPath Orchestrator's identity server, as the program or as the user."""
    token_url = settings.token_url or f"{settings.url.rstrip('/')}/identity/connect/token"
    base = token_url.removesuffix("/token")
    server = OAuthServer(
        token_url,
        settings.client_id,
        authorize_url=f"{base}/authorize",
        revoke_url=f"{base}/revocation",
        scope=ROBOT_SCOPES if settings.auth == "client-credentials" else f"{ROBOT_SCOPES} offline_access",
    )
    grant: Grant = (
        ClientCredentials()
        if settings.auth == "client-credentials"
        else InBrowser("robots", settings.redirect_port)
    )
    return OAuth("robots", server, grant, secrets, keeper, settings=http)
