"""One careful HTTP connection per outside system: time-outs, retries of reads, whole bodies, known errors.

Reads are asked again while the system is busy or the line breaks. Writes never are: a write whose answer was lost
is `OutcomeUnknown`, to be settled by asking. Nothing personal is logged: no query strings, headers or bodies.
"""

import logging
import random
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import requests
import truststore
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from kkassist.domain.errors import KkassistError, OutOfReach, SignInNeeded
from kkassist.domain.language import say
from kkassist.domain.settings import HttpSettings
from kkassist.remote.sign_in import SignIn, system_name

_log = logging.getLogger(__name__)

LONGEST_PAUSE_S: Final = 10.0
"""A system that asks for a longer wait than this is left to the caller (`OutOfReach.retry_after_s`)."""
MAX_BODY: Final = 256 * 1024 * 1024
_ATTEMPTS: Final = 4
_RENEWALS: Final = 2
_CONNECT_S: Final = 10.0
_BUSY: Final = frozenset({408, 429, 500, 502, 503, 504})
_CHUNK: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer with a status below 400. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The decoded body; `msgspec.DecodeError` where it is not JSON."""
        return msgspec.json.decode(self.body)


class Refusal(KkassistError):
    """The system understood and said no (4xx). `message` and `detail` are its own words; `body` its answer."""

    def __init__(self, system: str, status: int, message: str, detail: str, body: bytes = b"") -> None:
        words = detail or message or say("fejl {status}", status=status)
        super().__init__(
            say("{system} afviste: {words}", system=system_name(system), words=words),
            log_detail=f"{system} {status}",
        )
        self.system = system
        self.status = status
        self.message = message
        self.detail = detail
        self.body = body


class OutcomeUnknown(OutOfReach):
    """A write was sent and its answer lost: it may have been done. Ask before it is ever sent again."""


class _Broken(Exception):
    """One attempt failed; `sent` tells whether the system may have acted on it."""

    def __init__(
        self, why: str, *, sent: bool, retry_after_s: float = 0, sentence: str = "", detail: str = ""
    ) -> None:
        super().__init__(why)
        self.sent = sent
        self.retry_after_s = retry_after_s
        self.sentence = sentence
        self.detail = detail


class _LoginPage(Exception):
    """The answer is a page to sign in on. With a status that says that all is well a write may have been done."""

    def __init__(self, *, in_place_of_answer: bool) -> None:
        super().__init__()
        self.in_place_of_answer = in_place_of_answer


class Connection:
    """Requests to one system below one address. Safe to use from several threads."""

    def __init__(
        self,
        system: str,
        base_url: str,
        settings: HttpSettings,
        sign_in: SignIn,
        *,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """`pause` waits between attempts; a stop flag's `wait` lets a closing program through."""
        self.system = system
        self.base_url = base_url.rstrip("/")
        self.sign_in = sign_in
        self._timeout_s = settings.timeout_s
        self._session = open_session(self.base_url, settings)
        self._pause = pause

    def close(self) -> None:
        self._session.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        data: bytes | Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
        expect: str = "",
        reads_only: bool | None = None,
        max_body: int = MAX_BODY,
    ) -> Answer:
        """Send one request and return the whole answer.

        `expect` is the content type without which the answer is no answer ("application/json"); `reads_only` says
        that asking twice does no harm (default: GET and HEAD). `timeout_s` bounds the whole exchange.
        Raises `OutOfReach`, `SignInNeeded`, `Refusal`, and for writes `OutcomeUnknown`.
        """
        body = msgspec.json.encode(json) if json is not None else data
        sent_headers = {"Accept": expect or "application/json", **(headers or {})}
        if json is not None:
            sent_headers.setdefault("Content-Type", "application/json")
        call = _Call(method, self._url(path), params, body, sent_headers, timeout_s, expect, max_body)
        harmless = method in {"GET", "HEAD"} if reads_only is None else reads_only
        return self._signed_in(call, harmless=harmless)

    def _url(self, path: str) -> str:
        return f"{self.base_url}/{path.lstrip('/')}" if path else self.base_url

    def _signed_in(self, call: "_Call", *, harmless: bool) -> Answer:
        """Renew a refused sign-in, for tokens die on the way; stop when fresh ones are refused too: accounts lock."""
        credentials = self.sign_in.headers()
        for renewals_left in reversed(range(_RENEWALS + 1)):
            try:
                return self._persist(call, credentials, harmless=harmless)
            except _LoginPage as page:
                refused = False
                if page.in_place_of_answer and not harmless:
                    raise self._lost_write(_Broken("a page in place of the answer", sent=True)) from None
            except Refusal as refusal:
                if refusal.status != 401 or not credentials:
                    raise
                refused = True
            if not renewals_left:
                if refused:
                    self.sign_in.refused()
                break
            if not self.sign_in.renew(_credential(credentials)):
                break
            credentials = self.sign_in.headers()
        raise self._sign_in_needed()

    def _persist(self, call: "_Call", credentials: Mapping[str, str], *, harmless: bool) -> Answer:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._once(call, credentials)
            except _Broken as broken:
                if not harmless:
                    raise self._lost_write(broken) from None
                if attempt == _ATTEMPTS or broken.retry_after_s > LONGEST_PAUSE_S or broken.sentence:
                    raise self._out_of_reach(broken) from None
                _log.info("%s: %s, attempt %d", self.system, broken, attempt)
                self._pause(broken.retry_after_s or _backoff(attempt))
        raise AssertionError("every attempt returns or raises")

    def _once(self, call: "_Call", credentials: Mapping[str, str]) -> Answer:
        started = time.monotonic()
        deadline = started + (call.timeout_s or 4 * self._timeout_s)
        try:
            with self._session.request(
                call.method,
                call.url,
                params=call.params,
                data=call.body,
                headers={**call.headers, **credentials},
                timeout=(min(_CONNECT_S, self._timeout_s), self._timeout_s),
                stream=True,
                allow_redirects=False,
            ) as response:
                body = _whole_body(response, deadline, call)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _broken_line(error) from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        path = urlsplit(call.url).path
        took_ms = (time.monotonic() - started) * 1000
        _log.debug("%s %s %s %d %.0f ms", self.system, call.method, path, response.status_code, took_ms)
        return self._judged(call, Answer(response.status_code, headers, body))

    def _judged(self, call: "_Call", answer: Answer) -> Answer:
        if answer.status in _BUSY:
            message, detail = words_of(answer.body)
            raise _Broken(
                f"status {answer.status}",
                sent=answer.status != 429,
                retry_after_s=retry_after(answer.headers),
                detail=detail or message,
            )
        if 300 <= answer.status < 400:
            raise _LoginPage(in_place_of_answer=False)
        if answer.status >= 400:
            raise Refusal(self.system, answer.status, *words_of(answer.body), answer.body)
        if call.expect and answer.status != 204 and call.method != "HEAD":
            _check_content(answer, call.expect)
        return answer

    def _lost_write(self, broken: _Broken) -> OutOfReach:
        if not broken.sent:
            return self._out_of_reach(broken)
        return OutcomeUnknown(
            say(
                "Svaret fra {system} gik tabt. kkassist spørger, om det blev gjort.",
                system=system_name(self.system),
            ),
            system=self.system,
            log_detail=_told(broken),
            retry_after_s=broken.retry_after_s,
        )

    def _out_of_reach(self, broken: _Broken) -> OutOfReach:
        sentence = broken.sentence or say(
            "{system} svarer ikke. kkassist prøver igen.", system=system_name(self.system)
        )
        return OutOfReach(
            sentence,
            system=self.system,
            log_detail=f"{self.system}: {_told(broken)}",
            retry_after_s=broken.retry_after_s,
        )

    def _sign_in_needed(self) -> SignInNeeded:
        return SignInNeeded(
            say("Log ind på {system} igen.", system=system_name(self.system)),
            system=self.system,
            log_detail=f"{self.system}: sign-in refused",
        )


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    url: str
    params: Mapping[str, str] | None
    body: bytes | Mapping[str, str] | None
    headers: Mapping[str, str]
    timeout_s: float | None
    expect: str
    max_body: int


