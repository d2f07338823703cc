"""Is everything in order: each part asked in turn, each answer a sentence with what to do. Backup and support."""

import logging
import platform
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from kkassist import __version__
from kkassist.actions.desk import Desk
from kkassist.domain.cpr import without_cpr
from kkassist.domain.errors import DiskFull, KkassistError, Refused
from kkassist.domain.language import say
from kkassist.domain.settings import Settings
from kkassist.processes.catalogue import catalogue, problems
from kkassist.remote import opus_extract
from kkassist.store import audit, backup, people
from kkassist.store.audit import Verified

_log = logging.getLogger(__name__)
_LITTLE_ROOM = 500 * 1024 * 1024
_OLD_EXTRACT = timedelta(days=4)
"""Extracts come on weekdays: one older than a long weekend is late."""
_LOG_LINES = 5_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `message` says how it is, and what to do when it is not well."""

    name: str
    ok: bool
    message: str


def doctor(home: Path, settings: Callable[[], Settings], desk: Callable[[], Desk]) -> list[Check]:
    """Everything that can be asked, in order; what depends on a failed part is left out."""
    checks = [_asked(say("Indstillinger"), lambda: _read(settings()))]
    if not checks[0].ok:
        return checks
    opened = _asked(say("Arbejdsområde"), lambda: _opened(desk()))
    checks.append(opened)
    return [*checks, *examine(desk())] if opened.ok else [*checks, _room(home)]


def examine(desk: Desk) -> list[Check]:
    """What an open workspace can be asked: its own health, each outside system, the disk, the catalogue."""
    checks = [
        _asked(say("Databasens indhold"), lambda: _whole(desk)),
        _asked(say("Handlingslog"), lambda: _chain(desk)),
    ]
    checks += [_asked(name, ask) for name, ask in _systems(desk)]
    checks += [_room(desk.home), _asked(say("Processer"), lambda: _catalogue(desk))]
    return checks


def verify_audit(desk: Desk) -> Verified:
    """Walk the whole chain of acts."""
    with desk.workspace.read() as tx:
        return audit.verify(tx)


def back_up(desk: Desk, out: Path) -> None:
    """A consistent, encrypted copy of the workspace, also while it is in use."""
    if out.exists():
        raise Refused(say("Filen {name} findes allerede. Vælg et andet navn.", name=out.name))
    backup.backup(desk.workspace, out)
    with desk.workspace.write() as tx:
        audit.append(tx, user=desk.user, role=desk.role, act="sikkerhedskopi", detail=out.name)


def restore(file: Path, url: str, key: str) -> None:
    """Put a backup in the workspace's place; the file that was there is kept beside it."""
    if not url.startswith("sqlite"):
        raise Refused(say("Et arbejdsområde på en server lægges tilbage med serverens egne værktøjer."))
    backup.restore(file, Path(url.split(":///", 1)[1]), key)


def support_bundle(home: Path, settings: Callable[[], Settings], desk: Callable[[], Desk], out: Path) -> None:
    """A zip with the checks, versions and the log's end. Names, numbers and settings' values are not in it."""
    checks = doctor(home, settings, desk)
    lines = [f"ok   {one.name}" if one.ok else f"FEJL {one.name}: {one.message}" for one in checks]
    users = _users(settings)
    about = [f"kkassist {__version__}", f"Python {platform.python_version()}", platform.platform()]
    fresh = out.with_name(f".{out.name}.new")
    try:
        with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr("om.txt", "\n".join(about) + "\n")
            bundle.writestr("undersoegelse.txt", _nobody("\n".join(lines), home, users) + "\n")
            bundle.writestr("log.txt", "".join(_nobody(line, home, users) for line in _log_lines(home)))
        fresh.replace(out)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise DiskFull(say("Filen {name} kan ikke skrives.", name=out.name), log_detail=repr(error)) from error


def _asked(name: str, ask: Callable[[], str]) -> Check:
    try:
        return Check(name, True, ask())
    except KkassistError as error:
        _log.info("doctor %s: %s", name, error.log_detail or type(error).__name__)
        return Check(name, False, str(error))


def _read(settings: Settings) -> str:
    return say("Læst. Bruger {user}, rolle {role}.", user=settings.user.id, role=settings.user.role)


def _opened(desk: Desk) -> str:
    with desk.workspace.read() as tx:
        count = people.count(tx)
    return say("Åbnet. {count} ansættelser fra OPUS.", count=count)


