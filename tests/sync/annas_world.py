"""A workspace of Anna's beside a practice ServiceNow of her own."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from kkassist.domain.change import ChangeKind, ChangeState, PendingChange
from kkassist.domain.ids import new_id
from kkassist.domain.settings import Settings
from kkassist.practice.servicenow.server import RunningServiceNow
from kkassist.remote.servicenow.client import ServiceNow
from kkassist.store import cases, outbox
from kkassist.store.engine import Workspace
from kkassist.sync.pull_servicenow import pull
from kkassist.sync.push import push
from kkassist.sync.results import PushResult, SourceResult

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ANNA = "anna.holm"


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


@dataclass
class Annas:
    """Anna's workspace, her client and the instance she works on."""

    instance: RunningServiceNow
    workspace: Workspace
    settings: Settings
    client: ServiceNow
    paused: list[float] = field(default_factory=list)
    clock: datetime = NOW

    def pull(self, **options) -> SourceResult:
        self.clock += timedelta(seconds=1)
        return pull(self.workspace, self.client, self.settings, now=self.clock, **options)

    def push(self, later: timedelta = timedelta(0)) -> PushResult:
        self.clock += later
        return push(self.workspace, self.client, self.settings, now=self.clock)

    def known(self) -> dict[str, tuple[str, str]]:
        with self.workspace.read() as tx:
            return cases.known(tx)

    def fields(self, sys_id: str) -> dict[str, str]:
        with self.workspace.read() as tx:
            row = cases.server_row(tx, sys_id)
        return dict(row.fields) if row else {}

    def a_case(self, table: str = "sn_hr_core_case_payroll") -> str:
        """An open case of hers or her groups'."""
        return next(
            sys_id
            for sys_id, (of, _) in sorted(self.known().items())
            if of == table and self.fields(sys_id)["active"] == "true"
        )

    def want(self, sys_id: str, kind: ChangeKind, field_name: str = "", mine: str = "", base: str = "") -> str:
        """Put a change of hers in the outbox; its id."""
        change = PendingChange(
            id=new_id(),
            case_id=sys_id,
            table=self.known()[sys_id][0],
            number=self.fields(sys_id)["number"],
            kind=kind,
            field=field_name,
            base=base or self.fields(sys_id).get(field_name, ""),
            mine=mine,
            theirs="",
            state=ChangeState.WAITING,
            tries=0,
            next_try=None,
            detail="",
            made_at=self.clock,
            sent_at=None,
            user=ANNA,
        )
        with self.workspace.write() as tx:
            outbox.add(tx, change)
        return change.id

    def change(self, change_id: str) -> PendingChange:
        with self.workspace.read() as tx:
            found = outbox.change(tx, change_id)
        assert found is not None
        return found

    def server(self, sys_id: str) -> dict[str, str]:
        return dict(self.instance.visible(ANNA)[sys_id])

    def notes_on_server(self, sys_id: str, text: str) -> int:
        rows = self.instance.tables.rows("sys_journal_field")
        return sum(row["element_id"] == sys_id and row["value"] == text for row in rows)
