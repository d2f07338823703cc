"""What every verb needs at hand: the settings, the workspace, the outside systems, the events and the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kkassist.domain.settings import Settings
from kkassist.sync.events import Events

if TYPE_CHECKING:
    from kkassist.remote.kkorg import OrgMaster
    from kkassist.remote.robots.port import Robots
    from kkassist.remote.servicenow.client import ServiceNow
    from kkassist.remote.sign_in import SignIn
    from kkassist.store.engine import Workspace


@dataclass(frozen=True, slots=True)
class Systems:
    """The outside systems, made when first asked for. None where the settings name no such system."""

    servicenow: Callable[[], "ServiceNow | None"]
    kkorg: Callable[[], "OrgMaster | None"]
    robots: Callable[[], "Robots | None"]
    sign_in: Callable[[str], "SignIn | None"]
    """By system: "servicenow", "kkorg", "robots"."""


def utc_now() -> datetime:
    """This instant, aware and in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """One user at one workspace."""

    settings: Settings
    workspace: "Workspace"
    systems: Systems
    events: Events
    clock: Callable[[], datetime] = utc_now

    @property
    def user(self) -> str:
        """The ServiceNow user name of the person at the desk."""
        return self.settings.user.id

    @property
    def role(self) -> str:
        return self.settings.user.role

    @property
    def home(self) -> Path:
        return self.settings.home

    @property
    def lease_folder(self) -> Path:
        """Where the lease lies that lets one program at a time talk to the outside systems: beside the workspace.

        People who share a workspace file share its lease; on a database server each home has its own.
        """
        return self.workspace.path.parent if self.workspace.path is not None else self.home