def _whole(desk: Desk) -> str:
    faults = desk.workspace.faults()
    if faults:
        raise Refused(say("Databasen er beskadiget. Læg den seneste kopi tilbage med kkassist restore."))
    return say("Ubeskadiget.")


def _chain(desk: Desk) -> str:
    verdict = verify_audit(desk)
    if not verdict.intact:
        raise Refused(
            say("Kæden er brudt ved post {number}. Gem en kopi, og kontakt support.", number=verdict.first_broken)
        )
    return say("{entries} poster, ubrudt.", entries=verdict.entries)


def _systems(desk: Desk) -> Iterator[tuple[str, Callable[[], str]]]:
    if desk.settings.servicenow is not None:
        yield "ServiceNow", lambda: _servicenow(desk)
    if desk.settings.opus is not None:
        yield "OPUS", lambda: _opus(desk)
    if desk.settings.kkorg is not None:
        yield "KKorg", lambda: _kkorg(desk)
    if desk.settings.robots is not None:
        yield say("Robotter"), lambda: _robots(desk)


def _servicenow(desk: Desk) -> str:
    client = desk.systems.servicenow()
    if client is None:
        raise Refused(say("ServiceNow er ikke sat op. Skriv adressen i indstillingerne."))
    user = client.session_user(desk.user)
    if user is None:
        raise Refused(
            say("ServiceNow kender ikke brugeren {user}. Ret user.id i indstillingerne.", user=desk.user)
        )
    return say("Svarer. Du er {name}.", name=user.name)


def _opus(desk: Desk) -> str:
    opus = desk.settings.opus
    files = opus_extract.extract_files(opus.folder) if opus is not None else []
    if not files:
        raise Refused(say("Der er ingen OPUS-udtræk i mappen. Kontrollér stien, og bed om et udtræk."))
    age = desk.clock() - files[-1].made_at
    if age > _OLD_EXTRACT:
        raise Refused(say("Det seneste OPUS-udtræk er {days} dage gammelt. Bed om et nyt.", days=age.days))
    return say("Seneste udtræk: {name}.", name=files[-1].path.name)


def _kkorg(desk: Desk) -> str:
    kkorg = desk.systems.kkorg()
    units = kkorg.units(desk.clock().date()) if kkorg is not None else ()
    if not units:
        raise Refused(say("KKorg gav ingen enheder. De senest hentede står ved magt."))
    return say("Svarer. {count} enheder.", count=len(units))


def _robots(desk: Desk) -> str:
    robots = desk.systems.robots()
    queues = [one.robot.queue for one in catalogue().values() if one.robot is not None]
    if robots is None or not queues:
        return say("Ingen robotter at spørge.")
    for queue in queues:
        robots.queue(queue)
    return say("Svarer. {count} køer er klar.", count=len(queues))


def _room(home: Path) -> Check:
    place = next((one for one in (home, *home.parents) if one.exists()), home)
    free = shutil.disk_usage(place).free
    megabytes = free // (1024 * 1024)
    if free < _LITTLE_ROOM:
        return Check(say("Diskplads"), False, say("Kun {count} MB tilbage. Gør plads på disken.", count=megabytes))
    return Check(say("Diskplads"), True, say("{count} MB ledige.", count=megabytes))


def _catalogue(desk: Desk) -> str:
    known = catalogue(desk.home / "processes")
    wrong = [problem for process in known.values() for problem in problems(process)]
    if wrong:
        raise Refused(say("En proces er erklæret forkert: {problem}", problem=wrong[0]))
    return say("{count} processer.", count=len(known))


def _log_lines(home: Path) -> list[str]:
    path = home / "logs" / "kkassist.log"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readlines()[-_LOG_LINES:]


def _users(settings: Callable[[], Settings]) -> list[str]:
    """The user names that the log may hold, in addresses for example."""
    try:
        known = settings()
    except KkassistError:
        return []
    other = known.servicenow.user if known.servicenow is not None else ""
    return [one for one in {known.user.id, other} if one]


def _nobody(text: str, home: Path, users: Sequence[str]) -> str:
    """`text` without CPR numbers, the user's names and the home folder, which is often named after her."""
    text = without_cpr(text).replace(str(home), "[hjem]").replace(str(Path.home()), "[hjem]")
    for user in users:
        text = re.sub(re.escape(user), "[bruger]", text, flags=re.IGNORECASE)
    return text
