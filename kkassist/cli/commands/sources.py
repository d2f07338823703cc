"""sync, push, login, logout."""

import argparse
import getpass
import sys
from typing import TYPE_CHECKING

from kkassist.actions import sources as verbs
from kkassist.cli.app import Context
from kkassist.cli.commands.cases import entry_data
from kkassist.cli.outcome import Outcome
from kkassist.domain.errors import Misused, OutOfReach
from kkassist.domain.language import say
from kkassist.domain.settings import Settings

if TYPE_CHECKING:
    from kkassist.cli.commands import Several

SOURCES = ("servicenow", "opus", "kkorg", "edoc")
SYSTEMS = ("servicenow", "kkorg", "robots")


def add(several: "Several") -> None:
    sync = several.add_parser("sync", help="fetch what changed in the outside systems")
    sync.add_argument("--full", action="store_true", help="everything again, and find what was removed")
    sync.add_argument("--source", action="append", choices=SOURCES, default=[])
    sync.set_defaults(run=_sync)
    push = several.add_parser("push", help="send the pending changes")
    push.set_defaults(run=_push)
    login = several.add_parser("login", help="sign in")
    login.add_argument("system", choices=SYSTEMS)
    login.set_defaults(run=_login)
    logout = several.add_parser("logout", help="sign out and forget the tokens")
    logout.add_argument("system", choices=SYSTEMS)
    logout.set_defaults(run=_logout)


def _sync(context: Context, arguments: argparse.Namespace) -> Outcome:
    desk = context.desk()

    def report(source: str, done: int, total: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{source}: {done}{f' / {total}' if total else ''}   ")

    results = verbs.sync_now(desk, arguments.source, full=arguments.full, report=report)
    lines = [
        say(
            "{source}: {fetched} hentet, {created} nye, {changed} ændret, {removed} væk ({seconds:.1f} s) {error}",
            source=one.source,
            fetched=one.fetched,
            created=one.created,
            changed=one.changed,
            removed=one.removed,
            seconds=one.seconds,
            error=one.error,
        )
        for one in results
    ]
    failed = any(one.error for one in results)
    data = {"sources": results, "conflicts": verbs.conflicts(desk)}
    return Outcome(data, lines, exit_code=OutOfReach.exit_code if failed else 0)


def _push(context: Context, _: argparse.Namespace) -> Outcome:
    desk = context.desk()
    result = verbs.push_now(desk)
    refused = [entry_data(one) for one in result.refused]
    data = {"sent": result.sent, "refused": refused, "waiting": result.waiting, "conflicts": result.conflicts}
    line = say(
        "{sent} sendt, {refused} afvist, {waiting} venter, {conflicts} i konflikt",
        sent=result.sent,
        refused=len(refused),
        waiting=result.waiting,
        conflicts=result.conflicts,
    )
    return Outcome(data, [line, *(f"{one.number}: {one.detail}" for one in result.refused)])


def _login(context: Context, arguments: argparse.Namespace) -> Outcome:
    desk, vault = context.desk(), context.vault()
    secret = _secret_of(desk.settings, arguments.system)
    if secret and vault.get(arguments.system, secret) is None:
        vault.set(
            arguments.system, secret, _ask(say("Adgangskode eller nøgle til {system}", system=arguments.system))
        )
    verbs.login(desk, arguments.system)
    return Outcome({"system": arguments.system, "signed_in": True}, [say("Du er logget ind.")])


def _secret_of(settings: Settings, system: str) -> str:
    """Name of the secret that the system's way of signing in needs, "" for the browser."""
    if system == "servicenow" and settings.servicenow is not None:
        names = {"oauth-password": "password", "basic": "password", "api-key": "api_key"}
        return names.get(settings.servicenow.auth, "client_secret" if _by_client(settings.servicenow.auth) else "")
    if system == "robots" and settings.robots is not None:
        return "client_secret" if _by_client(settings.robots.auth) else ""
    by_oidc = system == "kkorg" and settings.kkorg is not None and settings.kkorg.auth == "oidc"
    return "client_secret" if by_oidc else ""


def _by_client(auth: str) -> bool:
    return auth == "client-credentials"


def _ask(prompt: str) -> str:
    """A secret from the terminal, or the first line of standard input where there is none."""
    secret = (
        getpass.getpass(f"{prompt}: ", stream=sys.stderr) if sys.stdin.isatty() else sys.stdin.readline().strip()
    )
    if not secret:
        raise Misused(say("Der blev ikke skrevet nogen adgangskode."))
    return secret


def _logout(context: Context, arguments: argparse.Namespace) -> Outcome:
    desk, vault = context.desk(), context.vault()
    verbs.logout(desk, arguments.system)
    secret = _secret_of(desk.settings, arguments.system)
    if secret:
        vault.forget(arguments.system, secret)
    return Outcome({"system": arguments.system}, [say("Du er logget ud, og adgangen er slettet her.")])
