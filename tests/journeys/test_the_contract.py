"""Every command as a script calls it: one JSON object on standard output, the rest on standard error, the exit code."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest
from office import Person, person, share

from kkassist.practice.run import RunningCity

CASE_KEYS = {
    "number", "sys_id", "table", "title", "process", "state", "priority", "group", "assigned_to", "person", "due",
    "breach_at", "unread", "updated",
}  # fmt: skip
ENTRY_KEYS = {"id", "number", "kind", "field", "state", "tries", "next_try", "detail"}


@pytest.fixture
def empty(tmp_path: Path, city: RunningCity) -> Person:
    """A home without settings."""
    (tmp_path / "tom").mkdir()
    return Person(city, "anna.holm", tmp_path / "tom", tuple(city.secrets.items()))


class TestReading:
    def test_the_queue_by_view_search_and_limit(self, anna: Person, city: RunningCity) -> None:
        whole = anna.does("queue")
        assert set(whole["cases"][0]) >= CASE_KEYS
        two = anna.does("queue", "--limit", 2)
        assert two["cases"] == whole["cases"][:2] and two["total"] == whole["total"]
        mine = anna.does("queue", "--view", "mine")
        assert {one["assigned_to"] for one in mine["cases"]} == {"Anna Holm"}
        number = whole["cases"][5]["number"]
        found = anna.does("queue", "--search", number[3:])
        assert number in {one["number"] for one in found["cases"]}
        visible = city.servicenow.visible("anna.holm")
        assert {one["sys_id"] for one in whole["cases"]} <= set(visible)
        assert "Vælg en af" in anna.does("queue", "--view", "findes ikke", code=1)["error"]

    def test_json_is_taken_after_the_command_too(self, anna: Person) -> None:
        words = [sys.executable, "-m", "kkassist", "--home", str(anna.home), "queue", "--limit", "1", "--json"]
        done = subprocess.run(words, env=anna.environment, capture_output=True, text=True, check=True)
        assert len(json.loads(done.stdout)["cases"]) == 1

    def test_a_number_that_two_cases_have_is_refused_with_both(self, anna: Person) -> None:
        numbers = [one["number"] for one in anna.does("queue")["cases"]]
        double = next(number for number in numbers if numbers.count(number) == 2)
        refused = anna.does("case", double, code=1)
        several = [one["sys_id"] for one in refused["candidates"]]
        assert len(set(several)) == 2 and all(one in refused["error"] for one in several)
        assert anna.does("case", several[0])["sys_id"] == several[0]
        assert "findes ikke" in anna.does("case", "HRL9999999", code=1)["error"]

    def test_a_case_shows_no_cpr(self, anna: Person, city: RunningCity) -> None:
        cprs = {one.cpr for one in city.city.employments}
        case = next(one for one in anna.does("queue")["cases"] if one["process"] == "fratraedelse")
        said = anna.says("case", case["number"])
        assert said.data["record"]["u_cpr"].endswith("-••••")
        assert not [cpr for cpr in cprs if cpr in said.out]

    def test_a_person_is_masked_until_a_reason_is_given_and_the_reason_is_kept(
        self, anna: Person, city: RunningCity
    ) -> None:
        someone = city.city.employments[7]
        before = anna.does("audit", "verify")["entries"]
        found = anna.does("person", someone.tjenestenr)["persons"]
        assert [one["cpr"] for one in found] == [f"{someone.cpr[:6]}-••••"]
        assert anna.does("audit", "verify")["entries"] == before
        shown = anna.does("person", someone.tjenestenr, "--reveal", "Kontrol af ansættelse")["persons"]
        assert [one["cpr"] for one in shown] == [someone.cpr]
        out = anna.home / "log.jsonl"
        assert anna.does("export", "audit", out)["entries"] == before + 1
        last = json.loads(out.read_text(encoding="utf-8").splitlines()[-1])
        assert last["detail"] == "Kontrol af ansættelse" and someone.cpr not in json.dumps(last)

    def test_rules_and_processes(self, anna: Person, tmp_path: Path) -> None:
        processes = {one["id"]: one for one in anna.does("processes")["processes"]}
        assert processes["fratraedelse"]["kinds"][0] == "case" and processes["fratraedelse"]["fields"]
        assert {"upload", "robot"} <= set(processes["resultatloen"]["kinds"]) and processes["resultatloen"][
            "columns"
        ]
        assert {one["name"] for one in anna.does("calc", "--list")["rules"]} >= {"varsel", "arbejdsdage"}
        given = tmp_path / "tal.json"
        given.write_text(json.dumps({"fra": "2026-12-23", "antal": 2}), encoding="utf-8")
        answer = anna.does("calc", "arbejdsdage", "--json-in", given)
        assert answer["steps"] and answer["source"] and answer["figures"]
        given.write_text("[1]", encoding="utf-8")
        assert "JSON-objekt" in anna.does("calc", "arbejdsdage", "--json-in", given, code=2)["error"]

    def test_the_workload_adds_up_to_the_queue(self, anna: Person, tmp_path: Path) -> None:
        out = tmp_path / "overblik.xlsx"
        told = anna.does("export", "workload", out)
        queue = anna.does("queue")["cases"]
        ours = [one for one in queue if one["group"] == told["team"]]
        assert told["cases"] == len(ours)
        assert told["unassigned"] == sum(not one["assigned_to"] for one in ours)
        cells = {str(cell) for sheet in openpyxl.load_workbook(out) for row in sheet.values for cell in row}
        assert {one["number"] for one in ours} <= cells
        assert anna.does("export", "workload", out, "--from", "i går", code=2)["exit_code"] == 2


class TestWriting:
    def test_changes_wait_in_the_outbox_and_then_are_the_servers(
        self, anna: Person, city: RunningCity, tmp_path: Path
    ) -> None:
        case = next(one for one in anna.does("queue")["cases"] if one["table"] == "sn_hr_core_case_payroll")
        number, tables = case["sys_id"], city.servicenow.tables
        file = tmp_path / "bilag.txt"
        file.write_text("Bilag", encoding="utf-8")
        priority = "2" if str(case["priority"]) != "2" else "4"
        before = dict(tables.get("task", number))
        made = [
            *anna.does("set", number, f"priority={priority}")["entries"],
            *anna.does("note", number, "--work-note", "Talt med lederen (kontrakt).")["entries"],
            *anna.does("attach", number, file)["entries"],
        ]
        assert [one["kind"] for one in made] == ["field", "work_note", "attachment"]
        assert all(set(one) >= ENTRY_KEYS and one["state"] == "waiting" for one in made)
        assert tables.get("task", number) == before, "something was sent before push"
        assert [one["id"] for one in anna.does("outbox")["entries"]] == [one["id"] for one in made]

        assert anna.does("push") == {"sent": 3, "refused": [], "waiting": 0, "conflicts": 0}
        assert tables.get("task", number)["priority"] == priority
        notes = [row["value"] for row in tables.where("sys_journal_field", "element_id", number)]
        assert notes.count("Talt med lederen (kontrakt).") == 1
        files = [row["file_name"] for row in tables.where("sys_attachment", "table_sys_id", number)]
        assert files.count("bilag.txt") == 1
        assert anna.does("outbox")["entries"] == []
        assert anna.does("push") == {"sent": 0, "refused": [], "waiting": 0, "conflicts": 0}

    def test_a_case_is_taken_and_given_away(self, anna: Person, city: RunningCity) -> None:
        free = next(
            one
            for one in anna.does("queue", "--view", "unassigned")["cases"]
            if one["table"] == "sn_hr_core_case_payroll" and one["state"] != "Lukket"
        )["sys_id"]
        users = {row["user_name"]: row["sys_id"] for row in city.servicenow.tables.rows("sys_user")}
        anna.does("assign", free, "--me")
        assert anna.does("push")["sent"] == 1
        assert city.servicenow.tables.get("task", free)["assigned_to"] == users["anna.holm"]
        anna.does("assign", free, "hamza.yilmaz")
        assert anna.does("push")["sent"] == 1
        assert city.servicenow.tables.get("task", free)["assigned_to"] == users["hamza.yilmaz"]
        assert "findes ikke" in anna.does("assign", free, "ingen.her", code=1)["error"]

    @pytest.mark.parametrize(
        ("how", "wins"), [("--mine", "anna"), ("--theirs", "colleague"), ("--drop", "colleague")]
    )
    def test_a_colleague_who_was_faster(self, anna: Person, city: RunningCity, how: str, wins: str) -> None:
        payroll = [one for one in anna.does("queue")["cases"] if one["table"] == "sn_hr_core_case_payroll"]
        case = payroll[len(how)]
        number = case["sys_id"]
        now = city.servicenow.tables.get("task", number)["short_description"]
        mine, theirs = f"{now} (Anna {how})", f"{now} (Hamza {how})"
        anna.does("set", number, f"short_description={mine}")
        city.servicenow.colleagues.edit([number], fields={"short_description": theirs}, user="hamza.yilmaz")
        pushed = anna.does("push")
        assert (pushed["sent"], pushed["conflicts"]) == (0, 1)
        (entry,) = anna.does("outbox")["entries"]
        assert (entry["state"], entry["mine"], entry["theirs"]) == ("conflict", mine, theirs)
        assert city.servicenow.tables.get("task", number)["short_description"] == theirs
        anna.does("outbox", "resolve", entry["id"], how)
        anna.does("push")
        expected = mine if wins == "anna" else theirs
        assert city.servicenow.tables.get("task", number)["short_description"] == expected
        assert anna.does("outbox")["entries"] == []
        assert anna.does("case", number)["title"] == expected

    def test_a_refusal_keeps_the_draft_and_shows_servicenows_words(self, anna: Person, city: RunningCity) -> None:
        groups = {row["sys_id"]: row["name"] for row in city.servicenow.tables.rows("sys_user_group")}
        other = next(sys_id for sys_id, name in groups.items() if name == "Finans")
        case = next(
            one
            for one in anna.does("queue")["cases"]
            if one["table"].startswith("sn_hr") and one["state"] == "Igangværende"
        )
        anna.does("set", case["sys_id"], f"assignment_group={other}")
        pushed = anna.does("push")
        (refused,) = pushed["refused"]
        assert refused["number"] == case["number"]
        assert "gruppe" in refused["detail"].lower()
        (kept,) = anna.does("outbox")["entries"]
        assert (kept["state"], kept["mine"]) == ("refused", other)
        anna.does("outbox", "resolve", kept["id"], "--drop")
        assert anna.does("outbox")["entries"] == []


def a_case_that_only_lacks_the_leaders_word(anna: Person) -> str:
    """A fratrædelse whose only fault is that the leader has not confirmed the balances."""
    for one in anna.does("queue")["cases"]:
        if one["process"] == "fratraedelse":
            case = anna.does("case", one["sys_id"])
            errors = [finding for finding in case["findings"] if finding["severity"] == "error"]
            if (
                not case["must_choose"]
                and case["employment"]
                and [one["field"] for one in errors] == ["ferie_bekraeftet"]
            ):
                return str(case["sys_id"])
    raise AssertionError("no such case in the queue")


class TestTheRobotForOneCase:
    def test_dry_run_sends_nothing_and_the_run_is_followed(self, anna: Person, city: RunningCity) -> None:
        ready = a_case_that_only_lacks_the_leaders_word(anna)
        assert "bekræftet" in anna.does("bot", "fratraedelse", ready, "--dry-run", code=1)["error"]
        assert anna.does("set", ready, "ferie_bekraeftet=ja")["entries"] == []
        before = len(city.robots.ledger.items)
        would = anna.does("bot", "fratraedelse", ready, "--dry-run")["dry_run"]
        assert would["queue"] == "KK_Fratraedelse" and would["items"][0]["content"]
        assert len(city.robots.ledger.items) == before
        run = anna.does("bot", "fratraedelse", ready)["run"]
        assert (run["process"], run["total"]) == ("fratraedelse", 1)
        followed = anna.does("runs", "--watch")["runs"]
        (mine,) = [one for one in followed if one["id"] == run["id"]]
        assert mine["done"] == 1 and mine["state"] == "finished"
        assert {"reference", "state", "message"} <= set(mine["results"][0])
        if mine["results"][0]["state"] == "done":
            assert "allerede" in anna.does("bot", "fratraedelse", ready, code=1)["error"]
        assert anna.does("bot", "resultatloen", ready, code=1)["exit_code"] == 1
        assert "findes ikke" in anna.does("runs", "cancel", "ukendt", code=1)["error"]


class TestKeeping:
    def test_backup_and_restore(self, anna: Person, tmp_path: Path) -> None:
        number = anna.does("queue", "--limit", 1)["cases"][0]["sys_id"]
        anna.does("note", number, "--work-note", "Før kopien.")
        copy = tmp_path / "kopi.db"
        assert anna.does("backup", copy)["path"] == str(copy)
        assert copy.read_bytes()[:15] != b"SQLite format 3", "the copy is not encrypted"
        assert "findes allerede" in anna.does("backup", copy, code=1)["error"]
        anna.does("note", number, "--work-note", "Efter kopien.")
        anna.does("restore", copy)
        assert [one["mine"] for one in anna.does("outbox")["entries"]] == ["Før kopien."]
        verified = anna.does("audit", "verify")
        assert verified["intact"] is True and verified["first_broken"] == 0
        broken = tmp_path / "brudt.db"
        broken.write_bytes(copy.read_bytes()[:-3000] + bytes(3000))
        anna.does("restore", broken, code=4)
        assert [one["mine"] for one in anna.does("outbox")["entries"]] == ["Før kopien."]

    def test_the_support_bundle_knows_nobody(self, anna: Person, city: RunningCity, tmp_path: Path) -> None:
        someone = city.city.employments[3]
        anna.does("person", someone.cpr)
        anna.does("case", someone.cpr, code=1)
        anna.says("-v", "queue", "--search", someone.name)
        out = tmp_path / "support.zip"
        anna.does("support-bundle", out)
        with zipfile.ZipFile(out) as bundle:
            text = "\n".join(bundle.read(name).decode("utf-8") for name in bundle.namelist())
        assert "kkassist" in text and "ServiceNow" in text
        assert not [one.cpr for one in city.city.employments if one.cpr in text]
        names = {one.name for one in city.city.employments} | {one.name for one in city.city.accounts}
        assert not [name for name in names if name in text]
        assert not [one.user_name for one in city.city.accounts if one.user_name in text]


class TestSettingUp:
    def test_init_takes_a_provisioned_file_and_refuses_a_wrong_one(self, empty: Person, city: RunningCity) -> None:
        assert "kkassist init" in empty.does("queue", code=2)["error"]
        settings = city.homes["anna.holm"] / "settings.toml"
        wrong = empty.home / "forkert.toml"
        text = settings.read_text(encoding="utf-8")
        wrong.write_text(text.replace('auth = "oauth-password"', 'auth = "gaet"'), encoding="utf-8")
        refused = empty.does("init", "--from", wrong, code=2)
        line = 1 + text[: text.index('auth = "oauth-password"')].count("\n")
        assert refused["faults"][0]["line"] == line and "oauth-pkce" in refused["error"]
        assert not (empty.home / "settings.toml").exists()
        assert empty.does("init", "--from", settings)["settings"] == str(empty.home / "settings.toml")
        assert {one["name"]: one["ok"] for one in empty.does("doctor")["checks"]}["ServiceNow"] is True

    @pytest.mark.parametrize(
        ("old", "new", "fits"),
        [
            ('role = "sagsbehandler"', 'role = "chef"', "godkender"),
            ('language = "da"', 'sprog = "da"', "language"),
            ("[opus]", "[opsu]", "opus"),
            ('url = "http', 'url = "ftp', "https://"),
        ],
    )
    def test_wrong_settings_are_told_with_line_and_what_fits(
        self, anna: Person, old: str, new: str, fits: str
    ) -> None:
        anna.settings(old, new)
        lines = (anna.home / "settings.toml").read_text(encoding="utf-8").splitlines()
        refused = anna.does("queue", code=2)
        fault = refused["faults"][0]
        assert new in lines[fault["line"] - 1] or new.split(" ")[0] in lines[fault["line"] - 1]
        assert fits in fault["message"] and f"linje {fault['line']}" in refused["error"]

    def test_signing_in_and_out(self, anna: Person) -> None:
        assert anna.does("login", "servicenow") == {"system": "servicenow", "signed_in": True}
        anna.does("logout", "servicenow")
        assert anna.does("login", "robots")["signed_in"] is True
        wrong = Person(
            anna.city, anna.user, anna.home, (*anna.secrets, ("KKASSIST_SECRET_SERVICENOW_PASSWORD", "forkert"))
        )
        assert wrong.does("login", "servicenow", code=3)["error"]

    @pytest.mark.parametrize(
        "words",
        [
            ("frob",), ("queue", "--limit", "mange"), ("queue", "--limit", "-1"), ("note", "HRL1"),
            ("set", "X", "state"),
            ("upload",), ("outbox", "resolve", "X"), ("sync", "--source", "edoc"), ("login", "opus"),
        ],
    )  # fmt: skip
    def test_wrong_usage(self, anna: Person, words: tuple[str, ...]) -> None:
        refused = anna.does(*words, code=2)
        assert refused["exit_code"] == 2 and refused["error"]

    def test_a_bug_has_a_reference_that_the_log_knows(self, anna: Person) -> None:
        """A declaration of one's own that breaks the program stands for a bug: nobody foresaw it."""
        words = [sys.executable, "-c", BUG, "--home", str(anna.home), "--json", "queue"]
        done = subprocess.run(words, env=anna.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 5
        told = json.loads(done.stdout)
        assert told["exit_code"] == 5 and told["reference"] in told["error"] and told["reference"] in done.stderr
        log = (anna.home / "logs" / "kkassist.log").read_text(encoding="utf-8")
        assert told["reference"] in log and "RuntimeError" in log and "6101901234" not in log


BUG = """
import sys
from kkassist.cli.main import main
from kkassist.store import queue

def broken(*_):
    raise RuntimeError("sag om 6101901234")

queue.ids = broken
sys.exit(main(sys.argv[1:]))
"""


def test_another_persons_home_knows_nothing_of_this_one(city: RunningCity, anna: Person, tmp_path: Path) -> None:
    """A foreign key opens nothing and leaves the file as it is."""
    workspace = anna.home / "workspace.db"
    before = workspace.read_bytes()
    stranger = person(city, "dorte.friis", tmp_path / "dorte", like=anna.home)
    other_key = {**stranger.environment, "KKASSIST_SECRET_WORKSPACE_KEY": "en anden nøgle"}
    words = [sys.executable, "-m", "kkassist", "--home", str(stranger.home), "--json", "queue"]
    done = subprocess.run(words, env=other_key, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and json.loads(done.stdout)["exit_code"] == 4
    assert (stranger.home / "workspace.db").read_bytes() == before


def test_colleagues_on_one_workspace_send_under_their_own_names(
    city: RunningCity, anna: Person, tmp_path: Path
) -> None:
    bent = person(city, "bent.kjaer", tmp_path / "bent")
    share(anna, bent)
    case = bent.does("queue", "--limit", 1)["cases"][0]["sys_id"]
    anna.does("note", case, "--work-note", "Annas ord.")
    bent.does("note", case, "--work-note", "Bents ord.")
    assert bent.does("push")["sent"] == 1
    assert [one["mine"] for one in anna.does("outbox")["entries"]] == ["Annas ord."]
    assert anna.does("push")["sent"] == 1
    notes = city.servicenow.tables.where("sys_journal_field", "element_id", case)
    authors = {row["value"]: row["sys_created_by"] for row in notes}
    assert (authors["Annas ord."], authors["Bents ord."]) == ("anna.holm", "bent.kjaer")
