"""sync, push, login, logout."""

import argparse
import getpass
import sys
from typing import TYPE_CHECKING

from kkassist.actions import sources as verbs
from kkassist.cli.app import Context
from kkassist.cli.commands.cases import entry_data
from kkassist.cli.outcome import Outcome
from kkassist.domain.errors import OutOfReach
from kkassist.domain.language import say

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
    signed_in = verbs.login(context.desk(), context.vault(), arguments.system, _ask)
    return Outcome(
        {"system": arguments.system, "user": signed_in}, [say("Du er logget ind som {user}.", user=signed_in)]
    )


def _ask(prompt: str) -> str:
    """A secret from the terminal, or the first line of standard input where there is none."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{prompt}: ", stream=sys.stderr)
    return sys.stdin.readline().rstrip("\n")


def _logout(context: Context, arguments: argparse.Namespace) -> Outcome:
    verbs.logout(context.desk(), context.vault(), arguments.system)
    return Outcome({"system": arguments.system}, [say("Du er logget ud, og adgangen er slettet her.")])
