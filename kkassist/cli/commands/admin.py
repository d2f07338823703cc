"""init, doctor, calc, processes, audit, backup, restore, support-bundle."""

import argparse
import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import tomlkit

from kkassist.actions import checkup
from kkassist.cli.app import Context, workspace_key
from kkassist.cli.outcome import Outcome
from kkassist.cli.paths import workspace_url
from kkassist.cli.settings import FILE_NAME, parse_settings
from kkassist.domain.errors import Misused, Refused
from kkassist.domain.language import say
from kkassist.processes.catalogue import catalogue, problems
from kkassist.rules.registry import Calculation, calculate, calculations

if TYPE_CHECKING:
    from kkassist.cli.commands import Several


def add(several: "Several") -> None:
    init = several.add_parser("init", help="ask for, check and write settings")
    init.add_argument("--from", dest="source", type=Path, metavar="FILE", help="take a provisioned file")
    init.set_defaults(run=_init)
    doctor = several.add_parser("doctor", help="is everything in order")
    doctor.set_defaults(run=_doctor)
    calc = several.add_parser("calc", help="one of the rules, with figures, source and steps")
    calc.add_argument("name", nargs="?")
    calc.add_argument("--list", action="store_true")
    calc.add_argument("--json-in", metavar="FILE", help="a JSON object of the rule's inputs; - for standard input")
    calc.set_defaults(run=_calc)
    processes = several.add_parser("processes", help="the catalogue")
    processes.add_argument("--check", action="store_true", help="validate every declaration")
    processes.set_defaults(run=_processes)
    audit = several.add_parser("audit", help="the append-only log of acts")
    audit.add_subparsers(dest="audit_command", required=True).add_parser("verify").set_defaults(run=_audit_verify)
    backup = several.add_parser("backup", help="a consistent copy of the workspace")
    backup.add_argument("out", type=Path)
    backup.set_defaults(run=_backup)
    restore = several.add_parser("restore", help="put a backup back")
    restore.add_argument("file", type=Path)
    restore.set_defaults(run=_restore)
    bundle = several.add_parser("support-bundle", help="log and facts for support, without personal data")
    bundle.add_argument("out", type=Path)
    bundle.set_defaults(run=_support_bundle)


