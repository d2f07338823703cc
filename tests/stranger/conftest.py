"""Anna at a ServiceNow that strangers wrote and set up in their own way."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from foreign_servicenow import KEY, PASSWORD, SECRET, Instance, Manners

from kkassist.cli.main import main
from kkassist.domain.settings import ServiceNowSettings, Settings, UserSettings
from kkassist.remote import sign_in
from kkassist.remote.http import Connection
from kkassist.remote.servicenow.client import ServiceNow
from kkassist.store import cases
from kkassist.store.engine import Workspace, open_workspace
from kkassist.sync.pull_servicenow import pull
from kkassist.sync.push import push
from kkassist.sync.results import PushResult, SourceResult

AUTH = {"password": "oauth-password", "client_credentials": "client-credentials"}
GROUP = "Løn og Ansættelse"
SECRETS = {
    "KKASSIST_SECRET_SERVICENOW_PASSWORD": PASSWORD,
    "KKASSIST_SECRET_SERVICENOW_API_KEY": KEY,
    "KKASSIST_SECRET_SERVICENOW_CLIENT_SECRET": SECRET,
    "KKASSIST_SECRET_WORKSPACE_KEY": "ab" * 32,
}


def furnish(instance: Instance, cases_made: int = 36) -> None:
    """Two users, two groups, cases of two classes with names of their own, notes, a file and a clock."""
    instance.parents = {"incident": "task", "x_kk_hr_case": "task"}
    anna = instance.add(
        "sys_user", user_name="anna.holm", name="Anna Holm", email="anna@example.dk", active="true"
    )
    bo = instance.add("sys_user", user_name="bo.lund", name="Bo Lund", email="bo@example.dk", active="true")
    instance.add("sys_user", user_name="carl.dam", name="Carl Dam", email="carl@example.dk", active="true")
    ours = instance.add("sys_user_group", name=GROUP, active="true")
    other = instance.add("sys_user_group", name="IT", active="true")
    for user in (anna, bo):
        instance.add("sys_user_grmember", user=user, group=ours)
    instance.add("sys_user_grmember", user=bo, group=other)
    for number in range(cases_made):
        table = "incident" if number % 3 else "x_kk_hr_case"
        group = ours if number % 5 else other
        own = {"u_effective_date": "2026-12-01"} if table == "x_kk_hr_case" else {"caller_id": "", "urgency": "2"}
        instance.add(
            table, at=f"{datetime(2026, 11, 20, 8, 0) + timedelta(seconds=number // 4):%Y-%m-%d %H:%M:%S}",
            number=f"{'INC' if number % 3 else 'HRC'}{number:07}", short_description=f"Sag {number} om løn & tillæg",
            description="", state="18" if number % 2 else "2", priority="3", active="true", category="løn",
            assignment_group=group, assigned_to=anna if number % 4 == 0 else "", opened_at="2026-11-20 08:00:00",
            closed_at="", due_date="2026-12-01 22:30:00", opened_by=bo, parent="", close_notes="", **own,
        )  # fmt: skip
    instance.labels |= {("state", "18"): "In Progress", ("state", "2"): "New", ("priority", "3"): "3 - Moderate"}
    first = min(row["sys_id"] for row in instance.rows("x_kk_hr_case").values() if row["assignment_group"] == ours)
    instance.add("sys_journal_field", element_id=first, element="comments", value="Hvornår får jeg løn?", name="task",
                 sys_created_by="employee")  # fmt: skip
    instance.add("sys_attachment", table_sys_id=first, table_name="x_kk_hr_case", file_name="kontrakt.pdf",
                 content_type="application/pdf", size_bytes="4", hash="")  # fmt: skip
    instance.blobs[next(iter(instance.rows("sys_attachment")))] = b"%PDF"
    instance.add("contract_sla", name="Svar i 3 dage")
    instance.add("task_sla", task=first, sla=next(iter(instance.rows("contract_sla"))), stage="in_progress",
                 planned_end_time="2026-11-25 10:00:00", has_breached="false")  # fmt: skip


@dataclass
class Desk:
    """The instance, a home folder with settings, and the library's parts where they are quicker than a program."""

    instance: Instance
    home: Path
    tables: tuple[str, ...]
    groups: tuple[str, ...]
    user: str = "anna.holm"
    page: int = 9
    secrets: dict[str, str] = field(
        default_factory=lambda: {"password": PASSWORD, "client_secret": SECRET, "api_key": KEY}
    )
    paused: list[float] = field(default_factory=list)
    clock: datetime = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    _opened: list[tuple[Workspace, ServiceNow, Settings]] = field(default_factory=list)

    def run(self, *words: str) -> tuple[int, dict]:
        """A command as a script gives it: exit code and the one JSON object."""
        out = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(io.StringIO()):
            for name, value in SECRETS.items():
                patch.setenv(name, value)
            code = main(["--home", str(self.home), *words, "--json"])
        return code, json.loads(out.getvalue())

    def program(self, *words: str) -> tuple[int, dict]:
        """The same in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "kkassist", "--home", str(self.home), *words, "--json"],
            env={**os.environ, **SECRETS}, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.stdout.count("\n") == 1, done.stderr
        return done.returncode, json.loads(done.stdout)

    def write_settings(self) -> None:
        auth = AUTH.get(self.instance.manners.auth, self.instance.manners.auth)
        tables, groups = json.dumps(self.tables), json.dumps(self.groups, ensure_ascii=False)
        (self.home / "settings.toml").write_text(
            f'[user]\nid = "{self.user}"\nrole = "sagsbehandler"\nlanguage = "da"\n\n'
            f'[servicenow]\nurl = "{self.instance.url}/"\nauth = "{auth}"\nclient_id = "kkassist"\n'
            f'user = "anna.holm"\ntables = {tables}\ngroups = {groups}\n\n[http]\ntimeout_s = 5\n',
            encoding="utf-8",
        )

    @property
    def parts(self) -> tuple[Workspace, ServiceNow, Settings]:
        if not self._opened:
            kept = Kept(self.secrets)
            manners = self.instance.manners
            servicenow = ServiceNowSettings(
                url=self.instance.url + "/", auth=AUTH.get(manners.auth, manners.auth), client_id="kkassist",  # type: ignore[arg-type]
                user="anna.holm", tables=self.tables, groups=self.groups,
            )  # fmt: skip
            settings = Settings(home=self.home, user=UserSettings(self.user), servicenow=servicenow)
            signed = sign_in.for_servicenow(servicenow, settings.http, kept, kept)
            connection = Connection("servicenow", servicenow.url, settings.http, signed, pause=self.paused.append)
            workspace = open_workspace(f"sqlite:///{self.home / 'own.db'}", "ab" * 32)
            self._opened.append((workspace, ServiceNow(connection, page_limit=self.page), settings))
        return self._opened[0]

    @property
    def client(self) -> ServiceNow:
        return self.parts[1]

    def pull(self, **options) -> SourceResult:
        workspace, client, settings = self.parts
        self.clock += timedelta(seconds=1)
        return pull(workspace, client, settings, now=self.clock, **options)

    def push(self, later: timedelta = timedelta(minutes=2)) -> PushResult:
        workspace, client, settings = self.parts
        self.clock += later
        return push(workspace, client, settings, now=self.clock)

    def known(self) -> set[str]:
        with self.parts[0].read() as tx:
            return set(cases.known(tx))

    def expected(self) -> set[str]:
        """The open cases of Anna and her group, whatever the class, that the ACL shows."""
        group = next(
            row["sys_id"] for row in self.instance.rows("sys_user_group").values() if row["name"] == GROUP
        )
        rows = self.instance.rows("task").items()
        hidden = self.instance.manners.invisible
        return {
            sys_id for sys_id, row in rows
            if (row["assignment_group"] == group or row["assigned_to"] == self.instance.anna)
            and row["active"] == "true" and not hidden("task", row)
        }  # fmt: skip

    def close(self) -> None:
        for workspace, client, _ in self._opened:
            client.connection.close()
            workspace.close()
        self.instance.stop()
        assert not self.instance.bugs, self.instance.bugs


@dataclass
class Kept:
    """Secrets and tokens in memory."""

    secrets: dict[str, str]
    token: str = ""

    def get(self, system: str, name: str) -> str | None:
        return self.secrets.get(name)

    def set(self, system: str, name: str, secret: str) -> None:
        self.secrets[name] = secret

    def forget(self, system: str, name: str) -> None:
        self.secrets.pop(name, None)

    def load(self) -> str | None:
        return self.token

    def save(self, text: str) -> None:
        self.token = text


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Starts a stranger's instance, with these manners, beside a home folder."""
    started: list[Desk] = []

    def start(*, tables=("task",), groups=("løn og ansættelse",), cases_made: int = 36, **manners) -> Desk:
        instance = Instance(Manners(**manners))
        furnish(instance, cases_made)
        desk = Desk(instance, tmp_path, tuple(tables), tuple(groups))
        started.append(desk)
        desk.write_settings()
        return desk

    yield start
    for one in started:
        one.close()
