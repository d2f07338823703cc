"""Puts the parts together: the one place that knows them all."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from kkassist.actions.desk import Desk, Systems
from kkassist.cli.log import log_bug
from kkassist.cli.paths import workspace_url
from kkassist.cli.settings import read_settings
from kkassist.domain.errors import Misused, WorkspaceLocked
from kkassist.domain.language import say, speak
from kkassist.domain.settings import KkorgSettings, RobotSettings, ServiceNowSettings, Settings
from kkassist.processes.own_folder import look_also_in
from kkassist.store import facts, organisation, people
from kkassist.store.engine import Workspace, open_workspace
from kkassist.sync.events import Events
from kkassist.vault import Vault

if TYPE_CHECKING:
    from kkassist.remote.kkorg import OrgMaster
    from kkassist.remote.robots.port import Robots
    from kkassist.remote.servicenow.client import ServiceNow
    from kkassist.remote.sign_in import SignIn

# The connectors are imported where they are made: a command that asks nobody outside starts sooner.


PRACTICE_SECRETS = "practice.env"


@dataclass(slots=True)
class Context:
    """One program run: the home folder, and the desk once a command asks for it."""

    home: Path
    verbose: bool = False
    as_json: bool = False
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    given: Settings | None = None
    """Settings that stand in place of the file's, for a second desk on a shared workspace."""
    _desk: Desk | None = None

    def settings(self) -> Settings:
        """The settings of the home folder; the language follows them."""
        settings = self.given or read_settings(self.home)
        speak(settings.user.language)
        look_also_in(settings.home / "processes")
        return settings

    def vault(self) -> Vault:
        """The secrets: from the environment, then the keyring; a practice home brings its own open ones."""
        open_ones = practice_secrets(self.home) if self.settings().practice else {}
        return Vault(str(self.home), {**open_ones, **self.environment})

    def desk(self) -> Desk:
        """The desk, made on first use. Raises `WorkspaceUnusable` when the workspace cannot be opened."""
        if self._desk is None:
            self._desk = make_desk(self.settings(), self.vault())
        return self._desk

    def log_bug(self, error: BaseException) -> str:
        """Write an unexpected error to the log; its reference."""
        return log_bug(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._desk is not None:
            self._desk.workspace.close()
            self._desk = None


def practice_secrets(home: Path) -> dict[str, str]:
    """The secrets that the practice city laid beside its settings; nothing there is real."""
    try:
        lines = (home / PRACTICE_SECRETS).read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if line.startswith("KKASSIST_SECRET_"))
    return {name: value for name, _, value in pairs}


def make_desk(settings: Settings, vault: Vault) -> Desk:
    """A desk over the workspace of the settings. The outside systems are connected when first asked for."""
    workspace = open_workspace(
        workspace_url(settings.home, settings.workspace.url), workspace_key(settings, vault)
    )
    return Desk(
        settings=settings, workspace=workspace, systems=_systems(settings, vault, workspace), events=Events()
    )


def workspace_key(settings: Settings, vault: Vault) -> str:
    """The workspace's key. A new one is made only where there is no workspace yet: none is ever orphaned."""
    url = workspace_url(settings.home, settings.workspace.url)
    if not url.startswith("sqlite"):
        return ""
    exists = Path(url.split(":///", 1)[1]).exists()
    key = vault.workspace_key(make=not exists)
    if key is None:
        raise WorkspaceLocked(
            say("Arbejdsområdets nøgle er ikke i nøgleringen. Log på Windows som den bruger, der oprettede det.")
        )
    return key


class _Keeper:
    """Keeps one user's tokens for one system inside the encrypted workspace, which a team may share."""

    def __init__(self, workspace: Workspace, system: str, user: str) -> None:
        self._workspace = workspace
        self._name = f"token:{system}:{user}"

    def load(self) -> str | None:
        with self._workspace.read() as tx:
            return facts.get(tx, self._name)

    def save(self, token: str) -> None:
        with self._workspace.write() as tx:
            facts.put(tx, self._name, token)

    def forget(self) -> None:
        with self._workspace.write() as tx:
            facts.forget(tx, self._name)


def _systems(settings: Settings, vault: Vault, workspace: Workspace) -> Systems:
    signed_in: Callable[[str], SignIn | None] = cache(lambda system: _sign_in(system, settings, vault, workspace))
    return Systems(
        servicenow=cache(lambda: _servicenow(settings, signed_in("servicenow"))),
        kkorg=lambda: _kkorg(settings, signed_in("kkorg"), workspace),
        robots=cache(lambda: _robots(settings, signed_in("robots"))),
        sign_in=signed_in,
    )


def _sign_in(system: str, settings: Settings, vault: Vault, workspace: Workspace) -> "SignIn | None":
    from kkassist.remote import sign_in  # noqa: PLC0415

    keeper = _Keeper(workspace, system, settings.user.id)
    match system:
        case "servicenow" if settings.servicenow is not None:
            named = replace(settings.servicenow, user=settings.servicenow.user or settings.user.id)
            return sign_in.for_servicenow(named, settings.http, vault, keeper)
        case "kkorg" if settings.kkorg is not None and settings.kkorg.kind == "os2mo":
            return sign_in.for_kkorg(settings.kkorg, settings.http, vault, keeper)
        case "robots" if settings.robots is not None:
            client_id = settings.robots.client_id or vault.get("robots", "client_id") or ""
            return sign_in.for_robots(replace(settings.robots, client_id=client_id), settings.http, vault, keeper)
        case _:
            return None


def _servicenow(settings: Settings, signed_in: "SignIn | None") -> "ServiceNow | None":
    from kkassist.remote.http import Connection  # noqa: PLC0415
    from kkassist.remote.servicenow.client import ServiceNow  # noqa: PLC0415

    servicenow: ServiceNowSettings | None = settings.servicenow
    if servicenow is None or signed_in is None:
        return None
    return ServiceNow(Connection("servicenow", servicenow.url, settings.http, signed_in))


def _kkorg(settings: Settings, signed_in: "SignIn | None", workspace: Workspace) -> "OrgMaster | None":
    kkorg: KkorgSettings | None = settings.kkorg
    if kkorg is None:
        return None
    if kkorg.kind == "os2mo" and signed_in is not None:
        from kkassist.remote.http import Connection  # noqa: PLC0415
        from kkassist.remote.kkorg_os2mo import Os2mo  # noqa: PLC0415

        return Os2mo(Connection("kkorg", kkorg.url, settings.http, signed_in))
    if kkorg.mapping is None:
        raise Misused(say("KKorg fra OPUS kræver mapping = en CSV-fil med kkorgnr og OPUS-enhed."))
    from kkassist.remote.kkorg_opus import OpusOrganisation, read_mapping  # noqa: PLC0415

    with workspace.read() as tx:
        units, employments = organisation.opus_units(tx), list(people.all_employments(tx))
    return OpusOrganisation(units, employments, read_mapping(kkorg.mapping))


def _robots(settings: Settings, signed_in: "SignIn | None") -> "Robots | None":
    from kkassist.remote.http import Connection  # noqa: PLC0415
    from kkassist.remote.robots.uipath import Orchestrator  # noqa: PLC0415

    robots: RobotSettings | None = settings.robots
    if robots is None or signed_in is None:
        return None
    if robots.kind != "uipath":
        raise Misused(say("Robotplatformen {kind} er ikke med i denne udgave. Vælg uipath.", kind=robots.kind))
    return Orchestrator(Connection("robots", robots.url, settings.http, signed_in), robots.folder)
