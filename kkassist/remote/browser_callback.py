"""The loopback door that the browser comes back to with the code of a sign-in."""

import errno
import hmac
import html
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from kkassist.domain.errors import Misused, SignInNeeded
from kkassist.domain.language import say


class _Door(HTTPServer):
    allow_reuse_address = False  # on Windows "reuse" would let another program share the port and the code

    def __init__(self, port: int, state: str) -> None:
        super().__init__(("127.0.0.1", port), _Visitor)
        self.state = state
        self.code = ""
        self.error = ""


class _Visitor(BaseHTTPRequestHandler):
    server: _Door
    timeout = 5

    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if not hmac.compare_digest(asked.get("state", ""), self.server.state):
            self._page(404, say("Siden findes ikke."))
            return
        self.server.code = asked.get("code", "")
        self.server.error = "" if self.server.code else asked.get("error_description", asked.get("error", "?"))
        if self.server.code:
            self._page(200, say("Du er logget ind. Du kan lukke fanen."))
        else:
            self._page(200, say("Login blev ikke gennemført. Du kan lukke fanen."))

    def _page(self, status: int, sentence: str) -> None:
        body = (
            '<!doctype html><html lang="da"><meta charset="utf-8"><title>kkassist</title>'
            f'<body style="font-family:sans-serif;margin:4rem">{html.escape(sentence)}</body></html>'
        ).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the line would hold the code."""


def wait_for_code(system: str, port: int, state: str, open_browser: Callable[[], bool], wait_s: float) -> str:
    """Open the browser and wait for it to come back with this state; the authorization code.

    `SignInNeeded` when the user does not come back in `wait_s` seconds or the server refuses; `Misused` when the
    port is taken.
    """
    try:
        door = _Door(port, state)
    except OSError as error:
        if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
            raise
        sentence = say(
            "Port {port}, som login skal bruge, er optaget. Luk det andet program, eller vælg en anden redirect_port.",
            port=port,
        )
        raise Misused(sentence) from None
    with door:
        if not open_browser():
            raise SignInNeeded(say("Browseren kunne ikke åbnes, så login er ikke gennemført."), system=system)
        until = time.monotonic() + wait_s
        while not (door.code or door.error) and (left := until - time.monotonic()) > 0:
            door.timeout = left
            door.handle_request()
    if door.code:
        return door.code
    if door.error:
        raise SignInNeeded(say("Login blev afvist: {words}.", words=door.error[:300]), system=system)
    raise SignInNeeded(say("Login blev ikke gennemført i tide. Prøv igen."), system=system)
