"""What settings.toml says, checked and frozen. Reading the file is `kkassist.cli.settings`' work."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Role = Literal["sagsbehandler", "godkender", "teamleder", "leder", "jurist", "systemansvarlig"]
ServiceNowAuth = Literal["oauth-pkce", "oauth-password", "client-credentials", "basic", "api-key"]


@dataclass(frozen=True, slots=True)
class UserSettings:
    id: str
    role: Role = "sagsbehandler"
    language: Literal["da", "en"] = "da"


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    url: str = ""
    """SQLAlchemy URL; "" for the encrypted SQLite file in the home folder."""


@dataclass(frozen=True, slots=True)
class ServiceNowFields:
    """Which field of this instance holds what. The instance decides; the defaults are demo names of ours."""

    cpr: str = "u_cpr"
    tjenestenr: str = "u_tjenestenr"
    person: str = "subject_person"
    """Reference to the person the case is about, used for her name."""
    category: str = "hr_service"
    """Field whose label, with the table, tells the process; `category` is asked next."""


@dataclass(frozen=True, slots=True)
class ServiceNowSettings:
    url: str
    auth: ServiceNowAuth = "oauth-pkce"
    client_id: str = ""
    user: str = ""
    tables: tuple[str, ...] = ("task",)
    groups: tuple[str, ...] = ()
    redirect_port: int = 8765
    """Loopback port registered for the browser sign-in."""
    history_days: int = 400
    """Closed cases of one's groups this far back are kept for the person's history and the workload export."""
    fields: ServiceNowFields = field(default_factory=ServiceNowFields)
    process_map: Mapping[str, str] = field(default_factory=dict)
    """"table|service|category" (later parts may be left out, * fits all) → process id."""


@dataclass(frozen=True, slots=True)
class OpusSettings:
    folder: Path
    client: str = "101"
    min_units: int = 10
    min_employees: int = 50


@dataclass(frozen=True, slots=True)
class KkorgSettings:
    kind: Literal["os2mo", "opus"] = "os2mo"
    url: str = ""
    mapping: Path | None = None
    auth: Literal["oidc", "none"] = "none"
    client_id: str = ""
    token_url: str = ""


@dataclass(frozen=True, slots=True)
class EdocSettings:
    kind: Literal["file-drop"] = "file-drop"
    folder: Path | None = None
    link_base: str = ""


@dataclass(frozen=True, slots=True)
class RobotSettings:
    kind: Literal["uipath", "automation-server", "desktop"] = "uipath"
    url: str = ""
    folder: str = "Koncernservice"
    auth: Literal["client-credentials", "oauth-pkce"] = "client-credentials"
    client_id: str = ""
    token_url: str = ""
    """"" = `{url}/identity/connect/token`."""
    redirect_port: int = 8766


@dataclass(frozen=True, slots=True)
class HttpSettings:
    ca_bundle: str = "system"
    proxy: str = "system"
    timeout_s: float = 30


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file. A system that is not set up is None: the program works without it and says so."""

    home: Path
    user: UserSettings
    workspace: WorkspaceSettings = field(default_factory=WorkspaceSettings)
    servicenow: ServiceNowSettings | None = None
    opus: OpusSettings | None = None
    kkorg: KkorgSettings | None = None
    edoc: EdocSettings | None = None
    robots: RobotSettings | None = None
    http: HttpSettings = field(default_factory=HttpSettings)
    process: Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]] = field(default_factory=dict)
    """[process.<id>.<table>.<key>] column = "value": a process' own tables, in place of its demo values."""
    practice: bool = False
    """True when the systems are the practice city: every screen and file says so."""