def _init(context: Context, arguments: argparse.Namespace) -> Outcome:
    target = context.home / FILE_NAME
    if arguments.source is not None:
        try:
            text = arguments.source.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise Misused(
                say("Filen {name} kan ikke læses.", name=arguments.source.name), log_detail=repr(error)
            ) from error
    else:
        text = _asked()
    parse_settings(text, context.home)
    context.home.mkdir(parents=True, exist_ok=True)
    if target.exists():
        shutil.copyfile(target, target.with_suffix(".toml.bak"))
    fresh = target.with_suffix(".toml.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(target)
    return Outcome({"settings": target}, [say("Indstillingerne er gemt i {path}.", path=target)])


def _asked() -> str:
    """The few questions whose answers nobody else can give; the rest has defaults that the file names."""
    document = tomlkit.document()
    user = tomlkit.table()
    user["id"] = _answer(say("Dit brugernavn i ServiceNow (fx anna.holm)"))
    user["role"] = _answer(say("Rolle"), default="sagsbehandler")
    document["user"] = user
    servicenow = tomlkit.table()
    servicenow["url"] = _answer(say("Adressen på ServiceNow (https://…)"))
    servicenow["auth"] = _answer(say("Log ind med"), default="oauth-pkce")
    servicenow["client_id"] = _answer(say("Klient-id fra ServiceNow"), default="")
    servicenow["user"] = user["id"]
    groups = _answer(say("Dine grupper, adskilt af komma"), default="")
    servicenow["groups"] = [group.strip() for group in groups.split(",") if group.strip()]
    document["servicenow"] = servicenow
    opus = _answer(say("Mappen med OPUS-udtræk (tom, hvis der ikke er nogen)"), default="")
    if opus:
        document["opus"] = tomlkit.item({"folder": opus})
    return tomlkit.dumps(document)


def _answer(question: str, default: str | None = None) -> str:
    sys.stderr.write(f"{question}{f' [{default}]' if default else ''}: ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line and default is None:
        raise Misused(say("kkassist init stiller spørgsmål og skal køres i et vindue. Brug ellers --from FILE."))
    return line.strip() or default or ""


def _doctor(context: Context, _: argparse.Namespace) -> Outcome:
    checks = checkup.doctor(context.home, context.settings, context.desk)
    lines = [f"{'✓' if one.ok else '✗'} {one.name}: {one.message}" for one in checks]
    return Outcome({"checks": checks, "ok": all(one.ok for one in checks)}, lines)


def _calc(_: Context, arguments: argparse.Namespace) -> Outcome:
    known = calculations()
    if arguments.list or arguments.name is None:
        listed = [_listed(one) for one in known.values()]
        return Outcome({"rules": listed}, [f"{one.name:<26} {say(one.description)}" for one in known.values()])
    given = _inputs(arguments.json_in) if arguments.name in known else {}
    result = calculate(arguments.name, given)
    lines = [*result.steps, *(f"{name}: {value}" for name, value in result.figures.items()), *result.warnings]
    return Outcome(
        {"name": arguments.name, **result.as_dict()}, [*lines, say("Kilde: {source}", source=result.source)]
    )


def _listed(one: Calculation) -> dict[str, object]:
    inputs = [replace(given, label=say(given.label)) for given in one.inputs]
    return {"name": one.name, "description": say(one.description), "inputs": inputs}


def _inputs(source: str | None) -> Mapping[str, str]:
    try:
        text = sys.stdin.read() if source in (None, "-") else Path(str(source)).read_text(encoding="utf-8")
        given = json.loads(text)
    except (OSError, ValueError) as error:
        raise Misused(say("Reglens tal skal være et JSON-objekt."), log_detail=repr(error)) from error
    if not isinstance(given, dict):
        raise Misused(say("Reglens tal skal være et JSON-objekt."))
    return {name: str(value) for name, value in given.items()}


def _processes(context: Context, arguments: argparse.Namespace) -> Outcome:
    known = catalogue(context.home / "processes")
    data = [
        {
            "id": one.id,
            "title": one.title,
            "area": one.area,
            "kinds": one.kinds,
            "fields": [{"id": field.id, "label": field.label, "kind": field.kind} for field in one.fields],
            "columns": [
                {"id": column.id, "header": column.header, "kind": column.kind, "required": column.required}
                for column in (one.upload.columns if one.upload else ())
            ],
        }
        for one in known.values()
    ]
    found = {one.id: problems(one) for one in known.values()} if arguments.check else {}
    faults = [f"{name}: {problem}" for name, several in found.items() for problem in several]
    lines = [f"{one.id:<20} {one.title}  ({', '.join(one.kinds)})" for one in known.values()]
    extra = {"problems": faults} if arguments.check else {}
    return Outcome({"processes": data, **extra}, [*lines, *faults], exit_code=Refused.exit_code if faults else 0)


def _audit_verify(context: Context, _: argparse.Namespace) -> Outcome:
    verdict = checkup.verify_audit(context.desk())
    line = (
        say("{entries} poster, ubrudt.", entries=verdict.entries)
        if verdict.intact
        else say("Kæden er brudt ved post {number}. Gem en kopi, og kontakt support.", number=verdict.first_broken)
    )
    return Outcome(
        {"entries": verdict.entries, "intact": verdict.intact, "first_broken": verdict.first_broken},
        [line],
        exit_code=0 if verdict.intact else 4,
    )


def _backup(context: Context, arguments: argparse.Namespace) -> Outcome:
    checkup.back_up(context.desk(), arguments.out)
    return Outcome({"path": arguments.out}, [say("Kopien ligger i {path}.", path=arguments.out)])


def _restore(context: Context, arguments: argparse.Namespace) -> Outcome:
    settings = context.settings()
    url = workspace_url(settings.home, settings.workspace.url)
    checkup.restore(arguments.file, url, workspace_key(settings, context.vault()))
    return Outcome(
        {"path": arguments.file}, [say("Arbejdsområdet er lagt tilbage fra {path}.", path=arguments.file)]
    )


def _support_bundle(context: Context, arguments: argparse.Namespace) -> Outcome:
    checkup.support_bundle(context.home, context.settings, context.desk, arguments.out)
    return Outcome({"path": arguments.out}, [say("Pakken til support ligger i {path}.", path=arguments.out)])
