"""The whole way against the practice city's Orchestrator, with sign-in and robots that work in time."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from job import PROCESS, Clock, approver, desk_at, employment, opened, row, write_file

from kkassist.actions import runs, uploads
from kkassist.actions.desk import Systems
from kkassist.domain.batch import BatchState, RowState
from kkassist.domain.errors import OutOfReach
from kkassist.domain.settings import HttpSettings, RobotSettings
from kkassist.practice.population import build_city
from kkassist.practice.robots.server import CLIENT_ID, CLIENT_SECRET, RunningOrchestrator
from kkassist.remote import sign_in
from kkassist.remote.http import Connection
from kkassist.remote.robots.uipath import Orchestrator, ReadBudget
from kkassist.store import people

CITY = build_city(seed=1, employees=150, today=date(2026, 11, 23))
STAFF = [one for one in CITY.employments if one.entry_date.year < 2026 and one.leave_date is None]
ROWS = 60


class Memory:
    """Secrets and a token kept for the test."""

    def __init__(self) -> None:
        self.text: str | None = None

    def load(self) -> str | None:
        return self.text

    def save(self, text: str) -> None:
        self.text = text

    def get(self, _system: str, name: str) -> str | None:
        return CLIENT_SECRET if name == "client_secret" else None

    def set(self, _system: str, _name: str, _secret: str) -> None: ...

    def forget(self, _system: str, _name: str) -> None: ...


@pytest.fixture
def city():
    with RunningOrchestrator(lambda: CITY, rate=2_000) as running:
        yield running


@pytest.fixture
def desk(tmp_path, city):
    workspace = opened(tmp_path)
    with workspace.write() as tx:
        known = [replace(employment(1), **who(one)) for one in STAFF]
        people.store_employments(tx, known, {})
    settings = RobotSettings(url=city.base_url, client_id=CLIENT_ID)
    signed_in = sign_in.for_robots(settings, HttpSettings(timeout_s=5), Memory(), Memory())
    connection = Connection("robots", city.base_url, HttpSettings(timeout_s=5), signed_in, pause=lambda _: None)
    robots = Orchestrator(connection, "Koncernservice", ReadBudget(10_000))
    made = desk_at(tmp_path, workspace, city.base_url, Clock(datetime.now(UTC)))
    yield replace(made, systems=Systems(lambda: None, lambda: None, lambda: robots, lambda _: signed_in))
    workspace.close()


def who(one) -> dict[str, str]:
    return {"tjenestenr": one.tjenestenr, "cpr": one.cpr, "first_name": one.first_name, "last_name": one.last_name}


def approved(desk, folder) -> str:
    rows = []
    for number, one in enumerate(STAFF[:ROWS], start=1):
        rows.append(row(number, tjenestenr=one.tjenestenr, cpr=one.cpr, navn=f"{one.first_name} {one.last_name}"))
    batch = uploads.submit_file(desk, PROCESS.id, write_file(folder / "by.xlsx", rows))
    return uploads.approve(approver(desk), batch.id).id


def follow_to_end(desk) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            runs.follow(desk)
        except OutOfReach:
            desk.clock.wait(seconds=1)
        if not any(run.finished_at is None for run in runs.all_runs(desk)):
            return
        time.sleep(0.02)
    raise AssertionError(runs.all_runs(desk))


@pytest.mark.parametrize(
    "fault", ["", "answer-lost", "half-bulk", "server-error", "server-error-after", "token-death"]
)
def test_rows_are_refused_mended_and_rerun_alone_and_nothing_is_posted_twice(desk, city, tmp_path, fault):
    batch_id = approved(desk, tmp_path)
    ordered = [f"KK-resultatloen-{batch_id}-{number}" for number in (5, 17, 33)]
    city.robots.refusals.order(ordered, "Lønperioden er låst for medarbejderen.")
    runs.send(desk, batch_id)
    if fault:
        city.faults.plan(fault)
    follow_to_end(desk)
    refused = {one.row for one in runs.rows(desk, batch_id, [RowState.REFUSED])}
    assert refused >= {5, 17, 33}
    for number in refused:
        uploads.repair_row(desk, batch_id, number, {"beloeb": "2.500,00", "begrundelse": "Rettet"})
    uploads.submit(desk, batch_id)
    uploads.approve(approver(desk), batch_id)
    again = runs.retry(desk, batch_id)
    assert again.total <= len(refused) + 3
    follow_to_end(desk)
    counts = uploads.batch(desk, batch_id).counts
    assert counts.get(RowState.DONE, 0) + counts.get(RowState.FAILED, 0) + counts.get(RowState.REFUSED, 0) == ROWS
    assert counts[RowState.DONE] == len(city.ledger.postings)
    assert city.ledger.posted_twice() == []
    assert uploads.batch(desk, batch_id).state is BatchState.FINISHED
