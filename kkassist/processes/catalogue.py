"""The catalogue: every module of this package with a `PROCESS`, and those of the user's own folder."""

import importlib
import importlib.util
import pkgutil
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import ModuleType

from kkassist import processes as _package
from kkassist.domain.errors import Misused
from kkassist.domain.language import say
from kkassist.domain.sourced import Source
from kkassist.processes import kinds, own_folder
from kkassist.processes.letters import ALWAYS, places, template_text
from kkassist.processes.words import CaseCheck, Column, FileCheck, Process, RowCheck


def catalogue(extra_folder: Path | None = None) -> Mapping[str, Process]:
    """Process id → process, sorted by title. A file of `extra_folder` (else of the folder chosen with
    `own_folder.look_also_in`) replaces a process of the same id.

    Raises `Misused`, naming the file, when one of the user's files is no declaration.
    """
    found = dict(_built_in())
    folder = extra_folder or own_folder.chosen()
    if folder is not None and folder.is_dir():
        for path in sorted(folder.glob("*.py")):
            own = _own_process(path, path.stat().st_mtime_ns)
            found[own.id] = own
    return dict(sorted(found.items(), key=lambda item: item[1].title))


def process(process_id: str, extra_folder: Path | None = None) -> Process:
    """The process of that id. Raises `Misused`, naming those there are."""
    known = catalogue(extra_folder)
    if process_id not in known:
        names = ", ".join(known)
        raise Misused(
            say("Der er ingen proces, der hedder {name}. Vælg en af: {names}.", name=process_id, names=names)
        )
    return known[process_id]


def help_text(one: Process) -> str:
    """The process' help (Markdown), from resources/help/<id>.md; its own short help where there is no such file."""
    source = files("kkassist") / "resources" / "help" / f"{one.id}.md"
    return source.read_text(encoding="utf-8") if source.is_file() else one.help


@cache
def _built_in() -> Mapping[str, Process]:
    names = [module.name for module in pkgutil.iter_modules(_package.__path__)]
    modules = [importlib.import_module(f"{_package.__name__}.{name}") for name in names]
    found = [declared for module in modules if (declared := _declared(module)) is not None]
    return {one.id: one for one in found}


def _declared(module: ModuleType) -> Process | None:
    declared = getattr(module, "PROCESS", None)
    return declared if isinstance(declared, Process) else None


@cache
def _own_process(path: Path, _changed_at: int) -> Process:
    """Read once for each state of the file, so that a mended file is seen and an unchanged one costs nothing."""
    spec = importlib.util.spec_from_file_location(f"kkassist_own_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise Misused(
            say(
                "Processen i {file} kan ikke indlæses: {error}",
                file=path.name,
                error=f"{type(error).__name__}: {error}",
            )
        ) from error
    declared = _declared(module)
    if declared is None:
        raise Misused(say("Filen {file} erklærer ingen proces (PROCESS).", file=path.name))
    return declared


def problems(one: Process) -> list[str]:
    """What is wrong with a declaration, in words for the one who wrote it; empty when nothing is."""
    return [*_field_problems(one), *_upload_problems(one), *_check_problems(one), *_other_problems(one)]


def _field_problems(one: Process) -> Iterator[str]:
    ids = {field.id for field in one.fields}
    yield from _twice("felt", [field.id for field in one.fields])
    for field in one.fields:
        if field.options_from and field.options_from not in one.settings:
            yield f"Feltet {field.id}: tabellen {field.options_from} står ikke i processens settings."
        for source in field.sources:
            if source.source is Source.RULE and source.key not in one.rules:
                yield f"Feltet {field.id}: reglen {source.key} findes ikke."
    used = {source.key for field in one.fields for source in field.sources if source.source is Source.RULE}
    for name in sorted(set(one.rules) - used):
        yield f"Reglen {name} bruges ikke af noget felt."
    for case_check in one.case_checks:
        if case_check.field not in ids:
            yield f"{case_check.rule}: feltet {case_check.field} findes ikke."


def _upload_problems(one: Process) -> Iterator[str]:
    if one.upload is None:
        return
    upload = one.upload
    ids = {column.id for column in upload.columns}
    yield from _twice("kolonne", [column.id for column in (*upload.columns, *upload.cover)])
    yield from _twice("overskrift", [name for column in upload.columns for name in _names(column)])
    for column in upload.columns:
        if column.options_from and column.options_from not in one.settings:
            yield f"Kolonnen {column.id}: tabellen {column.options_from} står ikke i processens settings."
    for name in (upload.amount, upload.group_by, upload.person, upload.name):
        if name and name not in ids:
            yield f"Upload: kolonnen {name} findes ikke."
    checks: tuple[RowCheck | FileCheck, ...] = (*upload.row_checks, *upload.file_checks)
    for check in checks:
        if check.column and check.column not in ids | {column.id for column in upload.cover}:
            yield f"{check.rule}: kolonnen {check.column} findes ikke."
    for check in upload.row_checks:
        for name in sorted(set(check.reads) - ids):
            yield f"{check.rule}: kolonnen {name} findes ikke."


def _names(column: Column) -> set[str]:
    return {kinds.folded(name) for name in (column.header, *column.aliases)}


def _check_problems(one: Process) -> Iterator[str]:
    checks: list[CaseCheck | RowCheck | FileCheck] = [*one.case_checks]
    if one.upload:
        checks += [*one.upload.row_checks, *one.upload.file_checks]
    for check in checks:
        try:
            names = places(check.text)
        except ValueError:
            yield f"{check.rule}: teksten har en åben klamme."
            continue
        if any(not name.isidentifier() for name in names):
            yield f"{check.rule}: pladserne i teksten skal have navne."
        if not check.source:
            yield f"{check.rule}: kilden mangler."


def _other_problems(one: Process) -> Iterator[str]:
    ids = {field.id for field in one.fields}
    if one.upload:
        ids |= {column.id for column in one.upload.columns}
    yield from _twice("trin", [step.id for step in one.steps])
    if one.robot is not None:
        for name in (*(field for _, field in one.robot.content), *one.robot.business_key):
            if name not in ids:
                yield f"Robotten: feltet {name} findes ikke."
        if not one.robot.business_key:
            yield "Robotten: forretningsnøglen mangler."
    for letter in one.letters:
        try:
            unknown = places(template_text(letter)) - ids - ALWAYS
        except (OSError, ValueError) as error:
            yield f"Brevet {letter.id}: skabelonen kan ikke læses ({type(error).__name__})."
            continue
        for name in sorted(unknown):
            yield f"Brevet {letter.id}: feltet {name} findes ikke."


def _twice(what: str, ids: list[str]) -> Iterator[str]:
    for name, times in Counter(ids).items():
        if times > 1:
            yield f"{what} {name} står {times} gange."
