"""What the tests of uploads and runs share: a desk with people in OPUS, a file to upload, an Orchestrator."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl

sys.path.insert(0, str(Path(__file__).parents[1] / "robots"))

from kkassist.actions import runs, uploads
from kkassist.actions.desk import Desk, Systems
from kkassist.domain.person import Employment
from kkassist.domain.settings import HttpSettings, RobotSettings, Settings, UserSettings
from kkassist.processes.resultatloen import PROCESS
from kkassist.remote.http import Connection
from kkassist.remote.robots.uipath import Orchestrator, ReadBudget
from kkassist.remote.sign_in import NoSignIn
from kkassist.store import people
from kkassist.store.engine import Workspace, open_workspace
from kkassist.sync.events import Events

KEY = "ab" * 32
QUEUE = "KK_Resultatloen"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that a test sets; it moves a little at each look, as time does."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=3)
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


def opened(home: Path) -> Workspace:
    return open_workspace(f"sqlite:///{(home / 'workspace.db').as_posix()}", KEY)


def desk_at(
    home: Path,
    workspace: Workspace,
    base_url: str,
    clock: Clock,
    user: str = "anna.holm",
    role: str = "sagsbehandler",
) -> Desk:
    connection = Connection("robots", base_url, HttpSettings(timeout_s=5), NoSignIn(), pause=lambda _: None)
    robots = Orchestrator(connection, "Koncernservice", ReadBudget(10_000))
    settings = Settings(home=home, user=UserSettings(user, role), robots=RobotSettings(url=base_url))  # type: ignore[arg-type]
    systems = Systems(lambda: None, lambda: None, lambda: robots, lambda _: None)
    return Desk(settings, workspace, systems, Events(), clock)


def as_user(desk: Desk, user: str, role: str) -> Desk:
    return replace(desk, settings=replace(desk.settings, user=UserSettings(user, role)))  # type: ignore[arg-type]


def approver(desk: Desk) -> Desk:
    return as_user(desk, "bent.kjaer", "godkender")


def fill_opus(workspace: Workspace, count: int) -> None:
    with workspace.write() as tx:
        people.begin_extract(tx, "ZLPE20261122_delta.xml", START)
        people.store_employments(tx, [employment(number) for number in range(1, count + 1)], {})
        people.finish_extract(tx, "ZLPE20261122_delta.xml", {})


def employment(number: int) -> Employment:
    return Employment(
        tjenestenr=str(100_000 + number),
        cpr=f"610190{number:04d}",
        supp_id="0",
        first_name="Prøve",
        last_name=f"Person{number}",
        address="",
        protected=False,
        entry_date=START.date().replace(year=2020),
        leave_date=None,
        initial_entry=None,
        unit_id="1000",
        position_id="1",
        position="Specialkonsulent",
        work_contract="01",
        work_contract_text="",
        weekly_hours=Decimal(37),
        is_manager=False,
        superior_level="0",
        email="",
        user_id="",
        phone="",
        pay_grade_text="",
        wage_step="",
        production_number="",
        cost_center="1111111111",
        as_of=START,
    )


def row(number: int, **changed: str) -> dict[str, str]:
    """One clean row for person `number`."""
    values = {
        "cpr": f"610190{number:04d}",
        "tjenestenr": str(100_000 + number),
        "navn": f"Prøve Person{number}",
        "loenart": "ENG-RES",
        "beloeb": f"{1000 + number},50",
        "pensionsgivende": "J",
        "optjening_fra": "01-01-2026",
        "optjening_til": "31-10-2026",
        "udbetalingsmaaned": "2026-12",
        "aftale": "RL-2026-001",
        "begrundelse": "Mål opfyldt",
        "omkostningssted": "",
        "psp": "",
    }
    return {**values, **changed}


def write_file(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    assert PROCESS.upload is not None
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([column.header for column in PROCESS.upload.columns])
    for one in rows:
        sheet.append([one[column.id] for column in PROCESS.upload.columns])
    book.save(path)
    return path


def approved_batch(desk: Desk, folder: Path, count: int) -> str:
    path = write_file(folder / f"fil-{count}.xlsx", [row(number) for number in range(1, count + 1)])
    batch = uploads.submit_file(desk, PROCESS.id, path)
    return uploads.approve(approver(desk), batch.id).id


def follow_to_end(desk: Desk, most: int = 50) -> None:
    for _ in range(most):
        runs.follow(desk)
        if not any(run.finished_at is None for run in runs.all_runs(desk)):
            return
    raise AssertionError([run for run in runs.all_runs(desk) if run.finished_at is None])