class _SystemCertificates(HTTPAdapter):
    """Trusts what the operating system trusts, which a municipality's inspecting proxy demands."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=_system_context(), **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=_system_context(), **kwargs)


def _system_context() -> ssl.SSLContext:
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def open_session(base_url: str, settings: HttpSettings) -> requests.Session:
    """A session with the settings' certificates and proxies.

    It keeps no cookies (a kept one would speak for the user who signed out, and serialises requests) and reads no
    .netrc (whose password would replace ours).
    """
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"User-Agent": "kkassist", "Accept-Encoding": "gzip, deflate"})
    session.proxies.update(_proxies(base_url, settings.proxy))
    if settings.ca_bundle == "system":
        session.mount("https://", _SystemCertificates(pool_maxsize=8))
    else:
        session.verify = settings.ca_bundle
    session.mount("http://", HTTPAdapter(pool_maxsize=8))
    return session


def _proxies(base_url: str, proxy: str) -> dict[str, str]:
    if _is_loopback(urlsplit(base_url).hostname or "") or proxy in {"", "none"}:
        return {}
    if proxy == "system":
        return {scheme: url for scheme, url in get_environ_proxies(base_url).items() if url}
    return {"http": proxy, "https": proxy}


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _whole_body(response: requests.Response, deadline: float, call: _Call) -> bytes:
    """The whole body or `_Broken`: cut bodies, dripping answers and floods are no answers."""
    parts: list[bytes] = []
    size = 0
    if call.method != "HEAD":
        for part in _parts(response.raw):
            size += len(part)
            parts.append(part)
            if size > call.max_body:
                raise _Broken("too much", sent=True, sentence=say("Svaret er større, end kkassist tager imod."))
            if time.monotonic() > deadline:
                raise _Broken(
                    "over time", sent=True, sentence=say("Svaret kommer for langsomt. kkassist prøver igen.")
                )
    promised = response.headers.get("Content-Length", "")
    if promised.isdigit() and call.method != "HEAD" and response.raw.tell() < int(promised):
        raise _Broken("cut body", sent=True)
    return b"".join(parts)


def _parts(raw: urllib3.HTTPResponse) -> Iterator[bytes]:
    """What has come, as it comes: a dripping answer must hand back control to the clock."""
    while part := raw.read1(_CHUNK, decode_content=True):
        yield part


def _broken_line(error: Exception) -> _Broken:
    root: BaseException = error
    reasons: list[BaseException] = []
    while root not in reasons:
        reasons.append(root)
        reason = getattr(root, "reason", None)
        inner = reason if isinstance(reason, BaseException) else (root.args[0] if root.args else None)
        root = inner if isinstance(inner, BaseException) else (root.__cause__ or root.__context__ or root)
    why = "/".join(type(one).__name__ for one in reasons)
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in reasons):
        sentence = say("Certifikatet kan ikke godkendes. Sæt http.ca_bundle, eller spørg IT.")
        return _Broken(why, sent=False, sentence=sentence)
    unsent = (
        requests.ConnectTimeout,
        requests.exceptions.ProxyError,
        requests.exceptions.InvalidURL,
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.ConnectTimeoutError,
    )
    return _Broken(why, sent=not any(isinstance(one, unsent) for one in reasons))


def _check_content(answer: Answer, expect: str) -> None:
    content_type = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    if not answer.body.strip():
        raise _Broken("empty answer", sent=True)
    if content_type == expect or (expect == "application/json" and content_type.endswith("+json")):
        return
    text = answer.body[:20_000].lower()
    if any(mark in text for mark in (b"hibernat", b"dvale")):
        raise _Broken("hibernating", sent=True, sentence=say("Systemet er i dvale. Vent et par minutter."))
    if any(
        mark in text
        for mark in (
            b"login",
            b"log in",
            b"log ind",
            "log på".encode(),
            b"sign in",
            b"samlrequest",
            b'type="password"',
        )
    ):
        raise _LoginPage(in_place_of_answer=True)
    raise _Broken(f"answered {content_type or 'no content type'}", sent=True)


def words_of(body: bytes) -> tuple[str, str]:
    """The (message, detail) of an error answer, in the envelopes of ServiceNow, UiPath and OAuth; ("", "") if none."""
    try:
        answer = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return "", ""
    if not isinstance(answer, dict):
        return "", ""
    error = answer.get("error")
    if isinstance(error, dict):
        return _text(error.get("message")), _text(error.get("detail"))
    return _text(answer.get("message") or error), _text(answer.get("error_description"))


def _text(value: object) -> str:
    return value.strip()[:1000] if isinstance(value, str) else ""


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds the system asks us to wait, 0 when it does not say. Dates are read by the system's own clock."""
    wanted = headers.get("retry-after", "").strip()
    if wanted.isdigit():
        return float(wanted)
    now = _http_date(headers.get("date", "")) or datetime.now(UTC)
    until = _http_date(wanted)
    reset = headers.get("x-ratelimit-reset", "").strip()
    if until is None and reset.isdigit() and not wanted:
        until = datetime.fromtimestamp(int(reset), UTC)
    return max(0.0, (until - now).total_seconds()) if until else 0.0


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _backoff(attempt: int) -> float:
    return min(0.25 * 2.0 ** (attempt - 1), 4.0) * random.uniform(0.75, 1.25)


def _credential(headers: Mapping[str, str]) -> str:
    return next(iter(headers.values()), "")


def _told(broken: _Broken) -> str:
    return f"{broken} ({broken.detail})" if broken.detail else str(broken)
