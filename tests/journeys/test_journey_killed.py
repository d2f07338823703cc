"""kill -9 in the middle of a sync, a push and a run. Started again, nothing is lost and nothing is there twice."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from office import Person, person, share
from resultatloen_file import write

from kkassist.practice.resultatloen import resultatloen_rows
from kkassist.practice.run import RunningCity

ROWS = 300
PATIENCE_S = 60


def killed_when(process: "subprocess.Popen[str]", reached: Callable[[], bool]) -> bool:
    """Kill the command as soon as the outside world has seen that much of it; False when it ended before."""
    started = time.monotonic()
    while process.poll() is None and time.monotonic() - started < PATIENCE_S:
        if reached():
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.002)
    process.communicate(timeout=PATIENCE_S)
    return process.returncode == -signal.SIGKILL


@pytest.fixture
def fresh(city: RunningCity, tmp_path: Path) -> Person:
    """Anna on her first day: settings, and no workspace yet."""
    return person(city, "anna.holm", tmp_path / "ny")


class TestASync:
    @pytest.mark.parametrize("answers", [1, 6, 20])
    def test_the_next_sync_brings_what_the_server_has(
        self, fresh: Person, city: RunningCity, answers: int
    ) -> None:
        log = city.servicenow.log
        city.servicenow.faults.switch("slow", seconds=0.02)
        log.clear()
        assert killed_when(fresh.start("sync", "--source", "servicenow"), lambda: len(log) >= answers)
        city.servicenow.faults.clear()
        assert fresh.does("sync", "--source", "servicenow")["sources"][0]["error"] == ""
        shown = fresh.does("queue", "--view", "all")["cases"]
        truth = {
            sys_id: row
            for sys_id, row in city.servicenow.visible("anna.holm").items()
            if row.get("active") == "true"
        }
        assert {one["sys_id"] for one in shown} <= set(truth)
        assert {one["sys_id"] for one in fresh.does("queue")["cases"]} == {
            sys_id for sys_id, row in truth.items() if belongs_to_anna(city, row)
        }
        assert {one["sys_id"]: one["title"] for one in shown} == {
            one["sys_id"]: truth[one["sys_id"]]["short_description"] for one in shown
        }

    def test_an_extract_half_read_is_read_whole(self, fresh: Person, city: RunningCity) -> None:
        workspace = fresh.home / "workspace.db"
        process = fresh.start("sync", "--source", "opus")
        assert killed_when(process, lambda: log_of(workspace) > 400_000)
        fresh.does("sync", "--source", "opus")
        jobs = {
            job["tjenestenr"]: job["position"]
            for someone in city.city.employments[:40:8]
            for found in fresh.does("person", someone.cpr)["persons"]
            for job in found["employments"]
        }
        expected = {
            one.tjenestenr: one.position
            for someone in city.city.employments[:40:8]
            for one in city.city.employments
            if one.cpr == someone.cpr
        }
        assert {number: jobs.get(number) for number in expected} == expected


def log_of(workspace: Path) -> int:
    """How much has been written since the workspace was made."""
    wal = workspace.with_name(workspace.name + "-wal")
    return wal.stat().st_size if wal.exists() else 0


def belongs_to_anna(city: RunningCity, row: dict[str, str]) -> bool:
    tables = city.servicenow.tables
    group = next(one["sys_id"] for one in tables.rows("sys_user_group") if one["name"] == "Løn og ansættelse")
    anna = next(one["sys_id"] for one in tables.rows("sys_user") if one["user_name"] == "anna.holm")
    return row.get("assignment_group") == group or row.get("assigned_to") == anna


class TestAPush:
    @pytest.mark.parametrize("writes", [1, 2, 4])
    def test_every_note_and_change_arrives_once(self, anna: Person, city: RunningCity, writes: int) -> None:
        tables = city.servicenow.tables
        anna.does("sync", "--source", "servicenow")
        chosen = [one for one in anna.does("queue")["cases"] if one["table"] == "sn_hr_core_case_payroll"][-2:]
        words = {one["sys_id"]: f"Dræbt efter {writes}: {one['sys_id'][:6]}" for one in chosen}
        titles = {sys_id: f"{tables.get('task', sys_id)['short_description']}!{writes}" for sys_id in words}
        for sys_id, text in words.items():
            anna.does("note", sys_id, "--work-note", text)
            anna.does("set", sys_id, f"short_description={titles[sys_id]}")
        log = city.servicenow.log
        log.clear()
        city.servicenow.faults.switch("slow", seconds=0.03)
        sent = lambda: sum(one.method in {"PATCH", "PUT", "POST"} and "/now/" in one.path for one in list(log))  # noqa: E731
        assert killed_when(anna.start("push"), lambda: sent() >= writes)
        city.servicenow.faults.clear()
        for _ in range(3):
            pushed = anna.does("push")
            if not pushed["waiting"]:
                break
        notes = Counter(row["value"] for row in tables.rows("sys_journal_field") if row["element_id"] in words)
        entries = anna.does("outbox")["entries"]
        unsure = {one["mine"] for one in entries if one["state"] == "unconfirmed"}
        for text in words.values():
            assert notes[text] == 1 or (notes[text] == 0 and text in unsure), (notes[text], entries)
        assert len(unsure) <= 1, "only what was under way may be unsure"
        assert {sys_id: tables.get("task", sys_id)["short_description"] for sys_id in words} == titles


class TestARun:
    @pytest.mark.parametrize("moment", ["before", "handing over", "working"])
    def test_each_row_is_posted_once(self, anna: Person, city: RunningCity, moment: str, tmp_path: Path) -> None:
        seed = {"before": 31, "handing over": 32, "working": 33}[moment]
        batch = approved(anna, city, tmp_path, seed)
        ledger, log = city.robots.ledger, city.robots.server.served
        posted, items = len(ledger.postings), len(ledger.items)
        log.clear()
        reached = {
            "before": lambda: len(log) >= 1,
            "handing over": lambda: len(ledger.items) - items >= 100,
            "working": lambda: len(ledger.postings) - posted >= 20,
        }[moment]
        words = ("upload", "send", batch)
        was_killed = killed_when(anna.start(*words), reached)
        if not was_killed:  # the command ended before the moment: it comes while the run is watched
            assert killed_when(anna.start("runs", "--watch"), reached)
        if anna.does("upload", "status", batch)["state"] == "approved":
            anna.does("upload", "send", batch)
        anna.does("runs", "--watch")
        status = anna.does("upload", "status", batch)
        assert sum(status["counts"].values()) == ROWS
        assert set(status["counts"]) <= {"done", "refused", "failed"}
        references = [one.reference for one in ledger.postings if batch in one.reference]
        assert len(references) == len(set(references)) == status["counts"]["done"]
        done = {one["reference"] for one in status["results"] if one["state"] == "done"}
        assert set(references) == done
        assert ledger.posted_twice() == []


def approved(anna: Person, city: RunningCity, folder: Path, seed: int) -> str:
    template = Path(anna.does("upload", "template", "resultatloen", folder / "skabelon.xlsx")["path"])
    rows = resultatloen_rows(city.city, ROWS, seed=seed)
    # Other months' pay, so that the journeys do not meet in OPUS.
    rows = [{**row, "Optjeningsperiode fra": f"{seed - 25:02d}-02-2026"} for row in rows]
    batch = str(anna.does("upload", "submit", "resultatloen", write(template, folder / "r.xlsx", rows))["batch"])
    bent = person(city, "bent.kjaer", folder / "bent")
    share(anna, bent)
    bent.does("upload", "approve", batch)
    return batch
