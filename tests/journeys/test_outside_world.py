"""Each outside system down, lying or signed out: one sentence, exit code 3, what was done stays, it mends itself."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from office import Person, Said, person

from kkassist.practice.run import RunningCity, start_city


@pytest.fixture
def well(city: RunningCity) -> Iterator[RunningCity]:
    """The city, whose faults end with the test."""
    yield city
    city.servicenow.faults.clear()
    for faults in (city.kkorg.faults, city.robots.faults):
        for name in faults.known:
            faults.plan(name, times=0)


def one_sentence(said: Said, source: str) -> str:
    """What a failed sync says of a source: a short sentence for people, without addresses or jargon."""
    (result,) = [one for one in said.data["sources"] if one["source"] == source]
    words = str(result["error"])
    assert said.code == 3 and words.endswith(".") and len(words) < 200, said.out
    assert "127.0.0.1" not in words and "Error" not in words and "HTTP" not in words, words
    return words


class TestServiceNow:
    @pytest.mark.parametrize("fault", ["error_503", "cut_body", "hibernating", "login_page"])
    def test_trouble_is_told_and_the_queue_stays(self, anna: Person, well: RunningCity, fault: str) -> None:
        before = anna.does("queue")["total"]
        well.servicenow.faults.switch(fault)
        said = anna.says("sync", "--source", "servicenow")
        one_sentence(said, "servicenow")
        assert anna.does("queue")["total"] == before
        well.servicenow.faults.clear()
        assert anna.does("sync", "--source", "servicenow")["sources"][0]["error"] == ""

    def test_a_short_hiccup_is_not_noticed(self, anna: Person, well: RunningCity) -> None:
        for fault in ("error_502", "cancelled_200", "dead_token", "reset_before"):
            well.servicenow.faults.switch(fault, times=1)
        assert anna.does("sync", "--source", "servicenow", "--full")["sources"][0]["error"] == ""

    def test_nobody_asks_again_before_the_time_that_was_given(self, anna: Person, well: RunningCity) -> None:
        well.servicenow.log.clear()
        well.servicenow.faults.switch("rate_limit", times=2)
        assert anna.does("sync", "--source", "servicenow")["sources"][0]["error"] == ""
        assert [one.status for one in well.servicenow.log].count(429) == 2
        assert not [one for one in well.servicenow.log if one.too_early]

    def test_a_change_waits_while_it_is_away_and_goes_out_once(self, anna: Person, well: RunningCity) -> None:
        case = anna.does("queue", "--limit", 1)["cases"][0]["sys_id"]
        anna.does("note", case, "--work-note", "Skrevet under nedbruddet.")
        well.servicenow.faults.switch("error_503")
        assert anna.does("push", code=3)["error"].endswith(".")
        (waiting,) = anna.does("outbox")["entries"]
        assert waiting["state"] == "waiting"
        well.servicenow.faults.clear()
        wait_until(waiting["next_try"])
        sent(anna)
        assert notes(well, case).count("Skrevet under nedbruddet.") == 1

    def test_an_answer_that_is_lost_is_looked_up(self, anna: Person, well: RunningCity) -> None:
        case = anna.does("queue", "--limit", 2)["cases"][1]["sys_id"]
        anna.does("note", case, "--work-note", "Svaret gik tabt.")
        well.servicenow.faults.switch("reset_after", times=3)
        anna.says("push")
        well.servicenow.faults.clear()
        for entry in anna.does("outbox")["entries"]:
            wait_until(entry["next_try"])
        sent(anna)
        assert notes(well, case).count("Svaret gik tabt.") == 1

    def test_signed_out_says_so_until_somebody_signs_in(self, anna: Person, well: RunningCity) -> None:
        anna.does("logout", "servicenow")
        assert "Log ind" in one_sentence(anna.says("sync", "--source", "servicenow"), "servicenow")
        case = anna.does("queue", "--limit", "1")["cases"][0]["sys_id"]
        anna.does("note", case, "--work-note", "Venter på login")
        assert "Log ind" in anna.does("push", code=3)["error"]
        wrong = (*anna.secrets, ("KKASSIST_SECRET_SERVICENOW_PASSWORD", "forkert"))
        assert Person(anna.city, anna.user, anna.home, wrong).does("login", "servicenow", code=3)["error"]
        anna.does("login", "servicenow")
        assert anna.does("push")["sent"] == 1
        assert anna.does("sync", "--source", "servicenow")["sources"][0]["error"] == ""


class TestTheOthers:
    @pytest.mark.parametrize("fault", ["kkorg-unavailable", "graphql-error"])
    def test_kkorg_away_leaves_the_organisation_as_it_was(
        self, anna: Person, well: RunningCity, fault: str
    ) -> None:
        number = well.city.employments[5].tjenestenr
        before = anna.does("person", number)["persons"]
        well.kkorg.faults.plan(fault, times=50)
        one_sentence(anna.says("sync", "--source", "kkorg"), "kkorg")
        assert anna.does("person", number)["persons"] == before
        well.kkorg.faults.plan(fault, times=0)
        assert anna.does("sync", "--source", "kkorg")["sources"][0]["error"] == ""

    def test_one_system_away_does_not_stop_the_others(self, anna: Person, well: RunningCity) -> None:
        well.kkorg.faults.plan("kkorg-error", times=50)
        said = anna.says("sync")
        one_sentence(said, "kkorg")
        assert {one["source"] for one in said.data["sources"] if not one["error"]} == {"servicenow", "opus"}

    def test_an_extract_cut_off_in_the_middle_is_refused_and_the_old_stands(
        self, anna: Person, well: RunningCity, tmp_path: Path
    ) -> None:
        folder = tmp_path / "opus"
        folder.mkdir()
        last = sorted(well.opus_folder.glob("ZLPE*.xml"))[-1]
        cut = folder / "ZLPE20991231224000_delta.xml"
        cut.write_bytes(last.read_bytes()[:200_000])
        anna.settings(str(well.opus_folder), str(folder))
        number = well.city.employments[5].tjenestenr
        before = anna.does("person", number)["persons"]
        assert anna.says("sync", "--source", "opus").code == 3
        assert anna.does("person", number)["persons"] == before

    def test_the_doctor_tells_which_system_is_away(self, anna: Person, well: RunningCity) -> None:
        well.robots.faults.plan("server-error", times=100)
        checks = {one["name"]: one["ok"] for one in anna.does("doctor")["checks"]}
        assert checks["Robotter"] is False and checks["ServiceNow"] is True
        well.robots.faults.plan("server-error", times=0)
        assert {one["name"]: one["ok"] for one in anna.does("doctor")["checks"]}["Robotter"] is True


def test_everything_is_gone(tmp_path: Path) -> None:
    """The network cable is out: each command that needs nobody works, the others say who does not answer."""
    with start_city(tmp_path / "by", cases=20, employees=300, seed=3) as city:
        anna = person(city, "anna.holm", tmp_path / "anna")
        anna.does("sync")
        number = anna.does("queue", "--limit", 1)["cases"][0]["sys_id"]
    assert len(anna.does("queue")["cases"]) > 0
    assert anna.does("case", number)["fields"] is not None
    assert anna.does("note", number, "--work-note", "Uden net.")["entries"]
    said = anna.says("sync")
    assert one_sentence(said, "servicenow") != one_sentence(said, "kkorg")
    assert [one["error"] for one in said.data["sources"] if one["source"] == "opus"] == [""]
    assert "ServiceNow" in anna.does("push", code=3)["error"]
    assert [one["state"] for one in anna.does("outbox")["entries"]] == ["waiting"]


def notes(city: RunningCity, case: str) -> list[str]:
    return [row["value"] for row in city.servicenow.tables.where("sys_journal_field", "element_id", case)]


def wait_until(instant: str | None) -> None:
    """The outbox says when it tries again; the test waits for that, not for a guess."""
    if instant:
        time.sleep(max(0.0, (datetime.fromisoformat(instant) - datetime.now(UTC)).total_seconds()))


def sent(anna: Person) -> None:
    """Push until nothing is under way."""
    for _ in range(5):
        if anna.does("push")["waiting"] == 0:
            return
        for entry in anna.does("outbox")["entries"]:
            wait_until(entry["next_try"])
    raise AssertionError(anna.does("outbox"))
