"""The command line. Everything the window does to data can be done here, without a display.

Standard output carries the result alone (with `--json` exactly one object); progress and messages go to standard
error.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import NoReturn, cast

from kkassist.cli import commands
from kkassist.cli.app import Context
from kkassist.cli.log import log_bug, start_log
from kkassist.cli.outcome import Outcome, jsonable
from kkassist.cli.paths import home_folder
from kkassist.domain.cpr import without_cpr
from kkassist.domain.errors import Ambiguous, KkassistError, Misused
from kkassist.domain.language import say

EXIT_BUG = 5
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (see the contract)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    given = [one for one in given if one != "--json"]
    _speak_utf8()
    try:
        parsed = _parser(given).parse_args(given)
        context = Context(home=home_folder(parsed.home), verbose=parsed.verbose, as_json=as_json)
        start_log(context.home, verbose=parsed.verbose)
        if parsed.command is None:
            return _open_window(context)
        with context:
            outcome = cast("Callable[[Context, argparse.Namespace], Outcome]", parsed.run)(context, parsed)
        _print(outcome, as_json=as_json)
    except KkassistError as error:
        return _told(error, as_json=as_json)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:  # a bug: the user gets a reference, the log gets the rest
        return _bug(error, as_json=as_json)
    return outcome.exit_code


class _Parser(argparse.ArgumentParser):
    """Wrong usage is a known error like any other: one sentence, exit code 2."""

    def error(self, message: str) -> NoReturn:
        usage = self.format_usage().strip()
        raise Misused(say("Kommandoen kan ikke forstås. {usage}", usage=f"{message} · {usage}"))


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="kkassist", description="The caseworker's workspace; without a command it opens the window."
    )
    parser.add_argument("--home", help="folder with settings.toml, the workspace and the logs (or KKASSIST_HOME)")
    parser.add_argument("--json", action="store_true", help="print exactly one JSON object")
    parser.add_argument("-v", "--verbose", action="store_true", help="log to standard error too")
    parser.set_defaults(command=None)
    several = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    commands.add_for(given, several)  # type: ignore[arg-type]  # a sub-parser is a parser too
    return parser


def _open_window(context: Context) -> int:
    """The window is a plug-in of the core: it is found by its entry point, never imported."""
    (window,) = entry_points(group="kkassist.window", name="run")
    return cast("int", window.load()(context))


def _print(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(jsonable(outcome.data), ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in outcome.lines)


def _told(error: KkassistError, *, as_json: bool) -> int:
    faults = error.faults if isinstance(error, Misused) else ()
    sentence = without_cpr(str(error))  # it may repeat what was typed
    if as_json:
        told: dict[str, object] = {"error": sentence, "exit_code": error.exit_code, "faults": faults}
        if isinstance(error, Ambiguous):
            told["candidates"] = [{"sys_id": sys_id, "title": title} for sys_id, title in error.candidates]
        sys.stdout.write(json.dumps(jsonable(told), ensure_ascii=False) + "\n")
    sys.stderr.write(f"{sentence}\n")
    for fault in faults[1:]:
        sys.stderr.write(say("  linje {line}: {message}", line=fault.line, message=fault.message) + "\n")
    return error.exit_code


def _bug(error: Exception, *, as_json: bool) -> int:
    reference = log_bug(error)
    sentence = say("Der skete en intern fejl. Oplys henvisningen {reference} til support.", reference=reference)
    if as_json:
        sys.stdout.write(json.dumps({"error": sentence, "exit_code": EXIT_BUG, "reference": reference}) + "\n")
    sys.stderr.write(sentence + "\n")
    return EXIT_BUG


def _speak_utf8() -> None:
    """Danish letters reach every console and pipe, whatever its code page."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
